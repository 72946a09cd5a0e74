#include "server/metrics/metrics.h"

#include "base/buf.h"
#include "server/metrics/process_metrics.h"

#include <inttypes.h>
#include <string.h>

/* Upper bounds of the histogram, in nanoseconds and as Prometheus shows them. */
static const struct {
    int64_t bound;
    const char *seconds;
} buckets[METRICS_BUCKETS] = {
    {25000, "2.5e-05"}, {50000, "5e-05"},   {100000, "0.0001"},  {250000, "0.00025"},
    {500000, "0.0005"}, {1000000, "0.001"}, {2500000, "0.0025"}, {5000000, "0.005"},
    {10000000, "0.01"}, {50000000, "0.05"}, {100000000, "0.1"},  {500000000, "0.5"},
    {1000000000, "1"},  {5000000000, "5"},
};

static const char *const operations[METRICS_OPERATIONS] = {"CREATE", "UPDATE", "DELETE", "CONNECT"};
static const char *const routes[METRICS_ROUTES] = {"/validate", "/livez", "/readyz", "/metrics",
                                                   "other"};

/* The statuses that we answer with; any further one counts as the last. */
static const unsigned statuses[METRICS_STATUSES] = {200, 400, 403, 404, 405,
                                                    408, 413, 415, 503, 500};

void metrics_init(struct metrics *m)
{
    memset(m, 0, sizeof(*m));
}

static void add(atomic_ullong *counter, unsigned long long n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t get(atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_review(struct metrics *m, bool allowed, enum metrics_operation operation, bool dry_run,
                    int64_t duration)
{
    unsigned i = 0;

    add(&m->reviews[allowed][operation][dry_run], 1);
    while (i < METRICS_BUCKETS && duration > buckets[i].bound)
        i++;
    add(&m->durations[i], 1);
    add(&m->duration_sum, (unsigned long long)duration);
}

void metrics_request(struct metrics *m, enum metrics_route route, unsigned status)
{
    unsigned i = 0;

    while (i + 1 < METRICS_STATUSES && statuses[i] != status)
        i++;
    add(&m->requests[route][i], 1);
}

void metrics_head(struct buf *out, const char *name, const char *kind, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void write_reviews(struct metrics *m, struct buf *out)
{
    static const char *const verdicts[] = {"denied", "allowed"}, *const truth[] = {"false", "true"};

    metrics_head(out, "tidegate_reviews_total", "counter", "Admission reviews that were answered.");
    for (int allowed = 0; allowed < 2; allowed++)
        for (int op = 0; op < METRICS_OPERATIONS; op++)
            for (int dry = 0; dry < 2; dry++)
                buf_printf(out,
                           "tidegate_reviews_total{verdict=\"%s\",operation=\"%s\",dry_run=\"%s\"} "
                           "%" PRIu64 "\n",
                           verdicts[allowed], operations[op], truth[dry],
                           get(&m->reviews[allowed][op][dry]));
}

static void write_durations(struct metrics *m, struct buf *out)
{
    const char *name = "tidegate_review_duration_seconds";
    uint64_t count = 0;

    metrics_head(out, name, "histogram", "From the headers of a review to its verdict.");
    for (int i = 0; i < METRICS_BUCKETS; i++) {
        count += get(&m->durations[i]);
        buf_printf(out, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name, buckets[i].seconds, count);
    }
    count += get(&m->durations[METRICS_BUCKETS]);
    buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
    buf_printf(out, "%s_sum %.9f\n", name, (double)get(&m->duration_sum) / 1e9);
    buf_printf(out, "%s_count %" PRIu64 "\n", name, count);
}

static void write_requests(struct metrics *m, struct buf *out)
{
    metrics_head(out, "tidegate_http_requests_total", "counter", "HTTP requests by answer.");
    for (int route = 0; route < METRICS_ROUTES; route++)
        for (int i = 0; i < METRICS_STATUSES; i++)
            if (get(&m->requests[route][i]) > 0)
                buf_printf(out,
                           "tidegate_http_requests_total{path=\"%s\",code=\"%u\"} %" PRIu64 "\n",
                           routes[route], statuses[i], get(&m->requests[route][i]));
}

static void write_results(struct buf *out, const char *name, const char *help,
                          atomic_ullong counters[2])
{
    metrics_head(out, name, "counter", help);
    buf_printf(out, "%s{result=\"failure\"} %" PRIu64 "\n", name, get(&counters[0]));
    buf_printf(out, "%s{result=\"success\"} %" PRIu64 "\n", name, get(&counters[1]));
}

static void write_certificates(struct metrics *m, struct buf *out)
{
    const char *name = "tidegate_certificate_expiry_timestamp_seconds";
    long long leaf = atomic_load(&m->certificate_expiry), ca = atomic_load(&m->ca_expiry);

    metrics_head(out, name, "gauge", "When a certificate expires, in seconds since 1970.");
    if (leaf > 0)
        buf_printf(out, "%s{cert=\"serving\"} %lld\n", name, leaf);
    if (ca > 0)
        buf_printf(out, "%s{cert=\"ca\"} %lld\n", name, ca);
    write_results(out, "tidegate_certificate_reloads_total",
                  "Changed certificate files that were read.", m->certificate_reloads);
}

void metrics_write(struct metrics *m, uint64_t log_lines_dropped, struct buf *out)
{
    metrics_head(out, "tidegate_build_info", "gauge", "Always 1; the labels name the build.");
    buf_printf(out, "tidegate_build_info{version=\"%s\"} 1\n", TIDEGATE_VERSION);
    write_reviews(m, out);
    write_durations(m, out);
    write_requests(m, out);
    write_results(out, "tidegate_rules_reloads_total", "Changed rule files that were compiled.",
                  m->rules_reloads);
    metrics_head(out, "tidegate_rules_last_reload_success_timestamp_seconds", "gauge",
                 "When the rules in force were loaded, in seconds since 1970.");
    buf_printf(out, "tidegate_rules_last_reload_success_timestamp_seconds %lld\n",
               atomic_load(&m->rules_loaded));
    write_certificates(m, out);
    metrics_head(out, "tidegate_log_dropped_total", "counter",
                 "Decision log lines that were dropped because the reader was too slow.");
    buf_printf(out, "tidegate_log_dropped_total %" PRIu64 "\n", log_lines_dropped);
    process_metrics_write(out);
}
