#include "cli/limits.h"

#include "base/limits.h"
#include "cel/limits.h"
#include "certs/limits.h"
#include "cli/command.h"
#include "kube/limits.h"
#include "policy/limits.h"
#include "rollout/limits.h"
#include "server/limits.h"

#include <ctype.h>
#include <stdio.h>

/* LIMIT_JSON_DEPTH as "json-depth". */
static void print_name(const char *name)
{
    int n = 0;

    for (const char *p = name + sizeof("LIMIT_") - 1; *p; p++, n++)
        putchar(*p == '_' ? '-' : tolower((unsigned char)*p));
    printf("%*s", n < 18 ? 18 - n : 1, "");
}

static int run(const struct command *command, int argc, char **argv)
{
    static const struct {
        const char *name;
        long value;
        const char *unit, *what;
    } rows[] = {
#define ROW(name, value, unit, what) {#name, value, unit, what},
        /* By layer, from the bottom up. */
        BASE_LIMITS(ROW) CEL_LIMITS(ROW) CERTS_LIMITS(ROW) KUBE_LIMITS(ROW) POLICY_LIMITS(ROW)
            ROLLOUT_LIMITS(ROW) SERVER_LIMITS(ROW) CLI_LIMITS(ROW)
#undef ROW
    };
    const char *value;
    int rest, option = command_option(command, argc, argv, &value, &rest);

    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    if (rest < argc)
        return command_misused(command, "unexpected argument \"%s\"", argv[rest]);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_name(rows[i].name);
        printf("%10ld %-12s %s\n", rows[i].value, rows[i].unit, rows[i].what);
    }
    return EXIT_OK;
}

const struct command command_limits = {
    .name = "limits",
    .arguments = "",
    .summary = "print every limit of the program",
    .example = "limits",
    .run = run,
};
