#include "base/arena.h"
#include "base/budget.h"
#include "cel/limits.h"
#include "cel/regex/regex.h"
#include "cmocka_all.h"
#include "policy/limits.h"

#include <stdlib.h>

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

static const struct regex *compile(struct view text, enum regex_use use, struct arena *arena)
{
    struct view error;
    const struct regex *regex = regex_compile(text, use, arena, NULL, &error);

    if (!regex)
        fail_msg("%.*s", VIEW_ARGS(error));
    return regex;
}

static void matches_are_anywhere(void **state)
{
    static const struct {
        const char *regex, *text;
        bool match;
    } cases[] = {
        {"", "", true},
        {"b", "abc", true},
        {"^b", "abc", false},
        {"^abc$", "abc", true},
        {"^abc$", "abc\n", false},
        {"(?m)^b$", "a\nb\nc", true},
        {"a.c", "a\nc", false},
        {"(?s)a.c", "a\nc", true},
        {"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "web-1", true},
        {"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "web-", false},
        {"^(?:[0-9]{1,3}\\.){3}[0-9]{1,3}$", "10.0.0.255", true},
        {"^(?:[0-9]{1,3}\\.){3}[0-9]{1,3}$", "10.0.0.2555", false},
        {"(?i)k", "\xE2\x84\xAA", true},
        {"(?i)[^k]", "K", false},
        {"\\p{Greek}", "abc\xCF\x83", true},
        {"\\bb\\b", "a b c", true},
        {"\\bb\\b", "abc", false},
        {"\\Bb\\B", "abc", true},
        {"^.$", "\xE4\xB8\x96", true},
        {"^.$", "\xFF", true},
        {"^..$", "\xE4\xB8", true},
        {"\\Qa.b\\E", "a.b", true},
        {"\\Qa.b\\E", "axb", false},
        {"[^\\x00-\\x{10FFFF}]", "a", false},
        {"x{2,3}y", "xxxxy", true},
        {"^x{2,3}y", "xxxxy", false},
        {"(a|ab)(c|bcd)$", "abcd", true},
        {"$^", "", true},
        {"$^", "a", false},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    for (size_t i = 0; i < COUNT(cases); i++)
        for (enum regex_use use = REGEX_ONCE; use <= REGEX_OFTEN; use++) {
            const struct regex *regex = compile(view_of(cases[i].regex), use, &arena);
            struct regex_room room = {.arena = &arena};
            enum regex_result result = regex_match(regex, view_of(cases[i].text), &room);

            if (result != (cases[i].match ? REGEX_MATCH : REGEX_NO_MATCH))
                fail_msg("\"%s\" in \"%s\"", cases[i].regex, cases[i].text);
        }
    arena_release(&arena);
}

/* All matches, each in brackets. */
static void mark_matches(const char *regex, const char *text, char out[static 128])
{
    struct arena arena;
    struct regex_room room = {.arena = &arena};
    struct regex_walk walk = {.text = view_of(text)};
    struct view found;
    size_t n = 0;

    arena_init(&arena, LIMIT_ARENA);
    walk.regex = compile(view_of(regex), REGEX_OFTEN, &arena);
    while (regex_next(&walk, &room, &found) == REGEX_MATCH) {
        out[n++] = '[';
        memcpy(out + n, found.p, found.n);
        n += found.n;
        out[n++] = ']';
    }
    out[n] = '\0';
    arena_release(&arena);
}

static void the_first_way_to_match_counts(void **state)
{
    static const struct {
        const char *regex, *text, *marked;
    } cases[] = {
        {"a|ab", "abab", "[a][a]"},
        {"ab|a", "abab", "[ab][ab]"},
        {"a*", "baac", "[][aa][]"},
        {"a*?", "ba", "[][][]"},
        {"a+?", "aa", "[a][a]"},
        {"(?U)a+", "aa", "[a][a]"},
        {"(|a)*", "aa", "[][][]"},
        {"(|a)+", "aa", "[][][]"},
        {"(a*)*b", "aab", "[aab]"},
        {"x*", "\xE4\xB8\x96", "[][]"},
        {"^a", "aaa", "[a]"},
        {"\\d+", "a1b22c", "[1][22]"},
        {"b", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char marked[128];

        mark_matches(cases[i].regex, cases[i].text, marked);
        if (strcmp(marked, cases[i].marked) != 0)
            fail_msg("\"%s\" in \"%s\": %s", cases[i].regex, cases[i].text, marked);
    }
}

static void mistakes_are_told_as_go_does(void **state)
{
    static const struct {
        const char *regex, *error;
    } cases[] = {
        {"(a", "missing closing ): `(a`"},
        {"a)", "unexpected ): `a)`"},
        {"b[a", "missing closing ]: `[a`"},
        {"a**", "invalid nested repetition operator: `**`"},
        {"b|*", "missing argument to repetition operator: `*`"},
        {"x{1001}", "invalid repeat count: `{1001}`"},
        {"x{2,1}?", "invalid repeat count: `{2,1}`"},
        {"a\\", "trailing backslash at end of expression: ``"},
        {"\\8z", "invalid escape sequence: `\\8`"},
        {"\\pX", "invalid character class range: `\\pX`"},
        {"[b-a]", "invalid character class range: `b-a`"},
        {"[[:nope:]]", "invalid character class range: `[:nope:]`"},
        {"(?=a)", "invalid or unsupported Perl syntax: `(?=`"},
        {"(?P<1-2>a)", "invalid named capture: `(?P<1-2>`"},
        {"a\xFFz", "invalid UTF-8: `\xFFz`"},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct view error, tail;

        assert_null(regex_compile(view_of(cases[i].regex), REGEX_ONCE, &arena, NULL, &error));
        assert_true(view_starts(error, "error parsing regexp: "));
        tail = view_from(error, strlen("error parsing regexp: "));
        if (!view_eq_str(tail, cases[i].error))
            fail_msg("\"%s\": %.*s", cases[i].regex, VIEW_ARGS(tail));
    }
    arena_release(&arena);
}

/* A text n times. */
static struct view times(const char *text, size_t n, struct arena *arena)
{
    size_t length = strlen(text);
    char *p = arena_alloc(arena, length * n + 1);

    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        memcpy(p + i * length, text, length);
    return (struct view){p, length * n};
}

static void expect_limit(struct view regex, const char *why, struct arena *arena)
{
    struct view error;
    bool compiled = regex_compile(regex, REGEX_ONCE, arena, NULL, &error) != NULL;

    if (compiled != !why || (why && !view_starts(error, why)))
        fail_msg("%zu bytes: %.*s", regex.n, VIEW_ARGS(view_first(error, 100)));
}

static void an_expression_has_limits(void **state)
{
    static const char large[] = "error parsing regexp: expression too large: ",
                      deep[] = "error parsing regexp: expression nests too deeply: ",
                      often[] = "error parsing regexp: invalid repeat count: ";
    struct arena arena;

    (void)state;
    arena_init(&arena, 4 * (size_t)LIMIT_ARENA);
    /* A character within groups is one level more than they are. */
    for (int more = -2; more <= 0; more++) {
        size_t depth = (size_t)(LIMIT_REGEX_DEPTH + more);

        expect_limit(
            arena_printf(&arena, "%sa%s", times("(", depth, &arena).p, times(")", depth, &arena).p),
            more == 0 ? deep : NULL, &arena);
    }
    for (int more = -1; more <= 1; more++)
        expect_limit(arena_printf(&arena, "(?:a|bc){%d}", LIMIT_REGEX_COPIES + more),
                     more == 1 ? often : NULL, &arena);
    expect_limit(VIEW("(x{100}){10}"), NULL, &arena);
    expect_limit(VIEW("(x{100}){11}"), often, &arena);
    arena_release(&arena);
    /* 1000 times n, and what is left. */
    for (int more = -1; more <= 1; more++) {
        struct view error, most = times("(?:x{1000})", LIMIT_REGEX_SIZE / 1000, &arena);
        struct view rest = times("x", (size_t)(LIMIT_REGEX_SIZE % 1000 + more), &arena);
        struct budget over = {.cpu_deadline = 1};

        /* What is not too large takes too long. */
        assert_null(regex_compile(arena_printf(&arena, "%s%s", most.p, rest.p), REGEX_ONCE, &arena,
                                  more == 1 ? NULL : &over, &error));
        assert_int_equal(more == 1, error.p != NULL);
        if (more == 1)
            assert_true(view_starts(error, large));
        arena_release(&arena);
    }
}

static void what_takes_too_long_is_undecided(void **state)
{
    struct arena arena;
    struct budget over = {.deadline = 1};
    struct regex_room room = {.arena = &arena, .budget = &over};
    struct regex_walk walk;
    struct view text, found;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    text = times("a", 1 << 20, &arena);
    for (enum regex_use use = REGEX_ONCE; use <= REGEX_OFTEN; use++)
        assert_int_equal(regex_match(compile(VIEW("^a*b"), use, &arena), text, &room),
                         REGEX_UNDECIDED);
    walk = (struct regex_walk){.regex = compile(VIEW("a*b"), REGEX_ONCE, &arena), .text = text};
    assert_int_equal(regex_next(&walk, &room, &found), REGEX_UNDECIDED);
    arena_release(&arena);
    /* No room for the threads. */
    arena_init(&arena, 64 * 1024);
    room = (struct regex_room){.arena = &arena};
    walk.regex = compile(VIEW("(?:a?){500}"), REGEX_ONCE, &arena);
    arena.limit = arena.held;
    assert_int_equal(regex_match(walk.regex, VIEW("a"), &room), REGEX_UNDECIDED);
    arena_release(&arena);
}

/* What takes a search with backtracking 2^n steps. */
static void steps_are_linear(void **state)
{
    struct arena arena;
    uint64_t steps[2];

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    for (size_t i = 0; i < 2; i++) {
        struct budget budget = {0};
        struct regex_room room = {.arena = &arena, .budget = &budget};

        assert_int_equal(regex_match(compile(VIEW("(x+x+)+y"), REGEX_ONCE, &arena),
                                     times("x", 10000 * (i + 1), &arena), &room),
                         REGEX_NO_MATCH);
        steps[i] = budget.steps;
    }
    assert_in_range(steps[1], steps[0], 2 * steps[0] + 100);
    arena_release(&arena);
}

/* Each allocation fails in turn: there is no expression, and no message. */
static void memory_runs_out(void **state)
{
    static const char text[] = "(?i)^[a-z\\p{Greek}]{2,3}(b|cd)*$";
    struct arena arena;
    const struct regex *regex = NULL;
    size_t limit;

    (void)state;
    for (limit = 0; !regex && limit < LIMIT_ARENA; limit += 4096) {
        struct view error;

        arena_init(&arena, limit);
        regex = regex_compile(view_of(text), REGEX_OFTEN, &arena, NULL, &error);
        assert_null(error.p);
        arena_release(&arena);
    }
    assert_non_null(regex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_are_anywhere),
        cmocka_unit_test(the_first_way_to_match_counts),
        cmocka_unit_test(mistakes_are_told_as_go_does),
        cmocka_unit_test(an_expression_has_limits),
        cmocka_unit_test(what_takes_too_long_is_undecided),
        cmocka_unit_test(steps_are_linear),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
