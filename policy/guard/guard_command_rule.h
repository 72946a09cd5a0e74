#ifndef TG_POLICY_GUARD_GUARD_COMMAND_RULE_H
#define TG_POLICY_GUARD_GUARD_COMMAND_RULE_H

#include <stdbool.h>
#include <stdint.h>

struct eval;

/* The built-in rule `guard-annotation`: nobody gives an order (policy/object/guard_command.h) in
 * somebody else's name. It looks at every write of a workload by a person or pipeline, deploy or
 * not, through subresources and on what is being deleted too. As struct check's eval. */
int guard_command_rule_ask(struct eval *e);

/* True, noted in e->trace, when the workload bears a release of the new template that counts for a
 * failure at that instant: one that it bore before, or one that the requester writes with this
 * deploy and may give. */
bool guard_command_rule_releases(struct eval *e, int64_t failed_at);

#endif
