#include "base/diag.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cmocka_all.h"

#include <string.h>

static const struct source rules = {
    .name = {"rules.yaml", 10},
    .text = {"spec:\n\tmode: dney\r\n\xC3\xA9\xC3\xA9: x\nlast", 31},
};

struct fixture {
    struct arena arena;
    struct diags diags;
    struct buf out;
};

static int set_up(void **state)
{
    static struct fixture f;

    arena_init(&f.arena, 1 << 20);
    diags_init(&f.diags, &f.arena);
    buf_init(&f.out, 1 << 20);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    buf_release(&f->out);
    arena_release(&f->arena);
    return 0;
}

static void assert_written(struct fixture *f, const char *expected)
{
    diags_write(&f->diags, &f->out);
    assert_string_equal(buf_view(&f->out).p, expected);
}

static void problem_shows_line_caret_and_hint(void **state)
{
    struct fixture *f = *state;

    diag_error(&f->diags, (struct place){&rules, 2, 8}, "\"%s\" is not a mode", "dney");
    diag_hint(&f->diags, "did you mean \"%s\"?", "deny");
    assert_written(f, "rules.yaml:2:8: error: \"dney\" is not a mode\n"
                      "  | \tmode: dney\n"
                      "  | \t      ^\n"
                      "  = did you mean \"deny\"?\n"
                      "1 error\n");
}

static void caret_counts_characters(void **state)
{
    struct fixture *f = *state;

    diag_warning(&f->diags, (struct place){&rules, 3, 7}, "x");
    assert_written(f, "rules.yaml:3:7: warning: x\n"
                      "  | \xC3\xA9\xC3\xA9: x\n"
                      "  |     ^\n"
                      "1 warning\n");
}

static void excerpt_needs_its_line(void **state)
{
    struct fixture *f = *state;

    diag_error(&f->diags, (struct place){&rules, 4, 5}, "at the end");
    diag_error(&f->diags, (struct place){&rules, 4, 6}, "past the end of the line");
    diag_error(&f->diags, (struct place){&rules, 5, 1}, "past the last line");
    diag_error(&f->diags, (struct place){&rules, 0, 0}, "the file");
    diag_error(&f->diags, (struct place){NULL, 0, 0}, "nowhere");
    assert_written(f, "rules.yaml:4:5: error: at the end\n"
                      "  | last\n"
                      "  |     ^\n"
                      "rules.yaml:4:6: error: past the end of the line\n"
                      "rules.yaml:5:1: error: past the last line\n"
                      "rules.yaml: error: the file\n"
                      "error: nowhere\n"
                      "5 errors\n");
}

static void both_levels_are_counted(void **state)
{
    struct fixture *f = *state;

    diag_error(&f->diags, (struct place){NULL, 0, 0}, "a");
    diag_warning(&f->diags, (struct place){NULL, 0, 0}, "b");
    diag_warning(&f->diags, (struct place){NULL, 0, 0}, "c");
    assert_written(f, "error: a\nwarning: b\nwarning: c\n1 error, 2 warnings\n");
}

static void nothing_is_written_of_nothing(void **state)
{
    assert_written(*state, "");
}

static void messages_have_a_limit(void **state)
{
    struct fixture *f = *state;
    const char *text, *end;
    size_t lines = 0;

    for (size_t i = 0; i < LIMIT_DIAGS + 1; i++)
        diag_error(&f->diags, (struct place){NULL, 0, 0}, "a");
    diag_hint(&f->diags, "belongs to none that is kept");
    diags_write(&f->diags, &f->out);
    text = buf_view(&f->out).p;
    for (end = text; (end = strchr(end, '\n')); end++)
        lines++;
    assert_int_equal(lines, LIMIT_DIAGS + 1);
    assert_non_null(strstr(text, "\n101 errors (the first 100 shown)\n"));
    assert_null(strstr(text, "belongs"));
}

static void up_to_the_limit_all_are_shown(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < LIMIT_DIAGS - 1; i++)
        diag_error(&f->diags, (struct place){NULL, 0, 0}, "a");
    diags_write(&f->diags, &f->out);
    assert_non_null(strstr(buf_view(&f->out).p, "\n99 errors\n"));
    diag_error(&f->diags, (struct place){NULL, 0, 0}, "a");
    diag_hint(&f->diags, "belongs to the last");
    buf_reset(&f->out);
    diags_write(&f->diags, &f->out);
    assert_non_null(strstr(buf_view(&f->out).p, "  = belongs to the last\n100 errors\n"));
}

/* Whoever goes by the places of errors would miss one. */
static void warnings_crowd_out_no_error(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < LIMIT_DIAGS + 1; i++)
        diag_warning(&f->diags, (struct place){NULL, 0, 0}, "a");
    diag_vain(&f->diags, (struct place){NULL, 0, 0}, "b");
    diag_hint(&f->diags, "belongs to b");
    assert_true(f->diags.last->vain);
    diags_write(&f->diags, &f->out);
    assert_non_null(strstr(buf_view(&f->out).p, "error: b\n  = belongs to b\n1 error, 101 warnings "
                                                "(the first 100 of each shown)\n"));
}

static void problems_count_without_memory(void **state)
{
    struct fixture *f = *state;

    mem_fail_nth(1);
    diag_error(&f->diags, (struct place){NULL, 0, 0}, "a");
    mem_fail_nth(0);
    assert_written(f, "1 error\n");
}

/* The count goes on past what is kept, and the mark is of the very problem. */
static void what_can_never_find_anything_is_an_error_and_marked(void **state)
{
    struct fixture *f = *state;
    const struct place place = {&rules, 2, 8};

    diag_warning(&f->diags, place, "first");
    diag_vain(&f->diags, place, "\"%s\" leads nowhere", "a");
    assert_int_equal(f->diags.errors, 1);
    assert_int_equal(f->diags.vain, 1);
    assert_false(f->diags.first->vain);
    assert_true(f->diags.last->vain);
    assert_int_equal(f->diags.last->level, DIAG_ERROR);
    for (size_t i = f->diags.errors; i < LIMIT_DIAGS; i++)
        diag_error(&f->diags, place, "more");
    diag_vain(&f->diags, place, "one too many");
    assert_false(f->diags.last->vain);
    assert_int_equal(f->diags.vain, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_can_never_find_anything_is_an_error_and_marked, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(problem_shows_line_caret_and_hint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(caret_counts_characters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(excerpt_needs_its_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(both_levels_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_written_of_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_have_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(up_to_the_limit_all_are_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(warnings_crowd_out_no_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(problems_count_without_memory, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
