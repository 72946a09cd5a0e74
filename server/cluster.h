#ifndef TG_SERVER_CLUSTER_H
#define TG_SERVER_CLUSTER_H

#include "base/view.h"
#include "policy/world.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct buf;
struct config;
struct log;

/* What the door knows of the cluster that it stands before: the namespaces, followed by a watch. */
struct cluster;

/* Begins to follow it; asks nothing before it returns. The config and the log outlive it. NULL when
 * memory or threads are out. */
struct cluster *cluster_start(const struct config *config, struct log *log);

/* Ends the watch at once. No review may be underway any more; NULL is allowed. */
void cluster_stop(struct cluster *c);

/* How one review asks; the memory of what it is told is the review's. */
struct cluster_view {
    struct cluster *cluster;
    struct arena *arena;
    /* of the last look, since many rules ask for the same: */
    struct view namespace_;
    struct yyjson_val *labels; /* NULL: not known */
};

/* Puts a view of the cluster (which may be NULL: then nothing) into a review's own world. */
void cluster_enter(struct cluster *c, struct cluster_view *view, struct arena *arena,
                   struct world *world);

/* Appends a line of the readiness page, or the metrics in the Prometheus text format. Any thread.
 */
void cluster_write_state(struct cluster *c, struct buf *out);
void cluster_write_metrics(struct cluster *c, struct buf *out);

#endif
