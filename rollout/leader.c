#include "rollout/leader.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "kube/cache.h"
#include "kube/client.h"
#include "kube/kube.h"
#include "policy/guard/guard.h"
#include "policy/limits.h"
#include "policy/object/cluster_view.h"
#include "policy/object/guarded_kind.h"
#include "policy/set.h"
#include "rollout/act/action.h"
#include "rollout/act/field_owners.h"
#include "rollout/act/probe_worker.h"
#include "rollout/judge/brake.h"
#include "rollout/limits.h"
#include "rollout/record/owners_api.h"
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
    STEPS = 32, /* intentions of one workload in one pass; none needs as many */
    ROUND = 64, /* changed workloads in one round, before answers and timers get their turn */
    RETRY = 5,  /* seconds until a workload is tried again that could not be judged */
    GC_PERIOD = 10 * 60, /* seconds between two collections of unneeded records */
};

/* The answer of a probe, queued by the thread that sent it. */
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
    int64_t collected;     /* of the last collection of records */
    int64_t again;         /* when all workloads are enqueued again; 0: not planned */
    int64_t listens_until; /* for reading last words before an action: a monotonic instant of this
                              round */
    pthread_mutex_t lock;
    struct answer *answers; /* guarded by lock; the newest first */
};

/* One pass over one workload. */
struct pass {
    struct leader *leader;
    const struct policy_set *set;
    const struct rollout_guard *guard;
    struct tracked_rollouts_entry *entry;
    struct snapshot snapshot;
    struct arena arena;
    int64_t now;
    bool publishes; /* publish one event, or keep the owners of one; else that waits until no
                       workload waits for an action */
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

/* The brake counts the guard's own rollbacks, not those that a person asked for. */
static bool counts_for_brake(const struct record_failure *failure)
{
    return failure && failure->target.n > 0 && cause_of_name(failure->cause) != CAUSE_PERSON;
}

/* Rollbacks that earlier leaders decided count for the brake, too. */
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
    cache_enqueue_all(l->options.store);
}

struct rollout_counters *leader_counters(struct leader *l)
{
    return &l->counters;
}

static bool may_act(const struct leader *l)
{
    return l->options.acts_until(l->options.ctx) != 0;
}

/* --- carrying out ----------------------------------------------------------------------------- */

static enum outcome save_record(struct pass *pass, struct view *message)
{
    const struct leader_options *o = &pass->leader->options;

    return record_api_save(o->client, o->own_namespace, o->owner(o->ctx, &pass->arena),
                           &pass->entry->rollout.record, pass->entry->version, &pass->arena,
                           message);
}

static enum outcome send_probe(struct pass *pass, const struct intention *intention)
{
    struct probe_worker *prober = pass->leader->options.prober;
    const struct guard_signals *fail = &pass->guard->fail;

    if (intention->prometheus)
        probe_worker_ask_prometheus(prober, pass->snapshot.uid, intention->index,
                                    &fail->prometheus[intention->index]);
    else
        probe_worker_ask_http(prober, pass->snapshot.uid, pass->snapshot.namespace_,
                              intention->index, &fail->http[intention->index]);
    return OUTCOME_DONE;
}

/* Reads the last lines of a failed container before the undo deletes its pod. In one round this
 * delays actions by no more than one log may take; a log not read by then is read when the event
 * is published. */
static void read_last_words(struct pass *pass, const struct rollout_event *event, int64_t until)
{
    struct leader *l = pass->leader;
    struct client *client = l->options.client;
    struct tracked_rollouts_entry *entry = pass->entry;

    if (l->options.publish.no_pod_logs || event->cause.pod.n == 0 || entry->heard == event->at ||
        clock_monotonic_ns() >= l->listens_until)
        return;
    client_end_by(client, until < l->listens_until ? until : l->listens_until);
    buf_reset(&entry->last_words);
    buf_add(&entry->last_words,
            action_last_words(client, &pass->snapshot, event->cause.pod, event->cause.container,
                              event->cause.previous, &pass->arena));
    entry->heard = event->at;
}

static enum outcome publish_one(struct pass *pass, const struct rollout_event *event)
{
    struct leader *l = pass->leader;
    struct tracked_rollouts_entry *entry = pass->entry;
    bool heard = event->kind == ROLLOUT_EVENT_FAILED && entry->heard == event->at;
    struct view last_words = buf_view(&entry->last_words);

    /* Event times are whole seconds, and kubectl orders by them. */
    entry->told_at = pass->now > entry->told_at ? pass->now : entry->told_at + 1;

    if (publish_event(&l->options.publish, pass->guard, &pass->snapshot, event,
                      heard ? &last_words : NULL, pass->now, entry->told_at, &pass->arena) < 0)
        return OUTCOME_UNREACHABLE;
    buf_release(&entry->last_words);
    rollout_counters_event(&l->counters, event);
    return OUTCOME_DONE;
}

/* The owners of the template `hash` that are kept in the slot; NULL: they are not known, which
 * keeps no rollback back. */
static enum outcome load_owners(struct pass *pass, int64_t slot, struct view hash,
                                yyjson_val **owners, struct view *message)
{
    const struct leader_options *o = &pass->leader->options;
    struct view text = {NULL, 0};
    enum outcome outcome = OUTCOME_DONE;

    *owners = NULL;
    if (slot > 0)
        outcome = owners_api_load(o->client, o->own_namespace, &pass->entry->rollout.record, slot,
                                  &pass->arena, &text, message);
    if (text.p)
        *owners = field_owners_parse(text, hash, &pass->arena);
    return outcome == OUTCOME_UNREACHABLE ? outcome : OUTCOME_DONE;
}

static enum outcome undo(struct pass *pass, const struct intention *intention, struct view *message)
{
    struct view release, reason = {NULL, 0};
    yyjson_val *owners;
    enum outcome outcome =
        load_owners(pass, intention->slot, intention->target->hash, &owners, message);

    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = action_undo(pass->leader->options.client, &pass->snapshot, intention->hash,
                          intention->target, owners, &pass->arena, &release, &reason);
    *message = outcome == OUTCOME_DONE ? release : reason;
    return outcome;
}

static enum outcome give_back(struct pass *pass, const struct intention *intention,
                              struct view *message)
{
    yyjson_val *owners;
    enum outcome outcome = load_owners(pass, intention->slot, intention->hash, &owners, message);

    if (outcome != OUTCOME_DONE || !owners)
        return outcome;
    return action_give_back(pass->leader->options.client, &pass->snapshot, intention->hash, owners,
                            &pass->arena, message);
}

static enum outcome keep_owners(struct pass *pass, const struct intention *intention,
                                struct view *message)
{
    const struct leader_options *o = &pass->leader->options;
    struct view text;
    enum outcome outcome = action_read_owners(o->client, &pass->snapshot, intention->hash,
                                              &pass->arena, &text, message);

    if (outcome != OUTCOME_DONE)
        return outcome;
    return owners_api_save(o->client, o->own_namespace, o->owner(o->ctx, &pass->arena),
                           &pass->entry->rollout.record, intention->slot, text, &pass->arena,
                           message);
}

static enum outcome perform(struct pass *pass, const struct intention *intention,
                            struct view *message)
{
    struct client *client = pass->leader->options.client;
    const struct snapshot *snapshot = &pass->snapshot;
    struct arena *arena = &pass->arena;

    switch (intention->kind) {
    case INTENT_WRITE: return save_record(pass, message);
    case INTENT_UNDO: return undo(pass, intention, message);
    case INTENT_PAUSE: return action_pause(client, snapshot, intention->hash, arena, message);
    case INTENT_DELETE_POD:
        return action_delete_pod(client, snapshot, intention->pod, arena, message);
    case INTENT_KEEP_OWNERS: return keep_owners(pass, intention, message);
    case INTENT_GIVE_BACK: return give_back(pass, intention, message);
    case INTENT_PROBE: return send_probe(pass, intention);
    case INTENT_PUBLISH: return publish_one(pass, &intention->event);
    case INTENT_NOTHING: break;
    }
    return OUTCOME_DONE;
}

static void log_action(const struct pass *pass, const struct intention *intention,
                       enum outcome outcome, struct view message)
{
    static const char *const names[] = {
        [INTENT_WRITE] = "write_record",
        [INTENT_UNDO] = "undo",
        [INTENT_PAUSE] = "pause",
        [INTENT_DELETE_POD] = "delete_pod",
        [INTENT_KEEP_OWNERS] = "keep_owners",
        [INTENT_GIVE_BACK] = "give_back",
    };
    const struct leader_options *o = &pass->leader->options;

    if (outcome != OUTCOME_DONE)
        LOG(o->kube->log, LOG_LEVEL_WARNING, "guard_act_fails",
            LOG_STR("act", names[intention->kind]),
            LOG_STR("kind", pass->snapshot.guarded_kind->kind),
            LOG_VIEW("namespace", pass->snapshot.namespace_), LOG_VIEW("name", pass->snapshot.name),
            LOG_VIEW("error", message));
    else if (intention->kind != INTENT_WRITE && intention->kind != INTENT_KEEP_OWNERS)
        LOG(o->kube->log, LOG_LEVEL_INFO, "guard_acts", LOG_STR("act", names[intention->kind]),
            LOG_STR("kind", pass->snapshot.guarded_kind->kind),
            LOG_VIEW("namespace", pass->snapshot.namespace_),
            LOG_VIEW("name", pass->snapshot.name));
}

static struct tracked_rollouts_entry *track(struct pass *pass, bool again)
{
    const struct leader_options *o = &pass->leader->options;
    const struct tracked_rollouts_source source = {o->records, o->client, o->own_namespace};

    return tracked_rollouts_adopt(&pass->leader->tracked, &source, &pass->snapshot, again,
                                  &pass->arena);
}

/* Somebody else wrote the record, or memory ran out while it was changed. The stored record counts;
 * changes that were not written are dropped. */
static void reload(struct pass *pass)
{
    struct leader *l = pass->leader;

    tracked_rollouts_forget(&l->tracked, pass->entry);
    pass->entry = track(pass, true);
    if (pass->entry)
        pass->entry->next = pass->now;
    else
        l->again = pass->now + RETRY;
}

/* Rounded up to whole seconds, plus one: the current second has begun already. */
static int64_t whole_seconds(int64_t milliseconds)
{
    return milliseconds > 0 ? milliseconds / 1000 + 2 : 0;
}

/* Carries out an intention. All its calls end before `until`, when our lease does. */
static enum outcome carry_out(struct pass *pass, const struct intention *intention, int64_t until)
{
    const struct leader_options *o = &pass->leader->options;
    struct tracked_rollouts_entry *entry = pass->entry;
    enum rollout_state before = entry->rollout.record.state;
    struct view message = {NULL, 0};
    enum outcome outcome;

    if (intention->kind == INTENT_UNDO)
        read_last_words(pass, &intention->event, until);
    client_end_by(o->client, until);
    outcome = perform(pass, intention, &message);
    client_end_by(o->client, 0);
    if (intention->kind != INTENT_PROBE && intention->kind != INTENT_PUBLISH)
        log_action(pass, intention, outcome, message);
    rollout_result(&entry->rollout, intention, outcome, message, pass->now);
    if (outcome == OUTCOME_UNREACHABLE)
        rollout_defer(&entry->rollout, intention,
                      pass->now + whole_seconds(client_retry_after(o->client)));
    tracked_rollouts_moved(&pass->leader->tracked, entry, before);
    return outcome;
}

/* Asks the rollout for its next intention. The brake counts a rollback when it is decided: when
 * many workloads fail at once, all are decided before the first is carried out. */
static void next_intention(struct pass *pass, struct intention *intention)
{
    struct leader *l = pass->leader;
    struct tracked_rollouts_entry *entry = pass->entry;
    struct record *record = &entry->rollout.record;
    enum rollout_state before = record->state;
    int64_t since = record->since;
    struct brake_count brake =
        brake_count(&l->brake, pass->snapshot.namespace_, pass->guard->brake.within, pass->now);

    rollout_next(&entry->rollout, pass->guard, &pass->snapshot, &brake, pass->now, &pass->arena,
                 intention);
    if (record->state == ROLLOUT_ROLLING_BACK &&
        (before != record->state || since != record->since) &&
        counts_for_brake(record_failure(record, record->hash)))
        brake_add(&l->brake, pass->snapshot.namespace_, pass->now);
    tracked_rollouts_moved(&l->tracked, entry, before);
    entry->next = intention->next;
}

/* Until no workload waits for an action: of these one is carried out a round. */
static bool can_wait(const struct intention *intention)
{
    return intention->kind == INTENT_PUBLISH || intention->kind == INTENT_KEEP_OWNERS;
}

/* Carries out one intention after another until there is none. The rest is tried again in a second:
 * a Lease that seemed lost may be renewed. */
static void run_intentions(struct pass *pass)
{
    const struct leader_options *o = &pass->leader->options;
    struct intention intention;

    for (int step = 0; step < STEPS; step++) {
        enum outcome outcome;
        int64_t until = o->acts_until(o->ctx);

        next_intention(pass, &intention);
        if (pass->entry->rollout.lost) {
            reload(pass);
            return;
        }
        pass->entry->untold = can_wait(&intention) && !pass->publishes;
        if (intention.kind == INTENT_NOTHING)
            return;
        if (pass->entry->untold || until == 0)
            break;
        outcome = carry_out(pass, &intention, until);
        if (pass->entry->rollout.lost ||
            (outcome == OUTCOME_SUPERSEDED && intention.kind == INTENT_WRITE)) {
            reload(pass);
            return;
        }
        if (outcome == OUTCOME_SUPERSEDED && intention.kind != INTENT_GIVE_BACK)
            break; /* the watch will show why */
        if (can_wait(&intention))
            pass->publishes = false;
    }
    pass->entry->next = pass->now + 1;
}

/* --- one pass --------------------------------------------------------------------------------- */

/* The guard of the workload. NULL when it has none, or with *unknown when that is not known now. */
static const struct rollout_guard *guard_for(struct pass *pass, const char **unknown)
{
    const struct leader_options *o = &pass->leader->options;
    yyjson_alc memory = json_memory(&pass->arena);
    struct view labels = pass->snapshot.labels;
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)labels.p, labels.n, 0, &memory, NULL);
    struct guard_subject subject = {.group = view_of(pass->snapshot.guarded_kind->group),
                                    .kind = view_of(pass->snapshot.guarded_kind->kind),
                                    .namespace_ = pass->snapshot.namespace_,
                                    .name = pass->snapshot.name,
                                    .labels = yyjson_doc_get_root(doc)};
    struct cluster_view cluster_view = {.own_namespace = o->own_namespace};

    if ((labels.n > 0 && !doc) || o->enter(o->ctx, &pass->arena, &cluster_view) < 0) {
        *unknown = "out of memory";
        return NULL;
    }
    return guard_of(pass->set->guards, pass->set->guard_count, &subject, &cluster_view, unknown);
}

/* Takes the snapshot of the workload, and finds its guard and its entry. Returns 0 when it is to be
 * judged; 1 when it is not; -1 when that is not known now. */
static int take_snapshot(struct pass *pass, struct view uid)
{
    struct leader *l = pass->leader;
    const char *unknown = NULL;
    int status = store_snapshot(l->options.store, uid, &pass->arena, &pass->snapshot);

    if (status == 0)
        pass->guard = guard_for(pass, &unknown);
    if (status != 0 || unknown)
        return status > 0 ? 1 : -1;
    if (!pass->guard)
        return 1;
    pass->entry = tracked_rollouts_find(&l->tracked, uid);
    if (!pass->entry)
        pass->entry = track(pass, false);
    return pass->entry ? 0 : -1;
}

/* The entry of a workload without a guard, when there is a record of it. */
static struct tracked_rollouts_entry *recorded(struct pass *pass)
{
    const struct leader_options *o = &pass->leader->options;
    const struct snapshot *snapshot = &pass->snapshot;
    struct tracked_rollouts_entry *entry =
        tracked_rollouts_find(&pass->leader->tracked, snapshot->uid);
    struct record_cache_entry found;
    struct view name;

    if (entry)
        return entry;
    name = record_name(view_of(snapshot->guarded_kind->kind), snapshot->namespace_, snapshot->name,
                       &pass->arena);
    if (!name.p ||
        record_cache_find(o->records, name, clock_monotonic_ns(), &pass->arena, &found) <= 0)
        return NULL;
    return track(pass, false);
}

/* The record says that no guard matches the workload any more, for those who wait for it. */
static void note_unguarded(struct pass *pass)
{
    const struct leader_options *o = &pass->leader->options;
    int64_t until = o->acts_until(o->ctx);
    struct record *record;
    struct view message;

    pass->entry = recorded(pass);
    if (!pass->entry || pass->entry->rollout.record.guard.n == 0 || until == 0)
        return;
    record = &pass->entry->rollout.record;
    record->guard = (struct view){NULL, 0};
    client_end_by(o->client, until);
    if (save_record(pass, &message) != OUTCOME_DONE)
        pass->leader->again = pass->now + RETRY;
    client_end_by(o->client, 0);
}

static void reconcile_workload(struct leader *l, const struct policy_set *set, struct view uid,
                               bool publishes, int64_t now)
{
    struct pass pass = {.leader = l, .set = set, .now = now, .publishes = publishes};
    struct tracked_rollouts_entry *entry;

    arena_init(&pass.arena, LIMIT_ARENA);
    switch (take_snapshot(&pass, uid)) {
    case 0: run_intentions(&pass); break;
    case 1:
        if (pass.snapshot.uid.n > 0)
            note_unguarded(&pass);
        entry = tracked_rollouts_find(&l->tracked, uid);
        if (entry)
            tracked_rollouts_forget(&l->tracked, entry);
        break;
    default: l->again = now + RETRY;
    }
    arena_release(&pass.arena);
}

/* --- one round -------------------------------------------------------------------------------- */

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
    cache_wake(l->options.store);
}

/* Hands the answers to their rollouts, whose next pass is then due. */
static void deliver_answers(struct leader *l, int64_t now)
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

/* Returns true when more workloads may have changed than fit into this round. */
static bool reconcile_changed(struct leader *l, const struct policy_set *set, int64_t now)
{
    struct arena arena;
    struct view uid;
    int passes = 0;

    arena_init(&arena, LIMIT_ARENA);
    while (passes < ROUND && may_act(l) && cache_dequeue(l->options.store, &arena, &uid)) {
        reconcile_workload(l, set, uid, false, now);
        arena_release(&arena);
        passes++;
    }
    arena_release(&arena);
    return passes == ROUND;
}

/* Makes a pass over each workload that is `wanted`, at most `most`. A pass can forget its own
 * entry, and no other. Returns how many there were. */
static size_t reconcile_each(struct leader *l, const struct policy_set *set,
                             bool (*wanted)(const struct tracked_rollouts_entry *entry,
                                            int64_t now),
                             bool publishes, size_t most, int64_t now)
{
    struct hash_table_link *at, *next;
    size_t count = 0;

    for (size_t i = 0; i < l->tracked.entries.bucket_count; i++)
        for (at = l->tracked.entries.buckets[i]; at && count < most; at = next) {
            next = at->next;
            if (!wanted((struct tracked_rollouts_entry *)at, now))
                continue;
            reconcile_workload(l, set, (struct view){at->key, at->key_size}, publishes, now);
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

static void collect_garbage(struct leader *l, int64_t now)
{
    const struct leader_options *o = &l->options;

    if (now - l->collected < GC_PERIOD || !may_act(l))
        return;
    l->collected = now;
    record_gc(o->client, o->own_namespace, o->records, o->store, now);
}

void leader_work(struct leader *l, const struct policy_set *set, int64_t now)
{
    bool more;

    l->listens_until = clock_monotonic_ns() + LIMIT_LOG_TAIL_TIME * INT64_C(1000000000);
    if (l->again > 0 && l->again <= now) {
        l->again = 0;
        cache_enqueue_all(l->options.store);
    }
    deliver_answers(l, now);
    more = reconcile_changed(l, set, now);
    reconcile_each(l, set, is_due, false, SIZE_MAX, now);
    if (!more)
        more = reconcile_each(l, set, is_untold, true, 1, now) > 0;
    if (more)
        cache_wake(l->options.store);
    collect_garbage(l, now);
}
