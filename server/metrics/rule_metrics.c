#include "base/buf.h"
#include "policy/freezes/freezes.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "server/metrics/registry.h"
#include "server/metrics/server_counters.h"
#include "server/rules/rule_configmaps.h"
#include "server/rules/rule_counters.h"
#include "server/rules/rule_objects.h"

static void collect_count(const struct metric_sources *from, struct samples *to)
{
    if (from->server)
        samples_add(to, NULL, from->rules ? rule_counters_set(from->rules)->rule_count : 0);
}

static void add_result(void *ctx, const struct rule_count *count)
{
    const struct view labels[] = {count->policy, count->rule, view_of(count->mode),
                                  view_of(count->result)};

    samples_add(ctx, labels, (int64_t)count->reviews);
}

static void collect_results(const struct metric_sources *from, struct samples *to)
{
    if (from->rules)
        rule_counters_each(from->rules, add_result, to);
}

/* Only places that are narrower than an environment have these labels. */
static void add_place(struct samples *to, const struct freeze_place *place, int64_t value)
{
    struct view labels[3] = {place->environment ? place->environment->name : VIEW("")};
    struct buf namespaces, only;

    buf_init(&namespaces, LIMIT_MESSAGE);
    buf_init(&only, LIMIT_MESSAGE);
    freeze_place_namespaces(place, &namespaces);
    freeze_place_only(place, &only);
    if (namespaces.n > 0)
        labels[1] = buf_view(&namespaces);
    if (only.n > 0)
        labels[2] = buf_view(&only);
    samples_add(to, labels, value);
    buf_release(&namespaces);
    buf_release(&only);
}

static void collect_frozen(const struct metric_sources *from, struct samples *to)
{
    for (const struct freeze_place *p = from->freezes; p; p = p->next)
        add_place(to, p, p->frozen);
}

static void collect_next_change(const struct metric_sources *from, struct samples *to)
{
    for (const struct freeze_place *p = from->freezes; p; p = p->next)
        if (p->next_change != WINDOW_NEVER)
            add_place(to, p, p->next_change);
}

static void collect_reloads(const struct metric_sources *from, struct samples *to)
{
    if (!from->server)
        return;
    samples_add(to, &VIEW("failure"), (int64_t)atomic_load(&from->server->rules_reloads[0]));
    samples_add(to, &VIEW("success"), (int64_t)atomic_load(&from->server->rules_reloads[1]));
}

static void collect_loaded(const struct metric_sources *from, struct samples *to)
{
    if (from->server)
        samples_add(to, NULL, atomic_load(&from->server->rules_loaded));
}

static void collect_problem(const struct metric_sources *from, struct samples *to)
{
    if (from->server)
        samples_add(to, NULL, from->has_rules_problem);
}

static void collect_find_nothing(const struct metric_sources *from, struct samples *to)
{
    if (from->server)
        samples_add(to, NULL, from->rules ? (int64_t)rule_counters_set(from->rules)->vain : 0);
}

static void add_problem(void *ctx, struct view name)
{
    samples_add(ctx, &name, 1);
}

static void collect_configmaps(const struct metric_sources *from, struct samples *to)
{
    if (from->configmaps)
        rule_configmaps_each_problem(from->configmaps, add_problem, to);
}

static void collect_rule_objects(const struct metric_sources *from, struct samples *to)
{
    if (from->objects)
        rule_objects_each_problem(from->objects, add_problem, to);
}

static const struct metric rows[] = {
    {"tidegate_rules", METRIC_GAUGE, "Rules in force.", {NULL}, collect_count},
    {"tidegate_rule_results_total",
     METRIC_COUNTER,
     "Admission reviews in which a rule was broken, by what became of it.",
     {"policy", "rule", "mode", "result"},
     collect_results},
    {"tidegate_freeze_active",
     METRIC_GAUGE,
     "1 while deploys to an environment, or to the part of it that namespaces and only name, are "
     "frozen; else 0.",
     {"environment", "namespaces", "only"},
     collect_frozen},
    {"tidegate_freeze_next_change_timestamp_seconds",
     METRIC_GAUGE,
     "When tidegate_freeze_active changes next, in seconds since 1970; absent when it never does.",
     {"environment", "namespaces", "only"},
     collect_next_change},
    {"tidegate_rules_reloads_total",
     METRIC_COUNTER,
     "Reloads of changed rules; a failure when not all of them are in force.",
     {"result"},
     collect_reloads},
    {"tidegate_rules_last_reload_success_timestamp_seconds",
     METRIC_GAUGE,
     "When the rules in force were loaded, in seconds since 1970.",
     {NULL},
     collect_loaded},
    {"tidegate_rules_problem",
     METRIC_GAUGE,
     "1 while the newest rules, of files or of the cluster, are not all in force, or one can never "
     "find anything; else 0.",
     {NULL},
     collect_problem},
    {"tidegate_rules_find_nothing",
     METRIC_GAUGE,
     "Mistakes in rules in force by which these can never find anything.",
     {NULL},
     collect_find_nothing},
    {"tidegate_rules_configmap_problem",
     METRIC_GAUGE,
     "1 while errors keep the newest version of a ConfigMap out of force; else absent.",
     {"configmap"},
     collect_configmaps},
    {"tidegate_rules_object_problem",
     METRIC_GAUGE,
     "1 while the newest version of an object of rules is not in force, or it was lost; else "
     "absent.",
     {"object"},
     collect_rule_objects},
};

const struct metric_table rule_metrics = METRIC_TABLE(rows);
