#ifndef TG_POLICY_OBJECT_DELETION_H
#define TG_POLICY_OBJECT_DELETION_H

#include <stdbool.h>

struct arena;
struct request;

/* True for an UPDATE of an object that is being deleted which does no more than a deletion takes:
 * it loses finalizers, and what the API server itself sets changes with that; by the status
 * subresource the status may change, too. False also when the arena or the
 * budget has no room for telling. Any thread. */
bool deletion_settles(const struct request *r, struct arena *arena);

#endif
