#include "cli/command.h"
#include "cli/ruleset.h"
#include "policy/path_check.h"
#include "policy/set.h"
#include "policy/shapes.h"

#include <stdio.h>

enum { OPTION_RULES = 1, OPTION_SCHEMAS };

static const struct option_row options[] = {
    RULESET_ROW_RULES(OPTION_RULES),
    RULESET_ROW_SCHEMAS(OPTION_SCHEMAS),
    {0, NULL, NULL, NULL},
};

static void print_count(size_t n, const char *one, const char *many, const char *end)
{
    printf("%zu %s%s", n, n == 1 ? one : many, end);
}

/* Kinds whose fields are not known, each once. */
struct unknown {
    const struct shapes *shapes;
    struct view kinds[32];
    size_t count;
};

static void add_unknown(struct unknown *u, const struct match *match)
{
    enum { MOST = sizeof(u->kinds) / sizeof(u->kinds[0]) };

    for (size_t i = 0; match && i < match->kind_count && u->count < MOST; i++) {
        bool is_new = !path_knows_kind(u->shapes, match->kinds[i]);

        for (size_t k = 0; k < u->count; k++)
            is_new = is_new && !view_eq(u->kinds[k], match->kinds[i]);
        if (is_new)
            u->kinds[u->count++] = match->kinds[i];
    }
}

/* Of what has paths: other rules do not ask for fields. */
static void tell_unknown(const struct policy_set *set, const struct shapes *shapes)
{
    struct unknown u = {.shapes = shapes};

    for (size_t i = 0; i < set->policy_count; i++)
        for (size_t k = 0; k < set->policies[i].rule_count; k++) {
            const struct rule *rule = &set->policies[i].rules[k];

            if (rule->check != &check_fields)
                continue;
            add_unknown(&u, rule->match);
            add_unknown(&u, &set->policies[i].match);
        }
    for (size_t i = 0; i < u.count; i++)
        printf(
            "the fields of %.*s are not known, so its paths are not checked: give its schema with "
            "--schemas DIR\n",
            VIEW_ARGS(u.kinds[i]));
}

static int check(const struct ruleset_paths *paths, const char *schemas)
{
    struct shapes *shapes = ruleset_shapes(schemas);
    struct policy_set *set = shapes ? ruleset_load(paths, shapes) : NULL;

    if (!set) {
        shapes_free(shapes);
        return EXIT_UNASKED;
    }
    printf("%s: ", paths->text);
    print_count(set->policy_count, "policy", "policies", ", ");
    print_count(set->rule_count, "rule", "rules", ", ");
    print_count(set->environment_count, "environment", "environments",
                set->guard_count > 0 ? ", " : "\n");
    if (set->guard_count > 0)
        print_count(set->guard_count, "guard", "guards", "\n");
    tell_unknown(set, shapes);
    policy_set_release(set);
    shapes_free(shapes);
    return EXIT_YES;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct ruleset_paths paths = {.count = 0};
    const char *value, *schemas = NULL;
    int option, rest;

    while ((option = command_option(command, argc, argv, &value, &rest)) > 0)
        if (option == OPTION_SCHEMAS)
            schemas = value;
        else if (ruleset_add(&paths, command, value) != 0)
            return EXIT_UNASKED;
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_YES : EXIT_UNASKED;
    if (rest < argc)
        return command_misused(command, "unexpected argument \"%s\"", argv[rest]);
    if (paths.count == 0)
        return command_misused(command, "\"--rules PATH\" is missing");
    return check(&paths, schemas);
}

const struct command command_check = {
    .name = "check",
    .arguments = "",
    .summary = "compile rule files and report every error in them",
    .options = options,
    .run = run,
};
