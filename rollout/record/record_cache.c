#include "rollout/record/record_cache.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "kube/limits.h"
#include "kube/text_cache.h"
#include "rollout/limits.h"

#include <string.h>
#include <yyjson.h>

/* What is kept under the name: the resourceVersion, a line end, and the record. */

struct text_cache *record_cache_create(size_t limit)
{
    return text_cache_create(limit, LIMIT_RECORDS_AGE * INT64_C(1000000000));
}

static void drop(void *cache, yyjson_val *object)
{
    text_cache_drop(cache, json_text(yyjson_obj_get(object, "metadata"), "name"));
}

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

static int put(void *cache, yyjson_val *object)
{
    yyjson_val *metadata = yyjson_obj_get(object, "metadata");
    struct view kind = json_text(yyjson_obj_get(metadata, "labels"), RECORD_CACHE_LABEL);
    struct view text = json_text(yyjson_obj_get(object, "data"), RECORD_CACHE_KEY);
    struct view name = json_text(metadata, "name");
    struct view version = json_text(metadata, "resourceVersion"), kept;
    struct arena arena;
    int status;

    if (name.n == 0 || version.n == 0 || version.n > LIMIT_KUBE_VERSION || !text.p ||
        text.n > LIMIT_RECORD || !view_eq_str(kind, RECORD_CACHE_KIND)) {
        drop(cache, object);
        return 0;
    }
    arena_init(&arena, 2 * LIMIT_RECORD);
    kept = joined(version, text, &arena);
    status = text_cache_put(cache, name, kept);
    arena_release(&arena);
    return kept.p ? status : -1;
}

struct watch_handler record_cache_handler(void)
{
    return text_cache_handler(put, drop);
}

static struct record_cache_entry entry_of(struct view name, struct view kept)
{
    struct record_cache_entry entry = {.name = name};

    view_cut(kept, '\n', &entry.version, &entry.text);
    return entry;
}

int record_cache_find(struct text_cache *c, struct view name, int64_t now, struct arena *arena,
                      struct record_cache_entry *out)
{
    struct view kept;

    switch (text_cache_find(c, name, now, arena, &kept)) {
    case TEXT_FOUND: *out = entry_of(name, kept); return 1;
    case TEXT_NONE: return 0;
    case TEXT_UNKNOWN: return -1;
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

int record_cache_each(struct text_cache *c,
                      void (*take)(void *ctx, const struct record_cache_entry *entry), void *ctx)
{
    struct taker taker = {take, ctx};

    return text_cache_each(c, take_kept, &taker);
}
