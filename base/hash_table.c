#include "base/hash_table.h"

#include "base/mem.h"
#include "base/siphash.h"

#include <string.h>

enum { FIRST_BUCKETS = 64 };

void hash_table_release(struct hash_table *t)
{
    mem_free(t->buckets);
    *t = (struct hash_table){0};
}

/* Names of objects are chosen by whoever makes them, and thousands in one bucket would be walked
 * for each event. */
static unsigned hash_of(struct view key)
{
    return (unsigned)siphash_secret(key);
}

static struct hash_table_link **bucket_of(const struct hash_table *t, unsigned hash)
{
    return &t->buckets[hash & (t->bucket_count - 1)];
}

/* Moves the links over into these buckets, which are empty. */
static void rehash(struct hash_table *t, struct hash_table_link **buckets, size_t count)
{
    struct hash_table before = *t;

    t->buckets = buckets;
    t->bucket_count = count;
    for (size_t i = 0; i < before.bucket_count; i++) {
        struct hash_table_link *link;

        while ((link = before.buckets[i])) {
            struct hash_table_link **at = bucket_of(t, link->hash);

            before.buckets[i] = link->next;
            link->next = *at;
            *at = link;
        }
    }
    mem_free(before.buckets);
}

int hash_table_reserve(struct hash_table *t, size_t spare)
{
    size_t count = t->bucket_count ? 2 * t->bucket_count : FIRST_BUCKETS;
    size_t size = count * sizeof(struct hash_table_link *);
    struct hash_table_link **buckets;

    if (t->count < t->bucket_count)
        return 0;
    buckets = size - hash_table_held(t) > spare ? NULL : mem_alloc(size);
    if (!buckets)
        return t->bucket_count > 0 ? 0 : -1;
    memset(buckets, 0, size);
    rehash(t, buckets, count);
    return 0;
}

size_t hash_table_held(const struct hash_table *t)
{
    return t->bucket_count * sizeof(struct hash_table_link *);
}

void hash_table_add(struct hash_table *t, struct hash_table_link *link, struct view key)
{
    struct hash_table_link **at;

    link->key = key.p;
    link->key_size = (unsigned)key.n;
    link->hash = hash_of(key);
    at = bucket_of(t, link->hash);
    link->next = *at;
    *at = link;
    t->count++;
}

void hash_table_remove(struct hash_table *t, struct hash_table_link *link)
{
    struct hash_table_link **at = bucket_of(t, link->hash);

    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    t->count--;
}

struct hash_table_link *hash_table_find(const struct hash_table *t, struct view key)
{
    unsigned hash = hash_of(key);
    struct hash_table_link *link = t->bucket_count ? *bucket_of(t, hash) : NULL;

    while (link && (link->hash != hash || !view_eq((struct view){link->key, link->key_size}, key)))
        link = link->next;
    return link;
}
