#ifndef TG_POLICY_SCHEMA_SCHEMA_HINT_H
#define TG_POLICY_SCHEMA_SCHEMA_HINT_H

#include "base/yaml/node.h"
#include "policy/schema/schema_field.h"

#include <stdbool.h>
#include <stddef.h>

/* What a rule file's author can write instead: each hint, followed by the letter, gives a value
 * that its key accepts (tests/golden/hints does it). Where nothing can be said for sure there is
 * none. */

/* True when a key of the type takes a value of the kind. Pure. */
bool schema_accepts(enum schema_type type, enum node_kind kind);

/* True for text, numbers and booleans. Pure. */
bool schema_is_scalar(enum node_kind kind);

/* Adds the nearest of the candidates to the newest error as a hint, or all of them. */
void schema_hint_words(struct view word, const char *const *candidates, size_t count,
                       struct diags *diags);

/* Gives the newest error its hint when it is of key:value, which is text and no map: as a key of
 * one, or in place of one. Tells whether it is. */
bool schema_hint_colon(const struct node *node, bool is_key, struct diags *diags);

/* The key of key:value; all of any other text. Pure. */
struct view schema_key_before_colon(struct view text);

/* Gives the newest error, that the value has the wrong type, its hint. */
void schema_hint_type(const struct node *node, const struct schema_field *field,
                      struct diags *diags);

/* Gives the newest error, that this is not a list, its hint; of a NODE_WRONG, the one told before.
 */
void schema_hint_list(const struct node *node, const struct schema_field *field,
                      struct diags *diags);

/* A scalar without quotes can mean two things (base/yaml/yaml_value.h). When only one is accepted
 * here, the hint of its error names that one. */
void schema_hint_ambiguous(const struct node *node, const struct schema_field *field,
                           struct diags *diags);

#endif
