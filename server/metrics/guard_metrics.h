#ifndef TG_SERVER_METRICS_GUARD_METRICS_H
#define TG_SERVER_METRICS_GUARD_METRICS_H

struct buf;
struct controller_figures;

/* Appends its rows of tidegate_kube_objects. Any thread. */
void guard_metrics_write_objects(const struct controller_figures *figures, struct buf *out);

/* Appends what the guard counts in the Prometheus text format. Any thread. */
void guard_metrics_write(const struct controller_figures *figures, struct buf *out);

#endif
