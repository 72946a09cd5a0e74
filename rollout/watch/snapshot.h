#ifndef TG_ROLLOUT_WATCH_SNAPSHOT_H
#define TG_ROLLOUT_WATCH_SNAPSHOT_H

#include "base/view.h"
#include "policy/object/workload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct cache_entry;
struct guarded_kind;

/* One workload as the watches last showed it: plain facts, put together by rollout/watch/store.h in
 * an arena, judged by rollout/judge/judge.h. Instants are Unix seconds on our own clock, of when
 * something was first seen here: clocks of nodes are not compared with ours, but for `started`, of
 * which only minutes count. 0 is "not so now". */

struct snapshot_container {
    struct view name;
    enum container_list list;
    bool running, ready;
    int64_t started;           /* by its node's clock; it runs */
    unsigned exits;            /* how often it ended and should not have; a started one of which the
                                  end was not seen yet is not counted */
    unsigned oom_kills;        /* those of them, by distinct container id, that the kernel did */
    struct view ended;         /* reason of its last end ("Error", "OOMKilled"); absent: none */
    int exit_code;             /* of its last end */
    struct view ended_message; /* its termination message */
    struct view waiting; /* the reason it waits with ("ImagePullBackOff"); absent: it does not */
    struct view waiting_message;
    int64_t waiting_since; /* with reasons of the same kind (waiting.h), without a gap */
};

struct snapshot_pod {
    struct view name, uid, node;
    struct view revision; /* name of the revision that it was made of; absent: not known */
    bool ready;
    int64_t unready_since; /* it was scheduled, and is not ready; but for one that was, and whose
                              containers still are: its node is lost, or a readiness gate shut */
    unsigned flaps;        /* times it was ready and then not so, without being deleted */
    int64_t unschedulable_since;
    struct view unschedulable; /* the scheduler's message */
    const struct snapshot_container *containers;
    size_t container_count;
};

/* A ReplicaSet, or a ControllerRevision, that the workload owns by a controller's ownerReference.
 */
struct snapshot_revision {
    struct view name, hash; /* hash: policy/object/template_hash.h */
    int64_t number;         /* as kubectl rollout history counts */
};

struct snapshot {
    const struct guarded_kind *guarded_kind;
    struct view namespace_, name, uid;
    struct view labels;    /* JSON map */
    struct view hash;      /* of its template now */
    struct view images;    /* "api:v1.2.3, proxy:v2": for people */
    struct view restarted; /* when kubectl restarted it last; absent: never */
    int64_t generation;
    bool observed; /* its controller knows this template, and revisions[0] is of it */
    bool deleting, paused, on_delete;
    /* Pods. Those that a StatefulSet's partition holds back are off `desired` and `total`. */
    int64_t desired, updated, available, total;
    struct view refused; /* why its pods are refused (quota, webhook) */
    int64_t refused_since;
    struct view rollback_order,
        release_order; /* annotations (policy/object/guard_command.h); absent: none */
    const struct snapshot_revision *revisions; /* newest first */
    size_t revision_count;
    const struct snapshot_pod *pods; /* of revisions[0], and not on their way out: being deleted,
                                     evicted, or their node's drain under way */
    size_t pod_count;
    const struct snapshot_pod *old_pods; /* of other revisions, the same */
    size_t old_pod_count;
};

/* Puts a snapshot together in the arena, from a workload of the store, under its lock (cache_lock).
 * Pods are in the order of their names. Returns 0, or -1 when memory runs out. */
int snapshot_of(const struct cache_entry *workload, struct arena *arena, struct snapshot *out);

/* The revisions in the order of their names, in the arena; NULL when memory runs out. */
const struct snapshot_revision **snapshot_by_name(const struct snapshot *snapshot,
                                                  struct arena *arena);

/* The one of that name in snapshot_by_name(), or NULL. */
const struct snapshot_revision *snapshot_revision_named(const struct snapshot *snapshot,
                                                        const struct snapshot_revision **by_name,
                                                        struct view name);

/* The number of the newest revision of that template, or 0; on the same terms. */
int64_t snapshot_revision_of(const struct cache_entry *workload, struct view hash);

#endif
