#ifndef TG_KUBE_KUBECONFIG_CONFIG_NODE_H
#define TG_KUBE_KUBECONFIG_CONFIG_NODE_H

#include "base/view.h"

#include <stdbool.h>

struct arena;
struct diags;
struct node;

/* Values of a kubeconfig. An error shows none of them: it may be a secret. Any thread. */

/* A string of a map; NULL where it is missing or empty, or of another type, which is an error. */
const struct node *config_node_string(struct diags *diags, const struct node *map, const char *key);

/* A truth value; false where it is missing, or of another type, which is an error. */
bool config_node_truth(struct diags *diags, const struct node *map, const char *key);

/* The file that a string names: relative to the folder that the kubeconfig is in. p == NULL when
 * memory runs out. */
struct view config_node_path(const struct node *name, struct arena *arena);

#endif
