#ifndef TG_BASE_TEXT_PATTERN_H
#define TG_BASE_TEXT_PATTERN_H

#include "base/view.h"

struct arena;
struct budget;
struct parse_error;

/* A regular expression of PCRE2 (https://www.pcre.org/current/doc/html/pcre2pattern.html) that has
 * to match the whole of a text. Immutable; shared by threads. */
struct pattern;

enum pattern_result {
    PATTERN_MATCH,
    PATTERN_NO_MATCH,
    PATTERN_UNDECIDED, /* a limit was reached (LIMIT_PATTERN_STEPS, LIMIT_PATTERN_HEAP), or the
                          budget is used up */
};

/* Compiles text of at most LIMIT_PATTERN bytes; all memory is the arena's. NULL with *flaw filled.
 */
const struct pattern *pattern_compile(struct view text, struct arena *arena,
                                      struct parse_error *parse_error);

/* What it was compiled from; in its arena. */
struct view pattern_text(const struct pattern *pattern);

/* Charges the match to the budget, which may be NULL. One step of PCRE2 can scan the whole text, so
 * the clocks are read in proportion to the length of the text. */
enum pattern_result pattern_match(const struct pattern *pattern, struct view text,
                                  struct budget *budget);

#endif
