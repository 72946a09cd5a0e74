#include "kube/cache_block.h"

#include "base/mem.h"

#include <string.h>

struct cache_block *cache_block_create(struct view bytes)
{
    struct cache_block *b = mem_alloc(sizeof(*b) + bytes.n);

    if (!b)
        return NULL;
    atomic_init(&b->references, 1);
    b->size = (uint32_t)bytes.n;
    if (bytes.n > 0)
        memcpy(b->bytes, bytes.p, bytes.n);
    return b;
}

struct cache_block *cache_block_hold(struct cache_block *b)
{
    if (b)
        atomic_fetch_add(&b->references, 1);
    return b;
}

void cache_block_release(struct cache_block *b)
{
    if (b && atomic_fetch_sub(&b->references, 1) == 1)
        mem_free(b);
}

struct view cache_block_view(const struct cache_block *b)
{
    return b ? (struct view){b->bytes, b->size} : (struct view){NULL, 0};
}
