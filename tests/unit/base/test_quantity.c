#include "base/limits.h"
#include "base/parse_error.h"
#include "base/quantity.h"
#include "cmocka_all.h"

#include <string.h>

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

static struct quantity parsed(const char *text)
{
    struct quantity q;
    struct parse_error parse_error;

    if (quantity_parse(view_of(text), &q, &parse_error) < 0)
        fail_msg("\"%s\": %s", text, parse_error.why);
    return q;
}

static struct view print(const char *text, char room[QUANTITY_ROOM])
{
    struct quantity q = parsed(text);

    return quantity_print(&q, room);
}

/* -1, 0 or 1. */
static int order(const char *a, const char *b)
{
    struct quantity x = parsed(a), y = parsed(b);
    int result = quantity_cmp(&x, &y);

    return (result > 0) - (result < 0);
}

static void text_has_one_canonical_form(void **state)
{
    static const struct {
        const char *written, *printed;
    } cases[] = {
        /* Every suffix. */
        {"1n", "1n"},
        {"1u", "1u"},
        {"1m", "1m"},
        {"1", "1"},
        {"1k", "1k"},
        {"1M", "1M"},
        {"1G", "1G"},
        {"1T", "1T"},
        {"1P", "1P"},
        {"1E", "1E"},
        {"1Ki", "1Ki"},
        {"1Mi", "1Mi"},
        {"1Gi", "1Gi"},
        {"1Ti", "1Ti"},
        {"1Pi", "1Pi"},
        {"1Ei", "1Ei"},
        /* The largest suffix that leaves no fraction. */
        {"1000m", "1"},
        {"1024Mi", "1Gi"},
        {"1.5", "1500m"},
        {"1.5Gi", "1536Mi"},
        {"100000", "100k"},
        {"0.1", "100m"},
        {"2048", "2048"},
        {"2Ki", "2Ki"},
        {"0.5Ki", "512"},
        {"1.1Ki", "1126400m"},
        {"0.5", "500m"},
        /* Exponents. */
        {"1e3", "1e3"},
        {"1E3", "1e3"},
        {"12e6", "12e6"},
        {"1e+2", "100"},
        {"1.5e1", "15"},
        {"1e-3", "1e-3"},
        {"1E", "1E"},
        /* Signs, zeros and points. */
        {"+5", "5"},
        {"-5Mi", "-5Mi"},
        {"-0", "0"},
        {"0Gi", "0"},
        {"007", "7"},
        {"1.", "1"},
        {".5", "500m"},
        {"1.500", "1500m"},
        /* Below 10^-9 it is rounded away from zero. */
        {"0.1n", "1n"},
        {"1.0000000001", "1000000001n"},
        {"-0.1n", "-1n"},
        {"1e-999", "1e-9"},
        {"0e-999", "0"},
        {"0.0000000001Ki", "103n"},
        /* 2^63-1 is the end with a binary suffix, and no end without one. */
        {"8Ei", "9223372036854775807"},
        {"-8Ei", "-9223372036854775807"},
        {"9999999999999999999999999999999999999999999999999999999999999Ei", "9223372036854775807"},
        {"9223372036854775807", "9223372036854775807"},
        {"9223372036854775808", "9223372036854775808"},
        {"-9223372036854775809", "-9223372036854775809"},
        {"10E", "10E"},
        {"100E", "100E"},
        {"1000E", "1e21"},
        {"12345678901234567890E", "12345678901234567890E"},
        {"1e999", "1e999"},
        {"10e999", "10e999"},
        {"1e1", "10"},
        {"9999999999999999999999999999999999999999999999999999999999999999",
         "9999999999999999999999999999999999999999999999999999999999999999"},
        /* Exponents may have zeros before them. */
        {"6e0003", "6e3"},
        {"6E-0003", "6e-3"},
        {"6e+000000000000000003", "6e3"},
    };
    char room[QUANTITY_ROOM];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct view printed = print(cases[i].written, room);

        assert_string_equal(printed.p, cases[i].printed);
        assert_int_equal(printed.n, strlen(printed.p));
        /* What is printed is read as the same amount, and printed the same again. */
        assert_int_equal(order(printed.p, cases[i].written), 0);
    }
}

static void what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *written;
        size_t at;
        const char *why;
    } cases[] = {
        {"", 0, "it is empty"},
        {"m", 0, "it does not begin with a number"},
        {".", 0, "it does not begin with a number"},
        {"+", 0, "it does not begin with a number"},
        {"-Ki", 0, "it does not begin with a number"},
        {" 1", 0, "it does not begin with a number"},
        {"--1", 0, "it does not begin with a number"},
        {"unlimited", 0, "it does not begin with a number"},
        {"1e1000", 1,
         "unknown suffix \"e1000\"; known are n u m k M G T P E, Ki Mi Gi Ti Pi Ei "
         "and exponents from e-999 to e999"},
        {"1e-1000", 1, "unknown suffix \"e-1000\""},
        {"1e99999999999999999999", 1, "unknown suffix \"e99999999999999999999\""},
        {"5GB", 1, "unknown suffix \"GB\""},
        {"5K", 1, "unknown suffix \"K\""},
        {"5gi", 1, "unknown suffix \"gi\""},
        {"1 Gi", 1, "unknown suffix \" Gi\""},
        {"1,5", 1, "unknown suffix \",5\""},
        {"1.5.1", 3, "unknown suffix \".1\""},
        {"1e", 1, "unknown suffix \"e\""},
        {"1e+", 1, "unknown suffix \"e+\""},
        {"1e3.5", 1, "unknown suffix \"e3.5\""},
        {"1e4294967296", 1, "unknown suffix \"e4294967296\""},
        {"1Ki2", 1, "unknown suffix \"Ki2\""},
        {"0x10", 1, "unknown suffix \"x10\""},
    };
    struct quantity q = {.point = 7};
    struct parse_error parse_error;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(quantity_parse(view_of(cases[i].written), &q, &parse_error), -1);
        assert_true(view_starts(view_of(parse_error.why), cases[i].why));
        assert_int_equal(parse_error.at, cases[i].at);
        assert_int_equal(q.point, 7);
    }
}

/* What to write is said where it can be guessed. */
static void near_suffixes_are_told(void **state)
{
    static const struct {
        const char *written, *hint;
    } cases[] = {
        {"512MB", "did you mean \"512Mi\" or \"512M\"?"},
        {"512mb", "did you mean \"512Mi\" or \"512M\"?"},
        {"512MiB", "did you mean \"512Mi\"?"},
        {"5gi", "did you mean \"5Gi\"?"},
        {"1.5g", "did you mean \"1.5Gi\" or \"1.5G\"?"},
        {"1K", "did you mean \"1Ki\" or \"1k\"?"},
        {"1 Gi", "write \"1Gi\", without a blank"},
        {"1 GB", "did you mean \"1Gi\" or \"1G\"?"},
        {"1 ", "write \"1\", without a blank"},
        {"100B", "did you mean \"100\"?"},
        {"1Mi1", ""},
        {"1MBB", ""},
        {"1Bi", ""},
        {"1\xC3", ""},
        {"many", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quantity q;
        struct parse_error parse_error;

        assert_int_equal(quantity_parse(view_of(cases[i].written), &q, &parse_error), -1);
        assert_string_equal(parse_error.hint, cases[i].hint);
    }
}

/* A number is not a quantity: nothing of it is rounded. */
static void numbers_are_exact(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"0.12345678912", "0.12345678911", 1},
        {"1e-11", "0", 1},
        {"5e-324", "4.9e-324", 1},
        {"9007199254740993", "9007199254740992", 1},
        {"1e+30", "1000000000000000000000000000000", 0},
        {"-0", "0.0", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quantity a, b;
        struct parse_error parse_error;

        assert_int_equal(quantity_parse_exact(view_of(cases[i].a), &a, &parse_error), 0);
        assert_int_equal(quantity_parse_exact(view_of(cases[i].b), &b, &parse_error), 0);
        assert_int_equal(quantity_cmp(&a, &b) > 0, cases[i].order > 0);
        assert_int_equal(quantity_cmp(&b, &a) < 0, cases[i].order > 0);
    }
}

static void length_is_limited(void **state)
{
    char digits[LIMIT_QUANTITY + 1];
    struct quantity q;
    struct parse_error parse_error;

    (void)state;
    memset(digits, '0', sizeof(digits));
    assert_int_equal(quantity_parse((struct view){digits, LIMIT_QUANTITY - 1}, &q, &parse_error),
                     0);
    assert_int_equal(quantity_parse((struct view){digits, LIMIT_QUANTITY}, &q, &parse_error), 0);
    assert_int_equal(quantity_parse((struct view){digits, LIMIT_QUANTITY + 1}, &q, &parse_error),
                     -1);
    assert_string_equal(parse_error.why, "it is longer than 64 bytes");
}

static void amounts_compare_exactly(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"1", "1000m", 0},
        {"1Gi", "1024Mi", 0},
        {"1G", "1Gi", -1},
        {"100m", "0.1", 0},
        {"1.000000001", "1", 1},
        {"-1", "1", -1},
        {"1E", "1e18", 0},
        {"0", "-0", 0},
        {"9007199254740993", "9007199254740992", 1}, /* a double tells them not apart */
        {"100E", "10E", 1},
        {"-100E", "-10E", -1},
        {"10E", "9223372036854775807", 1},
        {"10E", "1e19", 0},
        {"1e999", "9e998", 1},
        {"1e999", "10e998", 0},
        {"6e0003", "6000", 0},
        {"8Ei", "9223372036854775807", 0},
        {"1e20", "8Ei", 1},
        {"1n", "0.1n", 0},
        {"0.12", "0.2", -1},
        {"12", "112", -1},
        {"-1", "0", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(order(cases[i].a, cases[i].b), cases[i].order);
        assert_int_equal(order(cases[i].b, cases[i].a), -cases[i].order);
    }
}

static void ratios_are_exact(void **state)
{
    static const struct {
        const char *limit, *ratio, *request;
        bool within;
    } cases[] = {
        {"1", "2", "500m", true},
        {"1000000001n", "2", "500m", false},
        {"1Gi", "1", "1024Mi", true},
        {"3", "1.5", "2", true},
        {"0", "2", "0", true},
        {"1n", "1000", "0", false},
        {"1", "0.333333333", "3", false},
        /* The product is beyond 128 bits. */
        {"9223372036854775807", "9223372036854775807", "9223372036854775807", true},
        {"1", "-9223372036854775807", "9223372036854775807", false},
        {"1", "-9223372036854775807", "-9223372036854775807", true},
        {"9223372036854775807", "1", "9223372036854775807", true},
        {"9223372036854775807", "1", "9223372036854775806", false},
        {"100E", "10", "10E", true},
        {"1000000000000000000000000000000001", "1e33", "1", false},
        {"1e990", "1e999", "1e-9", true},
        {"1e999", "1e999", "0", false},
        {"99", "9.9", "10", true},
        {"-1", "2", "0", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quantity limit = parsed(cases[i].limit), ratio = parsed(cases[i].ratio);
        struct quantity request = parsed(cases[i].request);

        if (quantity_within(&limit, &ratio, &request) != cases[i].within)
            fail_msg("%s <= %s * %s", cases[i].limit, cases[i].ratio, cases[i].request);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_one_canonical_form),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(near_suffixes_are_told),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(length_is_limited),
        cmocka_unit_test(amounts_compare_exactly),
        cmocka_unit_test(ratios_are_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
