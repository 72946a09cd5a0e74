#include "cli/text_table.h"

#include "base/buf.h"

enum { GAP = 3 };

/* Characters of UTF-8 text. */
static size_t width_of(struct view text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.n; i++)
        width += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    return width;
}

static void write_cell(const struct text_table_row *row, size_t i, bool colours, struct buf *out)
{
    if (colours && row->colour != COLOUR_NONE && row->coloured == i)
        buf_printf(out, "\033[%dm%.*s\033[0m", (int)row->colour, VIEW_ARGS(row->cells[i]));
    else
        buf_add(out, row->cells[i]);
}

/* The last cells are not filled up with blanks. */
static void write_row(const struct text_table_row *row, const size_t *widths, size_t columns,
                      bool colours, struct buf *out)
{
    size_t last = columns;

    while (last > 0 && row->cells[last - 1].n == 0)
        last--;
    for (size_t i = 0; i < last; i++) {
        write_cell(row, i, colours, out);
        if (i + 1 < last)
            buf_printf(out, "%*s", (int)(widths[i] - width_of(row->cells[i]) + GAP), "");
    }
    buf_add_char(out, '\n');
    if (row->note.n > 0)
        buf_printf(out, "  %.*s\n", VIEW_ARGS(row->note));
}

void text_table_write(const struct text_table_row *rows, size_t count, size_t columns, bool colours,
                      struct buf *out)
{
    size_t widths[TEXT_TABLE_COLUMNS] = {0};

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < columns; k++)
            if (width_of(rows[i].cells[k]) > widths[k])
                widths[k] = width_of(rows[i].cells[k]);
    for (size_t i = 0; i < count; i++)
        write_row(&rows[i], widths, columns, colours, out);
}
