#include "policy/request.h"

#include "base/json.h"

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

int request_read(yyjson_val *request, struct request *out, const char **problem)
{
    yyjson_val *user;

    *out = (struct request){0};
    if (!yyjson_is_obj(request)) {
        *problem = "the AdmissionReview has no request";
        return -1;
    }
    out->uid = json_text(request, "uid");
    if (out->uid.n == 0) {
        *problem = "the request has no uid";
        return -1;
    }
    if (read_operation(json_text(request, "operation"), &out->operation) < 0) {
        *problem = "the request's operation is none of CREATE, UPDATE, DELETE, CONNECT";
        return -1;
    }
    read_kind(request, out);
    if (out->kind.n == 0 || out->resource.n == 0) {
        *problem = "the request has no kind or no resource";
        return -1;
    }
    out->namespace_ = json_text(request, "namespace");
    out->name = json_text(request, "name");
    out->dry_run = yyjson_is_true(yyjson_obj_get(request, "dryRun"));
    user = yyjson_obj_get(request, "userInfo");
    out->user = json_text(user, "username");
    out->groups = yyjson_obj_get(user, "groups");
    out->object = map_or_null(request, "object");
    out->old_object = map_or_null(request, "oldObject");
    find_workloads(out);
    return 0;
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
