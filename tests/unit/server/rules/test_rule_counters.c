#include "server/rules/rule_counters.h"

#include "unit/policy/rules_fixture.h"

static const char rules[] =
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n"
    "    - {id: replicas, fields: [{path: spec.replicas, min: 3}]}\n";
static const char guard_alone[] =
    "apiVersion: tidegate.dev/v1alpha1\nkind: RolloutGuard\nmetadata: {name: g}\nspec:\n"
    "  deadline: 10m\n  soak: 5m\n  onFailure: notify\n";

static void add_broken(void *ctx, const struct rule_count *count)
{
    uint64_t *reviews = ctx;

    if (view_eq_str(count->rule, "replicas") && strcmp(count->mode, "deny") == 0 &&
        strcmp(count->result, "broken") == 0)
        *reviews += count->reviews;
}

/* How often `broken` was counted of the rule "replicas". */
static bool counted(const struct rule_counters *r, uint64_t times)
{
    uint64_t reviews = 0;

    rule_counters_each(r, add_broken, &reviews);
    return reviews == times;
}

static void built_in_rules_have_no_counter(void **state)
{
    static const struct rule built_in = {.id = {"quarantine", 10}};
    const struct rule_result denied = {.rule = &built_in, .status = RULE_BROKEN};
    struct rule_counters *r = rule_counters_create(fixture_compile(rules, NULL), NULL);
    struct rule_result own = denied;

    (void)state;
    own.rule = &rule_counters_set(r)->policies[0].rules[0];
    rule_counters_count(r, &own);
    rule_counters_count(r, &denied);
    assert_true(counted(r, 1));
    rule_counters_release(r);

    r = rule_counters_create(fixture_compile(guard_alone, NULL), NULL);
    rule_counters_count(r, &denied);
    rule_counters_release(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(built_in_rules_have_no_counter)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
