#ifndef TG_CEL_REGEX_REGEX_TABLE_H
#define TG_CEL_REGEX_REGEX_TABLE_H

#include "cel/regex/regex_program.h"
#include "cel/regex/regex_result.h"

/* An expression as a deterministic automaton: one step a character, and nothing to write. Made at
 * once and whole, so that threads share it; only of what makes a small one. */
struct regex_table;

/* NULL when there is none: it would be too large, the expression asks for words or lines, memory is
 * out or the budget over. */
const struct regex_table *regex_table_create(const struct regex *regex, struct arena *arena,
                                             struct budget *budget);

/* Whether the expression matches anywhere in the text. */
enum regex_result regex_table_match(const struct regex_table *table, struct view text,
                                    struct budget *budget);

#endif
