#include "server/cluster.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "kube/cache.h"
#include "kube/calls.h"
#include "kube/kube.h"
#include "kube/namespace_cache.h"
#include "kube/watch.h"
#include "policy/limits.h"
#include "rollout/controller.h"
#include "server/decision_log.h"
#include "server/limits.h"
#include "server/metrics/registry.h"
#include "server/rules/rule_schemas.h"

struct cluster {
    struct decision_log *decisions;
    struct calls calls;
    struct kube kube;
    struct cache *namespaces;
    struct controller *controller;
    struct tls_secret *tls;        /* NULL: none is asked for */
    struct rule_configmaps *rules; /* NULL: none are asked for */
    struct rule_objects *objects;  /* the same */
    struct rule_schemas *schemas;
    struct policy_set *(*rules_in_force)(void *ctx);
    void *ctx;
};

/* --- the guard ------------------------------------------------------------------------------- */

static int enter(void *ctx, struct arena *arena, struct cluster_view *cluster_view)
{
    return cluster_enter(ctx, arena, cluster_view);
}

static uint64_t changes(void *ctx)
{
    const struct cluster *c = ctx;

    return cache_changes(c->namespaces);
}

static struct policy_set *rules_in_force(void *ctx)
{
    const struct cluster *c = ctx;

    return c->rules_in_force(c->ctx);
}

static void decided(void *ctx, struct view line)
{
    struct cluster *c = ctx;

    decision_log_add(c->decisions, line);
}

static struct controller *start_controller(struct cluster *c, const struct cluster_options *o)
{
    struct controller_options options = {.own_namespace = o->own_namespace,
                                         .prometheus = o->prometheus,
                                         .prometheus_ca_file = o->prometheus_ca_file,
                                         .prometheus_token_file = o->prometheus_token_file,
                                         .notifiers = o->notifiers,
                                         .no_pod_logs = o->no_pod_logs,
                                         .enter = enter,
                                         .changes = changes,
                                         .rules = rules_in_force,
                                         .decided = decided,
                                         .ctx = c};

    return controller_start(&c->kube, &options);
}

/* --- life ------------------------------------------------------------------------------------ */

static int start_tls(struct cluster *c, const struct cluster_options *o)
{
    if (!o->tls.name)
        return 0;
    c->tls = tls_secret_start(&c->kube, &o->tls);
    return c->tls ? 0 : -1;
}

static int start_rules(struct cluster *c, const struct cluster_options *o)
{
    if (o->rule_objects && !(c->objects = rule_objects_start(&c->kube, o->own_namespace)))
        return -1;
    if (!o->rules.selector)
        return 0;
    c->rules = rule_configmaps_start(&c->kube, &o->rules);
    return c->rules ? 0 : -1;
}

static int start_schemas(struct cluster *c, const struct cluster_options *o)
{
    const struct rule_schemas_options options = {
        .rules = o->rules_in_force, .ctx = o->ctx, .schemas = o->schemas};

    c->schemas = rule_schemas_start(&c->kube, &options);
    return c->schemas ? 0 : -1;
}

void cluster_look_at_rules(struct cluster *c)
{
    rule_schemas_look(c->schemas);
}

struct rule_configmaps *cluster_rule_maps(struct cluster *c)
{
    return c->rules;
}

struct rule_objects *cluster_rule_objects(struct cluster *c)
{
    return c->objects;
}

struct tls_secret *cluster_tls_secret(struct cluster *c)
{
    return c->tls;
}

struct cluster *cluster_start(const struct cluster_options *options)
{
    struct cluster *c = mem_alloc(sizeof(*c));
    const struct watch_options watch = {
        .path = "/api/v1/namespaces", .group = "", .resource = "namespaces"};

    if (!c)
        return NULL;
    *c = (struct cluster){.kube = {options->config, &c->calls, options->log, options->identity},
                          .decisions = options->decisions,
                          .rules_in_force = options->rules_in_force,
                          .ctx = options->ctx,
                          .namespaces = namespace_cache_create(LIMIT_NAMESPACES_MEMORY)};
    calls_init(&c->calls);
    if (c->namespaces && cache_follow(c->namespaces, &c->kube, &watch) == 0 &&
        (c->controller = start_controller(c, options)) && start_tls(c, options) == 0 &&
        start_rules(c, options) == 0 && start_schemas(c, options) == 0)
        return c;
    cluster_stop(c);
    return NULL;
}

void cluster_stop(struct cluster *c)
{
    if (!c)
        return;
    rule_schemas_stop(c->schemas);
    rule_configmaps_stop(c->rules);
    rule_objects_stop(c->objects);
    tls_secret_stop(c->tls);
    controller_stop(c->controller);
    cache_free(c->namespaces);
    calls_release(&c->calls);
    mem_free(c);
}

/* --- reviews --------------------------------------------------------------------------------- */

/* What one review has asked: all its rules see the same labels. */
struct review_view {
    struct cluster *cluster;
    struct arena *arena;
    struct view namespace_;    /* of the last look, since many rules ask for the same; */
    struct yyjson_val *labels; /* NULL: not known */
};

/* struct cluster_view's namespace_labels. */
static bool namespace_labels(void *ctx, struct view namespace_, struct yyjson_val **labels)
{
    struct review_view *view = ctx;

    if (!view->namespace_.p || !view_eq(view->namespace_, namespace_)) {
        view->namespace_ = namespace_;
        if (!namespace_cache_labels(view->cluster->namespaces, namespace_, clock_monotonic_ns(),
                                    view->arena, &view->labels))
            view->labels = NULL;
    }
    *labels = view->labels;
    return view->labels;
}

/* struct cluster_view's rollout. */
static void rollout(void *ctx, const struct request *request, struct view hash, struct arena *arena,
                    struct cluster_view_rollout *out)
{
    struct review_view *view = ctx;

    controller_lookup(view->cluster->controller, request, hash, arena, out);
}

int cluster_enter(struct cluster *c, struct arena *arena, struct cluster_view *cluster_view)
{
    struct review_view *view;

    if (!c)
        return 0;
    view = arena_alloc(arena, sizeof(*view));
    if (!view)
        return -1;
    *view = (struct review_view){.cluster = c, .arena = arena};
    cluster_view->namespace_labels = namespace_labels;
    cluster_view->rollout = rollout;
    cluster_view->ctx = view;
    return 0;
}

/* --- telling --------------------------------------------------------------------------------- */

void cluster_write_state(struct cluster *c, struct buf *out)
{
    struct buf why;

    buf_init(&why, LIMIT_ANSWER);
    if (cache_is_following(c->namespaces, 0, &why))
        buf_printf(out, "[+] cluster: follows %zu namespaces\n", cache_count(c->namespaces));
    else
        buf_printf(out, "[-] cluster: namespaces are not followed: %.*s\n",
                   VIEW_ARGS(buf_view(&why)));
    buf_release(&why);
    controller_write_state(c->controller, out);
    if (c->rules)
        rule_configmaps_write_state(c->rules, out);
    if (c->objects)
        rule_objects_write_state(c->objects, out);
    if (c->tls)
        tls_secret_write_state(c->tls, out);
}

void cluster_figures(struct cluster *c, struct cluster_figures *figures,
                     struct metric_sources *sources)
{
    controller_figures(c->controller, &figures->guard);
    sources->calls = &c->calls;
    sources->namespaces = c->namespaces;
    sources->configmaps = c->rules;
    sources->objects = c->objects;
    sources->guard = &figures->guard;
    if (c->tls) {
        tls_secret_figures(c->tls, &figures->certificates);
        sources->certificates = &figures->certificates;
    }
}
