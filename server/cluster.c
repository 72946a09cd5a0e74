#include "server/cluster.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "kube/calls.h"
#include "kube/namespace_cache.h"
#include "kube/text_cache.h"
#include "kube/watch.h"
#include "server/metrics.h"

#include <inttypes.h>

struct cluster {
    struct calls calls;
    struct text_cache *namespaces;
    struct watch *watch; /* of the namespaces */
};

struct cluster *cluster_start(const struct config *config, struct log *log)
{
    struct cluster *c = mem_alloc(sizeof(*c));
    struct watch_options options = {.config = config,
                                    .log = log,
                                    .path = "/api/v1/namespaces",
                                    .group = "",
                                    .resource = "namespaces",
                                    .handler = namespace_cache_handler()};

    if (!c)
        return NULL;
    *c = (struct cluster){.namespaces = namespace_cache_create(LIMIT_NAMESPACES_MEMORY)};
    calls_init(&c->calls);
    options.calls = &c->calls;
    options.ctx = c->namespaces;
    if (c->namespaces && (c->watch = watch_start(&options)))
        return c;
    cluster_stop(c);
    return NULL;
}

void cluster_stop(struct cluster *c)
{
    if (!c)
        return;
    watch_stop(c->watch);
    text_cache_free(c->namespaces);
    calls_release(&c->calls);
    mem_free(c);
}

/* --- reviews --------------------------------------------------------------------------------- */

/* struct world's namespace_labels. All rules of a review see the same labels. */
static bool namespace_labels(void *ctx, struct view namespace_, struct yyjson_val **labels)
{
    struct cluster_view *view = ctx;

    if (!view->namespace_.p || !view_eq(view->namespace_, namespace_)) {
        view->namespace_ = namespace_;
        if (!namespace_cache_labels(view->cluster->namespaces, namespace_, clock_monotonic_ns(),
                                    view->arena, &view->labels))
            view->labels = NULL;
    }
    *labels = view->labels;
    return view->labels;
}

void cluster_enter(struct cluster *c, struct cluster_view *view, struct arena *arena,
                   struct world *world)
{
    if (!c)
        return;
    *view = (struct cluster_view){.cluster = c, .arena = arena};
    world->namespace_labels = namespace_labels;
    world->ctx = view;
}

/* --- telling --------------------------------------------------------------------------------- */

void cluster_write_state(struct cluster *c, struct buf *out)
{
    struct buf why;

    buf_init(&why, LIMIT_ANSWER);
    if (watch_is_following(c->watch, &why))
        buf_printf(out, "[+] cluster: follows %zu namespaces\n", text_cache_count(c->namespaces));
    else
        buf_printf(out, "[-] cluster: namespaces are not followed: %.*s\n",
                   VIEW_ARGS(buf_view(&why)));
    buf_release(&why);
}

static void write_call(void *ctx, const struct calls_row *row)
{
    struct buf *out = ctx;

    buf_printf(out, "tidegate_kube_requests_total{verb=\"%s\",resource=\"%s\",code=\"", row->verb,
               row->resource);
    if (row->status > 0)
        buf_printf(out, "%u", row->status);
    else
        buf_add_str(out, "none");
    buf_printf(out, "\"} %" PRIu64 "\n", row->calls);
}

void cluster_write_metrics(struct cluster *c, struct buf *out)
{
    int64_t age = text_cache_age(c->namespaces, clock_monotonic_ns());

    metrics_head(out, "tidegate_kube_requests_total", "counter",
                 "Calls of the Kubernetes API that ended, by what came of them.");
    calls_each(&c->calls, write_call, out);
    metrics_head(out, "tidegate_kube_watch_age_seconds", "gauge",
                 "Since the API server's last word; not there before the first whole list.");
    if (age >= 0)
        buf_printf(out, "tidegate_kube_watch_age_seconds{resource=\"namespaces\"} %.3f\n",
                   (double)age / 1e9);
    metrics_head(out, "tidegate_kube_objects", "gauge", "Objects that are kept from watches.");
    buf_printf(out, "tidegate_kube_objects{resource=\"namespaces\"} %zu\n",
               text_cache_count(c->namespaces));
}
