#ifndef TG_ROLLOUT_ACT_HTTP_FETCH_H
#define TG_ROLLOUT_ACT_HTTP_FETCH_H

#include "base/buf.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

/* Requests to servers other than the API server: applications, Prometheus, Slack. Over http, or
 * https verified by the system's CAs or those of a file; no redirect is followed, no proxy used.
 * Each goes over a connection of its own: one that was kept would lead to the pod that answered
 * last, whatever became of its Service meanwhile. */
struct http_fetch;

/* One thread uses it at a time, but for http_fetch_stop. NULL when memory runs out. */
struct http_fetch *http_fetch_create(void);
void http_fetch_free(struct http_fetch *f);
void http_fetch_stop(
    struct http_fetch *f); /* ends what is underway and each later one; any thread */

/* Waits; returns false when it was stopped meanwhile. */
bool http_fetch_wait(struct http_fetch *f, int64_t milliseconds);

struct http_fetch_request {
    const char *url;
    const char *ca_file;        /* or NULL */
    const char *const *headers; /* "Name: value", ended by NULL; or NULL */
    struct view body;           /* with p a POST, else a GET */
    unsigned seconds;           /* until all of it is there; 0 is not a limit */
};

struct http_fetch_answer {
    unsigned status;     /* of HTTP; 0: none came */
    struct buf body;     /* the first LIMIT_FETCH_BODY bytes; the caller inits and releases it */
    int64_t retry_after; /* milliseconds that it asks to wait for; 0: it does not say */
    bool asked; /* false with a problem: nothing can be said of the server, not even its address
                   is known, or it is our own trouble */
    char problem[256]; /* one line, when no answer came; never the URL's path, query or user */
};

/* Returns 0 when an answer came, whatever its status; else -1 with the problem. What it needs the
 * request for ends with the call. */
int http_fetch_do(struct http_fetch *f, const struct http_fetch_request *request,
                  struct http_fetch_answer *answer);

#endif
