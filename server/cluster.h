#ifndef TG_SERVER_CLUSTER_H
#define TG_SERVER_CLUSTER_H

#include "base/view.h"
#include "policy/object/cluster_view.h"
#include "server/rules/rule_configmaps.h"
#include "server/tls/tls_secret.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct buf;
struct config;
struct server_state;
struct log;

/* The cluster that the door stands before: its namespaces, followed by a watch, and the guard of
 * its rollouts. */
struct cluster;

struct cluster_options {
    const struct config *config;
    struct log *log;
    struct server_state *server; /* whose rules and decision log the guard uses */
    struct view identity;        /* of this replica among those that could lead */
    const char *prometheus, *prometheus_ca_file, *prometheus_token_file; /* or NULL */
    const char *notifiers;                                               /* directory, or NULL */
    const char *schemas;                                                 /* the same */
    struct tls_secret_options tls;        /* its config, calls and log are filled in */
    struct rule_configmaps_options rules; /* these and its identity are filled in */
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

/* The gate has other rules in force: their paths are looked after, later. Any thread. */
void cluster_look_at_rules(struct cluster *c);

/* Puts what is known of the cluster (which may be NULL: then nothing) into the world of one review,
 * or of one look of the guard; what it is told lives in the arena. Returns 0; or -1 when memory is
 * out: what the cluster has to say is then not known, and must not be taken for nothing. */
int cluster_enter(struct cluster *c, struct arena *arena, struct cluster_view *cluster_view);

/* Appends a line of the readiness page, or the metrics in the Prometheus text format. Any thread.
 */
void cluster_write_state(struct cluster *c, struct buf *out);
void cluster_write_metrics(struct cluster *c, struct buf *out);

#endif
