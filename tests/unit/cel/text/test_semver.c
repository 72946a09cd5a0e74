#include "base/parse_error.h"
#include "cel/text/semver.h"
#include "cmocka_all.h"

static void versions_are_read(void **state)
{
    static const struct {
        const char *text;
        bool strict, normalized;
        unsigned major, minor, patch;
    } cases[] = {
        {"1.2.3", true, true, 1, 2, 3},
        {"1.2.3-rc.1+b.01", true, true, 1, 2, 3},
        {"v1.2.3", false, true, 1, 2, 3},
        {"1", false, true, 1, 0, 0},
        {"1.2", false, true, 1, 2, 0},
        {"01.02.003-rc", false, true, 1, 2, 3},
        {"1.2.-rc", false, true, 1, 2, 0},
        {"1.2-rc", false, false, 0, 0, 0},
        {"1.2.3-01", false, false, 0, 0, 0},
        {"1.2.3-", false, false, 0, 0, 0},
        {"1.2.3+a..b", false, false, 0, 0, 0},
        {"1.2.3.4", false, false, 0, 0, 0},
        {"1..3", false, false, 0, 0, 0},
        {"", false, false, 0, 0, 0},
        {"18446744073709551616.0.0", false, false, 0, 0, 0},
        {"x.2.3", false, false, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (int normalize = 0; normalize <= 1; normalize++) {
            bool good = normalize ? cases[i].normalized : cases[i].strict;
            struct semver v;
            struct parse_error error;

            if ((semver_parse(view_of(cases[i].text), normalize, &v, &error) == 0) != good)
                fail_msg("\"%s\", %d", cases[i].text, normalize);
            if (good && (v.major != cases[i].major || v.minor != cases[i].minor ||
                         v.patch != cases[i].patch))
                fail_msg("\"%s\", %d", cases[i].text, normalize);
        }
}

/* Each comes before the next: https://semver.org/#spec-item-11. */
static void versions_have_an_order(void **state)
{
    static const char *const rising[] = {
        "0.9.9",      "1.0.0-1",     "1.0.0-2",       "1.0.0-10",
        "1.0.0-A",    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta", "1.0.0-rc.1",  "1.0.0",         "1.0.1",
        "1.1.0",      "2.0.0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rising) / sizeof(rising[0]); i++)
        for (size_t k = 0; k < sizeof(rising) / sizeof(rising[0]); k++) {
            struct semver a, b;
            struct parse_error error;
            int order;

            assert_int_equal(semver_parse(view_of(rising[i]), false, &a, &error), 0);
            assert_int_equal(semver_parse(view_of(rising[k]), false, &b, &error), 0);
            order = semver_cmp(&a, &b);
            if ((order > 0) - (order < 0) != (i > k) - (i < k))
                fail_msg("%s and %s: %d", rising[i], rising[k], order);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_read),
        cmocka_unit_test(versions_have_an_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
