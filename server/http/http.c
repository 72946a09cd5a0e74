#include "server/http/http.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "base/sys/worker.h"
#include "policy/limits.h"
#include "server/http/callers.h"
#include "server/http/patience.h"
#include "server/limits.h"
#include "server/tls/tls.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A shorter wait is ignored: a tenth of the shortest timeout, which leaves time for the way back.
 */
enum { SHORT_NS = 10 * 1000 * 1000 };

struct http_server {
    struct MHD_Daemon *daemon;
    struct tls *tls;
    struct log *log;
    struct http_handler handler;
    struct body_budget bodies;
    struct callers callers;
    struct patience patience;
    atomic_bool goodbye, closed;
    atomic_llong message_told; /* Unix seconds of the library's last message */
    struct worker drain;       /* woken when the server is idle; it has no thread */
    unsigned underway;         /* requests; guarded by its lock */
};

/* One connection. */
struct link {
    struct tls_material *material;
    struct caller *caller;
    struct patience_link patience;
    int64_t begun; /* monotonic nanoseconds: when the headers of its last request were read */
    bool judged;   /* the caller's certificate was looked at */
    struct buf problem;
};

/* One request on it. */
struct exchange {
    struct http_request request;
    struct http_response response;
    struct body body;
    int64_t begun; /* monotonic nanoseconds: when the headers were read */
    bool refused;  /* response is ready; what still comes of the body is read past */
    bool late;
    bool answered;
};

/* --- connections ---------------------------------------------------------------------------- */

static gnutls_session_t session_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return info ? (gnutls_session_t)info->tls_session : NULL;
}

static struct link *link_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static void set_timeout(struct MHD_Connection *c, unsigned seconds)
{
    MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

static int socket_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info ? info->connect_fd : -1;
}

static void free_link(struct http_server *s, struct link *link)
{
    tls_session_end(link->material);
    callers_leave(&s->callers, link->caller);
    buf_release(&link->problem);
    mem_free(link);
}

/* NULL when memory runs out. */
static struct link *make_link(struct http_server *s, struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct link *link = mem_alloc(sizeof(*link));

    if (!link)
        return NULL;
    *link = (struct link){.caller = info ? callers_enter(&s->callers, info->client_addr) : NULL};
    buf_init(&link->problem, 512);
    if (link->caller)
        link->material = tls_session_begin(s->tls, session_of(c));
    if (link->material)
        return link;
    free_link(s, link);
    return NULL;
}

static void on_connection(void *cls, struct MHD_Connection *c, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = cls;
    struct link *link = *context;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (link) {
            patience_remove(&s->patience, &link->patience); /* its socket is still open */
            free_link(s, link);
        }
        return;
    }
    /* Without a link the handshake finds no certificate and fails. */
    gnutls_session_set_ptr(session_of(c), NULL);
    link = make_link(s, c);
    if (!link)
        return;
    *context = link;
    patience_add(&s->patience, &link->patience, socket_of(c));
    set_timeout(c, LIMIT_FIRST_TIME);
}

/* --- requests ------------------------------------------------------------------------------- */

static struct view header(struct MHD_Connection *c, enum MHD_ValueKind kind, const char *name)
{
    return view_of(MHD_lookup_connection_value(c, kind, name));
}

/* The library has refused what is not a number; what is too large for size_t is too large anyway.
 */
static size_t announced_size(struct MHD_Connection *c)
{
    struct view text = header(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, (size_t)(text.p[i] - '0'), &n))
            return SIZE_MAX;
    return n;
}

static void judge_caller(struct MHD_Connection *c, struct http_request *request)
{
    struct link *link = link_of(c);

    if (!link->judged && tls_judge_caller(link->material, session_of(c), &link->problem) < 0 &&
        link->problem.n == 0)
        buf_add_str(&link->problem, "the client certificate is not accepted");
    link->judged = true;
    request->refused_caller = link->problem.n > 0 || link->problem.failed;
    request->problem = buf_view(&link->problem);
}

/* For how many nanoseconds the last bytes have been in the socket, unread, while this thread served
 * other requests: the caller's time runs meanwhile.
 * https://man7.org/linux/man-pages/man7/tcp.7.html */
static int64_t unread_for(struct MHD_Connection *c)
{
    struct tcp_info tcp = {0};
    socklen_t size = sizeof(tcp);

    if (getsockopt(socket_of(c), IPPROTO_TCP, TCP_INFO, &tcp, &size) < 0)
        return 0;
    return tcp.tcpi_last_data_recv * INT64_C(1000000);
}

/* When a request arrived whose headers were read at `now`. The kernel is not asked where the one
 * before it on this connection was read just now: a caller sends the next one after the answer. */
static int64_t arrival(struct MHD_Connection *c, int64_t now)
{
    struct link *link = link_of(c);
    int64_t before = link->begun;

    link->begun = now;
    return now - before < SHORT_NS ? now : now - unread_for(c);
}

static struct exchange *begin(struct http_server *s, struct MHD_Connection *c, const char *path,
                              const char *method)
{
    struct exchange *x = mem_alloc(sizeof(*x));

    if (!x)
        return NULL;
    *x = (struct exchange){0};
    x->request.method = view_of(method);
    x->request.path = view_of(path);
    x->request.content_type = header(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    x->request.timeout = header(c, MHD_GET_ARGUMENT_KIND, "timeout");
    x->request.verbose = MHD_lookup_connection_value_n(c, MHD_GET_ARGUMENT_KIND, "verbose", 7, NULL,
                                                       NULL) == MHD_YES;
    x->request.announced = announced_size(c);
    x->begun = clock_monotonic_ns();
    x->request.arrived = arrival(c, x->begun);
    buf_init(&x->response.body, LIMIT_ANSWER);
    judge_caller(c, &x->request);
    body_init(&x->body, &s->bodies, &link_of(c)->caller->bodies);
    return x;
}

static void free_exchange(struct exchange *x)
{
    body_release(&x->body);
    buf_release(&x->response.body);
    mem_free(x);
}

static void count_underway(struct http_server *s, int change)
{
    worker_lock(&s->drain);
    s->underway += (unsigned)change;
    if (s->underway == 0)
        worker_wake(&s->drain);
    worker_unlock(&s->drain);
}

static enum MHD_Result send_response(struct http_server *s, struct MHD_Connection *c,
                                     struct exchange *x)
{
    struct buf *body = &x->response.body;
    struct MHD_Response *r =
        MHD_create_response_from_buffer(body->n, body->p, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result done;

    if (!r)
        return MHD_NO;
    x->answered = true;
    s->handler.answered(s->handler.ctx, &x->request, x->response.status);
    if (x->response.content_type)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, x->response.content_type);
    if (x->response.allow)
        MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, x->response.allow);
    if (atomic_load(&s->goodbye))
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
    done = MHD_queue_response(c, x->response.status, r);
    MHD_destroy_response(r);
    return done;
}

/* A caller that waits for permission to send its body (100 Continue), or announces far too much, is
 * answered at once. Any other may be sending, and would lose the answer with the connection. */
static bool answer_at_once(struct MHD_Connection *c, const struct exchange *x)
{
    return x->request.announced > LIMIT_BODY_IGNORED ||
           header(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT).p;
}

static enum MHD_Result on_headers(struct http_server *s, struct MHD_Connection *c,
                                  struct exchange *x)
{
    x->refused = !s->handler.screen(s->handler.ctx, &x->request, &x->response);
    if (x->refused && answer_at_once(c, x))
        return send_response(s, c, x);
    if (!x->refused && body_expect(&x->body, x->request.announced) < 0) {
        http_text(&x->response, 503, "too many requests are underway");
        x->refused = true;
    }
    set_timeout(c, LIMIT_BODY_TIME);
    return MHD_YES;
}

static enum MHD_Result on_bytes(struct exchange *x, const char *bytes, size_t *n)
{
    struct view part = {bytes, *n};

    *n = 0;
    if (clock_monotonic_ns() - x->begun > LIMIT_BODY_TIME * INT64_C(1000000000)) {
        x->late = true;
        return MHD_NO;
    }
    x->body.seen += part.n;
    if (x->body.seen > LIMIT_BODY_IGNORED)
        return MHD_NO;
    if (x->refused)
        return MHD_YES;
    x->refused = true;
    switch (body_add(&x->body, part)) {
    case BODY_TAKEN: x->refused = false; break;
    case BODY_TOO_LARGE:
        http_text(&x->response, 413, "the body is larger than %d bytes", LIMIT_BODY);
        break;
    case BODY_NO_ROOM: http_text(&x->response, 503, "too many requests are underway"); break;
    }
    return MHD_YES;
}

static enum MHD_Result on_end(struct http_server *s, struct MHD_Connection *c, struct exchange *x)
{
    set_timeout(c, LIMIT_IDLE_TIME);
    if (!x->refused) {
        x->request.body = body_finish(&x->body);
        x->request.body_size = x->body.n;
        s->handler.answer(s->handler.ctx, &x->request, &x->response);
        body_release(&x->body);
    }
    return send_response(s, c, x);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *n, void **context)
{
    struct http_server *s = cls;
    struct exchange *x = *context;

    (void)version;
    if (x)
        return *n > 0 ? on_bytes(x, bytes, n) : on_end(s, c, x);
    patience_met(&s->patience, &link_of(c)->patience);
    x = begin(s, c, path, method);
    if (!x)
        return MHD_NO;
    *context = x;
    count_underway(s, 1);
    return on_headers(s, c, x);
}

/* When a body does not arrive, the library only closes the connection, without an answer. The
 * session is still intact here, and this thread serves it. */
static void say_late(struct MHD_Connection *c)
{
    char line[80], answer[256];
    int n = snprintf(line, sizeof(line), "the body did not arrive within %d seconds\n",
                     LIMIT_BODY_TIME);

    n = snprintf(answer, sizeof(answer),
                 "HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\n"
                 "Content-Length: %d\r\nConnection: close\r\n\r\n%s",
                 n, line);
    gnutls_record_send(session_of(c), answer, (size_t)n);
}

static void on_completed(void *cls, struct MHD_Connection *c, void **context,
                         enum MHD_RequestTerminationCode why)
{
    struct http_server *s = cls;
    struct exchange *x = *context;

    if (!x)
        return;
    if (!x->answered && (x->late || why == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED)) {
        say_late(c);
        s->handler.answered(s->handler.ctx, &x->request, 408);
    }
    free_exchange(x);
    *context = NULL;
    count_underway(s, -1);
    patience_again(&s->patience, &link_of(c)->patience);
}

/* --- the server ----------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 0))) static void on_message(void *cls, const char *format,
                                                             va_list args)
{
    struct http_server *s = cls;
    char text[512];

    vsnprintf(text, sizeof(text), format, args);
    LOG(s->log, LOG_LEVEL_WARNING, "http", LOG_VIEW("message", view_trim(view_of(text))));
}

static enum MHD_Result on_accept(void *cls, const struct sockaddr *address, socklen_t size)
{
    struct http_server *s = cls;

    (void)address;
    (void)size;
    return atomic_load(&s->closed) ? MHD_NO : MHD_YES;
}

static struct MHD_Daemon *start_daemon(struct http_server *s, const struct http_options *o)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    const struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_message, s},
        {MHD_OPTION_LISTEN_SOCKET, o->listener, NULL},
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(intptr_t)tls_choose},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(intptr_t)TLS_PRIORITY},
        {MHD_OPTION_TLS_NO_ALPN, 1, NULL}, /* tls.c sets it: the library would add http/1.0 */
        {MHD_OPTION_CONNECTION_LIMIT, LIMIT_CONNECTIONS, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, LIMIT_CALLER_CONNECTIONS, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, LIMIT_CONNECTION_POOL, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, LIMIT_IDLE_TIME, NULL},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, s},
        /* The library warns of a pool of one. */
        {o->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)o->threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };

    return MHD_start_daemon(flags, 0, on_accept, s, on_request, s, MHD_OPTION_ARRAY, options,
                            MHD_OPTION_END);
}

struct http_server *http_start(const struct http_options *options)
{
    struct http_server *s = mem_alloc(sizeof(*s));
    bool patient = false;

    if (s) {
        *s = (struct http_server){
            .tls = options->tls, .log = options->log, .handler = options->handler};
        worker_init(&s->drain);
        callers_init(&s->callers);
        patient = patience_start(&s->patience) == 0;
        s->daemon = patient ? start_daemon(s, options) : NULL;
    }
    if (s && s->daemon)
        return s;
    if (patient)
        patience_stop(&s->patience);
    close(options->listener);
    mem_free(s);
    return NULL;
}

void http_say_goodbye(struct http_server *s)
{
    atomic_store(&s->goodbye, true);
}

static void wait_until_idle(struct http_server *s)
{
    int64_t until = clock_monotonic_ns() + LIMIT_DRAIN_TIME * INT64_C(1000000000);

    worker_lock(&s->drain);
    while (s->underway > 0 && worker_wait(&s->drain, until))
        ;
    worker_unlock(&s->drain);
}

void http_stop(struct http_server *s)
{
    if (!s)
        return;
    http_say_goodbye(s);
    /* Not by MHD_quiesce_daemon: it and the library's threads both take the listener out of epoll,
     * and the one that comes second aborts the process (0.9.75). */
    atomic_store(&s->closed, true);
    wait_until_idle(s);
    MHD_stop_daemon(s->daemon);
    patience_stop(&s->patience);
    callers_release(&s->callers);
    worker_release(&s->drain);
    mem_free(s);
}

void http_text(struct http_response *r, unsigned status, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    r->status = status;
    r->content_type = "text/plain; charset=utf-8";
    buf_reset(&r->body);
    buf_add_str(&r->body, line);
    buf_add_char(&r->body, '\n');
}
