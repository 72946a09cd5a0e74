#include "base/mem.h"

#include <stdlib.h>

static _Thread_local size_t made;
static _Thread_local size_t fail_at;

bool mem_fails(void)
{
    made++;
    return made == fail_at;
}

void *mem_alloc(size_t n)
{
    return mem_fails() ? NULL : malloc(n);
}

void *mem_realloc(void *p, size_t n)
{
    return mem_fails() ? NULL : realloc(p, n);
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
