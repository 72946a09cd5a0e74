#ifndef TG_ROLLOUT_ACT_PROBE_WORKER_H
#define TG_ROLLOUT_ACT_PROBE_WORKER_H

#include "base/view.h"
#include "rollout/judge/judge.h"

#include <stdbool.h>
#include <stddef.h>

struct calls;
struct config;
struct guard_http;
struct guard_query;
struct prober;

/* Smoke requests and Prometheus queries, asked by threads of its own so that a slow answer holds
 * nobody up. What they come to: rollout/judge/probe_result.h. */
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

/* The options are copied, what they point to outlives it. NULL: memory or threads are out. */
struct prober *prober_start(const struct prober_options *options);

/* Ends what is underway and what waits, without an answer. NULL is allowed. */
void prober_stop(struct prober *p);

/* Asks; everything is copied. Never waits. One question of a rollout and index at a time is the
 * caller's to keep. A question past LIMIT_PROBES, or for which there is no memory, is answered
 * before the call returns, by the caller's own thread: as one that tells nothing. */
void prober_ask_http(struct prober *p, struct view uid, struct view namespace_, size_t index,
                     const struct guard_http *http);
void prober_ask_prometheus(struct prober *p, struct view uid, size_t index,
                           const struct guard_query *query);

#endif
