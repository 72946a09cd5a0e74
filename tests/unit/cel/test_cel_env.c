#include "cel/check/overload.h"
#include "cel/lib/libraries.h"
#include "cel_test.h"
#include "cmocka_all.h"

/* Each row is read, has a call where it needs one, and is of a version that is known. */
static void rows_are_whole(void **state)
{
    static const char *const own[] = {"_==_", "_!=_", "_[_]", "_[?_]", "or", "orValue"};
    const struct cel_env *env;
    struct arena arena;

    (void)state;
    arena_init(&arena, CEL_TEST_ARENA);
    env = cel_env_create(CEL_NEWEST, NULL, 0, &arena);
    assert_non_null(env);
    for (size_t i = 0; i < cel_library_count; i++)
        for (size_t j = 0; j < cel_libraries[i]->count; j++) {
            const struct cel_function *row = &cel_libraries[i]->rows[j];
            struct cel_overload overload;
            bool evaluators = false;

            assert_int_equal(cel_signature(env, row, &arena, &overload), 0);
            for (size_t k = 0; k < sizeof(own) / sizeof(own[0]); k++)
                evaluators |= view_eq_str(overload.name, own[k]);
            if (!row->call && !evaluators)
                fail_msg("%s has no call", row->signature);
            assert_true(row->since <= CEL_NEWEST);
            assert_non_null(cel_env_function(env, overload.name));
        }
    arena_release(&arena);
}

static void signatures_are_strict(void **state)
{
    static const struct {
        const char *signature;
        bool right;
    } cases[] = {
        {"f() -> int", true},
        {"f(int, list(A)) -> map(A, optional(dyn))", true},
        {"(string).f(string) -> type(string)", true},
        {"a.b.c(timestamp, duration, null, bytes) -> bool", true},
        {"f(int)", false},
        {"f(int) -> ", false},
        {"f(int) -> int ", false},
        {"f(int,int) -> int", false},
        {"f(integer) -> int", false},
        {"f(list(int) -> int", false},
        {"f(map(int)) -> int", false},
        {"(string)f() -> int", false},
        {"(string, int).f() -> int", false},
        {"f(int, int, int, int, int, int) -> int", true},
        {"f(int, int, int, int, int, int, int) -> int", false},
        {"", false},
    };
    const struct cel_env *env;
    struct arena arena;

    (void)state;
    arena_init(&arena, CEL_TEST_ARENA);
    env = cel_env_create(CEL_NEWEST, NULL, 0, &arena);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cel_function row = {.signature = cases[i].signature};
        struct cel_overload overload;

        if ((cel_signature(env, &row, &arena, &overload) == 0) != cases[i].right)
            fail_msg("%s", cases[i].signature);
    }
    arena_release(&arena);
}

static void versions_differ(void **state)
{
    static const struct {
        unsigned minor;
        const char *expression, *said;
    } cases[] = {
        {31, "[1].all(i, v, v > 0)", "issue: \"all\" with 3 arguments comes with Kubernetes 1.32"},
        {32, "[1].all(i, v, v > 0)", "true"},
        {31, "[1].transformList(i, v, v)",
         "issue: \"transformList\" with 3 arguments comes with Kubernetes 1.32"},
        {30, "[1].all(v, v > 0) && optional.of(1).hasValue()", "true"},
    };
    struct cel_test t;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(cel_test_eval(&t, cases[i].minor, cases[i].expression, NULL),
                            cases[i].said);
}

static struct cel_value call_twice(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int(2 * args->i);
}

/* A library of the caller's own, with a function that comes later than the version asked for. */
static void libraries_can_be_added(void **state)
{
    static const struct cel_function rows[] = {
        {.signature = "twice(int) -> int", .call = call_twice},
        {.signature = "own.thrice(int) -> int", .call = call_twice, .since = 34},
    };
    static const struct cel_library library = {"own", rows, 2, NULL};
    static const struct cel_library *const more[] = {&library};
    static const struct {
        const char *expression;
        bool right;
    } cases[] = {{"twice(2) == 4", true}, {"own.thrice(2) == 4", false}, {"twice('a')", false}};
    struct arena arena;

    (void)state;
    arena_init(&arena, CEL_TEST_ARENA);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cel_source source = {view_of(cases[i].expression), NULL, NULL, 0, NULL};
        struct cel_run run = {.arena = &arena};
        const struct cel_program *program;
        struct cel_issues issues;

        source.env = cel_env_create(33, more, 1, &arena);
        cel_issues_init(&issues, &arena);
        program = cel_compile(&source, &arena, &issues);
        assert_int_equal(program != NULL, cases[i].right);
        if (program)
            assert_true(cel_is_true(cel_eval(program, &run)));
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(signatures_are_strict),
        cmocka_unit_test(versions_differ),
        cmocka_unit_test(libraries_can_be_added),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
