#include "cel_test.h"
#include "cmocka_all.h"

struct row {
    const char *expression, *value;
    uint64_t cost;
};

static const char pod[] =
    "{\"spec\":{\"replicas\":3,\"ratio\":1.5,\"paused\":null,\"template\":{\"spec\":{"
    "\"containers\":[{\"name\":\"a\",\"securityContext\":{\"runAsNonRoot\":true}},"
    "{\"name\":\"b\",\"securityContext\":{\"runAsNonRoot\":true}},"
    "{\"name\":\"c\"}]}}},\"metadata\":{\"labels\":{\"app\":\"x\"}}}";

static void check(const struct row *rows, size_t count, const char *object)
{
    struct cel_test t;

    for (size_t i = 0; i < count; i++) {
        const char *value = cel_test_eval(&t, 35, rows[i].expression, object);

        if (strcmp(value, rows[i].value) != 0 || (rows[i].cost && t.cost != rows[i].cost))
            fail_msg("%s is %s at %llu, not %s at %llu", rows[i].expression, value,
                     (unsigned long long)t.cost, rows[i].value, (unsigned long long)rows[i].cost);
    }
}

#define CHECK(rows, object) check(rows, sizeof(rows) / sizeof((rows)[0]), object)

static void fields_are_read(void **state)
{
    static const struct row rows[] = {
        {"object.spec.replicas", "3", 3},
        {"object.spec.ratio", "{\"double\":\"1.5\"}", 3},
        {"object.spec.paused == null", "true", 4},
        {"object['spec']['replicas'] + 1", "4", 4},
        {"object.spec.template.spec.containers[1].name", "\"b\"", 7},
        {"object.spec.missing", "error: no such key: missing", 3},
        {"object.spec.replicas.x", "error: no such key: x", 4},
        {"object.spec.template.spec.containers[3].name", "error: index out of bounds: 3", 6},
        {"object.spec.template.spec.containers['x']",
         "error: unsupported index type 'string' in list", 6},
        {"has(object.spec.replicas)", "true", 2},
        {"has(object.spec.missing)", "false", 2},
        {"has(object.spec.replicas.x)", "false", 3},
        {"has(object.missing.x)", "error: no such key: missing", 1},
        {"object.?spec.?missing.orValue(7)", "7", 2},
        {"object.?spec.replicas.orValue(7)", "3", 3},
        {"object[?'spec'].hasValue()", "true", 3},
    };

    (void)state;
    CHECK(rows, pod);
}

static void macros_are_loops(void **state)
{
    static const struct row rows[] = {
        {"object.spec.template.spec.containers.all(c, has(c.securityContext) && "
         "c.securityContext.runAsNonRoot == true)",
         "false", 0},
        {"object.spec.template.spec.containers.exists(c, c.name == 'b')", "true", 0},
        {"object.spec.template.spec.containers.exists_one(c, c.name == 'b')", "true", 0},
        {"object.spec.template.spec.containers.map(c, c.name)", "[\"a\",\"b\",\"c\"]", 0},
        {"object.spec.template.spec.containers.map(c, c.name != 'b', c.name)", "[\"a\",\"c\"]", 0},
        {"object.spec.template.spec.containers.filter(c, c.name > 'b')[0].name", "\"c\"", 0},
        {"object.metadata.labels.all(k, object.metadata.labels[k] == 'x')", "true", 0},
        {"[1, 2, 3].transformList(i, v, i * v)", "[0,2,6]", 0},
        {"[1, 2, 3].transformMap(i, v, v > 1, i * v)", "{\"map\":[[1,2],[2,6]]}", 0},
        {"{'a': 1}.transformMapEntry(k, v, {v: k})", "{\"map\":[[1,\"a\"]]}", 0},
        {"['a', 'a'].transformMapEntry(i, v, {v: i})", "error: insert failed: key a already exists",
         0},
        {"[1, 0].exists(x, 1 / x > 0)", "true", 0},
        {"[0, 1].exists(x, 1 / x > 0)", "true", 0},
        {"[0, 1].all(x, 1 / x > 0)", "error: division by zero", 0},
        {"[0, 1].all(x, 1 / x > 5)", "false", 0},
        {"[[1], [2, 3]].map(l, l.map(x, x + l[0]))", "[[2],[4,5]]", 0},
        {"optional.of(3).optMap(x, x + 1)", "{\"optional\":[4]}", 0},
        {"optional.none().optMap(x, x + 1)", "{\"optional\":[]}", 0},
        {"optional.of([1]).optFlatMap(x, x[?0])", "{\"optional\":[1]}", 0},
    };

    (void)state;
    CHECK(rows, pod);
}

static void errors_are_absorbed(void **state)
{
    static const struct row rows[] = {
        {"1 / 0 > 1 || true", "true", 0},
        {"true || 1 / 0 > 1", "true", 0},
        {"1 / 0 > 1 || false", "error: division by zero", 0},
        {"1 / 0 > 1 && false", "false", 0},
        {"object.x && 1 / 0 > 1", "error: no such key: x", 0},
        {"dyn(1) || true", "true", 0},
        {"dyn(1) || false", "error: no such overload", 0},
        {"true ? 1 : 1 / 0", "1", 0},
        {"dyn('x') ? 1 : 2", "error: no such overload", 0},
    };

    (void)state;
    CHECK(rows, pod);
}

static void mistakes_are_told(void **state)
{
    static const struct row rows[] = {
        {"objct.x", "issue: undeclared reference to \"objct\" (did you mean \"object\"?)", 0},
        {"object.name.startWith('a')",
         "issue: undeclared reference to \"startWith\" (did you mean \"startsWith\"?)", 0},
        {"'a' + 1 > 2", "issue: found no matching overload for \"_+_\" applied to (string, int)",
         0},
        {"[1, 'a']", "issue: expected type \"int\" but found \"string\"", 0},
        {"[1, dyn('a')]", "issue: expected type \"int\" but found \"dyn\"", 0},
        {"1 && true", "issue: expected type \"bool\" but found \"int\"", 0},
        {"true ? 1 : 'a'",
         "issue: both sides of \":\" have to be of one type, but are \"int\" and "
         "\"string\"",
         0},
        {"1 +", "issue: the expression ends where a value is expected", 0},
        {"(1", "issue: the expression ends where \")\" is expected", 0},
        {"1 # 2", "issue: \"#\" stands where an operator or the end is expected", 0},
        {"'a", "issue: the string has no end", 0},
        {"'\\q'", "issue: '\\q' is not a literal: \"\\q\" is not an escape", 0},
        {"9223372036854775808",
         "issue: 9223372036854775808 is not a literal: it is out of the range of int, -2^63 to "
         "2^63-1",
         0},
        {"package.x", "issue: \"package\" is a reserved word", 0},
        {"has(object)", "issue: \"has\" takes the field of something, as in has(a.b)", 0},
        {"[1].all(1, true)", "issue: the variable of \"all\" is a simple name", 0},
        {"1.all(x, true)",
         "issue: \"all\" goes through a list or a map, but this is of type \"int\"", 0},
        {"duration('x')",
         "issue: type conversion error from 'string' to 'google.protobuf.Duration'", 0},
    };
    struct cel_test t;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *said = cel_test_eval(&t, 35, rows[i].expression, pod);

        if (strncmp(said, rows[i].value, strlen(rows[i].value)) != 0)
            fail_msg("%s: %s, not %s", rows[i].expression, said, rows[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(macros_are_loops),
        cmocka_unit_test(errors_are_absorbed),
        cmocka_unit_test(mistakes_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
