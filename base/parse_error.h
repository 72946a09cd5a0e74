#ifndef TG_BASE_PARSE_ERROR_H
#define TG_BASE_PARSE_ERROR_H

#include "base/diag.h"

#include <stddef.h>

struct node;

/* What is wrong with a piece of text: where it goes wrong, and why, as the end of a sentence that
 * names the text: `"5GB" is no quantity: ` + `unknown suffix "GB"`. */
struct flaw {
    size_t at; /* byte offset in the text */
    char why[192];
    char hint[128]; /* what to write instead; "" when there is nothing to say */
};

/* Fills flaw, without a hint; a reason that is too long is cut. Always returns -1, for `return
 * flaw_set(...)`. Pure but for flaw; any thread. */
int flaw_set(struct flaw *flaw, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Gives flaw its hint. Always returns -1. */
int flaw_hint(struct flaw *flaw, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where the flaw of a scalar's text is in its source: the very byte when the source has the text as
 * it is, quoted or not; the beginning of the scalar when it was escaped or folded. */
struct place flaw_place(const struct flaw *flaw, const struct node *node);

#endif
