#include "server/tls/ca_bundle.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/json/json_block.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "certs/limits.h"
#include "kube/cache.h"
#include "kube/client.h"
#include "kube/kube.h"
#include "kube/limits.h"
#include "kube/watch.h"
#include "policy/limits.h"
#include "rollout/limits.h"
#include "server/limits.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define RESOURCE "validatingwebhookconfigurations"
#define PATH     "/apis/admissionregistration.k8s.io/v1/" RESOURCE

struct ca_bundle {
    const struct kube *kube;
    struct ca_bundle_options options;
    struct cache *caches[LIMIT_WEBHOOK_CONFIGURATIONS];
    atomic_bool narrowed[LIMIT_WEBHOOK_CONFIGURATIONS]; /* and that was told */
};

struct ca_bundle *ca_bundle_start(const struct kube *kube, const struct ca_bundle_options *options)
{
    struct ca_bundle *b = mem_alloc(sizeof(*b));
    struct watch_options watch = {
        .path = PATH, .group = "admissionregistration.k8s.io", .resource = RESOURCE, .whole = true};
    struct cache_options cache = {.limit = LIMIT_KUBE_EVENT,
                                  .max_age = INT64_MAX,
                                  .extract = cache_extract_object,
                                  .changed = options->event,
                                  .ctx = options->ctx};

    if (!b)
        return NULL;
    *b = (struct ca_bundle){.kube = kube, .options = *options};
    for (size_t i = 0; i < options->count; i++) {
        cache.name = options->names[i];
        b->caches[i] = cache_create(&cache);
        if (!b->caches[i] || cache_follow(b->caches[i], kube, &watch) < 0) {
            ca_bundle_stop(b);
            return NULL;
        }
    }
    return b;
}

void ca_bundle_stop(struct ca_bundle *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->options.count; i++)
        cache_free(b->caches[i]);
    mem_free(b);
}

/* --- what is there ---------------------------------------------------------------------------- */

static bool all_have(yyjson_val *configuration, struct view bundle)
{
    yyjson_val *webhooks = yyjson_obj_get(configuration, "webhooks"), *webhook;
    yyjson_arr_iter each = yyjson_arr_iter_with(webhooks);

    while ((webhook = yyjson_arr_iter_next(&each)))
        if (!view_eq(json_text(yyjson_obj_get(webhook, "clientConfig"), "caBundle"), bundle))
            return false;
    return true;
}

static bool has_object_selector(yyjson_val *configuration)
{
    yyjson_val *webhooks = yyjson_obj_get(configuration, "webhooks"), *webhook;
    yyjson_arr_iter each = yyjson_arr_iter_with(webhooks);

    while ((webhook = yyjson_arr_iter_next(&each)))
        if (yyjson_obj_size(yyjson_obj_get(webhook, "objectSelector")) > 0)
            return true;
    return false;
}

/* Whoever writes an object chooses its labels, and so whether it is judged. Told once as long as it
 * is so. */
static void tell_narrowed(struct ca_bundle *b, size_t i, yyjson_val *configuration)
{
    bool narrowed = has_object_selector(configuration);

    if (!atomic_exchange(&b->narrowed[i], narrowed) && narrowed)
        LOG(b->kube->log, LOG_LEVEL_WARNING, "webhook_has_object_selector",
            LOG_STR("configuration", b->options.names[i]),
            LOG_STR("meaning", "who writes an object chooses by its labels whether it is judged"));
}

static bool is_in(struct ca_bundle *b, size_t i, struct view bundle, struct buf *why)
{
    const char *name = b->options.names[i];
    struct arena arena;
    struct view block;
    enum cache_answer answer;
    yyjson_val *configuration;
    bool good;

    arena_init(&arena, 2 * (size_t)LIMIT_KUBE_EVENT);
    answer = cache_find(b->caches[i], view_of(name), clock_monotonic_ns(), &arena, &block);
    configuration = answer == CACHE_FOUND ? json_block_open(block) : NULL;
    if (configuration)
        tell_narrowed(b, i, configuration);
    good = configuration && all_have(configuration, bundle);
    arena_release(&arena);
    if (answer == CACHE_UNKNOWN)
        buf_printf(why, RESOURCE " \"%s\" is not known yet", name);
    else if (answer == CACHE_NONE)
        buf_printf(why, "there is no " RESOURCE " \"%s\"", name);
    else if (!good)
        buf_printf(why, RESOURCE " \"%s\" has another caBundle", name);
    return good;
}

bool ca_bundle_is_in(struct ca_bundle *b, size_t i, struct view bundle)
{
    struct buf unheard;
    bool good;

    buf_init(&unheard, LIMIT_MESSAGE);
    good = is_in(b, i, bundle, &unheard);
    buf_release(&unheard);
    return good;
}

bool ca_bundle_is_published(struct ca_bundle *b, struct view bundle, struct buf *why)
{
    for (size_t i = 0; i < b->options.count; i++)
        if (!is_in(b, i, bundle, why))
            return false;
    return true;
}

/* --- what is written -------------------------------------------------------------------------- */

static json_t *operation(const char *op, const char *path, struct view value)
{
    return json_pack("{s:s, s:s, s:s%}", "op", op, "path", path, "value", value.p, value.n);
}

/* A patch that applies only to the state that was read. NULL when memory runs out. */
static json_t *make_patch(yyjson_val *configuration, struct view bundle)
{
    yyjson_val *metadata = yyjson_obj_get(configuration, "metadata");
    yyjson_val *webhooks = yyjson_obj_get(configuration, "webhooks");
    struct view version = json_text(metadata, "resourceVersion");
    json_t *patch = json_pack("[o]", operation("test", "/metadata/resourceVersion", version));

    for (size_t i = 0; i < yyjson_arr_size(webhooks); i++) {
        yyjson_val *client = yyjson_obj_get(yyjson_arr_get(webhooks, i), "clientConfig");
        char path[64];

        if (view_eq(json_text(client, "caBundle"), bundle))
            continue;
        snprintf(path, sizeof(path), "/webhooks/%zu/clientConfig/caBundle", i);
        if (json_array_append_new(patch, operation("add", path, bundle)) < 0) {
            json_decref(patch);
            return NULL;
        }
    }
    return patch;
}

static yyjson_val *get(struct client *client, const char *path, struct arena *arena,
                       struct client_answer *answer)
{
    struct client_call call = {
        .verb = "get", .resource = RESOURCE, .path = path, .seconds = LIMIT_KUBE_ACT};

    return client_json(client, &call, arena, answer);
}

static int send_patch(struct ca_bundle *b, size_t i, struct client *client, const char *path,
                      const json_t *patch, struct client_answer *answer)
{
    char *body = json_dumps(patch, JSON_COMPACT);
    struct client_call call = {.verb = "patch",
                               .resource = RESOURCE,
                               .path = path,
                               .type = CLIENT_JSON_PATCH,
                               .body = view_of(body),
                               .seconds = LIMIT_KUBE_ACT};
    int status = body ? client_do(client, &call, answer) : -1;

    if (status == 0)
        LOG(b->kube->log, LOG_LEVEL_INFO, "ca_bundle_published",
            LOG_STR("configuration", b->options.names[i]));
    else if (!body)
        snprintf(answer->problem, sizeof(answer->problem), "out of memory");
    free(body);
    return status;
}

int ca_bundle_publish(struct ca_bundle *b, size_t i, struct client *client,
                      int (*read)(void *ctx, struct buf *bundle), void *ctx,
                      struct client_answer *answer)
{
    yyjson_val *configuration;
    json_t *patch = NULL;
    struct arena arena;
    struct buf bundle;
    char path[LIMIT_KUBE_PATH];
    int status = -1;

    *answer = (struct client_answer){0};
    arena_init(&arena, LIMIT_KUBE_ANSWER);
    buf_init(&bundle, 2 * (size_t)LIMIT_PEM);
    snprintf(path, sizeof(path), PATH "/%s", b->options.names[i]);
    configuration = get(client, path, &arena, answer);
    if (!configuration || read(ctx, &bundle) < 0)
        goto out;
    patch = make_patch(configuration, buf_view(&bundle));
    if (!patch)
        snprintf(answer->problem, sizeof(answer->problem), "out of memory");
    else if (json_array_size(patch) == 1) /* somebody else was first */
        status = 0;
    else
        status = send_patch(b, i, client, path, patch, answer);
out:
    json_decref(patch);
    buf_release(&bundle);
    arena_release(&arena);
    return status;
}
