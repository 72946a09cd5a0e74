#ifndef TG_TESTS_UNIT_ROLLOUT_API_H
#define TG_TESTS_UNIT_ROLLOUT_API_H

#include "base/buf.h"
#include "base/clock.h"
#include "certs/issue.h"
#include "certs/pair.h"
#include "cmocka_all.h"
#include "kube/calls.h"
#include "kube/kube.h"
#include "kube/kubeconfig/config.h"
#include "unit/rollout/loopback.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* An API server on loopback that keeps what it is given: objects by their path, each with a
 * resourceVersion that a write must name if it names any. Watches of it say nothing. */

enum { API_PEERS = 1024, API_HOLD = 1, API_NAMED = 1024 };

struct api {
    gnutls_certificate_credentials_t tls;
    struct pair ca, leaf;
    char server[64];
    struct config config; /* to reach it */
    struct calls calls;
    struct kube kube; /* to reach it as tidegate-0, without a log */
    int fd;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* guarded by lock: */
    json_t *objects; /* by path */
    long version;
    struct buf journal; /* "patch deployments api 200" or "create event 201", a line each, of
                           all but reads, of which logs count */
    struct api_peer {
        struct api *api;
        struct loopback_peer peer;
        pthread_t thread;
    } peers[API_PEERS];
    size_t peer_count;
    /* Asked before each call: 0, and it is answered; API_HOLD, and it never is; or with this
     * status. NULL: never mind. */
    unsigned (*meddle)(void *ctx, const char *verb, const char *path);
    void *ctx;
};

/* --- objects ---------------------------------------------------------------------------------- */

static inline const char *api_last(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* "deployments" of ".../deployments/api". */
static inline struct view api_resource(const char *path)
{
    const char *last = strrchr(path, '/'), *p = last;

    while (p > path && p[-1] != '/')
        p--;
    return (struct view){p, (size_t)(last - p)};
}

static inline const char *api_version(json_t *object)
{
    const char *text =
        json_string_value(json_object_get(json_object_get(object, "metadata"), "resourceVersion"));

    return text ? text : "";
}

/* Under the lock; takes the object. */
static inline void api_store(struct api *a, const char *path, json_t *object)
{
    char version[24];

    snprintf(version, sizeof(version), "%ld", ++a->version);
    json_object_set_new(json_object_get(object, "metadata"), "resourceVersion",
                        json_string(version));
    json_object_set_new(a->objects, path, object);
}

/* Puts an object there, as somebody else does; quotes are single ones in the text. */
static inline void api_put(struct api *a, const char *path, const char *text)
{
    char *copy = strdup(text);
    json_t *object;

    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    object = json_loads(copy, 0, NULL);
    free(copy);
    assert_non_null(object);
    pthread_mutex_lock(&a->lock);
    api_store(a, path, object);
    pthread_mutex_unlock(&a->lock);
}

/* What is there now; NULL: nothing. The caller's. */
static inline json_t *api_get(struct api *a, const char *path)
{
    json_t *object;

    pthread_mutex_lock(&a->lock);
    object = json_deep_copy(json_object_get(a->objects, path));
    pthread_mutex_unlock(&a->lock);
    return object;
}

/* What was written so far, copied; the caller's. */
static inline char *api_journal(struct api *a)
{
    char *text;

    pthread_mutex_lock(&a->lock);
    text = strdup(a->journal.p ? a->journal.p : "");
    buf_reset(&a->journal);
    pthread_mutex_unlock(&a->lock);
    return text;
}

/* NULL: each call is answered. */
static inline void api_meddle(struct api *a,
                              unsigned (*meddle)(void *ctx, const char *verb, const char *path),
                              void *ctx)
{
    pthread_mutex_lock(&a->lock);
    a->meddle = meddle;
    a->ctx = ctx;
    pthread_mutex_unlock(&a->lock);
}

/* Until a line of the journal has that text. */
static inline void api_await(struct api *a, const char *text)
{
    pthread_mutex_lock(&a->lock);
    while (!a->journal.p || !strstr(a->journal.p, text))
        pthread_cond_wait(&a->changed, &a->lock);
    pthread_mutex_unlock(&a->lock);
}

/* --- calls ------------------------------------------------------------------------------------ */

static inline unsigned api_create(struct api *a, const char *path, json_t *body, char *named)
{
    const char *name =
        json_string_value(json_object_get(json_object_get(body, "metadata"), "name"));

    if (snprintf(named, API_NAMED, "%s/%s", path, name ? name : "unnamed") >= API_NAMED)
        return 400;
    if (json_object_get(a->objects, named))
        return 409;
    api_store(a, named, json_incref(body));
    return 201;
}

static inline unsigned api_update(struct api *a, const char *path, json_t *body)
{
    json_t *there = json_object_get(a->objects, path);

    if (!there)
        return 404;
    if (api_version(body)[0] && strcmp(api_version(there), api_version(body)) != 0)
        return 409;
    api_store(a, path, json_incref(body));
    return 200;
}

static inline unsigned api_delete(struct api *a, const char *path, json_t *body)
{
    json_t *there = json_object_get(a->objects, path);
    const char *version = json_string_value(
        json_object_get(json_object_get(body, "preconditions"), "resourceVersion"));

    if (!there)
        return 404;
    if (version && strcmp(version, api_version(there)) != 0)
        return 409;
    json_object_del(a->objects, path);
    return 200;
}

/* Of a JSON patch: that the resourceVersion is tested, and a new template. */
static inline unsigned api_patch(struct api *a, const char *path, json_t *body)
{
    json_t *there = json_object_get(a->objects, path), *operation, *copy;
    size_t i;

    if (!there)
        return 404;
    copy = json_deep_copy(there);
    json_array_foreach(body, i, operation)
    {
        const char *at = json_string_value(json_object_get(operation, "path"));
        json_t *value = json_object_get(operation, "value");

        if (strcmp(at, "/metadata/resourceVersion") == 0 &&
            strcmp(json_string_value(value), api_version(there)) != 0) {
            json_decref(copy);
            return 422;
        }
        if (strcmp(at, "/spec/template") == 0)
            json_object_set(json_object_get(copy, "spec"), "template", value);
    }
    api_store(a, path, copy);
    return 200;
}

static inline json_t *api_list(struct api *a, const char *path)
{
    json_t *items = json_array(), *object;
    const char *key;

    json_object_foreach(a->objects, key, object) if (view_eq_str(api_resource(key), api_last(path)))
        json_array_append(items, object);
    return json_pack("{s:{s:s}, s:o}", "metadata", "resourceVersion", "1", "items", items);
}

static inline const char *api_verb(struct view request, const char *query)
{
    static const char *const verbs[][2] = {
        {"POST ", "create"}, {"PUT ", "update"}, {"PATCH ", "patch"}, {"DELETE ", "delete"}};

    for (size_t i = 0; i < 4; i++)
        if (strncmp(request.p, verbs[i][0], strlen(verbs[i][0])) == 0)
            return verbs[i][1];
    if (strstr(query, "watch=true"))
        return "watch";
    return strstr(query, "limit=") ? "list" : "get";
}

/* Does what is asked, under the lock. Returns the status and the object to show. */
static inline unsigned api_do(struct api *a, const char *verb, const char *path, json_t *body,
                              char *named, json_t **shown)
{
    unsigned status = 404;

    snprintf(named, API_NAMED, "%s", path);
    if (strcmp(api_last(path), "selfsubjectaccessreviews") == 0) {
        *shown = json_pack("{s:{s:b}}", "status", "allowed", 1);
        return 201;
    }
    if (strcmp(verb, "list") == 0) {
        *shown = api_list(a, path);
        return 200;
    }
    if (strcmp(verb, "create") == 0)
        status = api_create(a, path, body, named);
    else if (strcmp(verb, "update") == 0)
        status = api_update(a, path, body);
    else if (strcmp(verb, "delete") == 0)
        status = api_delete(a, path, body);
    else if (strcmp(verb, "patch") == 0)
        status = api_patch(a, path, body);
    else if (json_object_get(a->objects, path))
        status = 200;
    *shown = json_incref(json_object_get(a->objects, named));
    return status;
}

/* The whole answer to one request, or an empty one. Returns false when there will be none. */
static inline bool api_answer(struct api *a, struct view request, struct buf *reply)
{
    char target[512] = "", named[API_NAMED], *query;
    const char *verb, *head = strstr(request.p, "\r\n\r\n");
    json_t *shown = NULL, *body = json_loads(head + 4, 0, NULL);
    unsigned status;
    char *text;

    sscanf(request.p, "%*s %511s", target);
    query = strchr(target, '?');
    if (query)
        *query = '\0';
    verb = api_verb(request, query ? query + 1 : "");
    pthread_mutex_lock(&a->lock);
    status = a->meddle ? a->meddle(a->ctx, verb, target) : 0;
    snprintf(named, sizeof(named), "%s", target);
    if (status == 0 && strcmp(verb, "watch") != 0)
        status = api_do(a, verb, target, body, named, &shown);
    if (status != API_HOLD && strstr(named, "/events"))
        buf_printf(&a->journal, "%s event %u\n", verb, status);
    else if (status != API_HOLD && (strchr("cupd", verb[0]) || strcmp(api_last(named), "log") == 0))
        buf_printf(&a->journal, "%s %.*s %s %u\n", verb, VIEW_ARGS(api_resource(named)),
                   api_last(named), status);
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    text = shown ? json_dumps(shown, JSON_COMPACT) : strdup("{\"kind\":\"Status\"}");
    if (strcmp(verb, "watch") == 0 && status == 0)
        buf_add_str(reply, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    else if (status != API_HOLD)
        buf_printf(reply, "HTTP/1.1 %u Said\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(text),
                   text);
    free(text);
    json_decref(shown);
    json_decref(body);
    return strcmp(verb, "watch") != 0 && status != API_HOLD;
}

/* --- life ------------------------------------------------------------------------------------- */

static inline void *api_serve(void *arg)
{
    struct api_peer *p = arg;
    struct loopback greeter = {.tls = p->api->tls};
    bool greeted = loopback_greet(&greeter, &p->peer), goes_on = greeted;
    char last;

    while (goes_on) {
        struct buf request, reply;

        buf_init(&request, 1 << 24);
        buf_init(&reply, 1 << 24);
        goes_on = loopback_hear(&p->peer, &request);
        if (goes_on && !api_answer(p->api, buf_view(&request), &reply)) {
            loopback_send(&p->peer, reply.p, reply.n);
            while (loopback_receive(&p->peer, &last, 1) > 0)
                ;
            goes_on = false;
        } else if (goes_on) {
            goes_on = loopback_send(&p->peer, reply.p, reply.n);
        }
        buf_release(&request);
        buf_release(&reply);
    }
    gnutls_deinit(p->peer.tls);
    shutdown(p->peer.fd, SHUT_RDWR);
    return NULL;
}

static inline void *api_accept(void *arg)
{
    struct api *a = arg;
    int fd;

    while ((fd = accept(a->fd, NULL, NULL)) >= 0) {
        struct api_peer *p = &a->peers[a->peer_count];

        assert_in_range(a->peer_count, 0, API_PEERS - 1);
        *p = (struct api_peer){.api = a, .peer = {.fd = fd}};
        assert_int_equal(pthread_create(&p->thread, NULL, api_serve, p), 0);
        a->peer_count++;
    }
    return NULL;
}

static inline void api_start(struct api *a)
{
    struct view name = VIEW("localhost");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    struct buf why;

    *a = (struct api){.version = 100, .objects = json_object()};
    buf_init(&why, 256);
    calls_init(&a->calls);
    a->kube = (struct kube){&a->config, &a->calls, NULL, VIEW("tidegate-0")};
    assert_int_equal(issue_ca(&a->ca, "a test CA", clock_wall(), 10 * 86400, &why), 0);
    assert_int_equal(issue_leaf(&a->leaf, &a->ca, &name, 1, clock_wall(), 5 * 86400, &why), 0);
    a->tls = loopback_credentials(&a->leaf);
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, NULL);
    buf_init(&a->journal, 1 << 20);
    a->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(a->fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(a->fd, 64), 0);
    getsockname(a->fd, (struct sockaddr *)&address, &size);
    snprintf(a->server, sizeof(a->server), "https://localhost:%u", ntohs(address.sin_port));
    a->config = (struct config){.server = a->server, .ca.text = buf_view(&a->ca.cert)};
    assert_int_equal(pthread_create(&a->thread, NULL, api_accept, a), 0);
}

/* Who asks it has hung up. */
static inline void api_stop(struct api *a)
{
    shutdown(a->fd, SHUT_RDWR);
    pthread_join(a->thread, NULL);
    close(a->fd);
    for (size_t i = 0; i < a->peer_count; i++) {
        pthread_join(a->peers[i].thread, NULL);
        close(a->peers[i].peer.fd);
    }
    gnutls_certificate_free_credentials(a->tls);
    pair_release(&a->ca);
    pair_release(&a->leaf);
    calls_release(&a->calls);
    json_decref(a->objects);
    buf_release(&a->journal);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->changed);
}

#endif
