#include "cel/regex/unicode.h"
#include "cmocka_all.h"

/* How many characters a set has. */
static uint32_t size_of(const struct unicode_set *set)
{
    uint32_t row = 0, first, last, n = 0;

    while (unicode_run(set, &row, &first, &last))
        n += last - first + 1;
    return n;
}

/* Of Unicode 15.0: https://www.unicode.org/Public/15.0.0/ucd/extracted/DerivedGeneralCategory.txt.
 */
static void sets_have_names(void **state)
{
    static const struct {
        const char *name;
        uint32_t size; /* 0: there is none */
    } cases[] = {
        {"Nd", 680},
        {"nd", 680},
        {"N_d", 680},
        {"Decimal_Number", 680},
        {"decimal number", 680},
        {"Zl", 1},
        {"Co", 137468},
        {"Lu", 1831},
        {"Greek", 518},
        {"GREEK", 518},
        {"Han", 98408},
        {"", 0},
        {"Old_Italic", 0},
        {"OldItalic", 0},
        {"Nope", 0},
        {"a name that is longer than any of Unicode's", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct unicode_set set;
        bool found = unicode_find(view_of(cases[i].name), &set);

        if (found != (cases[i].size > 0) || (found && size_of(&set) != cases[i].size))
            fail_msg("\"%s\": %u characters", cases[i].name, found ? size_of(&set) : 0);
    }
}

static void cases_go_round(void **state)
{
    (void)state;
    assert_int_equal(unicode_fold('A'), 'a');
    assert_int_equal(unicode_fold('a'), 'A');
    assert_int_equal(unicode_fold('K'), 'k');
    assert_int_equal(unicode_fold('k'), 0x212A);
    assert_int_equal(unicode_fold(0x212A), 'K');
    assert_int_equal(unicode_fold('1'), '1');
    assert_int_equal(unicode_fold(0x100), 0x101); /* pairs, the first even */
    assert_int_equal(unicode_fold(0x101), 0x100);
    assert_int_equal(unicode_fold(0x139), 0x13A); /* and odd */
    assert_int_equal(unicode_fold(0x13A), 0x139);
    assert_int_equal(unicode_fold(0x1C4), 0x1C5); /* three in a row */
    assert_int_equal(unicode_fold(0x1C6), 0x1C4);
    assert_int_equal(unicode_fold(0x1E943), 0x1E921);
    assert_int_equal(unicode_fold(0x1E944), 0x1E944);
    assert_int_equal(unicode_cased(0), 'A');
    assert_int_equal(unicode_cased('['), 'a');
    assert_int_equal(unicode_cased(0x1E944), UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_have_names),
        cmocka_unit_test(cases_go_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
