#include "cli/command.h"
#include "cli/commands.h"

#include <stdio.h>

/* `tidegate --help` comes here too, and is not asked for the help of help. */
static int run_help(const struct command *command, int argc, char **argv)
{
    const struct command *about;

    (void)command;
    if (argc < 2 || argv[1][0] == '-') {
        commands_print_help();
        return EXIT_OK;
    }
    about = commands_find(argv[1]);
    if (!about)
        return commands_unknown(argv[1]);
    command_print_help(about);
    return EXIT_OK;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = "describe a command, or list all",
    .example = "help eval",
    .run = run_help,
};

static int run_version(const struct command *command, int argc, char **argv)
{
    const char *value;
    int rest, option = command_option(command, argc, argv, &value, &rest);

    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    if (rest < argc)
        return command_misused(command, "unexpected argument \"%s\"", argv[rest]);
    printf("tidegate %s\n", TIDEGATE_VERSION);
    return EXIT_OK;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "print the version",
    .example = "version",
    .run = run_version,
};
