#include "base/yaml/yaml_text.h"

#include "base/buf.h"
#include "base/json/json.h"
#include "base/limits.h"
#include "base/text/quote.h"
#include "base/yaml/yaml_scalar.h"

#include <stdlib.h>
#include <string.h>

enum { INDENT = 2 };

/* --- writing -------------------------------------------------------------------------------- */

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Whether it can stand without quotes. What could mean more than its letters to a reader of YAML is
 * quoted, so that a plain text never holds ": ". */
static bool is_plain(struct view text)
{
    if (text.n == 0 || !yaml_scalar_is_text(text) || text.p[text.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool inside = i > 0 && i + 1 < text.n;

        if (!is_letter_or_digit(c) && !strchr("_/.", c) && !(i > 0 && strchr("-*=", c)) &&
            !(inside && strchr(" ,@()", c)) && !(inside && c == ':' && text.p[i + 1] != ' '))
            return false;
    }
    return true;
}

static void write_text(struct view text, struct buf *out)
{
    if (is_plain(text))
        buf_add(out, text);
    else
        quote_json(out, text);
}

static int write_scalar(yyjson_val *value, struct buf *out)
{
    size_t n;
    char *text;

    if (yyjson_is_str(value)) {
        write_text(json_text_of(value), out);
        return 0;
    }
    text = yyjson_val_write(value, 0, &n);
    if (!text)
        return -1;
    buf_add(out, (struct view){text, n});
    free(text);
    return 0;
}

static void write_indent(unsigned depth, struct buf *out)
{
    buf_printf(out, "%*s", (int)(depth * INDENT), "");
}

static int write_parts(yyjson_val *value, unsigned depth, bool inside_line, struct buf *out);

/* A value behind its key, or (inside_line) behind the dash of its element. */
static int write_value(yyjson_val *value, unsigned depth, bool inside_line, struct buf *out)
{
    if (yyjson_get_len(value) > 0 && yyjson_is_ctn(value)) {
        if (!inside_line)
            buf_add_char(out, '\n');
        return write_parts(value, depth, inside_line, out);
    }
    if (!inside_line)
        buf_add_char(out, ' ');
    if (write_scalar(value, out) < 0)
        return -1;
    buf_add_char(out, '\n');
    return out->failed ? -1 : 0;
}

static int write_list(yyjson_val *list, unsigned depth, bool inside_line, struct buf *out)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    yyjson_val *value;

    for (; (value = yyjson_arr_iter_next(&iter)); inside_line = false) {
        if (!inside_line)
            write_indent(depth, out);
        buf_add_str(out, "- ");
        if (write_value(value, depth + 1, true, out) < 0)
            return -1;
    }
    return 0;
}

static int write_map(yyjson_val *map, unsigned depth, bool inside_line, struct buf *out)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);
    yyjson_val *key;

    for (; (key = yyjson_obj_iter_next(&iter)); inside_line = false) {
        if (!inside_line)
            write_indent(depth, out);
        write_text(json_text_of(key), out);
        buf_add_char(out, ':');
        if (write_value(yyjson_obj_iter_get_val(key), depth + 1, false, out) < 0)
            return -1;
    }
    return 0;
}

/* What is in a map or list. The recursion ends at LIMIT_YAML_DEPTH. */
static int write_parts(yyjson_val *value, unsigned depth, bool inside_line, struct buf *out)
{
    if (depth >= LIMIT_YAML_DEPTH || out->failed)
        return -1;
    return yyjson_is_obj(value) ? write_map(value, depth, inside_line, out)
                                : write_list(value, depth, inside_line, out);
}

int yaml_text_write(yyjson_val *value, struct buf *out)
{
    return write_value(value, 0, true, out);
}

/* --- finding back --------------------------------------------------------------------------- */

/* A key or an element that the line in hand stands in. */
struct level {
    size_t column; /* of its key or dash, from 0 */
    struct view key;
    size_t index;
    bool is_element, is_first;
};

/* One more than a text can nest: an element and a key may begin in one line. */
struct levels {
    struct level at[2 * LIMIT_YAML_DEPTH + 2];
    size_t count;
};

/* The level at that column, a new one or the next of one that is there. */
static struct level *enter(struct levels *l, size_t column, bool is_element)
{
    while (l->count > 0 && l->at[l->count - 1].column > column)
        l->count--;
    if (l->count > 0 && l->at[l->count - 1].column == column) {
        struct level *level = &l->at[l->count - 1];

        level->index++;
        level->is_first = false;
        return level;
    }
    if (l->count == sizeof(l->at) / sizeof(l->at[0]))
        return NULL;
    l->at[l->count] = (struct level){.column = column, .is_element = is_element, .is_first = true};
    return &l->at[l->count++];
}

/* The key at the beginning of a text, absent when an element stands there. */
static struct view read_key(struct view text)
{
    size_t end = 0;

    if (text.n > 0 && text.p[0] == '"') {
        for (end = 1; end < text.n && text.p[end] != '"'; end++)
            end += text.p[end] == '\\';
        end++;
    } else {
        while (end < text.n &&
               !(text.p[end] == ':' && (end + 1 == text.n || text.p[end + 1] == ' ')))
            end++;
    }
    return end < text.n && text.p[end] == ':' ? view_first(text, end) : (struct view){NULL, 0};
}

static void read_line(struct levels *l, struct view line)
{
    size_t column = 0;
    struct level *level;
    struct view key;

    while (column < line.n && line.p[column] == ' ')
        column++;
    while (column + 1 < line.n && line.p[column] == '-' && line.p[column + 1] == ' ') {
        enter(l, column, true);
        column += INDENT;
    }
    key = read_key(view_from(line, column));
    if (key.p && (level = enter(l, column, false)))
        level->key = key;
}

static void write_level(const struct level *level, struct buf *out)
{
    if (level->is_element)
        buf_printf(out, "[%zu]", level->index);
    else if (level->key.p && level->key.p[0] == '"')
        buf_printf(out, "[%.*s]", VIEW_ARGS(level->key));
    else
        buf_printf(out, "%s%.*s", out->n > 0 ? "." : "", VIEW_ARGS(level->key));
}

void yaml_text_path(struct view text, unsigned line, unsigned column, struct buf *out)
{
    struct levels levels = {.count = 0};
    const struct level *last;
    struct buf path;

    for (struct view one, rest = text; line > 0 && rest.n > 0; line--) {
        view_cut(rest, '\n', &one, &rest);
        read_line(&levels, one);
    }
    buf_init(&path, out->limit);
    for (size_t i = 0; i < levels.count; i++) {
        last = &levels.at[i];
        if (!last->is_element && last->is_first && last->column + 1 == column)
            break;
        write_level(last, &path);
    }
    buf_add(out, buf_view(&path));
    buf_release(&path);
}
