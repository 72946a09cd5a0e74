#include "kube/object_watch.h"

#include "base/json/json.h"
#include "base/mem.h"
#include "kube/watch.h"

#include <jansson.h>
#include <pthread.h>

struct object_watch {
    struct watch *watch;
    struct view name;
    void (*event)(void *ctx);
    void *ctx;
    bool listed; /* by the list that is underway; of the watch's thread */
    pthread_mutex_t lock;
    /* guarded by lock: */
    bool known, skipped; /* its newest state was too large to be read */
    json_t *object;      /* NULL: it is not there */
};

static bool is_it(const struct object_watch *f, yyjson_val *object)
{
    return view_eq(json_text(yyjson_obj_get(object, "metadata"), "name"), f->name);
}

static void keep(struct object_watch *f, json_t *object, bool skipped)
{
    json_t *old;

    pthread_mutex_lock(&f->lock);
    old = f->object;
    f->object = object;
    f->skipped = skipped;
    pthread_mutex_unlock(&f->lock);
    json_decref(old);
}

static void tell(struct object_watch *f)
{
    bool known;

    pthread_mutex_lock(&f->lock);
    known = f->known;
    pthread_mutex_unlock(&f->lock);
    if (known && f->event)
        f->event(f->ctx);
}

static void begin(void *ctx)
{
    struct object_watch *f = ctx;

    f->listed = false;
}

/* An object that there is no memory for stays as it was, until the next list. */
static int put(void *ctx, yyjson_val *object)
{
    struct object_watch *f = ctx;
    json_t *copy;

    if (!is_it(f, object))
        return 0;
    f->listed = true;
    copy = json_of_value(object);
    if (!copy)
        return -1;
    keep(f, copy, false);
    tell(f);
    return 0;
}

static void skip(void *ctx, yyjson_val *object)
{
    struct object_watch *f = ctx;

    if (object && !is_it(f, object))
        return;
    f->listed = true;
    keep(f, NULL, true);
}

static void drop(void *ctx, yyjson_val *object)
{
    struct object_watch *f = ctx;

    if (!is_it(f, object))
        return;
    keep(f, NULL, false);
    tell(f);
}

static void end(void *ctx)
{
    struct object_watch *f = ctx;

    if (!f->listed)
        keep(f, NULL, false);
    pthread_mutex_lock(&f->lock);
    f->known = true;
    pthread_mutex_unlock(&f->lock);
    tell(f);
}

static void alive(void *ctx)
{
    (void)ctx;
}

struct object_watch *object_watch_start(const struct watch_options *options,
                                        void (*event)(void *ctx), void *ctx)
{
    struct object_watch *f = mem_alloc(sizeof(*f));
    struct watch_options own = *options;

    if (!f)
        return NULL;
    *f = (struct object_watch){.name = view_of(options->name), .event = event, .ctx = ctx};
    pthread_mutex_init(&f->lock, NULL);
    own.handler = (struct watch_handler){begin, put, skip, drop, end, alive};
    own.whole = true;
    own.ctx = f;
    f->watch = watch_start(&own);
    if (f->watch)
        return f;
    object_watch_stop(f);
    return NULL;
}

void object_watch_stop(struct object_watch *f)
{
    if (!f)
        return;
    watch_stop(f->watch);
    json_decref(f->object);
    pthread_mutex_destroy(&f->lock);
    mem_free(f);
}

bool object_watch_object(struct object_watch *f, json_t **object)
{
    bool known;

    pthread_mutex_lock(&f->lock);
    /* A copy: jansson's counts of references are not for two threads. */
    *object = json_deep_copy(f->object);
    known = f->known && !f->skipped && !*object == !f->object;
    pthread_mutex_unlock(&f->lock);
    return known;
}

bool object_watch_is_following(struct object_watch *f, struct buf *why)
{
    return watch_is_following(f->watch, why);
}
