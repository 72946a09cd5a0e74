#include "base/arena.h"
#include "base/parse_error.h"
#include "base/time/cron.h"
#include "base/time/timefmt.h"
#include "base/time/zone.h"
#include "unit/base/time/zones_fixture.h"

#include <stdio.h>
#include <string.h>

static struct cron parse(const char *text)
{
    struct parse_error parse_error;
    struct cron cron;

    if (cron_parse(view_of(text), &cron, &parse_error) < 0)
        fail_msg("\"%s\": %s", text, parse_error.why);
    return cron;
}

static int64_t instant(const char *text)
{
    int64_t at = 0;

    if (timefmt_parse(view_of(text), &at) < 0)
        fail_msg("%s", text);
    return at;
}

static void schedules_mean_the_same_in_other_words(void **state)
{
    static const char *const pairs[][2] = {
        {"0 8 * * 1-5", "0 8 * * MON-FRI"},  {"0 8 * * 1-5", " 0  8\t* * mon,TUE,wed-Fri "},
        {"0 8 ? * ?", "0 8 * * *"},          {"*/15 * * * *", "0,15,30,45 * * * *"},
        {"5/20 0 * * *", "5,25,45 0 * * *"}, {"0 8-18/5 * * *", "0 8,13,18 * * *"},
        {"0 0 1 JAN-mar *", "0 0 1 1-3 *"},  {"0 0 * * 7", "0 0 * * 0"},
        {"0 0 * * 5-7", "0 0 * * 0,5,6"},    {"0 0 * * FRI-SUN", "0 0 * * 0,5,6"},
        {"0 0 * * 1/2", "0 0 * * 1,3,5"},    {"0 0 */1 * 1", "0 0 * * 1"},
        {"0 0 l * *", "0 0 L * *"},          {"59 23 31 12 6", "59 23 31 DEC SAT"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct cron a, b;

        memset(&a, 0, sizeof(a));
        memset(&b, 0, sizeof(b));
        a = parse(pairs[i][0]);
        b = parse(pairs[i][1]);
        if (a.minutes != b.minutes || a.hours != b.hours || a.days != b.days ||
            a.months != b.months || a.weekdays != b.weekdays || a.last_day != b.last_day ||
            a.any_day != b.any_day || a.any_weekday != b.any_weekday)
            fail_msg("\"%s\" is not \"%s\"", pairs[i][0], pairs[i][1]);
    }
}

static void mistakes_are_told_with_their_place(void **state)
{
    static const char five[] = "minute, hour, day of month, month, day of week";
    static const struct {
        const char *text;
        size_t at;
        const char *message, *hint;
    } cases[] = {
        {"", 0, "it has 0 fields, not 5", five},
        {"0 8 * *", 0, "it has 4 fields, not 5", five},
        {"0 0 8 * * 1", 0, "it has 6 fields, not 5",
         "there are no seconds: minute, hour, day of month, month, day of week"},
        {"60 8 * * *", 0, "\"60\" is not a valid minute", "write 0 to 59"},
        {"0 24 * * *", 2, "\"24\" is not a valid hour", "write 0 to 23"},
        {"0 8 0 * *", 4, "\"0\" is not a valid day of month", "write 1 to 31"},
        {"0 8 32 * *", 4, "\"32\" is not a valid day of month", "write 1 to 31"},
        {"0 8 * 13 *", 6, "\"13\" is not a valid month", "write 1 to 12, or names like \"JAN\""},
        {"0 8 * JANUARY *", 6, "\"JANUARY\" is not a valid month",
         "write 1 to 12, or names like \"JAN\""},
        {"0 8 * * 8", 8, "\"8\" is not a valid day of week", "write 0 to 7, or names like \"MON\""},
        {"0 8 * * JAN", 8, "\"JAN\" is not a valid day of week",
         "write 0 to 7, or names like \"MON\""},
        {"0 8 * * 5L", 8, "\"5L\" is not a valid day of week",
         "write 0 to 7, or names like \"MON\""},
        {"0 L * * *", 2, "\"L\" is not a valid hour", "write 0 to 23"},
        {"0 8,, * * *", 4, "an empty item in the list of the hour", ""},
        {"0 8, * * *", 4, "an empty item in the list of the hour", ""},
        {"0 8- * * *", 4, "\"\" is not a valid hour", "write 0 to 23"},
        {"0 -8 * * *", 2, "\"\" is not a valid hour", "write 0 to 23"},
        {"0 1-2-3 * * *", 4, "\"2-3\" is not a valid hour", "write 0 to 23"},
        {"0 22-6 * * *", 2, "the range \"22-6\" of the hour runs backwards", "write \"22-23,0-6\""},
        {"0 8 * * SAT-MON", 8, "the range \"SAT-MON\" of the day of week runs backwards",
         "write \"6-6,0-1\""},
        {"*/0 8 * * *", 2, "\"0\" is not a step of the minute", "write 1 to 59"},
        {"*/60 8 * * *", 2, "\"60\" is not a step of the minute", "write 1 to 59"},
        {"*/ 8 * * *", 2, "\"\" is not a step of the minute", "write 1 to 59"},
        {"*/1/2 8 * * *", 2, "\"1/2\" is not a step of the minute", "write 1 to 59"},
        {"99999999999 8 * * *", 0, "\"99999999999\" is not a valid minute", "write 0 to 59"},
        {"+5 8 * * *", 0, "\"+5\" is not a valid minute", "write 0 to 59"},
        {"CRON_TZ=Asia/Tokyo 0 9 * * *", 0, "it names a time zone",
         "write \"timeZone: ...\" beside it"},
        {"TZ=UTC", 0, "it names a time zone", "write \"timeZone: ...\" beside it"},
        {"@daily", 0, "it is a short form", "write \"0 0 * * *\""},
        {"@every 5m", 0, "it is a short form",
         "write five fields: minute, hour, day of month, month, day of week"},
        {"0 0 30 2 *", 4, "it never comes, no month of it has such a day", ""},
        {"0 0 31 4,6,9,11 ?", 4, "it never comes, no month of it has such a day", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parse_error parse_error;
        struct cron cron;

        if (cron_parse(view_of(cases[i].text), &cron, &parse_error) == 0)
            fail_msg("\"%s\" is accepted", cases[i].text);
        assert_string_equal(parse_error.why, cases[i].message);
        assert_string_equal(parse_error.hint, cases[i].hint);
        assert_int_equal(parse_error.at, cases[i].at);
    }
}

/* Each next start after `after`, in the zone's own time. */
static void starts_come_when_they_should(void **state)
{
    static const struct {
        const char *text, *zone, *after, *starts[4];
    } cases[] = {
        {"0 8 * * 1-5",
         "Europe/Paris",
         "2026-11-20T08:00:00+01:00",
         {"2026-11-23T08:00:00+01:00", "2026-11-24T08:00:00+01:00"}},
        {"0 8 * * 1-5", "Europe/Paris", "2026-11-20T07:59:59+01:00", {"2026-11-20T08:00:00+01:00"}},
        /* either day will do, but a star asks for both */
        {"0 0 1 * 1",
         "UTC",
         "2026-11-21T00:00:00Z",
         {"2026-11-23T00:00:00+00:00", "2026-11-30T00:00:00+00:00", "2026-12-01T00:00:00+00:00",
          "2026-12-07T00:00:00+00:00"}},
        {"0 0 */10 * 1",
         "UTC",
         "2026-11-21T00:00:00Z",
         {"2026-11-23T00:00:00+00:00", "2026-11-30T00:00:00+00:00", "2026-12-01T00:00:00+00:00",
          "2026-12-07T00:00:00+00:00"}},
        {"0 0 */1 * 1",
         "UTC",
         "2026-11-24T00:00:00Z",
         {"2026-11-30T00:00:00+00:00", "2026-12-07T00:00:00+00:00"}},
        {"0 22 31 * *",
         "UTC",
         "2026-01-31T22:00:00Z",
         {"2026-03-31T22:00:00+00:00", "2026-05-31T22:00:00+00:00"}},
        {"0 22 L * *",
         "UTC",
         "2026-01-31T22:00:00Z",
         {"2026-02-28T22:00:00+00:00", "2026-03-31T22:00:00+00:00", "2026-04-30T22:00:00+00:00"}},
        {"0 22 15,L 2 *",
         "UTC",
         "2028-01-31T22:00:00Z",
         {"2028-02-15T22:00:00+00:00", "2028-02-29T22:00:00+00:00"}},
        {"0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", {"2104-02-29T00:00:00+00:00"}},
        {"0 * 15 JAN *",
         "UTC",
         "2026-01-14T00:00:00Z",
         {"2026-01-15T00:00:00+00:00", "2026-01-15T01:00:00+00:00"}},
        /* spring: the gap of a fixed hour is made up for, once */
        {"30 2 * * *",
         "America/New_York",
         "2026-03-07T12:00:00-05:00",
         {"2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"}},
        {"*/10 2 * * *",
         "Europe/Paris",
         "2026-03-28T12:00:00+01:00",
         {"2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00", "2026-03-30T02:10:00+02:00"}},
        {"30 2,3 * * *",
         "Europe/Paris",
         "2026-03-29T00:00:00+01:00",
         {"2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"}},
        {"15,45 1-3 * * *",
         "Australia/Lord_Howe",
         "2026-10-04T01:30:00+10:30",
         {"2026-10-04T01:45:00+10:30", "2026-10-04T02:30:00+11:00", "2026-10-04T02:45:00+11:00",
          "2026-10-04T03:15:00+11:00"}},
        {"0 12 30 * *",
         "Pacific/Apia",
         "2011-12-29T12:00:00-10:00",
         {"2011-12-31T00:00:00+14:00", "2012-01-30T12:00:00+14:00"}},
        /* ... and elapsed time has none */
        {"30 * * * *",
         "Europe/Paris",
         "2026-03-29T00:30:00+01:00",
         {"2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"}},
        {"0 */2 * * *",
         "Europe/Paris",
         "2026-03-29T00:00:00+01:00",
         {"2026-03-29T04:00:00+02:00", "2026-03-29T06:00:00+02:00"}},
        /* autumn: a fixed hour fires in the first run only */
        {"30 1 * * *",
         "America/New_York",
         "2026-10-31T12:00:00-04:00",
         {"2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"}},
        {"*/30 2 * * *",
         "Europe/Paris",
         "2026-10-25T00:00:00+02:00",
         {"2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:00:00+01:00"}},
        {"*/30 2 * * *",
         "Europe/Paris",
         "2026-10-25T02:10:00+01:00",
         {"2026-10-26T02:00:00+01:00"}},
        /* ... and elapsed time goes through both */
        {"30 * * * *",
         "Europe/Paris",
         "2026-10-25T01:30:00+02:00",
         {"2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00"}},
        {"15 */2 * * *",
         "Europe/Paris",
         "2026-10-25T00:30:00+02:00",
         {"2026-10-25T02:15:00+02:00", "2026-10-25T02:15:00+01:00", "2026-10-25T04:15:00+01:00"}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct zone *zone = zones_get(state, cases[i].zone);
        struct cron cron = parse(cases[i].text);
        int64_t at = instant(cases[i].after);

        for (size_t j = 0; j < 4 && cases[i].starts[j]; j++) {
            char text[TIMEFMT_ROOM];
            struct cron_start start, back;

            assert_int_equal(cron_next(&cron, zone, at, &start), 0);
            if (strcmp(timefmt_rfc3339(start.at, zone, text), cases[i].starts[j]) != 0)
                fail_msg("\"%s\" %s: %s, not %s", cases[i].text, cases[i].zone, text,
                         cases[i].starts[j]);
            assert_int_equal(cron_prev(&cron, zone, start.at, &back), 0);
            assert_int_equal(back.at, start.at);
            at = start.at;
        }
    }
}

/* The rule said the slow way: is the schedule's name on this local minute? */
static bool names_minute(const struct cron *cron, int64_t local)
{
    struct civil c = civil_of(local);
    bool day =
        cron->days >> c.day & 1 || (cron->last_day && c.day == civil_month_days(c.year, c.month));
    bool weekday = cron->weekdays >> civil_weekday(civil_day_of(local)) & 1;

    return cron->minutes >> c.minute & 1 && cron->hours >> c.hour & 1 &&
           cron->months >> c.month & 1 &&
           (cron->any_day || cron->any_weekday ? day && weekday : day || weekday);
}

/* All starts in (from, to], found by looking at each local minute around; ascending. */
static size_t slow_starts(const struct cron *cron, const struct zone *zone, int64_t from,
                          int64_t to, int64_t *starts)
{
    size_t n = 0;

    for (int64_t t = from / 60 * 60; cron->elapsed && t <= to; t += 60)
        if (t > from && names_minute(cron, t + zone_offset(zone, t, NULL)))
            starts[n++] = t;
    if (cron->elapsed)
        return n;
    for (int64_t local = (from - 93600) / 60 * 60; local < to + 93600; local += 60) {
        int64_t at[2];

        if (!names_minute(cron, local))
            continue;
        zone_instants(zone, local, at);
        if (at[0] > from && at[0] <= to && (n == 0 || at[0] > starts[n - 1]))
            starts[n++] = at[0];
    }
    return n;
}

static void starts_agree_with_a_slow_search(void **state)
{
    static const char *const texts[] = {
        "* * * * *",    "*/7 * * * *",  "30 */3 * * *",   "0 0 * * *",   "15,45 1-2 * * *",
        "* 2 * * *",    "30 2 */2 * 0", "0 3 25 * SUN",   "59 23 L * *", "*/20 0-23 * 3,10 *",
        "5 1 * 4,11 0", "0 12 1-7 * 7", "0/31 2,3 ? * ?", "29 * 8 3 *",
    };
    static const char *const zones[] = {"Europe/Paris", "America/New_York", "Australia/Lord_Howe",
                                        "Antarctica/Troll", "Asia/Kolkata"};
    static const char *const weeks[] = {"2026-03-06T00:00:07Z", "2026-03-27T00:00:00Z",
                                        "2026-04-03T00:00:00Z", "2026-10-02T00:00:00Z",
                                        "2026-10-23T00:00:31Z", "2026-10-30T00:00:00Z"};
    static int64_t slow[4 * 1440 + 8];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) * 5 * 6; i++) {
        const char *text = texts[i / 30];
        const struct zone *zone = zones_get(state, zones[i / 6 % 5]);
        int64_t from = instant(weeks[i % 6]), to = from + 4 * 86400, at = from;
        struct cron cron = parse(text);
        size_t n = slow_starts(&cron, zone, from, to, slow), found = 0;
        struct cron_start start;

        for (; cron_next(&cron, zone, at, &start) == 0 && start.at <= to; at = start.at)
            if (found >= n || slow[found++] != start.at)
                fail_msg("\"%s\" %s: start %lld", text, zones[i / 6 % 5], (long long)start.at);
        assert_int_equal(found, n);
        n = 0;
        for (at = from; at <= to; at += 611) {
            while (n < found && slow[n] <= at)
                n++;
            if (cron_prev(&cron, zone, at, &start) < 0 ||
                (n == 0 ? start.at > from : start.at != slow[n - 1]))
                fail_msg("\"%s\" %s: before %lld: %lld", text, zones[i / 6 % 5], (long long)at,
                         (long long)start.at);
        }
    }
}

static void the_calendar_ends(void **state)
{
    const struct zone *utc = zones_get(state, "UTC");
    struct cron cron = parse("0 0 29 2 *"), often = parse("* * * * *");
    struct cron_start start;

    assert_int_equal(cron_next(&cron, utc, instant("9997-01-01T00:00:00Z"), &start), -1);
    assert_int_equal(cron_next(&often, utc, instant("9999-06-01T00:00:00Z"), &start), -1);
    assert_int_equal(cron_next(&often, utc, INT64_MAX, &start), -1);
    assert_int_equal(cron_prev(&cron, utc, instant("0003-01-01T00:00:00Z"), &start), -1);
    assert_int_equal(cron_prev(&often, utc, INT64_MIN, &start), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_mean_the_same_in_other_words),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(starts_come_when_they_should),
        cmocka_unit_test(starts_agree_with_a_slow_search),
        cmocka_unit_test(the_calendar_ends),
    };

    return cmocka_run_group_tests(tests, zones_make, zones_drop);
}
