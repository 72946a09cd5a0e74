#ifndef TG_CLI_TEXT_TABLE_H
#define TG_CLI_TEXT_TABLE_H

#include "base/view.h"
#include "cli/colour.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum { TEXT_TABLE_COLUMNS = 8 };

/* A line of a table, and what is written below it, indented; absent: nothing. */
struct text_table_row {
    struct view cells[TEXT_TABLE_COLUMNS]; /* one line each */
    struct view note;
    size_t coloured; /* the cell that has a colour, when that is not 0 */
    enum colour colour;
};

/* Appends the rows, of `columns` cells each, each column as wide as the widest of its cells. */
void text_table_write(const struct text_table_row *rows, size_t count, size_t columns, bool colours,
                      struct buf *out);

#endif
