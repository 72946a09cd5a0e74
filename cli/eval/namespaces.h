#ifndef TG_CLI_EVAL_NAMESPACES_H
#define TG_CLI_EVAL_NAMESPACES_H

#include "base/view.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct documents;
struct yyjson_val;

/* What is known of namespaces without a cluster. */
struct namespaces {
    struct arena *arena;
    json_t *labels; /* of each namespace that a document describes */
    json_t *other;  /* labels of every other one, or NULL: unknown */
};

/* Takes the Namespace documents' labels; `other` is borrowed. Returns 0, or -1 when memory runs
 * out.
 */
int namespaces_init(struct namespaces *n, const struct documents *documents, json_t *other,
                    struct arena *arena);
void namespaces_release(struct namespaces *n);

/* struct cluster_view's namespace_labels; ctx is a struct namespaces. */
bool namespaces_labels(void *ctx, struct view name, struct yyjson_val **labels);

#endif
