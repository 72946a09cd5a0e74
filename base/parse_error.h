#ifndef TG_BASE_PARSE_ERROR_H
#define TG_BASE_PARSE_ERROR_H

#include "base/diag.h"

#include <stddef.h>

/* What is wrong with a piece of text: where it goes wrong, and why, as the end of a sentence that
 * names the text: `"5GB" is not a valid quantity: ` + `unknown suffix "GB"`. */
struct parse_error {
    size_t at; /* byte offset in the text */
    char why[192];
    char hint[128]; /* what to write instead; "" when there is nothing to say */
};

/* Fills flaw, without a hint; a reason that is too long is cut. Always returns -1, for `return
 * parse_error_set(...)`. Pure but for flaw; any thread. */
int parse_error_set(struct parse_error *parse_error, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Gives flaw its hint. Always returns -1. */
int parse_error_hint(struct parse_error *parse_error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
