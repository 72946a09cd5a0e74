#include "policy/guard/guard.h"

#include "base/arena.h"
#include "base/budget.h"
#include "policy/limits.h"
#include "policy/object/cluster_view.h"
#include "policy/object/guarded_kind.h"
#include "policy/rule/check.h"
#include "policy/schema/dns_label.h"
#include "policy/schema/selector.h"

#include <yyjson.h>

static const char *const mode_values[] = {"enforce", "audit", NULL};
static const char *const act_words[] = {"pause", "notify", NULL};
static const char *const rollback_values[] = {"lastHealthy", NULL};

/* What of a policy's match (policy/rule/match.c) can be told of a workload at any time. */
static const struct schema_field guard_match_fields[] = {
    {"environments", SCHEMA_STRING, .list = true, .doc = "names of Environments"},
    {"namespaces", SCHEMA_GLOB, .list = true, .doc = "namespaces"},
    {"namespaceLabels", SCHEMA_LABELS, .doc = "labels of the namespace"},
    {"kinds", SCHEMA_STRING, .list = true, .value_at = guarded_kind_name_at,
     .doc = "all three when left out"},
    {"names", SCHEMA_GLOB, .list = true, .doc = "names of workloads"},
    {"labels", SCHEMA_LABELS, .doc = "labels of the workload"},
    {0},
};

static const struct schema_field brake_fields[] = {
    {"namespace", SCHEMA_INTEGER, .min = 1, .max = LIMIT_GUARD_BRAKE, .usual = 5,
     .doc = "rollbacks in one namespace that stop further ones there"},
    {"all", SCHEMA_INTEGER, .min = 1, .max = LIMIT_GUARD_BRAKE, .usual = 10,
     .doc = "rollbacks in all namespaces that stop further ones anywhere"},
    {"within", SCHEMA_DURATION, .min = 60, .max = LIMIT_GUARD_BRAKE_TIME, .usual = 3600,
     .doc = "the time in which they are counted"},
    {0},
};

static const struct schema_field on_failure_fields[] = {
    {"rollback", SCHEMA_STRING, .required = true, .values = rollback_values,
     .doc = "to the version that was last seen healthy"},
    {"quarantine", SCHEMA_BOOLEAN,
     .doc = "deny the failed template until it is released; true when left out"},
    {"release", SCHEMA_OBJECT, .fields = subjects_fields,
     .doc = "who may release it; whoever may write the workload when left out"},
    {"brake", SCHEMA_OBJECT, .fields = brake_fields, .doc = "when to stop and call for a person"},
    {0},
};

const struct schema_field guard_spec_fields[] = {
    {"mode", SCHEMA_STRING, .values = mode_values,
     .doc = "audit: says what it would do, and does nothing; enforce when left out"},
    {"match", SCHEMA_OBJECT, .fields = guard_match_fields,
     .doc = "which workloads are guarded; all when left out"},
    {"deadline", SCHEMA_DURATION, .required = true, .min = 1, .max = LIMIT_GUARD_TIME,
     .doc = "to be healthy, from the first sight of a new template"},
    {"soak", SCHEMA_DURATION, .required = true, .max = LIMIT_GUARD_SOAK,
     .doc = "how long it has to stay healthy to count as good"},
    {"fail", SCHEMA_OBJECT, .fields = guard_signals_fields,
     .doc = "what else is a failure; every signal that pods give, with its default, when left out"},
    {"onFailure", SCHEMA_CHOICE, .required = true, .values = act_words, .fields = on_failure_fields,
     .doc = "what is done to a rollout that failed"},
    {"onError", SCHEMA_STRING, .values = rule_on_error_names,
     .doc = "what becomes of a deploy while nobody can tell what is quarantined; deny when left "
            "out"},
    {"notify", SCHEMA_STRING, .list = true, .most = LIMIT_GUARD_NOTIFY,
     .doc = "names of notifiers"},
    {0},
};

/* --- match ------------------------------------------------------------------------------------ */

static bool meets_any(const struct match *m)
{
    for (size_t i = 0; i < m->environment_count; i++)
        if (match_may_meet(m, m->environments[i]))
            return true;
    return m->environment_count == 0;
}

static bool only_kube_system(const struct view *globs, size_t count)
{
    return count == 1 && view_eq_str(globs[0], "kube-system");
}

static int check_reach(const struct node *match, const struct match *m, struct compile *c)
{
    if (!meets_any(m)) {
        diag_error(c->diags, node_get(match, "namespaces")->place,
                   "this guard can never match: none of its environments has such a namespace");
        diag_hint(c->diags, "leave out \"environments\" or \"namespaces\"");
        return -1;
    }
    if (only_kube_system(m->namespaces, m->namespace_count) ||
        (m->environment_count == 1 &&
         only_kube_system(m->environments[0]->namespaces, m->environments[0]->namespace_count))) {
        diag_error(c->diags, match->place,
                   "this guard can never match: kube-system is not guarded");
        return -1;
    }
    return 0;
}

/* A match without kinds would speak of Pods and Jobs too. */
static int add_all_kinds(struct compile *c, struct match *m)
{
    struct view *kinds = arena_array(c->arena, GUARDED_KINDS, sizeof(*kinds));

    if (!kinds)
        return -1;
    for (size_t i = 0; i < GUARDED_KINDS; i++)
        kinds[i] = view_of(guarded_kinds[i].kind);
    m->kinds = kinds;
    m->kind_count = GUARDED_KINDS;
    return 0;
}

/* The labels are taken out of the match: match_request() looks for them in a request's object. */
static int read_match(const struct node *match, struct compile *c, struct rollout_guard *out)
{
    static const struct match guarded = {.workloads = true};
    struct compile of_workloads = *c;

    of_workloads.policy_match = &guarded;
    out->written = match;
    if (match_read(match, &of_workloads, &out->match) < 0)
        return -1;
    out->labels = out->match.labels;
    out->match.labels = NULL;
    if (out->match.kind_count == 0 && add_all_kinds(c, &out->match) < 0)
        return -1;
    return match ? check_reach(match, &out->match, c) : 0;
}

/* --- acts ------------------------------------------------------------------------------------- */

static bool is_wrong(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);

    return node && node->kind == NODE_WRONG;
}

static int read_brake(const struct node *node, struct compile *c, struct guard_brake *out)
{
    out->in_namespace = schema_amount(node, brake_fields, "namespace");
    out->in_all = schema_amount(node, brake_fields, "all");
    out->within = schema_amount(node, brake_fields, "within");
    if (out->in_namespace <= out->in_all || is_wrong(node, "namespace") || is_wrong(node, "all"))
        return 0;
    diag_error(c->diags, node->place,
               "%lld rollbacks in one namespace are never reached: %lld in all stop them before",
               (long long)out->in_namespace, (long long)out->in_all);
    diag_hint(c->diags, "make \"all\" at least as large as \"namespace\"");
    return -1;
}

static int read_release(const struct node *release, struct compile *c, struct rollout_guard *out)
{
    if (!release)
        return 0;
    if (!out->quarantine) {
        diag_error(c->diags, release->place, "without quarantine there is nothing to release");
        diag_hint(c->diags, "leave out \"release\", or \"quarantine: false\"");
        return -1;
    }
    return subjects_compile(release, "release", c, &out->release);
}

static int read_act(const struct node *node, struct compile *c, struct rollout_guard *out)
{
    const struct node *quarantine = node_get(node, "quarantine");

    if (node->kind != NODE_MAP) {
        out->act = view_eq_str(node->text, "pause") ? GUARD_PAUSE : GUARD_NOTIFY;
        return 0;
    }
    out->act = GUARD_ROLLBACK;
    out->quarantine = !quarantine || quarantine->truth || quarantine->kind == NODE_WRONG;
    return read_release(node_get(node, "release"), c, out) |
           read_brake(node_get(node, "brake"), c, &out->brake);
}

static int read_notify(const struct node *list, struct compile *c, struct rollout_guard *out)
{
    struct view *names;
    int result = 0;

    if (!list)
        return 0;
    names = arena_array(c->arena, list->count, sizeof(*names));
    if (!names)
        return -1;
    for (size_t i = 0; i < list->count; i++) {
        names[i] = list->items[i]->text;
        if (dns_label_ok(names[i], 63))
            continue;
        diag_error(c->diags, list->items[i]->place, "\"%.*s\" is not a name of a notifier",
                   VIEW_ARGS(names[i]));
        diag_hint(c->diags, "use small letters, digits and '-', at most 63 of them");
        result = -1;
    }
    out->notify = names;
    out->notify_count = list->count;
    return result;
}

int guard_compile(const struct node *spec, struct compile *c, struct rollout_guard *out)
{
    int result = read_match(node_get(spec, "match"), c, out);
    int64_t total;

    out->audit = rule_choice(node_get(spec, "mode"), mode_values, 0) == 1;
    out->deadline = schema_amount(spec, guard_spec_fields, "deadline");
    out->soak = schema_amount(spec, guard_spec_fields, "soak");
    out->on_error =
        (enum on_error)rule_choice(node_get(spec, "onError"), rule_on_error_names, ON_ERROR_DENY);
    total = is_wrong(spec, "deadline") || is_wrong(spec, "soak") ? INT64_MAX
                                                                 : out->deadline + out->soak;
    result |= guard_signals_compile(node_get(spec, "fail"), total, c, &out->fail);
    result |= read_act(node_get(spec, "onFailure"), c, out);
    result |= read_notify(node_get(spec, "notify"), c, out);
    return result;
}

/* --- twins ------------------------------------------------------------------------------------ */

/* Lists in their order, maps in any. */
static bool same(const struct node *a, const struct node *b)
{
    if (!a || !b)
        return !a && !b;
    if (a->kind == NODE_WRONG || a->kind != b->kind || a->count != b->count ||
        !view_eq(a->text, b->text))
        return false;
    for (size_t i = 0; a->kind == NODE_LIST && i < a->count; i++)
        if (!same(a->items[i], b->items[i]))
            return false;
    for (size_t i = 0; a->kind == NODE_MAP && i < a->count; i++) {
        const struct node *value = node_get(b, a->entries[i].key->text.p);

        if (!value || !same(a->entries[i].value, value))
            return false;
    }
    return true;
}

void guard_warn_of_twins(const struct rollout_guard *guards, size_t count, struct diags *diags)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            if (!same(guards[i].written, guards[j].written))
                continue;
            diag_warning(
                diags, guards[i].place,
                "RolloutGuard \"%.*s\" is never asked: \"%.*s\" matches the same and comes "
                "first, in %.*s line %u",
                VIEW_ARGS(guards[i].name), VIEW_ARGS(guards[j].name),
                VIEW_ARGS(guards[j].place.source->name), guards[j].place.line);
            break;
        }
}

/* --- run time --------------------------------------------------------------------------------- */

static enum match_result matches(const struct rollout_guard *guard, const struct request *r,
                                 struct yyjson_val *labels, const struct cluster_view *cluster_view,
                                 const char **unknown)
{
    const struct environment *environment;

    if (guard->labels && !budget_take(r->budget, 1 + yyjson_obj_size(labels) / KEYS_A_STEP)) {
        *unknown = r->budget->over;
        return MATCH_UNKNOWN;
    }
    if (guard->labels && !selector_matches(guard->labels, labels))
        return MATCH_NO;
    return match_request(&guard->match, r, cluster_view, &environment, unknown);
}

const struct rollout_guard *guard_of(const struct rollout_guard *guards, size_t count,
                                     const struct guard_subject *of,
                                     const struct cluster_view *cluster_view, const char **unknown)
{
    struct request r = {.operation = UPDATE,
                        .group = of->group,
                        .kind = of->kind,
                        .namespace_ = of->namespace_,
                        .name = of->name,
                        .budget = of->budget};

    *unknown = NULL;
    if (cluster_view_exempts(&r, cluster_view))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const struct rollout_guard *guard = &guards[i];

        switch (matches(guard, &r, of->labels, cluster_view, unknown)) {
        case MATCH_YES: return guard;
        case MATCH_UNKNOWN: return NULL;
        case MATCH_NO: break;
        }
    }
    return NULL;
}
