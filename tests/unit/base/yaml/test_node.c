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
    } cases[] = {
        {"max: 5GB", "5GB", 1, 6, 1, 7},
        {"a: 1\nmax: 5GB", "5GB", 2, 6, 1, 7},
        {"max: \"5GB\"", "5GB", 1, 6, 1, 8},
        {"max: '5GB'", "5GB", 1, 6, 1, 8},
        {"max: 5GB", "5GB", 1, 6, 3, 9},         /* at its end */
        {"max: \"5\\x47B\"", "5GB", 1, 6, 1, 8}, /* as written up to there */
        {"max: \"\\x35GB\"", "5GB", 1, 6, 1, 6}, /* escaped before: the beginning */
        {"max: |\n  5GB", "5GB", 1, 6, 1, 6},
        {"max: 5GB", "5GB", 9, 6, 1, 6}, /* beyond the source */
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
        assert_int_equal(place.line, cases[i].line);
        assert_int_equal(place.column, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_error_is_found_in_its_source)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
