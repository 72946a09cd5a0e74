#ifndef TG_POLICY_GUARD_QUARANTINE_H
#define TG_POLICY_GUARD_QUARANTINE_H

#include "policy/rule/rule.h"

#include <stdbool.h>

struct eval;
struct rollout_guard;
struct guard_status;

/* True when the guard keeps out what it rolled back. */
bool quarantine_is_asked_by(const struct rollout_guard *guard);

/* The built-in rule `quarantine`: a template that failed and was rolled back is not deployed again
 * until somebody releases it, or its RolloutGuard no longer asks for that. As struct check's eval;
 * of a deploy, with its standing. */
int quarantine_ask(struct eval *e);

/* What becomes of it when it cannot be answered: what the workload's guard says; when that is not
 * known, what the strictest one does. */
enum on_error quarantine_on_error(const struct rollout_guard *guards, size_t count,
                                  const struct guard_status *guard_status);

#endif
