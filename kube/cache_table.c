#include "kube/cache_table.h"

#include "base/arena.h"
#include "base/mem.h"
#include "kube/cache_block.h"

#include <string.h>

/* An entry by its name. */
struct name {
    struct hash_table_link link;
    struct cache_entry *entry;
    char text[];
};

void cache_table_init(struct cache_table *t, const struct cache_relations *relations, size_t limit)
{
    *t = (struct cache_table){.relations = relations, .limit = limit};
}

void cache_table_release(struct cache_table *t)
{
    struct hash_table_link *link;

    for (size_t i = 0; i < t->entries.bucket_count; i++) {
        while ((link = t->entries.buckets[i])) {
            t->entries.buckets[i] = link->next;
            cache_block_release(((struct cache_entry *)link)->block);
            mem_free(link);
        }
    }
    for (size_t i = 0; i < t->names.bucket_count; i++) {
        while ((link = t->names.buckets[i])) {
            t->names.buckets[i] = link->next;
            mem_free(link);
        }
    }
    hash_table_release(&t->entries);
    hash_table_release(&t->names);
}

size_t cache_table_held(const struct cache_table *t)
{
    return t->held + hash_table_held(&t->entries) + hash_table_held(&t->names);
}

/* Memory below the limit, for something that is to be found in h. */
static void *allocate(struct cache_table *t, struct hash_table *h, size_t size)
{
    size_t held = cache_table_held(t) + size;
    void *p;

    if (held > t->limit || hash_table_reserve(h, t->limit - held) < 0)
        return NULL;
    p = mem_alloc(size);
    if (p)
        t->held += size;
    return p;
}

/* --- names ------------------------------------------------------------------------------------ */

static struct view name_of(const struct cache_table *t, const struct cache_entry *e,
                           char room[CACHE_TABLE_NAME])
{
    if (!e->block)
        return (struct view){NULL, 0};
    return t->relations->name(e->resource, cache_block_view(e->block), room);
}

static int add_name(struct cache_table *t, struct cache_entry *e)
{
    char room[CACHE_TABLE_NAME];
    struct view text = name_of(t, e, room);
    struct name *name;

    if (text.n == 0)
        return 0;
    if (!(name = allocate(t, &t->names, sizeof(*name) + text.n)))
        return -1;
    *name = (struct name){.entry = e};
    memcpy(name->text, text.p, text.n);
    hash_table_add(&t->names, &name->link, (struct view){name->text, text.n});
    return 0;
}

/* For a moment there may be two of one name: a new list tells of the next one before it ends. */
static void remove_name(struct cache_table *t, struct cache_entry *e)
{
    char room[CACHE_TABLE_NAME];
    struct view text = name_of(t, e, room);
    struct hash_table_link *link = text.n > 0 ? hash_table_find(&t->names, text) : NULL;

    while (link && ((struct name *)link)->entry != e)
        link = link->next;
    if (!link)
        return;
    hash_table_remove(&t->names, link);
    t->held -= sizeof(struct name) + link->key_size;
    mem_free(link);
}

struct cache_entry *cache_table_find_named(const struct cache_table *t, struct view name)
{
    struct hash_table_link *link = hash_table_find(&t->names, name);

    return link ? ((struct name *)link)->entry : NULL;
}

/* --- entries ---------------------------------------------------------------------------------- */

struct cache_entry *cache_table_find(const struct cache_table *t, struct view key)
{
    return (struct cache_entry *)hash_table_find(&t->entries, key);
}

/* The bytes of an entry before its key. */
static size_t head_size(const struct cache_table *t)
{
    return sizeof(struct cache_entry) + (t->relations ? sizeof(struct cache_links) : 0);
}

static struct cache_entry *find_or_create(struct cache_table *t, struct view key)
{
    struct cache_entry *e = cache_table_find(t, key);
    size_t head = head_size(t);

    if (e || !(e = allocate(t, &t->entries, head + key.n)))
        return e;
    memset(e, 0, head);
    memcpy((char *)e + head, key.p, key.n);
    hash_table_add(&t->entries, &e->link, (struct view){(char *)e + head, key.n});
    return e;
}

/* Frees an entry that nothing needs. */
static void collect(struct cache_table *t, struct cache_entry *e)
{
    if (e->there || e->queued || (t->relations && e->links->owned))
        return;
    hash_table_remove(&t->entries, &e->link);
    t->held -= head_size(t) + e->link.key_size;
    mem_free(e);
}

static size_t size_of(const struct cache_block *b)
{
    return b ? sizeof(*b) + b->size : 0;
}

/* --- owners ----------------------------------------------------------------------------------- */

static void detach(struct cache_table *t, struct cache_entry *e)
{
    struct cache_links *links = e->links;
    struct cache_entry *owner = links->owner;

    if (!owner)
        return;
    if (links->prev)
        links->prev->links->next = links->next;
    else
        owner->links->owned = links->next;
    if (links->next)
        links->next->links->prev = links->prev;
    links->owner = links->next = links->prev = NULL;
    if (owner != e)
        collect(t, owner);
}

/* Returns -1 when there is no room for the owner's entry. */
static int attach(struct cache_table *t, struct cache_entry *e)
{
    struct view key = (struct view){NULL, 0};
    struct cache_entry *owner;

    if (e->block)
        key = t->relations->owner(e->resource, cache_block_view(e->block));
    if (key.n == 0)
        return 0;
    if (!(owner = find_or_create(t, key)))
        return -1;
    e->links->owner = owner;
    e->links->next = owner->links->owned;
    if (e->links->next)
        e->links->next->links->prev = e;
    owner->links->owned = e;
    return 0;
}

/* --- objects ---------------------------------------------------------------------------------- */

void cache_table_drop(struct cache_table *t, struct cache_entry *e)
{
    if (t->relations) {
        remove_name(t, e);
        detach(t, e);
    }
    t->held -= size_of(e->block);
    cache_block_release(e->block);
    e->block = NULL;
    e->there = false;
    collect(t, e);
}

struct cache_entry *cache_table_add(struct cache_table *t, unsigned resource, struct view key,
                                    struct cache_block *block)
{
    struct cache_entry *e = find_or_create(t, key);

    if (e && cache_table_held(t) + size_of(block) <= t->limit) {
        e->block = block;
        e->resource = (uint8_t)resource;
        e->there = true;
        t->held += size_of(block);
        if (!t->relations || (add_name(t, e) == 0 && attach(t, e) == 0))
            return e;
        cache_table_drop(t, e);
        return NULL;
    }
    if (e)
        collect(t, e);
    cache_block_release(block);
    return NULL;
}

/* --- the queue -------------------------------------------------------------------------------- */

/* Itself, its owner or the owner of that; NULL while that is not known. */
static struct cache_entry *queued_for(const struct cache_table *t, struct cache_entry *e)
{
    for (unsigned steps = 0; e && steps < 3; steps++, e = e->links->owner)
        if (e->block && t->relations->is_queued(e->resource))
            return e;
    return NULL;
}

bool cache_table_touch(struct cache_table *t, struct cache_entry *e)
{
    struct cache_entry *changed = t->relations ? queued_for(t, e) : NULL;

    if (!changed || changed->queued)
        return false;
    changed->queued = true;
    changed->links->queue_next = NULL;
    if (t->last)
        t->last->links->queue_next = changed;
    else
        t->first = changed;
    t->last = changed;
    return true;
}

bool cache_table_dequeue(struct cache_table *t, struct arena *arena, struct view *key)
{
    struct cache_entry *e = t->first;

    if (!e)
        return false;
    if (arena) {
        *key = arena_copy(arena, (struct view){e->link.key, e->link.key_size});
        if (!key->p)
            return false;
    }
    t->first = e->links->queue_next;
    if (!t->first)
        t->last = NULL;
    e->queued = false;
    collect(t, e);
    return true;
}
