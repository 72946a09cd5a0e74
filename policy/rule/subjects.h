#ifndef TG_POLICY_RULE_SUBJECTS_H
#define TG_POLICY_RULE_SUBJECTS_H

#include "base/view.h"
#include "policy/schema/schema.h"

#include <stdbool.h>

struct compile;
struct node;
struct request;

/* Who may do something by a rule: users, and members of groups. Const once compiled; any thread. */
struct subjects {
    const struct node *users, *groups; /* lists, or NULL */
    struct view text;                  /* "a member of release-managers or alice" */
};

extern const struct schema_field subjects_fields[];

/* Reads a map, called `key` in the rule, that was held against subjects_fields into *out. Returns
 * 0, or -1 when it names nobody (an error in c->diags) or memory runs out. */
int subjects_compile(const struct node *node, const char *key, struct compile *c,
                     struct subjects *out);

/* False when a user of that name, whose groups are not known, is certainly not one of them. */
bool subjects_may_include(const struct subjects *subjects, struct view user);

/* True when the requester is one of them. False also when the request's budget is used up, which
 * comparing their groups may do: the rule is then unanswered anyway. */
bool subjects_have(const struct subjects *subjects, const struct request *request);

#endif
