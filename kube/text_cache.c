#include "kube/text_cache.h"

#include "base/arena.h"
#include "base/hash_table.h"
#include "base/json/json.h"
#include "base/mem.h"
#include "base/sys/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

/* One text. Never changed but for its place: a new text is a new entry, and who reads an old one
 * holds a reference. */
struct entry {
    struct hash_table_link link; /* by name */
    atomic_uint references;
    unsigned generation; /* of the list or watch that told of it last */
    size_t name_size, text_size;
    bool known;   /* else there is no text */
    char bytes[]; /* the name, then the text */
};

struct text_cache {
    size_t limit;
    int64_t max_age;
    pthread_mutex_t lock;
    /* guarded by lock, and changed by the writer alone: */
    struct hash_table entries;
    size_t held; /* without the table's buckets */
    uint64_t changes;
    unsigned generation;
    bool filled;
    bool lost;  /* since the list began there was no room for something */
    bool lacks; /* something is missing here */
    int64_t contact;
};

struct text_cache *text_cache_create(size_t limit, int64_t age)
{
    struct text_cache *c = mem_alloc(sizeof(*c));

    if (!c)
        return NULL;
    *c = (struct text_cache){.limit = limit, .max_age = age};
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

/* --- entries ---------------------------------------------------------------------------------- */

static size_t size_of(const struct entry *e)
{
    return sizeof(*e) + e->name_size + e->text_size;
}

static struct view name_of(const struct entry *e)
{
    return (struct view){e->bytes, e->name_size};
}

static struct view text_of(const struct entry *e)
{
    return (struct view){e->bytes + e->name_size, e->text_size};
}

static void release(struct entry *e)
{
    if (e && atomic_fetch_sub(&e->references, 1) == 1)
        mem_free(e);
}

static struct entry *create(struct view name, struct view text)
{
    struct entry *e = mem_alloc(sizeof(*e) + name.n + text.n);

    if (!e)
        return NULL;
    *e = (struct entry){.name_size = name.n, .text_size = text.n, .known = text.p != NULL};
    atomic_init(&e->references, 1);
    memcpy(e->bytes, name.p, name.n);
    if (text.n > 0)
        memcpy(e->bytes + name.n, text.p, text.n);
    return e;
}

/* --- the writer ------------------------------------------------------------------------------- */

static struct entry *take_out(struct text_cache *c, struct entry *e)
{
    hash_table_remove(&c->entries, &e->link);
    c->held -= size_of(e);
    c->changes++;
    return e;
}

/* Puts e in; under the lock. Returns -1 when there is no room for it. */
static int put_in(struct text_cache *c, struct entry *e)
{
    size_t held = hash_table_held(&c->entries) + c->held + size_of(e);

    if (held > c->limit || hash_table_reserve(&c->entries, c->limit - held) < 0)
        return -1;
    e->generation = c->generation;
    c->held += size_of(e);
    c->changes++;
    hash_table_add(&c->entries, &e->link, name_of(e));
    return 0;
}

/* Puts e (NULL: there was no memory for it) in place of old, which is the caller's then. */
static void replace(struct text_cache *c, struct entry *old, struct entry *e)
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
    return a->known == b->known && view_eq(text_of(a), text_of(b));
}

int text_cache_put(struct text_cache *c, struct view name, struct view text)
{
    struct entry *e = create(name, text), *old;
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

void text_cache_skip(void *cache, yyjson_val *object)
{
    struct text_cache *c = cache;
    struct view name = json_text(yyjson_obj_get(object, "metadata"), "name");

    if (name.n > 0) {
        text_cache_put(c, name, (struct view){NULL, 0});
        return;
    }
    pthread_mutex_lock(&c->lock);
    c->lost = c->lacks = true;
    pthread_mutex_unlock(&c->lock);
}

void text_cache_drop(struct text_cache *c, struct view name)
{
    struct entry *old;

    pthread_mutex_lock(&c->lock);
    old = (struct entry *)hash_table_find(&c->entries, name);
    if (old)
        take_out(c, old);
    pthread_mutex_unlock(&c->lock);
    release(old);
}

void text_cache_begin(struct text_cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->generation++;
    c->lost = false;
    pthread_mutex_unlock(&c->lock);
}

/* Drops what the list did not tell of. One bucket at a time, so that no reader waits for all. */
static void sweep(struct text_cache *c)
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

void text_cache_end(struct text_cache *c, int64_t now)
{
    sweep(c);
    pthread_mutex_lock(&c->lock);
    c->filled = true;
    c->lacks = c->lost;
    c->contact = now;
    pthread_mutex_unlock(&c->lock);
}

void text_cache_alive(struct text_cache *c, int64_t now)
{
    pthread_mutex_lock(&c->lock);
    c->contact = now;
    pthread_mutex_unlock(&c->lock);
}

void text_cache_free(struct text_cache *c)
{
    if (!c)
        return;
    text_cache_begin(c);
    sweep(c);
    hash_table_release(&c->entries);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

/* --- a watch ---------------------------------------------------------------------------------- */

static void begin(void *cache)
{
    text_cache_begin(cache);
}

static void end(void *cache)
{
    text_cache_end(cache, clock_monotonic_ns());
}

static void alive(void *cache)
{
    text_cache_alive(cache, clock_monotonic_ns());
}

struct watch_handler text_cache_handler(int (*put)(void *cache, struct yyjson_val *object),
                                        void (*drop)(void *cache, struct yyjson_val *object))
{
    return (struct watch_handler){begin, put, text_cache_skip, drop, end, alive};
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

enum text_answer text_cache_find(struct text_cache *c, struct view name, int64_t now,
                                 struct arena *arena, struct view *text)
{
    struct entry *e = NULL;
    bool knows;

    pthread_mutex_lock(&c->lock);
    knows = c->filled && now - c->contact <= c->max_age;
    if (knows)
        e = held(hash_table_find(&c->entries, name));
    knows = knows && (e || !c->lacks);
    pthread_mutex_unlock(&c->lock);
    if (!e)
        return knows ? TEXT_NONE : TEXT_UNKNOWN;
    *text = e->known ? arena_copy(arena, text_of(e)) : (struct view){NULL, 0};
    release(e);
    return text->p ? TEXT_FOUND : TEXT_UNKNOWN;
}

/* References to all entries of one bucket, in the arena; the bucket has `*count`. NULL when memory
 * is out or there is no such bucket. */
static struct entry **bucket(struct text_cache *c, size_t at, struct arena *arena, size_t *count)
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

int text_cache_each(struct text_cache *c,
                    void (*take)(void *ctx, struct view name, struct view text), void *ctx)
{
    struct arena arena;
    struct entry **entries;
    size_t at = 0, count, buckets;
    bool all = true;
    int result;

    arena_init(&arena, c->limit);
    while ((entries = bucket(c, at, &arena, &count))) {
        for (size_t i = 0; i < count; i++) {
            all = all && entries[i]->known;
            if (entries[i]->known)
                take(ctx, name_of(entries[i]), text_of(entries[i]));
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

int64_t text_cache_age(struct text_cache *c, int64_t now)
{
    int64_t age;

    pthread_mutex_lock(&c->lock);
    age = c->filled ? now - c->contact : -1;
    pthread_mutex_unlock(&c->lock);
    return age;
}

uint64_t text_cache_changes(struct text_cache *c)
{
    uint64_t changes;

    pthread_mutex_lock(&c->lock);
    changes = c->changes;
    pthread_mutex_unlock(&c->lock);
    return changes;
}

size_t text_cache_count(struct text_cache *c)
{
    size_t count;

    pthread_mutex_lock(&c->lock);
    count = c->entries.count;
    pthread_mutex_unlock(&c->lock);
    return count;
}

size_t text_cache_held(struct text_cache *c)
{
    size_t size;

    pthread_mutex_lock(&c->lock);
    size = c->held + hash_table_held(&c->entries);
    pthread_mutex_unlock(&c->lock);
    return size;
}
