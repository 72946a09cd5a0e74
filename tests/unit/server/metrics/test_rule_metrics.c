#include "policy/freezes/freezes.h"
#include "server/metrics/registry.h"
#include "unit/policy/rules_fixture.h"

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

static void write_freezes(const struct policy_set *set, int64_t at, struct buf *out)
{
    struct freeze_place *places;
    struct arena arena;

    arena_init(&arena, 1 << 20);
    assert_int_equal(freezes_at(set, at, &arena, &places), 0);
    registry_write(&(struct metric_sources){.freezes = places}, out);
    arena_release(&arena);
}

static void freezes_are_told_by_environment(void **state)
{
    struct policy_set *set = fixture_compile(rules, NULL);
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 16);
    write_freezes(set, TUESDAY, &out);
    assert_non_null(strstr(out.p, "\ntidegate_freeze_active{environment=\"production\"} 1\n"
                                  "tidegate_freeze_active{environment=\"staging\"} 0\n"));
    assert_non_null(strstr(out.p, "\ntidegate_freeze_next_change_timestamp_seconds"
                                  "{environment=\"production\"} 1795539600\n"));
    assert_null(strstr(out.p, "seconds{environment=\"staging\"}"));
    buf_reset(&out);
    write_freezes(set, OPENS, &out);
    assert_non_null(strstr(out.p, "\ntidegate_freeze_active{environment=\"production\"} 0\n"));
    buf_release(&out);
    policy_set_release(set);
}

static const char narrow_rules[] =
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Environment\n"
    "metadata: {name: production}\n"
    "spec: {namespaces: [shop, blog], timeZone: UTC}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: shop}\n"
    "spec:\n"
    "  match: {environments: [production], kinds: [StatefulSet]}\n"
    "  rules:\n"
    "    - {id: hours, match: {namespaces: [shop]}, freeze: {deny: [{schedule: \"0 8 * * *\", "
    "duration: 10h}]}}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: other}\n"
    "spec:\n"
    "  match: {namespaces: [other], names: [\"db-*\"]}\n"
    "  rules:\n"
    "    - {id: hours, freeze: {timeZone: UTC, deny: [{schedule: \"0 8 * * *\", duration: "
    "10h}]}}\n";

/* The places of `tidegate windows`, each a sample with labels of its own. */
static void what_is_narrower_than_an_environment_has_labels(void **state)
{
    struct policy_set *set = fixture_compile(narrow_rules, NULL);
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 16);
    write_freezes(set, TUESDAY, &out);
    assert_non_null(strstr(
        out.p, "\ntidegate_freeze_active{environment=\"production\",namespaces=\"shop\",only=\"all "
               "but StatefulSet\"} 0\n"
               "tidegate_freeze_active{environment=\"production\",namespaces=\"shop\",only=\""
               "StatefulSet\"} 1\n"
               "tidegate_freeze_active{environment=\"production\",namespaces=\"blog\"} 0\n"
               "tidegate_freeze_active{environment=\"\",namespaces=\"other\",only=\"names "
               "db-*\"} 1\n"));
    buf_release(&out);
    policy_set_release(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freezes_are_told_by_environment),
        cmocka_unit_test(what_is_narrower_than_an_environment_has_labels)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
