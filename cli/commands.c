#include "cli/commands.h"

#include "cli/command.h"

#include <stdio.h>
#include <string.h>

enum { MOST_COMMANDS = 32 };

const struct command *const commands[] = {
    &command_serve,
    &command_eval,
    &command_check,
    &command_windows,
    &command_status,
    &command_wait,
    &command_history,
    &command_rollback,
    &command_release,
    &command_certs,
    &command_rules,
    &command_schema,
    &command_limits,
    &command_help,
    &command_version,
    &command_completion,
    NULL,
};

const struct command *commands_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

void commands_print_help(void)
{
    printf("usage: %s COMMAND [OPTION]... [ARGUMENT]...\n"
           "\n"
           "Admits and denies what is deployed to a Kubernetes cluster, by rule files.\n"
           "\n",
           command_program());
    for (size_t i = 0; commands[i]; i++)
        printf("  %-11s%s\n", commands[i]->name, commands[i]->summary);
    printf("\n"
           "%s help COMMAND, or COMMAND --help, describes one of them.\n"
           "Exit codes: 0 yes or done, 1 no or denied, 2 the command could not be carried out.\n",
           command_program());
}

int commands_unknown(const char *word)
{
    const char *names[MOST_COMMANDS];
    int count = 0;

    for (; commands[count] && count < MOST_COMMANDS; count++)
        names[count] = commands[count]->name;
    fprintf(stderr, "tidegate: unknown command \"%s\"", word);
    command_suggest(word, names, count);
    fprintf(stderr, "\nsee %s --help\n", command_program());
    return EXIT_USAGE;
}
