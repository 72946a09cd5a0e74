#ifndef TG_ROLLOUT_CONTROLLER_H
#define TG_ROLLOUT_CONTROLLER_H

#include "base/view.h"
#include "policy/object/cluster_view.h"
#include "rollout/notify/notifier.h"
#include "rollout/watch/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct kube;
struct policy_set;
struct request;

/* The rollout guard, a controller in the sense of Kubernetes: it watches, leads or stands by, and
 * judges and acts on a thread of its own. */
struct controller;

struct controller_options {
    struct view own_namespace; /* where its records and its Lease are */
    const char *prometheus, *prometheus_ca_file,
        *prometheus_token_file; /* as struct probe_worker's */
    const char *notifiers;      /* directory, or NULL */
    bool no_pod_logs;           /* the last words of containers are not read */
    /* Fills in the cluster view that rules may ask; its answers live in the arena. */
    int (*enter)(void *ctx, struct arena *arena, struct cluster_view *cluster_view);
    /* A count that rises whenever these answers change: other workloads may be guarded then. */
    uint64_t (*changes)(void *ctx);
    /* The rules in force, with a reference for the caller (policy_set_release). */
    struct policy_set *(*rules)(void *ctx);
    /* One line of the decision log. */
    void (*decided)(void *ctx, struct view line);
    void *ctx;
};

/* Starts it in that cluster, with the identity of this replica; what the options point to outlives
 * it. It begins to watch when the rules hold a RolloutGuard. NULL when memory or threads are out,
 * or own_namespace is too long for LIMIT_KUBE_PATH. */
struct controller *controller_start(const struct kube *kube,
                                    const struct controller_options *options);

/* Gives the Lease up and ends; NULL is allowed. */
void controller_stop(struct controller *c);

/* Implements struct cluster_view's `rollout`: the guard's record of a workload and a template. Any
 * thread. */
void controller_lookup(struct controller *c, const struct request *request, struct view hash,
                       struct arena *arena, struct cluster_view_rollout *out);

/* What it counts, for metrics. */
struct controller_figures {
    bool leads;
    size_t objects[STORE_LISTS], records; /* that it keeps */
    size_t held, refused;                 /* bytes of the former; how often one had no room */
    struct rollout_counters *counters;
    struct notifier_counts notices;
};

/* Any thread. */
void controller_figures(struct controller *c, struct controller_figures *out);

/* Appends lines of the readiness page. Any thread. */
void controller_write_state(struct controller *c, struct buf *out);

#endif
