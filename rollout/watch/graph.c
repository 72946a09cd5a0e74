#include "rollout/watch/graph.h"

#include "base/mem.h"
#include "rollout/watch/object_facts.h"

#include <stdio.h>
#include <string.h>

/* A workload by "Deployment/shop/api". */
struct name {
    struct hash_table_link link;
    struct kept *workload;
    unsigned size;
    char key[];
};

enum { KEY = 512 }; /* a kind, a namespace and a name take less */

void graph_init(struct graph *g, size_t limit)
{
    *g = (struct graph){.limit = limit};
}

void graph_release(struct graph *g)
{
    struct hash_table_link *link;

    for (size_t i = 0; i < g->kept.bucket_count; i++) {
        while ((link = g->kept.buckets[i])) {
            struct kept *k = (struct kept *)link;

            g->kept.buckets[i] = link->next;
            mem_free(k->facts);
            mem_free(k);
        }
    }
    for (size_t i = 0; i < g->names.bucket_count; i++) {
        while ((link = g->names.buckets[i])) {
            g->names.buckets[i] = link->next;
            mem_free(link);
        }
    }
    hash_table_release(&g->kept);
    hash_table_release(&g->names);
}

size_t graph_held(const struct graph *g)
{
    return g->held + hash_table_held(&g->kept) + hash_table_held(&g->names);
}

/* Memory below the limit, for something that is to be found in the table. */
static void *allocate(struct graph *g, struct hash_table *t, size_t size)
{
    size_t held = graph_held(g) + size;
    void *p;

    if (held > g->limit || hash_table_reserve(t, g->limit - held) < 0)
        return NULL;
    p = mem_alloc(size);
    if (p)
        g->held += size;
    return p;
}

/* --- names of workloads ----------------------------------------------------------------------- */

static struct view key_of(struct view kind, struct view namespace_, struct view name, char out[KEY])
{
    int n = snprintf(out, KEY, "%.*s/%.*s/%.*s", VIEW_ARGS(kind), VIEW_ARGS(namespace_),
                     VIEW_ARGS(name));

    return (struct view){out, n < KEY ? (size_t)n : KEY - 1};
}

static struct view key_of_kept(const struct kept *k, char out[KEY])
{
    return key_of(view_of(store_list_workload(k->list)->kind),
                  object_facts_text(k->facts, k->facts->namespace_),
                  object_facts_text(k->facts, k->facts->name), out);
}

static int add_name(struct graph *g, struct kept *k)
{
    char text[KEY];
    struct view key = key_of_kept(k, text);
    struct name *name = allocate(g, &g->names, sizeof(*name) + key.n);

    if (!name)
        return -1;
    *name = (struct name){.workload = k, .size = (unsigned)key.n};
    memcpy(name->key, key.p, key.n);
    hash_table_add(&g->names, &name->link, (struct view){name->key, key.n});
    return 0;
}

/* For a moment there may be two of one name: a new list tells of the next one before it ends. */
static void remove_name(struct graph *g, struct kept *k)
{
    char text[KEY];
    struct hash_table_link *link = hash_table_find(&g->names, key_of_kept(k, text));

    while (link && ((struct name *)link)->workload != k)
        link = link->next;
    if (!link)
        return;
    hash_table_remove(&g->names, link);
    g->held -= sizeof(struct name) + ((struct name *)link)->size;
    mem_free(link);
}

struct kept *graph_find_named(const struct graph *g, struct view kind, struct view namespace_,
                              struct view name)
{
    char text[KEY];
    struct hash_table_link *link = hash_table_find(&g->names, key_of(kind, namespace_, name, text));

    return link ? ((struct name *)link)->workload : NULL;
}

/* --- what is kept ----------------------------------------------------------------------------- */

struct kept *graph_find(const struct graph *g, struct view uid)
{
    return (struct kept *)hash_table_find(&g->kept, uid);
}

static struct kept *find_or_create(struct graph *g, struct view uid)
{
    struct kept *k = graph_find(g, uid);

    if (k || !(k = allocate(g, &g->kept, sizeof(*k) + uid.n)))
        return k;
    *k = (struct kept){.uid_size = (unsigned)uid.n};
    memcpy(k->uid, uid.p, uid.n);
    hash_table_add(&g->kept, &k->link, (struct view){k->uid, uid.n});
    return k;
}

void graph_collect(struct graph *g, struct kept *k)
{
    if (k->facts || k->revisions || k->pods || k->queued)
        return;
    hash_table_remove(&g->kept, &k->link);
    g->held -= sizeof(*k) + k->uid_size;
    mem_free(k);
}

static struct kept **children(struct kept *owner, uint8_t list)
{
    return list == STORE_PODS ? &owner->pods : &owner->revisions;
}

static void detach(struct graph *g, struct kept *k)
{
    struct kept *owner = k->owner;

    if (!owner)
        return;
    if (k->prev)
        k->prev->next = k->next;
    else
        *children(owner, k->list) = k->next;
    if (k->next)
        k->next->prev = k->prev;
    k->owner = k->next = k->prev = NULL;
    if (owner != k)
        graph_collect(g, owner);
}

static void attach(struct kept *k, struct kept *owner)
{
    struct kept **first = children(owner, k->list);

    k->owner = owner;
    k->next = *first;
    if (k->next)
        k->next->prev = k;
    *first = k;
}

void graph_drop(struct graph *g, struct kept *k)
{
    if (store_list_workload(k->list))
        remove_name(g, k);
    g->counts[k->list]--;
    g->held -= k->facts->size;
    mem_free(k->facts);
    k->facts = NULL;
    detach(g, k);
    graph_collect(g, k);
}

/* Returns -1 when there is no room for the facts. */
static int replace_facts(struct graph *g, struct kept *k, enum store_list list,
                         struct object_facts *facts)
{
    size_t old = k->facts ? k->facts->size : 0;

    if (graph_held(g) - old + facts->size > g->limit)
        return -1;
    mem_free(k->facts);
    g->counts[list] += old == 0;
    g->held = g->held - old + facts->size;
    k->facts = facts;
    k->list = (uint8_t)list;
    return 0;
}

static int set_owner(struct graph *g, struct kept *k, struct view uid)
{
    struct kept *owner = uid.n > 0 ? find_or_create(g, uid) : NULL;

    if (uid.n > 0 && !owner)
        return -1;
    if (owner == k->owner)
        return 0;
    detach(g, k);
    if (owner)
        attach(k, owner);
    return 0;
}

struct kept *graph_put(struct graph *g, enum store_list list, struct view uid, struct view owner,
                       struct object_facts *facts)
{
    struct kept *k = find_or_create(g, uid);

    if (k && k->facts && store_list_workload(list))
        remove_name(g, k);
    if (!k || replace_facts(g, k, list, facts) < 0) {
        mem_free(facts);
    } else if ((!store_list_workload(list) || add_name(g, k) == 0) && set_owner(g, k, owner) == 0) {
        k->generation = g->generations[list];
        return k;
    }
    if (k && k->facts)
        graph_drop(g, k);
    else if (k)
        graph_collect(g, k);
    return NULL;
}

struct kept *graph_stale(const struct graph *g, enum store_list list, size_t bucket)
{
    struct hash_table_link *link = g->kept.buckets[bucket];

    for (; link; link = link->next) {
        struct kept *k = (struct kept *)link;

        if (k->facts && k->list == list && k->generation != g->generations[list])
            return k;
    }
    return NULL;
}

struct kept *graph_workload(struct kept *k)
{
    for (unsigned steps = 0; k && steps < 3; steps++, k = k->owner)
        if (k->facts && store_list_workload(k->list))
            return k;
    return NULL;
}
