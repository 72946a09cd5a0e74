#include "server/rules/object_status.h"

#include "policy/limits.h"
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
    "kind: Environment\n"
    "metadata: {name: mixed}\n"
    "spec: {namespaces: [a, b], timeZone: UTC}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: shop}\n"
    "spec:\n"
    "  match: {environments: [production], workloads: all}\n"
    "  rules:\n"
    "    - {id: hours, freeze: {deny: [{schedule: \"0 8 * * 1-5\", duration: 10h}]}}\n"
    "    - {id: tags, mode: warn, images: {mutableTags: deny}}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: part}\n"
    "spec:\n"
    "  match: {environments: [mixed], namespaces: [a], workloads: all}\n"
    "  rules:\n"
    "    - {id: hours, freeze: {deny: [{schedule: \"0 7 * * 1-5\", duration: 11h}]}}\n";

/* 2026-11-24 is a Tuesday; 14:46 in Paris, where it opens at 18:00. */
enum { TUESDAY = 1795527960, OPENS = 1795539600 };

#define YES                                                                                        \
    "{\"frozen\":\"yes\",\"until\":\"2026-11-24T18:00:00+01:00\",\"nextChange\":\"2026-11-24T18:"  \
    "00:00+01:00\"}"

static const struct {
    int64_t at;
    const char *object, *status;
} cases[] = {
    {TUESDAY, "policy/shop", "{\"mode\":\"deny, warn\",\"rules\":2}"},
    {TUESDAY, "policy/part", "{\"mode\":\"deny\",\"rules\":1}"},
    {TUESDAY, "policy/none", "{\"mode\":null,\"rules\":null}"},
    {TUESDAY, "rolloutguard/any", "{}"},
    {TUESDAY, "environment/production", YES},
    {OPENS, "environment/production",
     "{\"frozen\":\"no\",\"until\":null,\"nextChange\":\"2026-11-25T08:00:00+01:00\"}"},
    {TUESDAY, "environment/staging", "{\"frozen\":\"no\",\"until\":null,\"nextChange\":null}"},
    {TUESDAY, "environment/mixed",
     "{\"frozen\":\"partly\",\"until\":\"2026-11-24T18:00:00+00:00\","
     "\"nextChange\":\"2026-11-24T18:00:00+00:00\"}"},
    {TUESDAY, "environment/none", "{\"frozen\":null,\"until\":null,\"nextChange\":null}"},
};

static void it_says_what_is_in_force(void **state)
{
    struct policy_set *set = fixture_compile(rules, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct object_status status;
        struct arena arena;
        struct buf out;

        arena_init(&arena, LIMIT_ARENA);
        buf_init(&out, LIMIT_MESSAGE);
        assert_int_equal(object_status_at(set, cases[i].at, &arena, &status), 0);
        object_status_write(&status, view_of(cases[i].object), &out);
        assert_string_equal(out.p, cases[i].status);
        if (cases[i].at == TUESDAY)
            assert_int_equal(status.until, OPENS);
        buf_release(&out);
        arena_release(&arena);
    }
    policy_set_release(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_says_what_is_in_force)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
