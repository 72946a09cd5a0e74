#ifndef TG_KUBE_CACHE_H
#define TG_KUBE_CACHE_H

#include "base/view.h"
#include "kube/watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct cache_entry;
struct cache_relations;
struct kube;
struct yyjson_val;

/* The newest state of the objects of one resource, by their names: what client-go calls a store. A
 * watch (client-go's reflector) fills it, many threads read it. Of each object it keeps a block of
 * bytes without pointers. It knows when it does not know: before the first list was whole, and when
 * it is stale.
 *
 * With relations (kube/cache_table.h) it keeps the objects of several resources below one limit, by
 * their uids, and finds them by owner and by name too; those that changed are queued. Each resource
 * has a watch of its own, and is given by its number, from 0 on.
 *
 * Instants are those of clock_monotonic_ns. All functions may be called by any thread; what a watch
 * tells of one resource comes from one at a time. */
struct cache;

/* An object that a watch told of. */
struct cache_object {
    unsigned resource;
    struct yyjson_val *value;
    struct view before; /* the block that is kept of it, aligned for int64_t; absent: none is */
    int64_t now;        /* Unix seconds */
};

struct cache_options {
    const char *name; /* of the one object that it follows; NULL: all */
    size_t limit;     /* bytes that it keeps at most */
    int64_t max_age;  /* nanoseconds after the last word until it is stale; INT64_MAX: never */
    const struct cache_relations *relations; /* NULL: it has one resource, and no relations */
    unsigned resources;                      /* how many; with relations alone */
    /* What is kept of an object: a block, made in the arena or part of the object. Returns 1 (an
     * absent block: what it is is not known); 0 when the object is not to be kept; -1 when memory
     * runs out. Called without a lock. */
    int (*extract)(const struct cache_object *object, struct arena *arena, struct view *block);
    /* An object came, changed or went, or a list was whole; on the watch's thread, with no lock.
     * NULL: nobody is told. */
    void (*changed)(void *ctx);
    void *ctx;
};

/* An empty one. NULL when memory runs out. */
struct cache *cache_create(const struct cache_options *options);

/* Ends its watches, and frees it. NULL is allowed. */
void cache_free(struct cache *c);

/* Starts the watches that fill it, as the options, one a resource, say; their name, handler and ctx
 * do not count. What they point to outlives the cache. Returns -1 when memory or threads are out:
 * those that run stay, and the next call starts the others. */
int cache_follow(struct cache *c, const struct kube *kube, const struct watch_options *options);

/* As watch_is_following, of the watch of that resource. */
bool cache_is_following(struct cache *c, unsigned resource, struct buf *why);

/* An `extract` that keeps the whole object, as base/json/json_block.h has it. */
int cache_extract_object(const struct cache_object *object, struct arena *arena,
                         struct view *block);

/* --- what is known --- */

enum cache_answer {
    CACHE_FOUND,
    CACHE_NONE,    /* there is no object of that key */
    CACHE_UNKNOWN, /* it has not synced or is stale, the object was too large to be read, there was
                      no room for it, or there is no memory for the copy */
};

/* The block of that name (with relations: uid) at the instant now, copied into the arena and
 * aligned for any type. Waits for nothing but another thread's look at the table. */
enum cache_answer cache_find(struct cache *c, struct view key, int64_t now, struct arena *arena,
                             struct view *block);

/* Hands each key and block over, valid during the call. What comes or goes meanwhile is told of
 * once, twice or not at all. Returns -1 when some could not be told of: memory runs out, or there
 * was no room for them, or they are not known. */
int cache_each(struct cache *c, void (*take)(void *ctx, struct view key, struct view block),
               void *ctx);

/* True once each resource had a whole list. */
bool cache_has_synced(struct cache *c);

/* Nanoseconds since the last word, of the resource where that is longest; or -1 when it has not
 * synced. */
int64_t cache_age(struct cache *c, int64_t now);

/* Rises whenever a block comes, changes or goes. */
uint64_t cache_changes(struct cache *c);

/* How many objects, all or of one resource, and how many bytes it keeps; and how often what an
 * object is could not be kept, for lack of room or memory, since the cache was made. */
size_t cache_count(struct cache *c);
size_t cache_count_of(struct cache *c, unsigned resource);
size_t cache_held(struct cache *c);
size_t cache_refused(struct cache *c);

/* --- relations --- */

/* Hold everything else up, for a walk over what an entry owns. */
void cache_lock(struct cache *c);
void cache_unlock(struct cache *c);

/* Under the lock: the object of that uid, or one of that name, of which the block is known; NULL:
 * there is none. */
const struct cache_entry *cache_entry(const struct cache *c, struct view uid);
const struct cache_entry *cache_entry_named(const struct cache *c, struct view name);

/* Takes the first object out of the queue: its uid, copied into the arena. It may be gone. False
 * when the queue is empty. Changes of one object while it is queued are one. */
bool cache_dequeue(struct cache *c, struct arena *arena, struct view *uid);

/* Queues every object that is queued when it changes; empties the queue. */
void cache_enqueue_all(struct cache *c);
void cache_forget_changes(struct cache *c);

/* Waits until something is queued, cache_wake is called, or until that instant. */
void cache_wait(struct cache *c, int64_t until);
void cache_wake(struct cache *c);

/* --- what the watches tell --- */

/* The handler of a watch that is not the cache's own, on our own clock, and its ctx, which is the
 * cache's. */
struct watch_handler cache_handler(void);
void *cache_handler_ctx(struct cache *c, unsigned resource);

/* What the handler does: a list begins; this is the object now, at that Unix second; it is too
 * large, so that its block is not known; it is gone; the list was whole, and what was not named
 * since it began is gone; what is here is up to date now. cache_put returns 0; or -1 when memory
 * runs out, and then nothing is known of what is not here. */
void cache_list_begin(struct cache *c, unsigned resource);
int cache_put(struct cache *c, unsigned resource, struct yyjson_val *object, int64_t now);
void cache_skip(struct cache *c, unsigned resource, struct yyjson_val *object);
void cache_drop(struct cache *c, unsigned resource, struct yyjson_val *object);
void cache_list_end(struct cache *c, unsigned resource, int64_t now);
void cache_heartbeat(struct cache *c, unsigned resource, int64_t now);

/* The same by key: this is the block (absent: it is not known); there is none. */
int cache_upsert(struct cache *c, unsigned resource, struct view key, struct view block);
void cache_remove(struct cache *c, unsigned resource, struct view key);

#endif
