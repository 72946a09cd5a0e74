#ifndef TG_CLI_GUARD_COMMAND_ANNOTATION_H
#define TG_CLI_GUARD_COMMAND_ANNOTATION_H

#include "base/view.h"

#include <stdbool.h>

struct guard_command;
struct workload_command;

/* What `tidegate rollback` and `release` have in common: an order (policy/object/guard_command.h)
 * that is written on the workload in the name of whoever runs the command. */

/* The hash of the workload's template as it is now, in the session's arena. Returns 1; 0 when there
 * is no such workload; or -1 after a message. */
int command_annotation_look(struct workload_command *s, struct view *hash);

/* Fills in who gives the order, and when. Returns 0, or -1 after a message. */
int command_annotation_sign(struct workload_command *s, struct guard_command *order);

/* Writes the order as that annotation, again when somebody else wrote in between; with `only` as
 * long as the template is the one that the order names. Returns EXIT_OK; EXIT_DENIED when that is
 * so no more, or the API server denies it; else EXIT_USAGE; both after a message. */
int command_annotation_write(struct workload_command *s, const char *key,
                             const struct guard_command *order, bool only);

#endif
