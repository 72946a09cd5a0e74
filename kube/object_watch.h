#ifndef TG_KUBE_OBJECT_WATCH_H
#define TG_KUBE_OBJECT_WATCH_H

#include <stdbool.h>

struct buf;
struct json_t;
struct watch_options;

/* The newest state of one object, kept up to date by a watch. */
struct object_watch;

/* Starts to follow the object that the options name; their handler and ctx do not count. What they
 * point to outlives it. After each change, and once it is known whether the object is there, news
 * is called on the watch's thread; NULL: nobody is told. NULL when memory or threads are out. */
struct object_watch *object_watch_start(const struct watch_options *options,
                                        void (*event)(void *ctx), void *ctx);

/* Ends it; NULL is allowed. */
void object_watch_stop(struct object_watch *f);

/* Whether it is known how the object is: then *object is a copy of its newest state, the caller's,
 * or NULL when the object is not there. Any thread. */
bool object_watch_object(struct object_watch *f, struct json_t **object);

/* As watch_is_following. Any thread. */
bool object_watch_is_following(struct object_watch *f, struct buf *why);

#endif
