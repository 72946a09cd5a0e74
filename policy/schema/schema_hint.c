#include "policy/schema/schema_hint.h"

#include "base/buf.h"
#include "base/text/suggest.h"
#include "base/yaml/yaml_scalar.h"

#include <inttypes.h>

enum { MAX_HINT = 1024 };

bool schema_is_scalar(enum node_kind kind)
{
    return kind == NODE_STRING || kind == NODE_BOOL || kind == NODE_INT || kind == NODE_FLOAT;
}

static bool is_text(enum schema_type type)
{
    return type == SCHEMA_STRING || type == SCHEMA_GLOB || type == SCHEMA_PATTERN;
}

bool schema_accepts(enum schema_type type, enum node_kind kind)
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
    case SCHEMA_SCALAR: return schema_is_scalar(kind);
    case SCHEMA_SCALARS:
    case SCHEMA_LABELS:
    case SCHEMA_OBJECT: return kind == NODE_MAP;
    case SCHEMA_CHOICE: return kind == NODE_STRING || kind == NODE_MAP;
    case SCHEMA_ANY: return true;
    }
    return false;
}

/* --- words ------------------------------------------------------------------------------------ */

static void add_words(struct view word, const char *const *candidates, size_t count,
                      struct buf *out)
{
    const char *near = suggest(word, candidates, count);

    if (near) {
        buf_printf(out, "did you mean \"%s\"?", near);
        return;
    }
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s", i == 0 ? "accepted here: " : ", ", candidates[i]);
}

void schema_hint_words(struct view word, const char *const *candidates, size_t count,
                       struct diags *diags)
{
    struct buf text;

    buf_init(&text, MAX_HINT);
    add_words(word, candidates, count, &text);
    diag_hint(diags, "%.*s", VIEW_ARGS(buf_view(&text)));
    buf_release(&text);
}

/* Cuts key:value; false when it is anything else, such as a URL. */
static bool cut_colon(struct view text, struct view *key, struct view *value)
{
    return view_cut(text, ':', key, value) && key->n > 0 && value->n > 0 && value->p[0] != '/';
}

struct view schema_key_before_colon(struct view text)
{
    struct view key, value;

    return cut_colon(text, &key, &value) ? key : text;
}

bool schema_hint_colon(const struct node *node, bool is_key, struct diags *diags)
{
    struct view key, value;

    if (node->kind != NODE_STRING || !cut_colon(node->text, &key, &value))
        return false;
    if (is_key)
        diag_hint(diags, "write a blank behind the colon: %.*s: %.*s", VIEW_ARGS(key),
                  VIEW_ARGS(value));
    else
        diag_hint(diags, "write {%.*s: %.*s}, with a blank behind the colon", VIEW_ARGS(key),
                  VIEW_ARGS(view_trim(value)));
    return true;
}

static bool is_listed(const struct schema_field *field)
{
    return field->values || field->value_at;
}

/* --- spellings -------------------------------------------------------------------------------- */

/* Text that is itself without quotes, also in [a, b]. */
static bool is_plain(struct view text)
{
    struct yaml_scalar other;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (!word && (i == 0 || (c != '-' && c != '_' && c != '.' && c != '/')))
            return false;
    }
    return text.n > 0 && !yaml_scalar_ambiguous(text, &other) &&
           yaml_scalar_loose(text).kind == NODE_STRING;
}

static void add_quoted(struct view text, struct buf *out)
{
    bool single = view_find(text, '\\') >= 0 || view_find(text, '"') >= 0;

    buf_add_char(out, single ? '\'' : '"');
    for (size_t i = 0; i < text.n; i++) {
        if (single && text.p[i] == '\'')
            buf_add_char(out, '\'');
        buf_add_char(out, text.p[i]);
    }
    buf_add_char(out, single ? '\'' : '"');
}

/* The unit with which so many are in the range of the field, or NULL. */
static const char *unit_of(int64_t number, const struct schema_field *field)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        int64_t seconds;

        if (!__builtin_mul_overflow(number, units[i].seconds, &seconds) && seconds >= field->min &&
            seconds <= field->max)
            return units[i].name;
    }
    return NULL;
}

/* The scalar as a number or boolean, or false where the field takes none that is like it. */
static bool add_value(struct yaml_scalar value, const struct schema_field *field, struct buf *out)
{
    bool number = field->type == SCHEMA_INTEGER || field->type == SCHEMA_NUMBER ||
                  field->type == SCHEMA_QUANTITY;
    const char *unit = "";

    if (field->type == SCHEMA_BOOLEAN && value.kind == NODE_BOOL) {
        buf_add_str(out, value.truth ? "true" : "false");
        return true;
    }
    if (value.kind != NODE_INT || (!number && field->type != SCHEMA_DURATION))
        return false;
    if (number && field->max > 0 && (value.integer < field->min || value.integer > field->max))
        return false;
    if (!number)
        unit = unit_of(value.integer, field);
    if (unit)
        buf_printf(out, "%" PRId64 "%s", value.integer, unit);
    return unit;
}

/* How the scalar is written so that the field takes it; false where that is not known. */
static bool add_spelling(const struct node *node, const struct schema_field *field, struct buf *out)
{
    const char *values[SCHEMA_VALUES], *near;
    struct yaml_scalar value;

    if (is_listed(field)) {
        near = suggest(node->text, values, schema_values(field, values));
        if (near)
            buf_add_str(out, near);
        return near;
    }
    if (is_text(field->type)) {
        if (is_plain(node->text))
            buf_add(out, node->text);
        else
            add_quoted(node->text, out);
        return node->text.n > 0;
    }
    if (!yaml_scalar_ambiguous(node->text, &value))
        value = yaml_scalar_loose(node->text);
    return add_value(value, field, out);
}

/* --- hints ------------------------------------------------------------------------------------ */

static void add_hint(const struct node *node, const char *hint, struct buf *out)
{
    struct view before, example, after;

    if (!view_cut(view_of(hint), '{', &before, &after)) {
        buf_add_str(out, hint);
        return;
    }
    view_cut(after, '}', &example, &after);
    buf_add(out, before);
    buf_add(out, node->kind == NODE_INT || node->kind == NODE_FLOAT ? node->text : example);
    buf_add(out, after);
}

/* What is accepted, where no spelling of what stands there is. */
static void add_accepted(const struct node *node, const struct schema_field *field, struct buf *out)
{
    const char *values[SCHEMA_VALUES];
    char range[SCHEMA_RANGE_ROOM];

    if (is_listed(field))
        add_words(node->text, values, schema_values(field, values), out);
    else if (field->hint)
        add_hint(node, field->hint, out);
    else if (field->max > 0)
        buf_printf(out, "accepted here: %s", schema_range(field, range));
    else if (field->type == SCHEMA_DATE)
        buf_add_str(out, "write it as in 2027-06-30");
    else if (field->type == SCHEMA_DURATION)
        buf_add_str(out, "write it with its unit, as in 10m");
}

static void add_type_hint(const struct node *node, const struct schema_field *field,
                          struct buf *out)
{
    if (!schema_is_scalar(node->kind) || is_listed(field) || field->hint) {
        add_accepted(node, field, out);
        return;
    }
    if (is_text(field->type))
        buf_add_str(out, "to mean the text, write ");
    else
        buf_add_str(out,
                    field->type == SCHEMA_DURATION ? "write it with its unit, as in " : "write ");
    if (!add_spelling(node, field, out)) {
        buf_reset(out);
        add_accepted(node, field, out);
    } else if (is_text(field->type)) {
        buf_add_str(out, " with its quotes");
    } else if (node->kind == NODE_STRING) {
        buf_add_str(out, " without quotes");
    }
}

void schema_hint_type(const struct node *node, const struct schema_field *field,
                      struct diags *diags)
{
    struct buf text;

    if (schema_accepts(field->type, NODE_MAP) && schema_hint_colon(node, false, diags))
        return;
    buf_init(&text, MAX_HINT);
    add_type_hint(node, field, &text);
    if (text.n > 0)
        diag_hint(diags, "%.*s", VIEW_ARGS(buf_view(&text)));
    buf_release(&text);
}

void schema_hint_list(const struct node *node, const struct schema_field *field,
                      struct diags *diags)
{
    struct buf text;

    buf_init(&text, MAX_HINT);
    if (node->kind == NODE_MAP && schema_accepts(field->type, NODE_MAP)) {
        buf_add_str(&text, "put \"- \" before its first key");
    } else if (schema_is_scalar(node->kind) || node->kind == NODE_WRONG) {
        buf_add_str(&text, "write [");
        if (add_spelling(node, field, &text))
            buf_add_char(&text, ']');
        else
            buf_reset(&text);
    }
    if (text.n == 0)
        add_accepted(node, field, &text);
    if (text.n > 0 && node->kind == NODE_WRONG)
        diag_rehint(diags, node->place, "%.*s", VIEW_ARGS(buf_view(&text)));
    else if (text.n > 0)
        diag_hint(diags, "%.*s", VIEW_ARGS(buf_view(&text)));
    buf_release(&text);
}

void schema_hint_ambiguous(const struct node *node, const struct schema_field *field,
                           struct diags *diags)
{
    struct buf text;

    if (field->type == SCHEMA_ANY || (field->type == SCHEMA_SCALAR && !is_listed(field)))
        return;
    buf_init(&text, MAX_HINT);
    /* Of text that has a form, a time of day is right but for its quotes. */
    if (!is_listed(field) && (!field->hint || view_find(node->text, ':') > 0)) {
        buf_add_str(&text, "write ");
        if (!add_spelling(node, field, &text))
            buf_reset(&text);
        else if (is_text(field->type))
            buf_add_str(&text, " with its quotes");
    }
    if (text.n == 0)
        add_accepted(node, field, &text);
    if (text.n == 0)
        buf_printf(&text, "accepted here: %s", schema_type_name(field->type));
    diag_rehint(diags, node->place, "%.*s", VIEW_ARGS(buf_view(&text)));
    buf_release(&text);
}
