#ifndef TG_CLI_RULESET_H
#define TG_CLI_RULESET_H

struct policy_set;

/* Loads the rule files of a directory and prints every error and warning of them to standard
 * error. NULL when there was an error; else a reference for policy_set_release. */
struct policy_set *ruleset_load(const char *directory);

#endif
