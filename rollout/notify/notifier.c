#include "rollout/notify/notifier.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "base/sys/worker.h"
#include "kube/backoff.h"
#include "rollout/act/http_fetch.h"
#include "rollout/limits.h"
#include "rollout/notify/notification_format.h"

#include <stdio.h>
#include <string.h>

static const int64_t second = 1000 * 1000 * 1000, millisecond = 1000 * 1000;

/* Where messages of one name go. */
struct receiver {
    struct receiver *next;
    char name[NOTIFIER_NAME];
    unsigned messages; /* that wait or are underway */
    unsigned failures; /* in a row */
    int64_t retry_at;  /* clock_monotonic_ns */
    bool told;         /* that it fails */
};

struct message {
    struct message *next;
    struct receiver *receiver;
    struct arena arena;
    struct notification notification;
    int64_t since; /* clock_monotonic_ns */
};

struct notifier {
    const char *dir;
    struct log *log;
    struct http_fetch *fetch;
    struct worker worker; /* woken when a message came, it is to end, it has ended */
    /* guarded by the worker's lock: */
    struct message *first; /* the oldest */
    size_t waiting;
    struct receiver *receivers;
    uint64_t seen[LIMIT_NOTICES]; /* of ids and names; a ring */
    size_t seen_next;
    struct notifier_counts counts;
    bool ended;
};

bool notifier_knows(struct notifier *n, struct view name, struct buf *why)
{
    return notifier_is_configured(n->dir, name, why);
}

/* --- receivers; all under the lock ------------------------------------------------------------ */

static struct receiver *receiver_get(struct notifier *n, struct view name)
{
    struct receiver *r = n->receivers;

    while (r && !view_eq_str(name, r->name))
        r = r->next;
    if (r)
        return r;
    r = mem_alloc(sizeof(*r));
    if (!r)
        return NULL;
    *r = (struct receiver){.next = n->receivers};
    snprintf(r->name, sizeof(r->name), "%.*s", VIEW_ARGS(name));
    n->receivers = r;
    return r;
}

/* One that is well is forgotten with its last message. */
static void receiver_leave(struct notifier *n, struct receiver *r)
{
    struct receiver **at = &n->receivers;

    if (--r->messages > 0 || r->told)
        return;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    mem_free(r);
}

/* --- the queue; all under the lock ------------------------------------------------------------ */

static void message_free(struct notifier *n, struct message *m)
{
    if (m->receiver)
        receiver_leave(n, m->receiver);
    arena_release(&m->arena);
    mem_free(m);
}

static struct message *unlink_message(struct notifier *n, struct message **at)
{
    struct message *m = *at;

    *at = m->next;
    m->next = NULL;
    n->waiting--;
    return m;
}

static void drop(struct notifier *n, struct message *m)
{
    n->counts.dropped++;
    message_free(n, m);
}

static void drop_expired(struct notifier *n, int64_t now)
{
    struct message **at = &n->first;

    while (*at) {
        if (!notification_is_in_time((*at)->since, now))
            drop(n, unlink_message(n, at));
        else
            at = &(*at)->next;
    }
}

/* The oldest whose receiver may be asked; at the end that is any. *at: when to look again. */
static struct message *due(struct notifier *n, int64_t now, int64_t *at)
{
    *at = INT64_MAX;
    for (struct message **m = &n->first; *m; m = &(*m)->next) {
        int64_t retry_at = (*m)->receiver->retry_at;

        if (retry_at <= now || n->worker.stopping)
            return unlink_message(n, m);
        if (retry_at < *at)
            *at = retry_at;
    }
    return NULL;
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Waits for a message that is due; NULL when it ends. */
static struct message *next(struct notifier *n)
{
    struct message *m;
    int64_t at;

    worker_lock(&n->worker);
    for (;;) {
        drop_expired(n, clock_monotonic_ns());
        m = due(n, clock_monotonic_ns(), &at);
        if (m || n->worker.stopping)
            break;
        worker_wait(&n->worker, at);
    }
    worker_unlock(&n->worker);
    return m;
}

/* Returns true when that is news. */
static bool note_failure(struct receiver *r, int64_t retry_after)
{
    bool event = !r->told;

    r->retry_at = clock_monotonic_ns() + backoff_wait(r->failures++, retry_after) * millisecond;
    r->told = true;
    return event;
}

static bool note_success(struct receiver *r)
{
    bool event = r->told;

    r->told = false;
    r->failures = 0;
    r->retry_at = 0;
    return event;
}

/* It comes before those that are younger. */
static void put_back(struct notifier *n, struct message *m)
{
    n->counts.retried++;
    if (n->worker.stopping || n->waiting == LIMIT_NOTICES ||
        !notification_is_in_time(m->since, m->receiver->retry_at)) {
        drop(n, m);
        return;
    }
    m->next = n->first;
    n->first = m;
    n->waiting++;
}

static void handle(struct notifier *n, struct message *m)
{
    char problem[NOTIFICATION_PROBLEM], name[NOTIFIER_NAME];
    int64_t retry_after;
    enum notification_fate fate = notification_send(n->fetch, n->dir, m->receiver->name,
                                                    &m->notification, problem, &retry_after);
    bool event;

    worker_lock(&n->worker);
    snprintf(name, sizeof(name), "%s", m->receiver->name);
    event = fate == NOTIFICATION_SENT ? note_success(m->receiver)
                                      : note_failure(m->receiver, retry_after);
    if (fate == NOTIFICATION_SENT) {
        n->counts.sent++;
        message_free(n, m);
    } else if (fate == NOTIFICATION_AGAIN) {
        put_back(n, m);
    } else {
        drop(n, m);
    }
    worker_unlock(&n->worker);
    if (event && fate == NOTIFICATION_SENT)
        LOG(n->log, LOG_LEVEL_INFO, "notifier_recovers", LOG_STR("notifier", name));
    else if (event)
        LOG(n->log, LOG_LEVEL_WARNING, "notifier_fails", LOG_STR("notifier", name),
            LOG_STR("error", problem));
}

static void *run(void *arg)
{
    struct notifier *n = arg;
    struct message *m;

    while ((m = next(n)))
        handle(n, m);
    worker_lock(&n->worker);
    n->ended = true;
    worker_wake(&n->worker);
    worker_unlock(&n->worker);
    return NULL;
}

static void notifier_free(struct notifier *n)
{
    worker_release(&n->worker);
    while (n->receivers) {
        struct receiver *r = n->receivers;

        n->receivers = r->next;
        mem_free(r);
    }
    http_fetch_free(n->fetch);
    mem_free(n);
}

struct notifier *notifier_start(const char *dir, struct log *log)
{
    struct notifier *n = mem_alloc(sizeof(*n));

    if (!n)
        return NULL;
    *n = (struct notifier){.dir = dir, .log = log, .fetch = http_fetch_create()};
    worker_init(&n->worker);
    if (n->fetch && worker_start(&n->worker, run, n) == 0)
        return n;
    notifier_free(n);
    return NULL;
}

void notifier_stop(struct notifier *n)
{
    int64_t until = clock_monotonic_ns() + LIMIT_NOTIFY_STOP * second;

    if (!n)
        return;
    worker_stop(&n->worker);
    worker_lock(&n->worker);
    while (!n->ended && worker_wait(&n->worker, until))
        ;
    worker_unlock(&n->worker);
    http_fetch_stop(n->fetch);
    notifier_free(n);
}

/* --- messages --------------------------------------------------------------------------------- */

/* FNV-1a (RFC 9923) of the name, a NUL and the id. */
static uint64_t hash(struct view name, struct view id)
{
    const struct view parts[] = {name, {"", 1}, id};
    uint64_t h = 0xCBF29CE484222325;

    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < parts[i].n; k++)
            h = (h ^ (unsigned char)parts[i].p[k]) * 0x100000001B3;
    return h;
}

static bool was_seen(struct notifier *n, uint64_t h)
{
    for (size_t i = 0; i < LIMIT_NOTICES; i++)
        if (n->seen[i] == h)
            return true;
    n->seen[n->seen_next++ % LIMIT_NOTICES] = h;
    return false;
}

/* Returns -1 when memory runs out. */
static int copy_texts(struct message *m)
{
    struct view *views[] = {
        &m->notification.id,       &m->notification.event,
        &m->notification.severity, &m->notification.kind,
        &m->notification.name,     &m->notification.namespace_,
        &m->notification.images,   &m->notification.previous_images,
        &m->notification.text,     &m->notification.headline,
        &m->notification.cause,
    };

    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        if (!views[i]->p)
            continue;
        *views[i] = arena_copy(&m->arena, *views[i]);
        if (!views[i]->p)
            return -1;
    }
    return 0;
}

static struct message *message_create(const struct notification *notification)
{
    struct message *m = mem_alloc(sizeof(*m));

    if (!m)
        return NULL;
    *m = (struct message){.notification = *notification, .since = clock_monotonic_ns()};
    arena_init(&m->arena, LIMIT_NOTICE);
    if (copy_texts(m) == 0)
        return m;
    arena_release(&m->arena);
    mem_free(m);
    return NULL;
}

static void put(struct notifier *n, struct message *m)
{
    struct message **end = &n->first;

    if (n->waiting == LIMIT_NOTICES)
        drop(n, unlink_message(n, &n->first));
    while (*end)
        end = &(*end)->next;
    *end = m;
    n->waiting++;
    worker_wake(&n->worker);
}

void notifier_send(struct notifier *n, struct view name, const struct notification *notification)
{
    struct message *m = n->dir && notifier_is_name(name) ? message_create(notification) : NULL;

    worker_lock(&n->worker);
    if (m)
        m->receiver = receiver_get(n, name);
    if (m && m->receiver)
        m->receiver->messages++;
    if (!m || !m->receiver)
        n->counts.dropped++;
    if (m && (!m->receiver || was_seen(n, hash(name, notification->id))))
        message_free(n, m);
    else if (m)
        put(n, m);
    worker_unlock(&n->worker);
}

struct notifier_counts notifier_count(struct notifier *n)
{
    struct notifier_counts counts;

    worker_lock(&n->worker);
    counts = n->counts;
    worker_unlock(&n->worker);
    return counts;
}
