#include "policy/guard/cause.h"

#include "cmocka_all.h"
#include "policy/guard/guard_signals.h"

#include <strings.h>

static void names_lead_back(void **state)
{
    (void)state;
    for (int i = CAUSE_NONE + 1; i < CAUSES; i++) {
        const char *name = cause_name((enum cause_kind)i);

        assert_true(name && *name);
        assert_int_equal(cause_of_name(view_of(name)), i);
    }
    assert_int_equal(cause_of_name(VIEW("Odd")), CAUSE_NONE);
}

/* "crashLoop" of a guard is "CrashLoop" of its records, Events and metrics. */
static void signals_are_causes(void **state)
{
    (void)state;
    for (int i = 0; i < CAUSE_SIGNALS; i++) {
        const char *cause = cause_name((enum cause_kind)(CAUSE_CRASH_LOOP + i));

        if (strcasecmp(guard_signals_fields[i].name, cause) != 0)
            fail_msg("%s is %s", guard_signals_fields[i].name, cause);
    }
    assert_null(guard_signals_fields[CAUSE_SIGNALS].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_back),
        cmocka_unit_test(signals_are_causes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
