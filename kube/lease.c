#include "kube/lease.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "base/sys/worker.h"
#include "base/time/timestamp.h"
#include "kube/client.h"
#include "kube/election.h"
#include "kube/kube.h"
#include "kube/limits.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lease {
    const struct kube *kube;
    struct lease_options options;
    struct client *client;
    struct worker worker;
    _Atomic int64_t held_until;
    char holder[LIMIT_IDENTITY + 2]; /* guarded by the worker's lock */
    /* of the thread: */
    struct election election;
    json_t *object;    /* the Lease as the API server has it, as far as is known; or NULL */
    bool held;         /* as it was told last */
    char problem[640]; /* told last; empty: none */
};

/* --- calls ------------------------------------------------------------------------------------ */

static void write_path(const struct lease *l, bool named, struct buf *path)
{
    buf_printf(path, "/apis/coordination.k8s.io/v1/namespaces/%.*s/leases",
               VIEW_ARGS(l->options.namespace_));
    if (named)
        buf_printf(path, "/%.*s", VIEW_ARGS(l->options.name));
}

/* The Lease that is to be created. */
static json_t *make_object(const struct lease *l)
{
    return json_pack("{s:s, s:s, s:{s:s%}}", "apiVersion", "coordination.k8s.io/v1", "kind",
                     "Lease", "metadata", "name", l->options.name.p, l->options.name.n);
}

/* Sends the object, or asks for it; what comes back is kept. */
static int exchange(struct lease *l, struct client *client, const char *verb, json_t *object,
                    struct client_answer *answer, struct election_record *record)
{
    struct client_call call = {.verb = verb, .resource = "leases", .seconds = LIMIT_LEASE_CALL};
    char *body = object ? json_dumps(object, JSON_COMPACT) : NULL;
    yyjson_val *root = NULL;
    struct arena arena;
    struct buf path;

    arena_init(&arena, LIMIT_KUBE_EVENT);
    buf_init(&path, LIMIT_KUBE_URL);
    write_path(l, strcmp(verb, "create") != 0, &path);
    call.path = path.p;
    call.body = view_of(body);
    *answer = (struct client_answer){0};
    if (path.failed || (object && !body))
        snprintf(answer->problem, sizeof(answer->problem), "out of memory");
    else
        root = client_json(client, &call, &arena, answer);
    if (root) {
        *record = election_read(root);
        json_decref(l->object);
        l->object = json_of_value(root);
    }
    free(body);
    buf_release(&path);
    arena_release(&arena);
    return root && l->object ? 0 : -1;
}

static int write_claim(struct lease *l, enum election_act act, struct client_answer *answer,
                       struct election_record *record)
{
    json_t *object = act == ELECTION_CREATE ? make_object(l) : json_incref(l->object);
    char stamp[TIMESTAMP_TEXT];
    int status = -1;

    timestamp_micro(stamp);
    if (!object || election_claim(&l->election, object, stamp) < 0)
        snprintf(answer->problem, sizeof(answer->problem), "out of memory");
    else
        status = exchange(l, l->client, act == ELECTION_CREATE ? "create" : "update", object,
                          answer, record);
    json_decref(object);
    return status;
}

static struct election_input perform(struct lease *l, enum election_act act,
                                     struct client_answer *answer)
{
    struct election_input input = {.asked = clock_monotonic_ns(), .event = ELECTION_FAILED};
    int status = act == ELECTION_GET ? exchange(l, l->client, "get", NULL, answer, &input.record)
                                     : write_claim(l, act, answer, &input.record);

    if (status == 0)
        input.event = act == ELECTION_GET ? ELECTION_READ : ELECTION_WRITTEN;
    else if (answer->status == 404 && act != ELECTION_CREATE)
        input.event = ELECTION_ABSENT;
    else if (answer->status == 409)
        input.event = ELECTION_CONFLICT;
    input.retry_after = answer->retry_after;
    input.now = clock_monotonic_ns();
    return input;
}

/* --- what is told ----------------------------------------------------------------------------- */

static void publish(struct lease *l)
{
    atomic_store(&l->held_until, l->election.led_until);
    worker_lock(&l->worker);
    memcpy(l->holder, l->election.seen.holder, sizeof(l->holder));
    worker_unlock(&l->worker);
}

static void tell_lead(struct lease *l, int64_t now)
{
    bool held = election_is_led(&l->election, now);

    if (held == l->held)
        return;
    l->held = held;
    LOG(l->kube->log, held ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
        held ? "lease_acquired" : "lease_lost", LOG_VIEW("lease", l->options.name),
        LOG_STR("holder", l->election.seen.holder));
}

/* A failure that goes on is told once. */
static void tell_failure(struct lease *l, enum election_event event,
                         const struct client_answer *answer)
{
    bool forbidden = answer->status == 403;
    char problem[sizeof(l->problem)] = "";

    if (event == ELECTION_FAILED)
        snprintf(problem, sizeof(problem), "%s%s", answer->problem,
                 forbidden ? "; its Role lacks the rule {apiGroups: [\"coordination.k8s.io\"], "
                             "resources: [leases], verbs: [get, create, update]}"
                           : "");
    if (strcmp(problem, l->problem) == 0 || client_is_stopped(l->client))
        return;
    memcpy(l->problem, problem, sizeof(problem));
    if (problem[0])
        LOG(l->kube->log, forbidden ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "lease_fails",
            LOG_VIEW("lease", l->options.name), LOG_STR("error", problem));
}

bool lease_is_held(const struct lease *l, int64_t now)
{
    return now < atomic_load(&l->held_until);
}

int64_t lease_ends(const struct lease *l)
{
    return atomic_load(&l->held_until) +
           (LIMIT_LEASE_DURATION - LIMIT_LEASE_DEADLINE - 1) * INT64_C(1000000000);
}

void lease_holder(struct lease *l, struct buf *out)
{
    worker_lock(&l->worker);
    buf_add_str(out, l->holder);
    worker_unlock(&l->worker);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void *run(void *arg)
{
    struct lease *l = arg;
    struct election_step step = {0, ELECTION_GET};

    while (client_wait(l->client, step.wait)) {
        struct client_answer answer;
        struct election_input input = perform(l, step.act, &answer);

        step = election_step(&l->election, &input);
        publish(l);
        tell_lead(l, input.now);
        tell_failure(l, input.event, &answer);
    }
    return NULL;
}

struct lease *lease_start(const struct kube *kube, const struct lease_options *options)
{
    struct lease *l = mem_alloc(sizeof(*l));

    if (!l)
        return NULL;
    *l = (struct lease){.kube = kube, .options = *options};
    worker_init(&l->worker);
    if (election_init(&l->election, kube->identity) == 0)
        l->client = client_create(kube);
    if (l->client && worker_start(&l->worker, run, l) == 0)
        return l;
    client_free(l->client);
    worker_release(&l->worker);
    mem_free(l);
    return NULL;
}

/* The thread's client is stopped for good, so this is another one's call. */
static void give_up(struct lease *l)
{
    struct client *client = client_create(l->kube);
    struct election_record record;
    struct client_answer answer;
    char stamp[TIMESTAMP_TEXT];

    timestamp_micro(stamp);
    if (client && l->object && election_give_up(l->object, stamp) == 0)
        exchange(l, client, "update", l->object, &answer, &record);
    client_free(client);
}

void lease_stop(struct lease *l)
{
    if (!l)
        return;
    client_stop(l->client);
    worker_join(&l->worker);
    atomic_store(&l->held_until, 0);
    if (election_is_led(&l->election, clock_monotonic_ns()))
        give_up(l);
    client_free(l->client);
    json_decref(l->object);
    worker_release(&l->worker);
    mem_free(l);
}
