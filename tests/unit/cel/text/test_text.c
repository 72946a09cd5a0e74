#include "base/arena.h"
#include "base/budget.h"
#include "cel/text/text.h"
#include "cmocka_all.h"
#include "policy/limits.h"

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))
#define E_ACUTE      "\xC3\xA9"

static void expect(struct view got, const char *want)
{
    if (!got.p || !view_eq_str(got, want))
        fail_msg("\"%.*s\", not \"%s\"", VIEW_ARGS(got), want);
}

static void parts_are_counted_in_characters(void **state)
{
    static const struct {
        int64_t from, to;
        const char *part;
    } cases[] = {
        {0, -1, "a" E_ACUTE "b"},
        {1, 2, E_ACUTE},
        {3, -1, ""},
        {3, 3, ""},
        {4, -1, NULL},
        {2, 1, NULL},
        {0, 4, NULL},
        {-1, 2, NULL},
        {INT64_MAX, -1, NULL},
    };
    struct view part;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool is = text_part(VIEW("a" E_ACUTE "b"), cases[i].from, cases[i].to, &part);

        assert_int_equal(is, cases[i].part != NULL);
        if (is)
            expect(part, cases[i].part);
    }
}

static void places_are_found(void **state)
{
    static const struct {
        const char *text, *what;
        int64_t from, first, last;
    } cases[] = {
        {E_ACUTE "abab", "ab", 0, 1, -1}, {E_ACUTE "abab", "ab", 2, 3, 1},
        {E_ACUTE "abab", "ab", 4, -1, 3}, {E_ACUTE "abab", "ab", 5, -1, -1},
        {"aaa", "aa", 2, -1, 1},          {"", "a", 0, -1, -1},
        {"ab", "abc", 0, -1, -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct view text = view_of(cases[i].text), what = view_of(cases[i].what);

        assert_int_equal(text_find(text, what, cases[i].from, NULL), cases[i].first);
        assert_int_equal(text_find_last(text, what, cases[i].from, NULL), cases[i].last);
    }
    assert_int_equal(text_find_last(VIEW("abab"), VIEW("ab"), -1, NULL), 2);
}

static void texts_are_changed(void **state)
{
    static const struct {
        const char *text, *old, *by;
        int64_t n;
        const char *replaced;
    } cases[] = {
        {"aXbXc", "X", "--", -1, "a--b--c"},
        {"aXbXc", "X", "", 1, "abXc"},
        {"aXbXc", "X", "-", 0, "aXbXc"},
        {E_ACUTE "b", "", "-", -1, "-" E_ACUTE "-b-"},
        {"ab", "", "-", 2, "-a-b"},
        {"", "", "-", -1, "-"},
        {"", "a", "-", -1, ""},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    for (size_t i = 0; i < COUNT(cases); i++)
        expect(text_replace(view_of(cases[i].text), view_of(cases[i].old), view_of(cases[i].by),
                            cases[i].n, &arena, NULL),
               cases[i].replaced);
    expect(text_lower(VIEW("aBZ" E_ACUTE "@["), &arena), "abz" E_ACUTE "@[");
    expect(text_upper(VIEW("aBz" E_ACUTE "`{"), &arena), "ABZ" E_ACUTE "`{");
    expect(text_trim(VIEW(" \t\xC2\xA0"
                          "a b\xE3\x80\x80\n")),
           "a b");
    expect(text_trim(VIEW(" \n")), "");
    expect(text_quoted(VIEW("a\"\\\n\x01\x7F\xFF" E_ACUTE "\xE2\x80\x8B\xF3\xA0\x80\x81"), &arena),
           "\"a\\\"\\\\\\n\\x01\\x7f\\xff" E_ACUTE "\\u200b\\U000e0001\"");
    arena_release(&arena);
}

/* What would be larger than memory may be, and what takes too long. */
static void what_is_too_large_is_not_made(void **state)
{
    struct budget over = {.deadline = 1};
    struct arena arena;
    struct view long_text;
    char *p;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    p = arena_alloc(&arena, 1 << 20);
    assert_non_null(p);
    memset(p, 'a', 1 << 20);
    long_text = (struct view){p, 1 << 20};
    assert_null(text_replace(long_text, VIEW("a"), long_text, -1, &arena, NULL).p);
    assert_null(text_replace(long_text, VIEW("a"), VIEW("b"), -1, &arena, &over).p);
    assert_int_equal(text_find(long_text, VIEW("b"), 0, &over), INT64_MIN);
    assert_int_equal(text_find_last(long_text, VIEW("ba"), -1, &over), INT64_MIN);
    arena_release(&arena);
}

static void texts_are_split(void **state)
{
    static const struct {
        const char *text, *by;
        int64_t n;
        const char *joined; /* a bar after each */
    } cases[] = {
        {"a,b,,c", ",", -1, "a|b||c|"},
        {"a,b,c", ",", 2, "a|b,c|"},
        {"a,b", ",", 0, ""},
        {"", ",", -1, "|"},
        {"", "", -1, ""},
        {E_ACUTE "b", "", -1, E_ACUTE "|b|"},
        {"abc", "", 2, "a|bc|"},
        {"a,", ",", -1, "a||"},
        {"abc", "", 9, "a|b|c|"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text_split split = {
            .rest = view_of(cases[i].text), .by = view_of(cases[i].by), .left = cases[i].n};
        char joined[64];
        struct view part;
        size_t n = 0;

        while (text_split_next(&split, &part)) {
            memcpy(joined + n, part.p, part.n);
            n += part.n;
            joined[n++] = '|';
        }
        expect((struct view){joined, n}, cases[i].joined);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_counted_in_characters),
        cmocka_unit_test(places_are_found),
        cmocka_unit_test(texts_are_changed),
        cmocka_unit_test(what_is_too_large_is_not_made),
        cmocka_unit_test(texts_are_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
