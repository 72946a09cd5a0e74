#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>

static _Thread_local size_t made;
static _Thread_local size_t fail_at;

static bool must_fail(void)
{
    made++;
    return made == fail_at;
}

void *mem_alloc(size_t n)
{
    return must_fail() ? NULL : malloc(n);
}

void *mem_realloc(void *p, size_t n)
{
    return must_fail() ? NULL : realloc(p, n);
}

void mem_free(void *p)
{
    free(p);
}

size_t mem_fail_nth(size_t n)
{
    size_t before = made;

    made = 0;
    fail_at = n;
    return before;
}
