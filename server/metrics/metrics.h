#ifndef TG_SERVER_METRICS_METRICS_H
#define TG_SERVER_METRICS_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct buf;

enum metrics_operation {
    METRICS_CREATE,
    METRICS_UPDATE,
    METRICS_DELETE,
    METRICS_CONNECT,
    METRICS_OPERATIONS
};

enum metrics_route {
    METRICS_VALIDATE,
    METRICS_LIVEZ,
    METRICS_READYZ,
    METRICS_METRICS,
    METRICS_OTHER,
    METRICS_ROUTES
};

enum { METRICS_BUCKETS = 14, METRICS_STATUSES = 10 };

/* What the server counts. All of it is atomic: any thread counts and any thread reads. */
struct metrics {
    atomic_ullong reviews[2][METRICS_OPERATIONS][2];          /* denied or allowed, ..., dry run */
    atomic_ullong durations[METRICS_BUCKETS + 1];             /* the last: beyond all bounds */
    atomic_ullong duration_sum;                               /* nanoseconds */
    atomic_ullong requests[METRICS_ROUTES][METRICS_STATUSES]; /* by HTTP status */
    atomic_ullong rules_reloads[2];                           /* failed, succeeded */
    atomic_ullong certificate_reloads[2];                     /* failed, succeeded */
    atomic_llong rules_loaded;                                /* Unix seconds of the last success */
    atomic_llong certificate_expiry;                          /* Unix seconds; 0: not known */
    atomic_llong ca_expiry;                                   /* of a CA of our own; 0: none */
};

/* All counters at zero. */
void metrics_init(struct metrics *m);

/* Counts one review that took so many nanoseconds. */
void metrics_review(struct metrics *m, bool allowed, enum metrics_operation operation, bool dry_run,
                    int64_t duration);

/* Counts one HTTP answer. */
void metrics_request(struct metrics *m, enum metrics_route route, unsigned status);

/* Appends all of it, and what the kernel says of the process, in the Prometheus text format:
 * https://prometheus.io/docs/instrumenting/exposition_formats/ */
void metrics_write(struct metrics *m, uint64_t log_lines_dropped, struct buf *out);

/* Appends the two lines that come before the samples of a metric; kind is "counter" or "gauge". */
void metrics_head(struct buf *out, const char *name, const char *kind, const char *help);

#endif
