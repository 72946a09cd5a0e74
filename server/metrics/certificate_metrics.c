#include "server/metrics/registry.h"
#include "server/metrics/server_counters.h"
#include "server/tls/tls_secret.h"

static void collect_expiry(const struct metric_sources *from, struct samples *to)
{
    int64_t leaf = from->server ? atomic_load(&from->server->certificate_expiry) : 0;
    int64_t ca = from->server ? atomic_load(&from->server->ca_expiry) : 0;

    if (leaf > 0)
        samples_add(to, &VIEW("serving"), leaf);
    if (ca > 0)
        samples_add(to, &VIEW("ca"), ca);
}

static void collect_reloads(const struct metric_sources *from, struct samples *to)
{
    if (!from->server)
        return;
    samples_add(to, &VIEW("failure"), (int64_t)atomic_load(&from->server->certificate_reloads[0]));
    samples_add(to, &VIEW("success"), (int64_t)atomic_load(&from->server->certificate_reloads[1]));
}

static void collect_steps(const struct metric_sources *from, struct samples *to)
{
    for (size_t i = 0; from->certificates && i < ROTATION_ACTS; i++) {
        struct view step = view_of(rotation_name(i));

        samples_add(to, &step, (int64_t)from->certificates->steps[i]);
    }
}

static void collect_problem(const struct metric_sources *from, struct samples *to)
{
    if (from->certificates)
        samples_add(to, NULL, from->certificates->has_problem);
}

static void collect_next_step(const struct metric_sources *from, struct samples *to)
{
    if (from->certificates && from->certificates->next_step > 0)
        samples_add(to, NULL, from->certificates->next_step);
}

static const struct metric rows[] = {
    {"tidegate_certificate_expiry_timestamp_seconds",
     METRIC_GAUGE,
     "When the serving certificate and the CA that signed it expire, in seconds since 1970.",
     {"cert"},
     collect_expiry},
    {"tidegate_certificate_reloads_total",
     METRIC_COUNTER,
     "Reloads of changed certificates.",
     {"result"},
     collect_reloads},
    {"tidegate_certificate_steps_total",
     METRIC_COUNTER,
     "Steps of the rotation that this replica has written to the Secret of certificates.",
     {"step"},
     collect_steps},
    {"tidegate_certificate_problem",
     METRIC_GAUGE,
     "1 while certificates cannot be watched, renewed or published; else 0.",
     {NULL},
     collect_problem},
    {"tidegate_certificate_next_step_timestamp_seconds",
     METRIC_GAUGE,
     "When the next step of the rotation is due, in seconds since 1970; absent when Tidegate does "
     "not keep the Secret.",
     {NULL},
     collect_next_step},
};

const struct metric_table certificate_metrics = METRIC_TABLE(rows);
