#include "kube/cache.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/json/json_block.h"
#include "base/mem.h"
#include "base/sys/worker.h"
#include "kube/cache_block.h"
#include "kube/cache_table.h"
#include "kube/limits.h"

#include <string.h>

/* A parsed value and its texts take less than so many times the text it was parsed from. */
enum { PARSED = 32 };

/* What is known of one resource. */
struct resource {
    struct cache *cache;
    struct watch *watch; /* the cache's own, or NULL */
    unsigned number;
    /* guarded by the cache's lock, and changed by the watch's thread alone: */
    unsigned generation;
    bool synced;
    bool lost;  /* since the list began there was no room for something */
    bool lacks; /* something is missing here */
    int64_t contact;
    size_t count; /* of blocks */
};

struct cache {
    struct cache_options options;
    struct worker worker; /* woken when something was queued; it has no thread */
    /* guarded by the worker's lock: */
    struct cache_table table;
    uint64_t changes;
    size_t refused;
    bool woken;
    unsigned resource_count;
    struct resource resources[];
};

struct cache *cache_create(const struct cache_options *options)
{
    unsigned count = options->relations ? options->resources : 1;
    struct cache *c = mem_alloc(sizeof(*c) + count * sizeof(c->resources[0]));

    if (!c)
        return NULL;
    *c = (struct cache){.options = *options, .resource_count = count};
    for (unsigned i = 0; i < count; i++)
        c->resources[i] = (struct resource){.cache = c, .number = i};
    cache_table_init(&c->table, options->relations, options->limit);
    worker_init(&c->worker);
    return c;
}

void cache_free(struct cache *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < c->resource_count; i++)
        watch_stop(c->resources[i].watch);
    cache_table_release(&c->table);
    worker_release(&c->worker);
    mem_free(c);
}

void cache_lock(struct cache *c)
{
    worker_lock(&c->worker);
}

void cache_unlock(struct cache *c)
{
    worker_unlock(&c->worker);
}

/* --- changes, under the lock ------------------------------------------------------------------ */

/* e has changed, and so has what it belongs to. */
static void touch(struct cache *c, struct cache_entry *e)
{
    if (cache_table_touch(&c->table, e))
        worker_wake(&c->worker);
}

static void drop(struct cache *c, struct cache_entry *e)
{
    touch(c, e);
    c->resources[e->resource].count -= e->block != NULL;
    c->changes++;
    cache_table_drop(&c->table, e);
}

static void lose(struct resource *r)
{
    r->lost = r->lacks = true;
    r->cache->refused++;
}

static bool keeps_owned(const struct cache *c, const struct cache_entry *e)
{
    return !e || !e->block ||
           c->options.relations->keeps_owned(e->resource, cache_block_view(e->block));
}

/* True when objects with the owner of this block are not kept. */
static bool is_barred(const struct cache *c, unsigned resource, const struct cache_block *block)
{
    struct view owner;

    if (!c->options.relations || !block)
        return false;
    owner = c->options.relations->owner(resource, cache_block_view(block));
    return !keeps_owned(c, cache_table_find(&c->table, owner));
}

/* Adds an object that is not there. */
static void add(struct resource *r, struct view key, struct cache_block *block)
{
    struct cache *c = r->cache;
    struct cache_entry *e = cache_table_add(&c->table, r->number, key, block);

    if (!e) {
        lose(r);
        return;
    }
    e->generation = r->generation;
    r->count += e->block != NULL;
    c->refused += !e->block;
    c->changes++;
    touch(c, e);
    if (!c->options.relations)
        return;
    while (e->links->owned && !keeps_owned(c, e))
        drop(c, e->links->owned);
}

static bool is_same(const struct cache_entry *e, const struct cache_block *block)
{
    return (e->block != NULL) == (block != NULL) &&
           view_eq(cache_block_view(e->block), cache_block_view(block));
}

/* Puts the block (NULL: it is not known); the cache takes over the reference. An API server gives
 * no two objects the same uid: if another resource has this key, its object stays. */
static void put(struct resource *r, struct view key, struct cache_block *block)
{
    struct cache *c = r->cache;
    struct cache_entry *e = cache_table_find(&c->table, key);
    bool there = e && e->there;

    if (there && e->resource == r->number && is_same(e, block)) {
        e->generation = r->generation;
        c->refused += !block;
        cache_block_release(block);
        return;
    }
    if (there && e->resource == r->number) {
        drop(c, e);
        there = false;
    }
    if (there || is_barred(c, r->number, block))
        cache_block_release(block);
    else
        add(r, key, block);
}

/* The object of that key that the watch of this resource reported, or NULL. */
static struct cache_entry *find(const struct resource *r, struct view key)
{
    struct cache_entry *e = cache_table_find(&r->cache->table, key);

    return e && e->there && e->resource == r->number ? e : NULL;
}

/* --- what the watches tell -------------------------------------------------------------------- */

static struct view key_of(const struct cache *c, yyjson_val *object)
{
    return json_text(yyjson_obj_get(object, "metadata"), c->options.relations ? "uid" : "name");
}

void cache_list_begin(struct cache *c, unsigned resource)
{
    cache_lock(c);
    c->resources[resource].generation++;
    c->resources[resource].lost = false;
    cache_unlock(c);
}

int cache_upsert(struct cache *c, unsigned resource, struct view key, struct view block)
{
    struct resource *r = &c->resources[resource];
    struct cache_block *made = block.p ? cache_block_create(block) : NULL;
    struct cache_entry *e;

    cache_lock(c);
    if (made || !block.p) {
        put(r, key, made);
    } else {
        if ((e = find(r, key)))
            drop(c, e);
        lose(r);
    }
    cache_unlock(c);
    return made || !block.p ? 0 : -1;
}

/* The block of an object as it is now; *before is what was kept of it. */
static int extract(struct cache *c, struct cache_object *object, struct view key,
                   struct arena *arena, struct view *block)
{
    struct cache_block *before;
    struct cache_entry *e;
    int kept;

    cache_lock(c);
    e = find(&c->resources[object->resource], key);
    before = cache_block_hold(e ? e->block : NULL);
    cache_unlock(c);
    object->before = cache_block_view(before);
    kept = c->options.extract(object, arena, block);
    cache_block_release(before);
    return kept;
}

int cache_put(struct cache *c, unsigned resource, yyjson_val *object, int64_t now)
{
    struct cache_object told = {.resource = resource, .value = object, .now = now};
    struct view key = key_of(c, object), block = {NULL, 0};
    struct arena arena;
    int status = 0, kept;

    if (key.n == 0)
        return 0;
    arena_init(&arena, PARSED * (size_t)LIMIT_KUBE_PAGE);
    kept = extract(c, &told, key, &arena, &block);
    if (kept == 0)
        cache_remove(c, resource, key);
    else
        status = cache_upsert(c, resource, key, kept > 0 ? block : (struct view){NULL, 0});
    arena_release(&arena);
    return kept < 0 ? -1 : status;
}

void cache_skip(struct cache *c, unsigned resource, yyjson_val *object)
{
    struct view key = key_of(c, object);

    if (key.n == 0)
        key = view_of(c->options.name);
    if (key.n > 0) {
        cache_upsert(c, resource, key, (struct view){NULL, 0});
        return;
    }
    cache_lock(c);
    lose(&c->resources[resource]);
    cache_unlock(c);
}

void cache_remove(struct cache *c, unsigned resource, struct view key)
{
    struct cache_entry *e;

    cache_lock(c);
    if ((e = find(&c->resources[resource], key)))
        drop(c, e);
    cache_unlock(c);
}

void cache_drop(struct cache *c, unsigned resource, yyjson_val *object)
{
    cache_remove(c, resource, key_of(c, object));
}

/* One of that bucket that the last list did not name, or NULL. */
static struct cache_entry *stale_in(const struct resource *r, size_t bucket)
{
    struct hash_table_link *link = r->cache->table.entries.buckets[bucket];

    for (; link; link = link->next) {
        struct cache_entry *e = (struct cache_entry *)link;

        if (e->there && e->resource == r->number && e->generation != r->generation)
            return e;
    }
    return NULL;
}

/* Drops what the list did not name, one bucket at a time, so that no reader waits for all. When the
 * watch of another resource makes the table grow meanwhile, entries move to later buckets only. */
static void sweep(struct resource *r)
{
    struct cache *c = r->cache;
    struct cache_entry *e;
    bool more = true;

    for (size_t i = 0; more; i++) {
        cache_lock(c);
        while (i < c->table.entries.bucket_count && (e = stale_in(r, i)))
            drop(c, e);
        more = i < c->table.entries.bucket_count;
        cache_unlock(c);
    }
}

void cache_list_end(struct cache *c, unsigned resource, int64_t now)
{
    struct resource *r = &c->resources[resource];

    sweep(r);
    cache_lock(c);
    r->synced = true;
    r->lacks = r->lost;
    r->contact = now;
    cache_unlock(c);
}

void cache_heartbeat(struct cache *c, unsigned resource, int64_t now)
{
    cache_lock(c);
    c->resources[resource].contact = now;
    cache_unlock(c);
}

/* --- the handler ------------------------------------------------------------------------------ */

static void report_change(struct cache *c)
{
    if (c->options.changed)
        c->options.changed(c->options.ctx);
}

static void handle_list_begin(void *ctx)
{
    struct resource *r = ctx;

    cache_list_begin(r->cache, r->number);
}

static int handle_upsert(void *ctx, yyjson_val *object)
{
    struct resource *r = ctx;
    int status;

    if (key_of(r->cache, object).n == 0)
        return 0;
    status = cache_put(r->cache, r->number, object, clock_wall());
    report_change(r->cache);
    return status;
}

static void handle_skip(void *ctx, yyjson_val *object)
{
    struct resource *r = ctx;

    cache_skip(r->cache, r->number, object);
    report_change(r->cache);
}

static void handle_remove(void *ctx, yyjson_val *object)
{
    struct resource *r = ctx;

    cache_drop(r->cache, r->number, object);
    report_change(r->cache);
}

static void handle_list_end(void *ctx)
{
    struct resource *r = ctx;

    cache_list_end(r->cache, r->number, clock_monotonic_ns());
    report_change(r->cache);
}

static void handle_heartbeat(void *ctx)
{
    struct resource *r = ctx;

    cache_heartbeat(r->cache, r->number, clock_monotonic_ns());
}

struct watch_handler cache_handler(void)
{
    return (struct watch_handler){handle_list_begin, handle_upsert,   handle_skip,
                                  handle_remove,     handle_list_end, handle_heartbeat};
}

void *cache_handler_ctx(struct cache *c, unsigned resource)
{
    return &c->resources[resource];
}

int cache_follow(struct cache *c, const struct kube *kube, const struct watch_options *options)
{
    int status = 0;

    for (unsigned i = 0; i < c->resource_count; i++) {
        struct watch_options own = options[i];

        if (c->resources[i].watch)
            continue;
        own.handler = cache_handler();
        own.ctx = cache_handler_ctx(c, i);
        own.name = c->options.name;
        c->resources[i].watch = watch_start(kube, &own);
        status = c->resources[i].watch ? status : -1;
    }
    return status;
}

bool cache_is_following(struct cache *c, unsigned resource, struct buf *why)
{
    return watch_is_following(c->resources[resource].watch, why);
}

int cache_extract_object(const struct cache_object *object, struct arena *arena, struct view *block)
{
    *block = json_block_write(object->value, arena);
    return block->p ? 1 : -1;
}

/* --- what is known ---------------------------------------------------------------------------- */

/* All under the lock. */
static bool has_synced(const struct cache *c)
{
    for (unsigned i = 0; i < c->resource_count; i++)
        if (!c->resources[i].synced)
            return false;
    return true;
}

/* The longest time since a word. */
static int64_t age(const struct cache *c, int64_t now)
{
    int64_t oldest = INT64_MAX;

    for (unsigned i = 0; i < c->resource_count; i++)
        oldest = c->resources[i].contact < oldest ? c->resources[i].contact : oldest;
    return now - oldest;
}

static bool lacks_something(const struct cache *c)
{
    for (unsigned i = 0; i < c->resource_count; i++)
        if (c->resources[i].lacks)
            return true;
    return false;
}

/* A reference to the block of that key. */
static enum cache_answer hold(struct cache *c, struct view key, int64_t now,
                              struct cache_block **block)
{
    struct cache_entry *e = cache_table_find(&c->table, key);

    if (!has_synced(c) || age(c, now) > c->options.max_age)
        return CACHE_UNKNOWN;
    if (!e || !e->there)
        return lacks_something(c) ? CACHE_UNKNOWN : CACHE_NONE;
    *block = cache_block_hold(e->block);
    return *block ? CACHE_FOUND : CACHE_UNKNOWN;
}

enum cache_answer cache_find(struct cache *c, struct view key, int64_t now, struct arena *arena,
                             struct view *block)
{
    struct cache_block *held = NULL;
    enum cache_answer answer;

    cache_lock(c);
    answer = hold(c, key, now, &held);
    cache_unlock(c);
    if (answer != CACHE_FOUND)
        return answer;
    *block = arena_copy(arena, cache_block_view(held));
    cache_block_release(held);
    return block->p ? CACHE_FOUND : CACHE_UNKNOWN;
}

/* An entry of one bucket: its key in the arena, and a reference to its block. */
struct content {
    struct view key;
    struct cache_block *block; /* NULL: it is not known, or there is no memory for the key */
};

/* NULL when memory runs out or there is no such bucket; under the lock. */
static struct content *content_of(const struct cache *c, size_t bucket, struct arena *arena,
                                  size_t *count)
{
    struct hash_table_link *link;
    struct content *content;
    size_t n = 0;

    *count = 0;
    if (bucket >= c->table.entries.bucket_count)
        return NULL;
    for (link = c->table.entries.buckets[bucket]; link; link = link->next)
        n++;
    content = arena_array(arena, n + 1, sizeof(*content));
    for (link = c->table.entries.buckets[bucket]; content && link; link = link->next) {
        struct cache_entry *e = (struct cache_entry *)link;
        struct content *one = &content[*count];

        if (!e->there)
            continue;
        one->key = arena_copy(arena, (struct view){link->key, link->key_size});
        one->block = one->key.p ? cache_block_hold(e->block) : NULL;
        ++*count;
    }
    return content;
}

int cache_each(struct cache *c, void (*take)(void *ctx, struct view key, struct view block),
               void *ctx)
{
    struct content *content;
    struct arena arena;
    bool all = true;
    size_t count;

    arena_init(&arena, c->options.limit);
    for (size_t at = 0;; at++) {
        cache_lock(c);
        content = content_of(c, at, &arena, &count);
        if (!content)
            all = all && at >= c->table.entries.bucket_count && !lacks_something(c);
        cache_unlock(c);
        if (!content)
            break;
        for (size_t i = 0; i < count; i++) {
            all = all && content[i].block;
            if (content[i].block)
                take(ctx, content[i].key, cache_block_view(content[i].block));
            cache_block_release(content[i].block);
        }
    }
    arena_release(&arena);
    return all ? 0 : -1;
}

bool cache_has_synced(struct cache *c)
{
    bool synced;

    cache_lock(c);
    synced = has_synced(c);
    cache_unlock(c);
    return synced;
}

int64_t cache_age(struct cache *c, int64_t now)
{
    int64_t result;

    cache_lock(c);
    result = has_synced(c) ? age(c, now) : -1;
    cache_unlock(c);
    return result;
}

uint64_t cache_changes(struct cache *c)
{
    uint64_t changes;

    cache_lock(c);
    changes = c->changes;
    cache_unlock(c);
    return changes;
}

size_t cache_count_of(struct cache *c, unsigned resource)
{
    size_t count;

    cache_lock(c);
    count = c->resources[resource].count;
    cache_unlock(c);
    return count;
}

size_t cache_count(struct cache *c)
{
    size_t count = 0;

    for (unsigned i = 0; i < c->resource_count; i++)
        count += cache_count_of(c, i);
    return count;
}

size_t cache_held(struct cache *c)
{
    size_t held;

    cache_lock(c);
    held = cache_table_held(&c->table);
    cache_unlock(c);
    return held;
}

size_t cache_refused(struct cache *c)
{
    size_t refused;

    cache_lock(c);
    refused = c->refused;
    cache_unlock(c);
    return refused;
}

/* --- relations -------------------------------------------------------------------------------- */

const struct cache_entry *cache_entry(const struct cache *c, struct view uid)
{
    const struct cache_entry *e = cache_table_find(&c->table, uid);

    return e && e->block ? e : NULL;
}

const struct cache_entry *cache_entry_named(const struct cache *c, struct view name)
{
    return cache_table_find_named(&c->table, name);
}

bool cache_dequeue(struct cache *c, struct arena *arena, struct view *uid)
{
    bool dequeued;

    cache_lock(c);
    dequeued = cache_table_dequeue(&c->table, arena, uid);
    cache_unlock(c);
    return dequeued;
}

void cache_enqueue_all(struct cache *c)
{
    cache_lock(c);
    for (size_t i = 0; i < c->table.entries.bucket_count; i++)
        for (struct hash_table_link *link = c->table.entries.buckets[i]; link; link = link->next) {
            struct cache_entry *e = (struct cache_entry *)link;

            if (e->block && c->options.relations->is_queued(e->resource))
                touch(c, e);
        }
    cache_unlock(c);
}

void cache_forget_changes(struct cache *c)
{
    cache_lock(c);
    while (cache_table_dequeue(&c->table, NULL, NULL))
        ;
    cache_unlock(c);
}

void cache_wait(struct cache *c, int64_t until)
{
    cache_lock(c);
    while (!c->table.first && !c->woken && worker_wait(&c->worker, until))
        ;
    c->woken = false;
    cache_unlock(c);
}

void cache_wake(struct cache *c)
{
    cache_lock(c);
    c->woken = true;
    worker_wake(&c->worker);
    cache_unlock(c);
}
