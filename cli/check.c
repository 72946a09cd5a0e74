#include "cli/command.h"
#include "cli/ruleset.h"
#include "policy/set.h"

#include <stdio.h>

enum { OPTION_RULES = 1 };

static const struct option_row options[] = {
    {OPTION_RULES, "rules", "PATH", "a directory of rule files, or one of them; may be repeated"},
    {0, NULL, NULL, NULL},
};

static void print_count(size_t n, const char *one, const char *many, const char *end)
{
    printf("%zu %s%s", n, n == 1 ? one : many, end);
}

static int check(const struct ruleset_paths *paths)
{
    struct policy_set *set = ruleset_load(paths);

    if (!set)
        return EXIT_UNASKED;
    printf("%s: ", paths->text);
    print_count(set->policy_count, "policy", "policies", ", ");
    print_count(set->rule_count, "rule", "rules", ", ");
    print_count(set->environment_count, "environment", "environments",
                set->guard_count > 0 ? ", " : "\n");
    if (set->guard_count > 0)
        print_count(set->guard_count, "guard", "guards", "\n");
    policy_set_release(set);
    return EXIT_YES;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct ruleset_paths paths = {.count = 0};
    const char *value;
    int option, rest;

    while ((option = command_option(command, argc, argv, &value, &rest)) == OPTION_RULES)
        if (ruleset_add(&paths, command, value) != 0)
            return EXIT_UNASKED;
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_YES : EXIT_UNASKED;
    if (rest < argc)
        return command_misused(command, "unexpected argument \"%s\"", argv[rest]);
    if (paths.count == 0)
        return command_misused(command, "\"--rules PATH\" is missing");
    return check(&paths);
}

const struct command command_check = {
    .name = "check",
    .arguments = "",
    .summary = "compile rule files and report every error in them",
    .options = options,
    .run = run,
};
