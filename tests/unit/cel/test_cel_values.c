#include "base/budget.h"
#include "cel_test.h"
#include "cmocka_all.h"

struct row {
    const char *expression, *value;
};

static void check(const struct row *rows, size_t count)
{
    struct cel_test t;

    for (size_t i = 0; i < count; i++) {
        const char *value = cel_test_eval(&t, 35, rows[i].expression, "[1, -1, 1.5, \"1\", null]");

        if (strcmp(value, rows[i].value) != 0)
            fail_msg("%s is %s, not %s", rows[i].expression, value, rows[i].value);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void numbers_are_equal_by_value(void **state)
{
    static const struct row rows[] = {
        {"object[0] == 1.0", "true"},
        {"dyn(1) == 1u", "true"},
        {"dyn(-1) == 18446744073709551615u", "false"},
        {"object[2] == 1.5", "true"},
        {"object[3] == 1", "false"},
        {"object[4] == null && object[0] != null", "true"},
        {"double('NaN') == double('NaN')", "false"},
        {"double('NaN') != double('NaN')", "true"},
        {"dyn([1, 2]) == dyn([1.0, 2.5])", "false"},
        {"dyn([1, 2]) == dyn([1.0, 2.0])", "true"},
        {"{'a': [1]} == {'a': [1]}", "true"},
        {"{'a': 1} == {'a': 1, 'b': 2}", "false"},
        {"1 < 2u && 2u < 2.5 && dyn(-1.0) < 0u", "true"},
        {"9223372036854775807 < 9223372036854775808.0", "false"},
        {"-9223372036854775808 > -1e300 && 18446744073709551615u < 1e300", "true"},
        {"double('NaN') < 1.0", "error: NaN values cannot be ordered"},
        {"false < true && 'a' < 'b' && b'a' < b'aa'", "true"},
        {"dyn([1]) < dyn([2])", "error: no such overload"},
        {"[int].exists(t, t == int)",
         "issue: \"t\" is a type, and Kubernetes reads no variable that is known to be one (write "
         "dyn(...) around what it is taken from)"},
        {"[dyn(int)].exists(t, t == int)", "true"},
        {"[int].exists(t, true)", "true"},
        {"[int].filter(t, true).size() == 1",
         "issue: \"t\" is a type, and Kubernetes reads no variable that is known to be one (write "
         "dyn(...) around what it is taken from)"},
        {"type(1) == int && type(object) == list && type(int) == type", "true"},
        {"duration('1h') == duration('60m') && timestamp(0) < timestamp(1)", "true"},
        {"optional.of(1) == optional.of(1) && optional.of(1) != optional.none()", "true"},
    };

    (void)state;
    CHECK(rows);
}

static void arithmetic_stays_in_range(void **state)
{
    static const struct row rows[] = {
        {"9223372036854775807 + 1", "error: integer overflow"},
        {"-9223372036854775808 - 1", "error: integer overflow"},
        {"-(-9223372036854775808)", "error: integer overflow"},
        {"4611686018427387904 * 2", "error: integer overflow"},
        {"-9223372036854775808 / -1", "error: integer overflow"},
        {"-9223372036854775808 % -1", "error: integer overflow"},
        {"-7 / 2 == -3 && -7 % 2 == -1", "true"},
        {"1 % 0", "error: modulus by zero"},
        {"1u - 2u", "error: unsigned integer overflow"},
        {"18446744073709551615u + 1u", "error: unsigned integer overflow"},
        {"1.0 / 0.0", "{\"double\":\"+Inf\"}"},
        {"int(9223372036854775807.0)", "issue: integer overflow"},
        {"uint(object[1])", "error: unsigned integer overflow"},
        {"timestamp(253402300799) + duration('1s')", "error: timestamp overflow"},
        {"timestamp('0001-01-01T00:00:00Z') - duration('1ns')", "error: timestamp overflow"},
        {"timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')",
         "error: integer overflow"},
        {"duration('2562047h') + duration('2562047h')", "error: integer overflow"},
        {"object[0] + object[3]", "error: no such overload"},
    };

    (void)state;
    CHECK(rows);
}

static void maps_have_one_key_for_equal_numbers(void **state)
{
    static const struct row rows[] = {
        {"{1: 'a'}[dyn(1u)] + {1u: 'b'}[dyn(1)] + {1: 'c'}[dyn(1.0)]", "\"abc\""},
        {"{1: 'a'}[dyn(1.5)]", "error: no such key: 1.5"},
        {"2u in {1: 'a', 2: 'b'}", "issue: found no matching overload for \"in\" applied to (uint, "
                                   "map(int, string)) (there is in(A, list(A)) -> bool; in(A, "
                                   "map(A, B)) -> bool)"},
        {"dyn(2u) in {1: 'a', 2: 'b'}", "true"},
        {"{'a': 1, 'a': 2}", "{\"map\":[[\"a\",2]]}"},
        {"{true: 1}[true]", "1"},
        {"{object[0]: 1, object[1]: 2, object[2]: 3}",
         "{\"map\":[[-1,2],[1,1],[{\"double\":\"1.5\"},3]]}"},
        {"{b'a': 1}", "issue: unsupported key type: bytes"},
        {"[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].transformMap(i, v, v * v)[dyn(11.0)]", "121"},
        {"[1, 2, 3][dyn(1.0)] + [1, 2, 3][dyn(2u)]", "5"},
        {"[1][dyn(0.5)]", "error: unsupported index type 'double' in list"},
        {"[1][-1]", "error: index out of bounds: -1"},
    };

    (void)state;
    CHECK(rows);
}

static void constants_are_looked_up(void **state)
{
    static const struct row rows[] = {
        {"object[0] in [1, 2] && object[0] in [1.0] && object[0] in [1u]", "true"},
        {"dyn(1.0) in [1, 2] && dyn(1u) in [1.0, 2.5] && dyn(1.0) in [1u]", "true"},
        {"object[2] in [1, 2] || object[3] in [1, 2] || object[4] in [1]", "false"},
        {"object[3] in ['0', '1'] && object[2] in [0.5, 1.5]", "true"},
        {"object[1] in [18446744073709551615u]", "false"},
        {"dyn(-0.0) in [0.0] && dyn(0.0) in [0]", "true"},
        {"double('NaN') in [1.0]", "false"},
        {"object[0] in [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1]", "true"},
        {"object[3] in ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', '1']", "true"},
        {"object[5] in []", "false"},
        {"object[5] in [1]", "error: index out of bounds: 5"},
        {"object[4] in [null]", "true"},
    };

    (void)state;
    CHECK(rows);
}

static void texts_are_characters(void **state)
{
    static const struct row rows[] = {
        {"size('h\xc3\xa9\xf0\x9f\x90\xb1')", "3"},
        {"size(b'h\xc3\xa9')", "3"},
        {"'\\u00e9' == '\xc3\xa9' && '\\U0001F431' == '\\360\\237\\220\\261'", "false"},
        {"b'\\360\\237\\220\\261' == bytes('\\U0001F431')", "true"},
        {"string(b'\\xff')", "issue: invalid UTF-8 in bytes, cannot convert to string"},
        {"r'\\d' + \"\"\"a\"b\"\"\" + '''c\nd'''", "\"\\\\da\\\"bc\\nd\""},
        {"'abc'.contains('') && 'abc'.contains('bc') && !'abc'.contains('abcd')", "true"},
        {"'abc'.startsWith('ab') && 'abc'.endsWith('bc') && !'a'.endsWith('ba')", "true"},
        {"'aXb'.matches('[A-Z]') && !'ab'.matches('^b') && matches('x', 'x|y')", "true"},
        {"'a'.matches('(')", "issue: error parsing regexp: missing closing ): `(`"},
        {"'a'.matches(object[3] + '(')", "error: error parsing regexp: missing closing ): `1(`"},
    };

    (void)state;
    CHECK(rows);
}

static void conversions_are_gos(void **state)
{
    static const struct row rows[] = {
        {"string(1e6) + ' ' + string(123456.0) + ' ' + string(1e-5) + ' ' + string(-0.0)",
         "\"1e+06 123456 1e-05 -0\""},
        {"string(1.5) + string(double('inf')) + string(100.0)", "\"1.5+Inf100\""},
        {"double('0x1p4') == 16.0 && double('1e3') == 1000.0 && int('+7') == 7", "true"},
        {"int('0x10')", "issue: type conversion error from 'string' to 'int'"},
        {"bool('True') && !bool('f')", "true"},
        {"bool('yes')", "issue: type conversion error from 'string' to 'bool'"},
        {"int(-1.9) == -1 && uint(1.9) == 1u", "true"},
        {"int(timestamp('1970-01-01T00:01:00Z')) == 60", "true"},
        {"int(duration('1us'))", "1000"},
        {"string(duration('1h1.5s')) + string(duration('-1ms'))", "\"3601.5s-0.001s\""},
        {"string(timestamp('2023-05-06T07:08:09.120+05:30'))", "\"2023-05-06T07:08:09.12+05:30\""},
        {"timestamp('2023-02-29T00:00:00Z')",
         "issue: type conversion error from 'string' to 'google.protobuf.Timestamp'"},
        {"timestamp('2023-05-06T07:08:09Z').getHours('+05:30')", "12"},
        {"timestamp('2023-05-06T07:08:09Z').getHours('America/New_York')", "3"},
        {"timestamp('2023-05-06T07:08:09Z').getHours('No/Where')",
         "error: unknown time zone No/Where"},
        {"timestamp('2023-05-06T07:08:09.987Z').getMilliseconds()", "987"},
        {"timestamp('2023-12-31T00:00:00Z').getDayOfYear()", "364"},
        {"duration('-90m').getHours() == -1 && duration('90m').getMinutes() == 90", "true"},
    };

    (void)state;
    CHECK(rows);
}

/* --- long lists and maps ---------------------------------------------------------------------- */

/* The steps that an expression takes over a list or map of `count` entries. */
static uint64_t steps(const char *expression, size_t count, bool map)
{
    static const struct cel_variable variables[] = {{"object", &cel_type_dyn}};
    struct cel_source source = {view_of(expression), NULL, variables, 1, NULL};
    struct budget budget = {0};
    struct cel_run run = {.budget = &budget};
    const struct cel_program *program;
    struct cel_issues issues;
    struct cel_value object;
    struct arena arena;
    yyjson_doc *doc;
    struct buf json;

    buf_init(&json, 16 * 1024 * 1024);
    for (size_t i = 0; i < count; i++)
        buf_printf(&json, map ? "%c\"key%zu\":%zu" : "%c[%zu,%zu]",
                   i     ? ','
                   : map ? '{'
                         : '[',
                   i, i);
    buf_add_char(&json, map ? '}' : ']');
    doc = yyjson_read(json.p, json.n, 0);
    object = cel_of_json(yyjson_doc_get_root(doc));
    arena_init(&arena, CEL_TEST_ARENA);
    source.env = cel_env_create(35, NULL, 0, &arena);
    cel_issues_init(&issues, &arena);
    program = cel_compile(&source, &arena, &issues);
    assert_non_null(program);
    run.arena = &arena;
    run.variables = &object;
    assert_true(cel_is_true(cel_eval(program, &run)));
    arena_release(&arena);
    yyjson_doc_free(doc);
    buf_release(&json);
    return budget.steps;
}

static void each_entry_is_found_at_once(void **state)
{
    static const struct {
        const char *expression;
        bool map;
    } cases[] = {
        {"object.all(k, object[k] >= 0)", true},
        {"object == object", true},
        {"object.all(i, v, object[i] == v)", false},
        {"object == object", false},
        {"(object + object).all(x, x[0] >= 0)", false},
        {"(object + object).all(i, x, (object + object)[i] == x)", false},
        {"object.transformMap(k, v, v).all(k, object[k] >= 0)", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t few = steps(cases[i].expression, 1000, cases[i].map);
        uint64_t many = steps(cases[i].expression, 10000, cases[i].map);

        assert_in_range(few, 1000, 20000);
        assert_in_range(many, 10000, 11 * few);
    }
}

/* At the edge of where an index is made. */
static void entries_are_found_at_every_length(void **state)
{
    (void)state;
    for (size_t n = 1; n < 70; n++) {
        steps("object.all(k, object[k] >= 0 && k in object) && !('key' in object)", n, true);
        steps("object.all(i, v, object[i] == v) && object.exists_one(x, x[0] == 0)", n, false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_equal_by_value),
        cmocka_unit_test(arithmetic_stays_in_range),
        cmocka_unit_test(maps_have_one_key_for_equal_numbers),
        cmocka_unit_test(constants_are_looked_up),
        cmocka_unit_test(texts_are_characters),
        cmocka_unit_test(conversions_are_gos),
        cmocka_unit_test(each_entry_is_found_at_once),
        cmocka_unit_test(entries_are_found_at_every_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
