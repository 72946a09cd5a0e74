/* Each allocation of the process fails in turn, those of libraries too, while a review is served:
 * nothing crashes, and nothing is admitted that is denied when there is memory. */
#include "base/mem.h"
#include "policy/limits.h"
#include "policy/object/approval_annotation.h"
#include "rollout/limits.h"
#include "rollout/record/record.h"
#include "rollout/record/record_cache.h"
#include "server/admit.h"
#include "server/cluster.h"
#include "server/decision_log.h"
#include "server/http/http.h"
#include "server/server_state.h"
#include "unit/failing.h"
#include "unit/policy/template_fixture.h"
#include "unit/rollout/api.h"

#include <fcntl.h>
#include <time.h>

enum { HOUR = 60 * 60, QUARANTINED = 4 };

#define HEAD(kind, name)                                                                           \
    "apiVersion: tidegate.dev/v1alpha1\nkind: " kind "\nmetadata: {name: " name "}\nspec:\n"
#define GUARD(match)                                                                               \
    HEAD("RolloutGuard", "g")                                                                      \
    "  match: {" match "}\n  deadline: 10m\n  soak: 5m\n"                                          \
    "  onFailure: {rollback: lastHealthy, quarantine: true}\n"
#define PRODUCTION                                                                                 \
    HEAD("Environment", "production")                                                              \
    "  namespaceLabels: {stage: production}\n  timeZone: UTC\n---\n"
#define RULE(rule)                                                                                 \
    PRODUCTION HEAD("Policy", "p") "  match: {environments: [production], workloads: all}\n"       \
                                   "  rules:\n    - {id: r, " rule "}\n"

#define APPROVAL   RULE("approval: {approvers: {groups: [managers]}}")
#define QUARANTINE GUARD("namespaces: [shop]")
#define BY_LABELS  PRODUCTION GUARD("environments: [production]")
#define IMAGES     RULE("images: {deny: [\"docker.io/evil/*\"], tag: 'v\\d+'}")
#define SECURITY   RULE("podSecurity: {controls: [runAsNonRoot, runAsUser]}")
#define RESOURCES  RULE("resources: {max: {limits.cpu: 1}, maxRatio: {memory: 2}}")
#define FIELDS                                                                                     \
    RULE("fields: [{path: spec.replicas, min: 3}, {path: 'metadata.labels.*', matches: "           \
         "'[a-z]+'}]")
/* From an hour before the one that it is now. */
#define FREEZE RULE("freeze: {deny: [{schedule: \"0 %d * * *\", duration: 3h}], restarts: allow}")

#define WITH(labels, replicas, container)                                                          \
    "{\"metadata\":{\"name\":\"api\",\"labels\":{" labels "}},\"spec\":{\"replicas\":" replicas    \
    ",\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\"," container "}]}}}}"
#define IMAGE(image) WITH("", "1", "\"image\":\"" image "\"")
#define CPU(cpu)     WITH("", "1", "\"image\":\"a\",\"resources\":{\"limits\":{\"cpu\":" cpu "}}")

/* Where there is no object it is the Deployment of that template. */
static const struct {
    const char *name, *rules;
    struct ask ask;
    int template, old_template;
    bool granted;
    bool denied;
} cases[] = {
    {"frozen", FREEZE, {.name = "web"}, 1, 0, false, true},
    {"frozen update", FREEZE, {0}, 1, 2, false, true},
    {"restart in a freeze", FREEZE, {0}, 1, 1, false, false},
    {"not approved", APPROVAL, {0}, 1, 2, false, true},
    {"approved", APPROVAL, {.user = "bob", .groups = "[\"managers\"]"}, 1, 2, true, false},
    {"quarantined", QUARANTINE, {0}, QUARANTINED, 1, false, true},
    {"quarantined, created again", BY_LABELS, {0}, QUARANTINED, 0, false, true},
    {"never failed", BY_LABELS, {0}, 2, 1, false, false},
    {"image", IMAGES, {.object = IMAGE("evil/x:v1")}, 0, 0, false, true},
    {"tag", IMAGES, {.object = IMAGE("x:latest"), .old = IMAGE("x:v1")}, 0, 0, false, true},
    {"worse tag", IMAGES, {.object = IMAGE("x:b"), .old = IMAGE("x:a")}, 0, 0, false, true},
    {"good image", IMAGES, {.object = IMAGE("x:v1"), .old = IMAGE("x:a")}, 0, 0, false, false},
    {"root", SECURITY, {0}, 1, 0, false, true},
    {"root as it was", SECURITY, {0}, 1, 2, false, false},
    {"limit", RESOURCES, {.object = CPU("1.5")}, 0, 0, false, true},
    {"worse limit", RESOURCES, {.object = CPU("3.5"), .old = CPU("1.5")}, 0, 0, false, true},
    {"good limit", RESOURCES, {.object = CPU("0.5"), .old = CPU("1.5")}, 0, 0, false, false},
    {"containers that are a map",
     IMAGES,
     {.object = "{\"metadata\":{\"name\":\"api\"},\"spec\":{\"template\":{\"spec\":{"
                "\"containers\":{\"image\":\"evil/x:v1\"}}}}}"},
     0,
     0,
     false,
     true},
    {"field", FIELDS, {.object = WITH("", "1", "\"x\":1")}, 0, 0, false, true},
    {"worse field",
     FIELDS,
     {.object = WITH("\"a\":\"b c\"", "1", "\"x\":1"), .old = WITH("\"a\":\"b\"", "2", "\"x\":1")},
     0,
     0,
     false,
     true},
    {"good field", FIELDS, {.object = WITH("\"a\":\"b\"", "3", "\"x\":1")}, 0, 0, false, false},
};

struct scene {
    struct fixture f; /* makes requests; has no rules */
    struct api api;
    int null;
    struct decision_log *decisions;
    struct server_state server;
    struct cluster *cluster;
};

/* The record of the workload of which one template failed. */
static void add_record(struct scene *s)
{
    struct record record;
    struct buf text;
    json_t *map;

    record_init(&record);
    buf_init(&text, LIMIT_RECORD);
    record.kind = VIEW("Deployment");
    record.namespace_ = VIEW("shop");
    record.name = VIEW("api");
    assert_int_equal(
        record_add_failure(&record,
                           &(struct record_failure){.hash = hash_of(&s->f.arena, QUARANTINED),
                                                    .at = 1700000000,
                                                    .cause = VIEW("CrashLoop"),
                                                    .quarantined = true}),
        0);
    record_write(&record, &text);
    map = json_pack("{s:{s:s, s:{s:s}}, s:{s:s}}", "metadata", "name",
                    "rollout.deployment.shop.api", "labels", RECORD_CACHE_LABEL, RECORD_CACHE_KIND,
                    "data", RECORD_CACHE_KEY, text.p);
    assert_non_null(map);
    api_store(&s->api, "/api/v1/namespaces/tidegate-system/configmaps/rollout.deployment.shop.api",
              map);
    record_release(&record);
    buf_release(&text);
}

static void scene_start(struct scene *s)
{
    struct cluster_options options = {.config = &s->api.config,
                                      .own_namespace = VIEW("tidegate-system"),
                                      .identity = VIEW("tidegate-0"),
                                      .rules_in_force = server_state_set,
                                      .ctx = &s->server};

    *s = (struct scene){.null = open("/dev/null", O_WRONLY | O_CLOEXEC)};
    arena_init(&s->f.arena, 1 << 24);
    api_start(&s->api);
    api_put(&s->api, "/api/v1/namespaces/shop",
            "{'metadata':{'name':'shop','labels':{'stage':'production'}}}");
    add_record(s);
    assert_non_null(s->decisions = decision_log_create(s->null, 1));
    server_state_init(&s->server, NULL, s->decisions);
    s->server.cluster_view.own_namespace = VIEW("tidegate-system");
    assert_int_equal(server_state_use_rules(&s->server, fixture_compile(BY_LABELS, NULL)), 0);
    options.decisions = s->decisions;
    assert_non_null(s->cluster = cluster_start(&options));
    s->server.cluster = s->cluster;
}

static void scene_stop(struct scene *s)
{
    cluster_stop(s->cluster);
    server_state_release(&s->server);
    decision_log_free(s->decisions);
    close(s->null);
    api_stop(&s->api);
    arena_release(&s->f.arena);
}

/* --- one review ------------------------------------------------------------------------------- */

static const char *rules_of(struct scene *s, size_t i)
{
    int hour = (int)(clock_wall() / HOUR % 24);

    return strcmp(cases[i].rules, FREEZE) == 0
               ? arena_printf(&s->f.arena, FREEZE, (hour + 23) % 24).p
               : cases[i].rules;
}

static const char *object_of(struct scene *s, size_t i, int template)
{
    struct approval_annotation grant = {hash_of(&s->f.arena, template), VIEW("bob"),
                                        clock_wall() + HOUR};
    struct view none = VIEW("");

    if (template == 0)
        return NULL;
    return object_text(&s->f.arena, template_text(&s->f.arena, template, ""),
                       APPROVAL_ANNOTATION_ANNOTATION,
                       cases[i].granted && template == cases[i].template
                           ? approval_annotation_print(&grant, &s->f.arena)
                           : none);
}

static struct view review_of(struct scene *s, size_t i)
{
    struct ask ask = cases[i].ask;

    if (!ask.object) {
        ask.object = object_of(s, i, cases[i].template);
        ask.old = object_of(s, i, cases[i].old_template);
    }
    return arena_printf(&s->f.arena,
                        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                        "\"request\":%s}",
                        fixture_request(&s->f, &ask).p);
}

enum end { ADMITTED, DENIED, NO_ANSWER };

/* Which allocations fail: one of the process, that one and all after it, or one of ours, of which
 * an arena hides most from the process. */
enum how { ONE, ALL_FROM, ONE_OF_OURS };

struct service {
    struct scene *scene;
    char *body;
    size_t size, nth;
    enum how how;
    struct http_response response;
    size_t made;
};

/* In a thread of its own: what libraries keep for each thread is created again, and may fail. */
static void *serve(void *arg)
{
    struct service *v = arg;
    struct http_request request = {
        .body = v->body, .body_size = v->size, .arrived = clock_monotonic_ns()};

    failing_mark();
    if (v->how == ONE_OF_OURS)
        mem_fail_nth(v->nth);
    else
        failing_begin(FAILING_MARKED, v->nth, v->how == ALL_FROM);
    admit(&v->scene->server, &request, &v->response);
    v->made = v->how == ONE_OF_OURS ? mem_fail_nth(0) : failing_end();
    return NULL;
}

static enum end end_of(const struct http_response *response)
{
    json_t *answer = json_loadb(response->body.p, response->body.n, 0, NULL);
    json_t *allowed = json_object_get(json_object_get(answer, "response"), "allowed");
    enum end end = NO_ANSWER;

    if (response->status == 200) {
        assert_true(json_is_boolean(allowed));
        assert_string_equal(
            json_string_value(json_object_get(json_object_get(answer, "response"), "uid")), "u");
        end = json_is_true(allowed) ? ADMITTED : DENIED;
    } else {
        assert_in_range(response->status, 400, 599);
    }
    json_decref(answer);
    return end;
}

static enum end ask_once(struct scene *s, struct view review, size_t nth, enum how how,
                         size_t *made)
{
    struct service v = {.scene = s, .size = review.n, .nth = nth, .how = how};
    pthread_t thread;
    enum end end;

    v.body = calloc(1, review.n + BODY_PADDING);
    memcpy(v.body, review.p, review.n);
    buf_init(&v.response.body, LIMIT_ANSWER);
    assert_int_equal(pthread_create(&thread, NULL, serve, &v), 0);
    pthread_join(thread, NULL);
    end = end_of(&v.response);
    *made = v.made;
    buf_release(&v.response.body);
    free(v.body);
    return end;
}

/* --- the sweep -------------------------------------------------------------------------------- */

static void sweep(struct scene *s, size_t i, enum how how, size_t counts[3])
{
    static const char *const names[] = {" of the process", " of the process and each after it", ""};
    struct view review = review_of(s, i);
    size_t n = 1, made;

    do {
        enum end end = ask_once(s, review, n, how, &made);

        counts[end]++;
        if (end == ADMITTED && cases[i].denied)
            fail_msg("%s: admitted when allocation %zu%s fails", cases[i].name, n, names[how]);
    } while (n++ <= made);
    assert_true(n > 3);
}

/* Until the namespaces and records are listed. */
static void await_cluster(struct scene *s)
{
    const struct timespec pause = {0, 1000000};
    struct view review;
    size_t made;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (strcmp(cases[i].name, "never failed") != 0)
            continue;
        review = review_of(s, i);
        while (ask_once(s, review, 0, ONE, &made) != ADMITTED)
            nanosleep(&pause, NULL);
    }
}

static void reviews(void **state)
{
    size_t counts[3] = {0}, made;
    struct scene s;

    (void)state;
    scene_start(&s);
    await_cluster(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(server_state_use_rules(&s.server, fixture_compile(rules_of(&s, i), NULL)),
                         0);
        if (ask_once(&s, review_of(&s, i), 0, ONE, &made) != (cases[i].denied ? DENIED : ADMITTED))
            fail_msg("%s: not as expected with all memory", cases[i].name);
        sweep(&s, i, ONE, counts);
        sweep(&s, i, ALL_FROM, counts);
        sweep(&s, i, ONE_OF_OURS, counts);
    }
    print_message("%zu admitted, %zu denied, %zu without an answer\n", counts[ADMITTED],
                  counts[DENIED], counts[NO_ANSWER]);
    scene_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reviews)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
