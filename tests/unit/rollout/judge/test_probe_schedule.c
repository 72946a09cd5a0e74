#include "rollout/judge/probe_schedule.h"

#include "cmocka_all.h"

static void the_answer_of_an_earlier_question_is_left_out(void **state)
{
    struct probe_state probe = {.asked = 200, .awaited = true};
    struct probe_answer late = {.asked = 150, .at = 210, .message = "503"};
    struct probe_answer own = {.asked = 200, .at = 211, .ok = true, .message = "200"};

    (void)state;
    probe_schedule_answered(&probe, &late);
    assert_true(probe.awaited);
    assert_int_equal(probe.failures, 0);
    probe_schedule_answered(&probe, &own);
    assert_false(probe.awaited);
    assert_true(probe.ok);
    assert_int_equal(probe.answered, 211);
    probe_schedule_answered(&probe, &late);
    assert_true(probe.ok);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_of_an_earlier_question_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
