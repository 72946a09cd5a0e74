/* Each allocation fails in turn: nothing crashes, nothing that is denied is admitted, and no rule
 * set comes into force with a rule less. */
#include "base/mem.h"
#include "policy/guard/guard.h"
#include "unit/policy/rules_fixture.h"

static const char rules[] =
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Environment\n"
    "metadata: {name: production}\n"
    "spec: {namespaces: [shop], timeZone: Europe/Paris}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: a}\n"
    "spec:\n"
    "  match: {environments: [production], workloads: all, labels: {matchExpressions: [{key: x, "
    "operator: DoesNotExist}]}}\n"
    "  rules:\n"
    "    - {id: security, podSecurity: {controls: [runAsNonRoot, runAsUser]}}\n"
    "    - {id: frozen, freeze: {deny: [{schedule: \"0 0 * * *\", duration: 23h}]}}\n"
    "    - {id: approved, approval: {approvers: {groups: [managers]}}}\n"
    "    - {id: ticket, approval: {annotation: ticket, pattern: 'OPS-\\d+'}}\n"
    "    - {id: images, images: {allow: [\"ghcr.io/acme/*\"], tag: 'v\\d+'}}\n"
    "    - {id: sized, resources: {require: [limits.cpu], max: {limits.memory: 1Gi}}}\n"
    "    - {id: replicas, fields: [{path: spec.replicas, min: 3}, {path: container.args, absent: "
    "true}]}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: b}\n"
    "spec:\n"
    "  rules:\n"
    "    - {id: warned, mode: warn, fields: [{path: \"metadata.labels.*\", matches: 'a+'}]}\n"
    "    - {id: exempted, podSecurity: {controls: [runAsUser]}, exempt: [{names: [web], reason: "
    "r}]}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: RolloutGuard\n"
    "metadata: {name: c}\n"
    "spec:\n"
    "  match: {environments: [production], labels: {a: b}}\n"
    "  deadline: 10m\n"
    "  soak: 5m\n"
    "  fail:\n"
    "    waiting: {reasons: [CreateContainerError]}\n"
    "    http: [{service: api, port: 80, status: [200], body: 'ok'}]\n"
    "    prometheus: [{query: up, min: 1}]\n"
    "  onFailure: {rollback: lastHealthy, release: {users: [alice]}}\n"
    "  notify: [slack]\n";

/* What these deny is denied by the built-in rules alone. */
static const char guard_alone[] = "apiVersion: tidegate.dev/v1alpha1\n"
                                  "kind: RolloutGuard\n"
                                  "metadata: {name: c}\n"
                                  "spec:\n"
                                  "  deadline: 10m\n"
                                  "  soak: 5m\n"
                                  "  onFailure: {rollback: lastHealthy}\n";

/* What it finds of a long amount has no room where its path still has. */
static const char amounts_alone[] =
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: p}\n"
    "spec: {rules: [{id: r, resources: {min: {requests.cpu: 1}}}]}\n";

#define X16(x) x x x x x x x x x x x x x x x x
#define AMOUNT(end)                                                                                \
    "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"a\","          \
    "\"resources\":{\"limits\":{\"cpu\":\"" X16(X16("12345678")) end "\"}}}]}}}}"

#define OBJECT(image)                                                                              \
    "{\"metadata\":{\"name\":\"api\",\"labels\":{\"k\":\"b\",\"l\":\"c\"}},\"spec\":{"             \
    "\"replicas\":1,"                                                                              \
    "\"template\":{\"spec\":{\"securityContext\":{\"runAsUser\":0},\"containers\":[{\"name\":"     \
    "\"c\","                                                                                       \
    "\"image\":\"" image                                                                           \
    "\",\"args\":[\"x\"],\"resources\":{\"limits\":{\"memory\":\"2Gi\"}}}]}}}}"

/* Arena chunks hide most allocations of a review: a fresh arena for each makes them count. */
static bool review_is_denied(struct fixture *f, const struct request *request, size_t nth,
                             size_t *made)
{
    struct verdict verdict;
    struct arena arena;
    size_t count;
    bool denied;

    arena_init(&arena, 1 << 22);
    mem_fail_nth(nth);
    denied = evaluate(f->set, request, &f->cluster_view, 1700000000, &arena, &verdict) < 0 ||
             !verdict.allowed;
    message_denial(&verdict, request, &arena);
    message_warnings(&verdict, &arena, &count);
    *made = mem_fail_nth(0);
    arena_release(&arena);
    return denied;
}

/* The same by the ceiling of the arena, from nothing on: each allocation of the arena. */
static bool small_review_is_denied(struct fixture *f, const struct request *request, size_t ceiling)
{
    struct verdict verdict;
    struct arena arena;
    size_t count;
    bool denied;

    arena_init(&arena, ceiling);
    denied = evaluate(f->set, request, &f->cluster_view, 1700000000, &arena, &verdict) < 0 ||
             !verdict.allowed;
    message_denial(&verdict, request, &arena);
    message_warnings(&verdict, &arena, &count);
    arena_release(&arena);
    return denied;
}

/* Everything failed. */
static void all_failed(void *ctx, const struct request *request, struct view hash,
                       struct arena *arena, struct cluster_view_rollout *out)
{
    (void)ctx;
    (void)request;
    (void)hash;
    (void)arena;
    *out = (struct cluster_view_rollout){
        .quarantined = true, .failed_at = 1699999000, .cause = VIEW("it ended")};
}

#define FORGED                                                                                     \
    "{\"metadata\":{\"annotations\":{\"tidegate.dev/rollback\":\"by nobody\"}},\"spec\":{}}"

static void reviews(void **state)
{
    static const struct {
        const char *rules;
        struct ask ask;
    } cases[] = {
        {rules, {.object = OBJECT("nginx")}},
        {rules, {.object = OBJECT("nginx"), .old = OBJECT("nginx:1")}},
        {rules, {.object = OBJECT("nginx"), .old = "{\"spec\":{\"template\":{\"spec\":{}}}}"}},
        {guard_alone, {.object = OBJECT("nginx")}},
        {guard_alone, {.object = OBJECT("nginx"), .old = OBJECT("nginx:1")}},
        {guard_alone, {.object = FORGED, .old = "{\"spec\":{}}"}},
        {amounts_alone, {.object = AMOUNT("b"), .old = AMOUNT("a")}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct request request;
        size_t n = 1, made;

        fixture_open(&f, cases[i].rules);
        f.cluster_view.rollout = all_failed;
        assert_false(
            fixture_ask(&f, fixture_request(&f, &cases[i].ask).p, 1700000000, &request).allowed);
        do {
            if (!review_is_denied(&f, &request, n, &made))
                fail_msg("request %zu: admitted when allocation %zu fails", i, n);
        } while (n++ <= made);
        assert_true(n > 4);
        for (size_t ceiling = 0; ceiling < 40000; ceiling += 61)
            if (!small_review_is_denied(&f, &request, ceiling))
                fail_msg("request %zu: admitted within %zu bytes", i, ceiling);
        fixture_close(&f);
    }
}

static bool is_complete(const struct policy_set *set)
{
    return set->rule_count == 9 && set->policy_count == 2 && set->environment_count == 2 &&
           set->guard_count == 1 && set->guards[0].fail.http_count == 1 &&
           set->guards[0].fail.http[0].body && set->guards[0].fail.prometheus_count == 1 &&
           set->guards[0].notify_count == 1;
}

static void rule_sets(void **state)
{
    char directory[] = "/tmp/tidegate-test-XXXXXX", path[64];
    size_t made = 1, loaded = 0;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/rules.yaml", directory);
    assert_non_null(file = fopen(path, "w"));
    fputs(rules, file);
    fclose(file);
    for (size_t n = 1; n <= made + 1; n++) {
        const struct source more = {
            .name = VIEW("configmap/a/e.yaml"),
            .text = VIEW("apiVersion: tidegate.dev/v1alpha1\nkind: Environment\n"
                         "metadata: {name: more}\nspec: {namespaces: [more]}\n")};
        const struct policy_sources from = {
            .paths = (const char *const[]){directory, NULL}, .texts = &more, .text_count = 1};
        struct policy_set *set = NULL;
        struct diags diags;
        struct buf text;
        int result;

        diags_init(&diags, NULL);
        mem_fail_nth(n);
        result = policy_set_load(&from, &diags, &set);
        made = mem_fail_nth(0);
        if (result == 0 && !is_complete(set))
            fail_msg("%zu rules when allocation %zu fails", set->rule_count, n);
        buf_init(&text, 1 << 16);
        diags_write(&diags, &text);
        if (result < 0 && set && diags.errors == 0)
            fail_msg("no error when allocation %zu fails", n);
        buf_release(&text);
        policy_set_release(set);
        loaded += result == 0;
    }
    unlink(path);
    rmdir(directory);
    assert_true(loaded > 0 && made > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reviews), cmocka_unit_test(rule_sets)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
