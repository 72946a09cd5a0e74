#include "policy/object/request.h"

#include "base/json/json.h"

#include <yyjson.h>

static const struct {
    enum operation operation;
    const char *name;
} operations[] = {{CREATE, "CREATE"}, {UPDATE, "UPDATE"}, {DELETE, "DELETE"}, {CONNECT, "CONNECT"}};

const char *operation_name(enum operation operation)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (operations[i].operation == operation)
            return operations[i].name;
    return "?";
}

static int read_operation(struct view name, enum operation *out)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (!view_eq_str(name, operations[i].name))
            continue;
        *out = operations[i].operation;
        return 0;
    }
    return -1;
}

static yyjson_val *map_or_null(yyjson_val *request, const char *key)
{
    yyjson_val *value = yyjson_obj_get(request, key);

    return yyjson_is_obj(value) ? value : NULL;
}

/* A Scale says of itself only that it is one; what it scales is told by the resource. */
static void read_kind(yyjson_val *request, struct request *out)
{
    yyjson_val *kind = yyjson_obj_get(request, "kind");
    yyjson_val *resource = yyjson_obj_get(request, "resource");
    const struct workload_kind *scaled;

    out->group = json_text(kind, "group");
    out->version = json_text(kind, "version");
    out->kind = json_text(kind, "kind");
    out->resource = json_text(resource, "resource");
    out->subresource = json_text(request, "subResource");
    out->scale = view_eq_str(out->subresource, "scale");
    if (!out->scale)
        return;
    out->group = json_text(resource, "group");
    out->version = json_text(resource, "version");
    scaled = workload_kind_of_resource(out->group, out->resource);
    if (scaled)
        out->kind = view_of(scaled->kind);
}

static void find_workloads(struct request *r)
{
    const struct workload_kind *kind = r->scale ? NULL : workload_kind_of(r->group, r->kind);

    r->workload = workload_of(kind, r->object);
    r->old_workload = workload_of(kind, r->old_object);
}

/* What a request says in text, or leaves out. Another value is not "left out": no rule is to pass
 * over a request because somebody wrote its namespace as a number. */
static const struct {
    const char *map; /* in which it stands; NULL: the request itself */
    const char *key;
    const char *problem;
} texts[] = {
    {NULL, "namespace", "the request's namespace is not text"},
    {NULL, "name", "the request's name is not text"},
    {NULL, "subResource", "the request's subResource is not text"},
    {"kind", "group", "the group of the request's kind is not text"},
    {"kind", "version", "the version of the request's kind is not text"},
    {"resource", "group", "the group of the request's resource is not text"},
    {"resource", "version", "the version of the request's resource is not text"},
    {"userInfo", "username", "the request's username is not text"},
};

static bool is_text_or_absent(yyjson_val *value)
{
    return !value || yyjson_is_null(value) || yyjson_is_str(value);
}

static const char *wrong_text(yyjson_val *request)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        yyjson_val *map = texts[i].map ? yyjson_obj_get(request, texts[i].map) : request;

        if (!is_text_or_absent(yyjson_obj_get(map, texts[i].key)))
            return texts[i].problem;
    }
    return NULL;
}

static const char *wrong_groups(yyjson_val *groups)
{
    static const char problem[] = "the request's groups are not a list of strings";
    yyjson_arr_iter iter = yyjson_arr_iter_with(groups);
    yyjson_val *value;

    if (groups && !yyjson_is_null(groups) && !yyjson_is_arr(groups))
        return problem;
    while ((value = yyjson_arr_iter_next(&iter)))
        if (!yyjson_is_str(value))
            return problem;
    return NULL;
}

static bool has_odd_labels(yyjson_val *object)
{
    yyjson_val *labels = object_metadata(object, "labels"), *key;
    yyjson_obj_iter iter = yyjson_obj_iter_with(labels);

    if (labels && !yyjson_is_null(labels) && !yyjson_is_obj(labels))
        return true;
    while ((key = yyjson_obj_iter_next(&iter)))
        if (!yyjson_is_str(yyjson_obj_iter_get_val(key)))
            return true;
    return false;
}

/* An API server has filled in the name when it asks, in the request and in the object; of a
 * collection that is deleted, each object has its own. What is not there is known as far as
 * generateName tells. */
static const char *read_name(yyjson_val *request, struct request *out)
{
    yyjson_val *metadata = yyjson_obj_get(out->object ? out->object : out->old_object, "metadata");

    if (!is_text_or_absent(yyjson_obj_get(metadata, "name")))
        return "the name of the request's object is not text";
    if (!is_text_or_absent(yyjson_obj_get(metadata, "generateName")))
        return "the generateName of the request's object is not text";
    out->name = json_text(request, "name");
    if (out->name.n == 0 && !out->scale)
        out->name = json_text(metadata, "name");
    if (out->name.n == 0 && out->operation == CREATE)
        out->generate_name = json_text(metadata, "generateName");
    return NULL;
}

static void read_objects(yyjson_val *request, struct request *out)
{
    out->object = map_or_null(request, "object");
    out->old_object = map_or_null(request, "oldObject");
    out->odd_labels = has_odd_labels(out->object) || has_odd_labels(out->old_object);
    find_workloads(out);
}

static int refuse(const char **problem, const char *why)
{
    *problem = why;
    return -1;
}

int request_read(yyjson_val *request, struct request *out, const char **problem)
{
    yyjson_val *user;
    const char *wrong;

    *out = (struct request){.json = request};
    if (!yyjson_is_obj(request))
        return refuse(problem, "the AdmissionReview has no request");
    out->uid = json_text(request, "uid");
    if (out->uid.n == 0)
        return refuse(problem, "the request has no uid");
    if (read_operation(json_text(request, "operation"), &out->operation) < 0)
        return refuse(problem,
                      "the request's operation is none of CREATE, UPDATE, DELETE, CONNECT");
    if ((wrong = wrong_text(request)))
        return refuse(problem, wrong);
    read_kind(request, out);
    if (out->kind.n == 0 || out->resource.n == 0)
        return refuse(problem, "the request has no kind or no resource");
    out->namespace_ = json_text(request, "namespace");
    out->dry_run = yyjson_is_true(yyjson_obj_get(request, "dryRun"));
    user = yyjson_obj_get(request, "userInfo");
    out->user = json_text(user, "username");
    out->groups = yyjson_obj_get(user, "groups");
    if ((wrong = wrong_groups(out->groups)))
        return refuse(problem, wrong);
    read_objects(request, out);
    wrong = read_name(request, out);
    return wrong ? refuse(problem, wrong) : 0;
}

bool request_in_group(const struct request *r, struct view group)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(r->groups);
    yyjson_val *value;

    while ((value = yyjson_arr_iter_next(&iter)))
        if (view_eq(json_text_of(value), group))
            return true;
    return false;
}

yyjson_val *object_metadata(yyjson_val *object, const char *map)
{
    return yyjson_obj_get(yyjson_obj_get(object, "metadata"), map);
}

struct view object_annotation(yyjson_val *object, const char *key)
{
    return json_text(object_metadata(object, "annotations"), key);
}

bool object_is_terminating(yyjson_val *object)
{
    return json_text(yyjson_obj_get(object, "metadata"), "deletionTimestamp").n > 0;
}
