#include "base/parse_error.h"
#include "base/time/duration.h"
#include "cmocka_all.h"

enum { LONGEST = 400 * 86400 };

static void durations_are_read_whole(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"10h", 36000},
        {"1h30m", 5400},
        {"90s", 90},
        {"1.5h", 5400},
        {"1h0m0s", 3600},
        {".5m", 30},
        {"2.m", 120},
        {"1000ms", 1},
        {"1000000\xc2\xb5s", 1},
        {"1000000\xce\xbcs", 1},
        {"0", 0},
        {"0s", 0},
        {"1m1m", 120},
        {"0.1h0.4h", 1800},
        {"9600h", LONGEST},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parse_error parse_error;
        int64_t seconds = -1;

        if (duration_parse(view_of(cases[i].text), 0, LONGEST, &seconds, &parse_error) < 0)
            fail_msg("%s: %s", cases[i].text, parse_error.why);
        assert_int_equal(seconds, cases[i].seconds);
    }
}

static void other_texts_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *text;
        size_t at;
        const char *message, *hint;
    } cases[] = {
        {"", 0, "it is empty", "write one like \"10h\" or \"1h30m\""},
        {"2d", 1, "\"d\" is not a unit", "write \"48h\""},
        {"1w", 1, "\"w\" is not a unit", "write \"168h\""},
        {"10", 2, "no unit after \"10\"", "units are h, m, s, ms: \"10h\", \"1h30m\""},
        {"10 h", 2, "\" h\" is not a unit", "units are h, m, s, ms: \"10h\", \"1h30m\""},
        {"1h ", 1, "\"h \" is not a unit", "units are h, m, s, ms: \"10h\", \"1h30m\""},
        {"1H", 1, "\"H\" is not a unit", "units are h, m, s, ms: \"10h\", \"1h30m\""},
        {"-1h", 0, "it has a sign", ""},
        {"h", 0, "a number is missing before \"h\"", ""},
        {".h", 0, "a number is missing before \".h\"", ""},
        {"1hm", 1, "\"hm\" is not a unit", "units are h, m, s, ms: \"10h\", \"1h30m\""},
        {"1500ms", 0, "it is not whole seconds", ""},
        {"30s", 0, "it is not between 1m and 9600h", ""},
        {"9601h", 0, "it is not between 1m and 9600h", ""},
        {"9999999h", 0, "it is longer than 292 years", ""},
        {"99999999999999999999h", 0, "it is longer than 292 years", ""},
        {"2562047h2562047h", 8, "it is longer than 292 years", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parse_error parse_error;
        int64_t seconds = -1;

        assert_int_equal(
            duration_parse(view_of(cases[i].text), 60, LONGEST, &seconds, &parse_error), -1);
        assert_int_equal(seconds, -1);
        assert_string_equal(parse_error.why, cases[i].message);
        assert_string_equal(parse_error.hint, cases[i].hint);
        assert_int_equal(parse_error.at, cases[i].at);
    }
}

static void durations_are_written_for_people(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text, *go;
    } cases[] = {
        {0, "0 s", "0s"},
        {45, "45 s", "45s"},
        {60, "1 min", "1m"},
        {61, "2 min", "1m1s"},
        {3600, "1 h", "1h"},
        {2 * 3600 + 13 * 60 + 1, "2 h 14 min", "2h13m1s"},
        {3599, "1 h", "59m59s"},
        {47 * 3600 + 59 * 60 + 59, "2 d", "47h59m59s"},
        {76 * 3600, "3 d 4 h", "76h"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[DURATION_ROOM];

        assert_string_equal(duration_text(cases[i].seconds, out), cases[i].text);
        assert_string_equal(duration_go(cases[i].seconds, out), cases[i].go);
    }
}

static void ages_are_written_as_kubectl_does(void **state)
{
    enum { M = 60, H = 60 * M, D = 24 * H, Y = 365 * D };
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {-3, "0s"},
        {0, "0s"},
        {119, "119s"},
        {2 * M, "2m"},
        {2 * M + 3, "2m3s"},
        {10 * M - 1, "9m59s"},
        {10 * M + 59, "10m"},
        {3 * H - 1, "179m"},
        {3 * H, "3h"},
        {8 * H - 1, "7h59m"},
        {8 * H + 59 * M, "8h"},
        {2 * D - 1, "47h"},
        {2 * D + H, "2d1h"},
        {8 * D + H, "8d"},
        {2 * Y - 1, "729d"},
        {2 * Y + D, "2y1d"},
        {8 * Y + D, "8y"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[DURATION_ROOM];

        assert_string_equal(duration_age(cases[i].seconds, out), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_whole),
        cmocka_unit_test(other_texts_are_refused_with_a_reason),
        cmocka_unit_test(durations_are_written_for_people),
        cmocka_unit_test(ages_are_written_as_kubectl_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
