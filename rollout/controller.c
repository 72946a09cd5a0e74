#include "rollout/controller.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "base/sys/worker.h"
#include "kube/cache.h"
#include "kube/client.h"
#include "kube/kube.h"
#include "kube/lease.h"
#include "kube/limits.h"
#include "kube/watch.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "rollout/act/probe_worker.h"
#include "rollout/leader.h"
#include "rollout/limits.h"
#include "rollout/notify/notifier.h"
#include "rollout/preflight.h"
#include "rollout/record/admission_lookup.h"
#include "rollout/record/record_cache.h"
#include "rollout/rollout_counters.h"
#include "rollout/watch/store.h"

#include <stdatomic.h>
#include <stdio.h>

/* After a watch is connected again, the events that it missed arrive within this time. */
#define SETTLE_NS (2 * INT64_C(1000000000))
#define ROUND_NS  INT64_C(1000000000)

#define REFUSED_NS (60 * INT64_C(1000000000))

enum { RECORDS = STORE_LISTS, WATCHES, PROBERS = 4 };

struct controller {
    const struct kube *kube;
    struct controller_options options;
    struct cache *store;
    struct cache *records;
    struct cache *owner;   /* the uid of that of the records */
    struct client *client; /* of the thread */
    struct probe_worker *prober;
    struct notifier *notifier;
    struct leader *lead;
    struct worker worker;
    atomic_bool stopping;
    atomic_bool watching; /* the lease and all watches are there, and stay until the end */
    struct lease *lease;
    char paths[WATCHES][LIMIT_KUBE_PATH];
    struct buf missing; /* guarded by the worker's lock: what RBAC does not allow */
    /* of the thread: */
    struct policy_set *set; /* the rules of the last round, */
    uint64_t changes;       /* and the change count of the cluster view by then */
    bool leading, standing_by;
    size_t refused;       /* objects that the store had no room for, logged so far */
    int64_t refused_told; /* when, as `stale_at` */
    int64_t stale_at;     /* when a watch was last seen stale, in monotonic nanoseconds */
};

/* --- watching --------------------------------------------------------------------------------- */

/* What is watched: the lists of the store, and records, in a namespace and with a label of ours. */
static struct store_list_resource resource_of(unsigned list)
{
    return list == RECORDS ? (struct store_list_resource){"", "v1", "configmaps"}
                           : store_list_resource((enum store_list)list);
}

static struct watch_options watch_of(const struct controller *c, unsigned list)
{
    struct store_list_resource resource = resource_of(list);

    return (struct watch_options){.path = c->paths[list],
                                  .group = resource.group,
                                  .resource = resource.resource,
                                  .whole = true,
                                  .selector = list == RECORDS ? RECORD_CACHE_SELECTOR : NULL};
}

static bool is_following(struct controller *c, unsigned list, struct buf *why)
{
    return list == RECORDS ? cache_is_following(c->records, 0, why)
                           : cache_is_following(c->store, list, why);
}

/* Returns -1 when memory or threads are out. */
static int follow(struct controller *c)
{
    struct watch_options lists[STORE_LISTS], records = watch_of(c, RECORDS), owner = records;
    int status;

    owner.selector = NULL;
    for (unsigned i = 0; i < STORE_LISTS; i++)
        lists[i] = watch_of(c, i);
    status = cache_follow(c->store, c->kube, lists);
    if (cache_follow(c->records, c->kube, &records) < 0)
        status = -1;
    return cache_follow(c->owner, c->kube, &owner) < 0 ? -1 : status;
}

static int extract_uid(const struct cache_object *object, struct arena *arena, struct view *block)
{
    (void)arena;
    *block = json_text(yyjson_obj_get(object->value, "metadata"), "uid");
    return block->n > 0;
}

static struct cache *create_owner(void)
{
    const struct cache_options options = {.name = RECORD_CACHE_OWNER,
                                          .limit = LIMIT_KUBE_EVENT,
                                          .max_age = INT64_MAX,
                                          .extract = extract_uid};

    return cache_create(&options);
}

/* Starts the watches and the election, once the rules have a guard. */
static void begin_watching(struct controller *c)
{
    struct lease_options lease = {
        .namespace_ = c->options.own_namespace,
        .name = VIEW(LEADER_LEASE),
    };
    bool all = follow(c) == 0;

    if (!c->lease)
        c->lease = lease_start(c->kube, &lease);
    atomic_store(&c->watching, all && c->lease);
}

/* True when every watch has synced, and has been connected for SETTLE_NS. */
static bool is_up_to_date(struct controller *c)
{
    struct buf why;
    int64_t now = clock_monotonic_ns();

    buf_init(&why, LIMIT_ANSWER);
    for (unsigned i = 0; i < WATCHES; i++)
        if (!is_following(c, i, &why))
            c->stale_at = now;
    buf_release(&why);
    return now - c->stale_at >= SETTLE_NS && cache_has_synced(c->store) &&
           cache_has_synced(c->records);
}

/* --- leading ---------------------------------------------------------------------------------- */

static bool is_leading(const struct controller *c)
{
    return atomic_load(&c->watching) && lease_is_held(c->lease, clock_monotonic_ns());
}

static int64_t acts_until(void *ctx)
{
    struct controller *c = ctx;

    return !atomic_load(&c->stopping) && is_leading(c) ? lease_ends(c->lease) : 0;
}

static struct view owner_uid(void *ctx, struct arena *arena)
{
    const struct controller *c = ctx;
    struct view uid = {NULL, 0};

    cache_find(c->owner, VIEW(RECORD_CACHE_OWNER), clock_monotonic_ns(), arena, &uid);
    return uid;
}

static int enter(void *ctx, struct arena *arena, struct cluster_view *cluster_view)
{
    const struct controller *c = ctx;

    return c->options.enter(c->options.ctx, arena, cluster_view);
}

/* Takes over when this replica holds the Lease and its watches have synced; steps down when it lost
 * the Lease. Returns true when this replica judges now. */
static bool update_leadership(struct controller *c, bool current)
{
    bool holds = acts_until(c) != 0;

    if (holds && !c->leading && current)
        leader_take_over(c->lead);
    if (!holds && c->leading)
        leader_step_down(c->lead);
    c->leading = holds && (c->leading || current);
    return c->leading && current;
}

/* Logs each RBAC rule and option that the guards need and lack. */
static void run_preflight(struct controller *c)
{
    struct client_answer answer;
    struct buf missing;

    buf_init(&missing, LIMIT_ANSWER);
    if (preflight_cluster(c->client, c->set, !c->options.no_pod_logs, c->options.own_namespace,
                          c->kube->log, &missing, &answer) < 0)
        LOG(c->kube->log, LOG_LEVEL_WARNING, "permissions_unknown",
            LOG_STR("error", answer.problem));
    preflight_rules(c->set, c->notifier, c->options.prometheus, c->kube->log, &missing);
    worker_lock(&c->worker);
    buf_reset(&c->missing);
    buf_add(&c->missing, buf_view(&missing));
    worker_unlock(&c->worker);
    buf_release(&missing);
}

/* Takes over the rules in force. When they or the labels of namespaces changed, every workload is
 * enqueued, since its guard may be another. Watches that were started stay. */
static void apply_rules(struct controller *c, struct policy_set *set)
{
    uint64_t changes = c->options.changes(c->options.ctx);
    bool same = set == c->set;

    if (changes != c->changes)
        cache_enqueue_all(c->store);
    c->changes = changes;
    policy_set_release(c->set);
    c->set = set;
    if (!set || (set->guard_count == 0 && !atomic_load(&c->watching)))
        return;
    if (!atomic_load(&c->watching))
        begin_watching(c);
    if (same)
        return;
    cache_enqueue_all(c->store);
    run_preflight(c);
}

/* Another replica leads, or the watches are stale: nothing is judged. Changes need not be kept,
 * since all workloads are enqueued when that ends. */
static void stand_by(struct controller *c)
{
    cache_forget_changes(c->store);
    c->standing_by = true;
}

/* An object that the store refused is not guarded. Logged once a minute at most. */
static void log_refused(struct controller *c)
{
    size_t refused = cache_refused(c->store);
    int64_t now = clock_monotonic_ns();

    if (refused == c->refused || (c->refused > 0 && now - c->refused_told < REFUSED_NS))
        return;
    c->refused = refused;
    c->refused_told = now;
    LOG(c->kube->log, LOG_LEVEL_WARNING, "guard_refuses_objects",
        LOG_INT("refused", (int64_t)refused), LOG_INT("bytes", (int64_t)cache_held(c->store)),
        LOG_INT("limit", LIMIT_STORE_MEMORY));
}

static void run_round(struct controller *c)
{
    apply_rules(c, c->options.rules(c->options.ctx));
    if (!c->set || !atomic_load(&c->watching))
        return;
    log_refused(c);
    if (!update_leadership(c, is_up_to_date(c))) {
        stand_by(c);
        return;
    }
    if (c->standing_by)
        cache_enqueue_all(c->store);
    c->standing_by = false;
    leader_work(c->lead, c->set, clock_wall());
}

static void *run_controller(void *arg)
{
    struct controller *c = arg;

    while (!atomic_load(&c->stopping)) {
        run_round(c);
        cache_wait(c->store, clock_monotonic_ns() + ROUND_NS);
    }
    leader_step_down(c->lead);
    return NULL;
}

/* The workers are created before the leader, but send no probe before it asks for one. */
static void answered(void *ctx, struct view uid, bool prometheus, size_t index,
                     const struct probe_answer *answer)
{
    struct controller *c = ctx;

    leader_answered(c->lead, uid, prometheus, index, answer);
}

/* --- life ------------------------------------------------------------------------------------- */

static int start_parts(struct controller *c)
{
    const struct controller_options *o = &c->options;
    struct probe_worker_options prober = {.prometheus = o->prometheus,
                                          .prometheus_ca_file = o->prometheus_ca_file,
                                          .prometheus_token_file = o->prometheus_token_file,
                                          .threads = PROBERS,
                                          .answered = answered,
                                          .ctx = c};
    struct leader_options lead = {.kube = c->kube,
                                  .own_namespace = o->own_namespace,
                                  .publish = {.no_pod_logs = o->no_pod_logs,
                                              .kube = c->kube,
                                              .decided = o->decided,
                                              .ctx = o->ctx},
                                  .acts_until = acts_until,
                                  .owner = owner_uid,
                                  .enter = enter,
                                  .ctx = c};

    c->store = lead.store = store_create(LIMIT_STORE_MEMORY);
    c->records = lead.records = record_cache_create(LIMIT_RECORDS_MEMORY);
    c->owner = create_owner();
    c->client = lead.client = lead.publish.client = client_create(c->kube);
    c->notifier = lead.publish.notifier = notifier_start(o->notifiers, c->kube->log);
    c->prober = lead.prober = probe_worker_start(c->kube, &prober);
    if (!c->store || !c->records || !c->owner || !c->client || !c->notifier || !c->prober)
        return -1;
    c->lead = leader_create(&lead);
    return c->lead ? 0 : -1;
}

/* Returns -1 when the name of the own namespace is too long. */
static int write_paths(struct controller *c)
{
    for (size_t i = 0; i < STORE_LISTS; i++) {
        struct store_list_resource r = store_list_resource((enum store_list)i);

        snprintf(c->paths[i], LIMIT_KUBE_PATH, "/%s%s/%s/%s", *r.group ? "apis/" : "api", r.group,
                 r.version, r.resource);
    }
    return snprintf(c->paths[RECORDS], LIMIT_KUBE_PATH, "/api/v1/namespaces/%.*s/configmaps",
                    VIEW_ARGS(c->options.own_namespace)) < LIMIT_KUBE_PATH
               ? 0
               : -1;
}

struct controller *controller_start(const struct kube *kube,
                                    const struct controller_options *options)
{
    struct controller *c = mem_alloc(sizeof(*c));

    if (!c)
        return NULL;
    *c = (struct controller){.kube = kube, .options = *options};
    worker_init(&c->worker);
    buf_init(&c->missing, LIMIT_ANSWER);
    if (write_paths(c) == 0 && start_parts(c) == 0 &&
        worker_start(&c->worker, run_controller, c) == 0)
        return c;
    controller_stop(c);
    return NULL;
}

void controller_stop(struct controller *c)
{
    if (!c)
        return;
    atomic_store(&c->stopping, true);
    if (c->client)
        client_stop(c->client);
    if (c->store)
        cache_wake(c->store);
    worker_join(&c->worker);
    lease_stop(c->lease);
    probe_worker_stop(c->prober);
    notifier_stop(c->notifier);
    leader_free(c->lead);
    client_free(c->client);
    cache_free(c->owner);
    cache_free(c->records);
    cache_free(c->store);
    policy_set_release(c->set);
    buf_release(&c->missing);
    worker_release(&c->worker);
    mem_free(c);
}

/* --- figures and state ------------------------------------------------------------------------ */

void controller_figures(struct controller *c, struct controller_figures *out)
{
    *out = (struct controller_figures){.leads = is_leading(c),
                                       .held = cache_held(c->store),
                                       .refused = cache_refused(c->store),
                                       .counters = leader_counters(c->lead),
                                       .notices = notifier_count(c->notifier)};
    for (unsigned i = 0; i < STORE_LISTS; i++)
        out->objects[i] = cache_count_of(c->store, i);
    out->records = cache_count(c->records);
}

static void write_watch(struct controller *c, unsigned list, struct buf *why, struct buf *out)
{
    buf_reset(why);
    if (!is_following(c, list, why))
        buf_printf(out, "[-] guard: %s are not followed: %.*s\n", resource_of(list).resource,
                   VIEW_ARGS(buf_view(why)));
}

void controller_write_state(struct controller *c, struct buf *out)
{
    struct buf text;

    if (!atomic_load(&c->watching))
        return; /* no rule file has a RolloutGuard, so there is nothing to report */
    buf_init(&text, LIMIT_ANSWER);
    for (unsigned i = 0; i < WATCHES; i++)
        write_watch(c, i, &text, out);
    worker_lock(&c->worker);
    if (c->missing.n > 0)
        buf_printf(out, "[-] guard: %.*s\n", VIEW_ARGS(view_trim(buf_view(&c->missing))));
    worker_unlock(&c->worker);
    buf_reset(&text);
    lease_holder(c->lease, &text);
    if (is_leading(c))
        buf_add_str(out, "[+] guard: leads\n");
    else
        buf_printf(out, "[+] guard: stands by, %.*s leads\n",
                   VIEW_ARGS(text.n > 0 ? buf_view(&text) : VIEW("nobody")));
    buf_release(&text);
}

void controller_lookup(struct controller *c, const struct request *request, struct view hash,
                       struct arena *arena, struct cluster_view_rollout *out)
{
    admission_lookup(c->records, c->store, request, hash, arena, out);
}
