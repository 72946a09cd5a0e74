#include "kube/kubeconfig/config_node.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/yaml/node.h"

const struct node *config_node_string(struct diags *diags, const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);

    if (!node || node->kind == NODE_NULL)
        return NULL;
    if (node->kind == NODE_STRING)
        return node->text.n > 0 ? node : NULL;
    diag_error(diags, node->place, "\"%s\" must be a string, found %s", key,
               node_kind_name(node->kind));
    return NULL;
}

bool config_node_truth(struct diags *diags, const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);

    if (node && node->kind != NODE_NULL && node->kind != NODE_BOOL)
        diag_error(diags, node->place, "\"%s\" must be true or false, found %s", key,
                   node_kind_name(node->kind));
    return node && node->kind == NODE_BOOL && node->truth;
}

struct view config_node_path(const struct node *name, struct arena *arena)
{
    struct view from = name->place.source->name;
    ptrdiff_t slash = view_starts(name->text, "/") ? -1 : view_rfind(from, '/');

    return arena_printf(arena, "%.*s%.*s", VIEW_ARGS(view_first(from, (size_t)(slash + 1))),
                        VIEW_ARGS(name->text));
}
