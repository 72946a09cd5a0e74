#include "server/routes.h"

#include "base/diag.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "server/admit.h"
#include "server/decision_log.h"
#include "server/limits.h"
#include "server/server_state.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Its container may run as root, which the rules of the admission tests deny. */
static const char review[] =
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{"
    "\"uid\":\"u-1\",\"operation\":\"CREATE\",\"name\":\"web\",\"namespace\":\"shop\","
    "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},"
    "\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"},"
    "\"userInfo\":{\"username\":\"alice\"},\"dryRun\":false,\"oldObject\":null,"
    "\"object\":{\"metadata\":{\"name\":\"web\"},"
    "\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"nginx\"}]}}}}";

struct stage {
    int null;
    struct decision_log *decisions;
    struct server_state server;
    struct http_handler handler;
    struct http_response response;
    bool body_wanted;
};

static struct policy_set *load_rules(void)
{
    const struct policy_sources from = {
        .paths = (const char *const[]){"tests/system/admission/rules", NULL}};
    struct policy_set *set = NULL;
    struct diags diags;

    diags_init(&diags, NULL);
    assert_int_equal(policy_set_load(&from, &diags, &set), 0);
    return set;
}

static int setup(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));

    s->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    s->decisions = decision_log_create(s->null, 1);
    server_state_init(&s->server, NULL, s->decisions);
    assert_int_equal(server_state_use_rules(&s->server, load_rules()), 0);
    server_state_set_serving(&s->server);
    s->handler = routes_handler(&s->server);
    buf_init(&s->response.body, LIMIT_ANSWER);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;

    server_state_release(&s->server);
    decision_log_free(s->decisions);
    buf_release(&s->response.body);
    close(s->null);
    free(s);
    return 0;
}

/* One request as the server hands it over: the headers first, then all of it. */
static unsigned ask(struct stage *s, struct http_request request, const char *body)
{
    size_t n = body ? strlen(body) : 0;
    char *copy = calloc(1, n + BODY_PADDING);

    memcpy(copy, body ? body : "", n);
    buf_reset(&s->response.body);
    s->response.status = 0;
    s->response.allow = NULL;
    s->body_wanted = s->handler.screen(s->handler.ctx, &request, &s->response);
    if (s->body_wanted) {
        request.body = copy;
        request.body_size = n;
        s->handler.answer(s->handler.ctx, &request, &s->response);
    }
    free(copy);
    return s->response.status;
}

static struct http_request post(void)
{
    return (struct http_request){.method = VIEW("POST"),
                                 .path = VIEW("/validate"),
                                 .content_type = VIEW("application/json"),
                                 .timeout = VIEW("10s"),
                                 .arrived = INT64_MAX / 2};
}

static struct http_request get(const char *path)
{
    return (struct http_request){.method = VIEW("GET"), .path = view_of(path)};
}

static void a_review_is_answered_with_its_verdict(void **state)
{
    struct stage *s = *state;
    json_t *answer, *response;

    assert_int_equal(ask(s, post(), review), 200);
    assert_string_equal(s->response.content_type, "application/json");
    answer = json_loadb(s->response.body.p, s->response.body.n, 0, NULL);
    response = json_object_get(answer, "response");
    assert_string_equal(json_string_value(json_object_get(response, "uid")), "u-1");
    assert_true(json_is_false(json_object_get(response, "allowed")));
    json_decref(answer);
    assert_int_equal(s->server.counters.reviews[false][COUNTED_CREATE][false], 1);
}

static void headers_are_judged_before_the_body(void **state)
{
    struct stage *s = *state;
    struct http_request r;

    r = post();
    r.content_type = (struct view){NULL, 0};
    assert_int_equal(ask(s, r, review), 415);
    assert_false(s->body_wanted);
    r = post();
    r.announced = LIMIT_BODY;
    assert_int_equal(ask(s, r, review), 200);
    r.announced = LIMIT_BODY + 1;
    assert_int_equal(ask(s, r, review), 413);
    assert_false(s->body_wanted);
    r = post();
    r.refused_caller = true;
    r.problem = VIEW("no certificate");
    assert_int_equal(ask(s, r, review), 403);
    assert_string_equal(s->response.body.p, "no certificate\n");
}

static void methods_and_paths_are_told_apart(void **state)
{
    struct stage *s = *state;

    assert_int_equal(ask(s, get("/livez"), NULL), 200);
    assert_int_equal(ask(s, get("/nowhere"), NULL), 404);
    assert_int_equal(ask(s, get("/validate"), NULL), 405);
    assert_string_equal(s->response.allow, "POST");
    assert_string_equal(s->response.body.p, "/validate takes POST\n");
}

static void readiness_follows_rules_port_and_end(void **state)
{
    struct stage *s = *state;
    struct server_state fresh;

    assert_int_equal(ask(s, get("/readyz"), NULL), 200);
    server_state_note_rules(&s->server, VIEW("a.yaml:1:1: error\n"));
    assert_int_equal(ask(s, get("/readyz"), NULL), 200);
    assert_string_equal(s->response.body.p, "ready\n");
    server_state_set_stopping(&s->server);
    assert_int_equal(ask(s, get("/readyz"), NULL), 503);
    assert_string_equal(s->response.body.p, "not ready: stopping\n");

    server_state_init(&fresh, NULL, s->decisions);
    s->handler = routes_handler(&fresh);
    assert_int_equal(ask(s, get("/readyz"), NULL), 503);
    assert_string_equal(s->response.body.p, "not ready: no rules are loaded\n");
    assert_int_equal(ask(s, post(), review), 503);
    server_state_use_rules(&fresh, load_rules());
    assert_int_equal(ask(s, get("/readyz"), NULL), 503);
    assert_string_equal(s->response.body.p, "not ready: starting\n");
    server_state_release(&fresh);
}

static void the_detail_of_readiness_names_each_part(void **state)
{
    struct stage *s = *state;
    struct http_request r = get("/readyz");

    r.verbose = true;
    server_state_note_rules(&s->server, VIEW("a.yaml:1:1: error\n"));
    assert_int_equal(ask(s, r, NULL), 200);
    assert_string_equal(s->response.body.p,
                        "[+] rules: the newest files are not in force:\na.yaml:1:1: error\n"
                        "[+] certificate\n[+] serving\nready\n");
    server_state_note_rules(&s->server, VIEW(""));
    assert_int_equal(ask(s, r, NULL), 200);
    assert_string_equal(s->response.body.p, "[+] rules\n[+] certificate\n[+] serving\nready\n");
}

static void timeouts_leave_a_margin(void **state)
{
    static const struct {
        const char *text;
        int64_t milliseconds; /* -1: refused */
    } cases[] = {
        {"10s", 9000},   {"7s", 6300},   {"30s", 27000}, {"500ms", -1}, {"1m", -1},
        {"31s", -1},     {"0s", -1},     {"", -1},       {"s", -1},     {"7", -1},
        {"7 s", -1},     {"1s1s", 1800}, {"-1s", -1},    {"1h", -1},    {"99999999999999s", -1},
        {"1s500ms", -1},
    };
    int64_t allowed;

    (void)state;
    for (int64_t seconds = LIMIT_REVIEW_TIME - 1; seconds <= LIMIT_REVIEW_TIME + 1; seconds++) {
        char text[16];

        snprintf(text, sizeof(text), "%ds", (int)seconds);
        assert_int_equal(admit_time(view_of(text), &allowed), seconds > LIMIT_REVIEW_TIME ? -1 : 0);
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int status = admit_time(view_of(cases[i].text), &allowed);

        assert_int_equal(status, cases[i].milliseconds < 0 ? -1 : 0);
        if (status == 0)
            assert_int_equal(allowed, cases[i].milliseconds * 1000000);
    }
    assert_int_equal(admit_time((struct view){NULL, 0}, &allowed), 0);
    assert_int_equal(allowed, INT64_C(9000000000));
}

/* Fails each allocation of one review in turn; returns how many of the answers were verdicts. */
static size_t fail_each(struct stage *s, const char *body)
{
    size_t answered = 0, made;

    mem_fail_nth(0);
    assert_int_equal(ask(s, post(), body), 200);
    made = mem_fail_nth(0);
    for (size_t n = 1; n <= made; n++) {
        mem_fail_nth(n);
        ask(s, post(), body);
        mem_fail_nth(0);
        assert_true(s->response.status >= 200);
        assert_false(s->response.status == 200 &&
                     (s->response.body.failed || strstr(s->response.body.p, "\"allowed\":true")));
        answered += s->response.status == 200;
    }
    return answered;
}

/* Memory may run out anywhere: what is denied is never admitted, and nothing is lost or leaked.
 * Blanks behind the review move the points at which its arena grows. */
static void each_failed_allocation_is_survived(void **state)
{
    enum { MOST = 24 * 1024, STEP = 128 };
    struct stage *s = *state;
    size_t length = sizeof(review) - 1;
    char *body = calloc(1, length + MOST + 1);

    memcpy(body, review, length);
    for (size_t blanks = 0; blanks < MOST; blanks += STEP) {
        memset(body + length, ' ', blanks);
        assert_true(fail_each(s, body) > 0);
    }
    free(body);
    assert_int_equal(ask(s, post(), review), 200);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_review_is_answered_with_its_verdict),   CASE(headers_are_judged_before_the_body),
        CASE(methods_and_paths_are_told_apart),        CASE(readiness_follows_rules_port_and_end),
        CASE(the_detail_of_readiness_names_each_part), CASE(timeouts_leave_a_margin),
        CASE(each_failed_allocation_is_survived),
    };

    json_set_alloc_funcs(mem_alloc, mem_free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
