#include "slower.h"
#include "worst.h"

#include "base/clock.h"
#include "policy/limits.h"
#include "rollout/limits.h"
#include "server/admit.h"
#include "server/decision_log.h"
#include "server/http/http.h"
#include "server/server_state.h"
#include "unit/policy/rules_fixture.h"

#include <fcntl.h>

enum { MILLISECOND = 1000 * 1000, MOST = 100, MEGABYTE = 1000 * 1000 };

/* Healthy before, so that approval, freeze and order ask for hashes. */
static void rollout(void *ctx, const struct request *request, struct view hash, struct arena *arena,
                    struct cluster_view_rollout *out)
{
    (void)ctx, (void)request, (void)hash, (void)arena;
    *out = (struct cluster_view_rollout){
        .begun = 1, .quarantined = true, .failed_at = 2, .cause = VIEW("c")};
}

/* A server under rules of its own. */
struct door {
    int null;
    struct decision_log *decisions;
    struct server_state server;
};

static void door_open(struct door *d, const char *rules)
{
    d->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    d->decisions = decision_log_create(d->null, 1);
    server_state_init(&d->server, NULL, d->decisions);
    d->server.cluster_view.rollout = rollout;
    assert_int_equal(server_state_use_rules(&d->server, fixture_compile(rules, NULL)), 0);
}

static void door_close(struct door *d)
{
    server_state_release(&d->server);
    decision_log_free(d->decisions);
    close(d->null);
}

/* Milliseconds of processor time that the answer to a review takes. */
static double ask(struct door *d, struct view review, struct buf *answer)
{
    char *body = calloc(1, review.n + BODY_PADDING);
    struct http_request request = {.body = body,
                                   .body_size = review.n,
                                   .timeout = VIEW("30s"),
                                   .arrived = clock_monotonic_ns()};
    struct http_response response = {0};
    int64_t began;

    assert_non_null(body);
    memcpy(body, review.p, review.n);
    buf_init(&response.body, LIMIT_ANSWER);
    began = clock_thread_ns();
    admit(&d->server, &request, &response);
    began = clock_thread_ns() - began;
    assert_int_equal(response.status, 200);
    if (answer)
        buf_add(answer, buf_view(&response.body));
    buf_release(&response.body);
    free(body);
    return (double)began / MILLISECOND;
}

static double ask_worst(struct door *d, const struct worst *w, bool update, size_t bytes,
                        struct buf *answer)
{
    struct buf review;
    double took;

    buf_init(&review, 2 * bytes + 65536);
    worst_review(&review, w, update, bytes);
    assert_false(review.failed);
    took = ask(d, buf_view(&review), answer);
    buf_release(&review);
    return took;
}

/* Says what took too long; the test fails once it has released everything. */
static bool in_time(double took, const char *shape, const char *what)
{
    if (took <= MOST * SLOWER)
        return true;
    print_error("%s takes %.1f ms: %s\n", shape, took, what);
    return false;
}

static bool holds(const char *rules, size_t bytes, const char *what)
{
    bool held = true;
    struct door d;

    door_open(&d, rules);
    for (int update = 0; update < 2; update++)
        for (size_t i = 0; i < WORST_SHAPES; i++)
            held &= in_time(ask_worst(&d, &worst_shapes[i], update, bytes, NULL),
                            worst_shapes[i].name, what);
    door_close(&d);
    return held;
}

/* Each check by itself: a rule that is not reached for want of time proves nothing. */
static void each_check_over_each_shape(void **state)
{
    bool held = true;

    (void)state;
    for (size_t i = 0; i < WORST_RULES; i++) {
        struct buf rules;

        buf_init(&rules, 1 << 16);
        buf_printf(&rules, WORST_RULE_HEAD "%s", worst_rules[i]);
        held &= holds(rules.p, MEGABYTE / 8, worst_rules[i]);
        buf_release(&rules);
    }
    assert_true(held);
}

static void all_at_once(void **state)
{
    struct buf rules;
    bool held;

    (void)state;
    buf_init(&rules, 1 << 20);
    buf_add_str(&rules, WORST_RULE_HEAD);
    for (size_t i = 0; i < WORST_RULES; i++)
        buf_add_str(&rules, worst_rules[i]);
    buf_add_str(&rules, WORST_GUARD);
    held = holds(rules.p, MEGABYTE, "all rules and the guard");
    buf_release(&rules);
    assert_true(held);
}

/* Many rules, guards or findings, each of which is little. */

static const struct worst *shape_named(const char *name)
{
    for (size_t i = 0; i < WORST_SHAPES; i++)
        if (strcmp(worst_shapes[i].name, name) == 0)
            return &worst_shapes[i];
    fail_msg("no shape %s", name);
    return NULL;
}

static void each_rule_has_names_and_labels_to_compare(void **state)
{
    static const struct {
        const char *shape, *head, *each;
    } table[] = {
        {"a long user", WORST_RULE_HEAD,
         "    - {id: r#, match: {users: ['*-#']}, fields: [{path: spec.x, absent: true}]}\n"},
        {"a long user", WORST_RULE_HEAD,
         "    - {id: r#, podSecurity: {controls: [runAsUser]}, exempt: [{users: ['*-#'], "
         "reason: r}]}\n"},
        {"labels", "",
         "---\napiVersion: tidegate.dev/v1alpha1\nkind: RolloutGuard\nmetadata: {name: g#}\n"
         "spec: {match: {kinds: [Deployment], labels: {z: y#}}, deadline: 10m, soak: 5m, "
         "onFailure: {rollback: lastHealthy, quarantine: true}}\n"},
    };
    bool held = true;

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct buf rules;
        struct door d;

        buf_init(&rules, 1 << 20);
        buf_add_str(&rules, table[i].head);
        for (size_t n = 0; n < 600; n++)
            worst_text(&rules, table[i].each, 0, n, 1);
        door_open(&d, rules.p);
        held &= in_time(ask_worst(&d, shape_named(table[i].shape), false, MEGABYTE, NULL),
                        table[i].shape, table[i].each);
        door_close(&d);
        buf_release(&rules);
    }
    assert_true(held);
}

/* The path of each of many findings, and of each cause of the answer, is long. */
static void each_path_is_long(void **state)
{
    static const char *const rules[] = {
        WORST_RULE_HEAD "    - {id: a, fields: [{path: 'container.args[*]', matches: '.+'}]}\n",
        WORST_RULE_HEAD "    - {id: a, fields: [{path: 'container.args[*]', absent: true}]}\n"};
    static const size_t lengths[] = {3000, 16000};
    bool held = true;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct buf review;
        struct door d;

        buf_init(&review, 2 * MEGABYTE);
        buf_add_str(
            &review,
            "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":"
            "{\"uid\":\"u\",\"operation\":\"CREATE\",\"namespace\":\"shop\",\"kind\":{"
            "\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{\"version\":\"v1\",\"resource\":"
            "\"pods\"},\"object\":{\"spec\":{\"containers\":[{\"name\":\"");
        for (size_t n = 0; n < lengths[i % 2]; n++)
            buf_add_str(&review, "\\u0001");
        buf_add_str(&review, "\",\"args\":[\"\"");
        while (review.n < MEGABYTE)
            buf_add_str(&review, ",\"\"");
        buf_add_str(&review, "]}]}}}}");
        door_open(&d, rules[i / 2]);
        held &= in_time(ask(&d, buf_view(&review), NULL), "a long path", rules[i / 2]);
        door_close(&d);
        buf_release(&review);
    }
    assert_true(held);
}

/* What LIMIT_REVIEW_CPU leaves no time for is answered by onError. */
static void beyond_the_limit_onerror_answers(void **state)
{
    static const struct {
        const char *on_error;
        size_t bytes;
        bool allowed, over;
    } table[] = {{"deny", 200, true, false},
                 {"deny", 4000000, false, true},
                 {"warn", 4000000, true, true},
                 {"allow", 4000000, true, false}};

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct buf rules, answer;
        bool allowed, over;
        struct door d;

        buf_init(&rules, 1 << 20);
        buf_add_str(&rules, WORST_RULE_HEAD);
        for (size_t n = 0; n < 200; n++)
            buf_printf(&rules,
                       "    - {id: r%zu, onError: %s, fields: [{path: \"container.name\", matches: "
                       "'(c|d|[0-9])*'}]}\n",
                       n, table[i].on_error);
        door_open(&d, rules.p);
        buf_init(&answer, LIMIT_ANSWER);
        ask_worst(&d, &worst_shapes[1], false, table[i].bytes, &answer);
        allowed = strstr(answer.p, "\"allowed\":true");
        over = strstr(answer.p, "more processor time than is allowed");
        buf_release(&answer);
        buf_release(&rules);
        door_close(&d);
        assert_int_equal(allowed, table[i].allowed);
        assert_int_equal(over, table[i].over);
    }
    assert_in_range(LIMIT_REVIEW_CPU, 1, MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_check_over_each_shape),
        cmocka_unit_test(all_at_once),
        cmocka_unit_test(each_rule_has_names_and_labels_to_compare),
        cmocka_unit_test(each_path_is_long),
        cmocka_unit_test(beyond_the_limit_onerror_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
