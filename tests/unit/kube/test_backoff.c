#include "kube/backoff.h"

#include "cmocka_all.h"
#include "kube/limits.h"

#include <stdbool.h>

static void waits_grow_and_are_spread(void **state)
{
    static const struct {
        unsigned failures;
        int64_t asked, least, most; /* milliseconds */
    } cases[] = {
        {0, 0, 250, 499},
        {1, 0, 500, 999},
        {2, 0, 1000, 1999},
        {3, 0, 2000, 3999},
        {5, 0, LIMIT_KUBE_WAIT * 500, LIMIT_KUBE_WAIT * 1000 - 1},
        {UINT32_MAX, 0, LIMIT_KUBE_WAIT * 500, LIMIT_KUBE_WAIT * 1000 - 1},
        {0, 249, 250, 499},
        {0, 5000, 5000, 5999},
        {9, 1000, LIMIT_KUBE_WAIT * 500, LIMIT_KUBE_WAIT * 1000 - 1},
        {9, LIMIT_KUBE_RETRY_AFTER * 1000, LIMIT_KUBE_RETRY_AFTER * 1000,
         LIMIT_KUBE_RETRY_AFTER * 1000 + 999},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t lowest = INT64_MAX, highest = 0;

        for (int draw = 0; draw < 1000; draw++) {
            int64_t wait = backoff_wait(cases[i].failures, cases[i].asked);

            lowest = wait < lowest ? wait : lowest;
            highest = wait > highest ? wait : highest;
        }
        assert_in_range(lowest, cases[i].least, cases[i].most);
        assert_in_range(highest, lowest + 1, cases[i].most);
    }
}

static void draws_are_below_n(void **state)
{
    bool seen[3] = {false};

    (void)state;
    assert_int_equal(backoff_draw(1), 0);
    for (int i = 0; i < 1000; i++) {
        unsigned drawn = backoff_draw(3);

        assert_in_range(drawn, 0, 2);
        seen[drawn] = true;
    }
    assert_true(seen[0] && seen[1] && seen[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_grow_and_are_spread),
        cmocka_unit_test(draws_are_below_n),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
