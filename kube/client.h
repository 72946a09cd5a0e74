#ifndef TG_KUBE_CLIENT_H
#define TG_KUBE_CLIENT_H

#include "base/buf.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct calls;
struct config;

/* Calls of one API server over verified TLS, one after another, on connections that are kept. One
 * thread uses a client at a time; only client_stop may be called by others meanwhile. */
struct client;

/* A client whose calls are counted in `calls`; both arguments outlive it. NULL when memory is out.
 * Opens no connection yet. */
struct client *client_create(const struct config *config, struct calls *calls);
void client_free(struct client *c);

/* Ends the call or the wait that is underway, and each later one before it begins. Any thread. */
void client_stop(struct client *c);
bool client_is_stopped(const struct client *c);

/* What is asked for, and how long it may take. */
struct client_call {
    const char *verb, *resource; /* as RBAC has them; constants */
    const char *path;            /* with its query, from the slash on */
    const char *accept;          /* media types */
    unsigned seconds;            /* until all of it is there */
    unsigned silence;            /* seconds without a byte that end it; 0: any */
    /* The headers of a 200 are there. NULL: never mind. */
    void (*begun)(void *ctx);
    /* Gets the body of a 200 piece by piece, as it comes. -1 ends the call, and the caller knows
     * the problem. */
    int (*take)(void *ctx, struct view piece);
    void *ctx;
};

/* What came of it. */
struct client_answer {
    unsigned status;     /* of HTTP; 0: no answer came */
    int64_t retry_after; /* milliseconds that a 429 or a 503 asks to wait for; 0: it does not say */
    char problem[512];   /* one line on what went wrong; never a secret */
};

/* GETs a path. Returns 0 when a 200 came whole; else -1 with the problem. */
int client_get(struct client *c, const struct client_call *call, struct client_answer *answer);

/* Waits; returns false when it was stopped meanwhile. */
bool client_wait(struct client *c, int64_t milliseconds);

/* Appends ?KEY=VALUE, or &KEY=VALUE behind a first one, with the value percent-encoded. */
void client_query(struct buf *path, const char *key, struct view value);

#endif
