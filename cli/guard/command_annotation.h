#ifndef TG_CLI_GUARD_COMMAND_ANNOTATION_H
#define TG_CLI_GUARD_COMMAND_ANNOTATION_H

#include "base/view.h"

#include <stdbool.h>

struct order;
struct subject;

/* What `tidegate rollback` and `release` have in common: an order (policy/object/guard_command.h)
 * that is written on the workload in the name of whoever runs the command. */

/* The hash of the workload's template as it is now, in the session's arena. Returns 1; 0 when there
 * is no such workload; or -1 after a message. */
int order_command_look(struct subject *s, struct view *hash);

/* Fills in who gives the order, and when. Returns 0, or -1 after a message. */
int order_command_sign(struct subject *s, struct order *order);

/* Writes the order as that annotation, again when somebody else wrote in between; with `only` as
 * long as the template is the one that the order names. Returns EXIT_YES; EXIT_NO when that is so
 * no more, or the API server denies it; else EXIT_UNASKED; both after a message. */
int order_command_write(struct subject *s, const char *key, const struct order *order, bool only);

#endif
