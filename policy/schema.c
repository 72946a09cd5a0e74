#include "policy/schema.h"

#include "base/buf.h"
#include "base/duration.h"
#include "base/flaw.h"
#include "base/suggest.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_FIELDS = 32, MAX_HINT = 1024 };

static const char *const type_names[] = {
    [SCHEMA_STRING] = "a string",
    [SCHEMA_BOOLEAN] = "true or false",
    [SCHEMA_INTEGER] = "an integer",
    [SCHEMA_NUMBER] = "a number",
    [SCHEMA_QUANTITY] = "a quantity",
    [SCHEMA_DURATION] = "a duration",
    [SCHEMA_DATE] = "a date",
    [SCHEMA_GLOB] = "a name or glob",
    [SCHEMA_PATTERN] = "a regular expression",
    [SCHEMA_SCALAR] = "a string, number or boolean",
    [SCHEMA_SCALARS] = "a map of names to values",
    [SCHEMA_LABELS] = "a map of labels",
    [SCHEMA_OBJECT] = "a map",
    [SCHEMA_CHOICE] = "a word or a map",
    [SCHEMA_ANY] = "a value",
};

const char *schema_type_name(enum schema_type type)
{
    return type_names[type];
}

static bool is_scalar(enum node_kind kind)
{
    return kind != NODE_LIST && kind != NODE_MAP && kind != NODE_NULL;
}

static bool type_accepts(enum schema_type type, enum node_kind kind)
{
    switch (type) {
    case SCHEMA_STRING:
    case SCHEMA_DURATION:
    case SCHEMA_DATE:
    case SCHEMA_GLOB:
    case SCHEMA_PATTERN: return kind == NODE_STRING;
    case SCHEMA_BOOLEAN: return kind == NODE_BOOL;
    case SCHEMA_INTEGER: return kind == NODE_INT;
    case SCHEMA_NUMBER: return kind == NODE_INT || kind == NODE_FLOAT;
    case SCHEMA_QUANTITY: return kind == NODE_STRING || kind == NODE_INT || kind == NODE_FLOAT;
    case SCHEMA_SCALAR: return is_scalar(kind);
    case SCHEMA_SCALARS:
    case SCHEMA_LABELS:
    case SCHEMA_OBJECT: return kind == NODE_MAP;
    case SCHEMA_CHOICE: return kind == NODE_STRING || kind == NODE_MAP;
    case SCHEMA_ANY: return true;
    }
    return false;
}

static void list_candidates(const char *const *candidates, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : ", ", candidates[i]);
}

/* Says which words would have been accepted: the near one, or else all. */
static void hint_candidates(struct view word, const char *const *candidates, size_t count,
                            struct diags *diags)
{
    const char *near = suggest(word, candidates, count);
    struct buf all;

    if (near) {
        diag_hint(diags, "did you mean \"%s\"?", near);
        return;
    }
    buf_init(&all, MAX_HINT);
    list_candidates(candidates, count, &all);
    diag_hint(diags, "accepted here: %.*s", VIEW_ARGS(buf_view(&all)));
    buf_release(&all);
}

void schema_unknown(const struct node *node, const char *what, const char *const *candidates,
                    size_t count, struct diags *diags)
{
    diag_error(diags, node->place, "unknown %s \"%.*s\"", what, VIEW_ARGS(node->text));
    hint_candidates(node->text, candidates, count, diags);
}

void schema_flaw(const struct node *node, const char *what, const struct flaw *flaw,
                 struct diags *diags)
{
    diag_error(diags, flaw_place(flaw, node), "\"%.*s\" is no %s: %s", VIEW_ARGS(node->text), what,
               flaw->why);
    if (flaw->hint[0])
        diag_hint(diags, "%s", flaw->hint);
}

static int check_accepted(const struct node *node, const struct schema_field *field,
                          struct diags *diags)
{
    size_t count = 0;

    for (; field->values[count]; count++)
        if (view_eq_str(node->text, field->values[count]))
            return 0;
    diag_error(diags, node->place, "\"%.*s\" is no value of \"%s\"", VIEW_ARGS(node->text),
               field->name);
    hint_candidates(node->text, field->values, count, diags);
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

        if (is_scalar(value->kind))
            continue;
        diag_error(diags, value->place, "\"%.*s\" of \"%s\" must be a string or number, not %s",
                   VIEW_ARGS(node->entries[i].key->text), field->name, node_kind_name(value->kind));
        result = -1;
    }
    return result;
}

const char *schema_range(const struct schema_field *field, char out[static SCHEMA_RANGE_ROOM])
{
    char min[DURATION_ROOM], max[DURATION_ROOM];

    if (field->type == SCHEMA_DURATION)
        snprintf(out, SCHEMA_RANGE_ROOM, "%s to %s", duration_go(field->min, min),
                 duration_go(field->max, max));
    else
        snprintf(out, SCHEMA_RANGE_ROOM, "%" PRId64 " to %" PRId64, field->min, field->max);
    return out;
}

static int check_range(const struct node *node, const struct schema_field *field,
                       struct diags *diags)
{
    char range[SCHEMA_RANGE_ROOM];
    struct flaw flaw;
    int64_t seconds;

    if (field->type == SCHEMA_DURATION) {
        if (duration_parse(node->text, field->min, field->max, &seconds, &flaw) == 0)
            return 0;
        schema_flaw(node, "duration", &flaw, diags);
        return -1;
    }
    if (node->integer >= field->min && node->integer <= field->max)
        return 0;
    diag_error(diags, node->place, "%.*s is no value of \"%s\"", VIEW_ARGS(node->text),
               field->name);
    diag_hint(diags, "accepted here: %s", schema_range(field, range));
    return -1;
}

static int check_value(const struct node *node, const struct schema_field *field,
                       struct diags *diags)
{
    if (!type_accepts(field->type, node->kind)) {
        diag_error(diags, node->place, "\"%s\" must be %s, not %s", field->name,
                   type_names[field->type], node_kind_name(node->kind));
        if (field->type == SCHEMA_DURATION && node->kind == NODE_INT)
            diag_hint(diags, "write it with its unit, as in \"%.*ss\"", VIEW_ARGS(node->text));
        else if (is_scalar(node->kind) && type_accepts(field->type, NODE_STRING))
            diag_hint(diags, "to mean the text, write \"%.*s\" with its quotes",
                      VIEW_ARGS(node->text));
        return -1;
    }
    if (field->values && node->kind != NODE_MAP)
        return check_accepted(node, field, diags);
    if (field->max > 0)
        return check_range(node, field, diags);
    if (field->type == SCHEMA_SCALARS)
        return check_scalars(node, field, diags);
    if (field->fields)
        return schema_check(node, field->fields, field->name, diags);
    return 0;
}

/* The same twice is a slip of the hand, and an empty name is nobody's. */
static int check_element(const struct node *list, size_t n, const struct schema_field *field,
                         struct diags *diags)
{
    const struct node *element = list->items[n];

    if (field->type != SCHEMA_STRING && field->type != SCHEMA_GLOB && field->type != SCHEMA_INTEGER)
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

static int check_list(const struct node *node, const struct schema_field *field,
                      struct diags *diags)
{
    int result = 0;

    if (node->kind != NODE_LIST) {
        diag_error(diags, node->place, "\"%s\" must be a list, not %s", field->name,
                   node_kind_name(node->kind));
        if (is_scalar(node->kind))
            diag_hint(diags, "write [%.*s]", VIEW_ARGS(node->text));
        return -1;
    }
    if (node->count == 0) {
        diag_error(diags, node->place, "\"%s\" is an empty list, which nothing can match",
                   field->name);
        diag_hint(diags, "leave \"%s\" out, or name at least one", field->name);
        return -1;
    }
    if (field->most > 0 && node->count > field->most) {
        diag_error(diags, node->items[field->most]->place, "\"%s\" has %zu entries", field->name,
                   node->count);
        diag_hint(diags, "at most %zu are accepted", field->most);
        return -1;
    }
    for (size_t i = 0; i < node->count; i++)
        if (check_value(node->items[i], field, diags) < 0 ||
            check_element(node, i, field, diags) < 0)
            result = -1;
    return result;
}

static const struct schema_field *find_field(const struct schema_field *fields, struct view name)
{
    for (; fields->name; fields++)
        if (view_eq_str(name, fields->name))
            return fields;
    return NULL;
}

static int check_keys(const struct node *node, const struct schema_field *fields, const char *what,
                      struct diags *diags)
{
    const char *names[MAX_FIELDS];
    size_t count = 0;
    int result = 0;

    for (const struct schema_field *field = fields; field->name && count < MAX_FIELDS; field++)
        names[count++] = field->name;
    for (size_t i = 0; i < node->count; i++) {
        const struct node_entry *entry = &node->entries[i];
        const struct schema_field *field = find_field(fields, entry->key->text);

        if (!field) {
            diag_error(diags, entry->key->place, "unknown key \"%.*s\" in %s",
                       VIEW_ARGS(entry->key->text), what);
            hint_candidates(entry->key->text, names, count, diags);
            result = -1;
        } else if ((field->list ? check_list : check_value)(entry->value, field, diags) < 0) {
            result = -1;
        }
    }
    return result;
}

int schema_check(const struct node *node, const struct schema_field *fields, const char *what,
                 struct diags *diags)
{
    int result;

    if (node->kind != NODE_MAP) {
        diag_error(diags, node->place, "%s must be a map, not %s", what,
                   node_kind_name(node->kind));
        return -1;
    }
    result = check_keys(node, fields, what, diags);
    for (const struct schema_field *field = fields; field->name; field++) {
        if (!field->required || node_get(node, field->name))
            continue;
        diag_error(diags, node->place, "%s has no \"%s\"", what, field->name);
        result = -1;
    }
    return result;
}

int64_t schema_amount(const struct node *map, const struct schema_field *fields, const char *name)
{
    const struct schema_field *field = find_field(fields, view_of(name));
    const struct node *node = node_get(map, name);
    struct flaw flaw;
    int64_t amount = field->usual;

    if (node && field->type == SCHEMA_DURATION)
        duration_parse(node->text, field->min, field->max, &amount, &flaw);
    else if (node)
        amount = node->integer;
    return amount;
}
