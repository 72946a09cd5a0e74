#ifndef TG_CLI_RULESET_H
#define TG_CLI_RULESET_H

#include "cli/limits.h"

#include <stddef.h>
#include <stdint.h>

struct command;
struct policy_set;
struct shapes;

/* What objects look like: Kubernetes' own kinds, and those of the schemas in a directory (NULL:
 * none). NULL after errors, which it prints to standard error; else for shapes_free. */
struct shapes *ruleset_shapes(const char *schemas);

/* The rows of --rules and --schemas, with the ids that the command has for them. */
#define RULESET_ROW_RULES(id)                                                                      \
    {                                                                                              \
        id, "rules", "PATH", "a directory of rule files, or one of them; may be repeated"          \
    }
#define RULESET_ROW_SCHEMAS(id)                                                                    \
    {                                                                                              \
        id, "schemas", "DIR", "CustomResourceDefinitions and OpenAPI documents: other kinds"       \
    }

enum { RULESET_TEXT = 4096 };

/* What --rules named: directories and files. Zeroed at first. */
struct ruleset_paths {
    const char *paths[LIMIT_RULES_PATHS + 1]; /* ended by NULL */
    size_t count;
    char text[RULESET_TEXT]; /* "rules and more.yaml", cut when it is longer */
};

/* Adds one. Returns 0, or EXIT_USAGE after a message that there are too many. */
int ruleset_add(struct ruleset_paths *paths, const struct command *command, const char *path);

/* Loads the rule files and prints every error and warning of them to standard error. NULL when
 * there was an error; else a reference for policy_set_release. shapes may be NULL: Kubernetes' own
 * kinds. Dates are held against now; 0: the clock. */
struct policy_set *ruleset_load(const struct ruleset_paths *paths, struct shapes *shapes,
                                int64_t now);

#endif
