#include "rollout/act/probe_worker.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/parse_error.h"
#include "base/text/pattern.h"
#include "certs/issue.h"
#include "certs/pair.h"
#include "cmocka_all.h"
#include "kube/calls.h"
#include "kube/kube.h"
#include "kube/kubeconfig/config.h"
#include "policy/guard/guard_probes.h"
#include "rollout/judge/judge.h"
#include "rollout/limits.h"
#include "unit/rollout/loopback.h"

#include <stdio.h>
#include <string.h>

#define OK                   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define CLOSED(status, body) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body

/* What was answered, and by which thread. */
struct heard {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t count;
    struct probe_answer last;
    char uid[16];
    bool prometheus;
    size_t index;
    pthread_t by;
};

static struct heard heard;
static struct pair ca, leaf;
static struct calls calls;

static void answered(void *ctx, struct view uid, bool prometheus, size_t index,
                     const struct probe_answer *answer)
{
    struct heard *h = ctx;

    pthread_mutex_lock(&h->lock);
    h->count++;
    h->last = *answer;
    snprintf(h->uid, sizeof(h->uid), "%.*s", VIEW_ARGS(uid));
    h->prometheus = prometheus;
    h->index = index;
    h->by = pthread_self();
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

static void await(size_t count)
{
    pthread_mutex_lock(&heard.lock);
    while (heard.count < count)
        pthread_cond_wait(&heard.changed, &heard.lock);
    pthread_mutex_unlock(&heard.lock);
}

static int make_certificates(void **state)
{
    struct view name = VIEW("localhost");
    struct buf why;

    (void)state;
    buf_init(&why, 256);
    pthread_mutex_init(&heard.lock, NULL);
    pthread_cond_init(&heard.changed, NULL);
    calls_init(&calls);
    return issue_ca(&ca, "a test CA", clock_wall(), 10 * 86400, &why) |
           issue_leaf(&leaf, &ca, &name, 1, clock_wall(), 5 * 86400, &why);
}

static int release_certificates(void **state)
{
    (void)state;
    pair_release(&ca);
    pair_release(&leaf);
    calls_release(&calls);
    return 0;
}

/* A prober, its API server and Prometheus, which are one server on loopback. */
struct scene {
    struct loopback l;
    char server[64];
    struct config config;
    struct kube kube;
    struct probe_worker_options options;
    struct probe_worker *prober;
};

static void scene_start(struct scene *s, bool tls, const struct loopback_reply *replies,
                        size_t count)
{
    s->l = (struct loopback){.replies = replies, .count = count};
    if (tls)
        s->l.tls = loopback_credentials(&leaf);
    loopback_start(&s->l);
    snprintf(s->server, sizeof(s->server), "http%s://localhost:%u", tls ? "s" : "", s->l.port);
    s->config = (struct config){.server = tls ? s->server : "https://localhost:1",
                                .ca.text = buf_view(&ca.cert)};
    s->kube = (struct kube){.config = &s->config, .calls = &calls};
    s->options.answered = answered;
    s->options.ctx = &heard;
    if (s->options.threads == 0)
        s->options.threads = 1;
    heard.count = 0;
    s->prober = probe_worker_start(&s->kube, &s->options);
    assert_non_null(s->prober);
}

static void scene_stop(struct scene *s)
{
    probe_worker_stop(s->prober);
    loopback_stop(&s->l);
    if (s->l.tls)
        gnutls_certificate_free_credentials(s->l.tls);
}

static void by_the_proxy(void **state)
{
    const struct guard_http http = {
        .service = VIEW("api"), .port = VIEW("8000"), .path = VIEW("/ready?deep=1"), .timeout = 5};
    static const struct loopback_reply replies[] = {
        {.text = CLOSED("200 OK", "fine")},
        {.text = CLOSED("500 Oh", "{\"message\":\"no\"}")},
        {.text = CLOSED("503 Service Unavailable",
                        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":503,\"message\":\"no "
                        "endpoints available for service \\\"api\\\"\"}")},
        {.text = CLOSED("200 OK", ""), .filler = LIMIT_FETCH_BODY + 1},
        {.hold = true},
    };
    static const struct {
        const char *message;
        bool ok, no_data;
    } expected[] = {
        {"200 OK", true, false},
        {"500 Internal Server Error", false, false},
        {"the API server says: no endpoints available for service \"api\"", false, false},
        {"200 OK", true, false},
        {"no answer within 1 s", false, false},
    };
    struct scene s = {0};

    (void)state;
    scene_start(&s, true, replies, 5);
    for (size_t i = 0; i < 5; i++) {
        struct guard_http asked = http;

        asked.https = i == 1;
        asked.timeout = i == 4 ? 1 : 5;
        probe_worker_ask_http(s.prober, VIEW("u-1"), VIEW("shop"), i, &asked);
        await(i + 1);
        assert_string_equal(heard.last.message, expected[i].message);
        assert_int_equal(heard.last.ok, expected[i].ok);
        assert_int_equal(heard.last.no_data, expected[i].no_data);
        assert_true(heard.last.at > 0);
        assert_string_equal(heard.uid, "u-1");
        assert_int_equal(heard.index, i);
        assert_false(heard.prometheus);
    }
    scene_stop(&s);
}

static void the_proxy_is_asked_for(void **state)
{
    const struct guard_http http = {
        .service = VIEW("api"), .port = VIEW("web"), .path = VIEW("/a?b=c"), .timeout = 5};
    static const struct loopback_reply reply = {.text = CLOSED("200 OK", "")};
    struct guard_http tls = http;
    struct scene s = {0};

    (void)state;
    tls.https = true;
    scene_start(&s, true, &reply, 1);
    probe_worker_ask_http(s.prober, VIEW("u"), VIEW("shop"), 0, &http);
    probe_worker_ask_http(s.prober, VIEW("u"), VIEW("shop"), 1, &tls);
    await(2);
    loopback_await(&s.l, 2);
    assert_non_null(
        strstr(s.l.heard.p, "GET /api/v1/namespaces/shop/services/api:web/proxy/a?b=c HTTP/1.1"));
    assert_non_null(strstr(
        s.l.heard.p, "GET /api/v1/namespaces/shop/services/https:api:web/proxy/a?b=c HTTP/1.1"));
    scene_stop(&s);
}

/* That nobody can ask says nothing about the application. */
static void no_api_server(void **state)
{
    const struct guard_http http = {
        .service = VIEW("api"), .port = VIEW("web"), .path = VIEW("/"), .timeout = 5};
    static const struct loopback_reply reply = {.text = OK};
    struct scene s = {0};

    (void)state;
    scene_start(&s, false, &reply, 1);
    probe_worker_ask_http(s.prober, VIEW("u"), VIEW("shop"), 0, &http);
    await(1);
    assert_true(heard.last.no_data);
    assert_string_equal(heard.last.message,
                        "https://localhost:1 cannot be asked: Couldn't connect to server");
    scene_stop(&s);
}

static void directly(void **state)
{
    static const struct loopback_reply replies[] = {
        {.text = OK},
        {.text = CLOSED("200 OK", "starting")},
        {.text = CLOSED("200 OK", "ok"), .filler = LIMIT_FETCH_BODY},
        {.hold = true},
    };
    static const struct {
        const char *pattern, *message;
    } cases[] = {
        {"^ok$", "200 OK"},
        {"^ok$", "200 OK, but its body does not match ^ok$"},
        {"okx{9}x*+", "200 OK"},
        {NULL, "no answer within 1 s"},
    };
    struct scene s = {0};
    char url[80];

    (void)state;
    scene_start(&s, false, replies, 4);
    snprintf(url, sizeof(url), "%s/ready", s.server);
    for (size_t i = 0; i < 4; i++) {
        struct guard_http http = {.direct = true, .timeout = i == 3 ? 1 : 5};
        struct arena rules;
        struct parse_error parse_error;

        arena_init(&rules, 1 << 16);
        http.url = arena_copy(&rules, view_of(url));
        if (cases[i].pattern)
            http.body = pattern_compile(view_of(cases[i].pattern), &rules, &parse_error);
        probe_worker_ask_http(s.prober, VIEW("u"), VIEW("shop"), i, &http);
        arena_release(&rules); /* and the rules are gone */
        await(i + 1);
        assert_string_equal(heard.last.message, cases[i].message);
        assert_false(heard.last.no_data);
    }
    loopback_await(&s.l, 4);
    assert_true(view_starts(buf_view(&s.l.heard), "GET /ready HTTP/1.1\r\n"));
    scene_stop(&s);
}

static void nobody_is_there(void **state)
{
    static const struct loopback_reply reply = {.text = OK};
    const struct {
        struct guard_http http;
        const char *message;
        bool no_data;
    } cases[] = {
        {{.direct = true, .timeout = 5, .url = VIEW("http://127.0.0.1:1/")},
         "connection refused",
         false},
        {{.direct = true,
          .timeout = 5,
          .service = VIEW("a234567890b234567890c234567890d234567890e234567890f234567890g234"),
          .port = VIEW("80"),
          .path = VIEW("/")},
         "could not resolve host: "
         "a234567890b234567890c234567890d234567890e234567890f234567890g234.shop.svc",
         true},
    };
    struct scene s = {0};

    (void)state;
    scene_start(&s, false, &reply, 1);
    for (size_t i = 0; i < 2; i++) {
        probe_worker_ask_http(s.prober, VIEW("u"), VIEW("shop"), i, &cases[i].http);
        await(i + 1);
        assert_string_equal(heard.last.message, cases[i].message);
        assert_false(heard.last.ok);
        assert_int_equal(heard.last.no_data, cases[i].no_data);
    }
    scene_stop(&s);
}

/* --- Prometheus ------------------------------------------------------------------------------- */

static void write_token(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void prometheus(void **state)
{
    const struct guard_query query = {
        .query = VIEW("sum(rate(x{code=~\"5..\"}[1m])) / 2"), .has_max = true, .max = 0.05};
    static const struct loopback_reply reply = {
        .text = CLOSED("200 OK", "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\","
                                 "\"result\":[{\"metric\":{},\"value\":[1,\"0.31\"]}]}}")};
    char token[] = "/tmp/test-prober-XXXXXX", url[80], line[256];
    struct scene s = {.options.prometheus = url, .options.prometheus_token_file = token};
    int fd = mkstemp(token);

    (void)state;
    close(fd);
    write_token(token, "t0ken\n");
    scene_start(&s, false, &reply, 1);
    snprintf(url, sizeof(url), "%s/prom/", s.server);
    probe_worker_ask_prometheus(s.prober, VIEW("u"), 3, &query);
    await(1);
    assert_string_equal(heard.last.message, "0.31 > 0.05");
    assert_true(heard.prometheus && heard.index == 3);
    snprintf(line, sizeof(line),
             "GET /prom/api/v1/query?query="
             "sum%%28rate%%28x%%7Bcode%%3D~%%225..%%22%%7D%%5B1m%%5D%%29%%29%%20%%2F%%202"
             "&timeout=%ds HTTP/1.1\r\n",
             LIMIT_QUERY_TIME);
    loopback_await(&s.l, 1);
    assert_true(view_starts(buf_view(&s.l.heard), line));
    assert_non_null(strstr(s.l.heard.p, "\r\nAuthorization: Bearer t0ken\r\n"));
    write_token(token, "an0ther");
    probe_worker_ask_prometheus(s.prober, VIEW("u"), 3, &query);
    await(2);
    loopback_await(&s.l, 2);
    assert_non_null(strstr(s.l.heard.p, "\r\nAuthorization: Bearer an0ther\r\n"));
    unlink(token);
    probe_worker_ask_prometheus(s.prober, VIEW("u"), 3, &query);
    await(3);
    snprintf(line, sizeof(line), "the token file \"%s\" cannot be read: No such file or directory",
             token);
    assert_string_equal(heard.last.message, line);
    assert_true(heard.last.no_data);
    scene_stop(&s);
}

static void no_prometheus(void **state)
{
    const struct guard_query query = {.query = VIEW("up"), .has_max = true, .max = 0.05};
    static const struct loopback_reply reply = {.text = OK};
    static const char *const urls[] = {NULL, "http://127.0.0.1:1"};
    static const char *const message[] = {"no Prometheus is configured (--prometheus)",
                                          "Prometheus cannot be queried: connection refused"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene s = {.options.prometheus = urls[i]};

        scene_start(&s, false, &reply, 1);
        probe_worker_ask_prometheus(s.prober, VIEW("u"), 0, &query);
        await(1);
        assert_string_equal(heard.last.message, message[i]);
        assert_true(heard.last.no_data);
        scene_stop(&s);
    }
}

/* --- the queue -------------------------------------------------------------------------------- */

/* One is underway, and holds the only thread; LIMIT_PROBES wait; the next is answered at once. */
static void the_queue_has_a_limit(void **state)
{
    static const struct loopback_reply reply = {.hold = true};
    struct guard_http http = {.direct = true, .timeout = 60};
    struct scene s = {0};

    (void)state;
    scene_start(&s, false, &reply, 1);
    http.url = view_of(s.server);
    probe_worker_ask_http(s.prober, VIEW("u"), VIEW("shop"), 0, &http);
    loopback_await(&s.l, 1);
    for (int i = 0; i < LIMIT_PROBES; i++)
        probe_worker_ask_http(s.prober, VIEW("u"), VIEW("shop"), 0, &http);
    assert_int_equal(heard.count, 0);
    probe_worker_ask_http(s.prober, VIEW("u-2"), VIEW("shop"), 7, &http);
    assert_int_equal(heard.count, 1);
    assert_true(pthread_equal(heard.by, pthread_self()));
    assert_string_equal(heard.last.message, "not asked: 4096 requests and queries wait already");
    assert_true(heard.last.no_data);
    assert_string_equal(heard.uid, "u-2");
    assert_int_equal(heard.index, 7);
    scene_stop(&s);
    assert_int_equal(heard.count, 1); /* what waited has no answer */
}

/* A slow one holds up none of the others. */
static void several_threads(void **state)
{
    static const struct loopback_reply slow = {.hold = true}, fast = {.text = OK};
    struct loopback other = {.replies = &slow, .count = 1};
    struct guard_http http = {.direct = true, .timeout = 60};
    struct scene s = {.options.threads = 4};
    char url[64];

    (void)state;
    loopback_start(&other);
    snprintf(url, sizeof(url), "http://localhost:%u/", other.port);
    scene_start(&s, false, &fast, 1);
    http.url = view_of(url);
    probe_worker_ask_http(s.prober, VIEW("u"), VIEW("shop"), 0, &http);
    loopback_await(&other, 1);
    http.url = view_of(s.server);
    for (int i = 0; i < 100; i++)
        probe_worker_ask_http(s.prober, VIEW("u"), VIEW("shop"), 0, &http);
    await(100);
    scene_stop(&s);
    assert_int_equal(heard.count, 100);
    loopback_stop(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_proxy),    cmocka_unit_test(the_proxy_is_asked_for),
        cmocka_unit_test(no_api_server),   cmocka_unit_test(directly),
        cmocka_unit_test(nobody_is_there), cmocka_unit_test(prometheus),
        cmocka_unit_test(no_prometheus),   cmocka_unit_test(the_queue_has_a_limit),
        cmocka_unit_test(several_threads),
    };

    return cmocka_run_group_tests(tests, make_certificates, release_certificates);
}
