#include "unit/policy/rules_fixture.h"

#include "base/text/pattern.h"
#include "policy/guard/guard.h"
#include "policy/limits.h"

#include <inttypes.h>

#define HEAD                                                                                       \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Environment\nmetadata: {name: production}\n"         \
    "spec: {namespaces: [shop]}\n---\n"                                                            \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Environment\nmetadata: {name: labelled}\n"           \
    "spec: {namespaceLabels: {stage: production}}\n---\n"
#define GUARD(name, spec)                                                                          \
    "apiVersion: tidegate.dev/v1alpha1\nkind: RolloutGuard\nmetadata: {name: " name                \
    "}\nspec: {" spec "}\n---\n"
#define TIMES "deadline: 10m, soak: 5m"
#define BACK  "onFailure: {rollback: lastHealthy}"

static const struct rollout_guard *only_guard(const struct fixture *f)
{
    assert_int_equal(f->set->guard_count, 1);
    return &f->set->guards[0];
}

static void assert_view(struct view found, const char *expected)
{
    if (!view_eq_str(found, expected))
        fail_msg("found \"%.*s\", expected \"%s\"", VIEW_ARGS(found), expected);
}

/* --- what a document becomes ------------------------------------------------------------------ */

static void test_defaults(void **state)
{
    const struct rollout_guard *g;
    struct fixture f;

    (void)state;
    fixture_open(&f, GUARD("a", TIMES ", " BACK));
    g = only_guard(&f);
    assert_view(g->name, "a");
    assert_int_equal(g->deadline, 600);
    assert_int_equal(g->soak, 300);
    assert_false(g->audit);
    assert_int_equal(g->act, GUARD_ROLLBACK);
    assert_true(g->quarantine);
    assert_int_equal(g->release.text.n, 0);
    assert_int_equal(g->brake.in_namespace, 5);
    assert_int_equal(g->brake.in_all, 10);
    assert_int_equal(g->brake.within, 3600);
    assert_int_equal(g->on_error, ON_ERROR_DENY);
    assert_int_equal(g->notify_count, 0);
    assert_int_equal(g->fail.http_count + g->fail.prometheus_count, 0);
    fixture_close(&f);
}

/* Without `fail` all that pods tell counts, and of readiness only that it flaps. */
static void test_all_signals(void **state)
{
    const struct guard_signals *s;
    struct fixture f;

    (void)state;
    fixture_open(&f, GUARD("a", TIMES ", " BACK));
    s = &only_guard(&f)->fail;
    assert_true(s->crash_loop.on && s->crash_loop.restarts == 3);
    assert_true(s->oom_killed.on && s->oom_killed.times == 2);
    assert_true(s->image_pull.on && s->image_pull.lasting == 30);
    assert_true(s->waiting.on && s->waiting.lasting == 60);
    assert_int_equal(s->waiting.reason_count, 6);
    assert_view(s->waiting.reasons[0], "CreateContainerConfigError");
    assert_true(s->unschedulable.on && s->unschedulable.lasting == 120);
    assert_true(s->replica_failure.on && s->replica_failure.lasting == 30);
    assert_true(s->readiness.within == 0 && s->readiness.flaps == 5);
    fixture_close(&f);
}

static void test_named_signals(void **state)
{
    const struct guard_signals *s;
    struct fixture f;

    (void)state;
    fixture_open(&f, GUARD("a", TIMES ", " BACK
                                      ", fail: {crashLoop: {}, waiting: {for: 0s, reasons: [A, B]},"
                                      " readiness: {within: 2m}}"));
    s = &only_guard(&f)->fail;
    assert_true(s->crash_loop.on && s->crash_loop.restarts == 3);
    assert_false(s->oom_killed.on || s->image_pull.on || s->unschedulable.on ||
                 s->replica_failure.on);
    assert_true(s->waiting.on && s->waiting.lasting == 0 && s->waiting.reason_count == 2);
    assert_view(s->waiting.reasons[1], "B");
    assert_true(s->readiness.within == 120 && s->readiness.flaps == 0);
    fixture_close(&f);
}

static void test_http(void **state)
{
    const struct guard_http *h;
    struct fixture f;

    (void)state;
    fixture_open(&f,
                 GUARD("a", TIMES
                       ", " BACK ", fail: {http: [{service: api, port: 8000},"
                       "{service: api, port: web, path: /ready?x=1, scheme: https, delay: 0s, "
                       "period: 1m, timeout: 2s, failures: 1, status: [200, 204], body: 'ok.*'},"
                       "{service: api, port: 80, via: direct}, {url: 'https://example.com/up'}]}"));
    assert_int_equal(only_guard(&f)->fail.http_count, 4);
    h = only_guard(&f)->fail.http;
    assert_view(h[0].text, "api:8000/");
    assert_view(h[0].path, "/");
    assert_true(!h[0].url.p && !h[0].https && !h[0].direct && !h[0].body);
    assert_true(h[0].delay == 30 && h[0].period == 10 && h[0].timeout == 5 && h[0].failures == 3);
    assert_int_equal(h[0].status_count, 0);
    assert_view(h[1].text, "api:web/ready?x=1");
    assert_view(h[1].port, "web");
    assert_true(h[1].https && !h[1].direct);
    assert_true(h[1].delay == 0 && h[1].period == 60 && h[1].timeout == 2 && h[1].failures == 1);
    assert_true(h[1].status_count == 2 && h[1].status[1] == 204);
    assert_int_equal(pattern_match(h[1].body, VIEW("okay"), NULL), PATTERN_MATCH);
    assert_true(h[2].direct && !h[2].url.p);
    assert_view(h[3].url, "https://example.com/up");
    assert_true(h[3].direct && h[3].https && !h[3].service.p);
    fixture_close(&f);
}

static void test_prometheus(void **state)
{
    const struct guard_query *p;
    struct fixture f;

    (void)state;
    fixture_open(&f, GUARD("a", TIMES ", " BACK ", fail: {prometheus: [{query: up, min: 1},"
                                      "{query: 'rate(x[1m])', min: -1.5, max: 0.05, failures: 5, "
                                      "period: 1m, delay: 10s}]}"));
    assert_int_equal(only_guard(&f)->fail.prometheus_count, 2);
    p = only_guard(&f)->fail.prometheus;
    assert_view(p[0].query, "up");
    assert_true(p[0].has_min && p[0].min == 1 && !p[0].has_max);
    assert_true(p[0].failures == 3 && p[0].period == 30 && p[0].delay == 0);
    assert_true(p[1].has_min && p[1].min == -1.5 && p[1].has_max && p[1].max == 0.05);
    assert_true(p[1].failures == 5 && p[1].period == 60 && p[1].delay == 10);
    fixture_close(&f);
}

static void test_acts(void **state)
{
    static const struct {
        const char *spec;
        enum guard_act act;
        bool quarantine, audit;
        enum on_error on_error;
    } cases[] = {
        {GUARD("a", TIMES ", onFailure: pause"), GUARD_PAUSE, false, false, ON_ERROR_DENY},
        {GUARD("a", TIMES ", onFailure: notify, onError: warn"), GUARD_NOTIFY, false, false,
         ON_ERROR_WARN},
        {GUARD("a", TIMES ", mode: audit, " BACK ", onError: allow"), GUARD_ROLLBACK, true, true,
         ON_ERROR_ALLOW},
        {GUARD("a", TIMES ", mode: enforce, onFailure: {rollback: lastHealthy, quarantine: false}"),
         GUARD_ROLLBACK, false, false, ON_ERROR_DENY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct rollout_guard *g;
        struct fixture f;

        fixture_open(&f, cases[i].spec);
        g = only_guard(&f);
        assert_int_equal(g->act, cases[i].act);
        assert_int_equal(g->quarantine, cases[i].quarantine);
        assert_int_equal(g->audit, cases[i].audit);
        assert_int_equal(g->on_error, cases[i].on_error);
        fixture_close(&f);
    }
}

static void test_release_brake_notify(void **state)
{
    const struct rollout_guard *g;
    struct fixture f;

    (void)state;
    fixture_open(&f,
                 GUARD("a", TIMES ", onFailure: {rollback: lastHealthy, "
                                  "release: {groups: [leads], users: [alice]}, "
                                  "brake: {namespace: 3, within: 30m}}, notify: [slack, ops-2]"));
    g = only_guard(&f);
    assert_view(g->release.text, "a member of leads or alice");
    assert_true(subjects_may_include(&g->release, VIEW("bob")));
    assert_true(g->brake.in_namespace == 3 && g->brake.in_all == 10 && g->brake.within == 1800);
    assert_int_equal(g->notify_count, 2);
    assert_view(g->notify[1], "ops-2");
    fixture_close(&f);
}

/* --- limits ----------------------------------------------------------------------------------- */

enum shape { SECONDS, NUMBER, LIST, LENGTH };

/* The key's value is put where the % is. */
static const struct {
    const char *name, *spec;
    enum shape shape;
    int64_t limit;
    const char *element; /* of a list; # is its number */
} limits[] = {
    {"deadline", "deadline: %, soak: 0s, " BACK, SECONDS, LIMIT_GUARD_TIME, NULL},
    {"soak", "deadline: 1s, soak: %, " BACK, SECONDS, LIMIT_GUARD_SOAK, NULL},
    {"for", TIMES ", " BACK ", fail: {unschedulable: {for: %}}", SECONDS, LIMIT_GUARD_TIME, NULL},
    {"within", TIMES ", " BACK ", fail: {readiness: {within: %}}", SECONDS, LIMIT_GUARD_TIME, NULL},
    {"delay", TIMES ", " BACK ", fail: {http: [{service: a, port: 1, delay: %}]}", SECONDS,
     LIMIT_GUARD_TIME, NULL},
    {"period", TIMES ", " BACK ", fail: {http: [{service: a, port: 1, period: %}]}", SECONDS,
     LIMIT_GUARD_PERIOD, NULL},
    {"query's period", TIMES ", " BACK ", fail: {prometheus: [{query: a, max: 1, period: %}]}",
     SECONDS, LIMIT_GUARD_PERIOD, NULL},
    {"timeout", TIMES ", " BACK ", fail: {http: [{service: a, port: 1, timeout: %}]}", SECONDS,
     LIMIT_GUARD_TIMEOUT, NULL},
    {"brake's time", TIMES ", onFailure: {rollback: lastHealthy, brake: {within: %}}", SECONDS,
     LIMIT_GUARD_BRAKE_TIME, NULL},
    {"restarts", TIMES ", " BACK ", fail: {crashLoop: {restarts: %}}", NUMBER, LIMIT_GUARD_TIMES,
     NULL},
    {"failures", TIMES ", " BACK ", fail: {prometheus: [{query: a, max: 1, failures: %}]}", NUMBER,
     LIMIT_GUARD_TIMES, NULL},
    {"brake", TIMES ", onFailure: {rollback: lastHealthy, brake: {all: %}}", NUMBER,
     LIMIT_GUARD_BRAKE, NULL},
    {"requests", TIMES ", " BACK ", fail: {http: %}", LIST, LIMIT_GUARD_PROBES,
     "{service: s#, port: 80}"},
    {"queries", TIMES ", " BACK ", fail: {prometheus: %}", LIST, LIMIT_GUARD_PROBES,
     "{query: q#, max: 1}"},
    {"reasons", TIMES ", " BACK ", fail: {waiting: {reasons: %}}", LIST, LIMIT_GUARD_REASONS, "R#"},
    {"statuses", TIMES ", " BACK ", fail: {http: [{service: a, port: 1, status: %}]}", LIST,
     LIMIT_GUARD_STATUS, "2#"},
    {"notifiers", TIMES ", " BACK ", notify: %", LIST, LIMIT_GUARD_NOTIFY, "n#"},
    {"path", TIMES ", " BACK ", fail: {http: [{service: a, port: 1, path: /%}]}", LENGTH,
     LIMIT_GUARD_URL - 1, NULL},
    {"url", TIMES ", " BACK ", fail: {http: [{url: 'http://h/%'}]}", LENGTH, LIMIT_GUARD_URL - 9,
     NULL},
    {"query", TIMES ", " BACK ", fail: {prometheus: [{query: q%, max: 1}]}", LENGTH,
     LIMIT_GUARD_QUERY - 1, NULL},
};

static void add_value(struct buf *out, size_t row, int64_t amount)
{
    switch (limits[row].shape) {
    case SECONDS: buf_printf(out, "%" PRId64 "s", amount); return;
    case NUMBER: buf_printf(out, "%" PRId64, amount); return;
    case LENGTH:
        for (int64_t i = 0; i < amount; i++)
            buf_add_str(out, "x");
        return;
    case LIST: break;
    }
    for (int64_t i = 0; i < amount; i++) {
        struct view before, after;

        view_cut(view_of(limits[row].element), '#', &before, &after);
        buf_printf(out, "%s%.*s%02" PRId64 "%.*s", i == 0 ? "[" : ", ", VIEW_ARGS(before), i,
                   VIEW_ARGS(after));
    }
    buf_add_str(out, "]");
}

static bool compiles(size_t row, int64_t amount)
{
    struct view before, after;
    struct policy_set *set;
    struct buf text, report;

    buf_init(&text, 1 << 16);
    buf_init(&report, 1 << 16);
    view_cut(view_of(limits[row].spec), '%', &before, &after);
    buf_printf(&text,
               "apiVersion: tidegate.dev/v1alpha1\nkind: RolloutGuard\nmetadata: {name: a}\n"
               "spec: {%.*s",
               VIEW_ARGS(before));
    add_value(&text, row, amount);
    buf_printf(&text, "%.*s}\n", VIEW_ARGS(after));
    buf_add(&text, (struct view){"", 1});
    set = fixture_compile(buf_view(&text).p, &report);
    policy_set_release(set);
    buf_release(&text);
    buf_release(&report);
    return set != NULL;
}

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (!compiles(i, limits[i].limit - 1) || !compiles(i, limits[i].limit) ||
            compiles(i, limits[i].limit + 1))
            fail_msg("%s: the limit is not %" PRId64, limits[i].name, limits[i].limit);
}

/* --- which guard ------------------------------------------------------------------------------ */

static bool namespace_labels(void *ctx, struct view namespace_, struct yyjson_val **labels)
{
    *labels = ctx;
    return !view_eq_str(namespace_, "unknown");
}

static const char several[] = HEAD GUARD("named", "match: {namespaces: [shop], names: ['api-*']}, "
                                                  "deadline: 10m, soak: 5m, onFailure: pause")
    GUARD("tier", "match: {environments: [production], labels: {tier: web}, kinds: [Deployment]}, "
                  "deadline: 10m, soak: 5m, onFailure: pause")
        GUARD("shop", "match: {environments: [production]}, deadline: 10m, soak: 5m, "
                      "onFailure: pause")
            GUARD("stage", "match: {environments: [labelled], labels: {app: x}}, deadline: 10m, "
                           "soak: 5m, onFailure: pause")
                GUARD("rest", "match: {namespaces: [rest, 'kube-*', tidegate, unknown]}, "
                              "deadline: 10m, soak: 5m, onFailure: pause");

static const struct {
    const char *kind, *namespace_, *name, *labels;
    const char *guard; /* NULL: none */
    bool unknown;
} subjects[] = {
    {"Deployment", "shop", "api-1", NULL, "named", false},
    {"DaemonSet", "shop", "api-1", NULL, "named", false},
    {"Job", "shop", "api-1", NULL, NULL, false},
    {"Pod", "shop", "api-1", NULL, NULL, false},
    {"Deployment", "shop", "web", "{\"tier\":\"web\"}", "tier", false},
    {"StatefulSet", "shop", "web", "{\"tier\":\"web\"}", "shop", false},
    {"Deployment", "shop", "web", "{\"tier\":\"db\"}", "shop", false},
    {"Deployment", "shop", "web", NULL, "shop", false},
    {"Deployment", "else", "web", "{\"app\":\"x\"}", "stage", false},
    {"Deployment", "else", "web", "{\"app\":\"y\"}", NULL, false},
    {"Deployment", "rest", "web", NULL, "rest", false},
    {"Deployment", "kube-public", "web", NULL, "rest", false},
    {"Deployment", "kube-system", "web", NULL, NULL, false},
    {"Deployment", "tidegate", "web", NULL, NULL, false},
    {"Deployment", "unknown", "web", "{\"app\":\"x\"}", NULL, true},
    {"Deployment", "unknown", "web", NULL, "rest", false},
};

static void test_guard_of(void **state)
{
    yyjson_doc *stage = yyjson_read("{\"stage\":\"production\"}", 22, 0);
    struct cluster_view cluster_view = {.own_namespace = VIEW("tidegate"),
                                        .namespace_labels = namespace_labels,
                                        .ctx = yyjson_doc_get_root(stage)};
    struct fixture f;

    (void)state;
    fixture_open(&f, several);
    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
        const char *labels = subjects[i].labels ? subjects[i].labels : "null", *unknown = "stale";
        yyjson_doc *doc = yyjson_read(labels, strlen(labels), 0);
        struct guard_subject of = {VIEW("apps"),
                                   view_of(subjects[i].kind),
                                   view_of(subjects[i].namespace_),
                                   view_of(subjects[i].name),
                                   subjects[i].labels ? yyjson_doc_get_root(doc) : NULL,
                                   NULL};
        const struct rollout_guard *guard =
            guard_of(f.set->guards, f.set->guard_count, &of, &cluster_view, &unknown);

        if ((guard != NULL) != (subjects[i].guard != NULL) ||
            (guard && !view_eq_str(guard->name, subjects[i].guard)) ||
            (unknown != NULL) != subjects[i].unknown)
            fail_msg("subject %zu: guard \"%.*s\", %s", i,
                     VIEW_ARGS(guard ? guard->name : VIEW("")), unknown ? unknown : "known");
        yyjson_doc_free(doc);
    }
    fixture_close(&f);
    yyjson_doc_free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all_signals),
        cmocka_unit_test(test_named_signals),
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_prometheus),
        cmocka_unit_test(test_acts),
        cmocka_unit_test(test_release_brake_notify),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_guard_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
