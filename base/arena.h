#ifndef TG_BASE_ARENA_H
#define TG_BASE_ARENA_H

#include "base/view.h"

#include <stdarg.h>
#include <stddef.h>

/* Memory that ends all at once: many small allocations, one release. Not thread-safe: one arena
 * belongs to one thread at a time. What lies between allocations is poisoned under
 * AddressSanitizer. */
struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *next;                 /* first free byte of the newest chunk */
    size_t left;                /* free bytes of the newest chunk */
    size_t held;                /* bytes of all chunks */
    size_t limit;               /* ceiling of held */
};

/* An empty arena that holds at most limit bytes. Allocates nothing yet. */
void arena_init(struct arena *a, size_t limit);

/* n zeroed bytes aligned for any type, or NULL at the ceiling or when memory runs out; what was
 * allocated before stays valid. They live until arena_release. */
void *arena_alloc(struct arena *a, size_t n);

/* The same, of count elements of size bytes; NULL also when the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* p (old bytes long, from this arena, or NULL) made n bytes long, moved when it is not the newest
 * allocation. The bytes beyond old are not zeroed. NULL at the ceiling; p then stays valid. */
void *arena_grow(struct arena *a, void *p, size_t old, size_t n);

/* Copies of bytes, NUL-terminated so that they can go to C strings; NULL (p == NULL) at the
 * ceiling. */
struct view arena_copy(struct arena *a, struct view v);
char *arena_str(struct arena *a, struct view v);

/* As printf; the view does not count the terminating NUL. p == NULL at the ceiling. */
struct view arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct view arena_vprintf(struct arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Ends every allocation and gives all memory back; the arena can be used again. */
void arena_release(struct arena *a);

#endif
