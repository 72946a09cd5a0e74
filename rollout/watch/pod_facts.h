#ifndef TG_ROLLOUT_WATCH_POD_FACTS_H
#define TG_ROLLOUT_WATCH_POD_FACTS_H

#include "policy/object/workload.h"
#include "rollout/watch/object_facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct yyjson_val;

/* What is kept of a pod; struct snapshot_pod and struct snapshot_container say what each means. */
struct container_facts {
    struct span name, ended, ended_message, waiting, waiting_message;
    int64_t waiting_since, started;
    uint64_t oom_ids[2]; /* digests of the container ids that were counted last, newest first */
    uint32_t exits, oom_kills;
    int32_t exit_code;
    uint8_t list; /* enum container_list */
    bool running, ready;
};

struct pod_facts {
    struct object_facts head;
    struct span uid, node, unschedulable;
    struct span owner;    /* uid */
    struct span revision; /* label controller-revision-hash; absent: its owner is the revision */
    int64_t unready_since, unschedulable_since;
    uint32_t flaps, container_count;
    bool ready, was_ready;
    struct container_facts containers[];
};

/* Whether a pod is judged by. False when its controller is not a ReplicaSet, StatefulSet or
 * DaemonSet, when it is on its way out, or when its node or something above it ended it (eviction,
 * preemption, shutdown). Any thread. */
bool pod_facts_is_judged(struct yyjson_val *pod);

/* Cuts such a pod as it is at the instant now to a block in the arena, which carries on the history
 * of `before`, the same pod's or NULL. NULL when memory runs out. Any thread. */
struct pod_facts *pod_facts_extract(struct yyjson_val *pod, const struct pod_facts *before,
                                    int64_t now, struct arena *arena);

#endif
