#include "rollout/leader.h"
#include "rollout/limits.h"

#include "base/mem.h"
#include "unit/rollout/lead_scene.h"

/* --- what it does, in which order ------------------------------------------------------------- */

/* No undo of what is not on record. */
static unsigned record_before_act(void *ctx, const char *verb, const char *path)
{
    struct scene *s = ctx;
    json_t *map;
    const char *text;
    char at[256];

    if (strcmp(verb, "patch") != 0 || !strstr(path, "/deployments/"))
        return 0;
    snprintf(at, sizeof(at), RECORD_OF("%s"), api_last(path));
    map = json_object_get(s->api.objects, at);
    text = json_string_value(json_object_get(json_object_get(map, "data"), RECORD_CACHE_KEY));
    return text && strstr(text, "\"RollingBack\"") ? 0 : 500;
}

/* That of the Deployment's template, as the API server has it. */
static void assert_image(struct scene *s, const char *image)
{
    json_t *deployment = api_get(&s->api, DEPLOYMENTS "/api");
    char *text = json_dumps(deployment, 0);

    assert_non_null(strstr(text, image));
    free(text);
    json_decref(deployment);
}

#define WRITTEN "update configmaps rollout.deployment.shop.api 200\n"
#define UNDONE  "patch deployments api 200\n"
#define HEARD   "get api-2-x log 404\n"
#define TOLD    "create event 201\n" WRITTEN

static void a_failure_is_recorded_undone_and_told(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    make_good(&s, one, 1);
    api_meddle(&s.api, record_before_act, &s);
    show_version(&s, "api", 2, false);
    work(&s, 100);
    assert_journal(&s, WRITTEN HEARD UNDONE WRITTEN TOLD);
    assert_image(&s, "r/api:v1");
    assert_stored(&s, RECORD_OF("api"), "RollingBack");
    assert_int_equal(atomic_load(&leader_counters(s.lead)->states[ROLLOUT_ROLLING_BACK]), 1);
    show_version(&s, "api", 1, true);
    work(&s, 1);
    assert_stored(&s, RECORD_OF("api"), "Soaking");
    assert_int_equal(atomic_load(&leader_counters(s.lead)->rollbacks[CAUSE_CRASH_LOOP]), 1);
    assert_non_null(strstr(s.lines.p, "\"news\":\"RolledBack\""));
    scene_stop(&s);
}

/* Of five that fail at once the brake lets three pass, and these are undone before anybody is told
 * of anything. */
static void acts_go_before_news(void **state)
{
    static const char *const five[] = {"a1", "a2", "a3", "a4", "a5"};
    struct scene s;
    char *journal, *first_news;
    int undone = 0;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    make_good(&s, five, 5);
    for (int i = 0; i < 5; i++)
        show_version(&s, five[i], 2, false);
    work(&s, 100);
    journal = api_journal(&s.api);
    first_news = strstr(journal, "create event");
    assert_non_null(first_news);
    for (char *at = journal; (at = strstr(at, "patch deployments")); at++, undone++)
        assert_true(at < first_news);
    assert_int_equal(undone, 3);
    free(journal);
    scene_stop(&s);
}

#define LOG_OF(name) "/api/v1/namespaces/shop/pods/" name "-2-x/log"

/* The pod goes with the undo, and its log with it. */
static unsigned take_log(void *ctx, const char *verb, const char *path)
{
    struct scene *s = ctx;

    if (strcmp(verb, "patch") == 0 && strstr(path, "/deployments/"))
        json_object_del(s->api.objects, LOG_OF("api"));
    return 0;
}

static void last_words_are_read_before_the_pod_goes(void **state)
{
    struct scene s;
    char *objects;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    make_good(&s, one, 1);
    api_put(&s.api, LOG_OF("api"), "{'metadata':{},'said':'no database'}");
    api_meddle(&s.api, take_log, &s);
    show_version(&s, "api", 2, false);
    work(&s, 100);
    assert_journal(&s, WRITTEN "get api-2-x log 200\n" UNDONE WRITTEN TOLD);
    pthread_mutex_lock(&s.api.lock);
    objects = json_dumps(s.api.objects, 0);
    pthread_mutex_unlock(&s.api.lock);
    assert_non_null(strstr(objects, "no database")); /* in the Event */
    free(objects);
    scene_stop(&s);
}

/* With --no-pod-logs: neither before the act nor when it is told. */
static void last_words_may_be_left(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    s.no_pod_logs = true;
    lead_anew(&s);
    make_good(&s, one, 1);
    api_put(&s.api, LOG_OF("api"), "{'metadata':{},'said':'no database'}");
    show_version(&s, "api", 2, false);
    work(&s, 100);
    assert_journal(&s, WRITTEN UNDONE WRITTEN TOLD);
    scene_stop(&s);
}

struct asked {
    int logs, before_last_act;
};

static unsigned hold_logs(void *ctx, const char *verb, const char *path)
{
    struct asked *asked = ctx;

    if (strcmp(verb, "patch") == 0 && strstr(path, "/deployments/"))
        asked->before_last_act = asked->logs;
    if (!strstr(path, "/log"))
        return 0;
    asked->logs++;
    return API_HOLD;
}

/* However many logs do not come: the acts of a round wait for one of them at most. */
static void logs_do_not_hold_up_acts(void **state)
{
    static const char *const two[] = {"a1", "a2"};
    struct scene s;
    struct asked asked = {0};
    char *journal;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    make_good(&s, two, 2);
    api_meddle(&s.api, hold_logs, &asked);
    for (int i = 0; i < 2; i++)
        show_version(&s, two[i], 2, false);
    leader_work(s.lead, s.set, s.now);
    journal = api_journal(&s.api);
    assert_non_null(strstr(journal, "patch deployments a1 200\n"));
    assert_non_null(strstr(journal, "patch deployments a2 200\n"));
    assert_int_equal(asked.before_last_act, 1);
    free(journal);
    scene_stop(&s);
}

/* Somebody else wrote the record. */
static void a_conflict_is_read_anew(void **state)
{
    struct scene s;
    json_t *map;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    make_good(&s, one, 1);
    map = api_get(&s.api, RECORD_OF("api"));
    pthread_mutex_lock(&s.api.lock);
    api_store(&s.api, RECORD_OF("api"), map);
    pthread_mutex_unlock(&s.api.lock);
    show_version(&s, "api", 2, false);
    work(&s, 1);
    assert_journal(
        &s,
        "update configmaps rollout.deployment.shop.api 409\n" WRITTEN HEARD UNDONE WRITTEN TOLD);
    assert_stored(&s, RECORD_OF("api"), "RollingBack");
    scene_stop(&s);
}

static void who_leads_no_more_does_nothing(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    make_good(&s, one, 1);
    s.until = "update configmaps";
    show_version(&s, "api", 2, false);
    work(&s, 100);
    work(&s, 1);
    assert_journal(&s, WRITTEN);
    assert_image(&s, "r/api:v2");
    s.until = NULL;
    lead_anew(&s);
    work(&s, 1);
    assert_journal(&s, HEARD UNDONE WRITTEN TOLD);
    scene_stop(&s);
}

/* A record of a workload that failed just now, which another leader left. */
static void leave_record(struct scene *s, const char *name, const char *cause)
{
    struct record record;
    struct arena arena;
    struct view at;
    struct buf text;
    json_t *map;
    char path[256];

    record_init(&record);
    arena_init(&arena, 65536);
    buf_init(&text, LIMIT_RECORD);
    record.kind = VIEW("Deployment");
    record.namespace_ = VIEW("shop");
    record.name = view_of(name);
    record.state = ROLLOUT_SOAKING;
    record.since = s->now;
    assert_int_equal(record_add_failure(&record, &(struct record_failure){.hash = view_of(name),
                                                                          .cause = view_of(cause),
                                                                          .at = s->now,
                                                                          .target = VIEW("h1"),
                                                                          .undone = true}),
                     0);
    record_write(&record, &text);
    at = record_name(record.kind, record.namespace_, record.name, &arena);
    snprintf(path, sizeof(path), CONFIG_MAPS "/%.*s", VIEW_ARGS(at));
    map =
        json_pack("{s:{s:s%, s:{s:s}}, s:{s:s%}}", "metadata", "name", at.p, at.n, "labels",
                  RECORD_CACHE_LABEL, RECORD_CACHE_KIND, "data", RECORD_CACHE_KEY, text.p, text.n);
    assert_non_null(map);
    pthread_mutex_lock(&s->api.lock);
    api_store(&s->api, path, map);
    pthread_mutex_unlock(&s->api.lock);
    record_release(&record);
    arena_release(&arena);
    buf_release(&text);
}

/* What others decided counts for the brake; what a person asked for does not. */
static void a_new_leader_knows_the_brake(void **state)
{
    static const struct {
        const char *cause, *state;
    } cases[] = {{"CrashLoop", "Failed"}, {"Person", "RollingBack"}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene s;

        scene_start(&s, GUARD(CRASHES));
        make_good(&s, one, 1);
        leave_record(&s, "b1", cases[i].cause);
        leave_record(&s, "b2", cases[i].cause);
        leave_record(&s, "b3", cases[i].cause);
        lead_anew(&s);
        show_version(&s, "api", 2, false);
        work(&s, 100);
        assert_stored(&s, RECORD_OF("api"), cases[i].state);
        scene_stop(&s);
    }
}

/* --- answers ---------------------------------------------------------------------------------- */

/* One of a workload that is gone, one of a request that the guard asks no more, and one that
 * counts. */
static void answers_find_their_rollout(void **state)
{
    struct probe_answer bad = {.asked = BEGIN, .at = BEGIN, .message = "503 Service Unavailable"};
    struct scene s;

    (void)state;
    scene_start(&s, GUARD(SMOKE));
    show_version(&s, "api", 1, true);
    work(&s, 0);
    leader_answered(s.lead, VIEW("d-gone"), false, 0, &bad);
    leader_answered(s.lead, VIEW("d-api"), false, 1, &bad);
    leader_answered(s.lead, VIEW("d-api"), true, 0, &bad);
    work(&s, 1);
    assert_stored(&s, RECORD_OF("api"), "Soaking");
    for (int i = 0; i < 3; i++) {
        bad.asked = bad.at = s.now;
        leader_answered(s.lead, VIEW("d-api"), false, 0, &bad);
        work(&s, 10);
    }
    assert_stored(&s, RECORD_OF("api"), "Failed");
    assert_non_null(strstr(s.lines.p, "503 Service Unavailable"));
    leader_answered(s.lead, VIEW("d-api"), false, 0, &bad); /* nobody takes it any more */
    scene_stop(&s);
}

/* --- telling ---------------------------------------------------------------------------------- */

static void whom_the_guard_names_is_told(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    make_good(&s, one, 1);
    show_version(&s, "api", 2, false);
    work(&s, 100);
    loopback_await(&s.receiver, 1);
    show_version(&s, "api", 1, true);
    work(&s, 1);
    loopback_await(&s.receiver, 2);
    work(&s, SOAK);
    show_version(&s, "api", 3, true);
    work(&s, 1);
    work(&s, SOAK);
    loopback_await(&s.receiver, 3);
    assert_non_null(strstr(s.receiver.heard.p, "\"event\":\"RolloutFailed\""));
    assert_non_null(strstr(s.receiver.heard.p, "\"event\":\"RolledBack\""));
    assert_non_null(strstr(s.receiver.heard.p, "\"event\":\"Healthy\""));
    assert_non_null(strstr(s.receiver.heard.p, "api:v3"));
    assert_null(strstr(s.receiver.heard.p, "/others"));
    scene_stop(&s);
}

/* --- what takes its time ---------------------------------------------------------------------- */

static unsigned refuse_events(void *ctx, const char *verb, const char *path)
{
    (void)ctx;
    (void)verb;
    return strstr(path, "/events") ? 503 : 0;
}

/* An Event that cannot be written within LIMIT_KUBE_TELL is left, and the record goes on. */
static void news_does_not_hold_up_for_ever(void **state)
{
    struct scene s;
    char *journal;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    make_good(&s, one, 1);
    api_meddle(&s.api, refuse_events, NULL);
    show_version(&s, "api", 2, false);
    work(&s, 100);
    journal = api_journal(&s.api);
    assert_non_null(strstr(journal, "create event 503\ncreate event 503\n"));
    assert_string_equal(journal + strlen(journal) - strlen(WRITTEN), WRITTEN);
    free(journal);
    scene_stop(&s);
}

static unsigned hold_patches(void *ctx, const char *verb, const char *path)
{
    (void)ctx;
    (void)path;
    return strcmp(verb, "patch") == 0 ? API_HOLD : 0;
}

/* An act that gets no answer within LIMIT_KUBE_ACT is tried again. */
static void an_act_without_an_answer_is_tried_again(void **state)
{
    struct scene s;
    int64_t began = clock_monotonic_ns();

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    make_good(&s, one, 1);
    api_meddle(&s.api, hold_patches, NULL);
    show_version(&s, "api", 2, false);
    leader_work(s.lead, s.set, s.now);
    assert_true(clock_monotonic_ns() - began >= (LIMIT_KUBE_ACT - 1) * INT64_C(1000000000));
    api_meddle(&s.api, NULL, NULL);
    assert_journal(&s, WRITTEN HEARD TOLD);
    s.now += 1;
    leader_work(s.lead, s.set, s.now);
    assert_journal(&s, UNDONE WRITTEN);
    scene_stop(&s);
}

static unsigned lack_namespace(void *ctx, const char *verb, const char *path)
{
    (void)ctx;
    return strcmp(verb, "create") == 0 && strstr(path, "/configmaps") ? 404 : 0;
}

/* Tidegate's own namespace is not there yet: tried ever less often, not in a loop. */
static void a_missing_namespace_is_waited_for(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    api_meddle(&s.api, lack_namespace, NULL);
    show_version(&s, "api", 1, true);
    work(&s, 5);
    assert_journal(&s, "create tidegate-system configmaps 404\n");
    scene_stop(&s);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Whichever allocation fails: what failed is undone, once, and is on record before. */
static void memory_runs_out(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    api_meddle(&s.api, record_before_act, &s);
    for (size_t n = 1;; n++) {
        char name[32], *journal, *undone;
        const char *names[] = {name};
        size_t made;

        snprintf(name, sizeof(name), "m%zu", n);
        s.now += 7200; /* so that the brake lets it pass */
        make_good(&s, names, 1);
        show_version(&s, name, 2, false);
        mem_fail_nth(n);
        leader_work(s.lead, s.set, s.now);
        made = mem_fail_nth(0);
        for (int i = 0; i < 8; i++)
            work(&s, 2);
        journal = api_journal(&s.api);
        undone = strstr(journal, "patch deployments");
        if (!undone || strstr(undone + 1, "patch deployments"))
            fail_msg("when allocation %zu fails: %s", n, journal);
        free(journal);
        if (made < n)
            break;
    }
    scene_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_recorded_undone_and_told),
        cmocka_unit_test(acts_go_before_news),
        cmocka_unit_test(last_words_are_read_before_the_pod_goes),
        cmocka_unit_test(last_words_may_be_left),
        cmocka_unit_test(logs_do_not_hold_up_acts),
        cmocka_unit_test(a_conflict_is_read_anew),
        cmocka_unit_test(who_leads_no_more_does_nothing),
        cmocka_unit_test(a_new_leader_knows_the_brake),
        cmocka_unit_test(answers_find_their_rollout),
        cmocka_unit_test(whom_the_guard_names_is_told),
        cmocka_unit_test(news_does_not_hold_up_for_ever),
        cmocka_unit_test(an_act_without_an_answer_is_tried_again),
        cmocka_unit_test(a_missing_namespace_is_waited_for),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
