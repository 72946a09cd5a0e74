#ifndef TG_POLICY_SCHEMA_SCHEMA_H
#define TG_POLICY_SCHEMA_SCHEMA_H

#include "base/yaml/node.h"
#include "policy/schema/schema_field.h"

#include <stdbool.h>
#include <stdint.h>

struct parse_error;

/* Holds node against the table: every unknown or missing key, wrong type, empty list and value that
 * is none of the accepted is an error in diags. `what` names the map in them ("a rule"). Returns
 * node when there was none; else a copy, in diags->arena, that has a NODE_WRONG for each: whoever
 * compiles it goes on, finds what else is wrong, and repeats nothing. All keys that are required
 * are there in it. NULL when memory runs out. */
const struct node *schema_check(const struct node *node, const struct schema_field *fields,
                                const char *what, struct diags *diags);

/* The integer, or the seconds of the duration, that a key of a map has which was held against the
 * table before; `usual` when it is left out or map is NULL. */
int64_t schema_amount(const struct node *map, const struct schema_field *fields, const char *name);

/* Adds the error "unknown <what> "x"", with a hint that names the nearest candidate, or all. */
void schema_unknown(const struct node *node, const char *what, const char *const *candidates,
                    size_t count, struct diags *diags);

/* Adds the error `"<text>" is not a valid <what>: <why>`, at the very byte of a scalar where it
 * goes wrong, with the flaw's hint. */
void schema_flaw(const struct node *node, const char *what, const struct parse_error *parse_error,
                 struct diags *diags);

/* The same by diag_vain(). */
void schema_vain(const struct node *node, const char *what, const struct parse_error *parse_error,
                 struct diags *diags);

#endif
