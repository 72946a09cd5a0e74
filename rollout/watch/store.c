#include "rollout/watch/store.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/mem.h"
#include "base/sys/worker.h"
#include "rollout/watch/graph.h"
#include "rollout/watch/pod_facts.h"
#include "rollout/watch/snapshot.h"
#include "rollout/watch/workload_facts.h"

#include <string.h>
#include <yyjson.h>

struct list {
    struct store *store;
    enum store_list list;
};

struct store {
    struct list lists[STORE_LISTS];
    struct worker worker; /* woken when something was queued; it has no thread */
    /* guarded by the worker's lock: */
    struct graph graph;
    struct kept *first, *last; /* the queue */
    bool whole[STORE_LISTS];
    bool woken;
    size_t refused;
};

struct store *store_create(size_t limit)
{
    struct store *s = mem_alloc(sizeof(*s));

    if (!s)
        return NULL;
    *s = (struct store){.woken = false};
    for (unsigned i = 0; i < STORE_LISTS; i++)
        s->lists[i] = (struct list){s, (enum store_list)i};
    graph_init(&s->graph, limit);
    worker_init(&s->worker);
    return s;
}

void store_free(struct store *s)
{
    if (!s)
        return;
    graph_release(&s->graph);
    worker_release(&s->worker);
    mem_free(s);
}

/* --- the queue, under the lock ---------------------------------------------------------------- */

static void enqueue(struct store *s, struct kept *workload)
{
    if (workload->queued)
        return;
    workload->queued = true;
    workload->queue_next = NULL;
    if (s->last)
        s->last->queue_next = workload;
    else
        s->first = workload;
    s->last = workload;
    worker_wake(&s->worker);
}

static struct kept *dequeue(struct store *s)
{
    struct kept *k = s->first;

    if (!k)
        return NULL;
    s->first = k->queue_next;
    if (!s->first)
        s->last = NULL;
    k->queued = false;
    return k;
}

/* Something of what k is, or belongs to, has changed. */
static void touch(struct store *s, struct kept *k)
{
    struct kept *workload = graph_workload(k);

    if (workload)
        enqueue(s, workload);
}

void store_forget_changes(struct store *s)
{
    worker_lock(&s->worker);
    while (s->first)
        graph_collect(&s->graph, dequeue(s));
    worker_unlock(&s->worker);
}

bool store_dequeue(struct store *s, struct arena *arena, struct view *uid)
{
    struct kept *k;

    *uid = (struct view){NULL, 0};
    worker_lock(&s->worker);
    if (s->first) {
        *uid = arena_copy(arena, (struct view){s->first->uid, s->first->uid_size});
        k = uid->p ? dequeue(s) : NULL;
        if (k)
            graph_collect(&s->graph, k);
    }
    worker_unlock(&s->worker);
    return uid->p;
}

void store_enqueue_all(struct store *s)
{
    worker_lock(&s->worker);
    for (size_t i = 0; i < s->graph.kept.bucket_count; i++)
        for (struct hash_table_link *link = s->graph.kept.buckets[i]; link; link = link->next) {
            struct kept *k = (struct kept *)link;

            if (graph_workload(k) == k)
                enqueue(s, k);
        }
    worker_unlock(&s->worker);
}

void store_wait(struct store *s, int64_t until)
{
    worker_lock(&s->worker);
    while (!s->first && !s->woken && worker_wait(&s->worker, until))
        ;
    s->woken = false;
    worker_unlock(&s->worker);
}

void store_wake(struct store *s)
{
    worker_lock(&s->worker);
    s->woken = true;
    worker_wake(&s->worker);
    worker_unlock(&s->worker);
}

/* --- what the watches tell -------------------------------------------------------------------- */

/* An object that was cut. */
struct cutting {
    struct object_facts *facts; /* NULL: it is not to be kept */
    struct view owner;          /* in the facts */
    bool failed;
};

static struct cutting cut_pod(yyjson_val *object, const struct object_facts *before, int64_t now)
{
    struct pod_facts *pod;
    struct cutting c = {
        .failed = pod_facts_extract(object, (const struct pod_facts *)before, now, &pod) < 0};

    if (pod) {
        c.facts = &pod->head;
        c.owner = object_facts_text(&pod->head, pod->owner);
    }
    return c;
}

static struct cutting cut_revision(enum store_list list, yyjson_val *object,
                                   const struct object_facts *before)
{
    struct revision_facts *revision = workload_facts_extract_revision(
        store_list_revision(list), object, (const struct revision_facts *)before);
    struct cutting c = {.failed = !revision};

    if (revision) {
        c.facts = &revision->head;
        c.owner = object_facts_text(&revision->head, revision->owner);
    }
    return c;
}

static struct cutting cut_workload(enum store_list list, yyjson_val *object,
                                   const struct object_facts *before, int64_t now)
{
    struct workload_facts *workload = workload_facts_extract(
        store_list_workload(list), object, (const struct workload_facts *)before, now);

    return (struct cutting){.facts = workload ? &workload->head : NULL, .failed = !workload};
}

static struct cutting cut(enum store_list list, yyjson_val *object,
                          const struct object_facts *before, int64_t now)
{
    if (store_list_workload(list))
        return cut_workload(list, object, before, now);
    return store_list_revision(list) ? cut_revision(list, object, before)
                                     : cut_pod(object, before, now);
}

static struct view uid_of(yyjson_val *object)
{
    return json_text(yyjson_obj_get(object, "metadata"), "uid");
}

/* What is kept of that uid, which its own list told of. */
static struct kept *find(struct store *s, enum store_list list, struct view uid)
{
    struct kept *k = graph_find(&s->graph, uid);

    return k && k->facts && k->list == list ? k : NULL;
}

/* An API server gives no two objects one uid: one of them is not what it says. */
static bool is_taken(struct store *s, enum store_list list, struct view uid)
{
    struct kept *k = graph_find(&s->graph, uid);

    return k && k->facts && k->list != list;
}

static void drop(struct store *s, struct kept *k)
{
    touch(s, k);
    graph_drop(&s->graph, k);
}

static bool is_foreign(const struct kept *k)
{
    return k->facts && store_list_revision(k->list) &&
           ((const struct revision_facts *)k->facts)->foreign;
}

/* A foreign ReplicaSet is kept to know its pods by, and they are not. */
static bool is_of_foreign(struct store *s, struct view owner)
{
    const struct kept *k = graph_find(&s->graph, owner);

    return k && is_foreign(k);
}

static void drop_pods_of_foreign(struct store *s, struct kept *k)
{
    while (is_foreign(k) && k->pods)
        drop(s, k->pods);
}

static bool is_same(const struct kept *k, const struct object_facts *facts)
{
    return k->facts->size == facts->size && memcmp(k->facts, facts, facts->size) == 0;
}

/* Puts in what was cut, in place of k, which may be NULL; under the lock. */
static void put(struct store *s, enum store_list list, struct view uid, struct kept *k,
                const struct cutting *c)
{
    if (k && is_same(k, c->facts)) {
        k->generation = s->graph.generations[list];
        mem_free(c->facts);
        return;
    }
    if (k)
        touch(s, k); /* it may move to another owner, or go */
    k = graph_put(&s->graph, list, uid, c->owner, c->facts);
    if (!k) {
        s->refused++;
        return;
    }
    touch(s, k);
    drop_pods_of_foreign(s, k);
}

/* A copy of the facts that are kept of that uid, or NULL: the thread of another list may drop them
 * while they are read. *failed: memory runs out. */
static struct object_facts *copy_kept(struct store *s, enum store_list list, struct view uid,
                                      bool *failed)
{
    struct object_facts *copy = NULL;
    struct kept *k;

    worker_lock(&s->worker);
    k = find(s, list, uid);
    if (k)
        copy = mem_alloc(k->facts->size);
    if (copy)
        memcpy(copy, k->facts, k->facts->size);
    *failed = k && !copy;
    worker_unlock(&s->worker);
    return copy;
}

static struct cutting cut_after(struct store *s, enum store_list list, struct view uid,
                                yyjson_val *object, int64_t now)
{
    struct cutting c = {.failed = false};
    struct object_facts *before = copy_kept(s, list, uid, &c.failed);

    if (!c.failed)
        c = cut(list, object, before, now);
    mem_free(before);
    return c;
}

void store_put(struct store *s, enum store_list list, yyjson_val *object, int64_t now)
{
    struct view uid = uid_of(object);
    struct cutting c;
    struct kept *k;

    if (uid.n == 0)
        return;
    c = cut_after(s, list, uid, object, now);
    worker_lock(&s->worker);
    s->refused += c.failed;
    k = find(s, list, uid);
    if (c.facts && !is_taken(s, list, uid) && !is_of_foreign(s, c.owner)) {
        put(s, list, uid, k, &c);
    } else {
        mem_free(c.facts);
        if (k)
            drop(s, k);
    }
    worker_unlock(&s->worker);
}

static void take_out(struct store *s, enum store_list list, yyjson_val *object, bool refused)
{
    struct kept *k;

    worker_lock(&s->worker);
    s->refused += refused;
    k = find(s, list, uid_of(object));
    if (k)
        drop(s, k);
    worker_unlock(&s->worker);
}

void store_drop(struct store *s, enum store_list list, yyjson_val *object)
{
    take_out(s, list, object, false);
}

void store_skip(struct store *s, enum store_list list, yyjson_val *object)
{
    take_out(s, list, object, true);
}

void store_begin(struct store *s, enum store_list list)
{
    worker_lock(&s->worker);
    s->graph.generations[list]++;
    worker_unlock(&s->worker);
}

void store_end(struct store *s, enum store_list list)
{
    struct kept *k;

    worker_lock(&s->worker);
    for (size_t i = 0; i < s->graph.kept.bucket_count; i++)
        while ((k = graph_stale(&s->graph, list, i)))
            drop(s, k);
    s->whole[list] = true;
    worker_unlock(&s->worker);
}

/* --- the handler ------------------------------------------------------------------------------ */

static void handle_begin(void *ctx)
{
    struct list *l = ctx;

    store_begin(l->store, l->list);
}

/* What is not kept is counted and told, and everything is not listed for it: it may never fit. */
static int handle_put(void *ctx, yyjson_val *object)
{
    struct list *l = ctx;

    store_put(l->store, l->list, object, clock_wall());
    return 0;
}

static void handle_skip(void *ctx, yyjson_val *object)
{
    struct list *l = ctx;

    store_skip(l->store, l->list, object);
}

static void handle_drop(void *ctx, yyjson_val *object)
{
    struct list *l = ctx;

    store_drop(l->store, l->list, object);
}

static void handle_end(void *ctx)
{
    struct list *l = ctx;

    store_end(l->store, l->list);
}

static void handle_alive(void *ctx)
{
    (void)ctx;
}

struct watch_handler store_handler(void)
{
    return (struct watch_handler){handle_begin, handle_put, handle_skip,
                                  handle_drop,  handle_end, handle_alive};
}

void *store_list_ctx(struct store *s, enum store_list list)
{
    return &s->lists[list];
}

/* --- readers ---------------------------------------------------------------------------------- */

bool store_has_synced(struct store *s)
{
    bool whole = true;

    worker_lock(&s->worker);
    for (size_t i = 0; i < STORE_LISTS; i++)
        whole = whole && s->whole[i];
    worker_unlock(&s->worker);
    return whole;
}

/* The workload of that uid, or NULL. */
static struct kept *workload(struct store *s, struct view uid)
{
    struct kept *k = graph_find(&s->graph, uid);

    return k && graph_workload(k) == k ? k : NULL;
}

int store_snapshot(struct store *s, struct view uid, struct arena *arena, struct snapshot *out)
{
    struct kept *k;
    int result;

    worker_lock(&s->worker);
    k = workload(s, uid);
    result = k ? snapshot_of(k, arena, out) : 1;
    worker_unlock(&s->worker);
    return result;
}

bool store_has(struct store *s, struct view kind, struct view namespace_, struct view name)
{
    bool has;

    worker_lock(&s->worker);
    has = graph_find_named(&s->graph, kind, namespace_, name) != NULL;
    worker_unlock(&s->worker);
    return has;
}

int64_t store_revision_of(struct store *s, struct view uid, struct view hash)
{
    int64_t newest = 0;
    struct kept *k;

    worker_lock(&s->worker);
    k = workload(s, uid);
    newest = k ? snapshot_revision_of(k, hash) : 0;
    worker_unlock(&s->worker);
    return newest;
}

size_t store_count(struct store *s, enum store_list list)
{
    size_t count;

    worker_lock(&s->worker);
    count = s->graph.counts[list];
    worker_unlock(&s->worker);
    return count;
}

size_t store_held(struct store *s)
{
    size_t held;

    worker_lock(&s->worker);
    held = graph_held(&s->graph);
    worker_unlock(&s->worker);
    return held;
}

size_t store_refused(struct store *s)
{
    size_t refused;

    worker_lock(&s->worker);
    refused = s->refused;
    worker_unlock(&s->worker);
    return refused;
}
