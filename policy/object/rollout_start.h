#ifndef TG_POLICY_OBJECT_ROLLOUT_START_H
#define TG_POLICY_OBJECT_ROLLOUT_START_H

struct request;

/* An UPDATE that makes a controller roll out a pod template that does not run yet: a paused
 * Deployment is resumed, a StatefulSet's partition is lowered, ... Returns the path of the field by
 * which an UPDATE does that; NULL when it does not. The status of the old object says what runs;
 * controllers write it through the status subresource. Where it does not say, nothing is known to
 * run. Scaling starts nothing. Whether the template changes is not looked at. Pure; any thread. */
const char *rollout_start_of(const struct request *r);

#endif
