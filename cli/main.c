#include "base/view.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/complete.h"

#include <stdio.h>
#include <string.h>

/* An answer that could not be written is none: a full disk must not read as a yes. */
static int close_answer(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    perror("tidegate: standard output");
    return EXIT_USAGE;
}

/* What people type by habit in place of a command. */
static const char *command_name(const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return "help";
    return strcmp(word, "--version") == 0 ? "version" : word;
}

/* kubectl asks for completion of its plugin by running kubectl_complete-PLUGIN. */
static int is_for_kubectl(const char *path)
{
    return view_ends(view_of(path), "kubectl_complete-tidegate");
}

int main(int argc, char **argv)
{
    const struct command *command;

    command_program_is(argv[0]);
    if (is_for_kubectl(argv[0]))
        return close_answer(complete_words((const char *const *)(argv + 1), argc - 1));
    if (argc < 2) {
        fprintf(stderr, "tidegate: a command is missing; see %s --help\n", command_program());
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], COMPLETE_COMMAND) == 0)
        return close_answer(complete_words((const char *const *)(argv + 2), argc - 2));
    command = commands_find(command_name(argv[1]));
    return command ? close_answer(command->run(command, argc - 1, argv + 1))
                   : commands_unknown(argv[1]);
}
