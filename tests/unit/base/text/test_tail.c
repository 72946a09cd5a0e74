#include "base/text/tail.h"

#include "base/arena.h"
#include "cmocka_all.h"
#include "rollout/limits.h"

#include <string.h>

static const struct {
    const char *name, *text;
    size_t room;
    const char *tail; /* NULL: absent */
} table[] = {
    {"all of it", "one\ntwo\n", 100, "one\ntwo"},
    {"nothing", "", 100, NULL},
    {"nothing but blanks", "\n \t\r\n\x1b", 100, NULL},
    {"blank lines at both ends", "\n\n  one\n\n two \n\n", 100, "one\n\n two"},
    {"it just fits", "one\ntwo", 7, "one\ntwo"},
    {"it does not", "one\ntwo", 6, "two"},
    {"a cut between two lines", "one\ntwo", 3, "two"},
    {"a line too long", "one\nthe cause is here", 12, "the cause..."},
    {"no room for a line", "one\ntwo", 2, NULL},
    {"no room", "one", 0, NULL},
    {"characters are not cut", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 7, "\xC3\xA9\xC3\xA9..."},
    {"controls",
     "a\tb\x1b[31mc\r\nd\x7f"
     "e\xC2\x9B"
     "f",
     100, "a b [31mc \nd e f"},
    {"bytes that are not UTF-8", "a\xFFz", 100, "a\xEF\xBF\xBDz"},
    {"they count as what they became", "\xFF\n\xFF\n\xFF", 7, "\xEF\xBF\xBD\n\xEF\xBF\xBD"},
};

static void tails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct arena arena;
        struct view tail;

        arena_init(&arena, 64 * 1024);
        tail = tail_of(view_of(table[i].text), table[i].room, &arena);
        if ((tail.p != NULL) != (table[i].tail != NULL) || !view_eq_str(tail, table[i].tail))
            fail_msg("%s: \"%.*s\"", table[i].name, VIEW_ARGS(tail));
        arena_release(&arena);
    }
}

/* A log of one line without an end. */
static void last_words_are_bounded(void **state)
{
    char line[LIMIT_LAST_WORDS + 1];
    struct arena arena;

    (void)state;
    memset(line, 'x', sizeof(line));
    arena_init(&arena, 64 * 1024);
    for (size_t n = LIMIT_LAST_WORDS - 1; n <= LIMIT_LAST_WORDS + 1; n++) {
        struct view tail = tail_of((struct view){line, n}, LIMIT_LAST_WORDS, &arena);

        assert_int_equal(tail.n, n <= LIMIT_LAST_WORDS ? n : LIMIT_LAST_WORDS);
        assert_int_equal(view_ends(tail, "..."), n > LIMIT_LAST_WORDS);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails),
        cmocka_unit_test(last_words_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
