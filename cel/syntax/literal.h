#ifndef TG_CEL_SYNTAX_LITERAL_H
#define TG_CEL_SYNTAX_LITERAL_H

#include "base/parse_error.h"
#include "cel/syntax/token.h"
#include "cel/value.h"

struct arena;

/* The value of a number, text, true, false or null, with a minus before it or not. A text without
 * escapes is not copied. Returns -1 with *error, at a byte of the token, when it has none: the
 * number is out of range, an escape is none. Pure but for the arena; any thread. */
int cel_literal(const struct cel_token *token, bool minus, struct arena *arena,
                struct cel_value *value, struct parse_error *error);

#endif
