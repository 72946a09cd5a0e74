#include "policy/object/pod_counts.h"

#include <yyjson.h>

static int64_t number(yyjson_val *map, const char *key)
{
    return yyjson_get_sint(yyjson_obj_get(map, key));
}

static int64_t at_least_0(int64_t n)
{
    return n > 0 ? n : 0;
}

static int64_t first_of(yyjson_val *map, const char *key, const char *other)
{
    return number(map, yyjson_obj_get(map, key) ? key : other);
}

static int64_t replicas(yyjson_val *spec)
{
    return yyjson_obj_get(spec, "replicas") ? number(spec, "replicas") : 1;
}

void pod_counts_deployment(yyjson_val *spec, yyjson_val *status, struct pod_counts *out)
{
    out->desired = replicas(spec);
    out->total = number(status, "replicas");
    out->available = number(status, "availableReplicas");
    out->updated = number(status, "updatedReplicas");
}

void pod_counts_statefulset(yyjson_val *spec, yyjson_val *status, struct pod_counts *out)
{
    yyjson_val *strategy = yyjson_obj_get(spec, "updateStrategy");
    int64_t below = number(yyjson_obj_get(strategy, "rollingUpdate"), "partition");

    out->desired = at_least_0(replicas(spec) - below);
    out->total = at_least_0(number(status, "replicas") - below);
    out->available = at_least_0(first_of(status, "availableReplicas", "readyReplicas") - below);
    out->updated = number(status, "updatedReplicas");
    if (out->updated > out->total)
        out->updated = out->total; /* those below were made of this template too */
}

void pod_counts_daemonset(yyjson_val *spec, yyjson_val *status, struct pod_counts *out)
{
    (void)spec;
    out->desired = number(status, "desiredNumberScheduled");
    out->total = number(status, "currentNumberScheduled");
    out->available = number(status, "numberAvailable");
    out->updated = number(status, "updatedNumberScheduled");
}
