#ifndef TG_BASE_DEFLATE_H
#define TG_BASE_DEFLATE_H

#include "base/view.h"

struct buf;

/* Text in zlib's format (RFC 1950). Both append to `out`, whose limit bounds what is read or
 * written; it has `failed` afterwards when memory runs out, the limit is passed, or, for
 * deflate_undo, the bytes are not of that format. Any thread. */
void deflate_add(struct view text, struct buf *out);
void deflate_undo(struct view bytes, struct buf *out);

#endif
