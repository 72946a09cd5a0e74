#ifndef TG_ROLLOUT_GUARD_H
#define TG_ROLLOUT_GUARD_H

#include "base/view.h"
#include "policy/world.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct buf;
struct calls;
struct config;
struct log;
struct policy_set;
struct request;

/* The rollout half: watches, leads or stands by, judges and acts on a thread of its own. */
struct guard;

struct guard_options {
    const struct config *config;
    struct calls *calls;
    struct log *log;
    struct view own_namespace; /* where its records and its Lease are */
    struct view identity;      /* of this replica, in the Lease */
    const char *prometheus, *prometheus_ca_file, *prometheus_token_file; /* as struct prober's */
    const char *notifiers;                                               /* directory, or NULL */
    const struct world *world; /* namespace labels; outlives the guard */
    /* The rules in force, with a reference for the caller (policy_set_release). */
    struct policy_set *(*rules)(void *ctx);
    /* One line of the decision log. */
    void (*decided)(void *ctx, struct view line);
    void *ctx;
};

/* Starts it; what the options point to outlives it. It begins to watch when the rules hold a
 * RolloutGuard. NULL when memory or threads are out. */
struct guard *guard_start(const struct guard_options *options);

/* Gives the Lease up and ends; NULL is allowed. */
void guard_stop(struct guard *g);

/* New rules are in force. Any thread. */
void guard_rules_changed(struct guard *g);

/* struct world's `rollout`: what is known of a workload and a template. Any thread. */
void guard_tell(struct guard *g, const struct request *request, struct view hash,
                struct arena *arena, struct world_rollout *out);

/* Appends lines of the readiness page, and metrics. Any thread. */
void guard_write_state(struct guard *g, struct buf *out);
void guard_write_metrics(struct guard *g, struct buf *out);

#endif
