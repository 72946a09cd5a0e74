#include "policy/object/rollout_start.h"

#include "base/json/json.h"
#include "policy/object/request.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <yyjson.h>

static yyjson_val *at(yyjson_val *object, const char *map, const char *key)
{
    return yyjson_obj_get(yyjson_obj_get(object, map), key);
}

static int64_t number(yyjson_val *map, const char *key)
{
    return yyjson_get_sint(yyjson_obj_get(map, key));
}

/* --- what lets go ----------------------------------------------------------------------------- */

static bool holds(yyjson_val *object, const char *key)
{
    return yyjson_is_true(at(object, "spec", key));
}

static bool is_resumed(yyjson_val *old, yyjson_val *new)
{
    return holds(old, "paused") && !holds(new, "paused");
}

static bool is_unsuspended(yyjson_val *old, yyjson_val *new)
{
    return holds(old, "suspend") && !holds(new, "suspend");
}

/* The jobs that it makes. */
static bool are_unsuspended(yyjson_val *old, yyjson_val *new)
{
    return is_unsuspended(at(old, "spec", "jobTemplate"), at(new, "spec", "jobTemplate"));
}

static bool is_on_delete(yyjson_val *object)
{
    return view_eq_str(json_text(at(object, "spec", "updateStrategy"), "type"), "OnDelete");
}

static bool is_rolling_again(yyjson_val *old, yyjson_val *new)
{
    return is_on_delete(old) && !is_on_delete(new);
}

/* Pods below it stay as they are; 0 when it is left out.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions */
static int64_t partition(yyjson_val *object)
{
    yyjson_val *strategy = at(object, "spec", "updateStrategy");

    return number(yyjson_obj_get(strategy, "rollingUpdate"), "partition");
}

static bool is_let_go_on(yyjson_val *old, yyjson_val *new)
{
    return !is_on_delete(new) && (is_on_delete(old) || partition(new) < partition(old));
}

static bool is_same_text(yyjson_val *a, yyjson_val *b, const char *key)
{
    return view_eq(json_text(a, key), json_text(b, key));
}

/* The template of a Rollout with a workloadRef is that of a Deployment.
 * https://argo-rollouts.readthedocs.io/en/stable/migrating/ */
static bool is_led_elsewhere(yyjson_val *old, yyjson_val *new)
{
    yyjson_val *before = at(old, "spec", "workloadRef"), *now = at(new, "spec", "workloadRef");

    return !is_same_text(before, now, "apiVersion") || !is_same_text(before, now, "kind") ||
           !is_same_text(before, now, "name");
}

/* --- what runs -------------------------------------------------------------------------------- */

/* The controller has seen the spec that the object has, template included. */
static bool is_observed(yyjson_val *old)
{
    int64_t generation = number(yyjson_obj_get(old, "metadata"), "generation");

    return generation > 0 &&
           number(yyjson_obj_get(old, "status"), "observedGeneration") == generation;
}

static bool are_all(yyjson_val *status, const char *part, const char *whole)
{
    return number(status, whole) > 0 && number(status, part) >= number(status, whole);
}

/* A paused Deployment has no pods of a template that it got meanwhile. */
static bool deployment_runs(yyjson_val *old)
{
    return is_observed(old) &&
           are_all(yyjson_obj_get(old, "status"), "updatedReplicas", "replicas");
}

/* currentRevision stays behind under OnDelete, even when all pods were replaced by hand. */
static bool statefulset_runs(yyjson_val *old)
{
    yyjson_val *status = yyjson_obj_get(old, "status");
    struct view current = json_text(status, "currentRevision");

    return is_observed(old) &&
           ((current.n > 0 && view_eq(current, json_text(status, "updateRevision"))) ||
            are_all(status, "updatedReplicas", "replicas"));
}

static bool daemonset_runs(yyjson_val *old)
{
    return is_observed(old) && are_all(yyjson_obj_get(old, "status"), "updatedNumberScheduled",
                                       "currentNumberScheduled");
}

/* What has begun once keeps its template. */
static bool job_runs(yyjson_val *old)
{
    return json_text(yyjson_obj_get(old, "status"), "startTime").n > 0;
}

/* Its status does not tell which template the jobs that there were had. */
static bool never_known(yyjson_val *old)
{
    (void)old;
    return false;
}

/* https://argo-rollouts.readthedocs.io/en/stable/features/specification/ */
static bool rollout_runs(yyjson_val *old)
{
    yyjson_val *status = yyjson_obj_get(old, "status");
    struct view stable = json_text(status, "stableRS");
    char seen[24]; /* it writes the generation as text */

    snprintf(seen, sizeof(seen), "%" PRId64, number(yyjson_obj_get(old, "metadata"), "generation"));
    return view_eq_str(json_text(status, "observedGeneration"), seen) && stable.n > 0 &&
           view_eq(stable, json_text(status, "currentPodHash"));
}

/* --- the kinds -------------------------------------------------------------------------------- */

static const struct row {
    const char *group, *kind;
    const char *field;
    bool (*lets_go)(yyjson_val *old, yyjson_val *new);
    bool (*runs)(yyjson_val *old);
} rows[] = {
    {"apps", "Deployment", "spec.paused", is_resumed, deployment_runs},
    {"apps", "StatefulSet", "spec.updateStrategy", is_let_go_on, statefulset_runs},
    {"apps", "DaemonSet", "spec.updateStrategy", is_rolling_again, daemonset_runs},
    {"batch", "Job", "spec.suspend", is_unsuspended, job_runs},
    {"batch", "CronJob", "spec.suspend", is_unsuspended, never_known},
    {"batch", "CronJob", "spec.jobTemplate.spec.suspend", are_unsuspended, never_known},
    {"argoproj.io", "Rollout", "spec.paused", is_resumed, rollout_runs},
    {"argoproj.io", "Rollout", "spec.workloadRef", is_led_elsewhere, never_known},
};

const char *rollout_start_of(const struct request *r)
{
    if (r->operation != UPDATE || r->subresource.n > 0 || !r->object || !r->old_object)
        return NULL;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (view_eq_str(r->kind, rows[i].kind) && view_eq_str(r->group, rows[i].group) &&
            rows[i].lets_go(r->old_object, r->object) && !rows[i].runs(r->old_object))
            return rows[i].field;
    return NULL;
}
