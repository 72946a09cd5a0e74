#include "server/metrics/registry.h"
#include "server/metrics/server_counters.h"

#include <stdbool.h>
#include <stdio.h>

static int64_t get(const atomic_ullong *counter)
{
    return (int64_t)atomic_load_explicit(counter, memory_order_relaxed);
}

static void collect_build(const struct metric_sources *from, struct samples *to)
{
    if (from->server)
        samples_add(to, &VIEW(TIDEGATE_VERSION), 1);
}

static void collect_reviews(const struct metric_sources *from, struct samples *to)
{
    static const char *const verdicts[] = {"denied", "allowed"}, *const truth[] = {"false", "true"},
                             *const operations[COUNTED_OPERATIONS] = {"CREATE", "UPDATE", "DELETE",
                                                                      "CONNECT"};
    const struct server_counters *c = from->server;

    for (int allowed = 0; c && allowed < 2; allowed++)
        for (int op = 0; op < COUNTED_OPERATIONS; op++)
            for (int dry = 0; dry < 2; dry++)
                samples_add(to,
                            (struct view[]){view_of(verdicts[allowed]), view_of(operations[op]),
                                            view_of(truth[dry])},
                            get(&c->reviews[allowed][op][dry]));
}

static void collect_durations(const struct metric_sources *from, struct samples *to)
{
    uint64_t counts[COUNTED_BUCKETS + 1];

    if (!from->server)
        return;
    for (int i = 0; i <= COUNTED_BUCKETS; i++)
        counts[i] = (uint64_t)get(&from->server->durations[i]);
    samples_add_histogram(to, server_counters_bounds, counts, COUNTED_BUCKETS,
                          get(&from->server->duration_sum));
}

/* The first of its kind would be no increase to Prometheus, were there not a zero before it. */
static bool is_awaited(int route)
{
    return route == COUNTED_VALIDATE || route == COUNTED_VALIDATE_RULES;
}

static void collect_requests(const struct metric_sources *from, struct samples *to)
{
    static const char *const routes[COUNTED_ROUTES] = {"/validate", "/validate-rules", "/livez",
                                                       "/readyz",   "/metrics",        "other"};
    const struct server_counters *c = from->server;
    char status[8];

    for (int route = 0; c && route < COUNTED_ROUTES; route++)
        for (int i = 0; i < COUNTED_STATUSES; i++) {
            int64_t n = get(&c->requests[route][i]);

            snprintf(status, sizeof(status), "%u", server_counters_statuses[i]);
            if (n > 0 || is_awaited(route))
                samples_add(to, (struct view[]){view_of(routes[route]), view_of(status)}, n);
        }
}

static void collect_dropped(const struct metric_sources *from, struct samples *to)
{
    if (from->server)
        samples_add(to, NULL, (int64_t)from->log_lines_dropped);
}

static const struct metric rows[] = {
    {"tidegate_build_info",
     METRIC_GAUGE,
     "Always 1; the label has the version.",
     {"version"},
     collect_build},
    {"tidegate_reviews_total",
     METRIC_COUNTER,
     "Admission reviews that were answered.",
     {"verdict", "operation", "dry_run"},
     collect_reviews},
    {"tidegate_review_duration_seconds",
     METRIC_HISTOGRAM,
     "Time from the headers of an admission review to its verdict.",
     {NULL},
     collect_durations},
    {"tidegate_http_requests_total",
     METRIC_COUNTER,
     "HTTP requests that were answered, by path and status code.",
     {"path", "code"},
     collect_requests},
    {"tidegate_log_dropped_total",
     METRIC_COUNTER,
     "Lines of the decision log that were dropped because its reader was too slow.",
     {NULL},
     collect_dropped},
};

const struct metric_table server_metrics = METRIC_TABLE(rows);
