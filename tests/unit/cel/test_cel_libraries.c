#include "tests/unit/cel/cel_test.h"

#include "cmocka_all.h"

/* What the functions of libraries give, as text, and what they cost; that both are Kubernetes' is
 * held by tests/contract/oracle. */
struct row {
    const char *expression, *value;
    unsigned cost;
};

static void check(const struct row *rows, size_t count)
{
    static struct cel_test t;

    for (size_t i = 0; i < count; i++) {
        const char *value = cel_test_eval(&t, 35, rows[i].expression, "{\"s\": \"a,b\", \"n\": 2}");

        if (strcmp(value, rows[i].value) != 0 || t.cost != rows[i].cost)
            fail_msg("%s is %s at %u", rows[i].expression, value, (unsigned)t.cost);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void strings(void **state)
{
    static const struct row rows[] = {
        {"object.s.charAt(1)", "\",\"", 3},
        {"object.s.charAt(4)", "error: index out of range: 4", 3},
        {"object.s.indexOf('b')", "2", 2},
        {"object.s.lastIndexOf('')", "3", 2},
        {"object.s.upperAscii()", "\"A,B\"", 3},
        {"object.s.replace(',', '--')", "\"a--b\"", 3},
        {"object.s.split(',')", "[\"a\",\"b\"]", 3},
        {"object.s.split(',', 0)", "[]", 3},
        {"object.s.substring(2, 1)", "error: invalid substring range. start: 2, end: 1", 3},
        {"object.s.substring(1, 3)", "\",b\"", 3},
        {"object.s.split(',').join('+')", "\"a+b\"", 4},
        {"[dyn(object.s), dyn(1)].join()", "error: join: invalid input: 1", 14},
        {"strings.quote(object.s + '\\n')", "\"\\\"a,b\\\\n\\\"\"", 4},
        {"object.s.find('[a-z]$')", "\"b\"", 4},
        {"object.s.findAll('[a-z]')", "[\"a\",\"b\"]", 4},
        {"object.s.findAll('[a-z]', 1)", "[\"a\"]", 4},
        {"object.s.find('(' + object.s)",
         "error: Illegal regex: error parsing regexp: missing closing ): `(a,b`", 6},
    };

    (void)state;
    CHECK(rows);
}

/* What cel-go does with values that a function has no row for. */
static void odd_values(void **state)
{
    static const struct row rows[] = {
        /* An object of a library beside something else. */
        {"dyn(ip('::1')) == 1", "error: no such overload", 3},
        {"1 == dyn(ip('::1'))", "false", 3},
        {"dyn(ip('::1')) != 1", "true", 3},
        {"dyn(ip('::1')) == null", "false", 3},
        {"dyn(ip('::1')) == dyn(cidr('::/1'))", "error: no such overload", 5},
        {"[dyn(ip('::1'))] == [1]", "true", 13},
        {"[1] == [dyn(ip('::1'))]", "false", 13},
        {"[dyn(ip('::1')), dyn(2)] == [1, 3]", "false", 13},
        {"{'a': dyn(ip('::1'))} == {'a': 1}", "true", 33},
        {"optional.of(dyn(ip('::1'))) == optional.of(1)", "error: no such overload", 5},
        {"[dyn(ip('::1'))] in [[dyn(1)]]", "true", 13},
        /* A constant pattern, and what has a text. */
        {"dyn(optional.of('int')).find('int')", "\"int\"", 3},
        {"dyn(type(1)).matches('int')", "true", 1},
        {"dyn(optional.of('int')).findAll('int', dyn(optional.of(1)))", "[\"int\"]", 5},
        {"dyn(optional.none()).find('int')", "error: no such overload: find(optional_type, string)",
         3},
        /* What an optional costs. */
        {"dyn(optional.of('')).trim()", "error: no such overload: trim(optional_type)", 3},
        {"dyn(optional.of('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')).trim()",
         "error: no such overload: trim(optional_type)", 3},
        {"dyn(optional.of('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')).matches('a')", "true", 6},
        /* The negative of the least integer of Go is itself. */
        {"quantity('1').sub(-9223372036854775808).isLessThan(quantity('0'))", "true", 4},
        {"quantity('-1').sub(-9223372036854775808).isLessThan(quantity('0'))", "false", 4},
        /* has() of a choice, in a choice. */
        {"has((true ? object : object).n)", "true", 0},
        {"true ? has((true ? object : object).n) : false", "true", 1},
        /* A receiver gets its type last, and that of the first row. */
        {"false ? {'a': 1} : {}.transformMap(x, y, x.lastIndexOf(dyn(x)))",
         "issue: both sides of \":\" have to be of one type, but are \"map(string, int)\" and "
         "\"map(list(dyn), int)\"",
         0},
        {"{}.map(x, string(bytes(x)).replace('a', x.trim()))", "[]", 1},
    };

    (void)state;
    CHECK(rows);
}

static void lists(void **state)
{
    static const struct row rows[] = {
        {"[1, int(object.n)].isSorted()", "true", 15},
        {"[3, int(object.n)].max()", "3", 15},
        {"[3, int(object.n)].min()", "2", 15},
        {"[3, int(object.n)].sum()", "5", 15},
        {"[int(object.n)].filter(x, false).sum()", "0", 14},
        {"[9223372036854775807, int(object.n)].sum()", "error: integer overflow", 15},
        {"[3, int(object.n)].indexOf(2)", "1", 15},
        {"[3, int(object.n)].slice(0, 1)", "[3]", 25},
        {"[3, int(object.n)].slice(0, 3)", "error: cannot slice(0, 3), list is length 2", 25},
        {"[[int(object.n)], [3]].flatten()", "[2,3]", 36},
        {"[3, int(object.n), 1].sort()", "[1,2,3]", 42},
        {"['b', 'a', 'c'].sort()", "[\"a\",\"b\",\"c\"]", 29},
        {"[3, int(object.n)].reverse()", "[2,3]", 26},
        {"[3, int(object.n), 3].distinct()", "[3,2]", 42},
        {"lists.range(int(object.n))", "[0,1]", 16},
        {"sets.contains([1, int(object.n)], [2])", "true", 16},
        {"sets.equivalent([1, int(object.n)], [2, 1, 1])", "true", 26},
        {"sets.intersects([1, int(object.n)], [3])", "false", 16},
    };

    (void)state;
    CHECK(rows);
}

static void networks(void **state)
{
    static const struct row rows[] = {
        {"ip(object.s)",
         "error: IP Address \"a,b\" parse error during conversion from string: "
         "ParseAddr(\"a,b\"): unable to parse IP",
         3},
        {"isIP(object.s)", "false", 3},
        {"string(ip('2001:db8:0::1'))", "\"2001:db8::1\"", 3},
        {"ip.isCanonical('2001:db8:0::1')", "false", 3},
        {"ip('::ffff:1.2.3.4')",
         "error: IPv4-mapped IPv6 address \"::ffff:1.2.3.4\" is not allowed", 2},
        {"cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true", 3},
        {"cidr('10.0.0.0/8').containsCIDR(cidr('10.1.0.0/16'))", "true", 6},
        {"string(cidr('10.1.2.3/8').masked())", "\"10.0.0.0/8\"", 3},
        {"cidr('10.1.2.3/8').prefixLength()", "8", 2},
        {"url('https://a:80/b?c=d&c=e').getQuery()", "{\"map\":[[\"c\",[\"d\",\"e\"]]]}", 4},
        {"url(object.s)",
         "error: URL parse error during conversion from string: parse \"a,b\": invalid URI for "
         "request",
         3},
        {"isURL(object.s)", "false", 3},
    };

    (void)state;
    CHECK(rows);
}

static void values_of_kubernetes(void **state)
{
    static const struct row rows[] = {
        {"quantity('1.5Gi').isGreaterThan(quantity('1Gi'))", "true", 3},
        {"quantity('200M').asInteger() + object.n", "200000002", 5},
        {"quantity('1500m').asInteger()", "error: cannot convert value to integer", 2},
        {"quantity('50k').add(20) == quantity('50020')", "true", 4},
        {"semver('v1.2', true).minor()", "2", 2},
        {"semver('1.2.3').compareTo(semver('1.2.3-rc'))", "1", 3},
        {"isSemver(object.s)", "false", 3},
        {"format.dns1123Label().validate('web-1').hasValue()", "false", 10},
        {"format.named('date').value().validate('2026-02-30').value()", "[\"invalid date\"]", 39},
        {"format.named(object.s).hasValue()", "false", 4},
    };

    (void)state;
    CHECK(rows);
}

static void formats(void **state)
{
    static const struct row rows[] = {
        {"'%s: %d%%'.format([object.s, int(object.n)])", "\"a,b: 2%\"", 16},
        {"'%.2f %.0f'.format([1234567.125, -2.5])", "\"1,234,567.12 -2\"", 1},
        {"'%e'.format([0.00125])", "\"1.250000×10⁻⁰³\"", 1},
        {"'%b %o %x %X'.format([-5, 8, 255, 'a\\n'])", "\"-101 10 ff 610A\"", 2},
        {"'%s'.format([[object.s, 1.5, null, b'x', duration('90s')]])",
         "\"[\\\"a,b\\\", 1.500000, null, b\\\"x\\\", duration(\\\"90s\\\")]\"", 23},
        {"'%s'.format([{10: true, 9: 'b'}])", "\"{10:true, 9:\\\"b\\\"}\"", 1},
        {"'%f'.format([double('inf')])", "\"\xE2\x88\x9E\"", 1},
        {"'%d'.format([object.s])",
         "error: error during formatting: decimal clause can only be used on integers, was given "
         "string",
         13},
        {"'%d'.format(['a'])", "issue: %d does not write the type \"string\"", 0},
        {"'%d'.format([])", "issue: there are fewer arguments than clauses", 0},
        {"'%d'.format([1, 2])", "issue: there are more arguments than clauses: expected 1, got 2",
         0},
        {"'%y'.format([1])", "issue: unrecognized formatting clause", 0},
        {"'%.f'.format([1.0])", "issue: a precision is a number up to 1000000", 0},
        {"[3, 1, 2].sortBy(e, -e)", "[3,2,1]", 74},
        {"[object.n, object.s].sortBy(e, e)", "error: list elements must have the same type", 44},
    };

    (void)state;
    CHECK(rows);
}

/* A pattern that is a constant is read when the expression is. */
static void a_wrong_pattern_is_a_mistake(void **state)
{
    static struct cel_test t;

    (void)state;
    assert_memory_equal(cel_test_eval(&t, 35, "object.s.find('(')", NULL), "issue: ", 7);
}

static void functions_come_with_versions(void **state)
{
    static const struct {
        const char *expression;
        unsigned since;
    } rows[] = {
        {"format.uuid().validate('').hasValue()", 31},
        {"isSemver('1.2.3')", 33},
        {"[2, 1].sort()", 34},
    };
    static struct cel_test t;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_memory_equal(cel_test_eval(&t, rows[i].since - 1, rows[i].expression, NULL),
                            "issue: ", 7);
        assert_memory_not_equal(cel_test_eval(&t, rows[i].since, rows[i].expression, NULL),
                                "issue: ", 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(odd_values),
        cmocka_unit_test(lists),
        cmocka_unit_test(formats),
        cmocka_unit_test(networks),
        cmocka_unit_test(values_of_kubernetes),
        cmocka_unit_test(a_wrong_pattern_is_a_mistake),
        cmocka_unit_test(functions_come_with_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
