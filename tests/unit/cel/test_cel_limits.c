#include "base/budget.h"
#include "base/clock.h"
#include "base/mem.h"
#include "cel/limits.h"
#include "cel_test.h"
#include "cmocka_all.h"

/* An expression of count times `part` between `before` and `after`. */
static char *repeat(const char *before, const char *part, size_t count, const char *after)
{
    size_t n = strlen(part);
    char *text = malloc(strlen(before) + count * n + strlen(after) + 1), *p = text;

    p += sprintf(p, "%s", before);
    for (size_t i = 0; i < count; i++, p += n)
        memcpy(p, part, n);
    strcpy(p, after);
    return text;
}

static void expect(char *expression, const char *value)
{
    struct cel_test t;
    const char *said = cel_test_eval(&t, 35, expression, NULL);

    if (strncmp(said, value, strlen(value)) != 0)
        fail_msg("%.60s... is %.200s, not %s", expression, said, value);
    free(expression);
}

static void text_has_an_end(void **state)
{
    static const char too_long[] = "issue: the expression is longer than 100000 characters";

    (void)state;
    expect(repeat("size('", "a", LIMIT_CEL_TEXT - 9, "')"), "99991");
    expect(repeat("size('", "a", LIMIT_CEL_TEXT - 8, "')"), "99992");
    expect(repeat("size('", "a", LIMIT_CEL_TEXT - 7, "')"), too_long);
    /* Characters are counted, not bytes. */
    expect(repeat("size('", "\xc3\xa9", LIMIT_CEL_TEXT - 8, "')"), "99992");
    expect(repeat("size('", "\xc3\xa9", LIMIT_CEL_TEXT - 7, "')"), too_long);
}

static void nesting_has_an_end(void **state)
{
    static const char too_deep[] = "issue: the expression nests deeper than 250 levels";
    static const struct {
        const char *open, *middle, *close;
    } cases[] = {{"(", "1", ")"},
                 {"[", "1", "]"},
                 {"{'a': ", "1", "}"},
                 {"true ? 1 : ", "1", ""},
                 {"size([", "1", "])"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t at = LIMIT_CEL_DEPTH - 1;

        if (i == 4)
            at /= 2;
        for (size_t n = at - 1; n <= at + 1; n++) {
            char *opened = repeat("", cases[i].open, n, cases[i].middle);
            char *whole = repeat(opened, cases[i].close, n, "");
            struct cel_test t;
            bool refused = strcmp(cel_test_eval(&t, 35, whole, NULL), too_deep) == 0;

            if (refused != (n > at))
                fail_msg("%zu of %s: %.100s", n, cases[i].open, t.text);
            free(opened);
            free(whole);
        }
    }
    /* What stands side by side nests to the left. */
    expect(repeat("1", " + 1", LIMIT_CEL_DEPTH - 1, ""), "250");
    expect(repeat("1", " + 1", LIMIT_CEL_DEPTH, ""), too_deep);
    /* Any number of && is one level. */
    expect(repeat("true", " && true", 10000, ""), "true");
}

/* The longest list, of the smallest parts, is far from LIMIT_CEL_MEMORY. */
static void largest_trees_fit(void **state)
{
    (void)state;
    assert_true(LIMIT_CEL_MEMORY >= 64 * 1024 * 1024);
    expect(repeat("size([", "1,", (LIMIT_CEL_TEXT - 8) / 2, "])"), "49996");
    expect(repeat("size([", "[],", (LIMIT_CEL_TEXT - 8) / 3, "])"), "33330");
    expect(repeat("size([", "!0,", (LIMIT_CEL_TEXT - 8) / 3, "])"),
           "issue: found no matching overload");
}

static size_t issues_kept(size_t mistakes, size_t *counted)
{
    char *text = repeat("[true", ", x", mistakes, "]");
    struct cel_source source = {view_of(text), NULL, NULL, 0, NULL};
    struct cel_issues issues;
    struct arena arena;
    size_t kept = 0;

    arena_init(&arena, CEL_TEST_ARENA);
    source.env = cel_env_create(35, NULL, 0, &arena);
    cel_issues_init(&issues, &arena);
    assert_null(cel_compile(&source, &arena, &issues));
    for (const struct cel_issue *i = issues.first; i; i = i->next)
        kept++;
    *counted = issues.count;
    arena_release(&arena);
    free(text);
    return kept;
}

static void mistakes_are_told_so_far(void **state)
{
    size_t counted;

    (void)state;
    assert_int_equal(issues_kept(LIMIT_CEL_ISSUES - 1, &counted), LIMIT_CEL_ISSUES - 1);
    assert_int_equal(issues_kept(LIMIT_CEL_ISSUES, &counted), LIMIT_CEL_ISSUES);
    assert_int_equal(issues_kept(LIMIT_CEL_ISSUES + 1, &counted), LIMIT_CEL_ISSUES);
    assert_int_equal(counted, LIMIT_CEL_ISSUES + 1);
}

/* --- evaluations that have to end ------------------------------------------------------------- */

/* Evaluates over a list of `count` numbers; returns why it was halted, or NULL. */
static const char *halted(const char *expression, size_t count, struct budget *budget,
                          uint64_t cost_limit, size_t memory)
{
    static const struct cel_variable variables[] = {{"list", &cel_type_dyn}};
    struct cel_source source = {view_of(expression), NULL, variables, 1, NULL};
    struct cel_run run = {.budget = budget, .cost_limit = cost_limit};
    const struct cel_program *program;
    struct arena compiled, arena;
    struct cel_value list;
    struct cel_issues issues;
    char *json = repeat("[0", ",1", count - 1, "]");
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    bool failed;

    arena_init(&compiled, CEL_TEST_ARENA);
    arena_init(&arena, memory);
    source.env = cel_env_create(35, NULL, 0, &compiled);
    cel_issues_init(&issues, &compiled);
    program = cel_compile(&source, &compiled, &issues);
    assert_non_null(program);
    list = cel_of_json(yyjson_doc_get_root(doc));
    run.variables = &list;
    run.arena = &arena;
    failed = cel_eval(program, &run).kind == CEL_ERROR;
    assert_int_equal(failed, run.halted != NULL);
    yyjson_doc_free(doc);
    arena_release(&arena);
    arena_release(&compiled);
    free(json);
    return run.halted;
}

static const char *const loops[] = {
    "list.all(a, list.all(b, list.all(c, true)))",
    "!list.exists(a, list.exists(b, list.exists(c, c > 1)))",
    "list.map(a, list.map(b, list.map(c, 1))).size() > 0",
    "list.filter(a, list.filter(b, list.filter(c, true).size() > 0).size() > 0).size() > 0",
    "list.exists_one(a, list.exists_one(b, list.exists_one(c, c == 0)))",
    "list.all(a, b, list.transformMap(c, d, list.transformMap(e, f, 1)).size() > 0)",
    "list.all(a, list.all(b, list == list))",
    "list.all(a, list.all(b, !(2 in list)))",
};

/* Within a loop the clocks are asked, and what is over cannot be absorbed. */
static void deadline_ends_each_loop(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
        struct budget budget = {.cpu_deadline = clock_thread_ns() + 1000 * 1000};
        char absorbed[256];

        snprintf(absorbed, sizeof(absorbed), "(%s) || true", loops[i]);
        assert_non_null(halted(absorbed, 3000, &budget, 0, CEL_TEST_ARENA));
        assert_non_null(strstr(budget.over, "processor time"));
    }
}

/* What a call costs is summed up over the whole list, and that takes its time. */
static void a_call_that_ends_early_takes_its_steps(void **state)
{
    static const char *const expressions[] = {"list.indexOf(0) == 0", "!(list + [0]).isSorted()",
                                              "!([2] + list).isSorted()"};
    enum { COUNT = 100000 };

    (void)state;
    for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
        struct budget budget = {0};

        assert_null(halted(expressions[i], COUNT, &budget, 0, CEL_TEST_ARENA));
        assert_true(budget.steps >= COUNT / 8);
    }
}

static void cost_ends_an_evaluation(void **state)
{
    static const char over[] = "operation cancelled: actual cost limit exceeded";

    (void)state;
    /* A list of 10 costs 10 * (2 + 1 + 2) + 1 + 1. */
    assert_null(halted("list.all(x, x >= 0)", 10, NULL, 52, CEL_TEST_ARENA));
    assert_string_equal(halted("list.all(x, x >= 0)", 10, NULL, 51, CEL_TEST_ARENA), over);
    for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++)
        assert_string_equal(halted(loops[i], 3000, NULL, 100000, CEL_TEST_ARENA), over);
    /* Each optMap evaluates what stands before it twice. */
    assert_string_equal(
        halted("optional.of(1)" /* 2^40 */
               ".optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x)"
               ".optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x)"
               ".optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x)"
               ".optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x)"
               ".optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x)"
               ".optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x)"
               ".optMap(x, x).optMap(x, x).optMap(x, x).optMap(x, x).hasValue()",
               1, NULL, 100000, CEL_TEST_ARENA),
        over);
}

static void memory_ends_an_evaluation(void **state)
{
    (void)state;
    assert_string_equal(
        halted("list.map(x, string(x)).size() == 0 || true", 100000, NULL, 0, 256 * 1024),
        "the evaluation takes more memory than it may");
}

/* Compiles and evaluates with the n-th allocation failing; true when it did not matter. */
static bool survives(const struct cel_env *env, const char *expression, struct cel_value object,
                     size_t n)
{
    static const struct cel_variable variables[] = {{"object", &cel_type_dyn}};
    struct cel_source source = {view_of(expression), env, variables, 1, NULL};
    struct cel_run run = {.variables = &object};
    const struct cel_program *program;
    struct cel_value value = cel_null();
    struct cel_issues issues;
    struct arena arena;

    arena_init(&arena, CEL_TEST_ARENA);
    run.arena = &arena;
    mem_fail_nth(n);
    cel_issues_init(&issues, &arena);
    program = cel_compile(&source, &arena, &issues);
    if (program)
        value = cel_eval(program, &run);
    mem_fail_nth(0);
    assert_true(program || issues.count > 0);
    assert_true(!program || cel_is_true(value) || (value.kind == CEL_ERROR && run.halted));
    arena_release(&arena);
    return cel_is_true(value);
}

/* Whichever allocation fails: nothing crashes, and no value is made up. */
static void each_allocation_can_fail(void **state)
{
    static const char *const expressions[] = {
        "object.a.map(x, string(x) + 'b').filter(y, y.matches('^[0-9]+b$')).size() == 2",
        "{'k': object.a, 'l': object.a}.k[0] == 1 && optional.of(1).optMap(z, z + 1).value() == 2",
        "object.a.transformMap(i, v, i).size() == 2",
        "timestamp('2023-01-01T00:00:00Z').getHours('Europe/Paris') == 1",
        "object.a.exists(x, 1 / (x - 1) == 1) && (object.a + [3])[2] == 3 && ['\\x41'][0] == 'A'",
        "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].transformMapEntry(i, v, {v: i})[10] == 9",
    };
    static const char json[] = "{\"a\":[1,2]}";
    yyjson_doc *doc = yyjson_read(json, sizeof(json) - 1, 0);
    struct cel_value object = cel_of_json(yyjson_doc_get_root(doc));
    const struct cel_env *env;
    struct arena arena;

    (void)state;
    arena_init(&arena, CEL_TEST_ARENA);
    env = cel_env_create(35, NULL, 0, &arena);
    for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
        size_t n = 1;

        while (!survives(env, expressions[i], object, n) && n < 1000)
            n++;
        assert_in_range(n, 10, 999);
    }
    arena_release(&arena);
    yyjson_doc_free(doc);
}

/* An environment is there whole, or not at all. */
static void each_allocation_of_an_environment_can_fail(void **state)
{
    struct arena arena;
    bool made = false;

    (void)state;
    for (size_t n = 1; !made; n++) {
        arena_init(&arena, CEL_TEST_ARENA);
        mem_fail_nth(n);
        made = cel_env_create(35, NULL, 0, &arena) != NULL;
        assert_true(mem_fail_nth(0) < n || !made);
        arena_release(&arena);
        assert_true(n < 5000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_an_end),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(largest_trees_fit),
        cmocka_unit_test(mistakes_are_told_so_far),
        cmocka_unit_test(deadline_ends_each_loop),
        cmocka_unit_test(a_call_that_ends_early_takes_its_steps),
        cmocka_unit_test(cost_ends_an_evaluation),
        cmocka_unit_test(memory_ends_an_evaluation),
        cmocka_unit_test(each_allocation_can_fail),
        cmocka_unit_test(each_allocation_of_an_environment_can_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
