#include "cli/text_table.h"

#include "base/buf.h"
#include "cmocka_all.h"

static void assert_table(const struct text_table_row *rows, size_t count, bool colours,
                         const char *text)
{
    struct buf out;

    buf_init(&out, 4096);
    text_table_write(rows, count, 3, colours, &out);
    assert_string_equal(out.p, text);
    buf_release(&out);
}

static void columns_fit_what_is_in_them(void **state)
{
    static const struct text_table_row rows[] = {
        {.cells = {{"A", 1}, {"LONG", 4}, {"C", 1}}},
        {.cells = {{"gr\xc3\xb6\xc3\x9f"
                    "er",
                    8},
                   {"x", 1},
                   {"z", 1}},
         .note = {"why", 3}},
        {.cells = {{"b", 1}}},
    };

    (void)state;
    assert_table(rows, 3, false,
                 "A        LONG   C\n"
                 "gr\xc3\xb6\xc3\x9f"
                 "er   x      z\n"
                 "  why\n"
                 "b\n");
}

static void colours_take_no_room(void **state)
{
    static const struct text_table_row rows[] = {
        {.cells = {{"A", 1}, {"B", 1}, {"C", 1}}},
        {.cells = {{"a", 1}, {"red", 3}, {"c", 1}}, .coloured = 1, .colour = COLOUR_RED},
    };

    (void)state;
    assert_table(rows, 2, true, "A   B     C\na   \033[31mred\033[0m   c\n");
    assert_table(rows, 2, false, "A   B     C\na   red   c\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_fit_what_is_in_them),
        cmocka_unit_test(colours_take_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
