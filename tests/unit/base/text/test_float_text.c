#include "base/text/float_text.h"

#include "base/buf.h"
#include "base/limits.h"
#include "cmocka_all.h"

#include <float.h>

static void only_whole_decimals_are_read(void **state)
{
    static const struct {
        const char *text;
        bool good;
        double value;
    } cases[] = {
        {"0", true, 0},      {"1.5", true, 1.5},  {"-1.5e3", true, -1500}, {"+.5", true, .5},
        {"5.", true, 5},     {"1e-400", true, 0}, {"1E+2", true, 100},     {"1e400", false, 0},
        {"", false, 0},      {".", false, 0},     {"-", false, 0},         {"1e", false, 0},
        {"1e+", false, 0},   {" 1", false, 0},    {"1 ", false, 0},        {"0x1p3", false, 0},
        {"inf", false, 0},   {"nan", false, 0},   {"1,5", false, 0},       {"1.5.5", false, 0},
        {"1e5.5", false, 0}, {"--1", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double value = 0;

        assert_int_equal(float_text_parse(view_of(cases[i].text), &value), cases[i].good);
        if (cases[i].good)
            assert_true(value == cases[i].value);
    }
}

static void length_has_a_limit(void **state)
{
    char text[LIMIT_NUMBER + 1];
    double value;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = '0';
    assert_true(float_text_parse((struct view){text, LIMIT_NUMBER - 1}, &value));
    assert_true(float_text_parse((struct view){text, LIMIT_NUMBER}, &value));
    assert_false(float_text_parse((struct view){text, LIMIT_NUMBER + 1}, &value));
}

/* Expected texts are those of Go's encoding/json and strconv. */
static void shortest_text_is_written(void **state)
{
    static const struct {
        double value;
        const char *json, *key;
    } cases[] = {
        {0, "0", "0"},
        {-0.0, "-0", "-0"},
        {0.1, "0.1", "0.1"},
        {1.5, "1.5", "1.5"},
        {-2500, "-2500", "-2500"},
        {0.30000000000000004, "0.30000000000000004", "0.3"},
        {123456.5, "123456.5", "123456.5"},
        {999999, "999999", "999999"},
        {1e6, "1000000", "1e+06"},
        {1e20, "100000000000000000000", "1e+20"},
        {1e21, "1e+21", "1e+21"},
        {0.0001, "0.0001", "0.0001"},
        {0.00001, "0.00001", "1e-05"},
        {1e-6, "0.000001", "1e-06"},
        {1e-7, "1e-7", "1e-07"},
        {5e-324, "5e-324", "0"},
        {DBL_MAX, "1.7976931348623157e+308", ".inf"},
        {-DBL_MAX, "-1.7976931348623157e+308", "-.inf"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;

        buf_init(&out, 100);
        float_text_write(cases[i].value, &out);
        assert_string_equal(buf_view(&out).p, cases[i].json);
        buf_reset(&out);
        float_text_write_key(cases[i].value, &out);
        assert_string_equal(buf_view(&out).p, cases[i].key);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_whole_decimals_are_read),
        cmocka_unit_test(length_has_a_limit),
        cmocka_unit_test(shortest_text_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
