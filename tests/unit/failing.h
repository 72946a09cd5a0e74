#ifndef TG_TESTS_UNIT_FAILING_H
#define TG_TESTS_UNIT_FAILING_H

#include "base/sanitizers.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* Fails allocations of the whole program: whoever includes this, in one file of a test program,
 * takes the place of malloc for every library that it is linked with, libc among them. */

/* Libraries allocate before a sanitizer is ready for what it would add here. */
#define FAILING_PLAIN __attribute__((no_sanitize("thread")))

enum failing_threads {
    FAILING_NONE,
    FAILING_MARKED, /* those that said so with failing_mark */
    FAILING_OTHERS, /* all but those */
};

static atomic_int failing_threads;
static atomic_size_t failing_made, failing_from, failing_until;
static _Thread_local bool failing_marked;

static inline void failing_mark(void)
{
    failing_marked = true;
}

/* From now on the n-th allocation of these threads fails, and with `rest` all that follow it. */
static inline void failing_begin(enum failing_threads threads, size_t n, bool rest)
{
    atomic_store(&failing_made, 0);
    atomic_store(&failing_from, n);
    atomic_store(&failing_until, rest ? (size_t)-1 : n);
    atomic_store(&failing_threads, (int)threads);
}

/* Ends that. Returns how many allocations there were. */
static inline size_t failing_end(void)
{
    atomic_store(&failing_threads, FAILING_NONE);
    return atomic_load(&failing_made);
}

FAILING_PLAIN static inline bool failing_now(void)
{
    int threads = atomic_load(&failing_threads);
    size_t n;

    if (threads == FAILING_NONE || failing_marked != (threads == FAILING_MARKED))
        return false;
    n = atomic_fetch_add(&failing_made, 1) + 1;
    return n >= atomic_load(&failing_from) && n <= atomic_load(&failing_until);
}

FAILING_PLAIN static inline void *failing_null(void)
{
    errno = ENOMEM;
    return NULL;
}

#if SANITIZED_ADDRESS || SANITIZED_THREAD
#define FAILING_REAL(name) __interceptor_##name
#else
#define FAILING_REAL(name) __libc_##name
#endif

void *FAILING_REAL(malloc)(size_t n);
void *FAILING_REAL(calloc)(size_t count, size_t n);
void *FAILING_REAL(realloc)(void *p, size_t n);
void *FAILING_REAL(memalign)(size_t alignment, size_t n);

FAILING_PLAIN void *malloc(size_t n)
{
    return failing_now() ? failing_null() : FAILING_REAL(malloc)(n);
}

FAILING_PLAIN void *calloc(size_t count, size_t n)
{
    return failing_now() ? failing_null() : FAILING_REAL(calloc)(count, n);
}

FAILING_PLAIN void *realloc(void *p, size_t n)
{
    return failing_now() ? failing_null() : FAILING_REAL(realloc)(p, n);
}

#if !SANITIZED_THREAD /* it has no memalign */
void *aligned_alloc(size_t alignment, size_t n)
{
    return failing_now() ? failing_null() : FAILING_REAL(memalign)(alignment, n);
}

int posix_memalign(void **p, size_t alignment, size_t n)
{
    void *made = failing_now() ? NULL : FAILING_REAL(memalign)(alignment, n);

    if (made)
        *p = made;
    return made ? 0 : ENOMEM;
}
#endif

#endif
