#include "server/freeze_metrics.h"

#include "../policy/rules_fixture.h"

static const char rules[] =
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Environment\n"
    "metadata: {name: production}\n"
    "spec: {namespaces: [shop], timeZone: Europe/Paris}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Environment\n"
    "metadata: {name: staging}\n"
    "spec: {namespaces: [shop-staging]}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: shop}\n"
    "spec:\n"
    "  match: {environments: [production], workloads: all}\n"
    "  rules:\n"
    "    - {id: hours, freeze: {deny: [{schedule: \"0 8 * * 1-5\", duration: 10h}]}}\n";

/* 2026-11-24 is a Tuesday; 14:46 in Paris. */
enum { TUESDAY = 1795527960, OPENS = 1795539600 };

static void freezes_are_told_by_environment(void **state)
{
    struct policy_set *set = fixture_compile(rules, NULL);
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 16);
    freeze_metrics_write(set, TUESDAY, &out);
    assert_non_null(strstr(out.p, "\ntidegate_freeze_active{environment=\"production\"} 1\n"
                                  "tidegate_freeze_active{environment=\"staging\"} 0\n"));
    assert_non_null(strstr(out.p, "\ntidegate_freeze_next_change_timestamp_seconds"
                                  "{environment=\"production\"} 1795539600\n"));
    assert_null(strstr(out.p, "seconds{environment=\"staging\"}"));
    buf_reset(&out);
    freeze_metrics_write(set, OPENS, &out);
    assert_non_null(strstr(out.p, "\ntidegate_freeze_active{environment=\"production\"} 0\n"));
    buf_release(&out);
    policy_set_release(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(freezes_are_told_by_environment)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
