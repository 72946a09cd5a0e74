/* Labels that a write brings or takes away, of a rule and of an exemption. */
#include "unit/policy/rules_fixture.h"

#define RULE                                                                                       \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n"                \
    "  match: {workloads: all%s}\n"                                                                \
    "  rules:\n    - {id: r, podSecurity: {controls: [runAsNonRoot]}%s}\n"
#define OF_POLICY ", labels: {tier: web}", ""
#define OF_RULE   "", ", match: {labels: {tier: web}}"
#define EXEMPT    "", ", exempt: [{labels: {tier: web}, reason: x}]"
#define POD(tier)                                                                                  \
    "{\"metadata\":{\"labels\":{\"tier\":\"" tier "\"}},\"spec\":{\"containers\":[{}]}}"

static const struct {
    const char *name, *policy, *rule, *old, *object;
    const char *rules; /* "r": denied, "e:r": as it was, "x:r": exempt, "": not asked */
} cases[] = {
    {"the label comes", OF_POLICY, POD("db"), POD("web"), "r"},
    {"the label of the rule comes", OF_RULE, POD("db"), POD("web"), "r"},
    {"the label stays", OF_POLICY, POD("web"), POD("web"), "e:r"},
    {"the label of the rule stays", OF_RULE, POD("web"), POD("web"), "e:r"},
    {"the label goes", OF_POLICY, POD("web"), POD("db"), "e:r"},
    {"it was never there", OF_POLICY, POD("db"), POD("db"), ""},
    {"another label, and no rule goes by it", "", "", POD("db"), POD("web"), "e:r"},
    {"an exemption stays", EXEMPT, "{\"spec\":{}}", POD("web"), "x:r"},
    {"an exemption goes", EXEMPT,
     "{\"metadata\":{\"labels\":{\"tier\":\"web\"}},\"spec\":{\"containers\":[]}}", POD("db"), "r"},
};

static void labels_that_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct ask ask = {.kind = "Pod", .old = cases[i].old, .object = cases[i].object};
        char text[1024];
        const char *found;

        snprintf(text, sizeof(text), RULE, cases[i].policy, cases[i].rule);
        fixture_open(&f, text);
        found = fixture_rules(&f, &ask, 0);
        if (strcmp(found, cases[i].rules) != 0)
            fail_msg("%s: \"%s\"", cases[i].name, found);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_that_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
