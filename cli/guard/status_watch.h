#ifndef TG_CLI_GUARD_STATUS_WATCH_H
#define TG_CLI_GUARD_STATUS_WATCH_H

#include <stdbool.h>

struct session;
struct status_filter;

/* Shows the workloads that the filter takes, and again what changes: a table that is drawn again on
 * a terminal, else a line for each workload and change, in JSON when that is wanted. Ends when
 * standard output is gone, or with -1 after a message. */
int status_watch(struct session *s, const struct status_filter *filter, bool json);

#endif
