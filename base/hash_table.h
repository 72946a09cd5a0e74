#ifndef TG_BASE_HASH_TABLE_H
#define TG_BASE_HASH_TABLE_H

#include "base/view.h"

#include <stddef.h>

/* Things found by a key of bytes. What is put in holds its link, which has to stay where it is as
 * long as it is in the table, and the bytes of its key:
 *
 *     struct user { struct hash_table_link link; ... };
 *
 * Several things may have one key. Not thread-safe. */
struct hash_table_link {
    struct hash_table_link *next; /* in its bucket */
    const char *key;
    unsigned key_size, hash;
};

/* A zeroed one is empty. To look at all, go through the buckets. */
struct hash_table {
    struct hash_table_link **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t count;
};

/* Gives the buckets back; what was put in is the caller's. */
void hash_table_release(struct hash_table *t);

/* Makes room for one more, in buckets that take at most spare bytes more than they do; where that
 * cannot be had, longer chains will do. Returns -1 only when there is no bucket at all. */
int hash_table_reserve(struct hash_table *t, size_t spare);

/* The bytes that the buckets take. */
size_t hash_table_held(const struct hash_table *t);

/* Puts a link in under a key of less than 4 GiB. Room was reserved for it. */
void hash_table_add(struct hash_table *t, struct hash_table_link *link, struct view key);

/* Takes one out that is in. */
void hash_table_remove(struct hash_table *t, struct hash_table_link *link);

/* One with that key, or NULL. */
struct hash_table_link *hash_table_find(const struct hash_table *t, struct view key);

#endif
