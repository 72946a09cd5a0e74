#ifndef TG_ROLLOUT_NEEDS_H
#define TG_ROLLOUT_NEEDS_H

#include "base/view.h"

struct buf;
struct client;
struct client_answer;
struct log;

/* Asks whether RBAC allows all that the guard does (docs/guard.md has the rules), and tells what it
 * does not, as kube/permissions.h says; records and the Lease are in own_namespace. Returns how
 * many are missing, or -1 with the problem in the answer. */
int needs_ask(struct client *c, struct view own_namespace, struct log *log, struct buf *missing,
              struct client_answer *answer);

#endif
