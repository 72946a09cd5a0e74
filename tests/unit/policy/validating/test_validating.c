/* ValidatingAdmissionPolicies; tests/system/cluster/test_validating_policies.py has a real API
 * server's answers beside ours. */
#include "policy/limits.h"
#include "unit/policy/rules_fixture.h"

#define GROUP "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy"
#define RULES                                                                                      \
    "matchConstraints: {resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], "                   \
    "operations: ['*'], resources: ['*/*']}]}"

enum { NOW = 1700000000 };

/* A policy with that spec, a binding with that one, and what follows. */
static const char *documents(struct fixture *f, const char *policy, const char *binding,
                             const char *more)
{
    return arena_printf(&f->arena,
                        GROUP "\nmetadata: {name: p}\nspec: {%s}\n---\n" GROUP
                              "Binding\nmetadata: {name: b}\nspec: {policyName: p, %s}\n%s",
                        policy, binding, more)
        .p;
}

static const struct {
    const char *name, *policy, *binding;
    struct ask ask;
    const char *verdict; /* as fixture_rules has it */
} cases[] = {
    {"it holds",
     RULES ", validations: [{expression: 'true'}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     ""},
    {"it does not",
     RULES ", validations: [{expression: 'false'}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     "b"},
    {"warn",
     RULES ", validations: [{expression: 'false'}]",
     "validationActions: [Warn, Audit]",
     {.object = "{}"},
     "w:b"},
    {"audit",
     RULES ", validations: [{expression: 'false'}]",
     "validationActions: [Audit]",
     {.object = "{}"},
     "n:b"},
    {"held against what was there",
     RULES ", validations: [{expression: object.spec.a == 1}]",
     "validationActions: [Deny]",
     {.object = "{\"spec\":{\"a\":2}}", .old = "{\"spec\":{\"a\":2}}"},
     "b"},
    {"status",
     RULES ", validations: [{expression: request.subResource != 'status'}]",
     "validationActions: [Deny]",
     {.object = "{}", .old = "{}", .subresource = "status"},
     "b"},
    {"what is not a pod at all",
     RULES ", validations: [{expression: 'true'}]",
     "validationActions: [Deny]",
     {.object = "{\"spec\":{\"template\":{\"spec\":{\"containers\":3}}}}"},
     ""},
    {"deletion",
     RULES ", validations: [{expression: object != null || !has(oldObject.spec)}]",
     "validationActions: [Deny]",
     {.operation = "DELETE", .old = "{\"spec\":{}}"},
     "b"},
    {"itself",
     RULES ", validations: [{expression: 'false'}]",
     "validationActions: [Deny]",
     {.object = "{}",
      .kind = "ValidatingAdmissionPolicy",
      .group = "admissionregistration.k8s.io",
      .namespace_ = ""},
     ""},
    {"no value",
     RULES ", validations: [{expression: object.a == 1}]",
     "validationActions: [Warn]",
     {.object = "{}"},
     "w:b"},
    {"no value, ignored",
     RULES ", failurePolicy: Ignore, validations: [{expression: object.a == 1}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     "u:b"},
    {"another operation",
     "matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: "
     "[DELETE], resources: [deployments]}]}, validations: [{expression: 'false'}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     ""},
    {"another group",
     "matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: ['*'], "
     "resources: [deployments]}]}, validations: [{expression: 'false'}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     ""},
    {"another version, converted by nobody",
     "matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1beta1], operations: "
     "['*'], resources: [deployments]}]}, validations: [{expression: 'false'}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     "b"},
    {"another version, exact",
     "matchConstraints: {matchPolicy: Exact, resourceRules: [{apiGroups: [apps], apiVersions: "
     "[v1beta1], operations: ['*'], resources: [deployments]}]}, validations: [{expression: "
     "'false'}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     ""},
    {"a subresource that is not named",
     "matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: ['*'], "
     "resources: [deployments]}]}, validations: [{expression: 'false'}]",
     "validationActions: [Deny]",
     {.object = "{}", .old = "{}", .subresource = "status"},
     ""},
    {"excluded",
     "matchConstraints: {excludeResourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: "
     "['*'], resources: [deployments], resourceNames: [api]}]}, validations: [{expression: "
     "'false'}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     ""},
    {"namespaced",
     "matchConstraints: {resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], "
     "resources: ['*'], scope: Cluster}]}, validations: [{expression: 'false'}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     ""},
    {"labels before",
     RULES ", validations: [{expression: 'false'}]",
     "validationActions: [Deny], matchResources: {objectSelector: {matchLabels: {a: b}}}",
     {.object = "{}", .old = "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"},
     "b"},
    {"labels that are not there",
     RULES ", validations: [{expression: 'false'}]",
     "validationActions: [Deny], matchResources: {objectSelector: {matchLabels: {a: b}}}",
     {.object = "{}"},
     ""},
    {"labels of a namespace that are not known",
     RULES ", validations: [{expression: 'true'}]",
     "validationActions: [Audit], matchResources: {namespaceSelector: {matchLabels: {a: b}}}",
     {.object = "{}"},
     "b"},
    {"labels of a namespace itself",
     RULES ", validations: [{expression: 'false'}]",
     "validationActions: [Deny], matchResources: {namespaceSelector: {matchLabels: {a: b}}}",
     {.kind = "Namespace",
      .resource = "namespaces",
      .name = "shop",
      .object = "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"},
     "b"},
    {"what is not a bool is not true",
     RULES ", validations: [{expression: '([true] + object.a)[1]'}]",
     "validationActions: [Deny]",
     {.object = "{\"a\":[\"text\"]}"},
     "b"},
    {"a condition that is not a bool is not false",
     RULES ", matchConditions: [{name: a, expression: '([true] + object.a)[1]'}], validations: "
           "[{expression: 'false'}]",
     "validationActions: [Deny]",
     {.object = "{\"a\":[\"text\"]}"},
     "b"},
    {"the authorizer",
     RULES ", validations: [{expression: authorizer.path('/x').check('get').allowed()}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     "b"},
    {"an annotation",
     RULES ", auditAnnotations: [{key: k, valueExpression: \"'v'\"}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     "n:b"},
    {"an annotation without a value",
     RULES ", auditAnnotations: [{key: k, valueExpression: "
           "string(object.a)}]",
     "validationActions: [Warn]",
     {.object = "{}"},
     "b"},
    {"no namespaceObject in conditions",
     RULES ", matchConditions: [{name: a, expression: namespaceObject == null}], validations: "
           "[{expression: namespaceObject == null}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     "b"},
    {"a false condition beside one without a value",
     RULES ", matchConditions: [{name: a, expression: object.a == 1}, {name: b, expression: "
           "'false'}], validations: [{expression: 'false'}]",
     "validationActions: [Deny]",
     {.object = "{}"},
     ""},
};

static void what_a_binding_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f, made = {0};

        arena_init(&made.arena, 1 << 20);
        fixture_open(&f, documents(&made, cases[i].policy, cases[i].binding, ""));
        if (strcmp(fixture_rules(&f, &cases[i].ask, NOW), cases[i].verdict) != 0)
            fail_msg("%s: %s", cases[i].name, fixture_rules(&f, &cases[i].ask, NOW));
        fixture_close(&f);
        arena_release(&made.arena);
    }
}

/* Whether the budget of all expressions lasts, over a list of that many elements. */
static bool is_in_budget(const char *policy, size_t elements)
{
    struct fixture f, made = {0};
    struct verdict v;
    struct buf object;
    struct ask ask = {0};
    bool lasts;

    arena_init(&made.arena, 1 << 20);
    buf_init(&object, 1 << 20);
    buf_add_str(&object, "{\"a\":[0");
    for (size_t i = 1; i < elements; i++)
        buf_add_str(&object, ",0");
    buf_add_str(&object, "]}");
    ask.object = object.p;
    fixture_open(&f, documents(&made, policy, "validationActions: [Deny]", ""));
    lasts = !strstr(fixture_denial(&f, &ask, NOW, &v), "budget");
    fixture_close(&f);
    buf_release(&object);
    arena_release(&made.arena);
    return lasts;
}

#define HOLDS ", validations: [{expression: 'true'}]"
#define LOOP  "object.a.all(x, object.a.all(y, x == y))"

/* LIMIT_CEL_MATCH_COST: three conditions that cost 1,000,000 units each, which is all that they
 * may, are too much together; two are not, nor three that are cheap, nor three validations. */
static void what_conditions_cost_together(void **state)
{
    enum { FEW = 100, MANY = 1000 };
    static const char condition[] = "{name: c, expression: '" LOOP "'}";
    char two[2048], three[2048], validations[2048];

    (void)state;
    assert_in_range(LIMIT_CEL_MATCH_COST, 2 * LIMIT_CEL_COST + 1, 3 * LIMIT_CEL_COST - 1);
    snprintf(two, sizeof(two), RULES HOLDS ", matchConditions: [%s, %s]", condition, condition);
    snprintf(three, sizeof(three), RULES HOLDS ", matchConditions: [%s, %s, %s]", condition,
             condition, condition);
    snprintf(validations, sizeof(validations),
             RULES ", validations: [{expression: '%s'}, {expression: '%s'}, {expression: '%s'}]",
             LOOP, LOOP, LOOP);
    assert_true(is_in_budget(two, MANY));
    assert_true(is_in_budget(three, FEW));
    assert_false(is_in_budget(three, MANY));
    assert_true(is_in_budget(validations, MANY));
}

/* LIMIT_CEL_MESSAGE: a longer one is not told. */
static void a_message_that_is_too_long(void **state)
{
    (void)state;
    for (int n = LIMIT_CEL_MESSAGE - 1; n <= LIMIT_CEL_MESSAGE + 1; n++) {
        struct fixture f, made = {0};
        struct ask ask = {0};
        struct request request;
        struct verdict v;

        arena_init(&made.arena, 1 << 20);
        ask.object = arena_printf(&made.arena, "{\"m\":\"%0*d\"}", n, 1).p;
        fixture_open(&f, documents(&made,
                                   RULES ", validations: [{expression: 'false', message: "
                                         "short, messageExpression: string(object.m)}]",
                                   "validationActions: [Deny]", ""));
        v = fixture_ask(&f, fixture_request(&f, &ask).p, NOW, &request);
        assert_int_equal(v.first->findings->needs.n, n <= LIMIT_CEL_MESSAGE ? (size_t)n : 5);
        fixture_close(&f);
        arena_release(&made.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_binding_decides),
        cmocka_unit_test(what_conditions_cost_together),
        cmocka_unit_test(a_message_that_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
