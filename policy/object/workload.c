#include "policy/object/workload.h"

#include "base/arena.h"
#include "base/json/json.h"

#include <yyjson.h>

static const struct workload_kind kinds[] = {
    {"", "Pod", "pods", ""},
    {"apps", "Deployment", "deployments", "spec.template"},
    {"apps", "ReplicaSet", "replicasets", "spec.template"},
    {"apps", "StatefulSet", "statefulsets", "spec.template"},
    {"apps", "DaemonSet", "daemonsets", "spec.template"},
    {"batch", "Job", "jobs", "spec.template"},
    {"batch", "CronJob", "cronjobs", "spec.jobTemplate.spec.template"},
    {"", "ReplicationController", "replicationcontrollers", "spec.template"},
    {"", "PodTemplate", "podtemplates", "template"},
    {"argoproj.io", "Rollout", "rollouts", "spec.template"},
};

static const char *const list_names[CONTAINER_LISTS] = {
    [CONTAINERS] = "containers",
    [INIT_CONTAINERS] = "initContainers",
    [EPHEMERAL_CONTAINERS] = "ephemeralContainers",
};

const struct workload_kind *workload_kind_at(size_t n)
{
    return n < sizeof(kinds) / sizeof(kinds[0]) ? &kinds[n] : NULL;
}

const struct workload_kind *workload_kind_of(struct view group, struct view kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (view_eq_str(kind, kinds[i].kind) && view_eq_str(group, kinds[i].group))
            return &kinds[i];
    return NULL;
}

const struct workload_kind *workload_kind_of_resource(struct view group, struct view resource)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (view_eq_str(resource, kinds[i].resource) && view_eq_str(group, kinds[i].group))
            return &kinds[i];
    return NULL;
}

static yyjson_val *at_path(yyjson_val *object, const char *path)
{
    struct view rest = view_of(path), key;

    while (object && rest.n > 0) {
        view_cut(rest, '.', &key, &rest);
        object = yyjson_obj_getn(object, key.p, key.n);
    }
    return object;
}

struct workload workload_of(const struct workload_kind *kind, yyjson_val *object)
{
    struct workload w = {.kind = kind};

    if (kind)
        w.pod = at_path(object, kind->prefix);
    w.spec = yyjson_obj_get(w.pod, "spec");
    if (kind && view_eq_str(view_of(kind->kind), "Rollout"))
        w.ref = at_path(object, "spec.workloadRef");
    return w;
}

yyjson_val *workload_job_template(const struct workload *w, yyjson_val *object)
{
    return view_eq_str(view_of(w->kind->kind), "CronJob") ? at_path(object, "spec.jobTemplate")
                                                          : NULL;
}

bool container_next(const struct workload *w, struct container *at)
{
    for (; at->list < CONTAINER_LISTS; at->list++, at->in_list = false) {
        if (!at->in_list)
            at->rest = yyjson_arr_iter_with(yyjson_obj_get(w->spec, list_names[at->list]));
        at->in_list = true;
        while ((at->value = yyjson_arr_iter_next(&at->rest))) {
            if (!yyjson_is_obj(at->value))
                continue;
            at->index = at->rest.idx - 1;
            at->name = json_text(at->value, "name");
            return true;
        }
    }
    return false;
}

struct view container_path(struct arena *arena, const struct workload *w, const struct container *c,
                           const char *rest)
{
    const char *dot = *w->kind->prefix ? "." : "", *tail = *rest ? "." : "";

    if (c->name.n == 0)
        return arena_printf(arena, "%s%sspec.%s[%zu]%s%s", w->kind->prefix, dot,
                            list_names[c->list], c->index, tail, rest);
    return arena_printf(arena, "%s%sspec.%s[%.*s]%s%s", w->kind->prefix, dot, list_names[c->list],
                        VIEW_ARGS(c->name), tail, rest);
}

struct view workload_path(struct arena *arena, const struct workload *w, const char *rest)
{
    return arena_printf(arena, "%s%s%s", w->kind->prefix, *w->kind->prefix ? "." : "", rest);
}
