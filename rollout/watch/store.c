#include "rollout/watch/store.h"

#include "kube/cache.h"
#include "kube/cache_block.h"
#include "kube/cache_table.h"
#include "rollout/watch/pod_facts.h"
#include "rollout/watch/snapshot.h"
#include "rollout/watch/workload_facts.h"

#include <stdio.h>

/* --- what is kept ----------------------------------------------------------------------------- */

static const void *extract_facts(const struct cache_object *object, struct arena *arena)
{
    enum store_list list = (enum store_list)object->resource;
    const void *before = object->before.p;

    if (store_list_workload(list))
        return workload_facts_extract(store_list_workload(list), object->value, before, object->now,
                                      arena);
    if (store_list_revision(list))
        return workload_facts_extract_revision(store_list_revision(list), object->value, before,
                                               arena);
    return pod_facts_extract(object->value, before, object->now, arena);
}

/* Facts for which there is no memory are not known: the object may never fit, so that it does not
 * have everything listed again. */
static int extract(const struct cache_object *object, struct arena *arena, struct view *block)
{
    const struct object_facts *facts;

    if (object->resource == STORE_PODS && !pod_facts_is_judged(object->value))
        return 0;
    facts = extract_facts(object, arena);
    if (facts)
        *block = (struct view){(const char *)facts, facts->size};
    return 1;
}

/* --- how it belongs together ------------------------------------------------------------------ */

static struct view owner_of_block(unsigned resource, struct view block)
{
    const struct object_facts *facts = (const void *)block.p;

    if (resource == STORE_PODS)
        return object_facts_text(facts, ((const struct pod_facts *)facts)->owner);
    if (store_list_revision((enum store_list)resource))
        return object_facts_text(facts, ((const struct revision_facts *)facts)->owner);
    return (struct view){NULL, 0};
}

static struct view name_of(struct view kind, struct view namespace_, struct view name,
                           char room[CACHE_TABLE_NAME])
{
    int n = snprintf(room, CACHE_TABLE_NAME, "%.*s/%.*s/%.*s", VIEW_ARGS(kind),
                     VIEW_ARGS(namespace_), VIEW_ARGS(name));

    return (struct view){room, n < CACHE_TABLE_NAME ? (size_t)n : CACHE_TABLE_NAME - 1};
}

/* Of workloads: "Deployment/shop/api". */
static struct view name_of_block(unsigned resource, struct view block, char room[CACHE_TABLE_NAME])
{
    const struct guarded_kind *kind = store_list_workload((enum store_list)resource);
    const struct object_facts *facts = (const void *)block.p;

    if (!kind)
        return (struct view){NULL, 0};
    return name_of(view_of(kind->kind), object_facts_text(facts, facts->namespace_),
                   object_facts_text(facts, facts->name), room);
}

/* A foreign ReplicaSet is kept to know its pods by, and they are not. */
static bool keeps_owned(unsigned resource, struct view block)
{
    return !store_list_revision((enum store_list)resource) ||
           !((const struct revision_facts *)(const void *)block.p)->foreign;
}

static bool is_workload(unsigned resource)
{
    return store_list_workload((enum store_list)resource);
}

struct cache *store_create(size_t limit)
{
    static const struct cache_relations relations = {owner_of_block, name_of_block, keeps_owned,
                                                     is_workload};
    const struct cache_options options = {.limit = limit,
                                          .max_age = INT64_MAX,
                                          .relations = &relations,
                                          .resources = STORE_LISTS,
                                          .extract = extract};

    return cache_create(&options);
}

/* --- readers ---------------------------------------------------------------------------------- */

/* The workload of that uid, or NULL; under the lock. */
static const struct cache_entry *workload(struct cache *s, struct view uid)
{
    const struct cache_entry *e = cache_entry(s, uid);

    return e && is_workload(e->resource) ? e : NULL;
}

int store_snapshot(struct cache *s, struct view uid, struct arena *arena, struct snapshot *out)
{
    const struct cache_entry *e;
    int result;

    cache_lock(s);
    e = workload(s, uid);
    result = e ? snapshot_of(e, arena, out) : 1;
    cache_unlock(s);
    return result;
}

bool store_has(struct cache *s, struct view kind, struct view namespace_, struct view name)
{
    char room[CACHE_TABLE_NAME];
    bool has;

    cache_lock(s);
    has = cache_entry_named(s, name_of(kind, namespace_, name, room)) != NULL;
    cache_unlock(s);
    return has;
}

int64_t store_revision_of(struct cache *s, struct view uid, struct view hash)
{
    const struct cache_entry *e;
    int64_t newest;

    cache_lock(s);
    e = workload(s, uid);
    newest = e ? snapshot_revision_of(e, hash) : 0;
    cache_unlock(s);
    return newest;
}
