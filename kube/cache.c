#include "kube/cache.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash_table.h"
#include "base/json/json.h"
#include "base/json/json_block.h"
#include "base/mem.h"
#include "kube/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

/* A parsed value and its texts take less than so many times the text it was parsed from. */
enum { PARSED = 32 };

/* One object's block. Never changed but for its place: a new block is a new entry, and who reads an
 * old one holds a reference. */
struct entry {
    struct hash_table_link link; /* by name */
    atomic_uint references;
    unsigned generation; /* of the list or watch that told of it last */
    size_t name_size, block_size;
    bool known;   /* else there is no block */
    char bytes[]; /* the name, then the block */
};

struct cache {
    struct cache_options options;
    struct watch *watch; /* its own, or NULL */
    pthread_mutex_t lock;
    /* guarded by lock, and changed by the writer alone: */
    struct hash_table entries;
    size_t held; /* without the table's buckets */
    uint64_t changes;
    unsigned generation;
    bool synced;
    bool lost;  /* since the list began there was no room for something */
    bool lacks; /* something is missing here */
    int64_t contact;
};

struct cache *cache_create(const struct cache_options *options)
{
    struct cache *c = mem_alloc(sizeof(*c));

    if (!c)
        return NULL;
    *c = (struct cache){.options = *options};
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

/* --- entries ---------------------------------------------------------------------------------- */

static size_t size_of(const struct entry *e)
{
    return sizeof(*e) + e->name_size + e->block_size;
}

static struct view name_of(const struct entry *e)
{
    return (struct view){e->bytes, e->name_size};
}

static struct view block_of(const struct entry *e)
{
    return (struct view){e->bytes + e->name_size, e->block_size};
}

static void release(struct entry *e)
{
    if (e && atomic_fetch_sub(&e->references, 1) == 1)
        mem_free(e);
}

static struct entry *create(struct view name, struct view block)
{
    struct entry *e = mem_alloc(sizeof(*e) + name.n + block.n);

    if (!e)
        return NULL;
    *e = (struct entry){.name_size = name.n, .block_size = block.n, .known = block.p != NULL};
    atomic_init(&e->references, 1);
    memcpy(e->bytes, name.p, name.n);
    if (block.n > 0)
        memcpy(e->bytes + name.n, block.p, block.n);
    return e;
}

/* --- the writer ------------------------------------------------------------------------------- */

static struct entry *take_out(struct cache *c, struct entry *e)
{
    hash_table_remove(&c->entries, &e->link);
    c->held -= size_of(e);
    c->changes++;
    return e;
}

/* Puts e in; under the lock. Returns -1 when there is no room for it. */
static int put_in(struct cache *c, struct entry *e)
{
    size_t held = hash_table_held(&c->entries) + c->held + size_of(e);

    if (held > c->options.limit || hash_table_reserve(&c->entries, c->options.limit - held) < 0)
        return -1;
    e->generation = c->generation;
    c->held += size_of(e);
    c->changes++;
    hash_table_add(&c->entries, &e->link, name_of(e));
    return 0;
}

/* Puts e (NULL: there was no memory for it) in place of old, which is the caller's then. */
static void replace(struct cache *c, struct entry *old, struct entry *e)
{
    if (old)
        take_out(c, old);
    if (e && put_in(c, e) == 0)
        return;
    c->lost = c->lacks = true;
    release(e);
}

static bool is_same(const struct entry *a, const struct entry *b)
{
    return a->known == b->known && view_eq(block_of(a), block_of(b));
}

int cache_upsert(struct cache *c, struct view name, struct view block)
{
    struct entry *e = create(name, block), *old;
    int status = e ? 0 : -1;

    pthread_mutex_lock(&c->lock);
    old = (struct entry *)hash_table_find(&c->entries, name);
    if (e && old && is_same(old, e)) {
        old->generation = c->generation;
        old = e; /* it is not needed */
    } else {
        replace(c, old, e);
    }
    pthread_mutex_unlock(&c->lock);
    release(old);
    return status;
}

static struct view name_in(yyjson_val *object)
{
    return json_text(yyjson_obj_get(object, "metadata"), "name");
}

void cache_skip(struct cache *c, yyjson_val *object)
{
    struct view name = name_in(object);

    if (name.n == 0)
        name = view_of(c->options.name);
    if (name.n > 0) {
        cache_upsert(c, name, (struct view){NULL, 0});
        return;
    }
    pthread_mutex_lock(&c->lock);
    c->lost = c->lacks = true;
    pthread_mutex_unlock(&c->lock);
}

void cache_remove(struct cache *c, struct view name)
{
    struct entry *old;

    pthread_mutex_lock(&c->lock);
    old = (struct entry *)hash_table_find(&c->entries, name);
    if (old)
        take_out(c, old);
    pthread_mutex_unlock(&c->lock);
    release(old);
}

void cache_list_begin(struct cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->generation++;
    c->lost = false;
    pthread_mutex_unlock(&c->lock);
}

/* Drops what the list did not tell of. One bucket at a time, so that no reader waits for all. */
static void sweep(struct cache *c)
{
    for (size_t i = 0; i < c->entries.bucket_count; i++) {
        struct hash_table_link *gone = NULL, *link, *next;

        pthread_mutex_lock(&c->lock);
        for (link = c->entries.buckets[i]; link; link = next) {
            next = link->next;
            if (((struct entry *)link)->generation == c->generation)
                continue;
            take_out(c, (struct entry *)link);
            link->next = gone;
            gone = link;
        }
        pthread_mutex_unlock(&c->lock);
        for (link = gone; link; link = next) {
            next = link->next;
            release((struct entry *)link);
        }
    }
}

void cache_list_end(struct cache *c, int64_t now)
{
    sweep(c);
    pthread_mutex_lock(&c->lock);
    c->synced = true;
    c->lacks = c->lost;
    c->contact = now;
    pthread_mutex_unlock(&c->lock);
}

void cache_heartbeat(struct cache *c, int64_t now)
{
    pthread_mutex_lock(&c->lock);
    c->contact = now;
    pthread_mutex_unlock(&c->lock);
}

void cache_free(struct cache *c)
{
    if (!c)
        return;
    watch_stop(c->watch);
    cache_list_begin(c);
    sweep(c);
    hash_table_release(&c->entries);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

/* --- the watch -------------------------------------------------------------------------------- */

static void tell(struct cache *c)
{
    if (c->options.changed)
        c->options.changed(c->options.ctx);
}

static void list_begin(void *cache)
{
    cache_list_begin(cache);
}

static int upsert(void *cache, yyjson_val *object)
{
    struct cache *c = cache;
    struct view name = name_in(object), block = {NULL, 0};
    struct arena arena;
    int status = 0, kept;

    if (name.n == 0)
        return 0;
    arena_init(&arena, PARSED * (size_t)LIMIT_KUBE_PAGE);
    kept = c->options.extract(object, &arena, &block);
    if (kept == 0)
        cache_remove(c, name);
    else
        status = cache_upsert(c, name, kept > 0 ? block : (struct view){NULL, 0});
    arena_release(&arena);
    tell(c);
    return kept < 0 ? -1 : status;
}

static void skip(void *cache, yyjson_val *object)
{
    cache_skip(cache, object);
    tell(cache);
}

static void drop(void *cache, yyjson_val *object)
{
    cache_remove(cache, name_in(object));
    tell(cache);
}

static void list_end(void *cache)
{
    cache_list_end(cache, clock_monotonic_ns());
    tell(cache);
}

static void heartbeat(void *cache)
{
    cache_heartbeat(cache, clock_monotonic_ns());
}

struct watch_handler cache_handler(void)
{
    return (struct watch_handler){list_begin, upsert, skip, drop, list_end, heartbeat};
}

int cache_follow(struct cache *c, const struct kube *kube, const struct watch_options *options)
{
    struct watch_options own = *options;

    own.handler = cache_handler();
    own.ctx = c;
    own.name = c->options.name;
    c->watch = watch_start(kube, &own);
    return c->watch ? 0 : -1;
}

bool cache_is_following(struct cache *c, struct buf *why)
{
    return watch_is_following(c->watch, why);
}

int cache_extract_object(yyjson_val *object, struct arena *arena, struct view *block)
{
    *block = json_block_write(object, arena);
    return block->p ? 1 : -1;
}

/* --- readers ---------------------------------------------------------------------------------- */

/* An entry of which one reference is the caller's. */
static struct entry *held(struct hash_table_link *link)
{
    struct entry *e = (struct entry *)link;

    if (e)
        atomic_fetch_add(&e->references, 1);
    return e;
}

enum cache_answer cache_find(struct cache *c, struct view name, int64_t now, struct arena *arena,
                             struct view *block)
{
    struct entry *e = NULL;
    bool knows;

    pthread_mutex_lock(&c->lock);
    knows = c->synced && now - c->contact <= c->options.max_age;
    if (knows)
        e = held(hash_table_find(&c->entries, name));
    knows = knows && (e || !c->lacks);
    pthread_mutex_unlock(&c->lock);
    if (!e)
        return knows ? CACHE_NONE : CACHE_UNKNOWN;
    *block = e->known ? arena_copy(arena, block_of(e)) : (struct view){NULL, 0};
    release(e);
    return block->p ? CACHE_FOUND : CACHE_UNKNOWN;
}

/* References to all entries of one bucket, in the arena; the bucket has `*count`. NULL when memory
 * is out or there is no such bucket. */
static struct entry **bucket(struct cache *c, size_t at, struct arena *arena, size_t *count)
{
    struct entry **entries = NULL;
    struct hash_table_link *link;
    size_t n = 0;

    pthread_mutex_lock(&c->lock);
    *count = 0;
    if (at < c->entries.bucket_count) {
        for (link = c->entries.buckets[at]; link; link = link->next)
            n++;
        entries = arena_array(arena, n + 1, sizeof(struct entry *));
        for (link = c->entries.buckets[at]; entries && link; link = link->next)
            entries[(*count)++] = held(link);
    }
    pthread_mutex_unlock(&c->lock);
    return entries;
}

int cache_each(struct cache *c, void (*take)(void *ctx, struct view name, struct view block),
               void *ctx)
{
    struct arena arena;
    struct entry **entries;
    size_t at = 0, count, buckets;
    bool all = true;
    int result;

    arena_init(&arena, c->options.limit);
    while ((entries = bucket(c, at, &arena, &count))) {
        for (size_t i = 0; i < count; i++) {
            all = all && entries[i]->known;
            if (entries[i]->known)
                take(ctx, name_of(entries[i]), block_of(entries[i]));
            release(entries[i]);
        }
        at++;
    }
    arena_release(&arena);
    pthread_mutex_lock(&c->lock);
    buckets = c->entries.bucket_count;
    result = at < buckets || c->lacks || !all ? -1 : 0;
    pthread_mutex_unlock(&c->lock);
    return result;
}

bool cache_has_synced(struct cache *c)
{
    bool synced;

    pthread_mutex_lock(&c->lock);
    synced = c->synced;
    pthread_mutex_unlock(&c->lock);
    return synced;
}

int64_t cache_age(struct cache *c, int64_t now)
{
    int64_t age;

    pthread_mutex_lock(&c->lock);
    age = c->synced ? now - c->contact : -1;
    pthread_mutex_unlock(&c->lock);
    return age;
}

uint64_t cache_changes(struct cache *c)
{
    uint64_t changes;

    pthread_mutex_lock(&c->lock);
    changes = c->changes;
    pthread_mutex_unlock(&c->lock);
    return changes;
}

size_t cache_count(struct cache *c)
{
    size_t count;

    pthread_mutex_lock(&c->lock);
    count = c->entries.count;
    pthread_mutex_unlock(&c->lock);
    return count;
}

size_t cache_held(struct cache *c)
{
    size_t size;

    pthread_mutex_lock(&c->lock);
    size = c->held + hash_table_held(&c->entries);
    pthread_mutex_unlock(&c->lock);
    return size;
}
