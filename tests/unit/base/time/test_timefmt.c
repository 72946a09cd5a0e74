#include "base/arena.h"
#include "base/parse_error.h"
#include "base/time/civil.h"
#include "base/time/timefmt.h"
#include "base/time/zone.h"
#include "cmocka_all.h"

static void timestamps_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-21T12:34:56Z", 1795264496},
        {"2026-11-21T12:34:56.999999999Z", 1795264496},
        {"2026-11-21T13:34:56+01:00", 1795264496},
        {"2026-11-20T17:04:56-19:30", 1795264496},
        {"0000-01-01T00:00:00Z", CIVIL_MIN},
        {"9999-12-31T23:59:59Z", CIVIL_MAX},
        {"2024-02-29T00:00:00Z", 1709164800},
        {"1969-12-31T23:59:59Z", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t seconds = 7;

        if (timefmt_parse(view_of(cases[i].text), &seconds) < 0)
            fail_msg("%s is refused", cases[i].text);
        assert_int_equal(seconds, cases[i].seconds);
    }
}

static void other_timestamps_are_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "2026-11-21",
        "2026-11-21T12:34Z",
        "2026-11-21T12:34:56",
        "2026-11-21 12:34:56Z",
        "2026-11-21t12:34:56Z",
        "2026-11-21T12:34:56z",
        "2026-11-21T12:34:56.Z",
        "2026-11-21T12:34:56,5Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T23:60:00Z",
        "2026-12-31T23:59:60Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-11-21T12:34:56+0100",
        "2026-11-21T12:34:56+24:00",
        "2026-11-21T12:34:56+01:60",
        "2026-11-21T12:34:56Z ",
        " 2026-11-21T12:34:56Z",
        "02026-11-21T12:34:56Z",
        "+2026-11-21T12:34:56Z",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t seconds = 7;

        if (timefmt_parse(view_of(cases[i]), &seconds) == 0)
            fail_msg("%s is accepted", cases[i]);
        assert_int_equal(seconds, 7);
    }
}

static void dates_and_times_of_day_are_read_whole(void **state)
{
    int64_t value = 7;

    (void)state;
    assert_int_equal(timefmt_parse_date(VIEW("2026-12-24"), &value), 0);
    assert_int_equal(value, 20811);
    assert_int_equal(timefmt_parse_date(VIEW("2026-12-24 "), &value), -1);
    assert_int_equal(timefmt_parse_date(VIEW("2026-1-24"), &value), -1);
    assert_int_equal(timefmt_parse_date(VIEW("2100-02-29"), &value), -1);
    assert_int_equal(timefmt_parse_clock(VIEW("18:30"), &value), 0);
    assert_int_equal(value, 66600);
    assert_int_equal(timefmt_parse_clock(VIEW("24:00"), &value), 0);
    assert_int_equal(value, 86400);
    assert_int_equal(timefmt_parse_clock(VIEW("24:01"), &value), -1);
    assert_int_equal(timefmt_parse_clock(VIEW("9:00"), &value), -1);
    assert_int_equal(timefmt_parse_clock(VIEW("18:00:00"), &value), -1);
    assert_int_equal(timefmt_parse_clock(VIEW("18:60"), &value), -1);
}

static void every_day_of_the_calendar_comes_once(void **state)
{
    int64_t days = civil_days(0, 1, 1);

    (void)state;
    for (int64_t year = 0; year <= 9999; year++)
        for (unsigned month = 1; month <= 12; month++)
            for (unsigned day = 1; day <= civil_month_days(year, month); day++, days++) {
                struct civil c = civil_of_days(days);

                if (c.year != year || c.month != month || c.day != day ||
                    civil_days(year, month, day) != days)
                    fail_msg("%d-%u-%u", (int)year, month, day);
            }
    assert_int_equal(days * CIVIL_DAY, CIVIL_MAX + 1);
    assert_int_equal(civil_weekday(0), 4);
    assert_int_equal(civil_weekday(-5), 6);
}

static void instants_are_written_in_a_zone(void **state)
{
    struct arena arena;
    struct zone_set zones;
    struct parse_error parse_error;
    const struct zone *paris, *newfoundland;
    char out[TIMEFMT_ROOM];
    int64_t at = 1795539600; /* Tue 24 Nov 2026 17:00 UTC */

    (void)state;
    arena_init(&arena, 1 << 20);
    zone_set_init(&zones, NULL, &arena);
    paris = zone_get(&zones, VIEW("Europe/Paris"), &parse_error);
    newfoundland = zone_get(&zones, VIEW("America/St_Johns"), &parse_error);
    assert_non_null(paris);
    assert_non_null(newfoundland);
    assert_string_equal(timefmt_rfc3339(at, NULL, out), "2026-11-24T17:00:00Z");
    assert_string_equal(timefmt_rfc3339(at, paris, out), "2026-11-24T18:00:00+01:00");
    assert_string_equal(timefmt_rfc3339(at, newfoundland, out), "2026-11-24T13:30:00-03:30");
    assert_string_equal(timefmt_text(at, at - 8040, paris, out), "Tue 24 Nov 18:00 CET");
    assert_string_equal(timefmt_text(at, at - 365 * 86400, paris, out),
                        "Tue 24 Nov 2026 18:00 CET");
    assert_string_equal(timefmt_text(at, at, NULL, out), "Tue 24 Nov 17:00 UTC");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timestamps_are_read),
        cmocka_unit_test(other_timestamps_are_refused),
        cmocka_unit_test(dates_and_times_of_day_are_read_whole),
        cmocka_unit_test(every_day_of_the_calendar_comes_once),
        cmocka_unit_test(instants_are_written_in_a_zone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
