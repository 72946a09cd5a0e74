#include "base/diag.h"
#include "base/hash_table.h"
#include "base/limits.h"
#include "base/sys/file.h"
#include "base/yaml/node.h"
#include "base/yaml/yaml.h"
#include "policy/limits.h"
#include "policy/shapes/shapes_store.h"

#include "policy/shapes/shapes.h"

/* A named schema of an OpenAPI document, which others refer to. */
struct definition {
    struct hash_table_link link;
    const struct node *schema;
    struct shape *shape;
};

/* One document while it is read; what is not in the store ends with it. */
struct loader {
    struct shapes *s;
    struct arena arena;
    struct hash_table definitions;
    bool failed; /* memory was out */
};

static struct shape *read_schema(struct loader *l, const struct node *schema);

static struct shape *add(struct loader *l, enum shape_type type)
{
    struct shape *shape = shapes_add(l->s, type, true);

    l->failed = l->failed || !shape;
    return shape;
}

static bool is_text(const struct node *node, const char *text)
{
    return node && node->kind == NODE_STRING && view_eq_str(node->text, text);
}

static bool is_true(const struct node *node)
{
    return node && node->kind == NODE_BOOL && node->truth;
}

/* "#/definitions/NAME" and "#/components/schemas/NAME". */
static struct shape *read_reference(struct loader *l, struct view reference)
{
    struct view name = view_from(reference, (size_t)(view_rfind(reference, '/') + 1));
    struct hash_table_link *link = hash_table_find(&l->definitions, name);

    return link ? ((struct definition *)link)->shape : add(l, SHAPE_ANY);
}

static void fill_map(struct loader *l, const struct node *schema, struct shape *map)
{
    const struct node *properties = node_get(schema, "properties");
    const struct node *others = node_get(schema, "additionalProperties");
    size_t count = properties && properties->kind == NODE_MAP ? properties->count : 0;

    map->fields = arena_array(&l->s->arena, count + 3, sizeof(*map->fields));
    for (size_t i = 0; map->fields && i < count; i++) {
        struct shape_field *field = &map->fields[map->field_count++];

        field->name = arena_copy(&l->s->arena, properties->entries[i].key->text);
        field->shape = read_schema(l, properties->entries[i].value);
        l->failed = l->failed || !field->name.p;
    }
    if (others && others->kind == NODE_MAP)
        map->of = read_schema(l, others);
    else if (is_true(node_get(schema, "x-kubernetes-preserve-unknown-fields")) || is_true(others) ||
             count == 0)
        map->of = add(l, SHAPE_ANY);
    l->failed = l->failed || !map->fields;
}

static enum shape_type scalar_type(const struct node *schema)
{
    const struct node *type = node_get(schema, "type");

    if (is_true(node_get(schema, "x-kubernetes-int-or-string")) ||
        is_text(node_get(schema, "format"), "int-or-string"))
        return SHAPE_INTEGER_OR_TEXT;
    if (is_text(type, "string"))
        return SHAPE_TEXT;
    if (is_text(type, "boolean"))
        return SHAPE_BOOLEAN;
    if (is_text(type, "integer"))
        return SHAPE_INTEGER;
    return is_text(type, "number") ? SHAPE_NUMBER : SHAPE_ANY;
}

/* Recurses by the nesting of the document, which has a limit; NULL when memory runs out. */
static struct shape *read_schema(struct loader *l, const struct node *schema)
{
    const struct node *reference = node_get(schema, "$ref"), *all = node_get(schema, "allOf");
    struct shape *shape;

    if (reference && reference->kind == NODE_STRING)
        return read_reference(l, reference->text);
    if (all && all->kind == NODE_LIST && all->count == 1)
        return read_schema(l, all->items[0]);
    if (is_text(node_get(schema, "type"), "array")) {
        shape = add(l, SHAPE_LIST);
        if (shape)
            shape->of = read_schema(l, node_get(schema, "items"));
        return shape;
    }
    if (!is_text(node_get(schema, "type"), "object") && !node_get(schema, "properties"))
        return add(l, scalar_type(schema));
    shape = add(l, SHAPE_MAP);
    if (shape)
        fill_map(l, schema, shape);
    return shape;
}

/* Every object has these, whatever its schema says of them. */
static void add_standard(struct loader *l, struct shape *object)
{
    const struct shape_field standard[] = {{VIEW("apiVersion"), add(l, SHAPE_TEXT)},
                                           {VIEW("kind"), add(l, SHAPE_TEXT)},
                                           {VIEW("metadata"), l->s->metadata}};

    for (size_t i = 0; i < 3 && !l->failed && object->type == SHAPE_MAP; i++) {
        size_t f = 0;

        while (f < object->field_count && !view_eq(object->fields[f].name, standard[i].name))
            f++;
        object->fields[f] = standard[i];
        object->field_count += f == object->field_count;
    }
}

static void add_kind(struct loader *l, const struct node *group, const struct node *kind,
                     struct shape *shape)
{
    if (!group || !kind || !shape || shape->type != SHAPE_MAP)
        return;
    add_standard(l, shape);
    if (shapes_add_kind(l->s, group->text, kind->text, shape) < 0)
        l->failed = true;
}

static size_t read_crd(struct loader *l, const struct node *spec)
{
    const struct node *versions = node_get(spec, "versions");
    const struct node *kind = node_get(node_get(spec, "names"), "kind");
    const struct node *schema = node_get(node_get(spec, "validation"), "openAPIV3Schema");
    size_t count = schema != NULL;

    if (schema)
        add_kind(l, node_get(spec, "group"), kind, read_schema(l, schema));
    for (size_t i = 0; versions && versions->kind == NODE_LIST && i < versions->count; i++) {
        schema = node_get(node_get(versions->items[i], "schema"), "openAPIV3Schema");
        if (!schema)
            continue;
        add_kind(l, node_get(spec, "group"), kind, read_schema(l, schema));
        count++;
    }
    return count;
}

static void name_definition(struct loader *l, const struct node_entry *entry,
                            struct definition *definition)
{
    definition->schema = entry->value;
    definition->shape = add(l, SHAPE_MAP);
    if (hash_table_reserve(&l->definitions, LIMIT_SHAPES) < 0)
        l->failed = true;
    else
        hash_table_add(&l->definitions, &definition->link, entry->key->text);
}

static void read_definition(struct loader *l, struct definition *definition)
{
    const struct node *kinds = node_get(definition->schema, "x-kubernetes-group-version-kind");
    struct shape *read = read_schema(l, definition->schema);

    if (!read || l->failed)
        return;
    *definition->shape = *read;
    if (kinds && kinds->kind == NODE_LIST && kinds->count == 1 &&
        shape_field(definition->shape, VIEW("metadata")))
        add_kind(l, node_get(kinds->items[0], "group"), node_get(kinds->items[0], "kind"),
                 definition->shape);
}

static size_t read_openapi(struct loader *l, const struct node *document)
{
    const struct node *schemas = node_get(document, "definitions");
    struct definition *definitions;

    if (!schemas)
        schemas = node_get(node_get(document, "components"), "schemas");
    if (!schemas || schemas->kind != NODE_MAP)
        return 0;
    definitions = arena_array(&l->arena, schemas->count + 1, sizeof(*definitions));
    if (!definitions) {
        l->failed = true;
        return 0;
    }
    for (size_t i = 0; i < schemas->count && !l->failed; i++)
        name_definition(l, &schemas->entries[i], &definitions[i]);
    for (size_t i = 0; i < schemas->count && !l->failed; i++)
        read_definition(l, &definitions[i]);
    hash_table_release(&l->definitions);
    return schemas->count;
}

int shapes_read(struct shapes *s, const struct source *text, struct diags *diags, size_t *found)
{
    struct loader l = {.s = s};
    const struct node **documents;
    size_t count = 0, errors = diags->errors;

    *found = 0;
    arena_init(&l.arena, LIMIT_RULES_MEMORY);
    if (yaml_parse(text, YAML_MANIFEST, &l.arena, diags, &documents, &count) < 0)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_text(node_get(documents[i], "kind"), "CustomResourceDefinition"))
            *found += read_crd(&l, node_get(documents[i], "spec"));
        else
            *found += read_openapi(&l, documents[i]);
    }
    if (l.failed)
        diag_error(diags, (struct place){.source = text},
                   "the schemas need more memory than the limit of %d MiB",
                   LIMIT_SHAPES / (1024 * 1024));
    arena_release(&l.arena);
    return diags->errors > errors ? -1 : 0;
}

int shapes_load(struct shapes *s, const char *directory, struct diags *diags)
{
    struct source *whole = arena_alloc(diags->arena, sizeof(*whole));
    const char **paths = NULL;
    size_t count = 0, found = 0, here;

    if (!whole)
        return -1;
    whole->name = view_of(directory);
    if (file_list(directory, diags->arena, diags, &paths, &count) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct source *text = file_read(paths[i], LIMIT_FILE, diags->arena, diags);

        if (text && shapes_read(s, text, diags, &here) == 0)
            found += here;
    }
    if (found == 0 && diags->errors == 0)
        diag_error(diags, (struct place){.source = whole},
                   "there is no CustomResourceDefinition and no OpenAPI document in it");
    return diags->errors > 0 ? -1 : 0;
}
