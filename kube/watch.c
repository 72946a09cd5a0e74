#include "kube/watch.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "base/sys/worker.h"
#include "kube/backoff.h"
#include "kube/calls.h"
#include "kube/client.h"
#include "kube/event_stream.h"
#include "kube/kube.h"
#include "kube/limits.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

enum { WATCH_SECONDS = 240, WATCH_JITTER = 60, MARGIN = 30 };
enum { PARSED = 16 }; /* times the size of a text: what its tree may take */

/* https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
#define METADATA(kind) "application/json;as=" kind ";g=meta.k8s.io;v=v1"

static const int64_t second = 1000 * 1000 * 1000;

struct watch {
    const struct kube *kube;
    struct watch_options options;
    struct client *client;
    struct worker worker;
    /* guarded by the worker's lock: */
    bool following;
    char problem[1024]; /* empty: none yet */
    /* of the thread: */
    char version[LIMIT_KUBE_VERSION + 1]; /* where to go on; empty: list first */
    unsigned page_objects;
    unsigned failures; /* since the last success */
    int64_t contact;   /* the last word that was understood; clock_monotonic_ns */
    bool gone;         /* the API server has forgotten the version */
    bool heard;        /* something came during this watch */
    bool large;        /* the page was larger than LIMIT_KUBE_PAGE */
    struct event_stream stream;
    struct buf page;
    char refusal[256]; /* why the thread itself ended a call */
};

static bool set_version(struct watch *w, struct view version)
{
    if (version.n == 0 || version.n > LIMIT_KUBE_VERSION)
        return false;
    snprintf(w->version, sizeof(w->version), "%.*s", VIEW_ARGS(version));
    return true;
}

/* Notes why the answer cannot be used. Returns -1. */
static int __attribute__((format(printf, 2, 3))) refuse(struct watch *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(w->refusal, sizeof(w->refusal), format, args);
    va_end(args);
    return -1;
}

/* --- what is told of it ----------------------------------------------------------------------- */

/* Returns true when this is news. */
static bool set_state(struct watch *w, bool following, const char *problem)
{
    bool event;

    worker_lock(&w->worker);
    event = following != w->following || strcmp(problem, w->problem) != 0;
    w->following = following;
    snprintf(w->problem, sizeof(w->problem), "%s", problem);
    worker_unlock(&w->worker);
    return event;
}

bool watch_is_following(struct watch *w, struct buf *why)
{
    bool following;

    worker_lock(&w->worker);
    following = w->following;
    if (!following)
        buf_add_str(why, w->problem[0] ? w->problem : "the first list is underway");
    worker_unlock(&w->worker);
    return following;
}

/* A watch that ended normally and goes on is not logged. */
static void tell_following(struct watch *w)
{
    if (set_state(w, true, ""))
        LOG(w->kube->log, LOG_LEVEL_INFO, "kube_watch_follows",
            LOG_STR("resource", w->options.resource));
}

static void tell_failure(struct watch *w, const struct client_answer *answer, int64_t wait)
{
    char problem[sizeof(w->problem)];
    bool forbidden = answer->status == 403;

    snprintf(problem, sizeof(problem), "%s", answer->problem[0] ? answer->problem : w->refusal);
    if (forbidden)
        snprintf(problem + strlen(problem), sizeof(problem) - strlen(problem),
                 "; its %s lacks the rule {apiGroups: [\"%s\"], resources: [%s], verbs: "
                 "[list, watch]}",
                 strstr(w->options.path, "/namespaces/") ? "Role" : "ClusterRole", w->options.group,
                 w->options.resource);
    if (set_state(w, false, problem))
        LOG(w->kube->log, forbidden ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "kube_watch_fails",
            LOG_STR("resource", w->options.resource), LOG_STR("error", problem),
            LOG_INT("retry_ms", wait));
}

/* The state of an object that is too large is unknown; all others are followed. */
static void skip(struct watch *w, yyjson_val *object)
{
    yyjson_val *metadata = yyjson_obj_get(object, "metadata");

    calls_skip(w->kube->calls);
    LOG(w->kube->log, LOG_LEVEL_ERROR, "kube_object_skipped",
        LOG_STR("resource", w->options.resource),
        LOG_VIEW("namespace", view_first(json_text(metadata, "namespace"), 256)),
        LOG_VIEW("name", view_first(json_text(metadata, "name"), 256)),
        LOG_STR("error", "it is too large to be read"));
    w->options.handler.skip(w->options.ctx, object);
}

/* --- the list --------------------------------------------------------------------------------- */

static int take_page(void *ctx, struct view piece)
{
    struct watch *w = ctx;

    w->large = piece.n > LIMIT_KUBE_PAGE - w->page.n;
    if (w->large)
        return refuse(w, "a page of the list of %s is too large", w->options.resource);
    buf_add(&w->page, piece);
    return w->page.failed ? refuse(w, "out of memory for the list of %s", w->options.resource) : 0;
}

/* The path of a list or a watch, to which more of the query is added. */
static void begin_path(const struct watch *w, struct buf *path)
{
    buf_init(path, LIMIT_KUBE_URL);
    buf_add_str(path, w->options.path);
    if (w->options.selector)
        client_query(path, "labelSelector", view_of(w->options.selector));
    if (w->options.name) {
        /* RBAC's resourceNames requires this form of a list or watch:
         * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources */
        struct buf fields;

        buf_init(&fields, LIMIT_KUBE_URL);
        buf_printf(&fields, "metadata.name=%s", w->options.name);
        client_query(path, "fieldSelector", buf_view(&fields));
        path->failed |= fields.failed; /* without it, the objects of all names are meant */
        buf_release(&fields);
    }
}

static int get_page(struct watch *w, struct view next, struct client_answer *answer)
{
    char number[16];
    struct buf path;
    struct client_call call = {
        .verb = "list",
        .resource = w->options.resource,
        .accept = w->options.whole ? NULL : METADATA("PartialObjectMetadataList"),
        .seconds = LIMIT_KUBE_TIME,
        .take = take_page,
        .ctx = w,
    };
    int status;

    begin_path(w, &path);
    snprintf(number, sizeof(number), "%u", w->page_objects);
    client_query(&path, "limit", view_of(number));
    if (next.n > 0)
        client_query(&path, "continue", next);
    buf_reset(&w->page);
    w->large = false;
    call.path = path.p;
    w->refusal[0] = '\0';
    status = path.failed ? refuse(w, "out of memory") : client_do(w->client, &call, answer);
    buf_release(&path);
    return status;
}

/* Reports each object of the page; with `skipped`, that the only object in it is too large. *next
 * is the token of the next page. */
static int read_objects(struct watch *w, yyjson_val *root, bool skipped, struct buf *next)
{
    yyjson_val *metadata = yyjson_obj_get(root, "metadata"), *item;
    yyjson_arr_iter items;
    int status = 0;

    if (!yyjson_arr_iter_init(yyjson_obj_get(root, "items"), &items) ||
        !set_version(w, json_text(metadata, "resourceVersion")))
        return refuse(w, "the list of %s cannot be read", w->options.resource);
    if (skipped)
        skip(w, yyjson_arr_get_first(yyjson_obj_get(root, "items")));
    while (!skipped && status == 0 && (item = yyjson_arr_iter_next(&items)))
        status = w->options.handler.upsert(w->options.ctx, item);
    if (status < 0)
        return refuse(w, "out of memory for the list of %s", w->options.resource);
    buf_reset(next);
    buf_add(next, json_text(metadata, "continue"));
    if (next->failed)
        return refuse(w, "the list of %s goes on with too long a token", w->options.resource);
    return 0;
}

static int read_page(struct watch *w, struct view text, bool skipped, struct buf *next)
{
    struct arena arena;
    yyjson_alc memory = json_memory(&arena);
    int status;

    arena_init(&arena, PARSED * text.n + 4096);
    status = read_objects(
        w,
        yyjson_doc_get_root(yyjson_read_opts((char *)(uintptr_t)text.p, text.n, 0, &memory, NULL)),
        skipped, next);
    arena_release(&arena);
    return status;
}

/* A page of one object, which is too large. The list's own metadata comes first in it:
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#collections */
static int skip_page(struct watch *w, struct buf *next)
{
    struct buf text;
    int status;

    buf_init(&text, 2 * LIMIT_KUBE_BEGINNING);
    json_add_beginning(view_first(buf_view(&w->page), LIMIT_KUBE_BEGINNING), &text);
    status = read_page(w, buf_view(&text), true, next);
    buf_release(&text);
    return status;
}

/* Reads the page of *next. A page that is too large is requested again with fewer objects; after a
 * small page the number may rise again. */
static int take_objects(struct watch *w, struct buf *next, struct client_answer *answer)
{
    unsigned most = w->options.whole ? LIMIT_KUBE_PAGE_WHOLE : LIMIT_KUBE_PAGE_OBJECTS;
    int status;

    while ((status = get_page(w, buf_view(next), answer)) < 0 && w->large && w->page_objects > 1)
        w->page_objects /= 2;
    if (status < 0)
        return w->large ? skip_page(w, next) : -1;
    if (w->page.n < LIMIT_KUBE_PAGE / 4)
        w->page_objects = w->page_objects < most / 2 ? 2 * w->page_objects : most;
    return read_page(w, buf_view(&w->page), false, next);
}

/* All pages, which are of one version. */
static int list(struct watch *w, struct client_answer *answer)
{
    struct buf next;
    int status;

    buf_init(&next, LIMIT_KUBE_URL / 2);
    buf_init(&w->page, LIMIT_KUBE_PAGE);
    w->options.handler.list_begin(w->options.ctx);
    do {
        status = take_objects(w, &next, answer);
    } while (status == 0 && next.n > 0);
    buf_release(&next);
    buf_release(&w->page);
    if (status < 0) {
        w->version[0] = '\0';
        return -1;
    }
    w->options.handler.list_end(w->options.ctx);
    w->contact = clock_monotonic_ns();
    return 0;
}

/* --- the watch -------------------------------------------------------------------------------- */

static int read_error(struct watch *w, yyjson_val *status)
{
    int code = yyjson_get_int(yyjson_obj_get(status, "code"));

    w->gone = code == 410;
    w->version[0] = '\0';
    return refuse(w, "the watch ended with %d: %.*s", code,
                  VIEW_ARGS(view_first(json_text(status, "message"), 128)));
}

static int take_event(void *ctx, const struct event *event)
{
    struct watch *w = ctx;

    switch (event->type) {
    case EVENT_UPSERT:
        if (event->skipped)
            skip(w, event->object);
        else if (w->options.handler.upsert(w->options.ctx, event->object) < 0) {
            w->version[0] = '\0';
            return refuse(w, "out of memory for an event of %s", w->options.resource);
        }
        break;
    case EVENT_DELETED: w->options.handler.remove(w->options.ctx, event->object); break;
    case EVENT_BOOKMARK: break;
    case EVENT_ERROR: return read_error(w, event->object);
    }
    set_version(w, event->version);
    w->heard = true;
    w->contact = clock_monotonic_ns();
    w->options.handler.heartbeat(w->options.ctx);
    return 0;
}

static int take_piece(void *ctx, struct view piece)
{
    struct watch *w = ctx;
    int status = event_stream_read(&w->stream, piece);

    if (status < 0 && w->stream.problem) {
        w->version[0] = '\0'; /* what else was lost with it? */
        return refuse(w, "%s", w->stream.problem);
    }
    return status;
}

static void begun(void *ctx)
{
    tell_following(ctx);
}

static int get_events(struct watch *w, struct client_answer *answer)
{
    char number[16];
    struct buf path;
    unsigned seconds = WATCH_SECONDS + backoff_draw(WATCH_JITTER);
    struct client_call call = {
        .verb = "watch",
        .resource = w->options.resource,
        .accept = w->options.whole ? NULL : METADATA("PartialObjectMetadata"),
        .seconds = seconds + MARGIN,
        .silence = LIMIT_KUBE_SILENCE,
        .begun = begun,
        .take = take_piece,
        .ctx = w,
    };
    int status;

    begin_path(w, &path);
    client_query(&path, "watch", VIEW("true"));
    client_query(&path, "allowWatchBookmarks", VIEW("true"));
    client_query(&path, "resourceVersion", view_of(w->version));
    snprintf(number, sizeof(number), "%u", seconds);
    client_query(&path, "timeoutSeconds", view_of(number));
    call.path = path.p;
    w->refusal[0] = '\0';
    status = path.failed ? refuse(w, "out of memory") : client_do(w->client, &call, answer);
    buf_release(&path);
    return status;
}

/* Returns 0 when the watch worked, even if its connection broke in the end: it goes on at once. */
static int follow(struct watch *w, struct client_answer *answer)
{
    int64_t began = clock_monotonic_ns();
    int status;

    w->heard = false;
    event_stream_init(&w->stream, take_event, w);
    status = get_events(w, answer);
    event_stream_release(&w->stream);
    if (answer->status == 410)
        w->gone = true;
    if (w->gone)
        w->version[0] = '\0';
    if (w->heard || clock_monotonic_ns() - began > 5 * second)
        w->failures = 0;
    if (status == 0 && clock_monotonic_ns() - began < second && !w->heard)
        return refuse(w, "the watch ended at once");
    /* When nothing changes, an API server sends nothing, not even bookmarks: then the list is
     * requested again. */
    if (status < 0 && answer->status == 200 && answer->late)
        return 0;
    return status;
}

/* --- the thread ------------------------------------------------------------------------------- */

static void fail(struct watch *w, const struct client_answer *answer)
{
    int64_t wait = backoff_wait(w->failures, answer->retry_after);
    bool at_once = w->gone && w->failures == 0;

    w->gone = false;
    w->failures++;
    if (at_once) /* not logged; but what is known is stale until the list is whole */
        set_state(w, false, "it is listed again");
    if (at_once || client_is_stopped(w->client))
        return;
    tell_failure(w, answer, wait);
    client_wait(w->client, wait);
    if (clock_monotonic_ns() - w->contact > LIMIT_KUBE_RESUME * second)
        w->version[0] = '\0';
}

static void *run(void *arg)
{
    struct watch *w = arg;

    while (!client_is_stopped(w->client)) {
        struct client_answer answer = {0};
        int status = w->version[0] ? follow(w, &answer) : list(w, &answer);

        if (status < 0)
            fail(w, &answer);
    }
    return NULL;
}

struct watch *watch_start(const struct kube *kube, const struct watch_options *options)
{
    struct watch *w = mem_alloc(sizeof(*w));

    if (!w)
        return NULL;
    *w = (struct watch){
        .kube = kube,
        .options = *options,
        .page_objects = options->whole ? LIMIT_KUBE_PAGE_WHOLE : LIMIT_KUBE_PAGE_OBJECTS,
    };
    worker_init(&w->worker);
    w->client = client_create(kube);
    if (w->client && worker_start(&w->worker, run, w) == 0)
        return w;
    worker_release(&w->worker);
    client_free(w->client);
    mem_free(w);
    return NULL;
}

void watch_stop(struct watch *w)
{
    if (!w)
        return;
    client_stop(w->client);
    worker_release(&w->worker);
    client_free(w->client);
    mem_free(w);
}
