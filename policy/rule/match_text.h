#ifndef TG_POLICY_RULE_MATCH_TEXT_H
#define TG_POLICY_RULE_MATCH_TEXT_H

#include <stdbool.h>

struct diags;
struct node;

/* Look at the texts of a match, of an exemption or of people (a list; NULL: none). What no
 * namespace, name, user or group can be is an error by diag_vain(), such as a regular expression
 * where globs are, and what is hardly meant so a warning. */

/* Globs of namespaces: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
void match_text_namespaces(const struct node *list, struct diags *diags);

/* Which of the objects that are spoken of can have a name that is not a DNS name, as a Role can. */
enum name_shape { NAMES_DNS, NAMES_MIXED, NAMES_FREE }; /* none, some, all */

/* Globs of objects' names. */
void match_text_names(const struct node *list, enum name_shape shape, struct diags *diags);

/* Users, as globs or exact; and groups, which always are exact:
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/ */
void match_text_users(const struct node *list, bool globs, struct diags *diags);
void match_text_groups(const struct node *list, struct diags *diags);

/* Globs of namespace/name. Returns -1 after an error that is not by diag_vain(). */
int match_text_accounts(const struct node *list, struct diags *diags);

#endif
