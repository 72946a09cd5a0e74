#ifndef TG_SERVER_SERVER_STATE_H
#define TG_SERVER_SERVER_STATE_H

#include "base/buf.h"
#include "base/view.h"
#include "policy/object/cluster_view.h"
#include "server/metrics/server_counters.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct cluster;
struct decision_log;
struct log;
struct policy_set;
struct rule_counters;

/* What all requests share: the rules in force, the counters, the logs, and whether it is ready. */
struct server_state {
    struct server_counters counters;
    struct log *log; /* both logs outlive the gate */
    struct decision_log *decisions;
    struct cluster_view cluster_view;
    struct cluster *cluster; /* NULL: none; outlives the gate */
    int64_t review_cpu;      /* processor time of one review, in nanoseconds: LIMIT_REVIEW_CPU */
    pthread_mutex_t lock;
    /* guarded by lock: */
    struct rule_counters *rules; /* NULL until the first set is there */
    bool serving, stopping;
    struct buf rules_problem, certificate_problem; /* why the newest files are not in force */
};

void server_state_init(struct server_state *g, struct log *log, struct decision_log *decisions);

/* No request may be underway any more. */
void server_state_release(struct server_state *g);

/* Puts a set in force, taking the caller's reference; reviews that run go on with the one that they
 * began with. Returns 0, or -1 when memory runs out: the old one stays, the new one is gone. */
int server_state_use_rules(struct server_state *g, struct policy_set *set);

/* Notes that new rules (new certificate files) are not in force and why, or with an absent view
 * that the newest are. */
void server_state_note_rules(struct server_state *g, struct view problem);
void server_state_note_certificate(struct server_state *g, struct view problem);

/* The port answers; the server is about to stop. */
void server_state_set_serving(struct server_state *g);
void server_state_set_stopping(struct server_state *g);

/* The rules in force, with a reference for the caller; NULL when there are none yet. Any thread. */
struct rule_counters *server_state_rules(struct server_state *g);

/* The same as a set alone; server is a struct server_state, so that this fits cluster_options. */
struct policy_set *server_state_set(void *server);

/* True when reviews can be answered; appends why not, or with `verbose` a line on each part. Any
 * thread. */
bool server_state_is_ready(struct server_state *g, bool verbose, struct buf *out);

/* Appends all metrics. Any thread. */
void server_state_write_metrics(struct server_state *g, struct buf *out);

#endif
