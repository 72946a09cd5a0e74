#ifndef TG_BASE_PATTERN_H
#define TG_BASE_PATTERN_H

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
                        * budget is over */
};

/* Compiles text of at most LIMIT_PATTERN bytes; all memory is the arena's. NULL with *flaw filled.
 */
const struct pattern *pattern_compile(struct view text, struct arena *arena,
                                      struct parse_error *parse_error);

/* What it was compiled from; in its arena. */
struct view pattern_text(const struct pattern *pattern);

/* Takes of the budget, which may be NULL, all that the match needs: one step of PCRE2 can look
 * through the whole text, so that the clocks are looked at as often as the text is long. */
enum pattern_result pattern_match(const struct pattern *pattern, struct view text,
                                  struct budget *budget);

#endif
