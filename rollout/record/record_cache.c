#include "rollout/record/record_cache.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "kube/cache.h"
#include "kube/limits.h"
#include "rollout/limits.h"

#include <string.h>
#include <yyjson.h>

/* What is kept under the name: the resourceVersion, a line end, and the record. */

static struct view joined(struct view version, struct view text, struct arena *arena)
{
    char *p = arena_alloc(arena, version.n + 1 + text.n);

    if (!p)
        return (struct view){NULL, 0};
    memcpy(p, version.p, version.n);
    p[version.n] = '\n';
    memcpy(p + version.n + 1, text.p, text.n);
    return (struct view){p, version.n + 1 + text.n};
}

/* A ConfigMap without the label, or without a record that fits LIMIT_RECORD, is none. */
static int extract(const struct cache_object *object, struct arena *arena, struct view *block)
{
    yyjson_val *metadata = yyjson_obj_get(object->value, "metadata");
    struct view kind = json_text(yyjson_obj_get(metadata, "labels"), RECORD_CACHE_LABEL);
    struct view text = json_text(yyjson_obj_get(object->value, "data"), RECORD_CACHE_KEY);
    struct view version = json_text(metadata, "resourceVersion");

    if (version.n == 0 || version.n > LIMIT_KUBE_VERSION || !text.p || text.n > LIMIT_RECORD ||
        !view_eq_str(kind, RECORD_CACHE_KIND))
        return 0;
    *block = joined(version, text, arena);
    return block->p ? 1 : -1;
}

struct cache *record_cache_create(size_t limit)
{
    const struct cache_options options = {
        .limit = limit,
        .max_age = LIMIT_RECORDS_AGE * INT64_C(1000000000),
        .extract = extract,
    };

    return cache_create(&options);
}

static struct record_cache_entry entry_of(struct view name, struct view kept)
{
    struct record_cache_entry entry = {.name = name};

    view_cut(kept, '\n', &entry.version, &entry.text);
    return entry;
}

int record_cache_find(struct cache *c, struct view name, int64_t now, struct arena *arena,
                      struct record_cache_entry *out)
{
    struct view kept;

    switch (cache_find(c, name, now, arena, &kept)) {
    case CACHE_FOUND: *out = entry_of(name, kept); return 1;
    case CACHE_NONE: return 0;
    case CACHE_UNKNOWN: return -1;
    }
    return -1;
}

struct taker {
    void (*take)(void *ctx, const struct record_cache_entry *entry);
    void *ctx;
};

static void take_kept(void *ctx, struct view name, struct view kept)
{
    const struct taker *taker = ctx;
    struct record_cache_entry entry = entry_of(name, kept);

    taker->take(taker->ctx, &entry);
}

int record_cache_each(struct cache *c,
                      void (*take)(void *ctx, const struct record_cache_entry *entry), void *ctx)
{
    struct taker taker = {take, ctx};

    return cache_each(c, take_kept, &taker);
}
