#ifndef TG_KUBE_WATCH_H
#define TG_KUBE_WATCH_H

#include <stdbool.h>

struct buf;
struct kube;
struct yyjson_val;

/* What a watch tells of its objects, all of it from its own thread. Objects are valid during the
 * call. Whole ones that come in a list have no apiVersion and kind. */
struct watch_handler {
    void (*list_begin)(void *ctx); /* a list of all begins */
    /* It is there, new or changed. Returns -1 when there is no memory to keep it: everything is
     * then listed again. */
    int (*upsert)(void *ctx, struct yyjson_val *object);
    /* It is there, and too large to be read: how it is is not known. Of its metadata there is what
     * comes first in it; NULL: which one it is is not known, either. */
    void (*skip)(void *ctx, struct yyjson_val *object);
    void (*remove)(void *ctx, struct yyjson_val *object); /* it is gone */
    void (*list_end)(void *ctx);  /* the list is whole: what it did not name is gone */
    void (*heartbeat)(void *ctx); /* all that came before this word was told */
};

struct watch_options {
    const char *path;  /* "/api/v1/namespaces" */
    const char *group; /* as RBAC has them: "", "namespaces" */
    const char *resource;
    const char *selector; /* of labels, "app=web,stage!=test"; NULL: all objects */
    const char *name;     /* of the one object that is followed; NULL: all of them */
    bool whole;           /* objects as they are; else apiVersion, kind and metadata only */
    struct watch_handler handler;
    void *ctx;
};

/* All objects of one resource that the selectors take, listed page by page and then followed on a
 * thread of its own, until it is stopped. A watch that ends goes on where it was; one that cannot
 * (410 Gone), or had no connection for LIMIT_KUBE_RESUME, begins with a list again. Failures
 * are tried again, ever less often, as the API server asks or up to LIMIT_KUBE_WAIT apart, and are
 * told to the log when they begin, change and end.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
struct watch;

/* Starts one; what the options point to outlives it. NULL when memory or threads are out. */
struct watch *watch_start(const struct kube *kube, const struct watch_options *options);

/* Ends the call that is underway and the thread, and frees it. NULL is allowed. */
void watch_stop(struct watch *w);

/* True while it follows; else appends why it does not, with the rule of RBAC that is missing where
 * that is it. Any thread. */
bool watch_is_following(struct watch *w, struct buf *why);

#endif
