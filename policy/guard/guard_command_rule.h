#ifndef TG_POLICY_GUARD_GUARD_COMMAND_RULE_H
#define TG_POLICY_GUARD_GUARD_COMMAND_RULE_H

#include <stdbool.h>
#include <stdint.h>

struct cluster_view_rollout;
struct eval;
struct finding;
struct guard_command;

/* The annotations by which people command the guard: a row each. */
struct guard_command_row {
    const char *key;
    const char *verb; /* "release": what is done with it to a rollout */
    const char *form; /* of the value */

    /* Who may give it, beside having to do so in their own name; NULL: whoever may write it. And
     * the details of a finding that say so. */
    bool (*may_give)(const struct eval *e);
    void (*tell_who)(struct eval *e, struct finding *f);

    /* True when an old one changes nothing, by what is known of the rollout. */
    bool (*is_without_effect)(const struct eval *e, const struct guard_command *order,
                              const struct cluster_view_rollout *known);
};

/* docs/admission.md has each; a row without a key ends them. */
extern const struct guard_command_row guard_command_rows[];

/* The built-in rule `guard-annotation`: nobody gives an order (policy/object/guard_command.h) in
 * somebody else's name. It looks at every write of a workload by a person or pipeline, deploy or
 * not, through subresources and on what is being deleted too. As struct check's eval. */
int guard_command_rule_ask(struct eval *e);

/* True, noted in e->trace, when the workload bears a release of the new template that counts for a
 * failure at that instant: one that it bore before, or one that the requester writes with this
 * deploy and may give. */
bool guard_command_rule_releases(struct eval *e, int64_t failed_at);

#endif
