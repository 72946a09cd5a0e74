/* Any bytes are the body of a watch, told the same wherever they are cut, into a cache that keeps
 * what it says. The first byte says where they are cut. */
#include "kube/cache.h"
#include "kube/event_stream.h"
#include "kube/namespace_cache.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    struct cache *cache;
    size_t events;
};

static int take(void *ctx, const struct event *event)
{
    struct heard *heard = ctx;

    heard->events++;
    if (event->type == EVENT_UPSERT)
        cache_put(heard->cache, 0, event->object, 0);
    else if (event->type == EVENT_DELETED)
        cache_drop(heard->cache, 0, event->object);
    else if (event->type == EVENT_ERROR)
        return -1;
    return 0;
}

static struct heard hear(const char *body, size_t size, size_t step)
{
    struct heard heard = {namespace_cache_create(1 << 16), 0};
    struct event_stream s;

    event_stream_init(&s, take, &heard);
    for (size_t at = 0; at < size; at += step) {
        struct view piece = {body + at, size - at < step ? size - at : step};

        if (event_stream_read(&s, piece) < 0)
            break;
    }
    event_stream_release(&s);
    return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heard whole, cut;

    if (size < 2)
        return 0;
    whole = hear((const char *)data + 1, size - 1, size);
    cut = hear((const char *)data + 1, size - 1, data[0] + 1u);
    if (whole.events != cut.events || cache_count(whole.cache) != cache_count(cut.cache))
        abort();
    cache_free(whole.cache);
    cache_free(cut.cache);
    return 0;
}
