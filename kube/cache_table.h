#ifndef TG_KUBE_CACHE_TABLE_H
#define TG_KUBE_CACHE_TABLE_H

#include "base/hash_table.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct cache_block;

/* The entries of a cache, found by their keys; with relations also by owner and by name, and with
 * a queue of those that changed. Not thread-safe: the cache has the lock. */

enum { CACHE_TABLE_NAME = 512 };

/* How the objects of several resources belong together. All functions are pure. */
struct cache_relations {
    /* The key of the owner that a block names; empty: it has none. */
    struct view (*owner)(unsigned resource, struct view block);
    /* A text by which it is found beside its key, in room; empty: it is not found so. Several may
     * have the same. */
    struct view (*name)(unsigned resource, struct view block, char room[CACHE_TABLE_NAME]);
    /* Whether what it owns is kept. */
    bool (*keeps_owned)(unsigned resource, struct view block);
    /* Whether it is queued when it changes, or something that it owns, or that this owns. */
    bool (*is_queued)(unsigned resource);
};

/* The watches of two resources know nothing of each other: an owner may be named before it came. */
struct cache_links {
    struct cache_entry *owner, *next, *prev; /* next, prev: of the same owner */
    struct cache_entry *owned;               /* the first that it owns */
    struct cache_entry *queue_next;
};

struct cache_entry {
    struct hash_table_link link; /* by key */
    struct cache_block *block;   /* NULL: it is not there, or its block is not known */
    unsigned generation;         /* of the list or watch that told of it last */
    uint8_t resource;
    bool there; /* else it was only named as an owner, or it is gone and still queued */
    bool queued;
    struct cache_links links[]; /* one when there are relations, else none */
};

struct cache_table {
    const struct cache_relations *relations; /* or NULL */
    size_t limit, held;                      /* bytes; held: without the tables' buckets */
    struct hash_table entries, names;
    struct cache_entry *first, *last; /* the queue */
};

void cache_table_init(struct cache_table *t, const struct cache_relations *relations, size_t limit);
void cache_table_release(struct cache_table *t);

/* The bytes that it holds. */
size_t cache_table_held(const struct cache_table *t);

/* The entry of that key, or NULL; it need not be there. */
struct cache_entry *cache_table_find(const struct cache_table *t, struct view key);

/* One of that name, or NULL. */
struct cache_entry *cache_table_find_named(const struct cache_table *t, struct view name);

/* Adds an object that is not there, with its block (NULL: not known), whose reference becomes the
 * table's whatever comes. Returns NULL when there is no room for it. */
struct cache_entry *cache_table_add(struct cache_table *t, unsigned resource, struct view key,
                                    struct cache_block *block);

/* Drops an object that is there. Its entry is freed once nothing names it and it is not queued. */
void cache_table_drop(struct cache_table *t, struct cache_entry *e);

/* Queues what is queued for a change of this one; true when it was not queued before. */
bool cache_table_touch(struct cache_table *t, struct cache_entry *e);

/* Takes the first one out of the queue: its key, copied into the arena (NULL: nobody asks). False
 * when the queue is empty, or when memory runs out and it stays. */
bool cache_table_dequeue(struct cache_table *t, struct arena *arena, struct view *key);

#endif
