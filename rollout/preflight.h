#ifndef TG_ROLLOUT_PREFLIGHT_H
#define TG_ROLLOUT_PREFLIGHT_H

#include "base/view.h"
#include "kube/permissions.h"

#include <stdbool.h>

struct buf;
struct client;
struct client_answer;
struct log;
struct notifier;
struct policy_set;

/* What RBAC has to allow for these guards. pod_logs: the logs of containers are read; own: the
 * namespace of records and of the Lease, which the rows point to. Pure. */
enum { PREFLIGHT_PERMISSIONS = 64 };
struct preflight_permissions {
    struct permission rows[PREFLIGHT_PERMISSIONS];
    size_t count;
};
void preflight_list(const struct policy_set *set, bool pod_logs, const char *own,
                    struct preflight_permissions *out);

/* Asks whether RBAC it all (docs/rbac.md has each right), and tells what it does not as
 * kube/permissions.h says, to the log and a line each to `missing`. Returns how many are
 * missing, or -1 with the problem in the answer. One thread a client. */
int preflight_cluster(struct client *c, const struct policy_set *set, bool pod_logs,
                      struct view own_namespace, struct log *log, struct buf *missing,
                      struct client_answer *answer);

/* Tells in the same way of what guards name and the options do not give: notifiers, and the URL of
 * Prometheus (NULL: none). */
void preflight_rules(const struct policy_set *set, struct notifier *notifier,
                     const char *prometheus, struct log *log, struct buf *missing);

#endif
