#ifndef TG_KUBE_DISCOVERY_H
#define TG_KUBE_DISCOVERY_H

#include "base/view.h"

struct arena;
struct client;
struct client_answer;
struct yyjson_val;

/* Which kinds an API server has, and in which groups and versions.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery */

/* Asks for all of them, those of the core group or of the named groups: an APIGroupDiscoveryList,
 * which lives as long as the arena. Every authenticated user may ask (the ClusterRole
 * system:discovery). NULL with the problem. */
struct yyjson_val *discovery_ask_core(struct client *client, struct arena *arena,
                                      struct client_answer *answer);
struct yyjson_val *discovery_ask_groups(struct client *client, struct arena *arena,
                                        struct client_answer *answer);

/* One kind in one version; group is "" for the core group. */
struct discovery_kind {
    struct view group, version, kind;
};

/* Shows each kind of such a list, in its order, until `take` returns -1, and then returns -1 too;
 * else 0. What is not a list has none. A group or version that could not stand in a path is left
 * out.
 */
int discovery_each(struct yyjson_val *list,
                   int (*take)(void *ctx, const struct discovery_kind *kind), void *ctx);

#endif
