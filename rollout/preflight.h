#ifndef TG_ROLLOUT_PREFLIGHT_H
#define TG_ROLLOUT_PREFLIGHT_H

#include "base/view.h"

struct buf;
struct client;
struct client_answer;
struct log;
struct notifier;
struct policy_set;

/* Asks whether RBAC allows all that the guard does (docs/guard.md has the rules), and tells what it
 * does not as kube/permissions.h says, to the log and a line each to `missing`; records and the
 * Lease are in own_namespace. Returns how many are missing, or -1 with the problem in the answer.
 * One thread a client. */
int preflight_cluster(struct client *c, struct view own_namespace, struct log *log,
                      struct buf *missing, struct client_answer *answer);

/* Tells in the same way of what guards name and the options do not give: notifiers, and the URL of
 * Prometheus (NULL: none). */
void preflight_rules(const struct policy_set *set, struct notifier *notifier,
                     const char *prometheus, struct log *log, struct buf *missing);

#endif
