#ifndef TG_ROLLOUT_PROBER_H
#define TG_ROLLOUT_PROBER_H

#include "base/view.h"
#include "rollout/judge.h"

#include <stdbool.h>
#include <stddef.h>

struct calls;
struct config;
struct guard_http;
struct guard_query;
struct prober;

/* Smoke requests and Prometheus queries, asked by threads of its own so that a slow answer holds
 * nobody up. */
struct prober_options {
    const struct config *config; /* for the API server's service proxy */
    struct calls *calls;
    const char *prometheus; /* its URL, without /api/v1; NULL: none */
    const char *prometheus_ca_file, *prometheus_token_file; /* or NULL */
    unsigned threads;
    /* Told each answer, by one of the threads; uid is valid during the call. */
    void (*answered)(void *ctx, struct view uid, bool prometheus, size_t index,
                     const struct probe_answer *answer);
    void *ctx;
};

struct prober *prober_start(const struct prober_options *options); /* NULL: memory or threads out */
void prober_stop(struct prober *p); /* ends what is underway; NULL is allowed */

/* Asks; everything is copied. A question past LIMIT_PROBES is answered at once as a failure that
 * says so. Never waits. One question of a rollout and index at a time is the caller's to keep. */
void prober_ask_http(struct prober *p, struct view uid, struct view namespace_, size_t index,
                     const struct guard_http *http);
void prober_ask_prometheus(struct prober *p, struct view uid, size_t index,
                           const struct guard_query *query);

#endif
