#ifndef TG_SERVER_METRICS_PROCESS_METRICS_H
#define TG_SERVER_METRICS_PROCESS_METRICS_H

struct buf;

/* Appends the process metrics that Prometheus' own client libraries have (process_cpu_seconds_total
 * and so on) from /proc; what cannot be read is left out. Any thread.
 * https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics */
void process_metrics_write(struct buf *out);

#endif
