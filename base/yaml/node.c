#include "base/yaml/node.h"

#include "base/parse_error.h"

const struct node node_wrong = {
    .kind = NODE_WRONG, .place = {.column = PLACE_TOLD}, .text = {"", 0}};

const struct node *node_get(const struct node *node, const char *key)
{
    if (node && node->kind == NODE_WRONG)
        return node;
    if (!node || node->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (view_eq_str(node->entries[i].key->text, key))
            return node->entries[i].value;
    return NULL;
}

const char *node_kind_name(enum node_kind kind)
{
    switch (kind) {
    case NODE_NULL: return "nothing";
    case NODE_BOOL: return "a boolean";
    case NODE_INT: return "an integer";
    case NODE_FLOAT: return "a number";
    case NODE_STRING: return "a string";
    case NODE_LIST: return "a list";
    case NODE_MAP: return "a map";
    case NODE_WRONG: break;
    }
    return "something else";
}

/* The source from a place on. */
static struct view source_from(const struct place *place)
{
    struct view line, rest = place->source->text;

    for (unsigned i = 1; i < place->line; i++)
        view_cut(rest, '\n', &line, &rest);
    return view_from(rest, place->column - 1);
}

/* Past the rest of a line, and the indentation of the next. */
static size_t next_line(struct view text, size_t i, size_t indent)
{
    while (i < text.n && text.p[i] != '\n')
        i++;
    i++;
    for (size_t k = 0; k < indent && i < text.n && text.p[i] == ' '; k++)
        i++;
    return i;
}

/* How far the first line of a block scalar that is not empty is indented. */
static size_t indent_of(struct view written)
{
    size_t i = next_line(written, 0, 0), begin = i;

    for (; i < written.n && (written.p[i] == ' ' || written.p[i] == '\n'); i++)
        if (written.p[i] == '\n')
            begin = i + 1;
    return i - begin;
}

/* The byte of a block scalar, "|" or ">", that is the n-th of its text. A line end of a folded one
 * is a blank, or nothing. False when it is not written so. */
static bool find_in_block(struct view written, struct view text, size_t n, size_t *at)
{
    size_t indent = indent_of(written);

    *at = next_line(written, 0, indent);
    for (size_t i = 0; i < n && *at < written.n;) {
        bool line_end = written.p[*at] == '\n';

        if (written.p[*at] == text.p[i] || (line_end && text.p[i] == ' '))
            i++;
        else if (!line_end)
            return false;
        *at = line_end ? next_line(written, *at, indent) : *at + 1;
    }
    while (n < text.n && text.p[n] != '\n' && *at < written.n && written.p[*at] == '\n')
        *at = next_line(written, *at, indent);
    return *at < written.n;
}

static bool place_in_block(struct view written, struct view text, size_t n, struct place *place)
{
    size_t at;

    if (written.n == 0 || (written.p[0] != '|' && written.p[0] != '>') ||
        !find_in_block(written, text, n, &at))
        return false;
    for (size_t i = 0; i < at; i++, place->column++)
        if (written.p[i] == '\n') {
            place->line++;
            place->column = 0;
        }
    return true;
}

struct place node_error_place(const struct node *node, const struct parse_error *parse_error)
{
    struct place place = node->place;
    struct view written, before = view_first(node->text, parse_error->at);
    unsigned quote;

    if (!place.source || place.line == 0 || place.column == 0 || (place.column & PLACE_TOLD))
        return place;
    written = source_from(&place);
    if (place_in_block(written, node->text, before.n, &place))
        return place;
    quote = written.n > 0 && (written.p[0] == '"' || written.p[0] == '\'');
    if (view_eq(view_first(view_from(written, quote), before.n), before))
        place.column += quote + (unsigned)before.n;
    return place;
}
