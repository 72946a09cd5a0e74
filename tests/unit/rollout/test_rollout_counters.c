#include "rollout/rollout_counters.h"

#include "cmocka_all.h"

#include <stdio.h>

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

static void name(struct rollout_counters *t, size_t number, enum rollout_state state)
{
    char text[32];

    snprintf(text, sizeof(text), "api-%zu", number);
    rollout_counters_name(t,
                          &(struct record){.kind = VIEW("Deployment"),
                                           .namespace_ = VIEW("shop"),
                                           .name = view_of(text)},
                          state);
}

static void who_is_in_trouble_is_named(void **state)
{
    struct rollout_trouble found[LIMIT_TROUBLED];
    struct rollout_counters counters;

    (void)state;
    rollout_counters_init(&counters);
    name(&counters, 1, ROLLOUT_HEALTHY);
    assert_int_equal(rollout_counters_troubled(&counters, found), 0);
    name(&counters, 1, ROLLOUT_ROLLING_BACK);
    name(&counters, 2, ROLLOUT_DEGRADED);
    name(&counters, 1, ROLLOUT_FAILED);
    assert_int_equal(rollout_counters_troubled(&counters, found), 2);
    assert_string_equal(found[0].name, "api-1");
    assert_string_equal(found[0].namespace_, "shop");
    assert_string_equal(found[0].kind, "Deployment");
    assert_int_equal(found[0].state, ROLLOUT_FAILED);
    name(&counters, 1, ROLLOUT_HEALTHY);
    name(&counters, 3, ROLLOUT_NONE);
    assert_int_equal(rollout_counters_troubled(&counters, found), 1);
    assert_string_equal(found[0].name, "api-2");
    name(&counters, 2, ROLLOUT_NONE); /* forgotten */
    assert_int_equal(rollout_counters_troubled(&counters, found), 0);
}

/* One less than the limit, as many, and one more. */
static void as_many_as_are_named(void **state)
{
    struct rollout_trouble found[LIMIT_TROUBLED];
    struct rollout_counters counters;

    (void)state;
    rollout_counters_init(&counters);
    for (size_t i = 0; i < LIMIT_TROUBLED + 1; i++) {
        name(&counters, i, ROLLOUT_FAILED);
        assert_int_equal(rollout_counters_troubled(&counters, found),
                         i < LIMIT_TROUBLED ? i + 1 : LIMIT_TROUBLED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_counted_where_they_are),
        cmocka_unit_test(who_is_in_trouble_is_named),
        cmocka_unit_test(as_many_as_are_named),
        cmocka_unit_test(news_is_counted_by_its_kind_and_cause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
