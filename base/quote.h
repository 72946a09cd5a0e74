#ifndef TG_BASE_QUOTE_H
#define TG_BASE_QUOTE_H

#include "base/view.h"

struct buf;

/* Appends the bytes as a JSON string, with its quotes (RFC 8259, section 7). Control characters are
 * escaped, so that the text stays one line; bytes that are no UTF-8 become U+FFFD. */
void quote_json(struct buf *out, struct view v);

#endif
