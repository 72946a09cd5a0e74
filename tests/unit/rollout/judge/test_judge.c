#include "rollout/judge/judge.h"

#include "cmocka_all.h"
#include "unit/rollout/judge/model.h"

/* What a pod of one container shows, and what it is judged. */
struct seen {
    const char *name;
    struct snapshot_container container;
    struct snapshot_pod pod; /* its container is the one above */
    int64_t available, refused_since;
    enum cause_kind cause;
    const char *message; /* of the cause, or of what is missing */
    int64_t next;
};

enum { NOW = 1000 };

#define API .name = {"api", 3}

static const struct seen table[] = {
    {"two ends are none too many",
     {API, .running = true, .exits = 2, .ended = {"Error", 5}, .exit_code = 1},
     {.ready = false},
     0,
     0,
     CAUSE_NONE,
     "0 of 3 pods available; pod \"api-1\" is not ready: container \"api\" ended, "
     "Error, exit code 1",
     0},
    {"the third is",
     {API, .exits = 3, .ended = {"Error", 5}, .exit_code = 1, .ended_message = {"no\nconfig", 9}},
     {.ready = false},
     3,
     0,
     CAUSE_CRASH_LOOP,
     "container \"api\" of pod \"api-1\" ended 3 times: Error, exit code 1: no config",
     0},
    {"in an init container",
     {API, .list = INIT_CONTAINERS, .exits = 4, .ended = {"Completed", 9}},
     {.ready = false},
     3,
     0,
     CAUSE_CRASH_LOOP,
     "init container \"api\" of pod \"api-1\" ended 4 times: Completed, exit code 0",
     0},
    {"what has run well for ten minutes since is over",
     {API, .running = true, .ready = true, .started = NOW - 600, .exits = 9, .oom_kills = 9},
     {.ready = true},
     3,
     0,
     CAUSE_NONE,
     "",
     0},
    {"not before",
     {API, .running = true, .ready = true, .started = NOW - 599, .exits = 3, .ended = {"Error", 5},
      .exit_code = 1},
     {.ready = true},
     3,
     0,
     CAUSE_CRASH_LOOP,
     "container \"api\" of pod \"api-1\" ended 3 times: Error, exit code 1",
     0},
    {"what it was initialised by is over when it is ready",
     {API, .list = INIT_CONTAINERS, .ready = true, .exits = 9},
     {.ready = true},
     3,
     0,
     CAUSE_NONE,
     "",
     0},
    {"out of memory twice",
     {API, .exits = 3, .oom_kills = 2, .ended = {"OOMKilled", 9}, .exit_code = 137},
     {.ready = false},
     3,
     0,
     CAUSE_OOM_KILLED,
     "container \"api\" of pod \"api-1\" ran out of memory 2 times: OOMKilled, exit code 137",
     0},
    {"no image, not for long",
     {API, .waiting = {"ErrImagePull", 12}, .waiting_since = NOW - 29},
     {.ready = false},
     3,
     0,
     CAUSE_NONE,
     "",
     NOW + 1},
    {"no image",
     {API, .waiting = {"ImagePullBackOff", 16}, .waiting_message = {"Back-off", 8},
      .waiting_since = NOW - 30},
     {.ready = false},
     3,
     0,
     CAUSE_IMAGE_PULL,
     "container \"api\" of pod \"api-1\" has had no image for 30s: ImagePullBackOff: Back-off",
     0},
    {"a reason of the guard's list",
     {API, .waiting = {"Odd", 3}, .waiting_since = NOW - 60},
     {.ready = false},
     3,
     0,
     CAUSE_WAITING,
     "container \"api\" of pod \"api-1\" has been waiting for 1m: Odd",
     0},
    {"one that is not",
     {API, .waiting = {"Even", 4}, .waiting_since = 1},
     {.ready = false},
     3,
     0,
     CAUSE_NONE,
     "",
     0},
    {"no node",
     {API},
     {.unschedulable_since = NOW - 120, .unschedulable = {"0/3 nodes", 9}},
     2,
     0,
     CAUSE_UNSCHEDULABLE,
     "no node has taken pod \"api-1\" for 2m: 0/3 nodes",
     0},
    {"refused",
     {API},
     {.ready = true},
     1,
     NOW - 30,
     CAUSE_REPLICA_FAILURE,
     "pods have been refused for 30s: exceeded quota",
     0},
    {"refused just now",
     {API},
     {.ready = true},
     1,
     NOW,
     CAUSE_NONE,
     "1 of 3 pods available; pods are refused: exceeded quota",
     NOW + 30},
    {"never ready",
     {API, .running = true},
     {.unready_since = NOW - 90},
     1,
     0,
     CAUSE_READINESS,
     "pod \"api-1\" has not been ready for 1m30s: container \"api\" runs and is not ready",
     0},
    {"flaps",
     {API, .running = true, .ready = true},
     {.ready = true, .flaps = 5},
     3,
     0,
     CAUSE_READINESS,
     "pod \"api-1\" stopped being ready 5 times",
     0},
};

static const struct view odd[] = {{"Odd", 3}};

static void set_up(struct model *m)
{
    model_init(m);
    model_deploy(m, 'a');
    m->guard.fail.oom_killed.on = m->guard.fail.waiting.on = m->guard.fail.unschedulable.on =
        m->guard.fail.replica_failure.on = true;
    m->guard.fail.oom_killed.times = 2;
    m->guard.fail.waiting.lasting = 60;
    m->guard.fail.waiting.reasons = odd;
    m->guard.fail.waiting.reason_count = 1;
    m->guard.fail.unschedulable.lasting = 120;
    m->guard.fail.replica_failure.lasting = 30;
    m->guard.fail.readiness.within = 90;
    m->guard.fail.readiness.flaps = 5;
}

static void pods_are_judged_in_words(void **state)
{
    struct probes none = {0};
    struct model m;
    struct arena arena;

    (void)state;
    set_up(&m);
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct seen *row = &table[i];
        struct snapshot snapshot = *model_look(&m);
        struct snapshot_pod pod = row->pod;
        struct judgement j;
        struct view message;

        pod.name = VIEW("api-1");
        pod.containers = &row->container;
        pod.container_count = 1;
        snapshot.pods = &pod;
        snapshot.available = row->available;
        snapshot.refused_since = row->refused_since;
        snapshot.refused = VIEW("exceeded quota");
        judge(&m.guard, &snapshot, &none, 3, NOW, &arena, &j);
        message = j.cause.kind != CAUSE_NONE ? j.cause.message : j.missing.message;
        if (j.cause.kind != row->cause || !view_eq_str(message, row->message) ||
            j.next != row->next)
            fail_msg("%s: %s, \"%.*s\", next %ld", row->name, cause_name(j.cause.kind),
                     VIEW_ARGS(message), (long)j.next);
        assert_int_equal(j.healthy, row->available >= 3);
    }
    arena_release(&arena);
}

/* Whose last words are told: a container that ran, and which of its lives. */
static void the_culprit_is_named(void **state)
{
    struct probes none = {0};
    struct judgement j;
    struct model m;
    struct arena arena;

    (void)state;
    set_up(&m);
    arena_init(&arena, 1 << 20);
    m.exits = 3;
    judge(&m.guard, model_look(&m), &none, 3, NOW, &arena, &j);
    assert_true(view_eq_str(j.cause.pod, "api-1") && view_eq_str(j.cause.container, "api"));
    assert_true(j.cause.previous);
    m.waiting = "CrashLoopBackOff";
    judge(&m.guard, model_look(&m), &none, 3, NOW, &arena, &j);
    assert_false(j.cause.previous);
    assert_true(j.backoff);
    m.exits = 0;
    m.waiting = "ErrImagePull";
    m.waiting_since = 1;
    judge(&m.guard, model_look(&m), &none, 3, NOW, &arena, &j);
    assert_int_equal(j.cause.kind, CAUSE_IMAGE_PULL);
    assert_null(j.cause.container.p);
    arena_release(&arena);
}

static void requests_and_queries_fail_in_a_row(void **state)
{
    struct probe_state states[2] = {0};
    struct probes probes = {states, states + 1, 1, 1};
    struct judgement j;
    struct model m;
    struct arena arena;

    (void)state;
    set_up(&m);
    arena_init(&arena, 1 << 20);
    m.available = 3;
    probes.prometheus[0] = (struct probe_state){.failures = 3, .message = "0.31 > 0.05"};
    judge(&m.guard, model_look(&m), &probes, 3, NOW, &arena, &j);
    assert_string_equal(j.cause.message.p, "query \"errors\" failed 3 times in a row: 0.31 > 0.05");
    probes.http[0] = (struct probe_state){.failures = 3, .message = "503 Service Unavailable"};
    judge(&m.guard, model_look(&m), &probes, 3, NOW, &arena, &j);
    assert_string_equal(j.cause.message.p, "smoke request api:80/ failed 3 times in a row: "
                                           "503 Service Unavailable");
    probes.http[0].failures = probes.prometheus[0].failures = 2;
    judge(&m.guard, model_look(&m), &probes, 3, NOW, &arena, &j);
    assert_int_equal(j.cause.kind, CAUSE_NONE);
    arena_release(&arena);
}

static void health_is_that_of_kubectl(void **state)
{
    static const struct {
        int64_t desired, updated, available, total, need;
        bool healthy;
        const char *missing;
    } cases[] = {
        {3, 3, 3, 3, 3, true, ""},
        {3, 2, 3, 3, 3, false, "2 of 3 pods updated"},
        {3, 3, 2, 3, 3, false, "2 of 3 pods available"},
        {3, 3, 3, 4, 3, false, "1 pods of older versions are left"},
        {9, 9, 3, 9, 3, true, ""}, /* scaled up meanwhile */
    };
    struct probes none = {0};
    struct model m;
    struct arena arena;

    (void)state;
    set_up(&m);
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct snapshot snapshot = *model_look(&m);
        struct judgement j;

        snapshot.pod_count = 0;
        snapshot.desired = cases[i].desired;
        snapshot.updated = cases[i].updated;
        snapshot.available = cases[i].available;
        snapshot.total = cases[i].total;
        judge(&m.guard, &snapshot, &none, cases[i].need, NOW, &arena, &j);
        if (j.healthy != cases[i].healthy || !view_eq_str(j.missing.message, cases[i].missing))
            fail_msg("case %zu: %d \"%.*s\"", i, j.healthy, VIEW_ARGS(j.missing.message));
    }
    arena_release(&arena);
}

static void who_holds_it_is_said(void **state)
{
    struct probes none = {0};
    struct judgement j;
    struct model m;
    struct arena arena;

    (void)state;
    set_up(&m);
    arena_init(&arena, 1 << 20);
    m.observed = false;
    judge(&m.guard, model_look(&m), &none, 3, NOW, &arena, &j);
    assert_string_equal(j.why.p, "its controller has not seen the template yet");
    m.desired = 0;
    judge(&m.guard, model_look(&m), &none, 3, NOW, &arena, &j);
    assert_string_equal(j.why.p, "it is scaled to zero");
    m.paused = true;
    judge(&m.guard, model_look(&m), &none, 3, NOW, &arena, &j);
    assert_string_equal(j.why.p, "it is paused");
    assert_true(j.suspended);
    arena_release(&arena);
}

/* A pod of the new template that no node takes since 100, held against `unschedulable: {for: 10s}`
 * at 110. The counts are those of a status, which has the pods of old templates in it. */
static const struct place_case {
    const char *name;
    int64_t need, available, others_ready; /* the last: further pods of the new template */
    enum cause_kind cause;
} places[] = {
    {"the first one, and an old pod stays until it is ready", 1, 1, 0, CAUSE_UNSCHEDULABLE},
    {"the second one of two", 2, 2, 1, CAUSE_UNSCHEDULABLE},
    {"nothing else is there", 1, 0, 0, CAUSE_UNSCHEDULABLE},
    {"one more than there were to be: it was scaled", 2, 2, 2, CAUSE_NONE},
};

static void a_place_is_missed_by_pods_of_the_new_template(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct place_case *c = &places[i];
        struct rollout_guard guard = {.fail.unschedulable = {.on = true, .lasting = 10}};
        struct snapshot_pod pods[3] = {{.name = VIEW("api-1"), .unschedulable_since = 100}};
        struct snapshot snapshot = {.observed = true,
                                    .desired = c->need,
                                    .updated = c->others_ready + 1,
                                    .available = c->available,
                                    .total = c->available + 1,
                                    .pods = pods,
                                    .pod_count = (size_t)c->others_ready + 1};
        struct probes probes = {0};
        struct judgement judged;
        struct arena arena;

        arena_init(&arena, 4096);
        for (int64_t k = 1; k <= c->others_ready; k++)
            pods[k].ready = true;
        judge(&guard, &snapshot, &probes, c->need, 110, &arena, &judged);
        if (judged.cause.kind != c->cause)
            fail_msg("%s: %s", c->name, cause_name(judged.cause.kind));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_are_judged_in_words),
        cmocka_unit_test(the_culprit_is_named),
        cmocka_unit_test(requests_and_queries_fail_in_a_row),
        cmocka_unit_test(health_is_that_of_kubectl),
        cmocka_unit_test(who_holds_it_is_said),
        cmocka_unit_test(a_place_is_missed_by_pods_of_the_new_template),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
