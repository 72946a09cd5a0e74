#include "kube/namespace_cache.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "kube/limits.h"
#include "kube/text_cache.h"

#include <yyjson.h>

struct text_cache *namespace_cache_create(size_t limit)
{
    return text_cache_create(limit, LIMIT_NAMESPACES_AGE * INT64_C(1000000000));
}

int namespace_cache_put(void *cache, yyjson_val *object)
{
    yyjson_val *metadata = yyjson_obj_get(object, "metadata");
    yyjson_val *labels = yyjson_obj_get(metadata, "labels");
    struct view name = json_text(metadata, "name"), text = VIEW("{}");
    struct arena arena;
    yyjson_alc memory;
    int status;

    if (name.n == 0)
        return 0;
    arena_init(&arena, LIMIT_KUBE_EVENT);
    memory = json_memory(&arena);
    if (yyjson_is_obj(labels))
        text.p = yyjson_val_write_opts(labels, 0, &memory, &text.n, NULL);
    status = text_cache_put(cache, name, text);
    arena_release(&arena);
    return text.p ? status : -1;
}

void namespace_cache_drop(void *cache, yyjson_val *object)
{
    text_cache_drop(cache, json_text(yyjson_obj_get(object, "metadata"), "name"));
}

struct watch_handler namespace_cache_handler(void)
{
    return text_cache_handler(namespace_cache_put, namespace_cache_drop);
}

bool namespace_cache_labels(struct text_cache *c, struct view name, int64_t now,
                            struct arena *arena, yyjson_val **labels)
{
    yyjson_alc memory = json_memory(arena);
    struct view text;
    yyjson_doc *doc;

    if (text_cache_find(c, name, now, arena, &text) != TEXT_FOUND)
        return false;
    doc = yyjson_read_opts((char *)(uintptr_t)text.p, text.n, 0, &memory, NULL);
    *labels = yyjson_doc_get_root(doc);
    return doc != NULL;
}
