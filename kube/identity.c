#include "kube/identity.h"

#include "base/json/json.h"
#include "base/text/suggest.h"

#include <string.h>

/* --- types ------------------------------------------------------------------------------------ */

enum type { TEXT, MAP, MAP_OF_TEXTS };

static const struct {
    const char *keys[2];
    enum type type;
} parts[] = {
    {{"apiVersion", NULL}, TEXT},
    {{"kind", NULL}, TEXT},
    {{"metadata", NULL}, MAP},
    {{"metadata", "name"}, TEXT},
    {{"metadata", "generateName"}, TEXT},
    {{"metadata", "namespace"}, TEXT},
    {{"metadata", "labels"}, MAP_OF_TEXTS},
    {{"metadata", "annotations"}, MAP_OF_TEXTS},
};

static bool has_type(const json_t *value, enum type type)
{
    return !value || json_is_null(value) ||
           (type == TEXT ? json_is_string(value) : json_is_object(value));
}

static bool text_is_flawed(json_t *map, size_t depth, struct identity_flaw *out)
{
    const char *key;
    json_t *value;

    json_object_foreach(map, key, value)
    {
        if (has_type(value, TEXT))
            continue;
        out->keys[depth] = key;
        out->wanted = "text";
        out->value = value;
        return true;
    }
    return false;
}

static bool part_is_flawed(const json_t *object, size_t n, struct identity_flaw *out)
{
    const char *const *keys = parts[n].keys;
    json_t *value = json_object_get(object, keys[0]);

    if (keys[1])
        value = json_object_get(value, keys[1]);
    *out = (struct identity_flaw){.keys = {keys[0], keys[1]}};
    if (!has_type(value, parts[n].type)) {
        out->wanted = parts[n].type == TEXT ? "text" : "a map";
        out->value = value;
        return true;
    }
    return parts[n].type == MAP_OF_TEXTS && text_is_flawed(value, 2, out);
}

bool identity_is_flawed(const json_t *object, struct identity_flaw *out)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (part_is_flawed(object, i, out))
            return true;
    return false;
}

/* --- kinds ------------------------------------------------------------------------------------ */

static const struct {
    const char *kind;
    const char *home;
} workloads[] = {
    {"Pod", "v1"},
    {"ReplicationController", "v1"},
    {"PodTemplate", "v1"},
    {"Deployment", "apps/v1"},
    {"ReplicaSet", "apps/v1"},
    {"StatefulSet", "apps/v1"},
    {"DaemonSet", "apps/v1"},
    {"Job", "batch/v1"},
    {"CronJob", "batch/v1"},
    {"Rollout", "argoproj.io/v1alpha1"},
};

enum { WORKLOADS = sizeof(workloads) / sizeof(workloads[0]) };

/* The groups of Kubernetes that have workloads, with all of their kinds, of every version. */
static const struct {
    const char *group;
    const char *kinds[32];
} groups[] = {
    {"",
     {"Binding",
      "ComponentStatus",
      "ConfigMap",
      "DeleteOptions",
      "Endpoints",
      "Event",
      "LimitRange",
      "List",
      "Namespace",
      "Node",
      "PersistentVolume",
      "PersistentVolumeClaim",
      "Pod",
      "PodStatusResult",
      "PodTemplate",
      "RangeAllocation",
      "ReplicationController",
      "ResourceQuota",
      "Secret",
      "SerializedReference",
      "Service",
      "ServiceAccount",
      "Status"}},
    {"apps", {"ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}},
    {"batch", {"CronJob", "Job", "JobTemplate"}},
};

static size_t group_length(const char *api_version)
{
    const char *slash = strchr(api_version, '/');

    return slash ? (size_t)(slash - api_version) : 0;
}

static bool same_group(const char *a, const char *b)
{
    return group_length(a) == group_length(b) && strncmp(a, b, group_length(a)) == 0;
}

/* In Kubernetes' own groups, a kind of workload is in one group only; a group of somebody else may
 * have a kind of the same name. */
static bool may_be_foreign(const char *version)
{
    struct view group = {version, group_length(version)};

    return view_find(group, '.') >= 0 && !view_ends(group, ".k8s.io");
}

const char *identity_home(const json_t *object)
{
    const char *kind = json_string_at(object, "kind");
    const char *version = json_string_at(object, "apiVersion");

    if (!version[0] || may_be_foreign(version))
        return NULL;
    for (size_t i = 0; i < WORKLOADS; i++)
        if (strcmp(kind, workloads[i].kind) == 0)
            return same_group(version, workloads[i].home) ? NULL : workloads[i].home;
    return NULL;
}

static bool has_kind(const char *const *kinds, size_t room, const char *kind)
{
    for (size_t i = 0; i < room && kinds[i]; i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

bool identity_is_unknown(const json_t *object, const char **meant)
{
    const char *kind = json_string_at(object, "kind");
    const char *version = json_string_at(object, "apiVersion");
    const char *names[WORKLOADS];

    if (identity_home(object))
        return false;
    if (same_group(version, "argoproj.io/") && strcmp(kind, "Rollout") != 0 &&
        suggest_is_slip(view_of(kind), "Rollout")) {
        *meant = "Rollout";
        return true;
    }
    for (size_t i = 0; i < WORKLOADS; i++)
        names[i] = workloads[i].kind;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (strlen(groups[i].group) != group_length(version) ||
            strncmp(groups[i].group, version, group_length(version)) != 0)
            continue;
        *meant = suggest(view_of(kind), names, WORKLOADS);
        return !has_kind(groups[i].kinds, sizeof(groups[i].kinds) / sizeof(groups[i].kinds[0]),
                         kind);
    }
    return false;
}
