#include "rollout/leader.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "kube/client.h"
#include "policy/guard/guard.h"
#include "policy/limits.h"
#include "policy/object/cluster_view.h"
#include "policy/object/guarded_kind.h"
#include "policy/set.h"
#include "rollout/act/action.h"
#include "rollout/act/probe_worker.h"
#include "rollout/judge/brake.h"
#include "rollout/limits.h"
#include "rollout/record/record_api.h"
#include "rollout/record/record_cache.h"
#include "rollout/record/record_gc.h"
#include "rollout/tracked_rollouts.h"
#include "rollout/watch/snapshot.h"
#include "rollout/watch/store.h"

#include <pthread.h>
#include <string.h>
#include <yyjson.h>

enum {
    STEPS = 32,      /* of one workload in one look; none needs as many */
    ROUND = 64,      /* workloads that changed, before answers and times get their turn */
    AGAIN = 5,       /* seconds until what could not be told is tried again */
    SWEEP = 10 * 60, /* seconds between two looks for records that nobody needs */
};

/* An answer on its way from the threads that ask. */
struct answer {
    struct answer *next;
    struct probe_answer answer;
    bool prometheus;
    size_t index, uid_size;
    char uid[];
};

struct leader {
    struct leader_options options;
    struct tracked_rollouts tracked;
    struct brake brake;
    struct rollout_counters counters;
    int64_t swept;         /* when records were swept last */
    int64_t again;         /* when all workloads are looked at again; 0: no need */
    int64_t listens_until; /* for last words, before an act: a monotonic instant of this round */
    pthread_mutex_t lock;
    struct answer *answers; /* guarded by lock; the newest first */
};

/* One look at one workload. */
struct reconcile {
    struct leader *lead;
    const struct policy_set *set;
    const struct rollout_guard *guard;
    struct tracked_rollouts_entry *entry;
    struct snapshot snapshot;
    struct arena arena;
    int64_t now;
    bool tells; /* one piece of news; else news waits until nobody waits for an act */
};

/* --- life ------------------------------------------------------------------------------------- */

struct leader *leader_create(const struct leader_options *options)
{
    struct leader *l = mem_alloc(sizeof(*l));

    if (!l)
        return NULL;
    *l = (struct leader){.options = *options};
    rollout_counters_init(&l->counters);
    tracked_rollouts_init(&l->tracked, &l->counters);
    brake_init(&l->brake);
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

static struct answer *take_answers(struct leader *l)
{
    struct answer *all;

    pthread_mutex_lock(&l->lock);
    all = l->answers;
    l->answers = NULL;
    pthread_mutex_unlock(&l->lock);
    return all;
}

static void drop_answers(struct leader *l)
{
    struct answer *answer = take_answers(l), *next;

    for (; answer; answer = next) {
        next = answer->next;
        mem_free(answer);
    }
}

void leader_free(struct leader *l)
{
    if (!l)
        return;
    leader_step_down(l);
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
}

void leader_step_down(struct leader *l)
{
    tracked_rollouts_release(&l->tracked);
    drop_answers(l);
    l->again = 0;
}

/* A rollback that a person asked for is none of the trouble that the brake looks out for. */
static bool counts_for_brake(const struct record_failure *failure)
{
    return failure && failure->target.n > 0 && cause_of_name(failure->cause) != CAUSE_PERSON;
}

/* What other leaders decided counts for the brake, too. */
static void count_decided(void *ctx, const struct record_cache_entry *entry)
{
    struct leader *l = ctx;
    struct record record;
    const char *problem;

    record_init(&record);
    if (record_read(entry->text, &record, &problem) != 0)
        return;
    for (size_t i = 0; i < record.failure_count; i++)
        if (counts_for_brake(&record.failures[i]))
            brake_add(&l->brake, record.namespace_, record.failures[i].at);
    record_release(&record);
}

void leader_take_over(struct leader *l)
{
    brake_init(&l->brake);
    record_cache_each(l->options.records, count_decided, l);
    store_enqueue_all(l->options.store);
}

const struct rollout_counters *leader_counters(const struct leader *l)
{
    return &l->counters;
}

static bool may_act(const struct leader *l)
{
    return l->options.acts_until(l->options.ctx) != 0;
}

/* --- what it carries out ---------------------------------------------------------------------- */

static enum outcome save(struct reconcile *look, struct view *words)
{
    const struct leader_options *o = &look->lead->options;

    return record_api_save(o->client, o->own_namespace, o->owner(o->ctx, &look->arena),
                           &look->entry->rollout.record, look->entry->version, &look->arena, words);
}

static enum outcome ask(struct reconcile *look, const struct intention *intention)
{
    struct probe_worker *prober = look->lead->options.prober;
    const struct guard_signals *fail = &look->guard->fail;

    if (intention->prometheus)
        probe_worker_ask_prometheus(prober, look->snapshot.uid, intention->index,
                                    &fail->prometheus[intention->index]);
    else
        probe_worker_ask_http(prober, look->snapshot.uid, look->snapshot.namespace_,
                              intention->index, &fail->http[intention->index]);
    return OUTCOME_DONE;
}

/* What a container that failed said last, before its pod goes with the undo. No round holds its
 * acts up for longer than one log may take; what was not read by then is read when it is told. */
static void hear(struct reconcile *look, const struct rollout_event *event, int64_t until)
{
    struct leader *l = look->lead;
    struct client *client = l->options.client;
    struct tracked_rollouts_entry *entry = look->entry;

    if (l->options.publish.no_pod_logs || event->cause.pod.n == 0 || entry->heard == event->at ||
        clock_monotonic_ns() >= l->listens_until)
        return;
    client_end_by(client, until < l->listens_until ? until : l->listens_until);
    buf_reset(&entry->last_words);
    buf_add(&entry->last_words,
            action_last_words(client, &look->snapshot, event->cause.pod, event->cause.container,
                              event->cause.previous, &look->arena));
    entry->heard = event->at;
}

static enum outcome tell(struct reconcile *look, const struct rollout_event *event)
{
    struct leader *l = look->lead;
    struct tracked_rollouts_entry *entry = look->entry;
    bool heard = event->kind == ROLLOUT_EVENT_FAILED && entry->heard == event->at;
    struct view last_words = buf_view(&entry->last_words);

    if (publish_event(&l->options.publish, look->guard, &look->snapshot, event,
                      heard ? &last_words : NULL, look->now, &look->arena) < 0)
        return OUTCOME_UNREACHABLE;
    buf_release(&entry->last_words);
    rollout_counters_event(&l->counters, event);
    return OUTCOME_DONE;
}

static enum outcome perform(struct reconcile *look, const struct intention *intention,
                            struct view *words)
{
    struct client *client = look->lead->options.client;
    const struct snapshot *snapshot = &look->snapshot;
    struct arena *arena = &look->arena;

    switch (intention->kind) {
    case INTENT_WRITE: return save(look, words);
    case INTENT_UNDO:
        return action_undo(client, snapshot, intention->hash, intention->target, arena, words);
    case INTENT_PAUSE: return action_pause(client, snapshot, intention->hash, arena, words);
    case INTENT_DELETE_POD:
        return action_delete_pod(client, snapshot, intention->pod, arena, words);
    case INTENT_PROBE: return ask(look, intention);
    case INTENT_PUBLISH: return tell(look, &intention->event);
    case INTENT_NOTHING: break;
    }
    return OUTCOME_DONE;
}

static void log_act(const struct reconcile *look, const struct intention *intention,
                    enum outcome outcome, struct view words)
{
    static const char *const names[] = {
        [INTENT_WRITE] = "write_record",
        [INTENT_UNDO] = "undo",
        [INTENT_PAUSE] = "pause",
        [INTENT_DELETE_POD] = "delete_pod",
    };
    const struct leader_options *o = &look->lead->options;

    if (outcome != OUTCOME_DONE)
        LOG(o->log, LOG_LEVEL_WARNING, "guard_act_fails", LOG_STR("act", names[intention->kind]),
            LOG_STR("kind", look->snapshot.guarded_kind->kind),
            LOG_VIEW("namespace", look->snapshot.namespace_), LOG_VIEW("name", look->snapshot.name),
            LOG_VIEW("error", words));
    else if (intention->kind != INTENT_WRITE)
        LOG(o->log, LOG_LEVEL_INFO, "guard_acts", LOG_STR("act", names[intention->kind]),
            LOG_STR("kind", look->snapshot.guarded_kind->kind),
            LOG_VIEW("namespace", look->snapshot.namespace_),
            LOG_VIEW("name", look->snapshot.name));
}

static struct tracked_rollouts_entry *adopt(struct reconcile *look, bool again)
{
    const struct leader_options *o = &look->lead->options;
    const struct tracked_rollouts_source source = {o->records, o->client, o->own_namespace};

    return tracked_rollouts_adopt(&look->lead->tracked, &source, &look->snapshot, again,
                                  &look->arena);
}

/* Somebody else wrote the record, or memory was out while it was changed: what is stored counts,
 * and what was not written never was. */
static void read_anew(struct reconcile *look)
{
    struct leader *l = look->lead;

    tracked_rollouts_forget(&l->tracked, look->entry);
    look->entry = adopt(look, true);
    if (look->entry)
        look->entry->next = look->now;
    else
        l->again = look->now + AGAIN;
}

/* In seconds after one that has begun already. */
static int64_t whole_seconds(int64_t milliseconds)
{
    return milliseconds > 0 ? milliseconds / 1000 + 2 : 0;
}

/* Does it, and is over by that instant: another replica may lead then. */
static enum outcome carry_out(struct reconcile *look, const struct intention *intention,
                              int64_t until)
{
    const struct leader_options *o = &look->lead->options;
    struct tracked_rollouts_entry *entry = look->entry;
    enum rollout_state before = entry->rollout.record.state;
    struct view words = {NULL, 0};
    enum outcome outcome;

    if (intention->kind == INTENT_UNDO)
        hear(look, &intention->event, until);
    client_end_by(o->client, until);
    outcome = perform(look, intention, &words);
    client_end_by(o->client, 0);
    if (intention->kind != INTENT_PROBE && intention->kind != INTENT_PUBLISH)
        log_act(look, intention, outcome, words);
    rollout_result(&entry->rollout, intention, outcome, words, look->now);
    if (outcome == OUTCOME_UNREACHABLE)
        rollout_defer(&entry->rollout, intention,
                      look->now + whole_seconds(client_retry_after(o->client)));
    tracked_rollouts_moved(&look->lead->tracked, entry, before);
    return outcome;
}

/* The next thing that the rollout wants. A rollback counts for the brake from when it is decided,
 * before the next one is: when all fail at once, all are decided before any is done or told. */
static void decide(struct reconcile *look, struct intention *intention)
{
    struct leader *l = look->lead;
    struct tracked_rollouts_entry *entry = look->entry;
    struct record *record = &entry->rollout.record;
    enum rollout_state before = record->state;
    int64_t since = record->since;
    struct brake_count brake =
        brake_count(&l->brake, look->snapshot.namespace_, look->guard->brake.within, look->now);

    rollout_next(&entry->rollout, look->guard, &look->snapshot, &brake, look->now, &look->arena,
                 intention);
    if (record->state == ROLLOUT_ROLLING_BACK &&
        (before != record->state || since != record->since) &&
        counts_for_brake(record_failure(record, record->hash)))
        brake_add(&l->brake, look->snapshot.namespace_, look->now);
    tracked_rollouts_moved(&l->tracked, entry, before);
    entry->next = intention->next;
}

/* One thing after another until there is nothing to do now. What is left is looked at again soon:
 * a Lease that seemed lost may be renewed. */
static void follow(struct reconcile *look)
{
    const struct leader_options *o = &look->lead->options;
    struct intention intention;

    for (int step = 0; step < STEPS; step++) {
        enum outcome outcome;
        int64_t until = o->acts_until(o->ctx);

        decide(look, &intention);
        if (look->entry->rollout.lost) {
            read_anew(look);
            return;
        }
        look->entry->untold = intention.kind == INTENT_PUBLISH && !look->tells;
        if (intention.kind == INTENT_NOTHING)
            return;
        if (look->entry->untold || until == 0)
            break;
        outcome = carry_out(look, &intention, until);
        if (look->entry->rollout.lost ||
            (outcome == OUTCOME_SUPERSEDED && intention.kind == INTENT_WRITE)) {
            read_anew(look);
            return;
        }
        if (outcome == OUTCOME_SUPERSEDED)
            break; /* the watch is about to show why */
        if (intention.kind == INTENT_PUBLISH)
            look->tells = false;
    }
    look->entry->next = look->now + 1;
}

/* --- a look ----------------------------------------------------------------------------------- */

/* The guard of the workload that is seen; NULL when it has none, or with *unknown when that cannot
 * be told now. */
static const struct rollout_guard *guard_for(struct reconcile *look, const char **unknown)
{
    const struct leader_options *o = &look->lead->options;
    yyjson_alc memory = json_memory(&look->arena);
    struct view labels = look->snapshot.labels;
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)labels.p, labels.n, 0, &memory, NULL);
    struct guard_subject subject = {.group = view_of(look->snapshot.guarded_kind->group),
                                    .kind = view_of(look->snapshot.guarded_kind->kind),
                                    .namespace_ = look->snapshot.namespace_,
                                    .name = look->snapshot.name,
                                    .labels = yyjson_doc_get_root(doc)};
    struct cluster_view cluster_view = {.own_namespace = o->own_namespace};

    if ((labels.n > 0 && !doc) || o->enter(o->ctx, &look->arena, &cluster_view) < 0) {
        *unknown = "out of memory";
        return NULL;
    }
    return guard_of(look->set->guards, look->set->guard_count, &subject, &cluster_view, unknown);
}

/* Sees the workload and finds its guard and its entry. Returns 0 when there is something to judge;
 * 1 when there is not; -1 when that cannot be told now. */
static int see(struct reconcile *look, struct view uid)
{
    struct leader *l = look->lead;
    const char *unknown = NULL;
    int status = store_sight(l->options.store, uid, &look->arena, &look->snapshot);

    if (status == 0)
        look->guard = guard_for(look, &unknown);
    if (status != 0 || unknown)
        return status > 0 ? 1 : -1;
    if (!look->guard)
        return 1;
    look->entry = tracked_rollouts_find(&l->tracked, uid);
    if (!look->entry)
        look->entry = adopt(look, false);
    return look->entry ? 0 : -1;
}

static void look_at(struct leader *l, const struct policy_set *set, struct view uid, bool tells,
                    int64_t now)
{
    struct reconcile look = {.lead = l, .set = set, .now = now, .tells = tells};
    struct tracked_rollouts_entry *entry;

    arena_init(&look.arena, LIMIT_ARENA);
    switch (see(&look, uid)) {
    case 0: follow(&look); break;
    case 1:
        entry = tracked_rollouts_find(&l->tracked, uid);
        if (entry)
            tracked_rollouts_forget(&l->tracked, entry);
        break;
    default: l->again = now + AGAIN;
    }
    arena_release(&look.arena);
}

/* --- what there is to look at ----------------------------------------------------------------- */

void leader_answered(void *lead, struct view uid, bool prometheus, size_t index,
                     const struct probe_answer *answer)
{
    struct leader *l = lead;
    struct answer *a = mem_alloc(sizeof(*a) + uid.n);

    if (!a)
        return;
    *a = (struct answer){
        .answer = *answer, .prometheus = prometheus, .index = index, .uid_size = uid.n};
    memcpy(a->uid, uid.p, uid.n);
    pthread_mutex_lock(&l->lock);
    a->next = l->answers;
    l->answers = a;
    pthread_mutex_unlock(&l->lock);
    store_wake(l->options.store);
}

/* Hands the answers to their rollouts, which are then due. */
static void deliver(struct leader *l, int64_t now)
{
    struct answer *a = take_answers(l), *next;

    for (; a; a = next) {
        struct tracked_rollouts_entry *entry =
            tracked_rollouts_find(&l->tracked, (struct view){a->uid, a->uid_size});

        next = a->next;
        if (entry) {
            rollout_probed(&entry->rollout, a->prometheus, a->index, &a->answer);
            entry->next = now;
        }
        mem_free(a);
    }
}

/* Returns true when more may have changed than there was a turn for. */
static bool look_at_changed(struct leader *l, const struct policy_set *set, int64_t now)
{
    struct arena arena;
    struct view uid;
    int looks = 0;

    arena_init(&arena, LIMIT_ARENA);
    while (looks < ROUND && may_act(l) && store_dequeue(l->options.store, &arena, &uid)) {
        look_at(l, set, uid, false, now);
        arena_release(&arena);
        looks++;
    }
    arena_release(&arena);
    return looks == ROUND;
}

/* Each one that is `wanted`. A look can forget the entry that it is at, and no other one. Returns
 * how many there were, of `most` at most. */
static size_t look_at_each(struct leader *l, const struct policy_set *set,
                           bool (*wanted)(const struct tracked_rollouts_entry *entry, int64_t now),
                           bool tells, size_t most, int64_t now)
{
    struct hash_table_link *at, *next;
    size_t count = 0;

    for (size_t i = 0; i < l->tracked.entries.bucket_count; i++)
        for (at = l->tracked.entries.buckets[i]; at && count < most; at = next) {
            next = at->next;
            if (!wanted((struct tracked_rollouts_entry *)at, now))
                continue;
            look_at(l, set, (struct view){at->key, at->key_size}, tells, now);
            count++;
        }
    return count;
}

static bool is_due(const struct tracked_rollouts_entry *entry, int64_t now)
{
    return entry->next > 0 && entry->next <= now;
}

static bool is_untold(const struct tracked_rollouts_entry *entry, int64_t now)
{
    (void)now;
    return entry->untold;
}

static void sweep(struct leader *l, int64_t now)
{
    const struct leader_options *o = &l->options;

    if (now - l->swept < SWEEP || !may_act(l))
        return;
    l->swept = now;
    record_gc(o->client, o->own_namespace, o->records, o->store, now);
}

void leader_work(struct leader *l, const struct policy_set *set, int64_t now)
{
    bool more;

    l->listens_until = clock_monotonic_ns() + LIMIT_LOG_TAIL_TIME * INT64_C(1000000000);
    if (l->again > 0 && l->again <= now) {
        l->again = 0;
        store_enqueue_all(l->options.store);
    }
    deliver(l, now);
    more = look_at_changed(l, set, now);
    look_at_each(l, set, is_due, false, SIZE_MAX, now);
    if (!more)
        more = look_at_each(l, set, is_untold, true, 1, now) > 0;
    if (more)
        store_wake(l->options.store);
    sweep(l, now);
}
