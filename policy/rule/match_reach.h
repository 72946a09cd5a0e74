#ifndef TG_POLICY_RULE_MATCH_REACH_H
#define TG_POLICY_RULE_MATCH_REACH_H

struct check;
struct diags;
struct environment;
struct match;
struct node;

/* Whether matches that are right each by themselves can ever hold together: what cannot is an error
 * by diag_vain(), one for each match. `node` is the map in which it is written. */

/* The match of a policy, and what it says of namespaces. */
void match_reach_policy(const struct match *m, const struct node *node, struct diags *diags);

/* A rule with its own match (NULL: none) in a policy, and the check that it asks. */
void match_reach_rule(const struct match *policy, const struct match *own,
                      const struct check *check, const struct node *rule, struct diags *diags);

/* An exemption from such a rule. */
void match_reach_exemption(const struct match *policy, const struct match *own,
                           const struct match *exempt, const struct node *node,
                           struct diags *diags);

/* The namespaces of an Environment, and the labels that it asks of them. */
void match_reach_environment(const struct environment *e, const struct node *node,
                             struct diags *diags);

#endif
