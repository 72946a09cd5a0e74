#include "kube/namespace_cache.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <yyjson.h>

/* One namespace. Never changed but for its place: new labels are a new entry, and who reads an old
 * one holds a reference. */
struct entry {
    struct entry *next; /* in its bucket */
    atomic_uint references;
    unsigned generation; /* of the list or watch that told of it last */
    unsigned hash, name_size, labels_size;
    char text[]; /* the name, then the labels as JSON */
};

struct namespace_cache {
    size_t limit;
    unsigned generation; /* the writer's */
    pthread_mutex_t lock;
    /* guarded by lock, and changed by the writer alone: */
    struct entry **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t count, held;
    bool filled;
    int64_t contact;
};

struct namespace_cache *namespace_cache_create(size_t limit)
{
    struct namespace_cache *c = mem_alloc(sizeof(*c));

    if (!c)
        return NULL;
    *c = (struct namespace_cache){.limit = limit};
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

/* --- entries ---------------------------------------------------------------------------------- */

static size_t size_of(const struct entry *e)
{
    return sizeof(*e) + e->name_size + e->labels_size;
}

static struct view name_of(const struct entry *e)
{
    return (struct view){e->text, e->name_size};
}

static void release(struct entry *e)
{
    if (e && atomic_fetch_sub(&e->references, 1) == 1)
        mem_free(e);
}

/* FNV-1a. */
static unsigned hash_of(struct view name)
{
    unsigned hash = 2166136261u;

    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)name.p[i]) * 16777619u;
    return hash;
}

static struct entry *create(struct view name, struct view labels, unsigned generation)
{
    struct entry *e = mem_alloc(sizeof(*e) + name.n + labels.n);

    if (!e)
        return NULL;
    *e = (struct entry){.generation = generation,
                        .hash = hash_of(name),
                        .name_size = (unsigned)name.n,
                        .labels_size = (unsigned)labels.n};
    atomic_init(&e->references, 1);
    memcpy(e->text, name.p, name.n);
    memcpy(e->text + name.n, labels.p, labels.n);
    return e;
}

/* --- the table, under the lock ---------------------------------------------------------------- */

/* Where the link to the entry of that name is, or would be; NULL while there are no buckets. */
static struct entry **find(const struct namespace_cache *c, struct view name, unsigned hash)
{
    struct entry **at;

    if (c->bucket_count == 0)
        return NULL;
    at = &c->buckets[hash & (c->bucket_count - 1)];
    while (*at && ((*at)->hash != hash || !view_eq(name_of(*at), name)))
        at = &(*at)->next;
    return at;
}

static struct entry *unlink_at(struct namespace_cache *c, struct entry **at)
{
    struct entry *e = *at;

    *at = e->next;
    c->count--;
    c->held -= size_of(e);
    return e;
}

/* Moves the entries over into buckets that are empty; returns those of before. */
static struct entry **rehash(struct namespace_cache *c, struct entry **buckets, size_t count)
{
    struct entry **before = c->buckets;

    for (size_t i = 0; i < c->bucket_count; i++) {
        while (before[i]) {
            struct entry *e = before[i];

            before[i] = e->next;
            e->next = buckets[e->hash & (count - 1)];
            buckets[e->hash & (count - 1)] = e;
        }
    }
    c->held += (count - c->bucket_count) * sizeof(*buckets);
    c->buckets = buckets;
    c->bucket_count = count;
    return before;
}

/* --- the writer ------------------------------------------------------------------------------- */

/* Room for one more entry of that size; the writer alone changes what is looked at here. */
static bool has_room(struct namespace_cache *c, size_t size)
{
    size_t count = c->bucket_count ? 2 * c->bucket_count : 64;
    struct entry **buckets;

    if (c->held + size > c->limit)
        return false;
    if (c->count < c->bucket_count)
        return true;
    buckets = c->held + size + count * sizeof(*buckets) > c->limit
                  ? NULL
                  : mem_alloc(count * sizeof(*buckets));
    if (!buckets)
        return c->bucket_count > 0; /* longer chains will do */
    memset(buckets, 0, count * sizeof(*buckets));
    pthread_mutex_lock(&c->lock);
    buckets = rehash(c, buckets, count);
    pthread_mutex_unlock(&c->lock);
    mem_free(buckets);
    return true;
}

/* Puts e (or nothing, when it is NULL) where the entry of that name is. */
static void replace(struct namespace_cache *c, struct view name, struct entry *e)
{
    struct entry **at, *old = NULL;

    pthread_mutex_lock(&c->lock);
    at = find(c, name, hash_of(name));
    if (at && *at)
        old = unlink_at(c, at);
    if (e) {
        e->next = *at;
        *at = e;
        c->count++;
        c->held += size_of(e);
    }
    pthread_mutex_unlock(&c->lock);
    release(old);
}

static struct view labels_text(yyjson_val *labels, struct arena *arena)
{
    yyjson_alc memory = json_memory(arena);
    size_t n = 0;
    char *text;

    if (!yyjson_is_obj(labels))
        return VIEW("{}");
    text = yyjson_val_write_opts(labels, 0, &memory, &n, NULL);
    return (struct view){text, n};
}

void namespace_cache_put(struct namespace_cache *c, yyjson_val *object)
{
    yyjson_val *metadata = yyjson_obj_get(object, "metadata");
    struct view name = json_text(metadata, "name"), labels;
    struct entry *e = NULL;
    struct arena arena;

    if (name.n == 0)
        return;
    arena_init(&arena, LIMIT_KUBE_EVENT);
    labels = labels_text(yyjson_obj_get(metadata, "labels"), &arena);
    if (labels.p && has_room(c, sizeof(*e) + name.n + labels.n))
        e = create(name, labels, c->generation);
    arena_release(&arena);
    replace(c, name, e);
}

void namespace_cache_drop(struct namespace_cache *c, yyjson_val *object)
{
    replace(c, json_text(yyjson_obj_get(object, "metadata"), "name"), NULL);
}

void namespace_cache_begin(struct namespace_cache *c)
{
    c->generation++;
}

/* Drops what the list did not tell of. One bucket at a time, so that no reader waits for all. */
static void sweep(struct namespace_cache *c)
{
    for (size_t i = 0; i < c->bucket_count; i++) {
        struct entry *gone = NULL, *e;

        pthread_mutex_lock(&c->lock);
        for (struct entry **at = &c->buckets[i]; *at;) {
            if ((*at)->generation == c->generation) {
                at = &(*at)->next;
                continue;
            }
            e = unlink_at(c, at);
            e->next = gone;
            gone = e;
        }
        pthread_mutex_unlock(&c->lock);
        while ((e = gone)) {
            gone = e->next;
            release(e);
        }
    }
}

void namespace_cache_end(struct namespace_cache *c, int64_t now)
{
    sweep(c);
    pthread_mutex_lock(&c->lock);
    c->filled = true;
    c->contact = now;
    pthread_mutex_unlock(&c->lock);
}

void namespace_cache_alive(struct namespace_cache *c, int64_t now)
{
    pthread_mutex_lock(&c->lock);
    c->contact = now;
    pthread_mutex_unlock(&c->lock);
}

void namespace_cache_free(struct namespace_cache *c)
{
    if (!c)
        return;
    namespace_cache_begin(c);
    sweep(c);
    mem_free(c->buckets);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

/* --- readers ---------------------------------------------------------------------------------- */

static struct entry *acquire(struct namespace_cache *c, struct view name, int64_t now)
{
    unsigned hash = hash_of(name);
    struct entry *e = NULL;

    pthread_mutex_lock(&c->lock);
    if (c->filled && now - c->contact <= LIMIT_NAMESPACES_AGE * INT64_C(1000000000)) {
        struct entry **at = find(c, name, hash);

        e = at ? *at : NULL;
        if (e)
            atomic_fetch_add(&e->references, 1);
    }
    pthread_mutex_unlock(&c->lock);
    return e;
}

bool namespace_cache_labels(struct namespace_cache *c, struct view name, int64_t now,
                            struct arena *arena, yyjson_val **labels)
{
    struct entry *e = acquire(c, name, now);
    yyjson_alc memory = json_memory(arena);
    yyjson_doc *doc;

    if (!e)
        return false;
    doc = yyjson_read_opts(e->text + e->name_size, e->labels_size, 0, &memory, NULL);
    release(e);
    *labels = yyjson_doc_get_root(doc);
    return doc != NULL;
}

int64_t namespace_cache_age(struct namespace_cache *c, int64_t now)
{
    int64_t age;

    pthread_mutex_lock(&c->lock);
    age = c->filled ? now - c->contact : -1;
    pthread_mutex_unlock(&c->lock);
    return age;
}

size_t namespace_cache_count(struct namespace_cache *c)
{
    size_t count;

    pthread_mutex_lock(&c->lock);
    count = c->count;
    pthread_mutex_unlock(&c->lock);
    return count;
}

size_t namespace_cache_held(struct namespace_cache *c)
{
    size_t held;

    pthread_mutex_lock(&c->lock);
    held = c->held;
    pthread_mutex_unlock(&c->lock);
    return held;
}
