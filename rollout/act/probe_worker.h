#ifndef TG_ROLLOUT_ACT_PROBE_WORKER_H
#define TG_ROLLOUT_ACT_PROBE_WORKER_H

#include "base/view.h"
#include "rollout/judge/judge.h"

#include <stdbool.h>
#include <stddef.h>

struct guard_http;
struct guard_query;
struct kube;
struct probe_worker;

/* Smoke requests and Prometheus queries, asked by threads of its own so that a slow answer holds
 * nobody up. What they come to: rollout/judge/probe_result.h. */
struct probe_worker_options {
    const char *prometheus; /* its URL, without /api/v1; NULL: none */
    const char *prometheus_ca_file, *prometheus_token_file; /* or NULL */
    unsigned threads;                                       /* 1 to WORKER_THREADS */
    /* Told each answer, by one of the threads; uid is valid during the call. */
    void (*answered)(void *ctx, struct view uid, bool prometheus, size_t index,
                     const struct probe_answer *answer);
    void *ctx;
};

/* The API server is asked for its service proxy. The options are copied, what they point to
 * outlives it. NULL: memory or threads are out. */
struct probe_worker *probe_worker_start(const struct kube *kube,
                                        const struct probe_worker_options *options);

/* Ends what is underway and what waits, without an answer. NULL is allowed. */
void probe_worker_stop(struct probe_worker *p);

/* Asks; everything is copied. Never waits. One question of a rollout and index at a time is the
 * caller's to keep. A question past LIMIT_PROBES, or for which there is no memory, is answered
 * before the call returns, by the caller's own thread: as one that tells nothing. */
void probe_worker_ask_http(struct probe_worker *p, struct view uid, struct view namespace_,
                           size_t index, const struct guard_http *http);
void probe_worker_ask_prometheus(struct probe_worker *p, struct view uid, size_t index,
                                 const struct guard_query *query);

#endif
