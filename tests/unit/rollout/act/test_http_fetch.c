#include "rollout/act/http_fetch.h"

#include "base/clock.h"
#include "certs/issue.h"
#include "certs/pair.h"
#include "cmocka_all.h"
#include "kube/limits.h"
#include "rollout/limits.h"
#include "unit/rollout/loopback.h"

#include <stdio.h>
#include <string.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

struct call {
    struct http_fetch *fetch;
    struct http_fetch_request request;
    struct http_fetch_answer answer;
    char url[128];
    int status;
};

static void call_init(struct call *call, const struct loopback *l, const char *path)
{
    *call = (struct call){.fetch = http_fetch_create(), .request.seconds = 20};
    buf_init(&call->answer.body, LIMIT_FETCH_BODY);
    snprintf(call->url, sizeof(call->url), "http%s://localhost:%u%s", l->tls ? "s" : "", l->port,
             path);
    call->request.url = call->url;
    assert_non_null(call->fetch);
}

static void call_release(struct call *call)
{
    http_fetch_free(call->fetch);
    buf_release(&call->answer.body);
}

static void *do_call(void *arg)
{
    struct call *call = arg;

    call->status = http_fetch_do(call->fetch, &call->request, &call->answer);
    return NULL;
}

static void answers(void **state)
{
    static const struct {
        const char *name, *reply;
        unsigned status;
        const char *body, *problem;
        int64_t retry_after;
    } cases[] = {
        {"ok", OK, 200, "ok", "", 0},
        {"an error", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\ndown", 503,
         "down", "", 0},
        {"nothing", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", "", 0},
        {"a redirect is an answer",
         "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302,
         "", "", 0},
        {"asked to wait",
         "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 429, "",
         "", 7000},
        {"asked to wait for a day",
         "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n", 429,
         "", "", LIMIT_KUBE_RETRY_AFTER * 1000},
        {"ends with the connection", "HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end",
         "", 0},
        {"no answer", "", 0, "", "the connection was closed without an answer", 0},
        {"half of one", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 0, "half",
         "the connection was closed within the answer", 0},
        {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", 0, "", "what answers does not speak HTTP", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct loopback_reply reply = {.text = cases[i].reply};
        struct loopback l = {.replies = &reply, .count = 1};
        struct call call;

        print_message("%s\n", cases[i].name);
        loopback_start(&l);
        call_init(&call, &l, "/");
        do_call(&call);
        assert_string_equal(call.answer.problem, cases[i].problem);
        assert_int_equal(call.status, cases[i].status ? 0 : -1);
        assert_int_equal(call.answer.status, cases[i].status);
        assert_int_equal(call.answer.retry_after, cases[i].retry_after);
        assert_true(view_eq_str(buf_view(&call.answer.body), cases[i].body));
        call_release(&call);
        loopback_stop(&l);
    }
}

static void requests(void **state)
{
    static const char *const headers[] = {"Content-Type: application/json", "X-One: 1", NULL};
    struct loopback_reply reply = {.text = OK};
    struct loopback l = {.replies = &reply, .count = 1};
    struct call call;
    char expected[512];

    (void)state;
    loopback_start(&l);
    call_init(&call, &l, "/ready?x=1");
    do_call(&call);
    call.request.headers = headers;
    call.request.body = VIEW("{}");
    do_call(&call);
    snprintf(expected, sizeof(expected),
             "GET /ready?x=1 HTTP/1.1\r\nHost: localhost:%u\r\nUser-Agent: tidegate/%s\r\n"
             "Accept: */*\r\n\r\n"
             "POST /ready?x=1 HTTP/1.1\r\nHost: localhost:%u\r\nUser-Agent: tidegate/%s\r\n"
             "Accept: */*\r\nContent-Type: application/json\r\nX-One: 1\r\n"
             "Content-Length: 2\r\n\r\n{}",
             l.port, TIDEGATE_VERSION, l.port, TIDEGATE_VERSION);
    loopback_await(&l, 2);
    assert_string_equal(l.heard.p, expected);
    call_release(&call);
    loopback_stop(&l);
}

static void a_body_has_a_limit(void **state)
{
    static const struct {
        size_t sent, kept;
    } cases[] = {{LIMIT_FETCH_BODY - 1, LIMIT_FETCH_BODY - 1},
                 {LIMIT_FETCH_BODY, LIMIT_FETCH_BODY},
                 {LIMIT_FETCH_BODY + 1, LIMIT_FETCH_BODY},
                 {16 * LIMIT_FETCH_BODY, LIMIT_FETCH_BODY}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct loopback_reply reply = {"HTTP/1.1 200 OK\r\n\r\n", cases[i].sent, false};
        struct loopback l = {.replies = &reply, .count = 1};
        struct call call;

        loopback_start(&l);
        call_init(&call, &l, "/");
        do_call(&call);
        assert_string_equal(call.answer.problem, "");
        assert_int_equal(call.status, 0);
        assert_int_equal(call.answer.body.n, cases[i].kept);
        call_release(&call);
        loopback_stop(&l);
    }
}

/* No name server is asked for a label that is longer than 63. */
#define LONG "a234567890b234567890c234567890d234567890e234567890f234567890g234.test"

/* Also what is said of a problem never has the path, which may be a secret. */
static void nobody_answers(void **state)
{
    static const struct {
        const char *url, *problem;
    } cases[] = {
        {"http://127.0.0.1:1/s3cret", "connection refused"},
        {"https://127.0.0.1:1/s3cret", "connection refused"},
        {"http://" LONG "/s3cret", "could not resolve host: " LONG},
        {"ftp://127.0.0.1:1/s3cret", "its address is not a URL of http or https"},
        {"file:///etc/s3cret", "its address is not a URL of http or https"},
        {"http://127.0.0.1:99999/s3cret", "its address is not a URL of http or https"},
        {"http://a b/s3cret", "its address is not a URL of http or https"},
        {"", "its address is not a URL of http or https"},
    };
    struct loopback l = {0};
    struct call call;

    (void)state;
    call_init(&call, &l, "/");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        call.request.url = cases[i].url;
        do_call(&call);
        assert_int_equal(call.status, -1);
        assert_string_equal(call.answer.problem, cases[i].problem);
    }
    call_release(&call);
}

static void it_takes_too_long(void **state)
{
    static const struct {
        struct loopback_reply reply;
        const char *problem;
    } cases[] = {
        {{.hold = true}, "no answer within 1 s"},
        {{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", .hold = true},
         "no whole answer within 1 s"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct loopback l = {.replies = &cases[i].reply, .count = 1};
        struct call call;

        loopback_start(&l);
        call_init(&call, &l, "/s3cret");
        call.request.seconds = 1;
        do_call(&call);
        assert_int_equal(call.status, -1);
        assert_string_equal(call.answer.problem, cases[i].problem);
        call_release(&call);
        loopback_stop(&l);
    }
}

static void it_is_stopped(void **state)
{
    struct loopback_reply reply = {.hold = true};
    struct loopback l = {.replies = &reply, .count = 1};
    struct call call;
    pthread_t thread;

    (void)state;
    loopback_start(&l);
    call_init(&call, &l, "/");
    call.request.seconds = 0;
    assert_int_equal(pthread_create(&thread, NULL, do_call, &call), 0);
    loopback_await(&l, 1);
    http_fetch_stop(call.fetch);
    pthread_join(thread, NULL);
    assert_int_equal(call.status, -1);
    assert_string_equal(call.answer.problem, "stopped");
    do_call(&call);
    assert_string_equal(call.answer.problem, "stopped");
    assert_false(http_fetch_wait(call.fetch, 3600 * 1000));
    call_release(&call);
    loopback_stop(&l);
}

/* --- TLS -------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/test-fetch-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void write_file(const char *path, struct view text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fwrite(text.p, 1, text.n, f);
    fclose(f);
}

static void servers_are_verified(void **state)
{
    static const struct {
        const char *name, *ca, *subject, *problem;
    } cases[] = {
        {"as it should be", "good", "localhost", ""},
        {"the system's CAs do not know it", NULL, "localhost",
         "its certificate is not accepted: SSL certificate problem: unable to get local issuer "
         "certificate"},
        {"another CA", "other", "localhost",
         "its certificate is not accepted: SSL certificate problem: unable to get local issuer "
         "certificate"},
        {"of somebody else", "good", "elsewhere",
         "its certificate is not accepted: SSL: no alternative certificate subject name matches "
         "target host name 'localhost'"},
        {"no CA", "none", "localhost", "the file of CAs \"./fetch-none.pem\" cannot be used"},
    };
    int64_t now = clock_wall();
    struct loopback_reply reply = {.text = OK};
    struct pair ca, other;
    struct buf why;

    (void)state;
    buf_init(&why, 256);
    assert_int_equal(issue_ca(&ca, "a test CA", now, 10 * 86400, &why), 0);
    assert_int_equal(issue_ca(&other, "another test CA", now, 10 * 86400, &why), 0);
    write_file("fetch-good.pem", buf_view(&ca.cert));
    write_file("fetch-other.pem", buf_view(&other.cert));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct loopback l = {.replies = &reply, .count = 1};
        struct view name = view_of(cases[i].subject);
        struct pair leaf;
        struct call call;
        char file[64];

        print_message("%s\n", cases[i].name);
        assert_int_equal(issue_leaf(&leaf, &ca, &name, 1, now, 5 * 86400, &why), 0);
        l.tls = loopback_credentials(&leaf);
        loopback_start(&l);
        call_init(&call, &l, "/s3cret");
        snprintf(file, sizeof(file), "./fetch-%s.pem", cases[i].ca ? cases[i].ca : "");
        call.request.ca_file = cases[i].ca ? file : NULL;
        do_call(&call);
        assert_string_equal(call.answer.problem, cases[i].problem);
        assert_int_equal(call.status, cases[i].problem[0] ? -1 : 0);
        call_release(&call);
        loopback_stop(&l);
        gnutls_certificate_free_credentials(l.tls);
        pair_release(&leaf);
    }
    unlink("fetch-good.pem");
    unlink("fetch-other.pem");
    pair_release(&ca);
    pair_release(&other);
    buf_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(requests),
        cmocka_unit_test(a_body_has_a_limit),
        cmocka_unit_test(nobody_answers),
        cmocka_unit_test(it_takes_too_long),
        cmocka_unit_test(it_is_stopped),
        cmocka_unit_test(servers_are_verified),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
