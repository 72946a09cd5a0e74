#ifndef TG_ROLLOUT_WATCH_WORKLOAD_FACTS_H
#define TG_ROLLOUT_WATCH_WORKLOAD_FACTS_H

#include "policy/object/pod_counts.h"
#include "rollout/watch/object_facts.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct guarded_kind;
struct revision_kind;
struct yyjson_val;

/* What is kept of a workload and of its revisions; struct snapshot and struct snapshot_revision say
 * what each means. A template's hash is taken over from what was kept before while
 * metadata.generation is the same: most changes are of the status. */

enum { FACTS_HASH = 64 };

struct workload_facts {
    struct object_facts head;
    struct span uid, labels, images, restarted, refused, rollback_order, release_order;
    struct pod_counts pods;
    int64_t generation, refused_since;
    char hash[FACTS_HASH];
    char revision_hash[FACTS_HASH]; /* of the revision that its controller makes of it */
    bool observed;                  /* its controller knows this generation */
    bool deleting, paused, on_delete;
};

struct revision_facts {
    struct object_facts head;
    struct span owner; /* uid; absent: it has none */
    int64_t generation, number;
    char hash[FACTS_HASH];
    bool foreign; /* another kind of thing owns it: neither it nor its pods are judged by */
};

/* Cut an object as it is at the instant now to a block in the arena. before: of the same object, or
 * NULL. NULL when memory runs out. Any thread. */
struct workload_facts *workload_facts_extract(const struct guarded_kind *guarded_kind,
                                              struct yyjson_val *object,
                                              const struct workload_facts *before, int64_t now,
                                              struct arena *arena);
struct revision_facts *workload_facts_extract_revision(const struct revision_kind *kind,
                                                       struct yyjson_val *object,
                                                       const struct revision_facts *before,
                                                       struct arena *arena);

#endif
