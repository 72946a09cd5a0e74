#include "policy/schema/selector.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/text/glob.h"
#include "policy/schema/schema.h"

#include <yyjson.h>

enum selector_operator { IN, NOT_IN, EXISTS, DOES_NOT_EXIST };

struct requirement {
    struct view key;
    enum selector_operator op;
    struct view *values;
    size_t value_count;
};

struct selector {
    struct requirement *requirements;
    size_t count;
};

static const char *const operators[] = {
    [IN] = "In", [NOT_IN] = "NotIn", [EXISTS] = "Exists", [DOES_NOT_EXIST] = "DoesNotExist", NULL};

static const struct schema_field expression_fields[] = {
    {"key", SCHEMA_STRING, .required = true, .doc = "the label"},
    {"operator", SCHEMA_STRING, .required = true, .values = operators, .doc = "how it is compared"},
    {"values", SCHEMA_STRING, .list = true, .doc = "the values of In and NotIn"},
    {0},
};

static const struct schema_field selector_fields[] = {
    {"matchLabels", SCHEMA_SCALARS, .doc = "labels and their values"},
    {"matchExpressions", SCHEMA_OBJECT, .list = true, .fields = expression_fields,
     .doc = "requirements"},
    {0},
};

/* One more requirement; the arrays were sized by counting. */
static int add_label(struct selector *s, const struct node_entry *entry, struct arena *arena,
                     struct diags *diags)
{
    struct requirement *r = &s->requirements[s->count];

    if (entry->value->kind != NODE_STRING) {
        diag_error(diags, entry->value->place, "the value of label \"%.*s\" must be a string",
                   VIEW_ARGS(entry->key->text));
        if (entry->value->kind == NODE_LIST)
            diag_hint(diags,
                      "one of several is matchExpressions: "
                      "[{key: %.*s, operator: In, values: [...]}]",
                      VIEW_ARGS(entry->key->text));
        else if (entry->value->kind != NODE_MAP && entry->value->kind != NODE_NULL)
            diag_hint(diags, "write \"%.*s\" with its quotes", VIEW_ARGS(entry->value->text));
        return -1;
    }
    r->values = arena_array(arena, 1, sizeof(*r->values));
    if (!r->values)
        return -1;
    r->values[0] = entry->value->text;
    r->value_count = 1;
    r->key = entry->key->text;
    r->op = IN;
    s->count++;
    return 0;
}

static int add_labels(struct selector *s, const struct node *labels, struct arena *arena,
                      struct diags *diags)
{
    int result = 0;

    for (size_t i = 0; labels && i < labels->count; i++)
        if (add_label(s, &labels->entries[i], arena, diags) < 0)
            result = -1;
    return result;
}

static enum selector_operator operator_of(struct view name)
{
    for (size_t i = 0; operators[i]; i++)
        if (view_eq_str(name, operators[i]))
            return (enum selector_operator)i;
    return EXISTS;
}

static int add_expression(struct selector *s, const struct node *node, struct arena *arena,
                          struct diags *diags)
{
    struct requirement *r = &s->requirements[s->count];
    const struct node *values = node_get(node, "values");
    bool wants_values;

    r->key = node_get(node, "key")->text;
    r->op = operator_of(node_get(node, "operator")->text);
    wants_values = r->op == IN || r->op == NOT_IN;
    if (node_get(node, "operator")->kind == NODE_WRONG)
        return -1;
    if (wants_values != (values != NULL)) {
        diag_error(diags, node->place,
                   wants_values ? "operator %s needs \"values\""
                                : "operator %s takes no \"values\"",
                   operators[r->op]);
        return -1;
    }
    r->value_count = values ? values->count : 0;
    r->values = arena_array(arena, r->value_count + 1, sizeof(*r->values));
    if (!r->values)
        return -1;
    for (size_t i = 0; i < r->value_count; i++)
        r->values[i] = values->items[i]->text;
    s->count++;
    return 0;
}

static int add_expressions(struct selector *s, const struct node *list, struct arena *arena,
                           struct diags *diags)
{
    int result = 0;

    for (size_t i = 0; list && i < list->count; i++)
        if (add_expression(s, list->items[i], arena, diags) < 0)
            result = -1;
    return result;
}

static size_t count_of(const struct node *node)
{
    return node ? node->count : 0;
}

/* --- what no labels can be -------------------------------------------------------------------- */

/* The part of a name: letters, digits, '-', '_' and '.', a letter or digit at both ends. */
static bool is_name(struct view text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool inner = i > 0 && i + 1 < text.n && (c == '-' || c == '_' || c == '.');

        if (!inner && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
            return false;
    }
    return text.n > 0 && text.n <= 63;
}

/* https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
static bool is_key(struct view text)
{
    struct view prefix, name;

    if (!view_cut(text, '/', &prefix, &name))
        return is_name(text);
    for (size_t i = 0; i < prefix.n; i++)
        if (prefix.p[i] >= 'A' && prefix.p[i] <= 'Z')
            return false;
    return prefix.n > 0 && prefix.n <= 253 && is_name(name);
}

static void check_words(const struct node *key, const struct node *value, struct diags *diags)
{
    if (key->kind == NODE_STRING && !is_key(key->text)) {
        diag_vain(diags, key->place, "no label can be called \"%.*s\"", VIEW_ARGS(key->text));
        diag_hint(diags, "at most 63 letters, digits, '-', '_' and '.', behind a domain and '/'");
    }
    if (!value || value->kind != NODE_STRING || value->text.n == 0 || is_name(value->text))
        return;
    diag_vain(diags, value->place, "no label can have the value \"%.*s\"", VIEW_ARGS(value->text));
    diag_hint(diags, "at most 63 letters, digits, '-', '_' and '.', compared exactly");
}

static void check_spelling(const struct node *labels, const struct node *expressions,
                           struct diags *diags)
{
    for (size_t i = 0; labels && i < labels->count; i++)
        check_words(labels->entries[i].key, labels->entries[i].value, diags);
    for (size_t i = 0; expressions && i < expressions->count; i++) {
        const struct node *key = node_get(expressions->items[i], "key");
        const struct node *values = node_get(expressions->items[i], "values");

        check_words(key, NULL, diags);
        for (size_t v = 0; values && v < values->count; v++)
            check_words(&node_wrong, values->items[v], diags);
    }
}

static bool allows(const struct requirement *r, struct view value)
{
    for (size_t i = 0; i < r->value_count; i++)
        if (view_eq(value, r->values[i]))
            return r->op == IN;
    return r->op != IN && r->op != DOES_NOT_EXIST;
}

/* False when no value of its key does for the requirement and for all others. */
static bool can_hold(const struct selector *s, const struct requirement *r)
{
    for (size_t v = 0; v < r->value_count; v++) {
        bool good = true;

        for (size_t i = 0; i < s->count && good; i++)
            good = !view_eq(s->requirements[i].key, r->key) ||
                   allows(&s->requirements[i], r->values[v]);
        if (good)
            return true;
    }
    return false;
}

static bool is_denied(const struct selector *s, struct view key)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->requirements[i].op == DOES_NOT_EXIST && view_eq(s->requirements[i].key, key))
            return true;
    return false;
}

static void check_together(const struct selector *s, struct place place, struct diags *diags)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct requirement *r = &s->requirements[i];

        if (r->op == IN ? r->value_count == 0 || can_hold(s, r)
                        : r->op != EXISTS || !is_denied(s, r->key))
            continue;
        diag_vain(diags, place,
                  "nothing has such labels: what is asked of \"%.*s\" excludes itself",
                  VIEW_ARGS(r->key));
        diag_hint(diags, "all requirements have to hold together");
        return;
    }
}

/* --- compiling -------------------------------------------------------------------------------- */

const struct selector *selector_compile(const struct node *node, struct arena *arena,
                                        struct diags *diags)
{
    const struct node *labels = node_get(node, "matchLabels");
    const struct node *expressions = node_get(node, "matchExpressions");
    struct selector *s = arena_alloc(arena, sizeof(*s));
    size_t errors;
    int result = 0;

    if (node->count == 0) {
        diag_error(diags, node->place, "an empty map of labels selects everything");
        diag_hint(diags, "leave it out, or name a label");
        return NULL;
    }
    if (!labels && !expressions)
        labels = node;
    else
        node = schema_check(node, selector_fields, "a LabelSelector", diags);
    if (!s || !node)
        return NULL;
    if (labels != node) {
        labels = node_get(node, "matchLabels");
        expressions = node_get(node, "matchExpressions");
    }
    s->requirements =
        arena_array(arena, count_of(labels) + count_of(expressions), sizeof(*s->requirements));
    if (!s->requirements)
        return NULL;
    result |= add_labels(s, labels, arena, diags);
    result |= add_expressions(s, expressions, arena, diags);
    errors = diags->errors;
    check_spelling(labels, expressions, diags);
    if (result == 0 && diags->errors == errors)
        check_together(s, node->place, diags);
    return result < 0 ? NULL : s;
}

static bool requirement_holds(const struct requirement *r, yyjson_val *labels)
{
    yyjson_val *label = yyjson_obj_getn(labels, r->key.p, r->key.n);
    struct view value = json_text_of(label);
    bool listed = false;

    for (size_t i = 0; label && i < r->value_count && !listed; i++)
        listed = view_eq(value, r->values[i]);
    switch (r->op) {
    case IN: return listed;
    case NOT_IN: return !listed;
    case EXISTS: return label != NULL;
    case DOES_NOT_EXIST: return label == NULL;
    }
    return false;
}

/* The label that the API server sets on each namespace:
 * https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name */
bool selector_may_name(const struct selector *s, struct view glob)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct requirement *r = &s->requirements[i];
        bool found = false;

        if (!view_eq_str(r->key, "kubernetes.io/metadata.name"))
            continue;
        for (size_t v = 0; v < r->value_count; v++)
            found = found || glob_match(glob, r->values[v]);
        if (r->op == DOES_NOT_EXIST || (r->op == IN && !found))
            return false;
    }
    return true;
}

bool selector_matches(const struct selector *s, yyjson_val *labels)
{
    for (size_t i = 0; i < s->count; i++)
        if (!requirement_holds(&s->requirements[i], labels))
            return false;
    return true;
}

static bool requirements_equal(const struct requirement *a, const struct requirement *b)
{
    if (a->op != b->op || a->value_count != b->value_count || !view_eq(a->key, b->key))
        return false;
    for (size_t i = 0; i < a->value_count; i++)
        if (!view_eq(a->values[i], b->values[i]))
            return false;
    return true;
}

bool selector_equal(const struct selector *a, const struct selector *b)
{
    if (!a || !b || a->count != b->count)
        return a == b;
    for (size_t i = 0; i < a->count; i++)
        if (!requirements_equal(&a->requirements[i], &b->requirements[i]))
            return false;
    return true;
}

static void requirement_text(const struct requirement *r, struct buf *out)
{
    if (r->op == IN && r->value_count == 1) {
        buf_printf(out, "%.*s=%.*s", VIEW_ARGS(r->key), VIEW_ARGS(r->values[0]));
        return;
    }
    buf_printf(out, "%s%.*s", r->op == DOES_NOT_EXIST ? "!" : "", VIEW_ARGS(r->key));
    if (r->op != IN && r->op != NOT_IN)
        return;
    for (size_t i = 0; i < r->value_count; i++)
        buf_printf(out, "%s%.*s",
                   i > 0         ? ","
                   : r->op == IN ? " in ("
                                 : " notin (",
                   VIEW_ARGS(r->values[i]));
    buf_add_char(out, ')');
}

void selector_text(const struct selector *s, struct buf *out)
{
    for (size_t i = 0; i < s->count; i++) {
        buf_add_str(out, i > 0 ? "," : "");
        requirement_text(&s->requirements[i], out);
    }
}
