#include "cel_test.h"
#include "cmocka_all.h"

/* What is wrong with an expression, a line each. */
static void check(const char *expression, const char *told)
{
    struct cel_source source = {view_of(expression), NULL, NULL, 0, NULL};
    struct cel_issues issues;
    struct arena arena;
    struct buf out;

    arena_init(&arena, CEL_TEST_ARENA);
    buf_init(&out, CEL_TEST_ROOM);
    source.env = cel_env_create(35, NULL, 0, &arena);
    cel_issues_init(&issues, &arena);
    assert_null(cel_compile(&source, &arena, &issues));
    for (const struct cel_issue *i = issues.first; i; i = i->next)
        buf_printf(&out, "%u: %.*s; %.*s\n", i->at, VIEW_ARGS(i->message), VIEW_ARGS(i->hint));
    assert_string_equal(out.p, told);
    buf_release(&out);
    arena_release(&arena);
}

static void mistakes_have_a_place_and_a_hint(void **state)
{
    (void)state;
    check("[1, 2].all(x,\n    x > y) &&\n  sise([]) == 0",
          "22: undeclared reference to \"y\"; \n"
          "30: undeclared reference to \"sise\"; did you mean \"size\"?\n");
    check("'a\\qb'", "2: 'a\\qb' is not a literal: \"\\q\" is not an escape; \n");
    check("1 +", "3: the expression ends where a value is expected; \n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_have_a_place_and_a_hint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
