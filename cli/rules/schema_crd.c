#include "cli/rules/schema_crd.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/yaml/yaml_text.h"
#include "cli/rules/rules_field.h"
#include "policy/rule/check.h"
#include "policy/rule/rule.h"
#include "policy/set.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

/* A structural schema, as
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 * has them. */

#define OPEN "x-kubernetes-preserve-unknown-fields"

static json_t *map_schema(const struct schema_field *fields);

static json_t *described(json_t *schema, const char *text)
{
    if (schema)
        json_object_set_new(schema, "description", json_string(text));
    return schema;
}

/* A map whose keys are all kept, also those that it does not describe. */
static json_t *open_map(json_t *properties)
{
    return json_pack("{s:s, s:b, s:o*}", "type", "object", OPEN, 1, "properties", properties);
}

/* Of several types, which a structural schema can say in this way only. */
static json_t *any_value(void)
{
    return json_pack("{s:b}", OPEN, 1);
}

static json_t *type_schema(const struct schema_field *field)
{
    switch (field->type) {
    case SCHEMA_STRING:
    case SCHEMA_DURATION:
    case SCHEMA_DATE:
    case SCHEMA_GLOB:
    case SCHEMA_PATTERN: return json_pack("{s:s}", "type", "string");
    case SCHEMA_BOOLEAN: return json_pack("{s:s}", "type", "boolean");
    case SCHEMA_INTEGER: return json_pack("{s:s}", "type", "integer");
    case SCHEMA_NUMBER: return json_pack("{s:s}", "type", "number");
    case SCHEMA_SCALARS:
    case SCHEMA_LABELS: return open_map(NULL);
    case SCHEMA_OBJECT: return map_schema(field->fields);
    case SCHEMA_QUANTITY:
    case SCHEMA_SCALAR:
    case SCHEMA_CHOICE:
    case SCHEMA_ANY: return any_value();
    }
    return NULL;
}

static json_t *listed(json_t *schema)
{
    return json_pack("{s:s, s:o}", "type", "array", "items", schema);
}

static json_t *field_schema(const struct schema_field *field)
{
    json_t *schema = type_schema(field);
    struct buf text;

    buf_init(&text, LIMIT_FILE);
    rules_field_write(field, ". ", RULES_FIELD_PLAIN, &text);
    schema = described(field->list ? listed(schema) : schema, text.p);
    buf_release(&text);
    return schema;
}

static json_t *map_schema(const struct schema_field *fields)
{
    json_t *properties = json_object();

    for (; fields && fields->name; fields++)
        json_object_set_new(properties, fields->name, field_schema(fields));
    return open_map(properties);
}

static json_t *check_schema(const struct check *check)
{
    json_t *schema = map_schema(check->items ? check->items : check->args);
    struct buf text;

    buf_init(&text, LIMIT_FILE);
    buf_printf(&text, "%s. For example:\n%s", check->summary, check->example);
    schema = described(check->items ? listed(schema) : schema, text.p);
    buf_release(&text);
    return schema;
}

static json_t *rules_schema(void)
{
    json_t *rule = map_schema(rule_fields), *properties = json_object_get(rule, "properties");

    for (const struct check *const *c = checks; *c; c++)
        json_object_set_new(properties, (*c)->name, check_schema(*c));
    return described(listed(described(rule, "an id, one check, and what else the rule says")),
                     "a list of maps, required. the rules: each has an id and exactly one check");
}

static json_t *spec_schema(const struct document_kind *kind)
{
    json_t *spec = map_schema(kind->fields);

    if (kind->fields == policy_spec_fields)
        json_object_set_new(json_object_get(spec, "properties"), "rules", rules_schema());
    return described(spec, kind->summary);
}

/* What `kubectl get` shows of a kind beside the name. */
static const struct {
    const char *kind, *name, *type, *path, *doc;
} columns[] = {
    {"Environment", "Frozen", "string", ".status.frozen",
     "yes, no or partly: are deploys denied now"},
    {"Environment", "Until", "string", ".status.until", "when that ends, in its zone"},
    {"Environment", "Next Change", "string", ".status.nextChange", "when it freezes or opens next"},
    {"Policy", "Mode", "string", ".status.mode", "of its rules that are in force"},
    {"Policy", "Rules", "integer", ".status.rules", "how many are in force"},
    {"RolloutGuard", "Mode", "string", ".spec.mode", "audit: does nothing"},
    {"RolloutGuard", "Deadline", "string", ".spec.deadline", "of a rollout to be healthy"},
    {"RolloutGuard", "Soak", "string", ".spec.soak", "how long it has to stay healthy"},
};

static json_t *columns_of(const struct document_kind *kind)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        if (strcmp(columns[i].kind, kind->name) == 0)
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", columns[i].name,
                                                  "type", columns[i].type, "jsonPath",
                                                  columns[i].path, "description", columns[i].doc));
    json_array_append_new(list,
                          json_pack("{s:s, s:s, s:s, s:s}", "name", "Ready", "type", "string",
                                    "jsonPath", ".status.conditions[?(@.type==\"Ready\")].status",
                                    "description", "whether this version is in force"));
    json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", "Age", "type", "date",
                                          "jsonPath", ".metadata.creationTimestamp"));
    return list;
}

static json_t *version_of(const struct document_kind *kind)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:o, s:{s:s, s:b, s:s}}}", "description",
        kind->summary, "type", "object", "properties", "apiVersion", "type", "string", "kind",
        "type", "string", "metadata", "type", "object", "spec", spec_schema(kind), "status", "type",
        "object", OPEN, 1, "description", "what Tidegate says of it; nobody else writes it");

    return json_pack("{s:s, s:b, s:b, s:{s:o}, s:{s:{}}, s:o}", "name", "v1alpha1", "served", 1,
                     "storage", 1, "schema", "openAPIV3Schema", object, "subresources", "status",
                     "additionalPrinterColumns", columns_of(kind));
}

static json_t *definition_of(const struct document_kind *kind)
{
    char name[64];

    snprintf(name, sizeof(name), "%s.tidegate.dev", kind->resource);
    return json_pack("{s:s, s:s, s:{s:s, s:{s:s}}, s:{s:s, s:s, s:{s:s, s:s+, s:s, s:s, s:[s], "
                     "s:[s]}, s:[o]}}",
                     "apiVersion", "apiextensions.k8s.io/v1", "kind", "CustomResourceDefinition",
                     "metadata", "name", name, "labels", "app.kubernetes.io/part-of", "tidegate",
                     "spec", "group", "tidegate.dev", "scope", "Cluster", "names", "kind",
                     kind->name, "listKind", kind->name, "List", "plural", kind->resource,
                     "singular", kind->singular, "shortNames", kind->short_name, "categories",
                     "tidegate", "versions", version_of(kind));
}

static int write_definition(const struct document_kind *kind, struct buf *out)
{
    json_t *definition = definition_of(kind);
    char *text = definition ? json_dumps(definition, JSON_COMPACT) : NULL;
    yyjson_doc *doc = text ? yyjson_read(text, strlen(text), 0) : NULL;
    int status = -1;

    buf_add_str(out, "---\n");
    if (doc)
        status = yaml_text_write(yyjson_doc_get_root(doc), out);
    yyjson_doc_free(doc);
    free(text);
    json_decref(definition);
    return status;
}

int schema_crd_write(struct buf *out)
{
    for (const struct document_kind *kind = policy_set_kinds; kind->name; kind++)
        if (write_definition(kind, out) < 0)
            return -1;
    return 0;
}
