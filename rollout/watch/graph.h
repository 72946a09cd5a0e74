#ifndef TG_ROLLOUT_WATCH_GRAPH_H
#define TG_ROLLOUT_WATCH_GRAPH_H

#include "base/hash_table.h"
#include "base/view.h"
#include "rollout/watch/store_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object_facts;

/* Who owns whom among what is kept, as ownerReferences say: workloads, their revisions, their pods,
 * found by uid. The watches of these lists know nothing of each other, so that an owner may be
 * named before it is seen. Not thread-safe: the store has the lock. */

struct kept {
    struct hash_table_link link;      /* by uid */
    struct kept *owner, *next, *prev; /* next, prev: of the same owner, and the same kind */
    struct kept *revisions, *pods;    /* the first of those that it owns */
    struct kept *queue_next;          /* of the store's queue */
    struct object_facts *facts; /* by its list: workload_facts, revision_facts or pod_facts; NULL:
                            it was only named by others, or waits in the queue to be told gone */
    unsigned generation;        /* of the list that told of it last */
    unsigned uid_size;
    uint8_t list; /* enum store_list, once there are facts */
    bool queued;
    char uid[];
};

struct graph {
    struct hash_table kept, names;
    size_t limit, held; /* held: without the tables' buckets */
    size_t counts[STORE_LISTS];
    unsigned generations[STORE_LISTS];
};

void graph_init(struct graph *g, size_t limit);
void graph_release(struct graph *g);

size_t graph_held(const struct graph *g);

/* The one of that uid, or NULL; it may have no facts. */
struct kept *graph_find(const struct graph *g, struct view uid);

/* A workload by name, or NULL. */
struct kept *graph_find_named(const struct graph *g, struct view kind, struct view namespace_,
                              struct view name);

/* Puts facts in, which become the graph's whatever comes, in place of those it had, with their
 * owner (empty: none). The list of a uid never changes. Returns it; or NULL when there is no room,
 * and then there is nothing of that uid any more. */
struct kept *graph_put(struct graph *g, enum store_list list, struct view uid, struct view owner,
                       struct object_facts *facts);

/* Takes one out that has facts. It is freed, once nothing names it and it is not queued. */
void graph_drop(struct graph *g, struct kept *k);

/* Frees it when nothing needs it. */
void graph_collect(struct graph *g, struct kept *k);

/* One of that bucket of `kept` that the last list of its kind did not tell of, or NULL. */
struct kept *graph_stale(const struct graph *g, enum store_list list, size_t bucket);

/* The workload that it is, or belongs to; NULL while that is not known. */
struct kept *graph_workload(struct kept *k);

#endif
