#include "policy/shapes/field_types.h"

#include "base/arena.h"
#include "base/parse_error.h"
#include "base/quantity.h"
#include "base/yaml/node.h"
#include "policy/object/resource_name.h"
#include "policy/rule/check.h"
#include "policy/shapes/field_words.h"
#include "policy/shapes/path_check.h"
#include "policy/shapes/shapes.h"

#include <math.h>
#include <string.h>

enum {
    TEXTS = 1u << SHAPE_TEXT | 1u << SHAPE_QUANTITY | 1u << SHAPE_INTEGER_OR_TEXT,
    NUMBERS = 1u << SHAPE_INTEGER | 1u << SHAPE_NUMBER | 1u << SHAPE_QUANTITY |
              1u << SHAPE_INTEGER_OR_TEXT,
    BOOLEANS = 1u << SHAPE_BOOLEAN,
};

/* The conditions that look at a value, and the types of values that they can say something of. */
static const struct {
    const char *name;
    unsigned types;
    bool values; /* its own are of a type too */
} conditions[] = {
    {"equals", TEXTS | NUMBERS | BOOLEANS, true},
    {"in", TEXTS | NUMBERS | BOOLEANS, true},
    {"notIn", TEXTS | NUMBERS | BOOLEANS, true},
    {"min", TEXTS | NUMBERS, false},
    {"max", TEXTS | NUMBERS, false},
    {"matches", TEXTS | NUMBERS | BOOLEANS, false},
};

static unsigned types_of(const struct node *value)
{
    switch (value->kind) {
    case NODE_BOOL: return BOOLEANS;
    case NODE_INT:
    case NODE_FLOAT: return NUMBERS;
    case NODE_STRING: return TEXTS;
    case NODE_NULL:
    case NODE_LIST:
    case NODE_MAP:
    case NODE_WRONG: break;
    }
    return 0;
}

static unsigned lowest(unsigned types)
{
    unsigned type = 0;

    while (!(types >> type & 1))
        type++;
    return type;
}

__attribute__((format(printf, 4, 5))) static void
say(const struct node *at, const struct path_end *end, struct compile *c, const char *format, ...)
{
    struct view message;
    va_list args;

    va_start(args, format);
    message = arena_vprintf(c->arena, format, args);
    va_end(args);
    (end->foreign ? diag_warning : diag_vain)(c->diags, at->place, "%.*s", VIEW_ARGS(message));
}

/* What is written as text and can only be the number: a port has a letter in its name, and an
 * amount of pods that is not a number a % behind it. */
static bool is_number_in_quotes(const struct node *value)
{
    for (size_t i = 0; i < value->text.n; i++)
        if (value->text.p[i] < '0' || value->text.p[i] > '9')
            return false;
    return value->kind == NODE_STRING && value->text.n > 0;
}

/* What can have no * in it, in any version. */
static bool is_never_starred(struct view path)
{
    return view_ends(path, ".image") || view_eq_str(path, "metadata.name") ||
           view_eq_str(path, "metadata.namespace") || view_starts(path, "metadata.labels");
}

static bool is_whole(const struct node *value)
{
    return value->kind != NODE_FLOAT || floor(value->real) == value->real;
}

/* The name of the field that a path ends in: "drop" of container...capabilities.drop[*]. */
static struct view last_field(struct view path)
{
    ptrdiff_t dot = view_rfind(path, '.'), bracket;

    path = view_from(path, (size_t)(dot + 1));
    bracket = view_find(path, '[');
    return bracket < 0 ? path : view_first(path, (size_t)bracket);
}

/* imagePullPolicy: always */
static void check_word(const struct node *path, const struct node *value, struct compile *c)
{
    struct view field = last_field(path->text);
    const char *meant = field_word_meant(field, value->text);

    if (!meant)
        return;
    diag_warning(c->diags, value->place, "\"%.*s\" is not a value of \"%.*s\" in Kubernetes %s",
                 VIEW_ARGS(value->text), VIEW_ARGS(field), shapes_release());
    diag_hint(c->diags, "did you mean \"%s\"?", meant);
}

/* The API server hands quantities over as text, in one spelling: of 1000m it makes "1". */
static void check_spelling(const struct node *value, struct compile *c)
{
    struct quantity quantity;
    struct parse_error unheard;
    char room[QUANTITY_ROOM];
    struct view usual;

    if (quantity_parse(value->text, &quantity, &unheard) < 0)
        return;
    usual = quantity_print(&quantity, room);
    if (view_eq(usual, value->text) && value->kind == NODE_STRING)
        return;
    diag_warning(c->diags, value->place, "a cluster has the text \"%.*s\" here, and never %.*s",
                 VIEW_ARGS(usual), VIEW_ARGS(value->text));
    diag_hint(c->diags, "write \"%.*s\", or min and max, which compare amounts", VIEW_ARGS(usual));
}

/* A value of the right type that this field can never have. */
static void check_sense(const struct node *path, const struct node *value,
                        const struct path_end *end, struct compile *c)
{
    if (end->types == 1u << SHAPE_INTEGER_OR_TEXT && is_number_in_quotes(value)) {
        say(value, end, c, "\"%.*s\" is an integer where it has only digits",
            VIEW_ARGS(path->text));
        diag_hint(c->diags, "write %.*s without quotes", VIEW_ARGS(value->text));
    } else if (end->types == 1u << SHAPE_INTEGER && !is_whole(value)) {
        say(value, end, c, "\"%.*s\" is an integer and never %.*s", VIEW_ARGS(path->text),
            VIEW_ARGS(value->text));
    } else if (end->types == 1u << SHAPE_TEXT && is_never_starred(path->text) &&
               view_find(value->text, '*') >= 0) {
        say(value, end, c, "\"%.*s\" is compared as it stands, and never has a * in it",
            VIEW_ARGS(path->text));
        diag_hint(c->diags, "patterns are regular expressions: matches: 'web-.*'");
    } else if (end->types == 1u << SHAPE_TEXT && !end->foreign && !end->free_key) {
        check_word(path, value, c);
    } else if (end->types == 1u << SHAPE_QUANTITY && !end->foreign) {
        check_spelling(value, c);
    }
}

static void check_value(const struct node *path, const struct node *value,
                        const struct path_end *end, struct compile *c)
{
    if (value->kind == NODE_WRONG)
        return;
    if (types_of(value) & end->types) {
        check_sense(path, value, end, c);
        return;
    }
    say(value, end, c, "\"%.*s\" is %s and never %s", VIEW_ARGS(path->text),
        path_type_name(lowest(end->types)), node_kind_name(value->kind));
    if (value->kind == NODE_STRING)
        diag_hint(c->diags, "write it without quotes when it is one");
    else if (end->types & TEXTS)
        diag_hint(c->diags, "to mean the text, write \"%.*s\" with its quotes",
                  VIEW_ARGS(value->text));
}

/* Some runtimes also accept a capability with CAP_. */
static void check_capabilities(const struct node *path, const struct node *list, struct compile *c)
{
    enum { ALL_OF_THEM = 64 }; /* there are some forty */
    struct view field = last_field(path->text);

    if ((!view_eq_str(field, "add") && !view_eq_str(field, "drop")) || list->count > ALL_OF_THEM)
        return;
    for (size_t i = 0; i < list->count; i++) {
        struct view name = view_from(list->items[i]->text, strlen("CAP_"));
        bool both = false;

        if (!view_starts(list->items[i]->text, "CAP_"))
            continue;
        for (size_t k = 0; k < list->count; k++)
            both = both || view_eq(list->items[k]->text, name);
        if (both)
            continue;
        diag_warning(c->diags, list->items[i]->place,
                     "this capability is called \"%.*s\" in Kubernetes", VIEW_ARGS(name));
        diag_hint(c->diags, "write \"%.*s\", or both", VIEW_ARGS(name));
    }
}

static void check_values(const struct node *path, const struct node *value,
                         const struct path_end *end, struct compile *c)
{
    if (value->kind != NODE_LIST)
        check_value(path, value, end, c);
    for (size_t i = 0; value->kind == NODE_LIST && i < value->count; i++)
        check_value(path, value->items[i], end, c);
    if (value->kind == NODE_LIST && end->types == 1u << SHAPE_TEXT && !end->foreign)
        check_capabilities(path, value, c);
}

void field_types_check(const struct node *entry, const struct path_end *end, struct compile *c)
{
    const struct node *path = node_get(entry, "path");

    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]) && end->types; i++) {
        const struct node *value = node_get(entry, conditions[i].name);

        if (!value)
            continue;
        if (conditions[i].types & end->types) {
            if (conditions[i].values)
                check_values(path, value, end, c);
            else if (end->types == 1u << SHAPE_QUANTITY && !end->foreign)
                resource_name_check_amount(last_field(path->text), value, c->diags);
            continue;
        }
        say(value, end, c, "\"%.*s\" is %s, of which \"%s\" can say nothing", VIEW_ARGS(path->text),
            path_type_name(lowest(end->types)), conditions[i].name);
        if (end->types == 1u << SHAPE_LIST)
            diag_hint(c->diags, "[*] is each element: \"%.*s[*]\"", VIEW_ARGS(path->text));
        else if (end->types == 1u << SHAPE_MAP)
            diag_hint(c->diags, "name a field of it, or ask whether it exists or is absent");
    }
}
