#ifndef TG_POLICY_OBJECT_DOWNWARD_H
#define TG_POLICY_OBJECT_DOWNWARD_H

#include "base/view.h"

#include <stdbool.h>

struct yyjson_val;

/* A walk over what a pod reads of its own labels and annotations through the downward API: the
 * fieldPath of each fieldRef, in variables and volumes of any kind.
 * https://kubernetes.io/docs/concepts/workloads/pods/downward-api/ */
struct downward {
    struct yyjson_val *at, *end;
    struct view map; /* "labels" or "annotations" */
    struct view key; /* the one that is read; absent: all of the map */
};

/* Begins a walk over the spec of a pod, of a document that was read (yyjson_doc); it may be NULL.
 */
void downward_begin(struct downward *d, struct yyjson_val *spec);

/* Steps to the next; false past the last. A path of a spelling that is not known counts as all of
 * its map. Pure; any thread. */
bool downward_next(struct downward *d);

/* True when such a spec reads that key of "labels" or "annotations". */
bool downward_reads(struct yyjson_val *spec, const char *map, const char *key);

#endif
