#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_serve,  &command_eval,    &command_check,    &command_windows,
    &command_status, &command_history, &command_rollback, &command_release,
    &command_certs,  &command_rules,   &command_schema,   &command_limits,
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(void)
{
    printf("usage: tidegate COMMAND [OPTION]... [ARGUMENT]...\n"
           "\n"
           "Admits and denies what is deployed to a Kubernetes cluster, by rule files.\n"
           "\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    printf("\n"
           "tidegate COMMAND --help describes one of them, tidegate --version prints the version.\n"
           "Exit codes: 0 yes or done, 1 no or denied, 2 the command could not be carried out.\n");
}

static int refuse(const char *word)
{
    const char *names[COMMANDS];

    for (int i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    fprintf(stderr, "tidegate: unknown command \"%s\"", word);
    command_suggest(word, names, COMMANDS);
    fprintf(stderr, "\nsee tidegate --help\n");
    return EXIT_USAGE;
}

/* An answer that could not be written is none: a full disk must not read as a yes. */
static int close_answer(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    perror("tidegate: standard output");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "tidegate: a command is missing; see tidegate --help\n");
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return close_answer(EXIT_OK);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("tidegate %s\n", TIDEGATE_VERSION);
        return close_answer(EXIT_OK);
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i]->name) == 0)
            return close_answer(commands[i]->run(commands[i], argc - 1, argv + 1));
    return refuse(argv[1]);
}
