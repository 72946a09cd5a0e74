#include "base/view.h"
#include "cmocka_all.h"

static void views_compare_by_bytes(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"", "", 0},     {"a", "a", 0},  {"a", "b", -1},       {"b", "a", 1},
        {"a", "ab", -1}, {"ab", "a", 1}, {"\x7F", "\xC3", -1}, {NULL, "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int order = view_cmp(view_of(cases[i].a), view_of(cases[i].b));

        assert_int_equal((order > 0) - (order < 0), cases[i].order);
        assert_int_equal(view_eq(view_of(cases[i].a), view_of(cases[i].b)), cases[i].order == 0);
    }
}

static void ends_are_recognised(void **state)
{
    struct view v = VIEW("rules.yaml");

    (void)state;
    assert_true(view_starts(v, "rules"));
    assert_true(view_starts(v, ""));
    assert_false(view_starts(v, "rules.yaml.gz"));
    assert_true(view_ends(v, ".yaml"));
    assert_true(view_ends(v, ""));
    assert_false(view_ends(v, ".yml"));
    assert_false(view_ends(VIEW("x"), ".yaml"));
}

static void bytes_are_found(void **state)
{
    (void)state;
    assert_int_equal(view_find(VIEW("a/b/c"), '/'), 1);
    assert_int_equal(view_rfind(VIEW("a/b/c"), '/'), 3);
    assert_int_equal(view_find(VIEW("abc"), '/'), -1);
    assert_int_equal(view_rfind(VIEW("abc"), '/'), -1);
    assert_int_equal(view_find(view_of(NULL), '/'), -1);
    assert_int_equal(view_find(VIEW("a\0b"), '\0'), 1);
}

static void parts_clamp_to_what_is_there(void **state)
{
    (void)state;
    assert_true(view_eq_str(view_from(VIEW("abc"), 1), "bc"));
    assert_true(view_eq_str(view_from(VIEW("abc"), 3), ""));
    assert_true(view_eq_str(view_from(VIEW("abc"), 9), ""));
    assert_true(view_eq_str(view_first(VIEW("abc"), 2), "ab"));
    assert_true(view_eq_str(view_first(VIEW("abc"), 9), "abc"));
    assert_true(view_eq_str(view_trim(VIEW(" \t a b\r\n")), "a b"));
    assert_true(view_eq_str(view_trim(VIEW(" \n")), ""));
}

static void cut_gives_both_sides(void **state)
{
    struct view head, rest = VIEW("a,,b");

    (void)state;
    assert_true(view_cut(rest, ',', &head, &rest));
    assert_true(view_eq_str(head, "a"));
    assert_true(view_cut(rest, ',', &head, &rest));
    assert_true(view_eq_str(head, ""));
    assert_false(view_cut(rest, ',', &head, &rest));
    assert_true(view_eq_str(head, "b"));
    assert_null(rest.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_compare_by_bytes), cmocka_unit_test(ends_are_recognised),
        cmocka_unit_test(bytes_are_found),        cmocka_unit_test(parts_clamp_to_what_is_there),
        cmocka_unit_test(cut_gives_both_sides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
