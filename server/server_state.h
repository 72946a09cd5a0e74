#ifndef TG_SERVER_SERVER_STATE_H
#define TG_SERVER_SERVER_STATE_H

#include "base/buf.h"
#include "base/view.h"
#include "policy/object/cluster_view.h"
#include "server/metrics/metrics.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct cluster;
struct decision_log;
struct log;
struct policy_set;
struct rules;

/* What all requests share: the rules in force, the counters, the logs, and how the door is. */
struct gate {
    struct metrics metrics;
    struct log *log; /* both logs outlive the gate */
    struct decision_log *decisions;
    struct world world;
    struct cluster *cluster; /* NULL: none; outlives the gate */
    int64_t review_cpu;      /* processor time of one review, in nanoseconds: LIMIT_REVIEW_CPU */
    pthread_mutex_t lock;
    /* guarded by lock: */
    struct rules *rules; /* NULL until the first set is there */
    bool serving, stopping;
    struct buf rules_problem, certificate_problem; /* why the newest files are not in force */
};

void gate_init(struct gate *g, struct log *log, struct decision_log *decisions);

/* No request may be underway any more. */
void gate_release(struct gate *g);

/* Puts a set in force, taking the caller's reference; reviews that run go on with the one that they
 * began with. Returns 0, or -1 when memory is out: the old one stays, the new one is gone. */
int gate_use_rules(struct gate *g, struct policy_set *set);

/* Notes that new rules (new certificate files) are not in force and why, or with an absent view
 * that the newest are. */
void gate_note_rules(struct gate *g, struct view problem);
void gate_note_certificate(struct gate *g, struct view problem);

/* The port answers; the server is about to stop. */
void gate_set_serving(struct gate *g);
void gate_set_stopping(struct gate *g);

/* The rules in force, with a reference for the caller; NULL when there are none yet. Any thread. */
struct rules *gate_rules(struct gate *g);

/* True when reviews can be answered; appends why not, or with `verbose` a line on each part. Any
 * thread. */
bool gate_is_ready(struct gate *g, bool verbose, struct buf *out);

/* Appends all metrics. Any thread. */
void gate_write_metrics(struct gate *g, struct buf *out);

#endif
