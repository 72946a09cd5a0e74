#ifndef TG_ROLLOUT_FETCH_H
#define TG_ROLLOUT_FETCH_H

#include "base/buf.h"
#include "base/view.h"

#include <stddef.h>

/* Requests of servers that are no API server: applications, Prometheus, Slack. Over http, or https
 * verified by the system's CAs or those of a file; no redirect is followed, no proxy used. */
struct fetch;

/* One thread uses it at a time, but for fetch_stop. NULL when memory is out. */
struct fetch *fetch_create(void);
void fetch_free(struct fetch *f);
void fetch_stop(struct fetch *f); /* ends what is underway and each later one; any thread */

struct fetch_request {
    const char *url;
    const char *ca_file;        /* or NULL */
    const char *const *headers; /* "Name: value", ended by NULL; or NULL */
    struct view body;           /* with p a POST, else a GET */
    unsigned seconds;           /* until all of it is there */
};

struct fetch_answer {
    unsigned status;   /* of HTTP; 0: none came */
    struct buf body;   /* the first LIMIT_FETCH_BODY bytes; the caller inits and releases it */
    char problem[256]; /* one line, when no answer came; never the URL's secrets */
};

/* Returns 0 when an answer came, whatever its status; else -1 with the problem. */
int fetch_do(struct fetch *f, const struct fetch_request *request, struct fetch_answer *answer);

#endif
