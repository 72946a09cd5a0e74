#include "cli/rules/schema_json.h"

#include "policy/guard/guard.h"
#include "policy/rule/check.h"
#include "policy/rule/match.h"
#include "policy/rule/rule.h"

#include <jansson.h>
#include <stdio.h>

static json_t *map_schema(const struct schema_field *fields);

static json_t *words(const struct schema_field *field)
{
    const char *values[SCHEMA_VALUES];
    size_t count = schema_values(field, values);
    json_t *words = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(words, json_string(values[i]));
    return words;
}

static json_t *integer_schema(const struct schema_field *field)
{
    if (field->max == 0)
        return json_pack("{s:s}", "type", "integer");
    return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)field->min,
                     "maximum", (json_int_t)field->max);
}

static json_t *type_schema(const struct schema_field *field)
{
    switch (field->type) {
    case SCHEMA_STRING:
    case SCHEMA_DURATION:
    case SCHEMA_DATE:
    case SCHEMA_GLOB: return json_pack("{s:s}", "type", "string");
    case SCHEMA_PATTERN: return json_pack("{s:s, s:s}", "type", "string", "format", "regex");
    case SCHEMA_BOOLEAN: return json_pack("{s:s}", "type", "boolean");
    case SCHEMA_INTEGER: return integer_schema(field);
    case SCHEMA_NUMBER: return json_pack("{s:s}", "type", "number");
    case SCHEMA_QUANTITY: return json_pack("{s:[s,s]}", "type", "string", "number");
    case SCHEMA_SCALAR: return json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
    case SCHEMA_SCALARS:
        return json_pack("{s:s, s:i, s:{s:[s,s,s]}}", "type", "object", "minProperties", 1,
                         "additionalProperties", "type", "string", "number", "boolean");
    case SCHEMA_LABELS: return json_pack("{s:s, s:i}", "type", "object", "minProperties", 1);
    case SCHEMA_OBJECT: return map_schema(field->fields);
    case SCHEMA_CHOICE:
        return json_pack("{s:[{s:o}, o]}", "oneOf", "enum", words(field),
                         map_schema(field->fields));
    case SCHEMA_ANY: return json_object();
    }
    return NULL;
}

static json_t *field_schema(const struct schema_field *field)
{
    json_t *schema = type_schema(field);

    if ((field->values || field->value_at) && field->type != SCHEMA_CHOICE)
        json_object_set_new(schema, "enum", words(field));
    if (field->list)
        schema = json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", schema);
    if (field->list && field->most > 0)
        json_object_set_new(schema, "maxItems", json_integer((json_int_t)field->most));
    if (field->doc)
        json_object_set_new(schema, "description", json_string(field->doc));
    return schema;
}

static json_t *map_schema(const struct schema_field *fields)
{
    json_t *properties = json_object(), *required = json_array();

    for (; fields && fields->name; fields++) {
        json_object_set_new(properties, fields->name, field_schema(fields));
        if (fields->required)
            json_array_append_new(required, json_string(fields->name));
    }
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required",
                     required, "additionalProperties", 0);
}

/* A rule has the common keys and exactly one check. */
static json_t *rule_schema(void)
{
    json_t *schema = map_schema(rule_fields), *one = json_array();
    json_t *properties = json_object_get(schema, "properties");

    for (const struct check *const *c = checks; *c; c++) {
        struct schema_field field = {.name = (*c)->name,
                                     .type = SCHEMA_OBJECT,
                                     .list = (*c)->items != NULL,
                                     .fields = (*c)->items ? (*c)->items : (*c)->args,
                                     .doc = (*c)->summary};

        json_object_set_new(properties, (*c)->name, field_schema(&field));
        json_array_append_new(one, json_pack("{s:[s]}", "required", (*c)->name));
    }
    json_object_set_new(schema, "oneOf", one);
    return schema;
}

static json_t *policy_schema(void)
{
    json_t *spec = map_schema(policy_spec_fields);

    json_object_set_new(
        json_object_get(spec, "properties"), "rules",
        json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", rule_schema()));
    return spec;
}

static json_t *document_schema(const char *kind, json_t *spec)
{
    return json_pack(
        "{s:s, s:[s,s,s,s], s:b, s:{s:{s:s}, s:{s:s}, s:{s:s, s:[s], s:{s:{s:s, s:i}}}, "
        "s:o}}",
        "type", "object", "required", "apiVersion", "kind", "metadata", "spec",
        "additionalProperties", 0, "properties", "apiVersion", "const", "tidegate.dev/v1alpha1",
        "kind", "const", kind, "metadata", "type", "object", "required", "name", "properties",
        "name", "type", "string", "minLength", 1, "spec", spec);
}

int schema_json_print(void)
{
    json_t *schema =
        json_pack("{s:s, s:s, s:[o,o,o]}", "$schema",
                  "https://json-schema.org/draft/2020-12/schema", "title", "Tidegate rule file",
                  "oneOf", document_schema("Environment", map_schema(environment_spec_fields)),
                  document_schema("Policy", policy_schema()),
                  document_schema("RolloutGuard", map_schema(guard_spec_fields)));
    int result = schema ? json_dumpf(schema, stdout, JSON_INDENT(2)) : -1;

    json_decref(schema);
    putchar('\n');
    return result;
}
