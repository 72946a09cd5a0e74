#include "base/parse_error.h"
#include "base/yaml/node.h"
#include "cmocka_all.h"

static void an_error_is_found_in_its_source(void **state)
{
    static const struct {
        const char *source, *text;
        unsigned line, column; /* of the scalar */
        size_t at;
        unsigned expected;
        unsigned further; /* lines */
    } cases[] = {
        {"max: 5GB", "5GB", 1, 6, 1, 7, 0},
        {"a: 1\nmax: 5GB", "5GB", 2, 6, 1, 7, 0},
        {"max: \"5GB\"", "5GB", 1, 6, 1, 8, 0},
        {"max: '5GB'", "5GB", 1, 6, 1, 8, 0},
        {"max: 5GB", "5GB", 1, 6, 3, 9, 0},         /* at its end */
        {"max: \"5\\x47B\"", "5GB", 1, 6, 1, 8, 0}, /* as written up to there */
        {"max: \"\\x35GB\"", "5GB", 1, 6, 1, 6, 0}, /* escaped before: the beginning */
        {"max: |\n  5GB", "5GB", 1, 6, 1, 4, 1},
        {"max: |-\n  5GB\n", "5GB", 1, 6, 0, 3, 1},
        {"a: |\n  b\n\n    c\n  d\n", "b\n\n  c\nd\n", 1, 4, 5, 5, 3},
        {"a: |\n  b\n\n    c\n  d\n", "b\n\n  c\nd\n", 1, 4, 7, 3, 4},
        {"a: >-\n\n  b\n  c\n\n  d\n", "\nb c\nd", 1, 4, 3, 3, 3},
        {"a: >-\n\n  b\n  c\n\n  d\n", "\nb c\nd", 1, 4, 5, 3, 5}, /* behind what is empty */
        {"a: |\n  b\n", "x\n", 1, 4, 1, 4, 0},                     /* not what is written */
        {"a: |", "x\n", 1, 4, 1, 4, 0},
        {"max: 5GB", "5GB", 9, 6, 1, 6, 0}, /* beyond the source */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct source source = {.name = VIEW("x.yaml"), .text = view_of(cases[i].source)};
        struct node node = {.place = {&source, cases[i].line, cases[i].column},
                            .text = view_of(cases[i].text)};
        struct parse_error parse_error;
        struct place place;

        assert_int_equal(parse_error_set(&parse_error, cases[i].at, "because %d", 1), -1);
        assert_string_equal(parse_error.why, "because 1");
        place = node_error_place(&node, &parse_error);
        assert_int_equal(place.line, cases[i].line + cases[i].further);
        assert_int_equal(place.column, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_error_is_found_in_its_source)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
