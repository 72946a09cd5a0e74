#include "unit/policy/rules_fixture.h"

#define OBJECT "{\"metadata\":{\"labels\":{\"tier\":\"web\",\"empty\":\"\"}}}"
#define BOT    "system:serviceaccount:ci:bot"

static const struct {
    const char *match;
    struct ask ask;
    bool matches;
} cases[] = {
    {"workloads: all", {.object = OBJECT}, true},
    {"workloads: all", {.kind = "Rollout", .object = OBJECT}, true},
    {"workloads: all", {.kind = "Deployment", .group = "acme.example", .object = OBJECT}, false},
    {"workloads: all", {.kind = "Service", .object = OBJECT}, false},
    {"workloads: all, kinds: [Service]", {.kind = "Service", .object = OBJECT}, true},
    {"kinds: [Deployment]", {.object = OBJECT}, true},
    {"kinds: [Deployment]",
     {.kind = "Deployment", .group = "acme.example", .object = OBJECT},
     true},
    {"kinds: [apps/Deployment]",
     {.kind = "Deployment", .group = "acme.example", .object = OBJECT},
     false},
    {"kinds: [apps/Deployment]", {.object = OBJECT}, true},
    {"kinds: [/Pod]", {.kind = "Pod", .object = OBJECT}, true},
    {"kinds: [Pod, Service]", {.object = OBJECT}, false},

    {"namespaces: [shop]", {.object = OBJECT}, true},
    {"namespaces: [sh*]", {.object = OBJECT}, true},
    {"namespaces: [sho]", {.object = OBJECT}, false},
    {"namespaces: [\"*\"]", {.object = OBJECT}, true},
    {"namespaces: [a, shop, z]", {.object = OBJECT}, true},
    {"namespaces: [a, b]", {.object = OBJECT}, false},
    {"names: [ap?]", {.object = OBJECT}, true},
    {"names: [api-*]", {.object = OBJECT}, false},

    {"operations: [CREATE]", {.object = OBJECT}, true},
    {"operations: [UPDATE]", {.object = OBJECT}, false},
    {"operations: [UPDATE, DELETE]", {.operation = "DELETE", .old = OBJECT}, true},
    {"names: [api]", {.operation = "DELETE", .old = OBJECT}, false},
    {"names: [db], operations: [DELETE]",
     {.operation = "DELETE", .name = "", .old = "{\"metadata\":{\"name\":\"db\"}}"},
     true},
    {"operations: [CONNECT]",
     {.operation = "CONNECT", .kind = "PodExecOptions", .subresource = "exec", .object = "{}"},
     true},

    {"users: [alice]", {.object = OBJECT}, true},
    {"users: [ali*]", {.object = OBJECT}, true},
    {"users: [bob]", {.object = OBJECT}, false},
    {"groups: [deployers]", {.object = OBJECT}, true},
    {"groups: [deploy*]", {.object = OBJECT}, false},
    {"users: [bob], groups: [deployers]", {.object = OBJECT}, true},
    {"serviceAccounts: [ci/bot]", {.user = BOT, .object = OBJECT}, true},
    {"serviceAccounts: [\"*/bot\"]", {.user = BOT, .object = OBJECT}, true},
    {"serviceAccounts: [ci/*]", {.user = BOT, .object = OBJECT}, true},
    {"serviceAccounts: [c/bot]", {.user = BOT, .object = OBJECT}, false},
    {"serviceAccounts: [ci/bot]", {.user = "ci:bot", .object = OBJECT}, false},
    {"users: [alice], names: [web]", {.object = OBJECT}, false},

    {"labels: {tier: web}", {.object = OBJECT}, true},
    {"labels: {tier: web}", {.operation = "DELETE", .old = OBJECT}, false},
    {"labels: {tier: web}, operations: [DELETE]", {.operation = "DELETE", .old = OBJECT}, true},
    {"labels: {tier: web, empty: \"\"}", {.object = OBJECT}, true},
    {"labels: {tier: db}", {.object = OBJECT}, false},
    {"labels: {matchLabels: {tier: web}}", {.object = OBJECT}, true},
    {"labels: {matchExpressions: [{key: tier, operator: In, values: [db, web]}]}",
     {.object = OBJECT},
     true},
    {"labels: {matchExpressions: [{key: tier, operator: In, values: [db]}]}",
     {.object = OBJECT},
     false},
    {"labels: {matchExpressions: [{key: tier, operator: NotIn, values: [db]}]}",
     {.object = OBJECT},
     true},
    {"labels: {matchExpressions: [{key: tier, operator: NotIn, values: [web]}]}",
     {.object = OBJECT},
     false},
    {"labels: {matchExpressions: [{key: none, operator: NotIn, values: [web]}]}",
     {.object = OBJECT},
     true},
    {"labels: {matchExpressions: [{key: tier, operator: Exists}]}", {.object = OBJECT}, true},
    {"labels: {matchExpressions: [{key: none, operator: Exists}]}", {.object = OBJECT}, false},
    {"labels: {matchExpressions: [{key: none, operator: DoesNotExist}]}", {.object = OBJECT}, true},
    {"labels: {matchExpressions: [{key: tier, operator: DoesNotExist}]}",
     {.object = OBJECT},
     false},
    {"labels: {matchExpressions: [{key: tier, operator: DoesNotExist}]}", {.object = "{}"}, true},
    {"labels: {matchLabels: {tier: web}, matchExpressions: [{key: none, operator: Exists}]}",
     {.object = OBJECT},
     false},
    {"labels: {tier: web}", {.object = "{}", .old = OBJECT}, true},
    {"labels: {tier: web}", {.object = OBJECT, .old = "{}"}, true},

    {"namespaceLabels: {tier: web}", {.kind = "Namespace", .object = OBJECT}, true},
    {"namespaceLabels: {tier: db}", {.kind = "Namespace", .object = OBJECT}, false},
    {"environments: [here]", {.object = OBJECT}, true},
    {"environments: [there]", {.object = OBJECT}, false},
    {"environments: [there, here]", {.object = OBJECT}, true},
    {"environments: [here]", {.kind = "Node", .namespace_ = "", .object = OBJECT}, false},
    {"environments: [globs]", {.object = OBJECT}, true},
    {"environments: [here], namespaces: [other]", {.object = OBJECT}, false},
};

#define ENVIRONMENT(name, namespaces)                                                              \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Environment\nmetadata: {name: " name "}\n"           \
    "spec: {namespaces: [" namespaces "]}\n---\n"
#define POLICY "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p%zu}\nspec:\n"

static void requests_that_are_spoken_of(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct request request;
        char rules[2048];

        snprintf(rules, sizeof(rules),
                 ENVIRONMENT("here", "shop") ENVIRONMENT("there", "prod")
                     ENVIRONMENT("globs", "prod, s*") POLICY
                 "  match: {%s}\n  rules: [{id: r, fields: [{path: metadata.selfLink, exists: "
                 "true}]}]\n",
                 i, cases[i].match);
        fixture_open(&f, rules);
        if (fixture_ask(&f, fixture_request(&f, &cases[i].ask).p, 0, &request).asked !=
            cases[i].matches)
            fail_msg("%s: case %zu", cases[i].match, i);
        fixture_close(&f);
    }
}

/* Labels that are not text are none that a rule may pass over, nor an exemption go by. */
static void odd_labels_cannot_be_told(void **state)
{
    static const struct {
        const char *rule, *object, *rules;
    } odd[] = {
        {"match: {labels: {tier: web}}", "{\"metadata\":{\"labels\":{\"tier\":5}}}", "w:r"},
        {"match: {labels: {tier: web}}", "{\"metadata\":{\"labels\":[\"tier\"]}}", "w:r"},
        {"match: {labels: {tier: web}}", "{\"metadata\":{\"labels\":{\"tier\":null}}}", "w:r"},
        {"match: {labels: {tier: web}}", "{\"metadata\":{\"labels\":null}}", ""},
        {"match: {labels: {tier: web}}", "{\"metadata\":{\"labels\":{\"tier\":\"5\"}}}", ""},
        {"exempt: [{labels: {tier: web}, reason: x}]",
         "{\"metadata\":{\"labels\":{\"tier\":\"web\",\"a\":5}}}", "r"},
        {"exempt: [{labels: {tier: web}, reason: x}]",
         "{\"metadata\":{\"labels\":{\"tier\":\"web\",\"a\":\"5\"}}}", "x:r"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        struct ask ask = {.object = odd[i].object};
        struct fixture f;
        char rules[2048];

        snprintf(rules, sizeof(rules),
                 POLICY
                 "  rules: [{id: r, onError: warn, %s, fields: [{path: x, exists: true}]}]\n",
                 i, odd[i].rule);
        fixture_open(&f, rules);
        if (strcmp(fixture_rules(&f, &ask, 0), odd[i].rules) != 0)
            fail_msg("%s of %s: %s", odd[i].rule, odd[i].object, fixture_rules(&f, &ask, 0));
        fixture_close(&f);
    }
}

/* --- the index by namespace ------------------------------------------------------------------- */

/* Every policy that matches is asked, in the order of the files, whatever the index leaves out. */
static void many_policies(void **state)
{
    enum { POLICIES = 300 };
    static const char *const matches[] = {
        "namespaces: [shop]",
        "namespaces: [a, shop, shop-2]",
        "namespaces: [other]",
        "namespaces: [s*]",
        "environments: [here]",
        "environments: [there, here]",
        "environments: [there]",
        "environments: [globs]",
        "workloads: all",
        "environments: [here], namespaces: [\"*\"]",
        "environments: [here], namespaces: [other]",
    };
    static const bool expected[] = {1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0};
    struct buf text;
    struct fixture f;
    struct request request;
    struct verdict verdict;
    const struct rule_result *result;
    struct ask ask = {.object = OBJECT};

    (void)state;
    buf_init(&text, 1 << 20);
    buf_add_str(&text, ENVIRONMENT("here", "shop, shop-3") ENVIRONMENT("there", "prod, a, z")
                           ENVIRONMENT("globs", "prod, s*"));
    for (size_t i = 0; i < POLICIES; i++)
        buf_printf(&text,
                   "%s" POLICY "  match: {%s}\n  rules: [{id: r, fields: [{path: "
                   "metadata.selfLink, exists: true}]}]\n",
                   i ? "---\n" : "", i, matches[i % 11]);
    fixture_open(&f, text.p);
    verdict = fixture_ask(&f, fixture_request(&f, &ask).p, 0, &request);
    result = verdict.first;
    for (size_t i = 0; i < POLICIES; i++) {
        if (!expected[i % 11])
            continue;
        assert_non_null(result);
        assert_ptr_equal(result->policy, &f.set->policies[i]);
        result = result->next;
    }
    assert_null(result);
    fixture_close(&f);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(requests_that_are_spoken_of),
                                       cmocka_unit_test(odd_labels_cannot_be_told),
                                       cmocka_unit_test(many_policies)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
