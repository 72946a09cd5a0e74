#include "base/arena.h"
#include "policy/object/guard_command.h"

#include "cmocka_all.h"

#define HASH16 "0123456789abcdef"
#define HASH   HASH16 HASH16 HASH16 HASH16
#define TIME   "2026-01-01T00:00:00Z"

static const struct {
    const char *text;
    const char *by;     /* NULL: no order */
    const char *reason; /* NULL: none */
} cases[] = {
    {HASH " by bob at " TIME, "bob", NULL},
    {HASH " by bob at 2026-01-01T01:00:00+01:00", "bob", NULL},
    {HASH " by bob at " TIME ": 5xx: too many", "bob", "5xx: too many"},
    {HASH " by bob at " TIME ": since noon by alice at 2025-01-01T00:00:00Z: x", "bob",
     "since noon by alice at 2025-01-01T00:00:00Z: x"},
    {HASH " by a b at " TIME, "a b", NULL},
    {HASH " by bob at home at " TIME, "bob at home", NULL},
    {HASH " by bob at home: x at " TIME ": y", "bob at home: x", "y"},
    {HASH " by system:serviceaccount:ci:bot at " TIME, "system:serviceaccount:ci:bot", NULL},
    {HASH " by bob at " TIME ": ", NULL, NULL},
    {HASH " by bob at " TIME ":", NULL, NULL},
    {HASH " by bob at " TIME " x", NULL, NULL},
    {HASH " by bob at " TIME " : x", NULL, NULL},
    {HASH " by bob at " TIME ":x", NULL, NULL},
    {HASH " by  at " TIME, NULL, NULL},
    {HASH " by at " TIME, NULL, NULL},
    {HASH " by bob until " TIME, NULL, NULL},
    {HASH " by bob at noon", NULL, NULL},
    {HASH16 " by bob at " TIME, NULL, NULL},
    {HASH " by bob", NULL, NULL},
    {"", NULL, NULL},
};

static void orders_are_read_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct guard_command order;
        int result = guard_command_parse(view_of(cases[i].text), &order);

        if ((result == 0) != (cases[i].by != NULL))
            fail_msg("%s: %d", cases[i].text, result);
        if (result == 0 &&
            (!view_eq_str(order.hash, HASH) || !view_eq_str(order.by, cases[i].by) ||
             order.at != 1767225600 || !view_eq(order.reason, view_of(cases[i].reason))))
            fail_msg("%s: by \"%.*s\" at %lld: \"%.*s\"", cases[i].text, VIEW_ARGS(order.by),
                     (long long)order.at, VIEW_ARGS(order.reason));
    }
}

static void orders_are_written_as_they_are_read(void **state)
{
    struct guard_command order = {VIEW(HASH), VIEW("bob"), 1767225600, {NULL, 0}};
    struct arena arena;

    (void)state;
    arena_init(&arena, 4096);
    assert_string_equal(guard_command_print(&order, &arena).p, cases[0].text);
    order.reason = VIEW("5xx: too many");
    assert_string_equal(guard_command_print(&order, &arena).p, cases[2].text);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(orders_are_read_whole),
                                       cmocka_unit_test(orders_are_written_as_they_are_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
