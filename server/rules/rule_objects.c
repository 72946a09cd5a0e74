#include "server/rules/rule_objects.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/json/json.h"
#include "base/json/json_block.h"
#include "base/mem.h"
#include "base/siphash.h"
#include "base/sys/log.h"
#include "base/sys/worker.h"
#include "kube/cache.h"
#include "kube/client.h"
#include "kube/kube.h"
#include "kube/limits.h"
#include "kube/watch.h"
#include "policy/limits.h"
#include "policy/rule_object.h"
#include "policy/set.h"
#include "rollout/limits.h"
#include "server/limits.h"
#include "server/rules/last_good.h"
#include "server/rules/rule_definition.h"
#include "server/rules/rule_versions.h"
#include "server/rules/rule_writer.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

struct rule_objects {
    const struct kube *kube;
    struct view own_namespace;
    char paths[RULE_KINDS][64], good_path[LIMIT_KUBE_PATH];
    struct cache *kinds[RULE_KINDS], *good;
    atomic_bool absent[RULE_KINDS]; /* the kind is not known to the API server */
    struct client *client;          /* of whoever hands over */
    struct rule_writer *writer;
    struct worker worker; /* woken when a cache has changed; it has no thread */
    int64_t due;          /* Unix seconds, when a status changes by itself; of that thread, too */
    bool unsure;          /* of the thread that hands over, as is */
    uint64_t handed_over; /* signature of what was; 0: nothing */
    struct buf problems;  /* guarded by the worker's lock: names, a line each */
};

static void wake_on_change(void *ctx)
{
    struct rule_objects *o = ctx;

    worker_lock(&o->worker);
    worker_wake(&o->worker);
    worker_unlock(&o->worker);
}

static bool is_known(struct rule_objects *o, size_t kind)
{
    return cache_has_synced(o->kinds[kind]) || atomic_load(&o->absent[kind]);
}

uint64_t rule_objects_version(struct rule_objects *o)
{
    uint64_t version = cache_changes(o->good) + 1;

    for (size_t i = 0; i < RULE_KINDS; i++) {
        if (!is_known(o, i))
            return 0;
        version += cache_changes(o->kinds[i]);
    }
    return cache_has_synced(o->good) ? version : 0;
}

void rule_objects_await(struct rule_objects *o, uint64_t version, unsigned seconds)
{
    int64_t at = clock_monotonic_ns() + seconds * INT64_C(1000000000);

    worker_lock(&o->worker);
    while (rule_objects_version(o) == version && worker_wait(&o->worker, at))
        ;
    worker_unlock(&o->worker);
}

/* --- what is there ---------------------------------------------------------------------------- */

struct units {
    struct rule_unit *units;
    size_t count, room;
};

struct gathering {
    struct rule_objects *o;
    struct arena arena;
    size_t kind; /* of the cache in hand */
    struct units newest, good;
    enum rule_definition known[RULE_KINDS];
    struct view uids[RULE_KINDS];
    bool asked[RULE_KINDS];
    bool failed;
};

static struct rule_unit *add(struct gathering *g, struct units *to)
{
    size_t room = to->room ? 2 * to->room : 64, size = sizeof(*to->units);

    if (to->count == to->room) {
        struct rule_unit *grown = arena_grow(&g->arena, to->units, to->room * size, room * size);

        if (!grown) {
            g->failed = true;
            return NULL;
        }
        to->units = grown;
        to->room = room;
    }
    to->units[to->count] = (struct rule_unit){.file_count = 1};
    return &to->units[to->count++];
}

/* The object of a block, which is a copy of its own. */
static yyjson_val *open_block(struct gathering *g, struct view block)
{
    char *copy = arena_alloc(&g->arena, block.n + 1);

    if (!copy) {
        g->failed = true;
        return NULL;
    }
    memcpy(copy, block.p, block.n);
    return json_block_open((struct view){copy, block.n});
}

static void take_object(void *ctx, struct view key, struct view block)
{
    struct gathering *g = ctx;
    yyjson_val *object = open_block(g, block), *metadata = yyjson_obj_get(object, "metadata");
    struct source *source = arena_alloc(&g->arena, sizeof(*source));
    struct rule_unit *unit = source ? add(g, &g->newest) : NULL;
    const char *problem;

    (void)key;
    if (!unit || !object) {
        g->failed = true;
        return;
    }
    /* What is too large has no text, which is an error of its own. */
    rule_object_source(object, &policy_set_kinds[g->kind], &g->arena, source, &problem);
    g->failed = g->failed || !source->name.p;
    unit->name = source->name;
    unit->uid = json_text(metadata, "uid");
    unit->generation = yyjson_get_sint(yyjson_obj_get(metadata, "generation"));
    unit->files = source;
}

static void take_good(void *ctx, struct view key, struct view block)
{
    struct gathering *g = ctx;
    yyjson_val *map = open_block(g, block);
    struct source *source = arena_alloc(&g->arena, sizeof(*source));
    struct last_good good;
    struct rule_unit *unit;

    (void)key;
    if (!map || !source || last_good_read(map, &g->arena, &good) < 0 ||
        rule_definition_kind(good.object) < 0 || !(unit = add(g, &g->good)))
        return;
    *source = rule_object_kept(good.object, good.text);
    unit->name = good.object;
    unit->uid = good.definition;
    unit->files = source;
}

static int by_name(const void *a, const void *b)
{
    return view_cmp(((const struct rule_unit *)a)->name, ((const struct rule_unit *)b)->name);
}

/* In the order of their names; one that comes or goes meanwhile may be there twice. */
static void sort(struct units *u)
{
    size_t kept = 0;

    if (u->count > 0)
        qsort(u->units, u->count, sizeof(*u->units), by_name);
    for (size_t i = 0; i < u->count; i++)
        if (kept == 0 || by_name(&u->units[kept - 1], &u->units[i]) != 0)
            u->units[kept++] = u->units[i];
    u->count = kept;
}

/* Whether an object that is gone was deleted by somebody: the definition of its kind is there, and
 * still the one that it was an object of. */
static bool was_deleted(struct gathering *g, const struct rule_unit *good)
{
    int kind = rule_definition_kind(good->name);

    if (!g->asked[kind])
        g->known[kind] =
            rule_definition_ask(g->o->client, &policy_set_kinds[kind], &g->arena, &g->uids[kind]);
    g->asked[kind] = true;
    g->o->unsure = g->o->unsure || g->known[kind] == RULE_DEFINITION_UNKNOWN;
    return g->known[kind] == RULE_DEFINITION_THERE && view_eq(g->uids[kind], good->uid);
}

/* Puts what is lost in the place of the object. */
static void add_lost(struct gathering *g)
{
    size_t count = g->newest.count, i = 0;

    for (size_t k = 0; k < g->good.count; k++) {
        const struct rule_unit *good = &g->good.units[k];
        struct rule_unit *unit;

        while (i < count && by_name(&g->newest.units[i], good) < 0)
            i++;
        if ((i < count && by_name(&g->newest.units[i], good) == 0) || was_deleted(g, good) ||
            !(unit = add(g, &g->newest)))
            continue;
        *unit = *good;
        unit->lost = arena_printf(&g->arena, "kubectl -n %.*s delete configmap %.*s",
                                  VIEW_ARGS(g->o->own_namespace),
                                  VIEW_ARGS(last_good_name(good->name, &g->arena)));
        g->failed = g->failed || !unit->lost.p;
    }
    sort(&g->newest);
}

static int gather(struct gathering *g)
{
    for (g->kind = 0; g->kind < RULE_KINDS; g->kind++)
        if (!atomic_load(&g->o->absent[g->kind]) &&
            cache_each(g->o->kinds[g->kind], take_object, g) < 0)
            return -1;
    if (cache_each(g->o->good, take_good, g) < 0)
        return -1;
    sort(&g->newest);
    sort(&g->good);
    add_lost(g);
    return 0;
}

static uint64_t signature_of(const struct gathering *g)
{
    static const uint64_t key[2] = {1, 2};
    uint64_t sum = 1;

    for (int list = 0; list < 2; list++) {
        const struct units *u = list == 0 ? &g->newest : &g->good;

        for (size_t i = 0; i < u->count; i++) {
            sum = sum * 31 + siphash(key, u->units[i].name);
            sum = sum * 31 + siphash(key, u->units[i].uid);
            sum = sum * 31 + siphash(key, u->units[i].files[0].text);
            sum = sum * 31 + (uint64_t)u->units[i].generation;
            sum = sum * 31 + siphash(key, u->units[i].lost);
        }
        sum = sum * 31 + u->count;
    }
    return sum ? sum : 1;
}

/* --- what is handed over ---------------------------------------------------------------------- */

/* A kind whose definition is not there has no objects. */
static bool know_all(struct rule_objects *o, struct buf *why)
{
    struct arena arena;
    struct view uid;
    bool known = true;

    arena_init(&arena, LIMIT_ARENA);
    for (size_t i = 0; known && i < RULE_KINDS; i++) {
        if (cache_has_synced(o->kinds[i]))
            atomic_store(&o->absent[i], false);
        else
            atomic_store(&o->absent[i], rule_definition_ask(o->client, &policy_set_kinds[i], &arena,
                                                            &uid) == RULE_DEFINITION_GONE);
        known = is_known(o, i);
        if (known)
            continue;
        buf_printf(why, "the %s of the cluster: error: they are not known: ",
                   policy_set_kinds[i].resource);
        cache_is_following(o->kinds[i], 0, why);
        buf_add_char(why, '\n');
    }
    arena_release(&arena);
    if (!known || cache_has_synced(o->good))
        return known;
    buf_printf(why, "the last good versions in %.*s: error: they are not known: ",
               VIEW_ARGS(o->own_namespace));
    cache_is_following(o->good, 0, why);
    buf_add_char(why, '\n');
    return false;
}

static int hand_over(struct gathering *g, struct rule_versions *versions, struct buf *why)
{
    uint64_t signature;

    if (gather(g) < 0) {
        buf_printf(why,
                   "the rules of the cluster: error: those of one kind are larger than the "
                   "limit of %d MiB, or one of them cannot be read\n",
                   LIMIT_RULES_CONFIGMAPS / (1024 * 1024));
        return -1;
    }
    signature = signature_of(g);
    if (!g->failed && signature == g->o->handed_over)
        return 0;
    g->o->handed_over = 0;
    if (g->failed || rule_versions_update(versions, g->newest.units, g->newest.count) < 0 ||
        rule_versions_restore(versions, g->good.units, g->good.count) < 0) {
        buf_add_str(why, "out of memory\n");
        return -1;
    }
    g->o->handed_over = signature;
    return 1;
}

int rule_objects_hand_over(struct rule_objects *o, struct rule_versions *versions, struct buf *why)
{
    struct gathering g = {.o = o};
    int status;

    if (!know_all(o, why))
        return -1;
    o->unsure = false;
    arena_init(&g.arena, 2 * (size_t)LIMIT_RULES_MEMORY);
    status = hand_over(&g, versions, why);
    arena_release(&g.arena);
    return status;
}

bool rule_objects_is_unsure(const struct rule_objects *o)
{
    return o->unsure;
}

void rule_objects_forget(struct rule_objects *o)
{
    o->handed_over = 0;
    o->due = INT64_MAX; /* what was chosen then is not in force */
}

/* --- telling ---------------------------------------------------------------------------------- */

struct telling {
    struct rule_objects *o;
    struct buf problems;
};

static void report(void *ctx, const struct rule_versions_state *state)
{
    struct telling *t = ctx;

    if (state->problem.n > 0)
        buf_printf(&t->problems, "%.*s\n", VIEW_ARGS(state->name));
    if (!state->is_news)
        return;
    if (state->problem.n > 0)
        LOG(t->o->kube->log, LOG_LEVEL_ERROR, "rules_kept", LOG_VIEW("object", state->name),
            LOG_VIEW("error", state->problem));
    else
        LOG(t->o->kube->log, LOG_LEVEL_INFO, "rules_accepted", LOG_VIEW("object", state->name));
}

void rule_objects_tell(struct rule_objects *o, struct rule_versions *versions)
{
    struct telling telling = {.o = o};
    struct buf old;

    buf_init(&telling.problems, LIMIT_ANSWER);
    rule_versions_tell(versions, report, &telling);
    worker_lock(&o->worker);
    old = o->problems;
    o->problems = telling.problems;
    worker_unlock(&o->worker);
    buf_release(&old);
}

bool rule_objects_is_due(const struct rule_objects *o)
{
    return clock_wall() >= o->due;
}

void rule_objects_show(struct rule_objects *o, const struct rule_versions *versions,
                       const struct policy_set *set)
{
    o->due = rule_writer_want(o->writer, versions, set, clock_wall());
}

void rule_objects_write_state(struct rule_objects *o, struct buf *out)
{
    struct buf why;

    buf_init(&why, LIMIT_ANSWER);
    for (size_t i = 0; i < RULE_KINDS; i++) {
        const char *resource = policy_set_kinds[i].resource;

        buf_reset(&why);
        if (cache_is_following(o->kinds[i], 0, &why))
            buf_printf(out, "[+] %s: follows %zu\n", resource, cache_count(o->kinds[i]));
        else
            buf_printf(out, "[-] %s: they are not followed: %.*s\n", resource,
                       VIEW_ARGS(buf_view(&why)));
    }
    buf_release(&why);
    rule_writer_write_state(o->writer, out);
}

int64_t rule_objects_age(struct rule_objects *o, int64_t now)
{
    int64_t most = -1;

    for (size_t i = 0; i < RULE_KINDS; i++) {
        int64_t age = cache_age(o->kinds[i], now);

        if (age < 0)
            return -1;
        most = age > most ? age : most;
    }
    return most;
}

size_t rule_objects_count(struct rule_objects *o, size_t kind)
{
    return cache_count(o->kinds[kind]);
}

void rule_objects_each_problem(struct rule_objects *o, void (*show)(void *ctx, struct view name),
                               void *ctx)
{
    struct view name, rest;

    worker_lock(&o->worker);
    rest = buf_view(&o->problems);
    while (view_cut(rest, '\n', &name, &rest))
        show(ctx, name);
    worker_unlock(&o->worker);
}

/* --- life ------------------------------------------------------------------------------------- */

static int follow_kind(struct rule_objects *o, size_t i, const struct cache_options *options)
{
    const struct watch_options watch = {.path = o->paths[i],
                                        .group = RULE_OBJECT_GROUP,
                                        .resource = policy_set_kinds[i].resource,
                                        .whole = true};

    snprintf(o->paths[i], sizeof(o->paths[i]), "/apis/" RULE_OBJECT_GROUP "/v1alpha1/%s",
             policy_set_kinds[i].resource);
    o->kinds[i] = cache_create(options);
    return o->kinds[i] ? cache_follow(o->kinds[i], o->kube, &watch) : -1;
}

static int start_parts(struct rule_objects *o)
{
    const struct cache_options cache = {.limit = LIMIT_RULES_CONFIGMAPS,
                                        .max_age = INT64_MAX,
                                        .extract = cache_extract_object,
                                        .changed = wake_on_change,
                                        .ctx = o};
    const struct watch_options watch = {.path = o->good_path,
                                        .group = "",
                                        .resource = "configmaps",
                                        .selector = LAST_GOOD_LABEL "=true",
                                        .whole = true};

    for (size_t i = 0; i < RULE_KINDS; i++)
        if (follow_kind(o, i, &cache) < 0)
            return -1;
    o->good = cache_create(&cache);
    o->client = client_create(o->kube);
    if (!o->good || !o->client || cache_follow(o->good, o->kube, &watch) < 0)
        return -1;
    o->writer = rule_writer_start(&(struct rule_writer_options){
        .kube = o->kube, .own_namespace = o->own_namespace, .kinds = o->kinds, .good = o->good});
    return o->writer ? 0 : -1;
}

struct rule_objects *rule_objects_start(const struct kube *kube, struct view own_namespace)
{
    struct rule_objects *o = mem_alloc(sizeof(*o));

    if (!o)
        return NULL;
    *o = (struct rule_objects){.kube = kube, .own_namespace = own_namespace};
    snprintf(o->good_path, sizeof(o->good_path), "/api/v1/namespaces/%.*s/configmaps",
             VIEW_ARGS(own_namespace));
    buf_init(&o->problems, LIMIT_ANSWER);
    worker_init(&o->worker);
    if (start_parts(o) == 0)
        return o;
    rule_objects_stop(o);
    return NULL;
}

void rule_objects_stop(struct rule_objects *o)
{
    if (!o)
        return;
    rule_writer_stop(o->writer);
    for (size_t i = 0; i < RULE_KINDS; i++)
        cache_free(o->kinds[i]);
    cache_free(o->good);
    client_free(o->client);
    buf_release(&o->problems);
    worker_release(&o->worker);
    mem_free(o);
}
