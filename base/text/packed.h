#ifndef TG_BASE_TEXT_PACKED_H
#define TG_BASE_TEXT_PACKED_H

#include "base/view.h"

#include <stddef.h>

struct arena;
struct buf;

/* Text as it is kept in `binaryData` of a ConfigMap: in zlib's format (RFC 1950), as base64 (RFC
 * 4648). Any thread. */

/* Appends it. At most limit bytes before base64: beyond them, or when memory runs out, `out` has
 * `failed`. */
void packed_add(struct view text, size_t limit, struct buf *out);

/* The text again, in the arena. p == NULL when it is not of that form, takes more than limit bytes,
 * or memory runs out. */
struct view packed_text(struct view base64, size_t limit, struct arena *arena);

#endif
