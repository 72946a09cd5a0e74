#include "rollout/lead.h"

#include "../policy/rules_fixture.h"
#include "api.h"
#include "base/mem.h"
#include "kube/client.h"
#include "kube/text_cache.h"
#include "rollout/controller.h"
#include "rollout/notifier.h"
#include "rollout/prober.h"
#include "rollout/record.h"
#include "rollout/records.h"
#include "rollout/store.h"
#include "rollout/tally.h"

#include <stdarg.h>

/* A leader before an API server that keeps what it is given. The watches are the test: it shows the
 * store what is there, and the leader is given the time. */

#define GUARD(fail)                                                                                \
    "apiVersion: tidegate.dev/v1alpha1\n"                                                          \
    "kind: RolloutGuard\n"                                                                         \
    "metadata: {name: shop}\n"                                                                     \
    "spec:\n"                                                                                      \
    "  match: {namespaces: [shop]}\n"                                                              \
    "  deadline: 10m\n"                                                                            \
    "  soak: 1m\n"                                                                                 \
    "  fail: {" fail "}\n"                                                                         \
    "  onFailure: {rollback: lastHealthy, brake: {namespace: 3, within: 1h}}\n"                    \
    "  notify: [ops]\n"
#define CRASHES "crashLoop: {restarts: 3}"
#define SMOKE   CRASHES ", http: [{service: api, port: 80, path: /ready, delay: 0s}]"

#define CONFIG_MAPS     "/api/v1/namespaces/tidegate-system/configmaps"
#define RECORD_OF(name) CONFIG_MAPS "/rollout.deployment.shop." name
#define DEPLOYMENTS     "/apis/apps/v1/namespaces/shop/deployments"
#define REPLICASETS     "/apis/apps/v1/namespaces/shop/replicasets"
#define NOTIFIERS       "/tmp/test-lead-XXXXXX"
#define TAKEN           "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok"

enum { BEGIN = 1795500000, SOAK = 60 };

struct scene {
    struct api api;
    struct loopback receiver; /* of notifications */
    char folder[sizeof(NOTIFIERS)];
    struct store *store;
    struct text_cache *records;
    struct client *client;
    struct prober *prober;
    struct notifier *notifier;
    struct controller_options options;
    struct policy_set *set;
    struct lead *lead;
    struct buf lines; /* of the decision log */
    int shown;        /* versions: the newest has the highest number, also one that comes back */
    int64_t now;
    const char *until; /* it leads until this is in the journal; NULL: for ever */
    bool leads;
};

/* --- what the watches show -------------------------------------------------------------------- */

static void __attribute__((format(printf, 4, 5)))
show(struct scene *s, enum store_list list, const char *path, const char *format, ...)
{
    char text[4096];
    va_list args;
    yyjson_doc *doc;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (path)
        api_put(&s->api, path, text);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    doc = yyjson_read(text, strlen(text), 0);
    assert_non_null(doc);
    store_put(s->store, list, yyjson_doc_get_root(doc), s->now);
    yyjson_doc_free(doc);
}

#define TEMPLATE                                                                                   \
    "'template':{'metadata':{'labels':{'app':'api'}},'spec':{'containers':[{'name':'api',"         \
    "'image':'r/api:v%d'}]}}"
#define OWNED                                                                                      \
    "'ownerReferences':[{'apiVersion':'apps/v1','kind':'%s','uid':'%s-%s','controller':true}]"

/* The Deployment of that name at a version, with the ReplicaSets of all versions until then and a
 * pod that is up or ended three times. */
static void show_version(struct scene *s, const char *name, int version, bool up)
{
    char path[256];

    for (int v = 1; v <= version; v++) {
        snprintf(path, sizeof(path), REPLICASETS "/%s-%d", name, v);
        show(s, STORE_REPLICASETS, path,
             "{'metadata':{'name':'%s-%d','namespace':'shop','uid':'rs%d-%s','annotations':{"
             "'deployment.kubernetes.io/revision':'%d'}," OWNED "},'spec':{" TEMPLATE "}}",
             name, v, v, name, v < version ? v : 10 + ++s->shown, "Deployment", "d", name, v);
    }
    snprintf(path, sizeof(path), DEPLOYMENTS "/%s", name);
    show(s, STORE_DEPLOYMENTS, path,
         "{'metadata':{'name':'%s','namespace':'shop','uid':'d-%s','generation':%d},'spec':{"
         "'replicas':1," TEMPLATE "},'status':{'observedGeneration':%d,'replicas':1,"
         "'updatedReplicas':1,'availableReplicas':%d}}",
         name, name, version, version, version, up);
    show(s, STORE_PODS, NULL,
         "{'metadata':{'name':'%s-%d-x','namespace':'shop','uid':'p%d-%s'," OWNED "},'spec':{"
         "'nodeName':'n'},'status':{'conditions':[{'type':'Ready','status':'%s'}],"
         "'containerStatuses':[{'name':'api','ready':%s,'restartCount':%d,'containerID':'c%d',"
         "'state':{'running':{}},'lastState':{'terminated':{'exitCode':1,'reason':'Error',"
         "'containerID':'c0'}}}]}}",
         name, version, version, name, "ReplicaSet", version == 1 ? "rs1" : "rs2", name,
         up ? "True" : "False", up ? "true" : "false", up ? 0 : 3, version);
}

/* The watch of the records comes up to date. */
static void show_records(struct scene *s)
{
    const char *key;
    json_t *object;

    pthread_mutex_lock(&s->api.lock);
    json_object_foreach(s->api.objects, key, object)
    {
        char *text = json_dumps(object, 0);
        yyjson_doc *doc = yyjson_read(text, strlen(text), 0);

        if (view_eq_str(api_resource(key), "configmaps"))
            records_handler().put(s->records, yyjson_doc_get_root(doc));
        yyjson_doc_free(doc);
        free(text);
    }
    pthread_mutex_unlock(&s->api.lock);
}

/* --- the leader ------------------------------------------------------------------------------- */

static int64_t acts_until(void *ctx)
{
    struct scene *s = ctx;

    pthread_mutex_lock(&s->api.lock);
    if (s->until && s->api.journal.p && strstr(s->api.journal.p, s->until))
        s->leads = false;
    pthread_mutex_unlock(&s->api.lock);
    return s->leads ? clock_monotonic_ns() + 60 * INT64_C(1000000000) : 0;
}

static struct view owner(void *ctx, struct arena *arena)
{
    (void)ctx;
    (void)arena;
    return (struct view){NULL, 0};
}

static int enter(void *ctx, struct arena *arena, struct world *world)
{
    (void)ctx;
    (void)arena;
    (void)world;
    return 0;
}

static void decided(void *ctx, struct view line)
{
    struct scene *s = ctx;

    buf_add(&s->lines, line);
}

static void unheard(void *ctx, struct view uid, bool prometheus, size_t index,
                    const struct probe_answer *answer)
{
    (void)ctx;
    (void)uid;
    (void)prometheus;
    (void)index;
    (void)answer;
}

static void write_notifier(const struct scene *s, const char *name)
{
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s.webhook", s->folder, name);
    assert_non_null(f = fopen(path, "w"));
    fprintf(f, "http://127.0.0.1:%u/%s\n", s->receiver.port, name);
    fclose(f);
}

static void remove_notifier(const struct scene *s, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/%s.webhook", s->folder, name);
    unlink(path);
}

static void begin_to_lead(struct scene *s)
{
    struct lead_options options = {
        .controller = &s->options,
        .client = s->client,
        .store = s->store,
        .records = s->records,
        .prober = s->prober,
        .tell = {.controller = &s->options, .client = s->client, .notifier = s->notifier},
        .acts_until = acts_until,
        .owner = owner,
        .ctx = s};

    s->leads = true;
    assert_non_null(s->lead = lead_create(&options));
    lead_take_over(s->lead);
}

static void scene_start(struct scene *s, const char *rules)
{
    static const struct loopback_reply taken[] = {{.text = TAKEN}};
    struct prober_options prober = {.threads = 1, .answered = unheard};

    *s = (struct scene){.now = BEGIN, .receiver = {.replies = taken, .count = 1}};
    api_start(&s->api);
    loopback_start(&s->receiver);
    memcpy(s->folder, NOTIFIERS, sizeof(NOTIFIERS));
    assert_non_null(mkdtemp(s->folder));
    write_notifier(s, "ops");
    write_notifier(s, "others");
    buf_init(&s->lines, 1 << 20);
    assert_non_null(s->store = store_create(LIMIT_STORE_MEMORY));
    assert_non_null(s->records = records_create(LIMIT_RECORDS_MEMORY));
    text_cache_begin(s->records);
    text_cache_end(s->records, clock_monotonic_ns());
    assert_non_null(s->client = client_create(&s->api.config, &s->api.calls));
    prober.config = &s->api.config;
    prober.calls = &s->api.calls;
    assert_non_null(s->prober = prober_start(&prober));
    assert_non_null(s->notifier = notifier_start(s->folder, NULL));
    s->options = (struct controller_options){.own_namespace = VIEW("tidegate-system"),
                                             .identity = VIEW("tidegate-0"),
                                             .enter = enter,
                                             .decided = decided,
                                             .ctx = s};
    s->set = fixture_compile(rules, NULL);
    begin_to_lead(s);
}

static void scene_stop(struct scene *s)
{
    lead_free(s->lead);
    prober_stop(s->prober);
    notifier_stop(s->notifier);
    client_free(s->client);
    text_cache_free(s->records);
    store_free(s->store);
    policy_set_release(s->set);
    loopback_stop(&s->receiver);
    api_stop(&s->api);
    buf_release(&s->lines);
    remove_notifier(s, "ops");
    remove_notifier(s, "others");
    rmdir(s->folder);
}

/* Looks at all there is to look at, and tells all that there is to tell. */
static void work(struct scene *s, int64_t seconds)
{
    s->now += seconds;
    for (int i = 0; i < 12; i++)
        lead_work(s->lead, s->set, s->now);
}

/* These Deployments have a version 1 that is good; the journal is empty then. */
static void make_good(struct scene *s, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        show_version(s, names[i], 1, true);
    work(s, 0);
    work(s, SOAK);
    free(api_journal(&s->api));
}

static const char *const one[] = {"api"};

static void lead_anew(struct scene *s)
{
    lead_free(s->lead);
    show_records(s);
    begin_to_lead(s);
}

static void assert_journal(struct scene *s, const char *expected)
{
    char *journal = api_journal(&s->api);

    assert_string_equal(journal, expected);
    free(journal);
}

/* The state in the record that is stored, and how often its history has a word. */
static void assert_stored(struct scene *s, const char *path, const char *state)
{
    json_t *map = api_get(&s->api, path);
    const char *text =
        json_string_value(json_object_get(json_object_get(map, "data"), RECORDS_KEY));
    const char *problem;
    struct record record;

    assert_non_null(text);
    record_init(&record);
    assert_int_equal(record_read(view_of(text), &record, &problem), 0);
    assert_string_equal(rollout_state_name(record.state), state);
    record_release(&record);
    json_decref(map);
}

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
    text = json_string_value(json_object_get(json_object_get(map, "data"), RECORDS_KEY));
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
#define TOLD    "get api-2-x log 404\ncreate event 201\n" WRITTEN

static void a_failure_is_recorded_undone_and_told(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, GUARD(CRASHES));
    make_good(&s, one, 1);
    api_meddle(&s.api, record_before_act, &s);
    show_version(&s, "api", 2, false);
    work(&s, 100);
    assert_journal(&s, WRITTEN UNDONE WRITTEN TOLD);
    assert_image(&s, "r/api:v1");
    assert_stored(&s, RECORD_OF("api"), "RollingBack");
    assert_int_equal(atomic_load(&lead_tally(s.lead)->states[ROLLOUT_ROLLING_BACK]), 1);
    show_version(&s, "api", 1, true);
    work(&s, 1);
    assert_stored(&s, RECORD_OF("api"), "Soaking");
    assert_int_equal(atomic_load(&lead_tally(s.lead)->rollbacks[CAUSE_CRASH_LOOP]), 1);
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
        &s, "update configmaps rollout.deployment.shop.api 409\n" WRITTEN UNDONE WRITTEN TOLD);
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
    assert_journal(&s, UNDONE WRITTEN TOLD);
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
    map = json_pack("{s:{s:s%, s:{s:s}}, s:{s:s%}}", "metadata", "name", at.p, at.n, "labels",
                    RECORDS_LABEL, RECORDS_KIND, "data", RECORDS_KEY, text.p, text.n);
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
    struct probe_answer bad = {.asked = BEGIN, .at = BEGIN, .words = "503 Service Unavailable"};
    struct scene s;

    (void)state;
    scene_start(&s, GUARD(SMOKE));
    show_version(&s, "api", 1, true);
    work(&s, 0);
    lead_answered(s.lead, VIEW("d-gone"), false, 0, &bad);
    lead_answered(s.lead, VIEW("d-api"), false, 1, &bad);
    lead_answered(s.lead, VIEW("d-api"), true, 0, &bad);
    work(&s, 1);
    assert_stored(&s, RECORD_OF("api"), "Soaking");
    for (int i = 0; i < 3; i++) {
        bad.asked = bad.at = s.now;
        lead_answered(s.lead, VIEW("d-api"), false, 0, &bad);
        work(&s, 10);
    }
    assert_stored(&s, RECORD_OF("api"), "Failed");
    assert_non_null(strstr(s.lines.p, "503 Service Unavailable"));
    lead_answered(s.lead, VIEW("d-api"), false, 0, &bad); /* nobody takes it any more */
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
    lead_work(s.lead, s.set, s.now);
    assert_true(clock_monotonic_ns() - began >= (LIMIT_KUBE_ACT - 1) * INT64_C(1000000000));
    api_meddle(&s.api, NULL, NULL);
    assert_journal(&s, WRITTEN TOLD);
    s.now += 1;
    lead_work(s.lead, s.set, s.now);
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
        lead_work(s.lead, s.set, s.now);
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
