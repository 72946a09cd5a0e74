#ifndef TG_ROLLOUT_RECORD_RECORD_GC_H
#define TG_ROLLOUT_RECORD_RECORD_GC_H

#include "base/view.h"

#include <stdint.h>

struct client;
struct cache;

/* Deletes the records of workloads that are gone and of which nothing was noted for
 * LIMIT_RECORD_DAYS: until then one that is created again finds its quarantine. At most
 * LIMIT_RECORD_SWEEP of them a call. The store is whole; of one that had no room for something it
 * cannot be told what is gone. One thread a client. */
void record_gc(struct client *c, struct view namespace_, struct cache *records, struct cache *store,
               int64_t now);

#endif
