#include "rollout/judge/brake.h"
#include "rollout/limits.h"

#include "cmocka_all.h"

#include <stdio.h>

enum { NOW = 1000000, HOUR = 3600 };

static struct brake brake;

static void holds(const char *namespace_, int64_t within, unsigned in_namespace, unsigned in_all)
{
    struct brake_count count = brake_count(&brake, view_of(namespace_), within, NOW);

    assert_int_equal(count.namespace_, in_namespace);
    assert_int_equal(count.all, in_all);
}

static void counts_by_namespace_and_in_all(void **state)
{
    (void)state;
    brake_init(&brake);
    holds("shop", HOUR, 0, 0);
    brake_add(&brake, VIEW("shop"), NOW - 10);
    brake_add(&brake, VIEW("shop"), NOW);
    brake_add(&brake, VIEW("shop-2"), NOW - 20);
    holds("shop", HOUR, 2, 3);
    holds("shop-2", HOUR, 1, 3);
    holds("sho", HOUR, 0, 3);
    brake_init(&brake);
    holds("shop", HOUR, 0, 0);
}

/* They leave when they are as old as the time is long; a clock that was put back keeps them. */
static void counts_the_last_ones(void **state)
{
    (void)state;
    brake_init(&brake);
    brake_add(&brake, VIEW("a"), NOW - HOUR - 1);
    brake_add(&brake, VIEW("a"), NOW - HOUR);
    brake_add(&brake, VIEW("a"), NOW - HOUR + 1);
    brake_add(&brake, VIEW("a"), NOW + 5);
    holds("a", HOUR, 2, 2);
    holds("a", 1, 1, 1);
    holds("a", 2 * HOUR, 4, 4);
}

static void the_oldest_falls_out(void **state)
{
    (void)state;
    brake_init(&brake);
    brake_add(&brake, VIEW("old"), NOW - 200);
    for (int i = 0; i < LIMIT_BRAKE - 1; i++)
        brake_add(&brake, VIEW("a"), NOW - 100);
    holds("old", HOUR, 1, LIMIT_BRAKE);
    brake_add(&brake, VIEW("older"), NOW - 300);
    holds("older", HOUR, 0, LIMIT_BRAKE);
    holds("old", HOUR, 1, LIMIT_BRAKE);
    brake_add(&brake, VIEW("new"), NOW);
    holds("old", HOUR, 0, LIMIT_BRAKE);
    holds("new", HOUR, 1, LIMIT_BRAKE);
    holds("a", HOUR, LIMIT_BRAKE - 1, LIMIT_BRAKE);
}

static void long_names_fit(void **state)
{
    char longest[BRAKE_NAMESPACE];

    (void)state;
    snprintf(longest, sizeof(longest), "%063d", 7);
    brake_init(&brake);
    brake_add(&brake, view_of(longest), NOW);
    brake_add(&brake, VIEW(""), NOW);
    holds(longest, HOUR, 1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_by_namespace_and_in_all),
        cmocka_unit_test(counts_the_last_ones),
        cmocka_unit_test(the_oldest_falls_out),
        cmocka_unit_test(long_names_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
