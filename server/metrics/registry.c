#include "server/metrics/registry.h"

const struct metric_table *const registry_tables[] = {
    &server_metrics,  &rule_metrics, &certificate_metrics, &cluster_metrics, &guard_metrics,
    &process_metrics, NULL,
};

void registry_write(const struct metric_sources *from, struct buf *out)
{
    for (const struct metric_table *const *table = registry_tables; *table; table++)
        for (size_t i = 0; i < (*table)->count; i++)
            metric_write(&(*table)->rows[i], from, out);
}
