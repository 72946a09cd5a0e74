#include "server/rules/rule_configmaps.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/json/json.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "base/sys/worker.h"
#include "kube/cache.h"
#include "kube/kube.h"
#include "kube/limits.h"
#include "kube/watch.h"
#include "policy/limits.h"
#include "rollout/limits.h"
#include "server/limits.h"
#include "server/rules/rule_events.h"
#include "server/rules/rule_versions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

struct rule_configmaps {
    const struct kube *kube;
    struct rule_configmaps_options options;
    char path[LIMIT_KUBE_PATH], place[LIMIT_KUBE_PATH];
    struct cache *cache;
    struct rule_events *events;
    struct worker worker; /* woken when the cache has changed; it has no thread */
    /* guarded by the worker's lock: */
    struct buf problems; /* names of those that have errors, a line each */
};

/* --- what is kept ----------------------------------------------------------------------------- */

/* The block of a ConfigMap: the uid, a line end, data as JSON, a line end, and binaryData. */

static struct view json_written(yyjson_val *value, struct arena *arena)
{
    yyjson_alc memory = json_memory(arena);
    struct view text = VIEW("");

    if (yyjson_is_obj(value))
        text.p = yyjson_val_write_opts(value, 0, &memory, &text.n, NULL);
    return text;
}

static void wake_on_change(void *ctx)
{
    struct rule_configmaps *m = ctx;

    worker_lock(&m->worker);
    worker_wake(&m->worker);
    worker_unlock(&m->worker);
}

static int extract(const struct cache_object *object, struct arena *arena, struct view *block)
{
    struct view data = json_written(yyjson_obj_get(object->value, "data"), arena);
    struct view binary = json_written(yyjson_obj_get(object->value, "binaryData"), arena);
    struct buf text;

    if (!data.p || !binary.p)
        return -1;
    buf_init(&text, LIMIT_KUBE_PAGE);
    buf_add(&text, json_text(yyjson_obj_get(object->value, "metadata"), "uid"));
    buf_add_char(&text, '\n');
    buf_add(&text, data);
    buf_add_char(&text, '\n');
    buf_add(&text, binary);
    *block = text.failed ? (struct view){NULL, 0} : arena_copy(arena, buf_view(&text));
    buf_release(&text);
    return block->p ? 1 : -1;
}

uint64_t rule_configmaps_version(struct rule_configmaps *m)
{
    if (cache_age(m->cache, clock_monotonic_ns()) < 0)
        return 0;
    return cache_changes(m->cache) + 1;
}

void rule_configmaps_await(struct rule_configmaps *m, uint64_t version, unsigned seconds)
{
    int64_t at = clock_monotonic_ns() + seconds * INT64_C(1000000000);

    worker_lock(&m->worker);
    while (rule_configmaps_version(m) == version && worker_wait(&m->worker, at))
        ;
    worker_unlock(&m->worker);
}

/* --- what is handed over ---------------------------------------------------------------------- */

struct gathering {
    struct arena arena;
    struct rule_unit *maps;
    size_t count, room;
    bool failed;
};

static size_t count_files(yyjson_val *data)
{
    return yyjson_is_obj(data) ? yyjson_obj_size(data) : 0;
}

static int add_files(struct gathering *g, struct rule_unit *map, struct source *files,
                     yyjson_val *data, bool is_binary)
{
    yyjson_obj_iter keys = yyjson_obj_iter_with(data);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&keys))) {
        struct source *file = &files[map->file_count++];

        file->name =
            arena_printf(&g->arena, "configmap/%.*s/%s", VIEW_ARGS(map->name), yyjson_get_str(key));
        file->text =
            is_binary ? (struct view){NULL, 0} : json_text_of(yyjson_obj_iter_get_val(key));
        if (!file->name.p)
            return -1;
    }
    return 0;
}

static yyjson_val *read_json(struct gathering *g, struct view text)
{
    yyjson_alc memory = json_memory(&g->arena);

    return yyjson_doc_get_root(
        yyjson_read_opts((char *)(uintptr_t)text.p, text.n, 0, &memory, NULL));
}

static int by_file(const void *a, const void *b)
{
    return view_cmp(((const struct source *)a)->name, ((const struct source *)b)->name);
}

static int read_map(struct gathering *g, struct view text, struct rule_unit *map)
{
    struct view uid, data_text, binary_text;
    yyjson_val *data, *binary;
    struct source *files;

    view_cut(text, '\n', &uid, &data_text);
    view_cut(data_text, '\n', &data_text, &binary_text);
    data = read_json(g, data_text);
    binary = read_json(g, binary_text);
    files = arena_array(&g->arena, count_files(data) + count_files(binary) + 1, sizeof(*files));
    map->uid = arena_copy(&g->arena, uid);
    if ((data_text.n > 0 && !data) || (binary_text.n > 0 && !binary) || !files || !map->uid.p ||
        add_files(g, map, files, data, false) < 0 || add_files(g, map, files, binary, true) < 0)
        return -1;
    qsort(files, map->file_count, sizeof(*files), by_file);
    map->files = files;
    return 0;
}

static void gather_map(void *ctx, struct view name, struct view text)
{
    struct gathering *g = ctx;
    struct rule_unit map = {.name = arena_copy(&g->arena, name)};
    size_t room = g->room ? 2 * g->room : 16, size = sizeof(map);

    if (g->count == g->room) {
        struct rule_unit *maps = arena_grow(&g->arena, g->maps, g->room * size, room * size);

        if (maps) {
            g->maps = maps;
            g->room = room;
        }
    }
    if (!map.name.p || g->count == g->room || read_map(g, text, &map) < 0)
        g->failed = true;
    else
        g->maps[g->count++] = map;
}

static int by_name(const void *a, const void *b)
{
    return view_cmp(((const struct rule_unit *)a)->name, ((const struct rule_unit *)b)->name);
}

/* A ConfigMap that is created or deleted meanwhile may be there twice. */
static void drop_repeated(struct gathering *g)
{
    size_t kept = 0;

    for (size_t i = 0; i < g->count; i++)
        if (kept == 0 || by_name(&g->maps[kept - 1], &g->maps[i]) != 0)
            g->maps[kept++] = g->maps[i];
    g->count = kept;
}

static int hand_over(struct rule_configmaps *m, struct rule_versions *versions, struct buf *why)
{
    struct gathering g = {.count = 0};
    int status = -1;

    arena_init(&g.arena, LIMIT_RULES_MEMORY);
    if (cache_each(m->cache, gather_map, &g) < 0)
        buf_printf(why,
                   "%s: error: they are larger than the limit of %d MiB for all of them, or one of "
                   "them cannot be read\n",
                   m->place, LIMIT_RULES_CONFIGMAPS / (1024 * 1024));
    else if (g.failed)
        buf_add_str(why, "out of memory\n");
    else
        status = 0;
    if (status == 0 && g.count > 0) {
        qsort(g.maps, g.count, sizeof(*g.maps), by_name);
        drop_repeated(&g);
    }
    if (status == 0 && rule_versions_update(versions, g.maps, g.count) < 0) {
        buf_add_str(why, "out of memory\n");
        status = -1;
    }
    arena_release(&g.arena);
    return status;
}

int rule_configmaps_hand_over(struct rule_configmaps *m, struct rule_versions *versions,
                              struct buf *why)
{
    struct buf watch;

    if (rule_configmaps_version(m) > 0)
        return hand_over(m, versions, why);
    buf_init(&watch, LIMIT_ANSWER);
    cache_is_following(m->cache, 0, &watch);
    buf_printf(why, "%s: error: they are not known: %.*s\n", m->place, VIEW_ARGS(buf_view(&watch)));
    buf_release(&watch);
    return -1;
}

const char *rule_configmaps_place(const struct rule_configmaps *m)
{
    return m->place;
}

const char *rule_configmaps_selector(const struct rule_configmaps *m)
{
    return m->options.selector;
}

/* --- telling ---------------------------------------------------------------------------------- */

struct telling {
    struct rule_configmaps *maps;
    const char *event;
    struct buf problems;
};

static void report(void *ctx, const struct rule_versions_state *state)
{
    struct telling *t = ctx;
    struct log *log = t->event ? t->maps->kube->log : NULL;

    if (state->problem.n > 0)
        buf_printf(&t->problems, "%.*s\n", VIEW_ARGS(state->name));
    if (!state->is_news)
        return;
    rule_events_say(t->maps->events, state->name, state->uid, state->problem, state->has_good);
    if (state->problem.n > 0)
        LOG(log, LOG_LEVEL_ERROR, t->event, LOG_VIEW("configmap", state->name),
            LOG_VIEW("error", state->problem));
    else
        LOG(log, LOG_LEVEL_INFO, "rules_accepted", LOG_VIEW("configmap", state->name));
}

void rule_configmaps_tell(struct rule_configmaps *m, struct rule_versions *versions,
                          const char *event)
{
    struct telling telling = {.maps = m, .event = event};
    struct buf old;

    buf_init(&telling.problems, LIMIT_ANSWER);
    rule_versions_tell(versions, report, &telling);
    worker_lock(&m->worker);
    old = m->problems;
    m->problems = telling.problems;
    worker_unlock(&m->worker);
    buf_release(&old);
}

void rule_configmaps_write_state(struct rule_configmaps *m, struct buf *out)
{
    struct buf why;

    buf_init(&why, LIMIT_ANSWER);
    if (cache_is_following(m->cache, 0, &why))
        buf_printf(out, "[+] configmaps: follows %zu with %s\n", cache_count(m->cache),
                   m->options.selector);
    else
        buf_printf(out, "[-] configmaps: those with %s are not followed: %.*s\n",
                   m->options.selector, VIEW_ARGS(buf_view(&why)));
    buf_release(&why);
}

int64_t rule_configmaps_age(struct rule_configmaps *m, int64_t now)
{
    return cache_age(m->cache, now);
}

size_t rule_configmaps_count(struct rule_configmaps *m)
{
    return cache_count(m->cache);
}

void rule_configmaps_each_problem(struct rule_configmaps *m,
                                  void (*show)(void *ctx, struct view name), void *ctx)
{
    struct view name, rest;

    worker_lock(&m->worker);
    rest = buf_view(&m->problems);
    while (view_cut(rest, '\n', &name, &rest))
        show(ctx, name);
    worker_unlock(&m->worker);
}

/* --- life ------------------------------------------------------------------------------------- */

static int start_parts(struct rule_configmaps *m)
{
    const struct rule_configmaps_options *o = &m->options;
    struct watch_options watch = {.path = m->path,
                                  .group = "",
                                  .resource = "configmaps",
                                  .selector = o->selector,
                                  .whole = true};
    const struct cache_options cache = {.limit = LIMIT_RULES_CONFIGMAPS,
                                        .max_age = INT64_MAX,
                                        .extract = extract,
                                        .changed = wake_on_change,
                                        .ctx = m};

    m->cache = cache_create(&cache);
    m->events = m->cache ? rule_events_start(m->kube, o->namespace_) : NULL;
    return m->events ? cache_follow(m->cache, m->kube, &watch) : -1;
}

struct rule_configmaps *rule_configmaps_start(const struct kube *kube,
                                              const struct rule_configmaps_options *options)
{
    struct rule_configmaps *m = mem_alloc(sizeof(*m));

    if (!m)
        return NULL;
    *m = (struct rule_configmaps){.kube = kube, .options = *options};
    snprintf(m->path, sizeof(m->path), "/api/v1/namespaces/%.*s/configmaps",
             VIEW_ARGS(options->namespace_));
    snprintf(m->place, sizeof(m->place), "the ConfigMaps of %.*s with %s",
             VIEW_ARGS(options->namespace_), options->selector);
    buf_init(&m->problems, LIMIT_ANSWER);
    worker_init(&m->worker);
    if (start_parts(m) == 0)
        return m;
    rule_configmaps_stop(m);
    return NULL;
}

void rule_configmaps_stop(struct rule_configmaps *m)
{
    if (!m)
        return;
    cache_free(m->cache);
    rule_events_stop(m->events);
    buf_release(&m->problems);
    worker_release(&m->worker);
    mem_free(m);
}
