#ifndef TG_POLICY_GUARD_GUARD_SIGNALS_H
#define TG_POLICY_GUARD_GUARD_SIGNALS_H

#include "base/view.h"
#include "policy/guard/guard_probes.h"
#include "policy/schema/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compile;

/* What a guard takes for a failure, beside its deadline. Times are seconds. */
struct guard_signals {
    struct {
        bool on;
        int64_t restarts; /* of one container */
    } crash_loop;
    struct {
        bool on;
        int64_t times; /* of one container */
    } oom_killed;
    struct {
        bool on;
        int64_t lasting;
    } image_pull, unschedulable, replica_failure;
    struct {
        bool on;
        int64_t lasting;
        const struct view *reasons; /* of a container's state.waiting */
        size_t reason_count;
    } waiting;
    struct {
        int64_t within; /* 0: not asked */
        int64_t flaps;  /* 0: not asked */
    } readiness;
    const struct guard_http *http;
    size_t http_count;
    const struct guard_query *prometheus;
    size_t prometheus_count;
};

/* The keys of `fail`. */
extern const struct schema_field guard_signals_fields[];

/* Reads `fail`, held against guard_signals_fields before, into *out; NULL: all signals that pods
 * give, with their defaults. total is how long the guard looks, in seconds: what begins later is
 * warned of. Returns 0, or -1 after an error in c->diags or when memory runs out. */
int guard_signals_compile(const struct node *node, int64_t total, struct compile *c,
                          struct guard_signals *out);

#endif
