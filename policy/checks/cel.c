/* cel: expressions of the Common Expression Language hold. What `fields` cannot say is said here.
 */
#include "base/arena.h"
#include "base/parse_error.h"
#include "policy/expressions/expression.h"
#include "policy/expressions/expression_finding.h"
#include "policy/limits.h"
#include "policy/rule/check.h"
#include "policy/rule/path.h"
#include "policy/shapes/path_check.h"

/* One entry. */
struct condition {
    struct expression expression;
    const struct expression *message; /* or NULL */
    struct view words;                /* the author's; absent when there are none */
    const struct path *path;          /* or NULL */
    const struct node *path_node;
};

struct conditions {
    const struct condition *all;
    size_t count;
};

static const struct schema_field items[] = {
    {"expression", SCHEMA_STRING, .required = true,
     .doc = "true when the rule holds; over object, oldObject, request, namespaceObject, pod and "
            "containers"},
    {"message", SCHEMA_STRING, .doc = "what is needed, in your own words"},
    {"messageExpression", SCHEMA_STRING,
     .doc = "an expression that is the message, of the object that is denied"},
    {"path", SCHEMA_STRING,
     .doc = "the field that the denial names, as in fields; found from the expression when it is "
            "left out"},
    {0},
};

/* --- compiling -------------------------------------------------------------------------------- */

static int read_message(const struct node *node, struct compile *c, struct condition *out)
{
    struct expression *message;

    if (!node)
        return 0;
    message = arena_alloc(c->arena, sizeof(*message));
    if (!message)
        return -1;
    out->message = message;
    return expression_compile(node, &cel_type_string, c, message);
}

static int read_path(const struct node *node, struct compile *c, struct condition *out)
{
    struct parse_error error;
    struct path_end end = {0};

    if (!node)
        return 0;
    out->path = path_compile(node->text, c->arena, &error);
    out->path_node = node;
    if (error.why[0]) {
        schema_flaw(node, "field path", &error, c->diags);
        return -1;
    }
    return out->path && (!c->shapes || path_check(out->path, node, c, &end) == 0) ? 0 : -1;
}

static int read_entry(const struct node *node, struct compile *c, struct condition *out)
{
    const struct node *message = node_get(node, "message"),
                      *expression = node_get(node, "expression");
    int result = 0;

    if (expression->kind == NODE_WRONG)
        result = -1;
    else
        result |= expression_compile(expression, &cel_type_bool, c, &out->expression);
    result |= read_message(node_get(node, "messageExpression"), c, out);
    result |= read_path(node_get(node, "path"), c, out);
    if (message)
        out->words = message->text;
    return result;
}

static const void *compile(const struct node *node, struct compile *c)
{
    struct conditions *conditions = arena_alloc(c->arena, sizeof(*conditions));
    struct condition *all = arena_array(c->arena, node->count, sizeof(*all));
    int result = 0;

    if (!conditions || !all)
        return NULL;
    for (size_t i = 0; i < node->count; i++)
        result |= read_entry(node->items[i], c, &all[i]);
    *conditions = (struct conditions){all, node->count};
    return result < 0 ? NULL : conditions;
}

static int check_paths(const void *compiled, struct compile *c)
{
    const struct conditions *conditions = compiled;

    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->all[i];
        struct path_end end = {0};

        if (expression_check(&condition->expression, c) < 0 ||
            (condition->message && expression_check(condition->message, c) < 0) ||
            (condition->path && path_check(condition->path, condition->path_node, c, &end) < 0))
            return -1;
    }
    return 0;
}

/* --- run time --------------------------------------------------------------------------------- */

static struct view take_error(struct eval *e)
{
    struct view error = e->error;

    e->error = (struct view){NULL, 0};
    return error;
}

/* What the author says is needed, or else the expression. A message that costs too much changes
 * nothing about what is false. */
static struct view needs_of(const struct condition *condition, struct eval *e, uint64_t *left)
{
    struct view made = {NULL, 0};
    struct cel_value value;

    if (condition->message && expression_eval(condition->message, e, left, &value) &&
        value.kind == CEL_STRING)
        made = cel_text(value);
    if (!eval_expired(e))
        take_error(e);
    if (made.n > 0 && view_find(made, '\n') < 0)
        return made;
    if (condition->words.p)
        return condition->words;
    return arena_printf(e->arena, "%.*s", VIEW_ARGS(expression_text(&condition->expression, e)));
}

static int find(const struct condition *condition, struct eval *e, uint64_t *left)
{
    struct view needs = needs_of(condition, e, left);
    struct cel_value value;
    struct cel_run *run;

    if (e->error.p)
        return -1;
    run = expression_eval(&condition->expression, e, &(uint64_t){LIMIT_CEL_COST}, &value);
    return run ? expression_find(&condition->expression, run, condition->path, needs, e) : -1;
}

/* For the object before an UPDATE only false expressions matter, and expressions about the request
 * say nothing of it. */
static bool is_of_interest(const struct condition *condition, const struct eval *e)
{
    bool before = e->request->object && e->object == e->request->old_object;

    return !(before && condition->expression.of_write) &&
           (!e->request->scale || condition->expression.of_scale);
}

/* What is false stays so, whatever the cost of the expressions after it. */
static int evaluate_conditions(const void *compiled, struct eval *e)
{
    const struct conditions *conditions = compiled;
    bool before = e->request->object && e->object == e->request->old_object;
    uint64_t left = LIMIT_CEL_RULE_COST;
    struct view unknown = {NULL, 0};

    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->all[i];
        struct cel_value value;

        if (!is_of_interest(condition, e))
            continue;
        if (!expression_eval(&condition->expression, e, &left, &value)) {
            if (!e->first || before || eval_expired(e))
                return -1;
            unknown = take_error(e);
            break;
        }
        if (value.kind == CEL_BOOL && !value.truth && find(condition, e, &left) < 0)
            return -1;
        if (value.kind != CEL_BOOL && !before && !unknown.p) {
            expression_fail(&condition->expression, e, value);
            unknown = take_error(e);
        }
    }
    if (unknown.p && !e->first)
        return eval_fail(e, "%.*s", VIEW_ARGS(unknown));
    e->part = unknown;
    if (unknown.p)
        eval_detail(e, e->last, "note", "%.*s", VIEW_ARGS(unknown));
    return 0;
}

static bool reads_managed_fields(const void *compiled)
{
    const struct conditions *conditions = compiled;

    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *c = &conditions->all[i];

        if (c->expression.of_managed_fields || (c->message && c->message->of_managed_fields) ||
            (c->path && path_reads_managed_fields(c->path)))
            return true;
    }
    return false;
}

const struct check check_cel = {
    .name = "cel",
    .summary = "expressions of the Common Expression Language, as Kubernetes has it, are true",
    .scope = CHECK_OBJECTS,
    .items = items,
    .example = "id: probes\n"
               "match: {kinds: [Deployment]}\n"
               "cel:\n"
               "  - expression: containers.all(c, c.kind != 'container' || has(c.livenessProbe))\n"
               "    message: a liveness probe\n",
    .compile = compile,
    .check_paths = check_paths,
    .reads_managed_fields = reads_managed_fields,
    .eval = evaluate_conditions,
};
