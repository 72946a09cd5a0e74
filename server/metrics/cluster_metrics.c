#include "kube/cache.h"
#include "kube/calls.h"
#include "policy/set.h"
#include "rollout/controller.h"
#include "server/metrics/registry.h"
#include "server/rules/rule_configmaps.h"
#include "server/rules/rule_objects.h"

#include <stdio.h>

static void add_call(void *ctx, const struct calls_row *row)
{
    char code[12] = "none";

    if (row->status > 0)
        snprintf(code, sizeof(code), "%u", row->status);
    samples_add(ctx, (struct view[]){view_of(row->verb), view_of(row->resource), view_of(code)},
                (int64_t)row->calls);
}

static void collect_calls(const struct metric_sources *from, struct samples *to)
{
    if (from->calls)
        calls_each(from->calls, add_call, to);
}

static void collect_skipped(const struct metric_sources *from, struct samples *to)
{
    if (from->calls)
        samples_add(to, NULL, (int64_t)calls_skipped(from->calls));
}

static void collect_age(const struct metric_sources *from, struct samples *to)
{
    int64_t namespaces = from->namespaces ? cache_age(from->namespaces, from->now) : -1;
    int64_t objects = from->objects ? rule_objects_age(from->objects, from->now) : -1;
    int64_t rules = from->configmaps ? rule_configmaps_age(from->configmaps, from->now) : -1;

    if (namespaces >= 0)
        samples_add_seconds(to, (struct view[]){VIEW("namespaces"), {NULL, 0}}, namespaces);
    if (objects >= 0)
        samples_add_seconds(to, (struct view[]){VIEW("rules"), {NULL, 0}}, objects);
    if (rules >= 0)
        samples_add_seconds(to,
                            (struct view[]){VIEW("configmaps"),
                                            view_of(rule_configmaps_selector(from->configmaps))},
                            rules);
}

static void add_objects(struct samples *to, const char *resource, const char *selector, size_t n)
{
    samples_add(to, (struct view[]){view_of(resource), view_of(selector)}, (int64_t)n);
}

static void collect_objects(const struct metric_sources *from, struct samples *to)
{
    if (from->namespaces)
        add_objects(to, "namespaces", NULL, cache_count(from->namespaces));
    if (from->configmaps)
        add_objects(to, "configmaps", rule_configmaps_selector(from->configmaps),
                    rule_configmaps_count(from->configmaps));
    for (size_t i = 0; from->objects && policy_set_kinds[i].name; i++)
        add_objects(to, policy_set_kinds[i].resource, NULL, rule_objects_count(from->objects, i));
    if (!from->guard)
        return;
    for (size_t i = 0; i < STORE_LISTS; i++)
        add_objects(to, store_list_resource((enum store_list)i).resource, NULL,
                    from->guard->objects[i]);
    add_objects(to, "configmaps", NULL, from->guard->records);
}

static const struct metric rows[] = {
    {"tidegate_kube_requests_total",
     METRIC_COUNTER,
     "Requests to the Kubernetes API that ended, by status code; none where no answer came.",
     {"verb", "resource", "code"},
     collect_calls},
    {"tidegate_kube_objects_skipped_total",
     METRIC_COUNTER,
     "Objects of watches that were too large to be read.",
     {NULL},
     collect_skipped},
    {"tidegate_kube_watch_age_seconds",
     METRIC_GAUGE,
     "Time since the API server last sent anything on a watch; absent until its cache has synced.",
     {"resource", "selector"},
     collect_age},
    {"tidegate_kube_objects",
     METRIC_GAUGE,
     "Objects in the caches of watches.",
     {"resource", "selector"},
     collect_objects},
};

const struct metric_table cluster_metrics = METRIC_TABLE(rows);
