#include "base/diag.h"
#include "cel_test.h"
#include "cmocka_all.h"

/* What is told of an expression, as a person reads it. */
static void check(const char *expression, const char *told)
{
    struct source from = {.name = VIEW("rule.yaml"), .text = view_of(expression)};
    struct cel_source source = {view_of(expression), NULL, NULL, 0, NULL};
    struct cel_issues issues;
    struct arena arena;
    struct diags diags;
    struct buf out;

    arena_init(&arena, CEL_TEST_ARENA);
    buf_init(&out, CEL_TEST_ROOM);
    source.env = cel_env_create(35, NULL, 0, &arena);
    cel_issues_init(&issues, &arena);
    diags_init(&diags, &arena);
    assert_null(cel_compile(&source, &arena, &issues));
    cel_issues_tell(&issues, &from, &diags);
    diags_write(&diags, &out);
    assert_string_equal(out.p, told);
    buf_release(&out);
    arena_release(&arena);
}

static void mistakes_have_a_line_and_a_caret(void **state)
{
    (void)state;
    check("[1, 2].all(x,\n    x > y) &&\n  sise([]) == 0",
          "rule.yaml:2:9: error: undeclared reference to \"y\"\n"
          "  |     x > y) &&\n"
          "  |         ^\n"
          "rule.yaml:3:3: error: undeclared reference to \"sise\"\n"
          "  |   sise([]) == 0\n"
          "  |   ^\n"
          "  = did you mean \"size\"?\n"
          "2 errors\n");
    check("'a\\qb'", "rule.yaml:1:3: error: 'a\\qb' is not a literal: \"\\q\" is not an escape\n"
                     "  | 'a\\qb'\n"
                     "  |   ^\n"
                     "1 error\n");
    check("1 +", "rule.yaml:1:4: error: the expression ends where a value is expected\n"
                 "  | 1 +\n"
                 "  |    ^\n"
                 "1 error\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_have_a_line_and_a_caret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
