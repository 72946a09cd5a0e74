#ifndef TG_POLICY_OBJECT_ROLLOUT_START_H
#define TG_POLICY_OBJECT_ROLLOUT_START_H

struct request;

/* What makes a controller take up a pod template that is there and does not run yet: a paused
 * Deployment is resumed, a StatefulSet's partition is lowered, ... Returns the path of the field by
 * which an UPDATE does that; NULL when it does not. What runs is told by the status of the old
 * object, which controllers write through the status subresource; where that does not tell, nothing
 * is known to run. Scaling starts nothing. Whether the template changes is not looked at. Pure; any
 * thread. */
const char *rollout_start_of(const struct request *r);

#endif
