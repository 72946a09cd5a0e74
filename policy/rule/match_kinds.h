#ifndef TG_POLICY_RULE_MATCH_KINDS_H
#define TG_POLICY_RULE_MATCH_KINDS_H

struct diags;
struct node;

/* Looks at the `kinds` of a match (NULL: none), each "Kind" or "group/Kind": what is not a kind is
 * an error; what no object can be of, since Kubernetes has the kind in another group or by another
 * name, is one by diag_vain(); what only looks like a slip of the hand is a warning, for a kind may
 * be anybody's. Returns -1 after an error that is not by diag_vain(). */
int match_kinds_check(const struct node *list, struct diags *diags);

#endif
