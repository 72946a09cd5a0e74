#ifndef TG_SERVER_METRICS_FREEZE_METRICS_H
#define TG_SERVER_METRICS_FREEZE_METRICS_H

#include <stdint.h>

struct buf;
struct policy_set;

/* Appends, in the Prometheus text format, whether each environment is frozen at an instant and when
 * that changes next. What memory has no room for is left out. Any thread. */
void freeze_metrics_write(const struct policy_set *set, int64_t now, struct buf *out);

#endif
