#include "kube/defaults.h"

#include "base/text/float_text.h"
#include "kube/identity.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Values that are put into an object where they are missing; maps are filled, not replaced. */
static const struct kind_defaults {
    const char *kind;
    const char *group; /* as apiVersion begins */
    const char *template_path[4];
    const char *missing;
} kinds[] = {
    {"Pod", "v1", {NULL}, "{'spec':{'enableServiceLinks':true,'serviceAccountName':'default'}}"},
    {"ReplicationController", "v1", {"spec", "template"}, "{'spec':{'replicas':1}}"},
    {"ReplicaSet", "apps/", {"spec", "template"}, "{'spec':{'replicas':1}}"},
    {"Deployment",
     "apps/",
     {"spec", "template"},
     "{'spec':{'replicas':1,'revisionHistoryLimit':10,'progressDeadlineSeconds':600,"
     "'strategy':{'type':'RollingUpdate',"
     "'rollingUpdate':{'maxSurge':'25%','maxUnavailable':'25%'}}}}"},
    {"StatefulSet",
     "apps/",
     {"spec", "template"},
     "{'spec':{'replicas':1,'revisionHistoryLimit':10,'podManagementPolicy':'OrderedReady',"
     "'persistentVolumeClaimRetentionPolicy':{'whenDeleted':'Retain','whenScaled':'Retain'},"
     "'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{'partition':0}}}}"},
    {"DaemonSet",
     "apps/",
     {"spec", "template"},
     "{'spec':{'revisionHistoryLimit':10,'updateStrategy':{'type':'RollingUpdate',"
     "'rollingUpdate':{'maxSurge':0,'maxUnavailable':1}}}}"},
    {"Job",
     "batch/",
     {"spec", "template"},
     "{'spec':{'completions':1,'parallelism':1,'backoffLimit':6,'suspend':false,"
     "'completionMode':'NonIndexed','manualSelector':false,"
     "'podReplacementPolicy':'TerminatingOrFailed'}}"},
    {"CronJob",
     "batch/",
     {"spec", "jobTemplate", "spec", "template"},
     "{'spec':{'concurrencyPolicy':'Allow','suspend':false,'successfulJobsHistoryLimit':3,"
     "'failedJobsHistoryLimit':1}}"},
};

static const char pod_missing[] =
    "{'restartPolicy':'Always','terminationGracePeriodSeconds':30,'dnsPolicy':'ClusterFirst',"
    "'securityContext':{},'schedulerName':'default-scheduler'}";

static const char container_missing[] =
    "{'resources':{},'terminationMessagePath':'/dev/termination-log',"
    "'terminationMessagePolicy':'File'}";

static const char probe_missing[] =
    "{'timeoutSeconds':1,'periodSeconds':10,'successThreshold':1,'failureThreshold':3}";

/* --- filling ---------------------------------------------------------------------------------- */

static int merge(json_t *into, json_t *missing)
{
    const char *key;
    json_t *value;

    json_object_foreach(missing, key, value)
    {
        json_t *there = json_object_get(into, key);

        if (json_is_object(there) && json_is_object(value)) {
            if (merge(there, value) < 0)
                return -1;
        } else if ((!there || json_is_null(there)) &&
                   json_object_set_new(into, key, json_deep_copy(value)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* missing is JSON with single quotes for double ones. */
static int fill(json_t *into, const char *missing)
{
    char text[512];
    json_t *parsed;
    int status;

    if (!json_is_object(into))
        return 0;
    snprintf(text, sizeof(text), "%s", missing);
    for (char *p = text; (p = strchr(p, '\'')); p++)
        *p = '"';
    parsed = json_loads(text, 0, NULL);
    status = parsed ? merge(into, parsed) : -1;
    json_decref(parsed);
    return status;
}

static int fill_child(json_t *object, const char *key, const char *missing)
{
    return fill(json_object_get(object, key), missing);
}

/* Sets a string where there is none. */
static int fill_string(json_t *object, const char *key, const char *value)
{
    if (!json_is_object(object) || json_object_get(object, key))
        return 0;
    return json_object_set_new(object, key, json_string(value));
}

/* --- containers ------------------------------------------------------------------------------- */

/* "latest", said or meant, is pulled each time. */
static const char *pull_policy(const char *image)
{
    const char *slash = strrchr(image, '/'), *name = slash ? slash + 1 : image;
    const char *tag = strchr(name, ':');

    if (strchr(name, '@'))
        return "IfNotPresent";
    return !tag || strcmp(tag, ":latest") == 0 ? "Always" : "IfNotPresent";
}

static int fill_probe(json_t *container, const char *key)
{
    json_t *probe = json_object_get(container, key);

    if (fill(probe, probe_missing) < 0)
        return -1;
    return fill_child(probe, "httpGet", "{'path':'/','scheme':'HTTP'}");
}

/* 0 stands for a number that is not there. */
static bool is_unset(const json_t *number)
{
    return !number || (json_is_integer(number) && json_integer_value(number) == 0);
}

/* A port of a Pod on the host's network is one of the host; that of a template is not, yet. */
static int fill_ports(json_t *container, bool host_network)
{
    json_t *port;
    size_t i;

    json_array_foreach(json_object_get(container, "ports"), i, port)
    {
        json_t *number = json_object_get(port, "containerPort");

        if (fill_string(port, "protocol", "TCP") < 0)
            return -1;
        if (host_network && number && is_unset(json_object_get(port, "hostPort")) &&
            json_object_set(port, "hostPort", number) < 0)
            return -1;
    }
    return 0;
}

static int fill_env(json_t *container)
{
    json_t *entry;
    size_t i;

    json_array_foreach(json_object_get(container, "env"), i, entry)
    {
        json_t *from = json_object_get(entry, "valueFrom");

        if (fill_child(from, "fieldRef", "{'apiVersion':'v1'}") < 0)
            return -1;
    }
    return 0;
}

/* The number as the text that a client sends of it; NULL when memory runs out. */
static json_t *number_text(const json_t *number)
{
    char text[FLOAT_TEXT_ROOM];

    if (json_is_integer(number))
        return json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(number));
    return json_string(float_text_print(json_real_value(number), text).p);
}

/* `cpu: 1` is the quantity "1". */
static int name_quantities(json_t *quantities)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(quantities, next, key, value)
    {
        if (json_is_number(value) && json_object_set_new(quantities, key, number_text(value)) < 0)
            return -1;
    }
    return 0;
}

static int fill_resources(json_t *container, bool requests_from_limits)
{
    json_t *resources = json_object_get(container, "resources");
    json_t *limits = json_object_get(resources, "limits");

    if (name_quantities(limits) < 0 || name_quantities(json_object_get(resources, "requests")) < 0)
        return -1;
    if (!requests_from_limits || !json_is_object(limits))
        return 0;
    if (fill(resources, "{'requests':{}}") < 0)
        return -1;
    return merge(json_object_get(resources, "requests"), limits);
}

static int fill_container(json_t *container, bool host_network, bool requests_from_limits)
{
    const char *image = json_string_value(json_object_get(container, "image"));

    if (fill(container, container_missing) < 0 ||
        fill_string(container, "imagePullPolicy", pull_policy(image ? image : "")) < 0 ||
        fill_ports(container, host_network) < 0 || fill_env(container) < 0 ||
        fill_probe(container, "livenessProbe") < 0 || fill_probe(container, "readinessProbe") < 0 ||
        fill_probe(container, "startupProbe") < 0)
        return -1;
    return fill_resources(container, requests_from_limits);
}

/* --- pods ------------------------------------------------------------------------------------- */

/* A volume that says only its name is an empty directory. */
static int fill_volumes(json_t *spec)
{
    json_t *volume;
    size_t i;

    json_array_foreach(json_object_get(spec, "volumes"), i, volume)
    {
        if (json_object_size(volume) == 1 && json_object_get(volume, "name") &&
            json_object_set_new(volume, "emptyDir", json_object()) < 0)
            return -1;
        if (fill_child(volume, "configMap", "{'defaultMode':420}") < 0 ||
            fill_child(volume, "secret", "{'defaultMode':420}") < 0 ||
            fill_child(volume, "projected", "{'defaultMode':420}") < 0 ||
            fill_child(volume, "hostPath", "{'type':''}") < 0)
            return -1;
    }
    return 0;
}

static int fill_pod_spec(json_t *spec, bool bare_pod)
{
    static const char *const lists[] = {"initContainers", "containers", "ephemeralContainers"};
    bool host_network = bare_pod && json_is_true(json_object_get(spec, "hostNetwork"));

    if (fill(spec, pod_missing) < 0 || fill_volumes(spec) < 0)
        return -1;
    for (size_t n = 0; n < sizeof(lists) / sizeof(lists[0]); n++) {
        bool requests = bare_pod && n < 2; /* ephemeral containers have no resources and ports */
        json_t *container;
        size_t i;

        json_array_foreach(json_object_get(spec, lists[n]), i, container)
        {
            if (fill_container(container, host_network && n < 2, requests) < 0)
                return -1;
        }
    }
    return 0;
}

/* --- objects ---------------------------------------------------------------------------------- */

static const struct kind_defaults *find_kind(const json_t *object)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));
    const char *version = json_string_value(json_object_get(object, "apiVersion"));
    const char *home = identity_home(object);

    if (home)
        version = home;
    for (size_t i = 0; kind && version && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t n = strlen(kinds[i].group);
        bool same = kinds[i].group[n - 1] == '/' ? strncmp(version, kinds[i].group, n) == 0
                                                 : strcmp(version, kinds[i].group) == 0;

        if (same && strcmp(kind, kinds[i].kind) == 0)
            return &kinds[i];
    }
    return NULL;
}

/* A strategy without rolling update keeps none of its fields. */
static void drop_rolling_update(json_t *object, const char *key)
{
    json_t *strategy = json_object_get(json_object_get(object, "spec"), key);
    const char *type = json_string_value(json_object_get(strategy, "type"));

    if (type && strcmp(type, "RollingUpdate") != 0)
        json_object_del(strategy, "rollingUpdate");
}

int defaults_fill(json_t *object)
{
    const struct kind_defaults *kind = find_kind(object);
    json_t *pod = object;

    if (!kind)
        return 0;
    if (!json_object_get(object, "spec"))
        return 0;
    if (fill(object, kind->missing) < 0)
        return -1;
    drop_rolling_update(object, "strategy");
    drop_rolling_update(object, "updateStrategy");
    for (size_t i = 0; i < 4 && kind->template_path[i]; i++)
        pod = json_object_get(pod, kind->template_path[i]);
    return fill_pod_spec(json_object_get(pod, "spec"), pod == object);
}
