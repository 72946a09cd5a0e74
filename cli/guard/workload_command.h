#ifndef TG_CLI_GUARD_WORKLOAD_COMMAND_H
#define TG_CLI_GUARD_WORKLOAD_COMMAND_H

#include "base/view.h"
#include "cli/session.h"
#include "cli/workload_arg.h"
#include "rollout/record/record.h"

struct command;

/* The one guarded workload that a command is about: tidegate NAME [OPTION]... KIND/NAME. */
struct workload_command {
    struct session session;
    struct workload_arg target;
    struct view text;     /* "deployment/api" */
    struct record record; /* of it */
    const char *own;      /* argument of WORKLOAD_COMMAND_OPTION or of COMMAND_FORMAT, whichever the
                             command has */
};

enum { WORKLOAD_COMMAND_OPTION = SESSION_OPTIONS };

/* Reads the arguments. Returns -1 when they can be used; else the exit code, after a message or the
 * help. To be released in both cases. */
int workload_command_init(struct workload_command *s, const struct command *command, int argc,
                          char **argv);

/* The same in parts, for a command with options of its own: begins with an empty one, and takes the
 * words behind the options. */
void workload_command_begin(struct workload_command *s, const struct command *command);
int workload_command_take(struct workload_command *s, int count, char **words);

/* Finds the cluster and reads the record. Returns -1; or the exit code, after a message. */
int workload_command_open(struct workload_command *s);
void workload_command_release(struct workload_command *s);

/* All of it for a command whose options need no further look: `answer` is asked once the record was
 * read, and returns the exit code, as this does. */
int workload_command_run(const struct command *command, int argc, char **argv,
                         int (*answer)(struct workload_command *s));

#endif
