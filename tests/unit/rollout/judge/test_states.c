#include "rollout/judge/states.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/sys/file.h"
#include "cmocka_all.h"

static void a_row_is_there_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < states_row_count; i++) {
        const struct states_row *row = &states_rows[i];

        assert_int_equal(states_next(row->from, row->input), row->to);
        for (size_t k = 0; k < i; k++)
            if (states_rows[k].from == row->from && states_rows[k].input == row->input)
                fail_msg("%s has two rows for %s", rollout_state_name(row->from),
                         states_input_name(row->input));
    }
}

static void what_has_no_row_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(states_next(ROLLOUT_NONE, INPUT_UNDO), ROLLOUT_NONE);
    assert_int_equal(states_next(ROLLOUT_HEALTHY, INPUT_STAY), ROLLOUT_HEALTHY);
    assert_int_equal(states_next(ROLLOUT_DEGRADED, INPUT_SUSPEND), ROLLOUT_DEGRADED);
}

/* Whatever it is in, a new template begins again. */
static void every_state_gives_way_to_a_template(void **state)
{
    (void)state;
    for (int s = 0; s < ROLLOUT_STATES; s++)
        assert_int_equal(states_next((enum rollout_state)s, INPUT_TEMPLATE), ROLLOUT_PROGRESSING);
}

static void every_state_and_input_is_in_the_table(void **state)
{
    bool reached[ROLLOUT_STATES] = {[ROLLOUT_NONE] = true}, used[INPUTS] = {false};

    (void)state;
    for (size_t i = 0; i < states_row_count; i++) {
        reached[states_rows[i].to] = true;
        used[states_rows[i].input] = true;
    }
    for (int s = 0; s < ROLLOUT_STATES; s++)
        assert_true(reached[s]);
    for (int i = 0; i < INPUTS; i++)
        assert_true(used[i]);
}

static const char *node_of(enum rollout_state state)
{
    return state == ROLLOUT_NONE ? "[*]" : rollout_state_name(state);
}

/* Rows that lead from one state to the same other one are one arrow. */
static void draw_from(struct buf *out, enum rollout_state from, enum rollout_state to)
{
    const char *before = NULL;

    for (size_t i = 0; i < states_row_count; i++) {
        if (states_rows[i].from != from || states_rows[i].to != to)
            continue;
        if (!before)
            buf_printf(out, "    %s --> %s: ", node_of(from), node_of(to));
        buf_printf(out, "%s%s", before ? before : "", states_input_name(states_rows[i].input));
        before = ", ";
    }
    if (before)
        buf_add_char(out, '\n');
}

static void the_diagram_in_the_docs_is_the_table(void **state)
{
    struct arena arena;
    struct diags diags;
    struct buf out;
    const struct source *page;

    (void)state;
    arena_init(&arena, 1 << 20);
    diags_init(&diags, &arena);
    buf_init(&out, 1 << 16);
    buf_add_str(&out, "```mermaid\nstateDiagram-v2\n");
    for (int from = 0; from < ROLLOUT_STATES; from++)
        for (int to = 0; to < ROLLOUT_STATES; to++)
            draw_from(&out, (enum rollout_state)from, (enum rollout_state)to);
    buf_add_str(&out, "```\n");
    page = file_read("docs/guard.md", 1 << 19, &arena, &diags);
    assert_non_null(page);
    if (!memmem(page->text.p, page->text.n, out.p, out.n))
        fail_msg("docs/guard.md has another diagram than rollout/judge/states.c:\n%s", out.p);
    buf_release(&out);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_there_once),
        cmocka_unit_test(what_has_no_row_changes_nothing),
        cmocka_unit_test(every_state_gives_way_to_a_template),
        cmocka_unit_test(every_state_and_input_is_in_the_table),
        cmocka_unit_test(the_diagram_in_the_docs_is_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
