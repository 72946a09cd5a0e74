#include "policy/object/patch.h"

#include "base/json/json.h"

#include <string.h>
#include <yyjson.h>

#define OURS "tidegate.dev/"

/* Annotations that a Deployment keeps, whichever ReplicaSet it goes back to. */
static const char *const kept[] = {
    PATCH_LAST_APPLIED,
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
};

static bool is_kept(const char *key)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (strcmp(key, kept[i]) == 0)
            return true;
    return false;
}

bool patch_is_ours(const char *key)
{
    return strncmp(key, OURS, strlen(OURS)) == 0;
}

/* The string at a key of an object's metadata, or NULL, which json_pack refuses. */
static const char *meta(yyjson_val *object, const char *key)
{
    return yyjson_get_str(yyjson_obj_get(yyjson_obj_get(object, "metadata"), key));
}

static json_t *test(const char *path, const char *value)
{
    return json_pack("{s:s, s:s, s:s}", "op", "test", "path", path, "value", value);
}

/* Sets the member whether or not it is there, which "replace" would not. Takes the value. */
static json_t *add(const char *path, json_t *value)
{
    return json_pack("{s:s, s:s, s:o}", "op", "add", "path", path, "value", value);
}

/* Returns 0, also when it is to stay as it is. */
static int set_last_applied(json_t *annotations, struct view last_applied)
{
    return last_applied.n > 0
               ? json_object_set_new_nocheck(annotations, PATCH_LAST_APPLIED,
                                             json_stringn(last_applied.p, last_applied.n))
               : 0;
}

static json_t *template_of(yyjson_val *object)
{
    yyjson_val *template = yyjson_obj_get(yyjson_obj_get(object, "spec"), "template");

    return yyjson_is_obj(template) ? json_of_value(template) : NULL;
}

/* --- Deployments ------------------------------------------------------------------------------ */

static json_t *template_of_replicaset(yyjson_val *replicaset)
{
    json_t *template = template_of(replicaset);
    json_t *labels = json_object_get(json_object_get(template, "metadata"), "labels");

    json_object_del(labels, "pod-template-hash");
    return template;
}

/* Copies the annotations of an object that are in `kept`, or those that are not. */
static int copy_annotations(json_t *to, yyjson_val *object, bool those_kept)
{
    yyjson_val *from = yyjson_obj_get(yyjson_obj_get(object, "metadata"), "annotations");
    yyjson_obj_iter iter = yyjson_obj_iter_with(from);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter))) {
        const char *name = yyjson_get_str(key);

        if (is_kept(name) != those_kept || patch_is_ours(name))
            continue;
        if (json_object_set_new_nocheck(to, name, json_of_value(yyjson_obj_iter_get_val(key))) < 0)
            return -1;
    }
    return 0;
}

static json_t *annotations_after(yyjson_val *deployment, yyjson_val *replicaset,
                                 struct view last_applied)
{
    json_t *annotations = json_object();

    if (annotations && copy_annotations(annotations, deployment, true) == 0 &&
        copy_annotations(annotations, replicaset, false) == 0 &&
        set_last_applied(annotations, last_applied) == 0)
        return annotations;
    json_decref(annotations);
    return NULL;
}

json_t *patch_to_replicaset(yyjson_val *deployment, yyjson_val *replicaset,
                            struct view last_applied)
{
    return json_pack(
        "[o, o, o, o]", test("/metadata/uid", meta(deployment, "uid")),
        test("/metadata/resourceVersion", meta(deployment, "resourceVersion")),
        add("/spec/template", template_of_replicaset(replicaset)),
        add("/metadata/annotations", annotations_after(deployment, replicaset, last_applied)));
}

json_t *patch_to_paused(yyjson_val *deployment)
{
    return json_pack("[o, o, o]", test("/metadata/uid", meta(deployment, "uid")),
                     test("/metadata/resourceVersion", meta(deployment, "resourceVersion")),
                     add("/spec/paused", json_true()));
}

/* --- StatefulSets, DaemonSets ----------------------------------------------------------------- */

json_t *patch_to_controllerrevision(yyjson_val *workload, yyjson_val *revision,
                                    struct view last_applied)
{
    json_t *template = template_of(yyjson_obj_get(revision, "data"));
    json_t *annotations = json_object(), *patch;

    if (json_object_set_new_nocheck(template, "$patch", json_string("replace")) < 0 ||
        set_last_applied(annotations, last_applied) < 0) {
        json_decref(template);
        json_decref(annotations);
        return NULL;
    }
    patch = json_pack("{s:{s:s, s:s, s:o}, s:{s:o}}", "metadata", "uid", meta(workload, "uid"),
                      "resourceVersion", meta(workload, "resourceVersion"), "annotations",
                      annotations, "spec", "template", template);
    if (last_applied.n == 0)
        json_object_del(json_object_get(patch, "metadata"), "annotations");
    return patch;
}

/* --- any -------------------------------------------------------------------------------------- */

json_t *patch_to_managed_fields(yyjson_val *workload, json_t *managed)
{
    return json_pack("[o, o, o]", test("/metadata/uid", meta(workload, "uid")),
                     test("/metadata/resourceVersion", meta(workload, "resourceVersion")),
                     add("/metadata/managedFields", managed));
}
