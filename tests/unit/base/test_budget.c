#include "base/budget.h"

#include "base/clock.h"
#include "cmocka_all.h"

/* Steps of one until it is over, which it has to be within so many. */
static uint64_t steps_until_over(struct budget *b, uint64_t most)
{
    for (uint64_t n = 1; n <= most; n++)
        if (!budget_take(b, 1))
            return n;
    fail_msg("%s", "it is never over");
    return 0;
}

static void without_an_end(void **state)
{
    struct budget none = {0};

    (void)state;
    assert_true(budget_take(&none, UINT64_MAX / 2));
    assert_int_equal(none.steps, UINT64_MAX / 2);
    assert_true(budget_take(NULL, 1));
}

static void over_at_the_first_look(void **state)
{
    struct budget late = {.deadline = 1}, spent = {.cpu_deadline = 1};

    (void)state;
    assert_false(budget_take(&late, 1));
    assert_string_equal(late.over, "the timeout that the caller sets for a review has passed");
    assert_false(budget_take(&spent, 1));
    assert_string_equal(spent.over, "the review takes more processor time than is allowed");
}

/* The clocks are looked at again after steps that were taken at once, too, and what is over stays
 * over. */
static void looks_again(void **state)
{
    struct budget b = {.deadline = INT64_MAX, .cpu_deadline = INT64_MAX};

    (void)state;
    assert_true(budget_take(&b, 1));
    b.deadline = 1;
    assert_in_range(steps_until_over(&b, 256), 2, 256);
    b.deadline = INT64_MAX;
    assert_false(budget_take(&b, 1));
    b = (struct budget){.deadline = INT64_MAX};
    assert_true(budget_take(&b, 1));
    b.deadline = 1;
    assert_false(budget_take(&b, 1000));
}

static void the_processor_of_this_thread_counts(void **state)
{
    struct budget b = {.cpu_deadline = clock_thread_ns() + 1000 * 1000};

    (void)state;
    steps_until_over(&b, 1000 * 1000 * 1000);
    assert_true(clock_thread_ns() >= b.cpu_deadline);
}

/* Its clock is not read before so much time has passed as was left when it was read last. */
static void the_processor_is_asked_when_it_can_be_over(void **state)
{
    struct budget b = {.cpu_deadline = clock_thread_ns() + INT64_C(3600000000000)};
    int64_t before = clock_monotonic_ns();

    (void)state;
    assert_true(budget_take(&b, 1));
    assert_true(b.cpu_from > before + INT64_C(3500000000000));
    assert_true(b.cpu_from < clock_monotonic_ns() + INT64_C(3600000000000));
    b.cpu_deadline = 1; /* not held against the clock yet */
    assert_true(budget_take(&b, 256));
    b.cpu_from = clock_monotonic_ns();
    assert_false(budget_take(&b, 256));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_an_end),
        cmocka_unit_test(over_at_the_first_look),
        cmocka_unit_test(looks_again),
        cmocka_unit_test(the_processor_of_this_thread_counts),
        cmocka_unit_test(the_processor_is_asked_when_it_can_be_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
