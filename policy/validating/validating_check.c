#include "policy/validating/validating_policy.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/json/json.h"
#include "cel/authorizer.h"
#include "cel/program.h"
#include "policy/expressions/expression_finding.h"
#include "policy/limits.h"
#include "policy/object/cluster_view.h"
#include "policy/schema/selector.h"

#include <string.h>
#include <yyjson.h>

#define OUT_OF_BUDGET                                                                              \
    "validation failed due to running out of cost budget, no further validation rules will be run"

/* One binding with one param. */
struct judging {
    const struct validating_policy *policy;
    struct eval *e;
    struct cel_value values[VALIDATING_VARIABLE_COUNT];
    uint64_t left; /* of the cost of this part */
};

/* --- variables that are composed -------------------------------------------------------------- */

/* `variables`: each is evaluated when it is first read. */
struct composed {
    struct cel_object object;
    struct judging *judging;
    uint64_t cost; /* since the last expression */
    bool *made;
    struct cel_value *values;
};

static struct composed *composed_in(const struct cel_object *object)
{
    return (struct composed *)(uintptr_t)object;
}

static bool same(const struct cel_object *a, const struct cel_object *b)
{
    return a == b;
}

static struct cel_value compose(struct composed *v, const struct named_expression *x,
                                struct cel_run *run)
{
    struct cel_run inner = *run;
    struct cel_value value;

    inner.cost = 0;
    inner.cost_limit = LIMIT_CEL_COST;
    inner.variables = v->judging->values;
    value = cel_eval(x->expression.program, &inner);
    run->indexes = inner.indexes;
    run->room = inner.room;
    v->cost += inner.cost;
    if (inner.halted && inner.cost <= LIMIT_CEL_COST)
        return cel_halt(run, inner.halted);
    if (inner.halted)
        return cel_failf(run, "composited variable \"%.*s\" fails to evaluate: %s",
                         VIEW_ARGS(x->name), inner.halted);
    if (value.kind == CEL_ERROR)
        return cel_failf(run, "composited variable \"%.*s\" fails to evaluate: %s%.*s",
                         VIEW_ARGS(x->name), value.error->what, VIEW_ARGS(value.error->about));
    return value;
}

static bool field(const struct cel_object *object, struct view name, struct cel_run *run,
                  struct cel_value *value)
{
    struct composed *v = composed_in(object);
    const struct validating_policy *p = v->judging->policy;

    for (size_t i = 0; i < p->composed_count; i++) {
        if (!view_eq(p->composed[i].name, name))
            continue;
        if (!v->made[i])
            v->values[i] = compose(v, &p->composed[i], run);
        v->made[i] = true;
        *value = v->values[i];
        return true;
    }
    return false;
}

static const struct cel_class composed_class = {
    .name = "kubernetes.variables", .type = &cel_type_dyn, .equal = same, .field = field};

/* Kubernetes evaluates them again for each part: conditions, validations, messages, annotations. */
static int begin(struct judging *j, uint64_t left)
{
    struct composed *v = arena_alloc(j->e->arena, sizeof(*v));
    size_t count = j->policy->composed_count;

    j->left = left;
    if (v) {
        v->object.class = &composed_class;
        v->judging = j;
        v->made = arena_array(j->e->arena, count + 1, sizeof(*v->made));
        v->values = arena_array(j->e->arena, count + 1, sizeof(*v->values));
    }
    if (!v || !v->made || !v->values)
        return eval_fail(j->e, "the review needs more memory than is allowed");
    j->values[VALIDATING_VARIABLES] = cel_of_object(&v->object);
    return 0;
}

/* --- one expression --------------------------------------------------------------------------- */

/* What both it and the variables read is made first. */
static struct cel_run *run_of(struct judging *j, const struct expression *x)
{
    struct cel_run *run = inputs_run(j->e, x->program);

    for (size_t i = 0; run && i < j->policy->composed_count; i++)
        run = inputs_run(j->e, j->policy->composed[i].expression.program);
    if (!run)
        return NULL;
    for (size_t i = 0; i < INPUT_COUNT; i++)
        if (j->values[i].kind == CEL_ERROR)
            j->values[i] = run->variables[i];
    run->variables = j->values;
    return run;
}

/* Returns 0 with the value, which may be an error; or -1 after eval_fail(): time, memory or the
 * budget of this part is over. */
static int ask(struct judging *j, const struct expression *x, struct cel_value *value,
               struct cel_run **used)
{
    struct composed *v = composed_in(j->values[VALIDATING_VARIABLES].object);
    struct cel_run *run = run_of(j, x);
    uint64_t cost;

    if (!run)
        return -1;
    *used = run;
    v->cost = 0;
    *value = cel_eval(x->program, run);
    if (run->halted && run->cost <= LIMIT_CEL_COST)
        return eval_expired(j->e) ? eval_late(j->e) : eval_fail(j->e, "%s", run->halted);
    cost = run->cost + v->cost;
    if (cost > j->left)
        return eval_fail(j->e, OUT_OF_BUDGET);
    j->left -= cost;
    if (run->halted)
        *value = cel_fail(run, run->halted, VIEW(""));
    return 0;
}

static struct view error_text(struct judging *j, const struct expression *x, struct cel_value error)
{
    return arena_printf(j->e->arena, "expression '%.*s' resulted in error: %s%.*s",
                        VIEW_ARGS(x->node->text), error.error->what, VIEW_ARGS(error.error->about));
}

/* --- the parts -------------------------------------------------------------------------------- */

/* What has no value, one error or a list of them. */
struct errors {
    struct view text;
    size_t count;
};

static void add_error(struct errors *errors, struct view error, struct arena *arena)
{
    errors->text = errors->count++ == 0 ? error
                                        : arena_printf(arena, "%.*s, %.*s", VIEW_ARGS(errors->text),
                                                       VIEW_ARGS(error));
}

static int fail_by(const struct errors *errors, struct eval *e)
{
    bool list = errors->count > 1;

    return eval_fail(e, "%s%.*s%s", list ? "[" : "", VIEW_ARGS(errors->text), list ? "]" : "");
}

/* 1: they match; 0: they do not; -1: after eval_fail(). A false one decides, whatever the others
 * are; a value that is not a bool is not false. Kubernetes gives them no namespaceObject. */
static int ask_conditions(struct judging *j)
{
    struct cel_value value, namespace_ = j->values[INPUT_NAMESPACE];
    struct errors errors = {.count = 0};
    struct cel_run *run;
    int result = 1;

    if (j->policy->condition_count == 0)
        return 1;
    if (begin(j, LIMIT_CEL_MATCH_COST) < 0)
        return -1;
    j->values[INPUT_NAMESPACE] = cel_null();
    for (size_t i = 0; i < j->policy->condition_count && result == 1; i++) {
        const struct expression *x = &j->policy->conditions[i].expression;

        if (ask(j, x, &value, &run) < 0)
            return -1;
        if (value.kind == CEL_BOOL)
            result = value.truth;
        else if (value.kind == CEL_ERROR)
            add_error(&errors, error_text(j, x, value), j->e->arena);
    }
    j->values[INPUT_NAMESPACE] = namespace_;
    return result == 1 && errors.count > 0 ? fail_by(&errors, j->e) : result;
}

/* As an API server: the text of the expression when it is one line, or else the author's, or what
 * the expression is. */
static struct view message_of(struct judging *j, const struct validation *v, uint64_t left)
{
    struct judging own = *j;
    struct view made = {NULL, 0};
    struct cel_value value;
    struct cel_run *run;

    if (v->message_expression && begin(&own, left) == 0 &&
        ask(&own, v->message_expression, &value, &run) == 0 && value.kind == CEL_STRING)
        made = view_trim(cel_text(value));
    if (made.n > 0 && made.n <= LIMIT_CEL_MESSAGE && view_find(made, '\n') < 0)
        return made;
    if (view_trim(v->message).n > 0)
        return view_trim(v->message);
    return arena_printf(j->e->arena, "failed expression: %.*s",
                        VIEW_ARGS(view_trim(v->expression.node->text)));
}

static int find(struct judging *j, const struct validation *v)
{
    struct view message = message_of(j, v, j->left);
    struct judging own = *j;
    struct cel_value value;
    struct cel_run *run;

    if (j->e->error.p)
        return -1;
    if (begin(&own, LIMIT_CEL_COST) < 0 || ask(&own, &v->expression, &value, &run) < 0)
        return -1;
    return expression_find(&v->expression, run, NULL, message, j->e);
}

/* What is not true is false, even when it is not a bool. An expression without a value is reported
 * when nothing is false, or beside what is false. */
static int ask_validations(struct judging *j)
{
    struct view error = {NULL, 0};
    struct finding *before = j->e->last;
    struct cel_value value;
    struct cel_run *run;

    if (begin(j, LIMIT_CEL_RULE_COST) < 0)
        return -1;
    for (size_t i = 0; i < j->policy->validation_count; i++) {
        const struct validation *v = &j->policy->validations[i];

        if (ask(j, &v->expression, &value, &run) < 0)
            return -1;
        if (value.kind == CEL_ERROR && !error.p)
            error = error_text(j, &v->expression, value);
        if (value.kind != CEL_ERROR && !cel_is_true(value) && find(j, v) < 0)
            return -1;
    }
    if (!error.p)
        return 0;
    if (j->e->last == before)
        return eval_fail(j->e, "%.*s", VIEW_ARGS(error));
    if (!j->policy->ignore)
        eval_detail(j->e, j->e->last, "note", "%.*s", VIEW_ARGS(error));
    return 0;
}

/* They are written to the log, and what is wrong with one denies whatever the binding's actions. */
static int ask_annotations(struct judging *j)
{
    struct eval *e = j->e;
    struct cel_value value;
    struct cel_run *run;

    if (j->policy->annotation_count == 0)
        return 0;
    if (begin(j, LIMIT_CEL_RULE_COST) < 0)
        return -1;
    for (size_t i = 0; i < j->policy->annotation_count; i++) {
        const struct named_expression *x = &j->policy->annotations[i];

        if (ask(j, &x->expression, &value, &run) < 0)
            return -1;
        if (value.kind == CEL_ERROR) {
            e->firm = true;
            return eval_fail(e, "%.*s", VIEW_ARGS(error_text(j, &x->expression, value)));
        }
        if (value.kind == CEL_STRING && view_trim(cel_text(value)).n > 0)
            e->trace = arena_printf(e->arena, "%.*s%s%.*s=%.*s", VIEW_ARGS(e->trace),
                                    e->trace.n > 0 ? ", " : "", VIEW_ARGS(x->name),
                                    VIEW_ARGS(view_trim(cel_text(value))));
    }
    return 0;
}

static int judge(const struct validating_binding *b, yyjson_val *param, struct eval *e)
{
    struct judging j = {.policy = b->policy, .e = e};
    int matched;

    j.values[VALIDATING_PARAMS] = cel_of_json(param);
    j.values[VALIDATING_AUTHORIZER] = cel_authorizer();
    matched = ask_conditions(&j);
    if (matched <= 0)
        return matched;
    return ask_validations(&j) < 0 ? -1 : ask_annotations(&j);
}

/* --- params ----------------------------------------------------------------------------------- */

static int configuration_fails(struct eval *e, const char *why)
{
    e->firm = true;
    return eval_fail(e, "failed to configure binding: %s", why);
}

static bool is_of_kind(const struct validating_policy *p, const struct param *param)
{
    return view_eq(param->version, p->param_version) && view_eq(param->kind, p->param_kind);
}

/* A kind whose documents have namespaces is one of namespaces, and ConfigMap always. */
static bool is_namespaced(const struct validating_binding *b)
{
    for (size_t i = 0; i < b->param_count; i++)
        if (is_of_kind(b->policy, &b->params[i]) && b->params[i].namespace_.n > 0)
            return true;
    return view_eq_str(b->policy->param_kind, "ConfigMap") || b->ref_namespace.n > 0;
}

static bool is_named(const struct validating_binding *b, const struct param *param)
{
    if (b->ref_name.p)
        return view_eq(b->ref_name, param->name);
    return !b->ref_selector ||
           selector_matches(b->ref_selector, object_metadata(param->object, "labels"));
}

static int judge_with_params(const struct validating_binding *b, struct eval *e)
{
    struct view namespace_ = b->ref_namespace.n > 0 ? b->ref_namespace : e->request->namespace_;
    bool namespaced = is_namespaced(b);
    size_t found = 0;
    int result = 0;

    if (namespaced && namespace_.n == 0)
        return configuration_fails(e, "cannot use namespaced paramRef in policy binding that "
                                      "matches cluster-scoped resources");
    for (size_t i = 0; i < b->param_count && result == 0; i++) {
        const struct param *param = &b->params[i];

        if (eval_expired(e))
            return eval_late(e);
        if (!is_of_kind(b->policy, param) || !is_named(b, param) ||
            (namespaced &&
             !view_eq(param->namespace_.n > 0 ? param->namespace_ : VIEW("default"), namespace_)))
            continue;
        found++;
        result = judge(b, param->object, e);
    }
    if (found == 0 && !b->missing_allowed)
        return configuration_fails(
            e, "no params found for policy binding with `Deny` parameterNotFoundAction");
    return result;
}

/* --- all -------------------------------------------------------------------------------------- */

/* An API server lets nobody lock themselves out.
 * https://github.com/kubernetes/apiserver/blob/v0.35.4/pkg/admission/plugin/webhook/predicates/rules/rules.go
 */
static bool is_exempt(const struct request *r)
{
    static const char *const kinds[] = {
        "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",      "ValidatingAdmissionPolicyBinding",
        "MutatingAdmissionPolicy",        "MutatingAdmissionPolicyBinding"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (view_eq_str(r->group, "admissionregistration.k8s.io") && view_eq_str(r->kind, kinds[i]))
            return true;
    return false;
}

static int evaluate_binding(const void *compiled, struct eval *e)
{
    const struct validating_binding *b = compiled;
    const char *unknown = NULL;
    enum match_result policy = resource_match_ask(&b->policy->match, e, &unknown), binding;

    if (is_exempt(e->request) || policy == MATCH_NO)
        return 0;
    if (policy == MATCH_UNKNOWN)
        return configuration_fails(e, unknown);
    binding = resource_match_ask(&b->match, e, &unknown);
    if (binding == MATCH_UNKNOWN)
        return configuration_fails(e, unknown);
    if (binding == MATCH_NO)
        return 0;
    if (b->policy->param_kind.p && b->has_ref)
        return judge_with_params(b, e);
    return judge(b, NULL, e);
}

const struct check validating_check = {
    .name = "validatingAdmissionPolicy",
    .summary = "a ValidatingAdmissionPolicy holds, as one of its bindings applies it",
    .scope = CHECK_REQUESTS,
    .eval = evaluate_binding,
};
