#ifndef TG_KUBE_DEFAULTS_H
#define TG_KUBE_DEFAULTS_H

#include <jansson.h>

/* Fills into an object of a workload kind what the API server fills in when it is written, as far
 * as a rule can look at it: restart policy, replicas and strategy, empty volumes, probes, pull
 * policies, a Pod's requests from its limits, quantities that are numbers. Other objects, and
 * values of a wrong type, are left alone. Returns 0, or -1 when memory runs out. Any thread.
 * Source: pkg/apis/{core,apps,batch}/v1/defaults.go of Kubernetes 1.35. */
int defaults_fill(json_t *object);

#endif
