#ifndef TG_KUBE_CACHE_BLOCK_H
#define TG_KUBE_CACHE_BLOCK_H

#include "base/view.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

/* What a cache keeps of one object: bytes without pointers. A block never changes: a new state of
 * the object is a new block, and who reads an old one holds a reference to it. Any thread. */
struct cache_block {
    atomic_uint references;
    uint32_t size;
    alignas(int64_t) char bytes[];
};

/* A copy of less than 4 GiB, of which one reference is the caller's. NULL when memory runs out. */
struct cache_block *cache_block_create(struct view bytes);

/* One reference more, or one less; the last one frees it. NULL is allowed. */
struct cache_block *cache_block_hold(struct cache_block *b);
void cache_block_release(struct cache_block *b);

/* Its bytes, aligned for int64_t; absent for NULL. */
struct view cache_block_view(const struct cache_block *b);

#endif
