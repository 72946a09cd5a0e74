#ifndef TG_SERVER_CLUSTER_H
#define TG_SERVER_CLUSTER_H

#include "base/view.h"
#include "policy/object/cluster_view.h"
#include "rollout/controller.h"
#include "server/rules/rule_configmaps.h"
#include "server/rules/rule_objects.h"
#include "server/tls/tls_secret.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct buf;
struct config;
struct decision_log;
struct log;
struct metric_sources;
struct policy_set;

/* The cluster that the webhook serves: its namespaces, followed by a watch, and the guard of its
 * rollouts. */
struct cluster;

struct cluster_options {
    const struct config *config;
    struct log *log;
    struct decision_log *decisions; /* that the guard writes to */
    struct view own_namespace;      /* of the guard's records and Lease */
    struct view identity;           /* of this replica among those that could lead */
    /* The rules in force, with a reference for the caller; NULL when there are none. Any thread. */
    struct policy_set *(*rules_in_force)(void *ctx);
    void *ctx;
    const char *prometheus, *prometheus_ca_file, *prometheus_token_file; /* or NULL */
    const char *notifiers;                                               /* directory, or NULL */
    const char *schemas;                                                 /* the same */
    bool no_pod_logs; /* the guard does not read the last words of containers */
    struct tls_secret_options tls;
    struct rule_configmaps_options rules;
    bool rule_objects; /* objects of the cluster are rules */
};

/* Begins to follow it; asks nothing before it returns. What the options point to outlives it. NULL
 * when memory or threads are out. */
struct cluster *cluster_start(const struct cluster_options *options);

/* Ends the watches at once, and gives up leading. No review may be underway any more; NULL is
 * allowed. */
void cluster_stop(struct cluster *c);

/* The Secret of certificates that is followed; NULL: the options name none. It ends with the
 * cluster. */
struct tls_secret *cluster_tls_secret(struct cluster *c);

/* The ConfigMaps of rules that are followed; NULL: the options have no label of theirs. They end
 * with the cluster. */
struct rule_configmaps *cluster_rule_maps(struct cluster *c);

/* The same of the rules that are objects. */
struct rule_objects *cluster_rule_objects(struct cluster *c);

/* Other rules are in force: their paths are looked after, later. Any thread. */
void cluster_look_at_rules(struct cluster *c);

/* Fills the cluster view of one review, or of one pass of the guard; cluster may be NULL: nothing
 * is known. Its answers live in the arena. Returns 0; or -1 when memory is out: what the cluster
 * contains is then unknown, which is not the same as empty. */
int cluster_enter(struct cluster *c, struct arena *arena, struct cluster_view *cluster_view);

/* Appends a line of the readiness page. Any thread. */
void cluster_write_state(struct cluster *c, struct buf *out);

/* What the metrics of the cluster are made of. */
struct cluster_figures {
    struct controller_figures guard;
    struct tls_secret_figures certificates;
};

/* Fills the figures in, and puts them and the rest that is known of the cluster into sources. Any
 * thread. */
void cluster_figures(struct cluster *c, struct cluster_figures *figures,
                     struct metric_sources *sources);

#endif
