#ifndef TG_BASE_BUF_H
#define TG_BASE_BUF_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text that grows up to a ceiling. A failed append sets `failed`, drops what did not fit and makes
 * every later append a no-op, so that callers check once, at the end. Not thread-safe. */
struct buf {
    char *p; /* NUL-terminated once something was appended */
    size_t n;
    size_t room;
    size_t limit;
    bool failed;
};

/* An empty buffer of at most limit bytes. Allocates nothing yet. */
void buf_init(struct buf *b, size_t limit);

/* Gives the memory back; the buffer is then empty and can be used again. */
void buf_release(struct buf *b);

/* Empties the buffer, clears `failed` and keeps the memory. */
void buf_reset(struct buf *b);

void buf_add(struct buf *b, struct view v);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends a number in decimal, with zeros before it up to that many digits. */
void buf_add_uint(struct buf *b, uint64_t n, unsigned digits);

/* What was appended; owned by the buffer, valid until the next change of it. */
struct view buf_view(const struct buf *b);

#endif
