#ifndef TG_KUBE_EVENT_STREAM_H
#define TG_KUBE_EVENT_STREAM_H

#include "base/buf.h"
#include "base/view.h"

struct yyjson_val;

enum event_type {
    EVENT_UPSERT, /* ADDED or MODIFIED */
    EVENT_DELETED,
    EVENT_BOOKMARK,
    EVENT_ERROR, /* the object is a Status (meta.k8s.io/v1) */
};

struct event {
    enum event_type type;
    struct yyjson_val *object;
    struct view version; /* the object's resourceVersion; absent of an error */
    bool skipped; /* too large: the object is read from its first LIMIT_KUBE_BEGINNING bytes, or
                     NULL; its version may be absent */
};

/* The body of a watch, cut into events as it comes: one WatchEvent (meta.k8s.io/v1) a line, each
 * forgotten before the next. One thread at a time.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
struct event_stream {
    /* Gets each event, which is valid during the call; -1 ends the stream. */
    int (*take)(void *ctx, const struct event *event);
    void *ctx;
    struct buf line;     /* its beginning, when the end has not come yet */
    bool skips;          /* what comes up to the next line end */
    const char *problem; /* of a line that is not an event; a constant */
};

/* A stream at its beginning. Allocates nothing yet. */
void event_stream_init(struct event_stream *s, int (*take)(void *ctx, const struct event *event),
                       void *ctx);
void event_stream_release(struct event_stream *s);

/* Takes the next piece of the body. Returns 0; or -1 when `take` did, when memory runs out, or with
 * the problem after a line that is not an event. A line longer than LIMIT_KUBE_EVENT is skipped,
 * and handed over as too large. */
int event_stream_read(struct event_stream *s, struct view piece);

#endif
