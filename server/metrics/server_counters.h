#ifndef TG_SERVER_METRICS_SERVER_COUNTERS_H
#define TG_SERVER_METRICS_SERVER_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum counted_operation {
    COUNTED_CREATE,
    COUNTED_UPDATE,
    COUNTED_DELETE,
    COUNTED_CONNECT,
    COUNTED_OPERATIONS
};

enum counted_route {
    COUNTED_VALIDATE,
    COUNTED_VALIDATE_RULES,
    COUNTED_LIVEZ,
    COUNTED_READYZ,
    COUNTED_METRICS,
    COUNTED_OTHER,
    COUNTED_ROUTES
};

enum { COUNTED_BUCKETS = 14, COUNTED_STATUSES = 10 };

/* Upper bounds of the durations, in nanoseconds. */
extern const int64_t server_counters_bounds[COUNTED_BUCKETS];

/* The statuses that we answer with; any further one counts as the last. */
extern const unsigned server_counters_statuses[COUNTED_STATUSES];

/* What the server counts. All of it is atomic: any thread counts and any thread reads. */
struct server_counters {
    atomic_ullong reviews[2][COUNTED_OPERATIONS][2];          /* denied or allowed, ..., dry run */
    atomic_ullong durations[COUNTED_BUCKETS + 1];             /* the last: beyond all bounds */
    atomic_ullong duration_sum;                               /* nanoseconds */
    atomic_ullong requests[COUNTED_ROUTES][COUNTED_STATUSES]; /* by HTTP status */
    atomic_ullong rules_reloads[2];                           /* failed, succeeded */
    atomic_ullong certificate_reloads[2];                     /* failed, succeeded */
    atomic_llong rules_loaded;                                /* Unix seconds of the last success */
    atomic_llong certificate_expiry;                          /* Unix seconds; 0: not known */
    atomic_llong ca_expiry;                                   /* of a CA of our own; 0: none */
};

/* All counters at zero. */
void server_counters_init(struct server_counters *c);

/* Counts one review that took so many nanoseconds. */
void server_counters_review(struct server_counters *c, bool allowed,
                            enum counted_operation operation, bool dry_run, int64_t duration);

/* Counts one HTTP answer. */
void server_counters_request(struct server_counters *c, enum counted_route route, unsigned status);

#endif
