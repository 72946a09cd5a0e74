#ifndef TG_KUBE_CLIENT_H
#define TG_KUBE_CLIENT_H

#include "base/buf.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct kube;
struct yyjson_val;

/* Calls of one API server over verified TLS, one after another, on connections that are kept. One
 * thread uses a client at a time; only client_stop may be called by others meanwhile. */
struct client;

/* A client of that cluster. NULL when memory runs out. Opens no connection yet. */
struct client *client_create(const struct kube *kube);
void client_free(struct client *c);

/* Ends the call or the wait that is underway, and each later one before it begins. Any thread. */
void client_stop(struct client *c);
bool client_is_stopped(const struct client *c);

/* Each call from now on ends by that instant of clock_monotonic_ns, even if its own timeout is
 * longer; 0: no such limit. */
void client_end_by(struct client *c, int64_t instant);

/* What is asked for, and how long it may take. What is not set is 0. */
struct client_call {
    /* As RBAC has them; constants. The verb says the method: get, list and watch are a GET, create
     * is a POST, update a PUT, patch a PATCH, delete a DELETE. */
    const char *verb, *resource;
    const char *path;   /* with its query, from the slash on */
    const char *accept; /* media types; NULL: application/json */
    const char *type;   /* of the body, one of CLIENT_...; NULL: CLIENT_JSON */
    struct view body;   /* absent: none is sent */
    unsigned seconds;   /* until all of it is there; 0: LIMIT_KUBE_TIME */
    unsigned silence;   /* seconds without a byte that end it; 0: any */
    /* A call that gets no answer, or 429 or 5xx, is tried again until this instant of
     * clock_monotonic_ns; 0: it is tried once. What was asked for may have been done although no
     * answer came, so a create may then find that it already exists, and a write with a
     * resourceVersion that there is a conflict. */
    int64_t until;
    bool any_status; /* each is a success: it is not the API server's but of what it leads to */
    /* The headers of a success are there; what came before, of an earlier try, counts no more.
     * NULL: never mind. */
    void (*begun)(void *ctx);
    /* Gets the body of a success piece by piece, as it comes. -1 ends the call, and the caller
     * knows the problem. NULL: never mind. */
    int (*take)(void *ctx, struct view piece);
    void *ctx;
};

/* Types of bodies. https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply */
#define CLIENT_JSON            "application/json"
#define CLIENT_JSON_PATCH      "application/json-patch+json"
#define CLIENT_MERGE_PATCH     "application/merge-patch+json"
#define CLIENT_STRATEGIC_PATCH "application/strategic-merge-patch+json"

/* What came of it, of the last try. */
struct client_answer {
    unsigned status;     /* of HTTP; 0: no answer came */
    int64_t retry_after; /* milliseconds that a 429 or a 503 asks to wait for; 0: it does not say */
    bool late;         /* the API server was reached, and the time was over before all was there */
    char reason[64];   /* of a Status (meta.k8s.io/v1), "Conflict"; empty: none */
    char problem[512]; /* one line on what went wrong; never a secret */
};

/* Asks. Returns 0 when a success (200, 201 or 202) came whole; else -1 with the problem. */
int client_do(struct client *c, const struct client_call *call, struct client_answer *answer);

/* The same, with the whole answer in body, which has the limit LIMIT_KUBE_ANSWER: what is larger is
 * a problem. The call's begun, take and ctx do not count. */
int client_text(struct client *c, const struct client_call *call, struct buf *body,
                struct client_answer *answer);

/* The same, for an answer of at most LIMIT_KUBE_ANSWER bytes that is JSON: its root, which lives as
 * long as the arena; NULL with the problem. The call's begun, take and ctx do not count. */
struct yyjson_val *client_json(struct client *c, const struct client_call *call,
                               struct arena *arena, struct client_answer *answer);

/* The whole message of the Status that the last call was refused with, copied into the arena: a
 * denial has several lines. Absent: it was not a Status. */
struct view client_message(const struct client *c, struct arena *arena);

/* Milliseconds that the last answer asked to wait for, as client_answer has them. */
int64_t client_retry_after(const struct client *c);

/* Waits; returns false when it was stopped meanwhile. */
bool client_wait(struct client *c, int64_t milliseconds);

/* Appends ?KEY=VALUE, or &KEY=VALUE behind a first one, with the value percent-encoded. */
void client_query(struct buf *path, const char *key, struct view value);

#endif
