#include "policy/expressions/record_type.h"

#include "base/view.h"

static const struct cel_type *field(const struct cel_type *object, struct view name)
{
    for (const struct record_field *f = object->data; f->name; f++)
        if (view_eq_str(name, f->name))
            return f->type;
    return NULL;
}

static const char *name_of(const struct cel_type *object, size_t i)
{
    const struct record_field *fields = object->data;

    return fields[i].name;
}

const struct cel_fields record_type_fields = {field, name_of};

#define RECORD(title, members)                                                                     \
    {                                                                                              \
        .kind = CEL_TYPE_OBJECT, .name = (title), .fields = &record_type_fields, .data = (members) \
    }

static const struct cel_type texts = {
    .kind = CEL_TYPE_LIST, .name = "list", .of = {&cel_type_string}};
static const struct cel_type text_map = {
    .kind = CEL_TYPE_MAP, .name = "map", .of = {&cel_type_string, &cel_type_string}};
static const struct cel_type texts_map = {
    .kind = CEL_TYPE_MAP, .name = "map", .of = {&cel_type_string, &texts}};

/* --- the request ------------------------------------------------------------------------------ */

static const struct record_field kind_fields[] = {
    {"group", &cel_type_string}, {"version", &cel_type_string}, {"kind", &cel_type_string}, {0}};
static const struct record_field resource_fields[] = {{"group", &cel_type_string},
                                                      {"version", &cel_type_string},
                                                      {"resource", &cel_type_string},
                                                      {0}};
static const struct record_field user_fields[] = {{"username", &cel_type_string},
                                                  {"uid", &cel_type_string},
                                                  {"groups", &texts},
                                                  {"extra", &texts_map},
                                                  {0}};

static const struct cel_type kind = RECORD("kubernetes.GroupVersionKind", kind_fields);
static const struct cel_type resource = RECORD("kubernetes.GroupVersionResource", resource_fields);
static const struct cel_type user = RECORD("kubernetes.UserInfo", user_fields);

static const struct record_field request_fields[] = {
    {"kind", &kind},
    {"resource", &resource},
    {"subResource", &cel_type_string},
    {"requestKind", &kind},
    {"requestResource", &resource},
    {"requestSubResource", &cel_type_string},
    {"name", &cel_type_string},
    {"namespace", &cel_type_string},
    {"operation", &cel_type_string},
    {"userInfo", &user},
    {"dryRun", &cel_type_bool},
    {"options", &cel_type_dyn},
    {0},
};

const struct cel_type record_type_request = RECORD("kubernetes.AdmissionRequest", request_fields);

/* --- the namespace ---------------------------------------------------------------------------- */

static const struct record_field spec_fields[] = {{"finalizers", &texts}, {0}};
static const struct record_field condition_fields[] = {{"status", &cel_type_string},
                                                       {"type", &cel_type_string},
                                                       {"lastTransitionTime", &cel_type_timestamp},
                                                       {"message", &cel_type_string},
                                                       {"reason", &cel_type_string},
                                                       {0}};
static const struct cel_type condition = RECORD("kubernetes.NamespaceCondition", condition_fields);
static const struct cel_type conditions = {
    .kind = CEL_TYPE_LIST, .name = "list", .of = {&condition}};
static const struct record_field status_fields[] = {
    {"conditions", &conditions}, {"phase", &cel_type_string}, {0}};
static const struct record_field metadata_fields[] = {
    {"name", &cel_type_string},
    {"generateName", &cel_type_string},
    {"namespace", &cel_type_string},
    {"labels", &text_map},
    {"annotations", &text_map},
    {"UID", &cel_type_string},
    {"creationTimestamp", &cel_type_timestamp},
    {"deletionGracePeriodSeconds", &cel_type_int},
    {"deletionTimestamp", &cel_type_timestamp},
    {"generation", &cel_type_int},
    {"resourceVersion", &cel_type_string},
    {"finalizers", &texts},
    {0},
};

static const struct cel_type spec = RECORD("kubernetes.NamespaceSpec", spec_fields);
static const struct cel_type status = RECORD("kubernetes.NamespaceStatus", status_fields);
static const struct cel_type metadata = RECORD("kubernetes.NamespaceMetadata", metadata_fields);
static const struct record_field namespace_fields[] = {
    {"metadata", &metadata}, {"spec", &spec}, {"status", &status}, {0}};

const struct cel_type record_type_namespace = RECORD("kubernetes.Namespace", namespace_fields);
