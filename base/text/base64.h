#ifndef TG_BASE_TEXT_BASE64_H
#define TG_BASE_TEXT_BASE64_H

#include "base/view.h"

struct arena;
struct buf;

/* The bytes of base64 text with its padding (RFC 4648, section 4); line ends in it are skipped,
 * as Go's decoder does. The absent view when the text is not base64, or the arena is full. Any
 * thread. */
struct view base64_decode(struct view text, struct arena *arena);

/* Appends bytes as base64 text with its padding, in one line. Any thread. */
void base64_encode(struct view bytes, struct buf *out);

#endif
