#include "policy/validating/validating.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/text/suggest.h"
#include "base/yaml/node_json.h"
#include "cel/program.h"
#include "policy/limits.h"
#include "policy/rule/rule.h"
#include "policy/schema/selector.h"
#include "policy/validating/validating_policy.h"

#include <yyjson.h>

#define GROUP "admissionregistration.k8s.io/"

/* The documents while they are compiled. */
struct reader {
    struct compile *c;
    struct validating_policy *policies;
    size_t policy_count;
    struct param *params;
    size_t param_count;
};

/* --- documents -------------------------------------------------------------------------------- */

static struct view text_at(const struct node *node, const char *key)
{
    const struct node *value = node_get(node, key);

    return value && value->kind == NODE_STRING ? value->text : (struct view){NULL, 0};
}

static struct view meta(const struct node *node, const char *key)
{
    return text_at(node_get(node, "metadata"), key);
}

bool validating_is_foreign(const struct node *node)
{
    struct view version = text_at(node, "apiVersion");

    return version.n > 0 && !view_starts(version, "tidegate");
}

int validating_keep(struct validating_documents *d, const struct node *node, struct arena *arena)
{
    size_t room = d->room ? 2 * d->room : 16;

    if (d->count == d->room) {
        const struct node **grown =
            arena_grow(arena, d->nodes, d->room * sizeof(*grown), room * sizeof(*grown));

        if (!grown)
            return -1;
        d->nodes = grown;
        d->room = room;
    }
    d->nodes[d->count++] = node;
    return 0;
}

static bool is_kind(const struct node *node, const char *kind)
{
    return view_starts(text_at(node, "apiVersion"), GROUP) &&
           view_eq_str(text_at(node, "kind"), kind);
}

static bool is_policy(const struct node *node)
{
    return is_kind(node, "ValidatingAdmissionPolicy");
}

static bool is_binding(const struct node *node)
{
    return is_kind(node, "ValidatingAdmissionPolicyBinding");
}

size_t validating_count(const struct validating_documents *d)
{
    size_t count = 0;

    for (size_t i = 0; i < d->count; i++)
        count += is_binding(d->nodes[i]);
    return count;
}

/* --- the schema ------------------------------------------------------------------------------- */

static const char *const failure_policies[] = {"Fail", "Ignore", NULL};
static const char *const reasons[] = {"Unauthorized", "Forbidden", "Invalid",
                                      "RequestEntityTooLarge", NULL};
static const char *const actions[] = {"Deny", "Warn", "Audit", NULL};
static const char *const missing[] = {"Allow", "Deny", NULL};

static const struct schema_field kind_fields[] = {
    {"apiVersion", SCHEMA_STRING, .required = true, .doc = "its apiVersion"},
    {"kind", SCHEMA_STRING, .required = true, .doc = "its kind"},
    {0},
};

static const struct schema_field validation_fields[] = {
    {"expression", SCHEMA_STRING, .required = true, .doc = "true when it holds"},
    {"message", SCHEMA_STRING, .doc = "what is told else"},
    {"messageExpression", SCHEMA_STRING, .doc = "the same, an expression"},
    {"reason", SCHEMA_STRING, .values = reasons, .doc = "not used: a denial here is Forbidden"},
    {0},
};

static const struct schema_field expression_fields[] = {
    {"name", SCHEMA_STRING, .required = true, .doc = "its name"},
    {"expression", SCHEMA_STRING, .required = true, .doc = "an expression"},
    {0},
};

static const struct schema_field annotation_fields[] = {
    {"key", SCHEMA_STRING, .required = true, .doc = "the end of its key"},
    {"valueExpression", SCHEMA_STRING, .required = true, .doc = "its value"},
    {0},
};

static const struct schema_field policy_fields[] = {
    {"paramKind", SCHEMA_OBJECT, .fields = kind_fields, .doc = "what params are"},
    {"matchConstraints", SCHEMA_OBJECT, .required = true, .fields = resource_match_fields,
     .doc = "which requests"},
    {"matchConditions", SCHEMA_OBJECT, .list = true, .fields = expression_fields,
     .doc = "which of them"},
    {"variables", SCHEMA_OBJECT, .list = true, .fields = expression_fields, .doc = "variables"},
    {"validations", SCHEMA_OBJECT, .list = true, .fields = validation_fields, .doc = "what holds"},
    {"auditAnnotations", SCHEMA_OBJECT, .list = true, .fields = annotation_fields,
     .doc = "what is logged"},
    {"failurePolicy", SCHEMA_STRING, .values = failure_policies, .doc = "Fail when left out"},
    {0},
};

static const struct schema_field ref_fields[] = {
    {"name", SCHEMA_STRING, .doc = "of the param"},
    {"namespace", SCHEMA_STRING, .doc = "of the param"},
    {"selector", SCHEMA_ANY, .doc = "labels of params"},
    {"parameterNotFoundAction", SCHEMA_STRING, .required = true, .values = missing,
     .doc = "what becomes of a request when there is none"},
    {0},
};

static const struct schema_field binding_fields[] = {
    {"policyName", SCHEMA_STRING, .required = true, .doc = "the policy"},
    {"paramRef", SCHEMA_OBJECT, .fields = ref_fields, .doc = "its params"},
    {"matchResources", SCHEMA_OBJECT, .fields = resource_match_fields, .doc = "which requests"},
    {"validationActions", SCHEMA_STRING, .required = true, .list = true, .values = actions,
     .doc = "what a validation that fails does"},
    {0},
};

/* The spec of a document, or NULL after an error. */
static const struct node *spec_of(const struct node *node, const struct schema_field *fields,
                                  struct compile *c)
{
    const struct node *spec = node_get(node, "spec");

    if (!spec || meta(node, "name").n == 0) {
        diag_error(c->diags, node->place, "%s has no \"%s\"",
                   is_policy(node) ? "a policy" : "a binding", spec ? "metadata.name" : "spec");
        return NULL;
    }
    return schema_check(spec, fields, "spec", c->diags);
}

/* --- expressions ------------------------------------------------------------------------------ */

static int compile_expression(const struct node *node, const struct cel_type *result,
                              const struct validating_policy *p, struct compile *c,
                              struct expression *out)
{
    const struct expression_space space = {p->variables, VALIDATING_VARIABLE_COUNT, false};

    if (!node || node->kind == NODE_WRONG ||
        expression_compile_over(node, &space, result, c, out) < 0)
        return -1;
    out->of_write = true;
    if (cel_program_reads(out->program, VALIDATING_AUTHORIZER)) {
        diag_warning(c->diags, node->place,
                     "the authorizer is asked, and only an API server can answer");
        diag_hint(c->diags, "what cannot be answered follows the policy's failurePolicy");
    }
    return 0;
}

static size_t count_of(const struct node *list)
{
    return list && list->kind == NODE_LIST ? list->count : 0;
}

/* A list of maps with a name and an expression. */
static int compile_named(const struct node *list, const char *name, const char *expression,
                         const struct cel_type *result, const struct validating_policy *p,
                         struct compile *c, const struct named_expression **out, size_t *count)
{
    struct named_expression *all = arena_array(c->arena, count_of(list) + 1, sizeof(*all));
    int done = 0;

    if (!all)
        return -1;
    *out = all;
    for (*count = 0; *count < count_of(list); (*count)++) {
        const struct node *item = list->items[*count];

        all[*count].name = text_at(item, name);
        done |=
            compile_expression(node_get(item, expression), result, p, c, &all[*count].expression);
    }
    return done;
}

/* Each variable may read those before it. */
static int compile_variables(const struct node *list, struct validating_policy *p,
                             struct compile *c)
{
    size_t count = count_of(list);
    struct named_expression *all = arena_array(c->arena, count + 1, sizeof(*all));
    struct record_field *fields = arena_array(c->arena, count + 1, sizeof(*fields));
    struct cel_type *type = arena_alloc(c->arena, sizeof(*type));
    int result = 0;

    if (!all || !fields || !type)
        return -1;
    *type = (struct cel_type){.kind = CEL_TYPE_OBJECT,
                              .name = "kubernetes.variables",
                              .fields = &record_type_fields,
                              .data = fields};
    p->variables[VALIDATING_VARIABLES].type = type;
    p->composed = all;
    for (size_t i = 0; i < count; i++) {
        struct expression *x = &all[i].expression;

        all[i].name = text_at(list->items[i], "name");
        result |= compile_expression(node_get(list->items[i], "expression"), NULL, p, c, x);
        fields[i].type = x->program ? cel_program_type(x->program) : &cel_type_error;
        fields[i].name = arena_str(c->arena, all[i].name);
        p->composed_count = i + 1;
    }
    return result;
}

static int compile_validation(const struct node *node, const struct validating_policy *p,
                              struct compile *c, struct validation *out)
{
    const struct node *message = node_get(node, "messageExpression");
    struct expression *x = message ? arena_alloc(c->arena, sizeof(*x)) : NULL;
    int result =
        compile_expression(node_get(node, "expression"), &cel_type_bool, p, c, &out->expression);

    out->message = text_at(node, "message");
    if (!message)
        return result;
    if (!x || compile_expression(message, &cel_type_string, p, c, x) < 0)
        return -1;
    out->message_expression = x;
    return result;
}

static int compile_validations(const struct node *list, struct validating_policy *p,
                               struct compile *c)
{
    struct validation *all = arena_array(c->arena, count_of(list) + 1, sizeof(*all));
    int result = 0;

    if (!all)
        return -1;
    for (size_t i = 0; i < count_of(list); i++)
        result |= compile_validation(list->items[i], p, c, &all[i]);
    p->validations = all;
    p->validation_count = count_of(list);
    return result;
}

/* --- policies --------------------------------------------------------------------------------- */

/* A key without a value is there twice, and is found at the first place. */
static void name_variables(struct validating_policy *p)
{
    for (int i = 0; i < INPUT_COUNT; i++)
        p->variables[i] = inputs_variables[i < INPUT_POD ? i : INPUT_OBJECT];
    p->variables[VALIDATING_PARAMS] =
        p->param_kind.p ? (struct cel_variable){"params", &cel_type_dyn} : p->variables[0];
    p->variables[VALIDATING_VARIABLES] = p->variables[0];
    p->variables[VALIDATING_AUTHORIZER] = (struct cel_variable){"authorizer", &cel_type_dyn};
}

static int check_annotations(const struct validating_policy *p, struct compile *c)
{
    int result = 0;

    for (size_t i = 0; i < p->annotation_count; i++) {
        const struct expression *x = &p->annotations[i].expression;
        enum cel_type_kind kind = x->program ? cel_program_type(x->program)->kind : CEL_TYPE_STRING;

        if (kind == CEL_TYPE_STRING || kind == CEL_TYPE_NULL)
            continue;
        diag_error(c->diags, x->node->place,
                   "the value of an annotation has to be a string or null");
        result = -1;
    }
    return result;
}

/* An API server refuses a policy that can never deny or note anything. */
static int check_content(const struct node *spec, struct diags *diags)
{
    if (node_get(spec, "validations") || node_get(spec, "auditAnnotations"))
        return 0;
    diag_error(diags, spec->place,
               "the policy has neither \"validations\" nor "
               "\"auditAnnotations\"");
    return -1;
}

static int compile_policy(const struct node *node, struct compile *c, struct validating_policy *p)
{
    const struct node *spec = spec_of(node, policy_fields, c), *kind = node_get(spec, "paramKind");
    int result = 0;

    p->name = meta(node, "name");
    p->node = node;
    if (!spec || spec->kind == NODE_WRONG)
        return -1;
    result |= check_content(spec, c->diags);
    p->param_version = text_at(kind, "apiVersion");
    p->param_kind = text_at(kind, "kind");
    p->ignore = view_eq_str(text_at(spec, "failurePolicy"), "Ignore");
    name_variables(p);
    result |= resource_match_read(node_get(spec, "matchConstraints"), c, &p->match);
    if (count_of(node_get(spec, "variables")) > 0) {
        p->variables[VALIDATING_VARIABLES].name = "variables";
        result |= compile_variables(node_get(spec, "variables"), p, c);
    }
    result |= compile_named(node_get(spec, "matchConditions"), "name", "expression", &cel_type_bool,
                            p, c, &p->conditions, &p->condition_count);
    result |= compile_validations(node_get(spec, "validations"), p, c);
    result |= compile_named(node_get(spec, "auditAnnotations"), "key", "valueExpression", NULL, p,
                            c, &p->annotations, &p->annotation_count);
    result |= check_annotations(p, c);
    p->sound = result == 0;
    return result;
}

/* --- params ----------------------------------------------------------------------------------- */

static struct yyjson_val *json_of(const struct node *node, struct arena *arena)
{
    yyjson_alc memory = json_memory(arena);
    yyjson_doc *doc = NULL;
    struct buf out;

    buf_init(&out, LIMIT_BODY);
    node_json_write(node, &out);
    if (!out.failed)
        doc = yyjson_read_opts(out.p, out.n, 0, &memory, NULL);
    buf_release(&out);
    return yyjson_doc_get_root(doc);
}

static bool is_param(const struct reader *r, const struct node *node)
{
    for (size_t i = 0; i < r->policy_count; i++)
        if (r->policies[i].param_kind.p &&
            view_eq(r->policies[i].param_kind, text_at(node, "kind")) &&
            view_eq(r->policies[i].param_version, text_at(node, "apiVersion")))
            return true;
    return false;
}

static int read_param(struct reader *r, const struct node *node)
{
    struct param *param = &r->params[r->param_count++];

    *param = (struct param){.version = text_at(node, "apiVersion"),
                            .kind = text_at(node, "kind"),
                            .namespace_ = meta(node, "namespace"),
                            .name = meta(node, "name"),
                            .object = json_of(node, r->c->arena),
                            .node = node};
    return param->object ? 0 : -1;
}

static int tell_foreign(const struct node *node, struct diags *diags)
{
    const struct node *version = node_get(node, "apiVersion");

    diag_error(diags, version->place, "the document is not a rule: its apiVersion is \"%.*s\"",
               VIEW_ARGS(version->text));
    if (view_eq_str(text_at(node, "kind"), "ConfigMap"))
        diag_hint(diags, "the rules of a ConfigMap are the texts in its data, each a file");
    else
        diag_hint(diags, "rules have tidegate.dev/v1alpha1");
    return -1;
}

/* --- bindings --------------------------------------------------------------------------------- */

static struct validating_policy *find_policy(const struct reader *r, const struct node *name)
{
    enum { MOST = 64 };
    const char *names[MOST], *near;
    size_t count = 0;

    for (size_t i = 0; i < r->policy_count; i++)
        if (view_eq(r->policies[i].name, name->text))
            return &r->policies[i];
    for (size_t i = 0; i < r->policy_count && count < MOST; i++)
        if ((names[count] = arena_str(r->c->arena, r->policies[i].name)))
            count++;
    diag_error(r->c->diags, name->place, "there is no ValidatingAdmissionPolicy \"%.*s\"",
               VIEW_ARGS(name->text));
    near = suggest(name->text, names, count);
    if (near)
        diag_hint(r->c->diags, "did you mean \"%s\"?", near);
    return NULL;
}

static int read_ref(const struct node *node, struct compile *c, struct validating_binding *out)
{
    const struct node *selector = node_get(node, "selector");

    if (!node || node->kind == NODE_WRONG)
        return node ? -1 : 0;
    out->has_ref = true;
    out->ref_name = text_at(node, "name");
    out->ref_namespace = text_at(node, "namespace");
    out->missing_allowed = view_eq_str(text_at(node, "parameterNotFoundAction"), "Allow");
    if (!out->ref_name.p == !selector) {
        diag_error(c->diags, node->place, "a paramRef has either a name or a selector");
        return -1;
    }
    if (!selector || (selector->kind == NODE_MAP && selector->count == 0))
        return 0;
    out->ref_selector = selector_compile(selector, c->arena, c->diags);
    return out->ref_selector ? 0 : -1;
}

static bool has_action(const struct node *list, const char *action)
{
    for (size_t i = 0; i < count_of(list); i++)
        if (view_eq_str(list->items[i]->text, action))
            return true;
    return false;
}

static int read_actions(const struct node *list, struct compile *c, struct rule *rule)
{
    bool deny = has_action(list, "Deny"), warn = has_action(list, "Warn");

    rule->mode = deny ? MODE_DENY : warn ? MODE_WARN : MODE_AUDIT;
    if (!deny || !warn)
        return 0;
    diag_error(c->diags, list->place, "\"Deny\" and \"Warn\" do not go together");
    diag_hint(c->diags, "a denial is told in any case: leave out \"Warn\"");
    return -1;
}

static int compile_binding(struct reader *r, const struct node *node, struct policy *policy,
                           size_t number)
{
    const struct node *spec = spec_of(node, binding_fields, r->c), *name;
    struct validating_binding *b = arena_alloc(r->c->arena, sizeof(*b));
    struct rule *rule = arena_alloc(r->c->arena, sizeof(*rule));
    struct validating_policy *p;
    int result = 0;

    if (!b || !rule || !spec || spec->kind == NODE_WRONG)
        return -1;
    name = node_get(spec, "policyName");
    p = name->kind == NODE_WRONG ? NULL : find_policy(r, name);
    result |= read_ref(node_get(spec, "paramRef"), r->c, b);
    result |= resource_match_read(node_get(spec, "matchResources"), r->c, &b->match);
    result |= read_actions(node_get(spec, "validationActions"), r->c, rule);
    if (!p)
        return -1;
    p->bound = true;
    b->policy = p;
    b->params = r->params;
    b->param_count = r->param_count;
    *policy = (struct policy){.name = p->name,
                              .place = p->node->place,
                              .match = {.operations = CREATE | UPDATE | DELETE | CONNECT},
                              .rules = rule,
                              .rule_count = 1};
    rule->id = meta(node, "name");
    rule->place = node->place;
    rule->on_error = p->ignore ? ON_ERROR_ALLOW : ON_ERROR_DENY;
    rule->check = &validating_check;
    rule->compiled = b;
    rule->number = number;
    return p->sound ? result : -1;
}

/* --- all -------------------------------------------------------------------------------------- */

/* A binding applies the first of a name. */
static int check_name(const struct reader *r, struct validating_policy *policy)
{
    for (const struct validating_policy *p = r->policies; p < policy; p++) {
        struct view file;

        if (policy->name.n == 0 || !view_eq(p->name, policy->name))
            continue;
        file = p->node->place.source->name;
        diag_error(r->c->diags, policy->node->place,
                   "ValidatingAdmissionPolicy \"%.*s\" is there twice, first in %.*s line %u",
                   VIEW_ARGS(p->name), VIEW_ARGS(file), p->node->place.line);
        policy->bound = true;
        return -1;
    }
    return 0;
}

static int read_policies(struct reader *r, const struct validating_documents *d)
{
    int result = 0;

    for (size_t i = 0; i < d->count; i++) {
        struct validating_policy *policy = &r->policies[r->policy_count];

        if (!is_policy(d->nodes[i]))
            continue;
        r->policy_count++;
        result |= compile_policy(d->nodes[i], r->c, policy);
        result |= check_name(r, policy);
    }
    return result;
}

static int read_params(struct reader *r, const struct validating_documents *d)
{
    int result = 0;

    for (size_t i = 0; i < d->count; i++) {
        if (is_policy(d->nodes[i]) || is_binding(d->nodes[i]))
            continue;
        result |= is_param(r, d->nodes[i]) ? read_param(r, d->nodes[i])
                                           : tell_foreign(d->nodes[i], r->c->diags);
    }
    return result;
}

static void tell_unbound(const struct reader *r)
{
    for (size_t i = 0; i < r->policy_count; i++)
        if (!r->policies[i].bound && r->policies[i].name.n > 0)
            diag_warning(r->c->diags, r->policies[i].node->place,
                         "no ValidatingAdmissionPolicyBinding names the policy \"%.*s\"",
                         VIEW_ARGS(r->policies[i].name));
}

int validating_compile(const struct validating_documents *d, struct compile *c,
                       struct policy *policies, size_t *count, size_t *number)
{
    struct reader r = {.c = c};
    int result = 0;

    r.policies = arena_array(c->arena, d->count + 1, sizeof(*r.policies));
    r.params = arena_array(c->arena, d->count + 1, sizeof(*r.params));
    if (!r.policies || !r.params)
        return -1;
    result |= read_policies(&r, d);
    result |= read_params(&r, d);
    for (size_t i = 0; i < d->count; i++)
        if (is_binding(d->nodes[i]))
            result |= compile_binding(&r, d->nodes[i], &policies[(*count)++], (*number)++);
    tell_unbound(&r);
    return result;
}
