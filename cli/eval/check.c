#include "base/arena.h"
#include "cli/command.h"
#include "cli/ruleset.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "policy/set_paths.h"
#include "policy/shapes/shapes.h"

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

/* Of what has paths: other rules do not ask for fields. */
static int tell_unknown(const struct policy_set *set, struct shapes *shapes)
{
    struct unknown_kind *kinds;
    struct arena arena;
    size_t count;
    int result;

    arena_init(&arena, LIMIT_RULES_MEMORY);
    result = set_paths_unknown(set, shapes, &arena, &kinds, &count);
    for (size_t i = 0; result == 0 && i < count; i++)
        printf(
            "the fields of %.*s are not known, so its paths are not checked: give its schema with "
            "--schemas DIR\n",
            VIEW_ARGS(kinds[i].kind));
    arena_release(&arena);
    return result;
}

static int check(const struct ruleset_paths *paths, const char *schemas)
{
    struct shapes *shapes = ruleset_shapes(schemas);
    struct policy_set *set = shapes ? ruleset_load(paths, shapes, 0) : NULL;
    int result;

    if (!set) {
        shapes_free(shapes);
        return EXIT_USAGE;
    }
    printf("%s: ", paths->text);
    print_count(set->policy_count, "policy", "policies", ", ");
    print_count(set->rule_count, "rule", "rules", ", ");
    print_count(set->environment_count, "environment", "environments",
                set->guard_count > 0 ? ", " : "\n");
    if (set->guard_count > 0)
        print_count(set->guard_count, "guard", "guards", "\n");
    result = tell_unknown(set, shapes);
    policy_set_release(set);
    shapes_free(shapes);
    if (result == 0)
        return EXIT_OK;
    fprintf(stderr, "tidegate check: out of memory\n");
    return EXIT_USAGE;
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
            return EXIT_USAGE;
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    for (; rest < argc; rest++)
        if (ruleset_add(&paths, command, argv[rest]) != 0)
            return EXIT_USAGE;
    if (paths.count == 0)
        return command_misused(command, "rule files are missing, name a directory or a file");
    return check(&paths, schemas);
}

const struct command command_check = {
    .name = "check",
    .arguments = "[PATH]...",
    .summary = "compile rule files and report every error in them",
    .example = "check rules/starter",
    .options = options,
    .run = run,
};
