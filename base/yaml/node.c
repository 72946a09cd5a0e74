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

struct place node_error_place(const struct node *node, const struct parse_error *parse_error)
{
    struct place place = node->place;
    struct view written, before = view_first(node->text, parse_error->at);
    unsigned quote;

    if (!place.source || place.line == 0 || place.column == 0 || (place.column & PLACE_TOLD))
        return place;
    written = source_from(&place);
    quote = written.n > 0 && (written.p[0] == '"' || written.p[0] == '\'');
    if (view_eq(view_first(view_from(written, quote), before.n), before))
        place.column += quote + (unsigned)before.n;
    return place;
}
