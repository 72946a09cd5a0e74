/* fields: values at a path satisfy conditions. The general tool: what it can say needs no check of
 * its own. */
#include "policy/rule/check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/parse_error.h"
#include "base/quantity.h"
#include "base/text/pattern.h"
#include "base/yaml/yaml_scalar.h"
#include "policy/limits.h"
#include "policy/object/value.h"
#include "policy/rule/path.h"
#include "policy/shapes/field_types.h"
#include "policy/shapes/path_check.h"

#include <yyjson.h>

/* One entry: a path and all that is asked of the values there. */
struct field_rule {
    const struct path *path;
    const struct node *node;   /* the entry; NULL: its path leads nowhere by its spelling alone */
    bool exists, absent;       /* asked for at all */
    const struct node *equals; /* or NULL */
    const struct node *in, *not_in; /* lists, or NULL */
    const struct quantity *min, *max;
    const struct pattern *matches;
    struct view needs; /* all of it, for people */
};

struct fields {
    const struct field_rule *rules;
    size_t count;
};

static const struct schema_field items[] = {
    {"path", SCHEMA_STRING, .required = true,
     .doc = "a field path; pod. and container. begin at the pod or template and at each container"},
    {"exists", SCHEMA_BOOLEAN, .doc = "true: something must be there"},
    {"absent", SCHEMA_BOOLEAN, .doc = "true: nothing may be there"},
    {"equals", SCHEMA_SCALAR, .doc = "the only value accepted"},
    {"in", SCHEMA_SCALAR, .list = true, .doc = "the values accepted"},
    {"notIn", SCHEMA_SCALAR, .list = true, .doc = "the values refused"},
    {"min", SCHEMA_QUANTITY, .doc = "the least number or quantity accepted"},
    {"max", SCHEMA_QUANTITY, .doc = "the greatest number or quantity accepted"},
    {"matches", SCHEMA_PATTERN, .doc = "a regular expression that the whole text must match"},
    {0},
};

/* --- compiling -------------------------------------------------------------------------------- */

static int read_bound(const struct node *node, struct compile *c, const struct quantity **out)
{
    struct quantity *bound;
    struct parse_error parse_error;

    if (!node)
        return 0;
    bound = arena_alloc(c->arena, sizeof(*bound));
    if (!bound)
        return -1;
    if (quantity_parse_exact(node->text, bound, &parse_error) < 0) {
        schema_flaw(node, "number or quantity", &parse_error, c->diags);
        return -1;
    }
    *out = bound;
    return 0;
}

/* `exists: false` and `absent: false` would say nothing. */
static int read_flag(const struct node *node, const char *other, struct compile *c, bool *out)
{
    if (!node)
        return 0;
    *out = node->truth;
    if (node->truth)
        return 0;
    diag_error(c->diags, node->place, "false requires nothing");
    diag_hint(c->diags, "write \"%s: true\", or leave it out", other);
    return -1;
}

static int read_path(const struct node *node, struct compile *c, struct field_rule *out,
                     struct path_end *end)
{
    struct parse_error parse_error;

    out->path = path_compile(node->text, c->arena, &parse_error);
    if (!out->path) {
        if (parse_error.why[0])
            schema_flaw(node, "field path", &parse_error, c->diags);
        return -1;
    }
    if (!parse_error.why[0])
        return path_check(out->path, node, c, end);
    schema_vain(node, "field path", &parse_error, c->diags);
    out->node = NULL;
    return 0;
}

static int check_sense(const struct node *node, const struct field_rule *f, struct compile *c)
{
    bool asks = f->equals || f->in || f->not_in || f->min || f->max || f->matches;

    if (f->absent && (f->exists || asks)) {
        diag_error(c->diags, node->place, "what must be absent can have no value");
        diag_hint(c->diags, "leave out \"absent\", or everything else");
        return -1;
    }
    if (!f->absent && !f->exists && !asks) {
        diag_error(c->diags, node->place, "this path has no condition");
        diag_hint(c->diags, "add exists, absent, equals, in, notIn, min, max or matches");
        return -1;
    }
    if (f->min && f->max && quantity_cmp(f->min, f->max) > 0) {
        diag_error(c->diags, node_get(node, "min")->place, "\"min\" is greater than \"max\"");
        return -1;
    }
    return 0;
}

/* As the rule file has it: text that looks like another value is in quotes. */
static void add_scalar(struct buf *out, const struct node *scalar)
{
    bool quoted = scalar->kind == NODE_STRING && !yaml_scalar_is_text(scalar->text);
    const char *quote = quoted ? "\"" : "";

    buf_printf(out, "%s%.*s%s", quote, VIEW_ARGS(scalar->text), quote);
}

static void add_list(struct buf *out, const char *before, const struct node *list)
{
    buf_add_str(out, before);
    for (size_t i = 0; i < list->count; i++) {
        buf_add_str(out, i == 0 ? "" : ", ");
        add_scalar(out, list->items[i]);
    }
}

static const char *joint(const struct buf *out)
{
    return out->n == 0 ? "" : ", ";
}

/* "present, at least 3, at most 10" */
static struct view describe(const struct node *node, const struct field_rule *f,
                            struct arena *arena)
{
    struct view text = {NULL, 0};
    struct buf out;

    buf_init(&out, LIMIT_MESSAGE);
    if (f->absent)
        buf_add_str(&out, "nothing here");
    if (f->equals)
        add_scalar(&out, f->equals);
    if (f->in)
        add_list(&out, f->in->count == 1 ? "" : "one of ", f->in);
    if (f->not_in) {
        buf_add_str(&out, joint(&out));
        add_list(&out, f->not_in->count == 1 ? "anything but " : "none of ", f->not_in);
    }
    if (f->min)
        buf_printf(&out, "%sat least %.*s", joint(&out), VIEW_ARGS(node_get(node, "min")->text));
    if (f->max)
        buf_printf(&out, "%sat most %.*s", joint(&out), VIEW_ARGS(node_get(node, "max")->text));
    if (f->matches)
        buf_printf(&out, "%sa match of %.*s", joint(&out),
                   VIEW_ARGS(node_get(node, "matches")->text));
    if (out.n == 0)
        buf_add_str(&out, "a value");
    if (!out.failed)
        text = arena_copy(arena, buf_view(&out));
    buf_release(&out);
    return text;
}

/* Reads all of an entry, so that all its errors are reported. */
static int read_entry(const struct node *node, struct compile *c, struct field_rule *out)
{
    struct path_end end = {0};
    int result = 0;

    out->node = node;
    out->equals = node_get(node, "equals");
    out->in = node_get(node, "in");
    out->not_in = node_get(node, "notIn");
    result |= read_path(node_get(node, "path"), c, out, &end);
    result |= read_flag(node_get(node, "exists"), "absent", c, &out->exists);
    result |= read_flag(node_get(node, "absent"), "exists", c, &out->absent);
    result |= read_bound(node_get(node, "min"), c, &out->min);
    result |= read_bound(node_get(node, "max"), c, &out->max);
    result |= compile_pattern(node_get(node, "matches"), c, &out->matches);
    if (result < 0 || check_sense(node, out, c) < 0)
        return -1;
    field_types_check(node, &end, c);
    out->needs = describe(node, out, c->arena);
    return out->needs.p ? 0 : -1;
}

static const void *compile(const struct node *node, struct compile *c)
{
    struct fields *fields = arena_alloc(c->arena, sizeof(*fields));
    struct field_rule *rules = arena_array(c->arena, node->count, sizeof(*rules));
    int result = 0;

    if (!fields || !rules)
        return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (read_entry(node->items[i], c, &rules[i]) < 0)
            result = -1;
    fields->rules = rules;
    fields->count = node->count;
    return result < 0 ? NULL : fields;
}

static int check_paths(const void *compiled, struct compile *c)
{
    const struct fields *fields = compiled;

    for (size_t i = 0; i < fields->count; i++) {
        const struct field_rule *f = &fields->rules[i];
        struct path_end end = {0};

        if (!f->node)
            continue;
        if (path_check(f->path, node_get(f->node, "path"), c, &end) < 0)
            return -1;
        field_types_check(f->node, &end, c);
    }
    return 0;
}

/* --- run time --------------------------------------------------------------------------------- */

static bool in_list(yyjson_val *value, const struct node *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (value_is(value, list->items[i]))
            return true;
    return false;
}

/* False with flaw->why when the value has no amount at all. */
static bool in_bounds(const struct field_rule *f, struct view text, struct parse_error *parse_error)
{
    struct quantity amount;

    if (!f->min && !f->max)
        return true;
    if (quantity_parse_exact(text, &amount, parse_error) < 0)
        return false;
    return (!f->min || quantity_cmp(&amount, f->min) >= 0) &&
           (!f->max || quantity_cmp(&amount, f->max) <= 0);
}

struct visitor {
    const struct field_rule *rule;
    struct eval *e;
};

/* 1 it holds, 0 it does not, -1 it cannot be told. */
static int satisfies(const struct field_rule *f, yyjson_val *value, struct view text,
                     struct budget *budget, struct parse_error *parse_error)
{
    if (f->absent)
        return 0;
    if (!in_bounds(f, text, parse_error) || (f->equals && !value_is(value, f->equals)) ||
        (f->in && !in_list(value, f->in)) || (f->not_in && in_list(value, f->not_in)))
        return 0;
    if (!f->matches)
        return 1;
    switch (pattern_match(f->matches, text, budget)) {
    case PATTERN_MATCH: return 1;
    case PATTERN_NO_MATCH: return 0;
    case PATTERN_UNDECIDED: return -1;
    }
    return -1;
}

static void find(struct visitor *v, yyjson_val *value, const struct path_step *step,
                 struct view text, const struct parse_error *parse_error)
{
    const struct field_rule *f = v->rule;
    struct finding *finding;

    if (value && (f->equals || f->in || f->not_in))
        text = value_quoted(value, v->e->arena);
    finding = eval_find_value(v->e, path_text(step, v->e->arena), value, text, f->needs);
    if (finding && v->e->request->old_object)
        finding->element = path_unnamed(step, v->e->arena, &finding->place);
    if (parse_error->why[0])
        eval_flaw(v->e, finding, "it is not a number or quantity", parse_error);
}

/* A Scale to nothing leaves its replicas out. NULL after eval_fail(). */
static yyjson_val *no_replicas(struct eval *e)
{
    yyjson_val *zero = arena_alloc(e->arena, sizeof(*zero));

    if (!zero)
        eval_fail(e, "the review needs more memory than is allowed");
    else
        yyjson_set_uint(zero, 0);
    return zero;
}

static int visit(void *ctx, yyjson_val *value, const struct path_step *step)
{
    struct visitor *v = ctx;
    struct parse_error parse_error = {.why = ""};
    struct view text;
    int holds;

    if (!value && v->e->request->scale && !(value = no_replicas(v->e)))
        return -1;
    if (!value && v->e->request->generate_name.n > 0 && path_is_name(v->rule->path))
        return eval_fail(v->e, "the object has no name yet, the API server makes one of its "
                               "generateName");
    if (!value) {
        if (v->rule->exists)
            find(v, NULL, step, VIEW("nothing"), &parse_error);
        return 0;
    }
    text = value_text(value, v->e->arena);
    if (!text.p)
        return eval_fail(v->e, "the review needs more memory than is allowed");
    if (eval_expired_by(v->e, 1 + text.n / 64))
        return eval_late(v->e);
    holds = satisfies(v->rule, value, text, v->e->request->budget, &parse_error);
    if (holds < 0)
        return eval_undecided(v->e, arena_printf(v->e->arena, "the pattern of %.*s",
                                                 VIEW_ARGS(path_text(step, v->e->arena))));
    if (holds == 0)
        find(v, value, step, text, &parse_error);
    return 0;
}

static int evaluate_fields(const void *compiled, struct eval *e)
{
    const struct fields *fields = compiled;

    for (size_t i = 0; i < fields->count; i++) {
        struct visitor v = {.rule = &fields->rules[i], .e = e};

        if (e->request->scale && !path_is_replicas(v.rule->path))
            continue;
        if (path_walk(v.rule->path, e, visit, &v) < 0)
            return e->error.p ? -1 : eval_late(e);
    }
    return 0;
}

static bool reads_managed_fields(const void *compiled)
{
    const struct fields *fields = compiled;

    for (size_t i = 0; i < fields->count; i++)
        if (path_reads_managed_fields(fields->rules[i].path))
            return true;
    return false;
}

const struct check check_fields = {
    .name = "fields",
    .summary = "values at a path exist, are absent, equal, lie within bounds or match a pattern",
    .scope = CHECK_OBJECTS,
    .items = items,
    .example = "id: three-replicas\n"
               "match: {kinds: [Deployment]}\n"
               "fields:\n"
               "  - {path: spec.replicas, min: 3}\n"
               "message: production runs at least three replicas\n",
    .compile = compile,
    .check_paths = check_paths,
    .reads_managed_fields = reads_managed_fields,
    .eval = evaluate_fields,
};
