#ifndef TG_KUBE_CACHE_H
#define TG_KUBE_CACHE_H

#include "base/view.h"
#include "kube/watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct kube;
struct yyjson_val;

/* The newest state of the objects of one resource, by their names: what client-go calls a store. A
 * watch (client-go's reflector) fills it, many threads read it. Of each object it keeps a block of
 * bytes without pointers. It knows when it does not know: before the first list was whole, and when
 * it is stale. Instants are those of clock_monotonic_ns. All functions may be called by any thread;
 * what the watch tells comes from one at a time. */
struct cache;

struct cache_options {
    const char *name; /* of the one object that it follows; NULL: all */
    size_t limit;     /* bytes that it keeps at most */
    int64_t max_age;  /* nanoseconds after the last word until it is stale; INT64_MAX: never */
    /* What is kept of an object: a block, made in the arena or part of the object. Returns 1; 0
     * when the object is not to be kept; -1 when memory runs out. */
    int (*extract)(struct yyjson_val *object, struct arena *arena, struct view *block);
    /* An object came, changed or went, or a list was whole; on the watch's thread, with no lock.
     * NULL: nobody is told. */
    void (*changed)(void *ctx);
    void *ctx;
};

/* An empty one. NULL when memory runs out. */
struct cache *cache_create(const struct cache_options *options);

/* Ends its watch, and frees it. NULL is allowed. */
void cache_free(struct cache *c);

/* Starts a watch that fills it, once; the options' name, handler and ctx do not count. What they
 * point to outlives the cache. Returns -1 when memory or threads are out. */
int cache_follow(struct cache *c, const struct kube *kube, const struct watch_options *options);

/* As watch_is_following, of its watch. */
bool cache_is_following(struct cache *c, struct buf *why);

/* An `extract` that keeps the whole object, as base/json/json_block.h has it. */
int cache_extract_object(struct yyjson_val *object, struct arena *arena, struct view *block);

enum cache_answer {
    CACHE_FOUND,
    CACHE_NONE,    /* there is no object of that name */
    CACHE_UNKNOWN, /* it has not synced or is stale, the object was too large to be read, there was
                      no room for it, or there is no memory for the copy */
};

/* The block of that name at the instant now, copied into the arena and aligned for any type. Waits
 * for nothing but another thread's look at the table. */
enum cache_answer cache_find(struct cache *c, struct view name, int64_t now, struct arena *arena,
                             struct view *block);

/* Hands each name and block over, valid during the call; the block is not aligned. What comes or
 * goes meanwhile is told of once, twice or not at all. Returns -1 when some could not be told of:
 * memory runs out, or there was no room for them, or they are not known. */
int cache_each(struct cache *c, void (*take)(void *ctx, struct view name, struct view block),
               void *ctx);

/* True once a list was whole. */
bool cache_has_synced(struct cache *c);

/* Nanoseconds since the last word, or -1 when it has not synced. */
int64_t cache_age(struct cache *c, int64_t now);

/* Rises whenever a block comes, changes or goes. */
uint64_t cache_changes(struct cache *c);

/* How many objects and bytes it keeps. */
size_t cache_count(struct cache *c);
size_t cache_held(struct cache *c);

/* The handler of a watch that is not its own, on our own clock; ctx is the cache. */
struct watch_handler cache_handler(void);

/* What the handler does: a list begins; this is the block of that name (absent: it is not known);
 * the object is too large, so that its block is not known; there is none; the list was whole, and
 * what was not named since it began is gone; what is here is up to date now. cache_upsert returns
 * 0; or -1 when memory runs out, and then nothing is known of what is not here. */
void cache_list_begin(struct cache *c);
int cache_upsert(struct cache *c, struct view name, struct view block);
void cache_skip(struct cache *c, struct yyjson_val *object);
void cache_remove(struct cache *c, struct view name);
void cache_list_end(struct cache *c, int64_t now);
void cache_heartbeat(struct cache *c, int64_t now);

#endif
