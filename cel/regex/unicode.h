#ifndef TG_CEL_REGEX_UNICODE_H
#define TG_CEL_REGEX_UNICODE_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

/* What of Unicode 15.0 a regular expression can ask for; cel/regex/unicode.inc, which `make
 * unicode` writes, has it from Go's tables. All functions here are pure and may be called from any
 * thread.
 */

/* A set of characters: a property, or all that are (not) of some general categories or a script. */
struct unicode_set {
    const uint32_t *rows; /* of a partition: first character << 8 | number of the part */
    uint32_t count;
    uint32_t parts; /* those in the set, as bits, when script is 0 */
    uint32_t script;
    bool folds; /* it is not closed under case */
};

/* Finds the set of a name that is written in any case, with underscores, hyphens and blanks at
 * will, as Go does: a script whose name in Unicode has an underscore is not found. False when there
 * is none. */
bool unicode_find(struct view name, struct unicode_set *out);

/* The next run of characters of the set; false at the end.
 * Begin with *row 0. */
bool unicode_run(const struct unicode_set *set, uint32_t *row, uint32_t *first, uint32_t *last);

/* Whether Go prints it as it is: letters, marks, numbers, punctuation, symbols and the space. */
bool unicode_is_print(uint32_t c);

/* Whether it is white space, as Go's strings.TrimSpace takes it. */
bool unicode_is_space(uint32_t c);

/* The next larger character that is the same but for its case, or else the smallest: from any of
 * them on, this goes round in a circle. c itself when it has no case. */
uint32_t unicode_fold(uint32_t c);

/* The first character from c on that has a case; UINT32_MAX when there is none. */
uint32_t unicode_cased(uint32_t c);

#endif
