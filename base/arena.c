#include "base/arena.h"

#include "base/mem.h"
#include "base/sanitizers.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if SANITIZED_ADDRESS
#include <sanitizer/asan_interface.h>
enum { GAP = 16 }; /* poisoned bytes between two allocations */
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
enum { GAP = 0 };
#endif

enum { ALIGN = 16, CHUNK = 32 * 1024 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* of data */
    _Alignas(ALIGN) char data[];
};

void arena_init(struct arena *a, size_t limit)
{
    *a = (struct arena){.limit = limit};
}

static size_t padded(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* Each new chunk is as large as all before it, so that a large review costs few of them. */
static size_t chunk_size(const struct arena *a, size_t need)
{
    size_t size = a->held > CHUNK ? a->held : CHUNK;

    if (size < need)
        size = need;
    if (size > a->limit - a->held)
        size = a->limit - a->held;
    return size;
}

static int add_chunk(struct arena *a, size_t need)
{
    struct arena_chunk *chunk;
    size_t size;

    if (need > a->limit - a->held)
        return -1;
    size = chunk_size(a, need);
    chunk = mem_alloc(sizeof(*chunk) + size);
    if (!chunk)
        return -1;
    chunk->older = a->chunks;
    chunk->size = size;
    ASAN_POISON_MEMORY_REGION(chunk->data, size);
    a->chunks = chunk;
    a->next = chunk->data;
    a->left = size;
    a->held += size;
    return 0;
}

static void *take(struct arena *a, size_t n)
{
    size_t need;
    char *p;

    if (n > SIZE_MAX / 2 || mem_fails())
        return NULL;
    need = padded(n > 0 ? n : 1) + GAP; /* NULL is for failure alone */
    if (need > a->left && add_chunk(a, need) < 0)
        return NULL;
    p = a->next;
    a->next += need;
    a->left -= need;
    ASAN_UNPOISON_MEMORY_REGION(p, n);
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    void *p = take(a, n);

    return p ? memset(p, 0, n) : NULL;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t n;

    if (__builtin_mul_overflow(count, size, &n))
        return NULL;
    return arena_alloc(a, n);
}

/* True when p, old bytes long, is the newest allocation and n bytes fit in its place. */
static bool fits_in_place(const struct arena *a, const char *p, size_t old, size_t n)
{
    return p && p + padded(old) + GAP == a->next && n <= SIZE_MAX / 2 &&
           padded(n) <= padded(old) + a->left;
}

void *arena_grow(struct arena *a, void *p, size_t old, size_t n)
{
    void *moved;

    if (fits_in_place(a, p, old, n)) {
        a->left = a->left + padded(old) - padded(n);
        a->next = (char *)p + padded(n) + GAP;
        ASAN_POISON_MEMORY_REGION(p, padded(old > n ? old : n));
        ASAN_UNPOISON_MEMORY_REGION(p, n);
        return p;
    }
    moved = take(a, n);
    if (moved && p)
        memcpy(moved, p, old < n ? old : n);
    return moved;
}

char *arena_str(struct arena *a, struct view v)
{
    char *copy = take(a, v.n + 1);

    if (!copy)
        return NULL;
    if (v.n > 0)
        memcpy(copy, v.p, v.n);
    copy[v.n] = '\0';
    return copy;
}

struct view arena_copy(struct arena *a, struct view v)
{
    char *copy = arena_str(a, v);

    return (struct view){copy, copy ? v.n : 0};
}

struct view arena_vprintf(struct arena *a, const char *format, va_list args)
{
    va_list again;
    char *text;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    text = n < 0 ? NULL : take(a, (size_t)n + 1);
    if (!text)
        return (struct view){NULL, 0};
    vsnprintf(text, (size_t)n + 1, format, args);
    return (struct view){text, (size_t)n};
}

struct view arena_printf(struct arena *a, const char *format, ...)
{
    struct view v;
    va_list args;

    va_start(args, format);
    v = arena_vprintf(a, format, args);
    va_end(args);
    return v;
}

static void free_chunks(struct arena_chunk *chunk)
{
    while (chunk) {
        struct arena_chunk *older = chunk->older;

        ASAN_UNPOISON_MEMORY_REGION(chunk->data, chunk->size);
        mem_free(chunk);
        chunk = older;
    }
}

void arena_release(struct arena *a)
{
    free_chunks(a->chunks);
    arena_init(a, a->limit);
}
