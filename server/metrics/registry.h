#ifndef TG_SERVER_METRICS_REGISTRY_H
#define TG_SERVER_METRICS_REGISTRY_H

#include "server/metrics/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct calls;
struct controller_figures;
struct freeze_place;
struct process_figures;
struct rule_configmaps;
struct rule_counters;
struct rule_objects;
struct server_counters;
struct cache;
struct tls_secret_figures;

/* All metrics, as they are at one instant. A pointer is NULL where the program has no such part;
 * what they point to is there while the metrics are written. */
struct metric_sources {
    int64_t now; /* on the monotonic clock */
    const struct server_counters *server;
    uint64_t log_lines_dropped;
    bool has_rules_problem;
    const struct rule_counters *rules;
    const struct freeze_place *freezes;
    const struct process_figures *process;
    struct calls *calls;
    struct cache *namespaces;
    struct rule_configmaps *configmaps;
    struct rule_objects *objects;
    const struct controller_figures *guard;
    const struct tls_secret_figures *certificates;
};

/* A table a topic, each in a file of its name. */
extern const struct metric_table server_metrics, rule_metrics, certificate_metrics, cluster_metrics,
    guard_metrics, process_metrics;

/* The tables, in the order in which they are written; a NULL ends them. */
extern const struct metric_table *const registry_tables[];

/* Appends all metrics that have samples, in the Prometheus text format. Any thread. */
void registry_write(const struct metric_sources *from, struct buf *out);

#endif
