#include "base/yaml/node.h"

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
