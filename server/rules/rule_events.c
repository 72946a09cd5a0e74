#include "server/rules/rule_events.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "base/sys/worker.h"
#include "kube/client.h"
#include "kube/events.h"
#include "kube/kube.h"
#include "kube/limits.h"
#include "kube/permissions.h"
#include "policy/limits.h"
#include "rollout/limits.h"

#include <stdio.h>
#include <string.h>

/* An Event that waits. */
struct saying {
    struct saying *next;
    bool warning;
    struct view name, uid, problem, note; /* in bytes, one after the other */
    char bytes[];
};

struct rule_events {
    const struct kube *kube;
    struct view namespace_; /* of the ConfigMaps */
    struct client *client;
    struct worker worker;
    /* guarded by the worker's lock: */
    struct saying *first;
};

/* --- what waits ------------------------------------------------------------------------------- */

static struct view append(char **at, struct view text)
{
    struct view copy = {*at, text.n};

    if (text.n > 0)
        memcpy(*at, text.p, text.n);
    *at += text.n;
    return copy;
}

static struct saying *create(struct view name, struct view uid, struct view problem,
                             struct view note)
{
    struct saying *s = mem_alloc(sizeof(*s) + name.n + uid.n + problem.n + note.n);
    char *at;

    if (!s)
        return NULL;
    at = s->bytes;
    s->next = NULL;
    s->warning = problem.n > 0;
    s->name = append(&at, name);
    s->uid = append(&at, uid);
    s->problem = append(&at, problem);
    s->note = append(&at, note);
    return s;
}

/* Adds s to the end of the queue, and removes an older one of the same ConfigMap. */
static void add(struct rule_events *e, struct saying *s)
{
    struct saying **at = &e->first, *old;

    while ((old = *at)) {
        if (!view_eq(old->name, s->name)) {
            at = &old->next;
            continue;
        }
        *at = old->next;
        mem_free(old);
    }
    *at = s;
}

static void write_note(struct view problem, bool has_good, struct buf *out)
{
    if (problem.n == 0)
        buf_add_str(out, "its rules are in force");
    else if (has_good)
        buf_add_str(out, "its last good version stays in force, for this one has errors:\n");
    else
        buf_add_str(out, "its rules are not in force, for there are errors:\n");
    buf_add(out, view_trim(problem));
}

void rule_events_say(struct rule_events *e, struct view name, struct view uid, struct view problem,
                     bool has_good)
{
    struct saying *s;
    struct buf note;

    buf_init(&note, LIMIT_ANSWER + LIMIT_EVENT_NOTE);
    write_note(problem, has_good, &note);
    s = create(name, uid, problem, buf_view(&note));
    buf_release(&note);
    if (!s)
        return;
    worker_lock(&e->worker);
    add(e, s);
    worker_wake(&e->worker);
    worker_unlock(&e->worker);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Tells which verbs RBAC does not allow. */
static void ask_permissions(struct rule_events *e)
{
    int64_t until = clock_monotonic_ns() + LIMIT_KUBE_TELL * INT64_C(1000000000);
    struct client_answer answer;
    char home[64];
    struct permission rows[] = {
        {"", "events", NULL, "create", home, NULL},
        {"", "events", NULL, "get", home, NULL},
        {"", "events", NULL, "patch", home, NULL},
    };
    struct buf missing;

    snprintf(home, sizeof(home), "%.*s", VIEW_ARGS(e->namespace_));
    buf_init(&missing, LIMIT_MESSAGE);
    permissions_ask(e->client, rows, sizeof(rows) / sizeof(rows[0]), until, e->kube->log, &missing,
                    &answer);
    buf_release(&missing);
}

static void write_event(struct rule_events *e, const struct saying *s)
{
    struct events_note note = {.api_version = VIEW("v1"),
                               .kind = VIEW("ConfigMap"),
                               .namespace_ = e->namespace_,
                               .name = s->name,
                               .uid = s->uid,
                               .warning = s->warning,
                               .controller = "tidegate.dev/rules",
                               .reason = s->warning ? "RulesRejected" : "RulesAccepted",
                               .action = "Load",
                               .note = s->note,
                               .key = s->problem};
    int64_t until = clock_monotonic_ns() + LIMIT_KUBE_TELL * INT64_C(1000000000);
    struct client_answer answer;

    if (events_write(e->client, &note, e->kube->identity, until, &answer) == 0 ||
        client_is_stopped(e->client))
        return;
    LOG(e->kube->log, LOG_LEVEL_WARNING, "event_fails", LOG_STR("kind", "ConfigMap"),
        LOG_VIEW("namespace", e->namespace_), LOG_VIEW("name", s->name),
        LOG_STR("error", answer.problem));
    if (answer.status == 403)
        ask_permissions(e);
}

/* Waits for what is to be said, the caller's; NULL: it is to stop. */
static struct saying *await(struct rule_events *e)
{
    struct saying *s = NULL;

    worker_lock(&e->worker);
    while (!e->worker.stopping && !e->first)
        worker_wait(&e->worker, INT64_MAX);
    if (!e->worker.stopping) {
        s = e->first;
        e->first = s->next;
    }
    worker_unlock(&e->worker);
    return s;
}

static void *run_events(void *arg)
{
    struct rule_events *e = arg;
    struct saying *s;

    while ((s = await(e))) {
        write_event(e, s);
        mem_free(s);
    }
    return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

struct rule_events *rule_events_start(const struct kube *kube, struct view namespace_)
{
    struct rule_events *e = mem_alloc(sizeof(*e));

    if (!e)
        return NULL;
    *e = (struct rule_events){.kube = kube, .namespace_ = namespace_};
    worker_init(&e->worker);
    e->client = client_create(kube);
    if (e->client && worker_start(&e->worker, run_events, e) == 0)
        return e;
    rule_events_stop(e);
    return NULL;
}

void rule_events_stop(struct rule_events *e)
{
    struct saying *next;

    if (!e)
        return;
    worker_stop(&e->worker);
    if (e->client)
        client_stop(e->client);
    worker_release(&e->worker);
    for (struct saying *s = e->first; s; s = next) {
        next = s->next;
        mem_free(s);
    }
    client_free(e->client);
    mem_free(e);
}
