#include "policy/rule/subjects.h"

#include "base/budget.h"
#include "unit/policy/rules_fixture.h"

/* A budget that is over once so many steps were asked for is looked at while the groups are looked
 * through, and not before. */
static void groups_are_looked_through_by_the_budget(void **state)
{
    enum { GROUPS = 20000 };
    static const char frozen[] =
        "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n"
        "    - id: r\n"
        "      freeze:\n"
        "        deny: [{schedule: \"0 0 1 1 *\", duration: 1h}]\n"
        "        timeZone: UTC\n"
        "        override: {groups: [a, b, c, d, e, f, h, i, j, k]}\n";
    struct ask ask = {.kind = "Deployment",
                      .object = "{\"metadata\":{\"name\":\"api\",\"annotations\":{"
                                "\"tidegate.dev/break-glass\":\"outage\"}}}"};
    struct budget budget = {.deadline = 1, .look = GROUPS};
    struct fixture f;
    struct request request;
    struct verdict verdict;
    struct buf groups;

    (void)state;
    buf_init(&groups, 1 << 20);
    for (size_t i = 0; i < GROUPS; i++)
        buf_printf(&groups, "%s\"g%zu\"", i == 0 ? "[" : ",", i);
    buf_add_str(&groups, "]");
    ask.groups = groups.p;
    fixture_open(&f, frozen);
    verdict = fixture_ask(&f, fixture_request(&f, &ask).p, 0, &request);
    assert_int_equal(verdict.first->status, RULE_BROKEN);
    request.budget = &budget;
    assert_int_equal(evaluate(f.set, &request, &f.cluster_view, 0, &f.arena, &verdict), 0);
    assert_int_equal(verdict.first->status, RULE_UNANSWERED);
    fixture_close(&f);
    buf_release(&groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_looked_through_by_the_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
