#ifndef TG_CLI_COMMAND_H
#define TG_CLI_COMMAND_H

/* What every subcommand answers the shell with. */
enum { EXIT_OK = 0, EXIT_DENIED = 1, EXIT_USAGE = 2 };

/* One option of a subcommand; from these rows come getopt's table, the help and "did you mean". */
struct option_row {
    int id;               /* unique among the rows of a command, above 0; a letter is also short
                             for it: 'n' is -n */
    const char *name;     /* without dashes; NULL ends a table */
    const char *argument; /* what stands behind it; NULL: a flag. Completion knows FILE, PATH, DIR
                             and lists of words ("text|json") */
    const char *doc; /* one line; NULL: another name for the row before, which help leaves out */
};

/* How the answer is written, as kubectl has it, and by its older name. `words` is "text|json". */
enum { COMMAND_FORMAT = 'o' };
#define COMMAND_ROWS_FORMAT(words)                                                                 \
    {COMMAND_FORMAT, "format", words, "how the answer is written (the first)"},                    \
    {                                                                                              \
        COMMAND_FORMAT, "output", words, NULL                                                      \
    }

/* A subcommand, one file each; its row is in main.c's table. */
struct command {
    const char *name;
    const char *arguments; /* what stands behind the options in the usage line; "" for nothing */
    const char *summary;   /* one line */
    const char *example;   /* a call without the program's name; a test of the docs runs it */
    const struct option_row *options;
    int (*run)(const struct command *command, int argc, char **argv); /* argv[0] is the name */
};

extern const struct command command_certs, command_check, command_completion, command_eval,
    command_help, command_history, command_limits, command_release, command_rollback, command_rules,
    command_schema, command_serve, command_status, command_version, command_wait, command_windows;

/* How a person calls the program: "tidegate", or "kubectl tidegate" when kubectl runs it as its
 * plugin, which it does by the name kubectl-tidegate. */
const char *command_program(void);
void command_program_is(const char *path);

/* Prints the help to standard output. */
void command_print_help(const struct command *command);

/* What command_option returns beside the ids. */
enum { OPTION_END = 0, OPTION_BAD = -1, OPTION_HELP = -2 };

/* The id of the next option, with its argument in *value. OPTION_END: the other arguments are
 * argv[*rest] and on. OPTION_HELP: the help was printed. OPTION_BAD: the mistake was printed. */
int command_option(const struct command *command, int argc, char **argv, const char **value,
                   int *rest);

/* Prints "tidegate NAME: MESSAGE" and where the help is to standard error; returns
 * EXIT_USAGE. */
int command_misused(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints ", did you mean "x"?" to standard error when one of the candidates is near. */
void command_suggest(const char *word, const char *const *candidates, int count);

#endif
