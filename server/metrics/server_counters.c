#include "server/metrics/server_counters.h"

#include <string.h>

const int64_t server_counters_bounds[COUNTED_BUCKETS] = {
    25000,   50000,    100000,   250000,    500000,    1000000,    2500000,
    5000000, 10000000, 50000000, 100000000, 500000000, 1000000000, 5000000000,
};

const unsigned server_counters_statuses[COUNTED_STATUSES] = {200, 400, 403, 404, 405,
                                                             408, 413, 415, 503, 500};

void server_counters_init(struct server_counters *c)
{
    memset(c, 0, sizeof(*c));
}

static void add(atomic_ullong *counter, unsigned long long n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void server_counters_review(struct server_counters *c, bool allowed,
                            enum counted_operation operation, bool dry_run, int64_t duration)
{
    unsigned i = 0;

    add(&c->reviews[allowed][operation][dry_run], 1);
    while (i < COUNTED_BUCKETS && duration > server_counters_bounds[i])
        i++;
    add(&c->durations[i], 1);
    add(&c->duration_sum, (unsigned long long)duration);
}

void server_counters_request(struct server_counters *c, enum counted_route route, unsigned status)
{
    unsigned i = 0;

    while (i + 1 < COUNTED_STATUSES && server_counters_statuses[i] != status)
        i++;
    add(&c->requests[route][i], 1);
}
