#ifndef TG_SERVER_GUARD_METRICS_H
#define TG_SERVER_GUARD_METRICS_H

struct buf;
struct controller;

/* Appends what the guard counts in the Prometheus text format. Any thread. */
void guard_metrics_write(struct controller *c, struct buf *out);

#endif
