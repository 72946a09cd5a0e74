#include "base/hash_table.h"

#include "base/mem.h"

#include <string.h>

enum { FIRST_BUCKETS = 64 };

void table_release(struct table *t)
{
    mem_free(t->buckets);
    *t = (struct table){0};
}

/* FNV-1a. */
static unsigned hash_of(struct view key)
{
    unsigned hash = 2166136261u;

    for (size_t i = 0; i < key.n; i++)
        hash = (hash ^ (unsigned char)key.p[i]) * 16777619u;
    return hash;
}

static struct table_link **bucket_of(const struct table *t, unsigned hash)
{
    return &t->buckets[hash & (t->bucket_count - 1)];
}

/* Moves the links over into these buckets, which are empty. */
static void rehash(struct table *t, struct table_link **buckets, size_t count)
{
    struct table before = *t;

    t->buckets = buckets;
    t->bucket_count = count;
    for (size_t i = 0; i < before.bucket_count; i++) {
        struct table_link *link;

        while ((link = before.buckets[i])) {
            struct table_link **at = bucket_of(t, link->hash);

            before.buckets[i] = link->next;
            link->next = *at;
            *at = link;
        }
    }
    mem_free(before.buckets);
}

int table_reserve(struct table *t, size_t spare)
{
    size_t count = t->bucket_count ? 2 * t->bucket_count : FIRST_BUCKETS;
    size_t size = count * sizeof(struct table_link *);
    struct table_link **buckets;

    if (t->count < t->bucket_count)
        return 0;
    buckets = size - table_held(t) > spare ? NULL : mem_alloc(size);
    if (!buckets)
        return t->bucket_count > 0 ? 0 : -1;
    memset(buckets, 0, size);
    rehash(t, buckets, count);
    return 0;
}

size_t table_held(const struct table *t)
{
    return t->bucket_count * sizeof(struct table_link *);
}

void table_add(struct table *t, struct table_link *link, struct view key)
{
    struct table_link **at;

    link->key = key.p;
    link->key_size = (unsigned)key.n;
    link->hash = hash_of(key);
    at = bucket_of(t, link->hash);
    link->next = *at;
    *at = link;
    t->count++;
}

void table_remove(struct table *t, struct table_link *link)
{
    struct table_link **at = bucket_of(t, link->hash);

    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    t->count--;
}

struct table_link *table_find(const struct table *t, struct view key)
{
    unsigned hash = hash_of(key);
    struct table_link *link = t->bucket_count ? *bucket_of(t, hash) : NULL;

    while (link && (link->hash != hash || !view_eq((struct view){link->key, link->key_size}, key)))
        link = link->next;
    return link;
}
