#include "rollout/act/probe_worker.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/parse_error.h"
#include "base/sys/secret.h"
#include "base/sys/worker.h"
#include "base/text/pattern.h"
#include "kube/client.h"
#include "kube/kube.h"
#include "kube/kubeconfig/token.h"
#include "kube/limits.h"
#include "policy/guard/guard_probes.h"
#include "policy/limits.h"
#include "rollout/act/http_fetch.h"
#include "rollout/judge/probe_result.h"
#include "rollout/limits.h"

#include <string.h>

enum { ASKER_MEMORY = 256 * 1024 };

/* A request or query with all that it needs: the rules may be gone when it is asked. */
struct question {
    struct question *next;
    struct view uid, namespace_;
    int64_t asked; /* Unix seconds */
    bool prometheus;
    size_t index;
    struct guard_http http;
    struct guard_query query;
    struct view pattern; /* of the body; compiled when it is asked */
    int64_t status[LIMIT_GUARD_STATUS];
    char text[];
};

struct asker {
    struct probe_worker *prober;
    struct http_fetch *fetch;
    struct client *client;
    struct http_fetch_answer answer; /* its body's memory is kept from one to the next */
    struct arena arena;              /* of what is asked */
};

struct probe_worker {
    const struct kube *kube;
    struct probe_worker_options options;
    struct worker worker;
    /* guarded by the worker's lock: */
    struct question *first, *last;
    size_t waiting;
    /* written before the threads begin: */
    unsigned count; /* of askers that run */
    struct asker askers[WORKER_THREADS];
};

/* --- smoke requests --------------------------------------------------------------------------- */

/* Keeps the first part. */
static int take(void *ctx, struct view piece)
{
    struct buf *body = ctx;
    struct view part = view_first(piece, LIMIT_FETCH_BODY - body->n);

    buf_add(body, part);
    return body->failed || part.n < piece.n ? -1 : 0;
}

/* https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/ */
static void ask_proxy(struct asker *a, const struct question *q, struct probe_answer *out)
{
    const struct guard_http *http = &q->http;
    struct view path =
        arena_printf(&a->arena, "/api/v1/namespaces/%.*s/services/%s%.*s:%.*s/proxy%.*s",
                     VIEW_ARGS(q->namespace_), http->https ? "https:" : "",
                     VIEW_ARGS(http->service), VIEW_ARGS(http->port), VIEW_ARGS(http->path));
    struct buf *body = &a->answer.body;
    struct client_answer answer = {0};
    struct client_call call = {
        .verb = "get",
        .resource = "services/proxy",
        .path = path.p,
        .accept = "*/*",
        .seconds = (unsigned)http->timeout,
        .any_status = true,
        .take = take,
        .ctx = body,
    };

    buf_reset(body);
    if (!path.p)
        probe_tell_nothing(out, "out of memory");
    else if (client_do(a->client, &call, &answer) == 0 || body->n == LIMIT_FETCH_BODY)
        probe_judge_http(http, true, answer.status, buf_view(body), out);
    else if (answer.late)
        probe_fail(out, "no %sanswer within %u s", answer.status ? "whole " : "", call.seconds);
    else
        probe_tell_nothing(out, "%s", answer.problem);
}

static void ask_directly(struct asker *a, const struct question *q, struct probe_answer *out)
{
    const struct guard_http *http = &q->http;
    struct http_fetch_request request = {.seconds = (unsigned)http->timeout};
    struct view url;

    if (http->url.p)
        url = arena_copy(&a->arena, http->url);
    else
        url = arena_printf(&a->arena, "http%s://%.*s.%.*s.svc:%.*s%.*s", http->https ? "s" : "",
                           VIEW_ARGS(http->service), VIEW_ARGS(q->namespace_),
                           VIEW_ARGS(http->port), VIEW_ARGS(http->path));
    request.url = url.p;
    if (!url.p)
        probe_tell_nothing(out, "out of memory");
    else if (http_fetch_do(a->fetch, &request, &a->answer) == 0)
        probe_judge_http(http, false, a->answer.status, buf_view(&a->answer.body), out);
    else if (a->answer.asked)
        probe_fail(out, "%s", a->answer.problem);
    else
        probe_tell_nothing(out, "%s", a->answer.problem);
}

/* --- queries ---------------------------------------------------------------------------------- */

static void write_query_url(const struct probe_worker_options *options, struct view query,
                            struct buf *url)
{
    struct view base = view_of(options->prometheus);

    while (view_ends(base, "/"))
        base.n--;
    buf_add(url, base);
    buf_add_str(url, "/api/v1/query");
    client_query(url, "query", query);
    buf_printf(url, "&timeout=%ds", LIMIT_QUERY_TIME);
}

/* The header, or nothing when there is no token. Returns 0, or -1 with the problem. */
static int write_token(const struct probe_worker_options *options, struct buf *header,
                       char *problem, size_t room)
{
    struct buf token;
    int status;

    buf_init(&token, LIMIT_TOKEN);
    status = token_read(NULL, options->prometheus_token_file, &token, problem, room);
    if (status == 0 && token.n > 0)
        buf_printf(header, "Authorization: Bearer %.*s", VIEW_ARGS(buf_view(&token)));
    secret_wipe(&token);
    buf_release(&token);
    return status;
}

static void ask_prometheus(struct asker *a, const struct question *q, struct probe_answer *out)
{
    const struct probe_worker_options *options = &a->prober->options;
    struct buf url, header;
    const char *headers[] = {NULL, NULL};
    struct http_fetch_request request = {
        .ca_file = options->prometheus_ca_file, .headers = headers, .seconds = LIMIT_QUERY_TIME};

    if (!options->prometheus) {
        probe_tell_nothing(out, "no Prometheus is configured (--prometheus)");
        return;
    }
    buf_init(&url, LIMIT_KUBE_URL);
    buf_init(&header, 2 * LIMIT_TOKEN);
    write_query_url(options, q->query.query, &url);
    if (write_token(options, &header, a->answer.problem, sizeof(a->answer.problem)) < 0) {
        probe_tell_nothing(out, "%s", a->answer.problem);
    } else if (url.failed || header.failed) {
        probe_tell_nothing(out, "out of memory, or a query too long");
    } else {
        request.url = url.p;
        headers[0] = header.n > 0 ? header.p : NULL;
        if (http_fetch_do(a->fetch, &request, &a->answer) == 0)
            probe_judge_query(&q->query, a->answer.status, buf_view(&a->answer.body), out);
        else
            probe_tell_nothing(out, "Prometheus cannot be queried: %s", a->answer.problem);
    }
    secret_wipe(&header);
    buf_release(&header);
    buf_release(&url);
}

/* --- the threads ------------------------------------------------------------------------------ */

/* The next question; NULL when it ends. */
static struct question *next(struct probe_worker *p)
{
    struct question *q;

    worker_lock(&p->worker);
    while (!p->first && !p->worker.stopping)
        worker_wait(&p->worker, INT64_MAX);
    q = p->worker.stopping ? NULL : p->first;
    if (q) {
        p->first = q->next;
        p->last = p->first ? p->last : NULL;
        p->waiting--;
    }
    worker_unlock(&p->worker);
    return q;
}

static bool is_stopping(struct probe_worker *p)
{
    bool stopping;

    worker_lock(&p->worker);
    stopping = p->worker.stopping;
    worker_unlock(&p->worker);
    return stopping;
}

static void tell(struct probe_worker *p, const struct question *q, struct probe_answer *answer)
{
    answer->asked = q->asked;
    answer->at = clock_wall();
    p->options.answered(p->options.ctx, q->uid, q->prometheus, q->index, answer);
}

static void ask(struct asker *a, struct question *q, struct probe_answer *answer)
{
    struct parse_error parse_error;

    if (q->pattern.p)
        q->http.body = pattern_compile(q->pattern, &a->arena, &parse_error);
    if (q->pattern.p && !q->http.body)
        probe_tell_nothing(answer, "out of memory");
    else if (q->prometheus)
        ask_prometheus(a, q, answer);
    else if (q->http.direct)
        ask_directly(a, q, answer);
    else
        ask_proxy(a, q, answer);
}

static void *run(void *arg)
{
    struct asker *a = arg;
    struct question *q;

    while ((q = next(a->prober))) {
        struct probe_answer answer = {0};

        arena_init(&a->arena, ASKER_MEMORY);
        ask(a, q, &answer);
        arena_release(&a->arena);
        if (!is_stopping(a->prober))
            tell(a->prober, q, &answer);
        mem_free(q);
    }
    return NULL;
}

static void asker_release(struct asker *a)
{
    http_fetch_free(a->fetch);
    client_free(a->client);
    buf_release(&a->answer.body);
}

static int asker_start(struct asker *a, struct probe_worker *p)
{
    *a = (struct asker){.prober = p};
    buf_init(&a->answer.body, LIMIT_FETCH_BODY);
    a->fetch = http_fetch_create();
    a->client = client_create(p->kube);
    if (a->fetch && a->client && worker_start(&p->worker, run, a) == 0)
        return 0;
    asker_release(a);
    return -1;
}

struct probe_worker *probe_worker_start(const struct kube *kube,
                                        const struct probe_worker_options *options)
{
    struct probe_worker *p = mem_alloc(sizeof(*p));

    if (!p)
        return NULL;
    *p = (struct probe_worker){.kube = kube, .options = *options};
    worker_init(&p->worker);
    while (p->count < options->threads && p->count < WORKER_THREADS &&
           asker_start(&p->askers[p->count], p) == 0)
        p->count++;
    if (p->count == options->threads)
        return p;
    probe_worker_stop(p);
    return NULL;
}

void probe_worker_stop(struct probe_worker *p)
{
    if (!p)
        return;
    worker_stop(&p->worker);
    for (unsigned i = 0; i < p->count; i++) {
        http_fetch_stop(p->askers[i].fetch);
        client_stop(p->askers[i].client);
    }
    worker_release(&p->worker);
    for (unsigned i = 0; i < p->count; i++)
        asker_release(&p->askers[i]);
    while (p->first) {
        struct question *q = p->first;

        p->first = q->next;
        mem_free(q);
    }
    mem_free(p);
}

/* --- questions -------------------------------------------------------------------------------- */

/* Moves what is not absent to `to`; returns what is behind it. */
static char *move(struct view *v, char *to)
{
    if (!v->p)
        return to;
    memcpy(to, v->p, v->n);
    v->p = to;
    return to + v->n;
}

/* A copy that needs nothing else, or NULL when memory runs out. */
static struct question *question_create(const struct question *asked)
{
    struct question own = *asked, *q;
    struct view *views[] = {&own.uid,       &own.namespace_, &own.http.url, &own.http.service,
                            &own.http.port, &own.http.path,  &own.pattern,  &own.query.query};
    const size_t count = sizeof(views) / sizeof(views[0]);
    size_t size = 0;
    char *end;

    if (own.http.body)
        own.pattern = pattern_text(own.http.body);
    for (size_t i = 0; i < count; i++)
        size += views[i]->n;
    q = mem_alloc(sizeof(*q) + size);
    if (!q)
        return NULL;
    end = q->text;
    for (size_t i = 0; i < count; i++)
        end = move(views[i], end);
    *q = own;
    q->http.text = (struct view){NULL, 0}; /* not needed */
    q->http.body = NULL;
    q->http.status = q->status;
    for (size_t i = 0; i < own.http.status_count; i++)
        q->status[i] = own.http.status[i];
    return q;
}

static bool put(struct probe_worker *p, struct question *q)
{
    bool room;

    worker_lock(&p->worker);
    room = p->waiting < LIMIT_PROBES;
    if (room) {
        *(p->first ? &p->last->next : &p->first) = q;
        p->last = q;
        p->waiting++;
        worker_wake(&p->worker);
    }
    worker_unlock(&p->worker);
    return room;
}

static void put_or_tell(struct probe_worker *p, const struct question *asked)
{
    struct question *q = question_create(asked);
    struct probe_answer answer = {0};

    if (q && put(p, q))
        return;
    if (q)
        probe_tell_nothing(&answer, "not asked: %d requests and queries wait already",
                           LIMIT_PROBES);
    else
        probe_tell_nothing(&answer, "not asked: out of memory");
    tell(p, asked, &answer);
    mem_free(q);
}

void probe_worker_ask_http(struct probe_worker *p, struct view uid, struct view namespace_,
                           size_t index, const struct guard_http *http)
{
    put_or_tell(p, &(struct question){.uid = uid,
                                      .namespace_ = namespace_,
                                      .asked = clock_wall(),
                                      .index = index,
                                      .http = *http});
}

void probe_worker_ask_prometheus(struct probe_worker *p, struct view uid, size_t index,
                                 const struct guard_query *query)
{
    put_or_tell(p, &(struct question){.uid = uid,
                                      .asked = clock_wall(),
                                      .prometheus = true,
                                      .index = index,
                                      .query = *query});
}
