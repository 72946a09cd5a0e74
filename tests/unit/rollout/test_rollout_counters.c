#include "rollout/rollout_counters.h"

#include "cmocka_all.h"

static void states_are_counted_where_they_are(void **state)
{
    static const struct {
        enum rollout_state from, to;
        long progressing, healthy;
    } moves[] = {
        {ROLLOUT_NONE, ROLLOUT_PROGRESSING, 1, 0},        /* seen */
        {ROLLOUT_NONE, ROLLOUT_HEALTHY, 1, 1},            /* taken over */
        {ROLLOUT_PROGRESSING, ROLLOUT_PROGRESSING, 1, 1}, /* stayed */
        {ROLLOUT_PROGRESSING, ROLLOUT_HEALTHY, 0, 2},     /* moved */
        {ROLLOUT_HEALTHY, ROLLOUT_NONE, 0, 1},            /* forgotten */
        {ROLLOUT_NONE, ROLLOUT_NONE, 0, 1},
    };
    struct rollout_counters counters;

    (void)state;
    rollout_counters_init(&counters);
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        rollout_counters_move(&counters, moves[i].from, moves[i].to);
        assert_int_equal(atomic_load(&counters.states[ROLLOUT_NONE]), 0);
        assert_int_equal(atomic_load(&counters.states[ROLLOUT_PROGRESSING]), moves[i].progressing);
        assert_int_equal(atomic_load(&counters.states[ROLLOUT_HEALTHY]), moves[i].healthy);
    }
}

static void news_is_counted_by_its_kind_and_cause(void **state)
{
    static const struct rollout_event all[] = {
        {.kind = ROLLOUT_EVENT_FAILED, .cause = {.kind = CAUSE_CRASH_LOOP}},
        {.kind = ROLLOUT_EVENT_FAILED, .cause = {.kind = CAUSE_PERSON}},
        {.kind = ROLLOUT_EVENT_ROLLED_BACK, .cause = {.kind = CAUSE_CRASH_LOOP}},
        {.kind = ROLLOUT_EVENT_DEGRADED, .cause = {.kind = CAUSE_CRASH_LOOP}},
    };
    struct rollout_counters counters;

    (void)state;
    rollout_counters_init(&counters);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        rollout_counters_event(&counters, &all[i]);
    assert_int_equal(atomic_load(&counters.event[ROLLOUT_EVENT_FAILED]), 2);
    assert_int_equal(atomic_load(&counters.event[ROLLOUT_EVENT_DEGRADED]), 1);
    assert_int_equal(atomic_load(&counters.failures[CAUSE_CRASH_LOOP]), 1);
    assert_int_equal(atomic_load(&counters.failures[CAUSE_PERSON]), 1);
    assert_int_equal(atomic_load(&counters.rollbacks[CAUSE_CRASH_LOOP]), 1);
    assert_int_equal(atomic_load(&counters.rollbacks[CAUSE_PERSON]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_counted_where_they_are),
        cmocka_unit_test(news_is_counted_by_its_kind_and_cause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
