#ifndef TG_BASE_TEXT_UTF8_H
#define TG_BASE_TEXT_UTF8_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

/* Text as characters (code points), as Go reads it: each byte that begins no well-formed sequence
 * (RFC 3629) is one character, U+FFFD. All functions here are pure and may be called from any
 * thread. */

enum { UTF8_ROOM = 4, UTF8_LAST = 0x10FFFF, UTF8_ERROR = 0xFFFD };

/* The character that begins with the byte at `at`, which is in text, and how many bytes it has. */
uint32_t utf8_decode(struct view text, size_t at, size_t *size);

/* The same, and moves *at past it. */
static inline uint32_t utf8_next(struct view text, size_t *at)
{
    size_t size = 1;
    uint32_t c = (unsigned char)text.p[*at];

    if (c >= 0x80)
        c = utf8_decode(text, *at, &size);
    *at += size;
    return c;
}

/* Writes a character and returns its length; what is not a character (a surrogate) is U+FFFD. */
size_t utf8_put(uint32_t c, char out[static UTF8_ROOM]);

/* The offset of the first byte from `from` on that is not part of a well-formed sequence; the
 * length of the text when there is none. */
size_t utf8_flaw(struct view text, size_t from);

/* Whether there is nothing else in the text. */
bool utf8_valid(struct view text);

/* How many characters the text has. */
size_t utf8_count(struct view text);

#endif
