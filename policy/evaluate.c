#include "policy/evaluate.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/json/json_same.h"
#include "policy/existing.h"
#include "policy/expressions/when.h"
#include "policy/guard/guard.h"
#include "policy/guard/guard_command_rule.h"
#include "policy/guard/guard_status.h"
#include "policy/guard/quarantine.h"
#include "policy/object/deletion.h"
#include "policy/object/rollout_start.h"
#include "policy/shape.h"

#include <yyjson.h>

/* One review on its way through the rules. */
struct pass {
    const struct policy_set *set;
    const struct request *request;
    const struct cluster_view *cluster_view;
    struct verdict *verdict;
    struct arena *arena;
    struct deploy deploy;
    struct guard_status guard_status;
    bool by_controller;
    int template_changed;            /* 1 or 0, or -1: it cannot be told */
    bool terminating_change;         /* an object that is being deleted gets another pod spec */
    const struct finding *odd_shape; /* of a workload that is written; NULL: none, or: */
    struct view shape_error;         /* why that cannot be told; absent: it can */
    bool shape_asked, shape_told;
    bool rollback_request; /* a person writes ROLLBACK_ANNOTATION */
    bool failed;           /* memory runs out */
    int64_t now;
    struct expression_inputs *inputs;
    uint64_t steps; /* that each rule takes of the budget, whatever it looks at */
};

/* A built-in rule, which is in no file. */
static const struct rule terminating_rule = {.id = {"terminating", 11}};
static const struct rule rollback_rule = {.id = {"rollback-annotation", 19}};
static const struct rule shape_rule = {.id = {"shape", 5}};
static const struct rule order_rule = {.id = {"guard-annotation", 16}};
static const struct policy built_in_policy = {.name = {"tidegate", 8}};

/* Asks the deployment controller to replace the template by that of an older ReplicaSet: what it
 * then does in its own name was never judged as a deploy of whoever asked
 * (k8s.io/kubernetes/pkg/controller/deployment/rollback.go). */
#define ROLLBACK_ANNOTATION "deprecated.deployment.rollback.to"

/* --- what the request is -------------------------------------------------------------------- */

/* A pod is deployed by its spec; its labels may change. A template is one with its labels; a
 * Rollout that refers to a Deployment's has none. Returns 1 or 0, or -1 when it cannot be told. */
static int template_changed(const struct request *r, struct arena *arena)
{
    bool template = *r->workload.kind->prefix != '\0';
    yyjson_val *now = template ? r->workload.pod : r->workload.spec;
    yyjson_val *before = template ? r->old_workload.pod : r->old_workload.spec;
    int same = json_same(now, before, arena, r->budget);

    return same < 0 ? -1 : !same;
}

/* A possible change counts as a change; without a budget no rule is answered then. */
static void find_deploy(struct pass *p)
{
    const struct request *r = p->request;

    if (!r->workload.kind || !r->object || r->subresource.n > 0 || p->by_controller)
        return;
    p->deploy.starts = rollout_start_of(r);
    p->deploy.is = r->operation == CREATE ||
                   (r->operation == UPDATE && (p->deploy.starts || p->template_changed != 0));
}

/* The annotation passes through deployments/status as well. */
static bool requests_rollback(const struct request *r, bool by_controller)
{
    struct view revision = object_annotation(r->object, ROLLBACK_ANNOTATION);

    return !by_controller && (r->operation == CREATE || r->operation == UPDATE) &&
           r->workload.kind && view_eq_str(r->kind, "Deployment") && revision.n > 0 &&
           !view_eq(revision, object_annotation(r->old_object, ROLLBACK_ANNOTATION));
}

/* Subresources that write a spec; the others (status, binding, eviction, ...) have their own rules
 * in the API server. */
static bool writes_spec(const struct request *r)
{
    return r->subresource.n == 0 || r->scale ||
           view_eq_str(r->subresource, "ephemeralcontainers") ||
           view_eq_str(r->subresource, "resize");
}

static bool in_scope(const struct pass *p, enum check_scope scope)
{
    const struct request *r = p->request;
    bool writes_workload =
        r->workload.kind && r->object && (r->operation == CREATE || r->operation == UPDATE);

    switch (scope) {
    case CHECK_OBJECTS: return writes_spec(r) || r->operation == CONNECT;
    case CHECK_WORKLOADS: return writes_workload && writes_spec(r);
    case CHECK_DEPLOYS: return p->deploy.is;
    case CHECK_REQUESTS: return true;
    case CHECK_GRANTS: return writes_workload && !p->by_controller;
    }
    return false;
}

/* --- results -------------------------------------------------------------------------------- */

static struct rule_result *add_result(struct pass *p, const struct policy *policy,
                                      const struct rule *rule, enum rule_status status)
{
    struct rule_result *result = arena_alloc(p->arena, sizeof(*result));

    if (!result) {
        p->failed = true;
        return NULL;
    }
    result->policy = policy;
    result->rule = rule;
    result->status = status;
    result->effect = EFFECT_NONE;
    if (p->verdict->last)
        p->verdict->last->next = result;
    else
        p->verdict->first = result;
    p->verdict->last = result;
    return result;
}

static enum effect effect_of(const struct rule *rule, bool answered)
{
    static const enum effect by_mode[] = {
        [MODE_DENY] = EFFECT_DENY, [MODE_WARN] = EFFECT_WARN, [MODE_AUDIT] = EFFECT_NONE};
    static const enum effect by_error[] = {[ON_ERROR_DENY] = EFFECT_DENY,
                                           [ON_ERROR_WARN] = EFFECT_WARN,
                                           [ON_ERROR_ALLOW] = EFFECT_NONE};
    enum effect effect = by_mode[rule->mode];

    if (answered || by_error[rule->on_error] < effect)
        return effect;
    return by_error[rule->on_error];
}

/* By the object after the write: an object that loses the label of an exemption is no longer
 * exempt. */
static const struct exemption *find_exemption(const struct pass *p, const struct rule *rule)
{
    struct request after = *p->request;

    if (after.object)
        after.old_object = NULL;
    for (size_t i = 0; i < rule->exemption_count; i++) {
        const struct exemption *exemption = &rule->exemptions[i];
        const struct environment *environment;
        const char *unknown;

        if (exemption->expires != 0 && p->now >= exemption->expires)
            continue;
        if (match_request(&exemption->match, &after, p->cluster_view, &environment, &unknown) ==
            MATCH_YES)
            return exemption;
    }
    return NULL;
}

/* Adds a rule that is broken or unanswered to the list of its result. */
static void conclude(struct pass *p, const struct policy *policy, const struct rule *rule,
                     enum rule_status status, const struct eval *e)
{
    struct rule_result *result = add_result(p, policy, rule, status);

    if (!result)
        return;
    result->findings = e->first;
    result->error = e->error;
    result->trace = e->trace;
    if (status == RULE_EXISTING || status == RULE_NOTED)
        return;
    result->exemption = find_exemption(p, rule);
    if (result->exemption) {
        result->status = RULE_EXEMPT;
        return;
    }
    result->effect = effect_of(rule, status == RULE_BROKEN);
    if (e->firm && rule->on_error == ON_ERROR_DENY)
        result->effect = EFFECT_DENY;
    if (result->effect == EFFECT_DENY)
        p->verdict->denied++;
}

/* --- what was there before ------------------------------------------------------------------ */

static bool judges_existing(const struct pass *p, const struct rule *rule)
{
    return p->request->operation == UPDATE && p->request->old_object && !rule->deny_existing &&
           (rule->check->scope == CHECK_WORKLOADS || rule->check->scope == CHECK_OBJECTS);
}

/* When the budget ends a check, its findings so far are not an answer. */
static bool is_answered(struct eval *e, int result)
{
    if (result == 0 && !e->error.p && e->request->budget && e->request->budget->over)
        eval_late(e);
    return result == 0 && !e->error.p;
}

/* Runs the check over the old object and leaves in e what is new. Returns the status that is left.
 */
static enum rule_status without_existing(struct pass *p, const struct rule *rule, struct eval *e)
{
    struct eval old = *e;
    struct finding *all = e->first;

    old.object = p->request->old_object;
    old.workload = &p->request->old_workload;
    old.first = old.last = NULL;
    if (!is_answered(&old, rule->check->eval(rule->compiled, &old))) {
        e->error = old.error;
        return RULE_UNANSWERED;
    }
    if (existing_subtract(e, old.first) < 0)
        return RULE_UNANSWERED;
    if (e->first)
        return RULE_BROKEN;
    e->error = e->part;
    if (e->error.p)
        return RULE_UNANSWERED;
    e->first = all;
    return RULE_EXISTING;
}

/* --- rules ---------------------------------------------------------------------------------- */

static struct eval eval_of(struct pass *p, const struct environment *environment)
{
    const struct request *r = p->request;

    return (struct eval){
        .request = r,
        .cluster_view = p->cluster_view,
        .environment = environment,
        .object = r->object ? r->object : r->old_object,
        .workload = r->object ? &r->workload : &r->old_workload,
        .deploy = &p->deploy,
        .now = p->now,
        .arena = p->arena,
        .inputs = &p->inputs,
    };
}

static bool applied_before(struct pass *p, const struct rule *rule)
{
    struct eval e = eval_of(p, NULL);
    const char *unknown;

    e.object = p->request->old_object;
    e.workload = &p->request->old_workload;
    return e.object && when_ask(rule->when, &e, &unknown) == MATCH_YES;
}

/* An old object to which the rule did not apply, because of its labels, was not judged by it. */
static bool is_newly_matched(struct pass *p, const struct policy *policy, const struct rule *rule)
{
    struct request before = *p->request;
    const struct environment *environment;
    const char *unknown;

    if (before.operation != UPDATE)
        return false;
    before.object = NULL;
    if (rule->when && !applied_before(p, rule))
        return true;
    return match_request(&policy->match, &before, p->cluster_view, &environment, &unknown) !=
               MATCH_YES ||
           (rule->match && match_request(rule->match, &before, p->cluster_view, &environment,
                                         &unknown) != MATCH_YES);
}

static void ask(struct pass *p, const struct policy *policy, const struct rule *rule,
                const struct environment *environment)
{
    struct eval e = eval_of(p, environment);
    enum rule_status status = RULE_BROKEN;

    p->verdict->asked++;
    e.newly_matched = rule->check->scope == CHECK_GRANTS && is_newly_matched(p, policy, rule);
    if (eval_expired_by(&e, p->steps)) {
        eval_late(&e);
        status = RULE_UNANSWERED;
    } else if (p->shape_error.p) {
        e.error = p->shape_error;
        status = RULE_UNANSWERED;
    } else if (!is_answered(&e, rule->check->eval(rule->compiled, &e))) {
        status = RULE_UNANSWERED;
    } else if (e.first && judges_existing(p, rule) && !is_newly_matched(p, policy, rule)) {
        status = without_existing(p, rule, &e);
    }
    if (e.first || status == RULE_UNANSWERED)
        conclude(p, policy, rule, status, &e);
    else if (e.trace.p)
        conclude(p, policy, rule, RULE_NOTED, &e);
}

/* A Scale has no labels. A rule that finds nothing in it, whether it applies or not, must not deny
 * an autoscaler. */
static bool holds_anyway(struct pass *p, const struct rule *rule)
{
    struct eval e = eval_of(p, NULL);

    return is_answered(&e, rule->check->eval(rule->compiled, &e)) && !e.first;
}

static void cannot_match(struct pass *p, const struct policy *policy, const struct rule *rule,
                         const char *unknown)
{
    struct eval e = eval_of(p, NULL);

    eval_fail(&e, "it is not known whether it applies: %s", unknown);
    conclude(p, policy, rule, RULE_UNANSWERED, &e);
}

/* Reported once, by the first rule that would deny anything here. */
static void refuse_terminating(struct pass *p, const struct policy *policy, const struct rule *rule)
{
    struct eval e = eval_of(p, NULL);

    if (!p->terminating_change || rule->mode != MODE_DENY)
        return;
    p->terminating_change = false;
    eval_headline(&e, "the object is being deleted: its pod spec can no longer change");
    conclude(p, policy, &terminating_rule, RULE_BROKEN, &e);
}

static bool writes_workload(const struct request *r)
{
    return r->workload.kind && (r->operation == CREATE || r->operation == UPDATE) && writes_spec(r);
}

static bool has_odd_shape(struct pass *p)
{
    struct eval e = eval_of(p, NULL);

    if (!p->shape_asked && writes_workload(p->request)) {
        if (shape_ask(&e) == 0)
            p->odd_shape = e.first;
        p->shape_error = e.error;
    }
    p->shape_asked = true;
    return p->odd_shape;
}

/* Reported once, by the first rule that would deny anything here; a rule's findings in such an
 * object mean nothing. */
static void refuse_shape(struct pass *p, const struct policy *policy, const struct rule *rule)
{
    const struct finding *odd = p->odd_shape;
    struct eval e = eval_of(p, NULL);

    if (rule->mode != MODE_DENY) {
        eval_fail(&e, "%.*s is not %.*s", VIEW_ARGS(odd->path), VIEW_ARGS(odd->needs));
        conclude(p, policy, rule, RULE_UNANSWERED, &e);
    } else if (!p->shape_told) {
        p->shape_told = true;
        eval_find(&e, odd->path, odd->found, odd->needs);
        conclude(p, policy, &shape_rule, RULE_BROKEN, &e);
    }
}

static bool judges_deploys(const struct rule *rule)
{
    return rule->mode == MODE_DENY &&
           (rule->check->scope == CHECK_DEPLOYS || rule->check->scope == CHECK_GRANTS);
}

/* Reported once, by a guard with quarantine or by the first rule that judges deploys. */
static void refuse_rollback(struct pass *p, const struct policy *policy)
{
    struct eval e = eval_of(p, NULL);

    if (!p->rollback_request)
        return;
    p->rollback_request = false;
    eval_find(&e, VIEW("metadata.annotations[" ROLLBACK_ANNOTATION "]"),
              object_annotation(p->request->object, ROLLBACK_ANNOTATION),
              VIEW("\"kubectl rollout undo\", which is judged as the deploy that it is"));
    conclude(p, policy, &rollback_rule, RULE_BROKEN, &e);
}

/* --- what the guard has a say in ------------------------------------------------------------- */

static void ask_built_in(struct pass *p, const struct policy *policy, const struct rule *rule,
                         int (*question)(struct eval *))
{
    struct eval e = eval_of(p, NULL);
    bool answered = is_answered(&e, question(&e));

    if (!answered)
        conclude(p, policy, rule, RULE_UNANSWERED, &e);
    else if (e.first || e.trace.p)
        conclude(p, policy, rule, e.first ? RULE_BROKEN : RULE_NOTED, &e);
}

/* In the name of the guard, and with its onError. */
static void ask_quarantine(struct pass *p)
{
    const struct rollout_guard *guard = p->guard_status.guard;
    struct policy *policy = arena_alloc(p->arena, sizeof(*policy));
    struct rule *rule = arena_alloc(p->arena, sizeof(*rule));

    if (!policy || !rule) {
        p->failed = true;
        return;
    }
    policy->name = guard ? guard->name : built_in_policy.name;
    rule->id = VIEW("quarantine");
    rule->on_error = quarantine_on_error(p->set->guards, p->set->guard_count, &p->guard_status);
    if (guard && quarantine_is_asked_by(guard))
        refuse_rollback(p, policy);
    if (p->deploy.is)
        ask_built_in(p, policy, rule, quarantine_ask);
}

static void note_rollback(struct pass *p)
{
    const struct eval e = eval_of(p, NULL);

    if (!guard_status_is_rollback(&e))
        return;
    p->verdict->rollback_revision = p->guard_status.rollout.revision;
    p->verdict->rollback_healthy_at = p->guard_status.rollout.healthy_at;
}

/* Before the rules of files, and wherever they look. */
static void ask_for_guard(struct pass *p)
{
    struct eval e = eval_of(p, NULL);

    if (!in_scope(p, CHECK_GRANTS))
        return;
    if (guard_status_find(p->set->guards, p->set->guard_count, &e, &p->guard_status) < 0) {
        p->failed = true;
        return;
    }
    ask_built_in(p, &built_in_policy, &order_rule, guard_command_rule_ask);
    if (!p->guard_status.guard && !p->guard_status.guard_unknown)
        return;
    ask_quarantine(p);
    note_rollback(p);
}

/* --- the rules of files ---------------------------------------------------------------------- */

static enum match_result ask_when(struct pass *p, const struct rule *rule,
                                  const struct environment *environment, const char **unknown)
{
    struct eval e = eval_of(p, environment);

    return when_ask(rule->when, &e, unknown);
}

static void visit_rule(struct pass *p, const struct policy *policy, const struct rule *rule,
                       enum match_result match, const struct environment *environment,
                       const char *unknown)
{
    if (rule->match) {
        enum match_result own =
            match_request(rule->match, p->request, p->cluster_view, &environment, &unknown);

        if (own == MATCH_NO)
            return;
        if (own == MATCH_UNKNOWN)
            match = own;
    }
    if (rule->check->scope == CHECK_REQUESTS) {
        ask(p, policy, rule, environment);
        return;
    }
    if (match == MATCH_YES && has_odd_shape(p)) {
        refuse_shape(p, policy, rule);
        return;
    }
    if (match == MATCH_YES && rule->when)
        match = ask_when(p, rule, environment, &unknown);
    if (match == MATCH_NO)
        return;
    if (match == MATCH_YES) {
        refuse_terminating(p, policy, rule);
        if (judges_deploys(rule))
            refuse_rollback(p, policy);
    }
    if (!in_scope(p, rule->check->scope))
        return;
    if (match == MATCH_YES)
        ask(p, policy, rule, environment);
    else if (!p->request->scale || !holds_anyway(p, rule))
        cannot_match(p, policy, rule, unknown);
}

static void visit_policy(struct pass *p, const struct policy *policy)
{
    const struct environment *environment = NULL;
    const char *unknown = NULL;
    enum match_result match =
        match_request(&policy->match, p->request, p->cluster_view, &environment, &unknown);

    if (match == MATCH_NO)
        return;
    for (size_t i = 0; i < policy->rule_count; i++)
        visit_rule(p, policy, &policy->rules[i], match, environment, unknown);
}

/* An object with a deletionTimestamp is judged as any other, unless the write only removes
 * finalizers (CVE-2023-34091). */
static bool settled_by_deletion(struct pass *p)
{
    const struct request *r = p->request;

    p->terminating_change = r->operation == UPDATE && object_is_terminating(r->old_object) &&
                            r->workload.kind && p->template_changed == 1;
    return deletion_settles(r, p->arena);
}

/* Rules look into annotations and groups once or twice each. */
static uint64_t steps_of(const struct request *r)
{
    return 1 + (yyjson_obj_size(object_metadata(r->object, "annotations")) +
                yyjson_obj_size(object_metadata(r->old_object, "annotations")) +
                yyjson_arr_size(r->groups)) /
                   KEYS_A_STEP;
}

int evaluate(const struct policy_set *set, const struct request *request,
             const struct cluster_view *cluster_view, int64_t now, struct arena *arena,
             struct verdict *out)
{
    struct pass pass = {.set = set,
                        .request = request,
                        .cluster_view = cluster_view,
                        .verdict = out,
                        .arena = arena,
                        .now = now,
                        .steps = steps_of(request)};
    struct policy_cursor cursor;
    const struct policy *policy;

    *out = (struct verdict){.allowed = true};
    if (cluster_view_exempts(request, cluster_view))
        return 0;
    pass.deploy.guard_status = &pass.guard_status;
    pass.by_controller = cluster_view_is_controller(cluster_view, request->user);
    if (request->workload.kind && request->operation == UPDATE)
        pass.template_changed = template_changed(request, arena);
    if (pass.template_changed < 0 && budget_take(request->budget, 0))
        return -1; /* not for want of time */
    find_deploy(&pass);
    pass.rollback_request = requests_rollback(request, pass.by_controller);
    ask_for_guard(&pass);
    if (!settled_by_deletion(&pass)) {
        policy_set_find(set, request->namespace_, &cursor);
        while ((policy = policy_cursor_next(&cursor)))
            visit_policy(&pass, policy);
    }
    out->template_hash = pass.deploy.hash;
    out->allowed = out->denied == 0;
    return pass.failed ? -1 : 0;
}
