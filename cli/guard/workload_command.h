#ifndef TG_CLI_GUARD_WORKLOAD_COMMAND_H
#define TG_CLI_GUARD_WORKLOAD_COMMAND_H

#include "base/view.h"
#include "cli/session.h"
#include "cli/workload_arg.h"
#include "rollout/record/record.h"

struct command;

/* The one guarded workload that a command is about: tidegate NAME [OPTION]... KIND/NAME. */
struct subject {
    struct session session;
    struct target target;
    struct view text;     /* "deployment/api" */
    struct record record; /* of it */
    const char *own;      /* argument of the command's own option, whose id is SUBJECT_OPTION */
};

enum { SUBJECT_OPTION = SESSION_OPTIONS };

/* Reads the arguments. Returns -1 when they can be used; else the exit code, after a message or the
 * help. To be released in both cases. */
int subject_init(struct subject *s, const struct command *command, int argc, char **argv);

/* Finds the cluster and reads the record. Returns -1; or the exit code, after a message. */
int subject_open(struct subject *s);
void subject_release(struct subject *s);

/* All of it for a command whose options need no further look: `answer` is asked once the record was
 * read, and returns the exit code, as this does. */
int subject_run(const struct command *command, int argc, char **argv,
                int (*answer)(struct subject *s));

#endif
