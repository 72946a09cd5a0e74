#include "kube/manifest.h"

#include "base/json/json.h"
#include "base/yaml/node.h"
#include "kube/defaults.h"
#include "kube/identity.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAME_ROOM = 256 };

/* --- trees ------------------------------------------------------------------------------------ */

static json_t *list_of_node(const struct node *node)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < node->count; i++)
        if (json_array_append_new(list, manifest_of_node(node->items[i])) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *map_of_node(const struct node *node)
{
    json_t *map = json_object();

    for (size_t i = 0; map && i < node->count; i++) {
        struct view key = node->entries[i].key->text;

        if (json_object_setn_new_nocheck(map, key.p, key.n,
                                         manifest_of_node(node->entries[i].value)) < 0) {
            json_decref(map);
            return NULL;
        }
    }
    return map;
}

json_t *manifest_of_node(const struct node *node)
{
    switch (node->kind) {
    case NODE_WRONG:
    case NODE_NULL: return json_null();
    case NODE_BOOL: return json_boolean(node->truth);
    case NODE_INT: return json_integer(node->integer);
    case NODE_FLOAT: return json_real(node->real);
    case NODE_STRING: return json_stringn_nocheck(node->text.p, node->text.n);
    case NODE_LIST: return list_of_node(node);
    case NODE_MAP: return map_of_node(node);
    }
    return NULL;
}

/* --- objects ---------------------------------------------------------------------------------- */

const char *manifest_meta(const json_t *object, const char *key)
{
    return json_string_at(json_object_get(object, "metadata"), key);
}

bool manifest_is_object(const json_t *object, const char **problem)
{
    *problem = NULL;
    if (!json_is_object(object))
        *problem = "the document is not a map";
    else if (!json_string_at(object, "apiVersion")[0])
        *problem = "the document has no \"apiVersion\"";
    else if (!json_string_at(object, "kind")[0])
        *problem = "the document has no \"kind\"";
    else if (!manifest_meta(object, "name")[0] && !manifest_meta(object, "generateName")[0])
        *problem = "the document has no \"metadata.name\"";
    return !*problem;
}

bool manifest_is_cluster_scoped(const json_t *object)
{
    static const char *const kinds[] = {"APIService",
                                        "CSIDriver",
                                        "CSINode",
                                        "CertificateSigningRequest",
                                        "ComponentStatus",
                                        "CustomResourceDefinition",
                                        "DeviceClass",
                                        "FlowSchema",
                                        "IngressClass",
                                        "IPAddress",
                                        "MutatingAdmissionPolicy",
                                        "MutatingAdmissionPolicyBinding",
                                        "MutatingWebhookConfiguration",
                                        "Namespace",
                                        "Node",
                                        "PersistentVolume",
                                        "PriorityClass",
                                        "PriorityLevelConfiguration",
                                        "ResourceSlice",
                                        "RuntimeClass",
                                        "ServiceCIDR",
                                        "StorageClass",
                                        "ValidatingAdmissionPolicy",
                                        "ValidatingAdmissionPolicyBinding",
                                        "ValidatingWebhookConfiguration",
                                        "VolumeAttachment",
                                        "VolumeAttributesClass"};
    const char *kind = json_string_at(object, "kind");

    if (manifest_meta(object, "namespace")[0])
        return strcmp(kind, "Namespace") == 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return strncmp(kind, "Cluster", 7) == 0;
}

/* A label without a value is empty text to the API server. */
static int name_absent_labels(json_t *metadata)
{
    static const char *const maps[] = {"labels", "annotations"};
    const char *key;
    json_t *value;
    void *next;

    for (size_t i = 0; i < 2; i++) {
        json_t *map = json_object_get(metadata, maps[i]);

        json_object_foreach_safe(map, next, key, value)
        {
            if (json_is_null(value) && json_object_set_new(map, key, json_string("")) < 0)
                return -1;
        }
    }
    return 0;
}

int manifest_complete(json_t *object, const struct manifest_caller *caller)
{
    json_t *metadata = json_object_get(object, "metadata");

    if (!manifest_is_cluster_scoped(object) && !manifest_meta(object, "namespace")[0] &&
        json_object_set_new(metadata, "namespace", json_string(caller->namespace_)) < 0)
        return -1;
    return name_absent_labels(metadata) < 0 ? -1 : defaults_fill(object);
}

/* --- reviews ---------------------------------------------------------------------------------- */

/* "apps/v1" as "apps" and "v1". */
static void split_version(const char *api_version, char group[NAME_ROOM], const char **version)
{
    const char *slash = strchr(api_version, '/');

    snprintf(group, NAME_ROOM, "%.*s", slash ? (int)(slash - api_version) : 0, api_version);
    *version = slash ? slash + 1 : api_version;
}

/* The plural by which the API goes: deployments, ingresses, networkpolicies, gateways. */
static void name_resource(const char *kind, char out[NAME_ROOM])
{
    size_t n = strlen(kind);
    bool y = n > 1 && kind[n - 1] == 'y' && !strchr("aeiou", kind[n - 2]);
    const char *end = y ? "ies" : n > 0 && strchr("sx", kind[n - 1]) ? "es" : "s";

    if (strcmp(kind, "Endpoints") == 0)
        end = "";
    snprintf(out, NAME_ROOM, "%.*s%s", (int)(y ? n - 1 : n), kind, end);
    for (char *p = out; *p; p++)
        *p = (char)tolower((unsigned char)*p);
}

/* Groups that the API server adds to what a credential says. */
static json_t *all_groups(const struct manifest_caller *caller)
{
    static const char prefix[] = "system:serviceaccount:";
    json_t *groups = json_copy(caller->groups);
    const char *user = caller->user, *colon;

    if (strncmp(user, prefix, sizeof(prefix) - 1) == 0 &&
        (colon = strchr(user + sizeof(prefix) - 1, ':'))) {
        json_array_append_new(groups, json_string("system:serviceaccounts"));
        json_array_append_new(groups, json_sprintf("system:serviceaccounts:%.*s",
                                                   (int)(colon - user - sizeof(prefix) + 1),
                                                   user + sizeof(prefix) - 1));
    }
    json_array_append_new(groups, json_string("system:authenticated"));
    return groups;
}

static json_t *make_request(json_t *object, json_t *old, const struct manifest_caller *caller)
{
    const char *kind = json_string_at(object, "kind"), *home = identity_home(object), *version;
    const char *name = manifest_meta(object, "name"), *space = manifest_meta(object, "namespace");
    char group[NAME_ROOM], resource[NAME_ROOM];
    json_t *request;

    split_version(home ? home : json_string_at(object, "apiVersion"), group, &version);
    name_resource(kind, resource);
    if (strcmp(kind, "Namespace") == 0)
        space = name; /* as the API server says it */
    request = json_pack(
        "{s:s, s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s}, s:s, s:s, s:s, "
        "s:{s:s, s:o}, s:O, s:O, s:b, s:{s:s, s:s}}",
        "uid", "eval", "kind", "group", group, "version", version, "kind", kind, "resource",
        "group", group, "version", version, "resource", resource, "name", name, "namespace", space,
        "operation", old ? "UPDATE" : "CREATE", "userInfo", "username", caller->user, "groups",
        all_groups(caller), "object", object, "oldObject", old ? old : json_null(), "dryRun", 0,
        "options", "kind", old ? "UpdateOptions" : "CreateOptions", "apiVersion", "meta.k8s.io/v1");
    if (!request || json_object_set(request, "requestKind", json_object_get(request, "kind")) < 0 ||
        json_object_set(request, "requestResource", json_object_get(request, "resource")) < 0) {
        json_decref(request);
        return NULL;
    }
    if (!space[0])
        json_object_del(request, "namespace");
    return request;
}

json_t *manifest_review(json_t *object, json_t *old, const struct manifest_caller *caller)
{
    json_t *request = make_request(object, old, caller);

    return request ? json_pack("{s:s, s:s, s:o}", "apiVersion", "admission.k8s.io/v1", "kind",
                               "AdmissionReview", "request", request)
                   : NULL;
}
