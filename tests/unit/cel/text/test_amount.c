#include "base/parse_error.h"
#include "cel/text/amount.h"
#include "cmocka_all.h"

static struct amount parsed(const char *text)
{
    struct amount a;
    struct parse_error error;

    if (amount_parse(view_of(text), &a, &error) < 0)
        fail_msg("\"%s\": %s", text, error.why);
    return a;
}

static void amounts_are_integers(void **state)
{
    static const struct {
        const char *text;
        bool is;
        int64_t integer;
    } cases[] = {
        {"0", true, 0},
        {"200M", true, 200000000},
        {"-3k", true, -3000},
        {"2Ki", true, 2048},
        {"1000m", false, 0},
        {"1.5Gi", false, 0},
        {"1.0", false, 0},
        {"999999999999999999", true, 999999999999999999},
        {"9223372036854775807", false, 0},
        {"9E", true, 9000000000000000000},
        {"10E", false, 0},
        {"8Ei", false, 0},
        {"m", false, 0},
        {"k", true, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct amount a = parsed(cases[i].text);
        int64_t integer = 0;
        bool is = amount_integer(&a, &integer);

        if (is != cases[i].is || (is && integer != cases[i].integer))
            fail_msg("\"%s\": %d, %lld", cases[i].text, is, (long long)integer);
    }
}

static void amounts_add_up(void **state)
{
    static const struct {
        const char *a, *b, *sum, *difference;
    } cases[] = {
        {"1", "1m", "1001m", "999m"},
        {"50k", "20", "50020", "49980"},
        {"1Gi", "1.5Gi", "2.5Gi", "-0.5Gi"},
        {"1", "1", "2", "0"},
        {"-1", "1", "0", "-2"},
        {"9E", "9E", "18E", "0"},
        {"0", "5", "5", "-5"},
        {"5", "0", "5", "5"},
        {"99", "1n", "99.000000001", "98.999999999"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct amount a = parsed(cases[i].a), b = parsed(cases[i].b), got, want;

        assert_int_equal(amount_add(&a, &b, false, &got), 0);
        want = parsed(cases[i].sum);
        if (amount_cmp(&got, &want) != 0)
            fail_msg("%s + %s", cases[i].a, cases[i].b);
        assert_int_equal(amount_add(&a, &b, true, &got), 0);
        want = parsed(cases[i].difference);
        if (amount_cmp(&got, &want) != 0)
            fail_msg("%s - %s", cases[i].a, cases[i].b);
    }
}

static void sums_have_an_end(void **state)
{
    struct amount a = parsed("1e900"), b = parsed("1"), sum;

    (void)state;
    assert_int_equal(amount_add(&a, &b, false, &sum), -1);
    assert_int_equal(amount_add(&a, &a, false, &sum), 0);
}

static void amounts_are_numbers(void **state)
{
    struct amount a = parsed("1.5Gi"), b = parsed("100m"), c = amount_of_int(INT64_MIN);

    (void)state;
    assert_true(amount_float(&a) == 1610612736.0);
    assert_true(amount_float(&b) == 0.1);
    assert_true(amount_float(&c) == -9223372036854775808.0);
    assert_int_equal(amount_sign(&a), 1);
    assert_int_equal(amount_sign(&c), -1);
    b = parsed("-0");
    assert_int_equal(amount_sign(&b), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_integers),
        cmocka_unit_test(amounts_add_up),
        cmocka_unit_test(sums_have_an_end),
        cmocka_unit_test(amounts_are_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
