#ifndef TG_CLI_COMMANDS_H
#define TG_CLI_COMMANDS_H

struct command;

/* All subcommands, in the order of the help; NULL ends the list. */
extern const struct command *const commands[];

/* NULL: there is none of that name. */
const struct command *commands_find(const char *name);

/* Prints the list of them to standard output. */
void commands_print_help(void);

/* Prints "tidegate: unknown command" with the near word to standard error; returns EXIT_USAGE. */
int commands_unknown(const char *word);

#endif
