#ifndef TG_BASE_DIGEST_H
#define TG_BASE_DIGEST_H

#include "base/view.h"

enum { DIGEST_BYTES = 32, DIGEST_TEXT = 2 * DIGEST_BYTES + 1 };

/* The SHA-256 of a text (FIPS 180-4). Returns 0; or -1, with out as it was, when the library has no
 * memory for it. Any thread. */
int digest_of(struct view text, unsigned char out[static DIGEST_BYTES]);

/* The first n of its bytes as lower-case hexadecimal digits and a NUL. */
void digest_hex(const unsigned char *bytes, size_t n, char out[static DIGEST_TEXT]);

#endif
