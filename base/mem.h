#ifndef TG_BASE_MEM_H
#define TG_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* The one way to the heap, so that a test can fail each allocation in turn. All three behave as
 * malloc, realloc and free do and may be called from any thread. */
void *mem_alloc(size_t n);
void *mem_realloc(void *p, size_t n);
void mem_free(void *p);

/* Counts an allocation that is made of memory which is there already, as an arena's; true when it
 * is to fail. */
bool mem_fails(void);

/* Makes the n-th allocation of this thread from now on answer NULL, and each later one succeed;
 * 0 switches that off. Returns how many allocations were made since the last call. For tests. */
size_t mem_fail_nth(size_t n);

#endif
