#include "kube/namespace_cache.h"

#include "base/json/json_block.h"
#include "kube/cache.h"
#include "kube/limits.h"

#include <yyjson.h>

static int extract(const struct cache_object *object, struct arena *arena, struct view *block)
{
    yyjson_val none = {.tag = YYJSON_TYPE_OBJ, .uni.ofs = sizeof(none)};
    yyjson_val *labels = yyjson_obj_get(yyjson_obj_get(object->value, "metadata"), "labels");

    *block = json_block_write(yyjson_is_obj(labels) ? labels : &none, arena);
    return block->p ? 1 : -1;
}

struct cache *namespace_cache_create(size_t limit)
{
    const struct cache_options options = {
        .limit = limit,
        .max_age = LIMIT_NAMESPACES_AGE * INT64_C(1000000000),
        .extract = extract,
    };

    return cache_create(&options);
}

bool namespace_cache_labels(struct cache *c, struct view name, int64_t now, struct arena *arena,
                            yyjson_val **labels)
{
    struct view block;

    if (cache_find(c, name, now, arena, &block) != CACHE_FOUND)
        return false;
    *labels = json_block_open(block);
    return true;
}
