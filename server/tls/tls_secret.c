#include "server/tls/tls_secret.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/json/json_block.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "base/sys/secret.h"
#include "base/sys/worker.h"
#include "base/text/base64.h"
#include "base/time/timefmt.h"
#include "certs/limits.h"
#include "certs/pair.h"
#include "kube/backoff.h"
#include "kube/cache.h"
#include "kube/client.h"
#include "kube/kube.h"
#include "kube/limits.h"
#include "kube/watch.h"
#include "policy/limits.h"
#include "rollout/limits.h"
#include "server/tls/authority_secret.h"
#include "server/tls/ca_bundle.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In milliseconds. Replicas that all see the same are spread; what was written is back by then. */
enum { SPREAD = 400, PAUSE = 500, LONGEST = 60 * 1000 };

struct tls_secret {
    const struct kube *kube;
    struct tls_secret_options options;
    char path[LIMIT_KUBE_PATH]; /* of the collection */
    struct cache *cache;        /* of the Secret alone */
    struct ca_bundle *bundle;
    struct client *client;
    json_t *good;      /* the last one that was ours and of use; of the thread */
    unsigned failures; /* in a row; of the thread */
    struct worker worker;
    /* guarded by the worker's lock: */
    bool event;
    uint64_t version;
    struct buf cert, key; /* as they are there */
    int64_t ca_expiry, next_at;
    enum rotation_act next_act;
    bool is_ours, has_leaf;
    char problem[640]; /* empty: none */
    uint64_t steps[ROTATION_ACTS];
};

/* --- what is told ----------------------------------------------------------------------------- */

/* A problem that goes on is told once. */
static void set_problem(struct tls_secret *t, const char *text, bool forbidden)
{
    char problem[sizeof(t->problem)];
    bool told;

    snprintf(problem, sizeof(problem), "%s%s", text,
             forbidden ? "; RBAC has to allow get, list, watch, create and update of this Secret, "
                         "and get, list, watch and patch of the configurations"
                       : "");
    worker_lock(&t->worker);
    told = strcmp(problem, t->problem) == 0;
    memcpy(t->problem, problem, sizeof(problem));
    worker_unlock(&t->worker);
    if (!told && problem[0])
        LOG(t->kube->log, forbidden ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "certificates_fail",
            LOG_STR("secret", t->options.name), LOG_STR("error", problem));
}

static void tell_step(struct tls_secret *t, enum rotation_act act)
{
    worker_lock(&t->worker);
    t->steps[act]++;
    worker_unlock(&t->worker);
    LOG(t->kube->log, LOG_LEVEL_INFO, "certificates_changed", LOG_STR("step", rotation_name(act)),
        LOG_STR("secret", t->options.name));
}

void tls_secret_write_state(struct tls_secret *t, struct buf *out)
{
    char at[TIMEFMT_ROOM];
    struct buf why;

    buf_init(&why, LIMIT_MESSAGE);
    if (!cache_is_following(t->cache, 0, &why))
        buf_printf(out, "[-] certificates: Secret \"%s\" is not followed: %.*s\n", t->options.name,
                   VIEW_ARGS(buf_view(&why)));
    buf_release(&why);
    worker_lock(&t->worker);
    if (t->problem[0])
        buf_printf(out, "[-] certificates: %s\n", t->problem);
    else if (!t->is_ours)
        buf_printf(out, "[+] certificates: Secret \"%s\" is followed\n", t->options.name);
    else if (t->next_at < INT64_MAX)
        buf_printf(out, "[+] certificates: \"%s\" is due at %s\n", rotation_name(t->next_act),
                   timefmt_rfc3339(t->next_at, NULL, at));
    worker_unlock(&t->worker);
}

void tls_secret_figures(struct tls_secret *t, struct tls_secret_figures *out)
{
    worker_lock(&t->worker);
    memcpy(out->steps, t->steps, sizeof(out->steps));
    out->has_problem = t->problem[0];
    out->next_step = t->is_ours && t->next_at < INT64_MAX ? t->next_at : 0;
    worker_unlock(&t->worker);
}

/* --- what is served --------------------------------------------------------------------------- */

static void copy(struct buf *to, const struct buf *from)
{
    secret_wipe(to);
    buf_add(to, buf_view(from));
}

static bool can_be_served(const struct authority *a)
{
    struct pair pair;
    struct buf why;
    bool good;

    buf_init(&why, LIMIT_MESSAGE);
    pair_init(&pair);
    buf_add(&pair.cert, buf_view(&a->leaf));
    buf_add(&pair.key, buf_view(&a->leaf_key));
    good = pair_judge(&pair, "tls.crt", "tls.key", clock_wall(), &why) == 0;
    pair_release(&pair);
    buf_release(&why);
    return good;
}

/* Offers what the Secret has now; reload judges it. */
static void offer(struct tls_secret *t, const struct authority *a)
{
    bool good = can_be_served(a);

    worker_lock(&t->worker);
    if (!view_eq(buf_view(&t->cert), buf_view(&a->leaf)) ||
        !view_eq(buf_view(&t->key), buf_view(&a->leaf_key))) {
        copy(&t->cert, &a->leaf);
        copy(&t->key, &a->leaf_key);
        t->version++;
    }
    t->has_leaf = good;
    t->ca_expiry = authority_ends(a);
    worker_wake(&t->worker);
    worker_unlock(&t->worker);
}

uint64_t tls_secret_version(struct tls_secret *t)
{
    uint64_t version;

    worker_lock(&t->worker);
    version = t->version;
    worker_unlock(&t->worker);
    return version;
}

int64_t tls_secret_ca_expiry(struct tls_secret *t)
{
    int64_t at;

    worker_lock(&t->worker);
    at = t->ca_expiry;
    worker_unlock(&t->worker);
    return at;
}

int tls_secret_pair(struct tls_secret *t, struct pair *pair, int64_t now, struct buf *why)
{
    char cert[LIMIT_KUBE_PATH], key[LIMIT_KUBE_PATH];

    snprintf(cert, sizeof(cert), "tls.crt of Secret %.*s/%s", VIEW_ARGS(t->options.namespace_),
             t->options.name);
    snprintf(key, sizeof(key), "tls.key of Secret %.*s/%s", VIEW_ARGS(t->options.namespace_),
             t->options.name);
    pair_init(pair);
    worker_lock(&t->worker);
    buf_add(&pair->cert, buf_view(&t->cert));
    buf_add(&pair->key, buf_view(&t->key));
    worker_unlock(&t->worker);
    if (pair_judge(pair, cert, key, now, why) == 0)
        return 0;
    pair_release(pair);
    return -1;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* Returns the Secret as the API server has it; or NULL with the answer, status 404 when it is not
 * there. */
static json_t *get_secret(struct tls_secret *t, struct client_answer *answer)
{
    struct client_call call = {.verb = "get", .resource = "secrets", .seconds = LIMIT_KUBE_ACT};
    char path[LIMIT_KUBE_PATH + 256];
    json_t *secret = NULL;
    yyjson_val *root;
    struct arena arena;

    snprintf(path, sizeof(path), "%s/%s", t->path, t->options.name);
    call.path = path;
    *answer = (struct client_answer){0};
    arena_init(&arena, LIMIT_KUBE_ANSWER);
    root = client_json(t->client, &call, &arena, answer);
    if (root && !(secret = json_of_value(root)))
        snprintf(answer->problem, sizeof(answer->problem), "out of memory");
    arena_release(&arena);
    return secret;
}

static int send_secret(struct tls_secret *t, const char *verb, const json_t *secret,
                       struct client_answer *answer)
{
    char *body = json_dumps(secret, JSON_COMPACT);
    char path[LIMIT_KUBE_PATH + 256];
    struct client_call call = {.verb = verb,
                               .resource = "secrets",
                               .path = path,
                               .body = view_of(body),
                               .seconds = LIMIT_KUBE_ACT};
    int status = -1;

    *answer = (struct client_answer){0};
    if (strcmp(verb, "create") == 0)
        snprintf(path, sizeof(path), "%s", t->path);
    else
        snprintf(path, sizeof(path), "%s/%s", t->path, t->options.name);
    if (body)
        status = client_do(t->client, &call, answer);
    else
        snprintf(answer->problem, sizeof(answer->problem), "out of memory");
    if (body)
        explicit_bzero(body, strlen(body));
    free(body);
    return status;
}

/* --- the bundle ------------------------------------------------------------------------------- */

/* The configurations get the newest bundle, even if the watch has not shown it yet. */
static int read_bundle(void *ctx, struct buf *out)
{
    struct tls_secret *t = ctx;
    struct client_answer answer;
    json_t *secret = get_secret(t, &answer);
    struct authority a;
    int status = -1;

    if (secret && authority_secret_is_ours(secret) && authority_secret_read(secret, &a) == 0) {
        base64_encode(buf_view(&a.bundle), out);
        status = a.bundle.n > 0 && !out->failed ? 0 : -1;
        authority_release(&a);
    }
    json_decref(secret);
    return status;
}

/* Returns 0, or -1 after the problem was told. That somebody else was faster is none. */
static int publish(struct tls_secret *t, struct view bundle)
{
    for (size_t i = 0; i < t->options.configuration_count; i++) {
        struct client_answer answer;

        if (ca_bundle_is_in(t->bundle, i, bundle) ||
            ca_bundle_publish(t->bundle, i, t->client, read_bundle, t, &answer) == 0 ||
            answer.status == 409 || answer.status == 422)
            continue;
        set_problem(t, answer.problem[0] ? answer.problem : "the Secret cannot be read",
                    answer.status == 403);
        return -1;
    }
    return 0;
}

/* --- what is due ------------------------------------------------------------------------------ */

/* The state of the authority, by the clock and by the published bundles. */
static struct rotation_step judge(struct tls_secret *t, const struct authority *a, int64_t now,
                                  bool is_published)
{
    struct rotation rotation;

    authority_look(a, &t->options.wish, now, &rotation, NULL);
    rotation.is_published = is_published;
    return rotation_next(&rotation, now);
}

/* Restores a Secret that somebody broke to what it was before. Returns true when it did. */
static bool restore(struct tls_secret *t, struct authority *a, int64_t now)
{
    struct authority before;

    if (!t->good || judge(t, a, now, false).act != ROTATION_START ||
        authority_secret_read(t->good, &before) < 0)
        return false;
    if (judge(t, &before, now, false).act == ROTATION_START) {
        authority_release(&before);
        return false;
    }
    authority_release(a);
    *a = before;
    return true;
}

static int write_secret(struct tls_secret *t, json_t *secret, bool is_new,
                        const struct authority *a, struct client_answer *answer)
{
    if (authority_secret_write(secret, a) == 0)
        return send_secret(t, is_new ? "create" : "update", secret, answer);
    snprintf(answer->problem, sizeof(answer->problem), "out of memory");
    return -1;
}

/* Takes the step that is due for an authority that was just read, and writes the result. */
static int take_step(struct tls_secret *t, json_t *secret, bool is_new, bool is_published,
                     struct authority *a, struct client_answer *answer)
{
    int64_t now = clock_wall();
    bool is_restored = restore(t, a, now);
    struct rotation_step step = judge(t, a, now, is_published);
    bool is_due = step.at <= now;
    struct buf why;
    int status = 0;

    buf_init(&why, sizeof(answer->problem) - 1);
    if (is_due)
        status = authority_step(a, step.act, &t->options.wish, now, &why);
    if (status < 0)
        snprintf(answer->problem, sizeof(answer->problem), "%.*s", VIEW_ARGS(buf_view(&why)));
    else if (is_due || is_restored)
        status = write_secret(t, secret, is_new, a, answer);
    if (status == 0 && is_restored)
        LOG(t->kube->log, LOG_LEVEL_WARNING, "certificates_restored",
            LOG_STR("secret", t->options.name));
    if (status == 0 && is_due)
        tell_step(t, step.act);
    buf_release(&why);
    return status;
}

static int act_on(struct tls_secret *t, json_t *secret, bool is_new, bool is_published,
                  struct client_answer *answer)
{
    struct authority a;
    int status;

    if (authority_secret_read(secret, &a) < 0) {
        snprintf(answer->problem, sizeof(answer->problem), "out of memory");
        return -1;
    }
    status = take_step(t, secret, is_new, is_published, &a, answer);
    authority_release(&a);
    return status;
}

/* Returns 0, or -1 after the problem was told. That somebody else was faster is none. */
static int act(struct tls_secret *t, bool is_published)
{
    struct client_answer answer;
    json_t *secret = get_secret(t, &answer);
    bool is_new = !secret && answer.status == 404;
    int status = -1;

    if (is_new)
        secret = authority_secret_new(t->options.name);
    if (secret && !authority_secret_is_ours(secret))
        status = 0; /* it became somebody else's */
    else if (secret)
        status = act_on(t, secret, is_new, is_published, &answer);
    if (status < 0 && answer.status == 409)
        status = 0;
    if (status < 0)
        set_problem(t, answer.problem[0] ? answer.problem : "out of memory", answer.status == 403);
    json_decref(secret);
    return status;
}

/* --- the thread ------------------------------------------------------------------------------- */

static int64_t until(int64_t at)
{
    int64_t left = at - clock_wall();

    return left <= 0 ? 1 : left < LONGEST / 1000 ? left * 1000 : LONGEST;
}

static void note_next(struct tls_secret *t, bool is_ours, struct rotation_step step)
{
    worker_lock(&t->worker);
    t->is_ours = is_ours;
    t->next_act = step.act;
    t->next_at = step.at;
    worker_unlock(&t->worker);
}

static void keep_good(struct tls_secret *t, json_t *secret)
{
    json_decref(t->good);
    t->good = json_incref(secret);
}

/* What follows a try: milliseconds to wait. */
static int64_t after(struct tls_secret *t, int status)
{
    if (status < 0)
        return backoff_wait(t->failures++, 0);
    t->failures = 0;
    return PAUSE;
}

/* Does what has to be done now. Returns how many milliseconds to wait for news. */
static int64_t attend(struct tls_secret *t, struct rotation_step step, struct view bundle,
                      bool is_published)
{
    if (step.at > clock_wall() && is_published) {
        set_problem(t, "", false);
        return until(step.at);
    }
    if (!client_wait(t->client, backoff_draw(SPREAD)))
        return PAUSE;
    if (step.at <= clock_wall())
        return after(t, act(t, is_published));
    return after(t, publish(t, bundle));
}

/* Checks a Secret of ours that exists. Returns how many milliseconds to wait for news. */
static int64_t look_after(struct tls_secret *t, json_t *secret, const struct authority *a)
{
    struct rotation_step step;
    struct buf bundle, why;
    bool is_published;
    int64_t wait;

    buf_init(&bundle, 2 * (size_t)LIMIT_PEM);
    buf_init(&why, LIMIT_MESSAGE);
    base64_encode(buf_view(&a->bundle), &bundle);
    is_published = ca_bundle_is_published(t->bundle, buf_view(&bundle), &why);
    step = judge(t, a, clock_wall(), is_published);
    note_next(t, true, step);
    if (step.act != ROTATION_START)
        keep_good(t, secret);
    wait = attend(t, step, buf_view(&bundle), is_published);
    buf_release(&bundle);
    buf_release(&why);
    return wait;
}

static int64_t check_secret(struct tls_secret *t, json_t *secret)
{
    bool is_ours = authority_secret_is_ours(secret) && !t->options.follow;
    int64_t wait = LONGEST;
    struct authority a;

    if (authority_secret_read(secret, &a) < 0) {
        set_problem(t, "out of memory", false);
        return PAUSE;
    }
    offer(t, &a);
    if (is_ours) {
        wait = look_after(t, secret, &a);
    } else {
        note_next(t, false, (struct rotation_step){ROTATION_START, INT64_MAX});
        keep_good(t, NULL);
        set_problem(t, "", false);
    }
    authority_release(&a);
    return wait;
}

/* Returns true when the state of the Secret is known: *secret is then its newest state, the
 * caller's, or NULL when it does not exist. */
static bool newest(struct tls_secret *t, json_t **secret)
{
    struct arena arena;
    struct view block = {NULL, 0};
    enum cache_answer answer;

    arena_init(&arena, 2 * (size_t)LIMIT_KUBE_EVENT);
    answer = cache_find(t->cache, view_of(t->options.name), clock_monotonic_ns(), &arena, &block);
    *secret = answer == CACHE_FOUND ? json_of_value(json_block_open(block)) : NULL;
    if (block.p)
        explicit_bzero((void *)(uintptr_t)block.p, block.n);
    arena_release(&arena);
    return *secret || answer == CACHE_NONE;
}

/* Returns how many milliseconds to wait for news. */
static int64_t check(struct tls_secret *t)
{
    json_t *secret;
    int64_t wait;

    if (!newest(t, &secret)) {
        wait = LONGEST;
    } else if (secret) {
        wait = check_secret(t, secret);
    } else if (t->options.follow) {
        set_problem(t, "the Secret is not there", false);
        wait = LONGEST;
    } else {
        wait = after(t, act(t, false));
    }
    json_decref(secret);
    return wait;
}

static void wake_on_change(void *ctx)
{
    struct tls_secret *t = ctx;

    worker_lock(&t->worker);
    t->event = true;
    worker_wake(&t->worker);
    worker_unlock(&t->worker);
}

static int64_t in_milliseconds(int64_t n)
{
    return clock_monotonic_ns() + n * 1000000;
}

/* Returns false when it is to stop. */
static bool await_news(struct tls_secret *t, int64_t milliseconds)
{
    int64_t at = in_milliseconds(milliseconds);
    bool stopping;

    worker_lock(&t->worker);
    while (!t->worker.stopping && !t->event && worker_wait(&t->worker, at))
        ;
    t->event = false;
    stopping = t->worker.stopping;
    worker_unlock(&t->worker);
    return !stopping;
}

static void *run_secret(void *arg)
{
    struct tls_secret *t = arg;

    while (await_news(t, check(t)))
        ;
    return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

static int start_parts(struct tls_secret *t)
{
    const struct tls_secret_options *o = &t->options;
    struct watch_options watch = {
        .path = t->path, .group = "", .resource = "secrets", .whole = true};
    const struct cache_options cache = {.name = o->name,
                                        .limit = LIMIT_KUBE_EVENT,
                                        .max_age = INT64_MAX,
                                        .extract = cache_extract_object,
                                        .changed = wake_on_change,
                                        .ctx = t};
    struct ca_bundle_options bundle = {.names = o->configurations,
                                       .count = o->configuration_count,
                                       .event = wake_on_change,
                                       .ctx = t};

    t->client = client_create(t->kube);
    t->bundle = t->client ? ca_bundle_start(t->kube, &bundle) : NULL;
    t->cache = t->bundle ? cache_create(&cache) : NULL;
    return t->cache && cache_follow(t->cache, t->kube, &watch) == 0
               ? worker_start(&t->worker, run_secret, t)
               : -1;
}

struct tls_secret *tls_secret_start(const struct kube *kube,
                                    const struct tls_secret_options *options)
{
    struct tls_secret *t = mem_alloc(sizeof(*t));

    if (!t)
        return NULL;
    *t = (struct tls_secret){.kube = kube, .options = *options, .next_at = INT64_MAX};
    snprintf(t->path, sizeof(t->path), "/api/v1/namespaces/%.*s/secrets",
             VIEW_ARGS(options->namespace_));
    buf_init(&t->cert, LIMIT_PEM);
    buf_init(&t->key, LIMIT_PEM);
    worker_init(&t->worker);
    if (start_parts(t) == 0)
        return t;
    tls_secret_stop(t);
    return NULL;
}

void tls_secret_stop(struct tls_secret *t)
{
    if (!t)
        return;
    worker_stop(&t->worker);
    if (t->client)
        client_stop(t->client);
    worker_join(&t->worker);
    cache_free(t->cache);
    ca_bundle_stop(t->bundle);
    client_free(t->client);
    json_decref(t->good);
    buf_release(&t->cert);
    secret_wipe(&t->key);
    buf_release(&t->key);
    worker_release(&t->worker);
    mem_free(t);
}

int tls_secret_await(struct tls_secret *t, unsigned seconds, struct buf *why)
{
    int64_t at = in_milliseconds((int64_t)seconds * 1000);
    bool has_leaf;

    worker_lock(&t->worker);
    while (!t->has_leaf && worker_wait(&t->worker, at))
        ;
    has_leaf = t->has_leaf;
    if (!has_leaf)
        buf_printf(why, "there is no certificate in Secret %.*s/%s%s%s",
                   VIEW_ARGS(t->options.namespace_), t->options.name, t->problem[0] ? ": " : "",
                   t->problem);
    worker_unlock(&t->worker);
    return has_leaf ? 0 : -1;
}
