#include "policy/schema/schema.h"

#include "base/arena.h"
#include "base/parse_error.h"
#include "base/text/suggest.h"
#include "base/time/duration.h"
#include "policy/schema/schema_hint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FIELDS = 32 };

void schema_unknown(const struct node *node, const char *what, const char *const *candidates,
                    size_t count, struct diags *diags)
{
    diag_error(diags, node->place, "unknown %s \"%.*s\"", what, VIEW_ARGS(node->text));
    schema_hint_words(node->text, candidates, count, diags);
}

void schema_flaw(const struct node *node, const char *what, const struct parse_error *parse_error,
                 struct diags *diags)
{
    diag_error(diags, node_error_place(node, parse_error), "\"%.*s\" is not a valid %s: %s",
               VIEW_ARGS(node->text), what, parse_error->why);
    if (parse_error->hint[0])
        diag_hint(diags, "%s", parse_error->hint);
}

void schema_vain(const struct node *node, const char *what, const struct parse_error *parse_error,
                 struct diags *diags)
{
    diag_vain(diags, node_error_place(node, parse_error), "\"%.*s\" is not a valid %s: %s",
              VIEW_ARGS(node->text), what, parse_error->why);
    if (parse_error->hint[0])
        diag_hint(diags, "%s", parse_error->hint);
}

/* What takes the place of a value that was found wrong. */
static const struct node *wrong(const struct node *node, struct diags *diags)
{
    struct node *copy = arena_alloc(diags->arena, sizeof(*copy));

    if (!copy)
        return NULL;
    *copy = (struct node){.kind = NODE_WRONG, .place = node->place, .text = VIEW("")};
    copy->place.column |= PLACE_TOLD;
    return copy;
}

static int check_accepted(const struct node *node, const struct schema_field *field,
                          struct diags *diags)
{
    const char *values[SCHEMA_VALUES];
    size_t count = schema_values(field, values);

    for (size_t i = 0; i < count; i++)
        if (view_eq_str(node->text, values[i]))
            return 0;
    diag_error(diags, node->place, "\"%.*s\" is not a value of \"%s\"", VIEW_ARGS(node->text),
               field->name);
    schema_hint_words(node->text, values, count, diags);
    return -1;
}

static int check_scalars(const struct node *node, const struct schema_field *field,
                         struct diags *diags)
{
    int result = 0;

    if (node->count == 0) {
        diag_error(diags, node->place, "\"%s\" is empty", field->name);
        return -1;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct node *value = node->entries[i].value;

        if (schema_is_scalar(value->kind))
            continue;
        diag_error(diags, value->place, "\"%.*s\" of \"%s\" must be a string or number, not %s",
                   VIEW_ARGS(node->entries[i].key->text), field->name, node_kind_name(value->kind));
        result = -1;
    }
    return result;
}

static int check_range(const struct node *node, const struct schema_field *field,
                       struct diags *diags)
{
    char range[SCHEMA_RANGE_ROOM];
    struct parse_error parse_error;
    int64_t seconds;

    if (field->type == SCHEMA_DURATION) {
        if (duration_parse(node->text, field->min, field->max, &seconds, &parse_error) == 0)
            return 0;
        schema_flaw(node, "duration", &parse_error, diags);
        return -1;
    }
    if (node->integer >= field->min && node->integer <= field->max)
        return 0;
    diag_error(diags, node->place, "%.*s is not a value of \"%s\"", VIEW_ARGS(node->text),
               field->name);
    diag_hint(diags, "accepted here: %s", schema_range(field, range));
    return -1;
}

static int refuse_type(const struct node *node, const struct schema_field *field,
                       struct diags *diags)
{
    diag_error(diags, node->place, "\"%s\" must be %s, not %s", field->name,
               schema_type_name(field->type), node_kind_name(node->kind));
    schema_hint_type(node, field, diags);
    return -1;
}

/* Of one value, what is not in the maps below it. */
static int check_scalar(const struct node *node, const struct schema_field *field,
                        struct diags *diags)
{
    if (!schema_accepts(field->type, node->kind))
        return refuse_type(node, field, diags);
    if ((field->type == SCHEMA_STRING || field->type == SCHEMA_GLOB) && !field->list &&
        node->text.n == 0) {
        diag_error(diags, node->place, "\"%s\" is empty", field->name);
        return -1;
    }
    if ((field->values || field->value_at) && node->kind != NODE_MAP)
        return check_accepted(node, field, diags);
    if (field->max > 0)
        return check_range(node, field, diags);
    if (field->type == SCHEMA_SCALARS)
        return check_scalars(node, field, diags);
    return 0;
}

static const struct node *check_value(const struct node *node, const struct schema_field *field,
                                      struct diags *diags)
{
    if (node->kind == NODE_WRONG) {
        schema_hint_ambiguous(node, field, diags);
        return node;
    }
    if (check_scalar(node, field, diags) < 0)
        return wrong(node, diags);
    if (field->fields && node->kind == NODE_MAP)
        return schema_check(node, field->fields, field->name, diags);
    return node;
}

/* A name that is there twice is a mistake, and no object has an empty name. */
static int check_element(const struct node *list, size_t n, const struct schema_field *field,
                         struct diags *diags)
{
    const struct node *element = list->items[n];

    if (field->type != SCHEMA_STRING && field->type != SCHEMA_GLOB && field->type != SCHEMA_INTEGER)
        return 0;
    if (element->kind == NODE_WRONG)
        return 0;
    if (element->text.n == 0) {
        diag_error(diags, element->place, "\"%s\" holds an empty text", field->name);
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        if (!view_eq(list->items[i]->text, element->text))
            continue;
        diag_error(diags, element->place, "\"%.*s\" is there twice in \"%s\"",
                   VIEW_ARGS(element->text), field->name);
        return -1;
    }
    return 0;
}

/* Of a list as a whole. */
static int check_length(const struct node *node, const struct schema_field *field,
                        struct diags *diags)
{
    if (node->kind != NODE_LIST) {
        diag_error(diags, node->place, "\"%s\" must be a list, not %s", field->name,
                   node_kind_name(node->kind));
        schema_hint_list(node, field, diags);
        return -1;
    }
    if (node->count == 0) {
        diag_error(diags, node->place, "\"%s\" is an empty list, which nothing can match",
                   field->name);
        diag_hint(diags,
                  field->required ? "name at least one" : "leave \"%s\" out, or name at least one",
                  field->name);
        return -1;
    }
    if (field->most > 0 && node->count > field->most) {
        diag_error(diags, node->items[field->most]->place, "\"%s\" has %zu entries", field->name,
                   node->count);
        diag_hint(diags, "at most %zu are accepted", field->most);
        return -1;
    }
    return 0;
}

static const struct node *check_list(const struct node *node, const struct schema_field *field,
                                     struct diags *diags)
{
    const struct node **items;
    struct node *copy;

    if (node->kind == NODE_WRONG) {
        schema_hint_list(node, field, diags);
        return node;
    }
    if (check_length(node, field, diags) < 0)
        return wrong(node, diags);
    copy = arena_alloc(diags->arena, sizeof(*copy));
    items = arena_array(diags->arena, node->count, sizeof(*items));
    if (!copy || !items)
        return NULL;
    for (size_t i = 0; i < node->count; i++) {
        items[i] = check_value(node->items[i], field, diags);
        if (items[i] == node->items[i] && check_element(node, i, field, diags) < 0)
            items[i] = wrong(node->items[i], diags);
        if (!items[i])
            return NULL;
    }
    *copy = *node;
    copy->items = items;
    return memcmp(items, node->items, node->count * sizeof(*items)) == 0 ? node : copy;
}

static const struct schema_field *find_field(const struct schema_field *fields, struct view name)
{
    for (; fields->name; fields++)
        if (view_eq_str(name, fields->name))
            return fields;
    return NULL;
}

static void refuse_key(const struct node *map, const struct node *key,
                       const struct schema_field *fields, const char *what, struct diags *diags)
{
    const char *names[MAX_FIELDS], *near;
    size_t count = 0;

    for (const struct schema_field *field = fields; field->name && count < MAX_FIELDS; field++)
        names[count++] = field->name;
    diag_error(diags, key->place, "unknown key \"%.*s\" in %s", VIEW_ARGS(key->text), what);
    near = suggest(key->text, names, count);
    if (near && node_get(map, near))
        diag_hint(diags, "\"%s\" is there already: leave this one out", near);
    else if (!schema_hint_colon(key, true, diags))
        schema_hint_words(key->text, names, count, diags);
}

/* The key that was meant by one that is unknown: a near one that is not there; or NULL. */
static const struct schema_field *meant(const struct node *map, struct view name,
                                        const struct schema_field *fields)
{
    for (const struct schema_field *field = fields; field->name; field++)
        if (suggest(schema_key_before_colon(name), &field->name, 1) && !node_get(map, field->name))
            return field;
    return NULL;
}

/* The value of such a key, when all of it is right there. What is not may be meant otherwise. */
static const struct node *check_meant(const struct node *value, const struct schema_field *field,
                                      struct diags *diags)
{
    struct diags unheard;

    diags_init(&unheard, diags->arena);
    (field->list ? check_list : check_value)(value, field, &unheard);
    return unheard.errors == 0 ? value : wrong(value, diags);
}

static const struct node *make_key(const char *name, struct place place, struct diags *diags)
{
    struct node *key = arena_alloc(diags->arena, sizeof(*key));

    if (key)
        *key = (struct node){.kind = NODE_STRING, .place = place, .text = view_of(name)};
    return key;
}

/* One key and its value, or what takes their place. */
static struct node_entry check_entry(const struct node *map, const struct node_entry *entry,
                                     const struct schema_field *fields, const char *what,
                                     struct diags *diags)
{
    const struct schema_field *field = find_field(fields, entry->key->text);

    if (field)
        return (struct node_entry){
            entry->key, (field->list ? check_list : check_value)(entry->value, field, diags)};
    if (entry->value != &node_wrong) /* else it was told what is wrong with the key */
        refuse_key(map, entry->key, fields, what, diags);
    field = meant(map, entry->key->text, fields);
    if (field)
        return (struct node_entry){make_key(field->name, entry->key->place, diags),
                                   check_meant(entry->value, field, diags)};
    return (struct node_entry){entry->key, wrong(entry->value, diags)};
}

static size_t add_missing(const struct node *map, const struct schema_field *fields,
                          const char *what, struct diags *diags, struct node_entry *out)
{
    size_t count = 0;

    for (const struct schema_field *field = fields; field->name; field++) {
        const struct node *key;

        if (!field->required || node_get(map, field->name))
            continue;
        diag_error(diags, map->place, "%s has no \"%s\"", what, field->name);
        key = make_key(field->name, map->place, diags);
        if (key)
            out[count++] = (struct node_entry){key, &node_wrong};
    }
    return count;
}

static size_t count_required(const struct schema_field *fields)
{
    size_t count = 0;

    for (; fields->name; fields++)
        count += fields->required;
    return count;
}

const struct node *schema_check(const struct node *node, const struct schema_field *fields,
                                const char *what, struct diags *diags)
{
    size_t errors = diags->errors;
    struct node_entry *entries;
    struct node *copy;

    if (node->kind != NODE_MAP) {
        diag_error(diags, node->place, "%s must be a map, not %s", what,
                   node_kind_name(node->kind));
        schema_hint_colon(node, false, diags);
        return node->kind == NODE_WRONG ? node : wrong(node, diags);
    }
    copy = arena_alloc(diags->arena, sizeof(*copy));
    entries = arena_array(diags->arena, node->count + count_required(fields) + 1, sizeof(*entries));
    if (!copy || !entries)
        return NULL;
    *copy = *node;
    copy->entries = entries;
    for (size_t i = 0; i < node->count; i++) {
        entries[i] = check_entry(node, &node->entries[i], fields, what, diags);
        if (!entries[i].key || !entries[i].value)
            return NULL;
    }
    copy->count += add_missing(copy, fields, what, diags, entries + node->count);
    return diags->errors > errors ? copy : node;
}

int64_t schema_amount(const struct node *map, const struct schema_field *fields, const char *name)
{
    const struct schema_field *field = find_field(fields, view_of(name));
    const struct node *node = node_get(map, name);
    struct parse_error parse_error;
    int64_t amount = field->usual;

    if (node && node->kind == NODE_WRONG)
        return amount;
    if (node && field->type == SCHEMA_DURATION)
        duration_parse(node->text, field->min, field->max, &amount, &parse_error);
    else if (node)
        amount = node->integer;
    return amount;
}
