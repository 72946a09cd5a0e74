#include "base/arena.h"
#include "policy/object/approval_annotation.h"

#include "cmocka_all.h"

#define HASH16 "0123456789abcdef"
#define HASH   HASH16 HASH16 HASH16 HASH16

static const struct {
    const char *text;
    const char *by; /* NULL: no approval */
    int64_t until;
} cases[] = {
    {HASH " by bob until 2026-01-01T00:00:00Z", "bob", 1767225600},
    {HASH " by bob until 2026-01-01T01:00:00+01:00", "bob", 1767225600},
    {HASH " by system:serviceaccount:ci:bot until 2026-01-01T00:00:00Z",
     "system:serviceaccount:ci:bot", 1767225600},
    {HASH " by a b until 2026-01-01T00:00:00Z", "a b", 1767225600},
    {HASH " by bob until 2030-01-01T00:00:00Z until 2026-01-01T00:00:00Z",
     "bob until 2030-01-01T00:00:00Z", 1767225600},
    {HASH " by  until 2026-01-01T00:00:00Z", NULL, 0},
    {HASH " by until 2026-01-01T00:00:00Z", NULL, 0},
    {HASH " by bob until 2026-01-01T00:00:00Z ", NULL, 0},
    {" " HASH " by bob until 2026-01-01T00:00:00Z", NULL, 0},
    {HASH "0 by bob until 2026-01-01T00:00:00Z", NULL, 0},
    {HASH16 " by bob until 2026-01-01T00:00:00Z", NULL, 0},
    {"0123456789ABCDEF" HASH16 HASH16 HASH16 " by bob until 2026-01-01T00:00:00Z", NULL, 0},
    {HASH " by bob until 2026-01-01", NULL, 0},
    {HASH " by bob until tomorrow", NULL, 0},
    {HASH " by bob", NULL, 0},
    {HASH, NULL, 0},
    {"", NULL, 0},
};

static void approvals_are_read_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct approval_annotation grant;
        int result = approval_annotation_parse(view_of(cases[i].text), &grant);

        if ((result == 0) != (cases[i].by != NULL))
            fail_msg("%s: %d", cases[i].text, result);
        if (result == 0 && (!view_eq_str(grant.by, cases[i].by) || grant.until != cases[i].until ||
                            !view_eq_str(grant.hash, HASH)))
            fail_msg("%s: by \"%.*s\" until %lld", cases[i].text, VIEW_ARGS(grant.by),
                     (long long)grant.until);
    }
}

static void approvals_are_written_as_they_are_read(void **state)
{
    struct arena arena;
    struct approval_annotation grant = {VIEW(HASH), VIEW("bob"), 1767225600};

    (void)state;
    arena_init(&arena, 4096);
    assert_string_equal(approval_annotation_print(&grant, &arena).p, cases[0].text);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(approvals_are_read_whole),
                                       cmocka_unit_test(approvals_are_written_as_they_are_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
