#include "base/arena.h"
#include "base/budget.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/parse_error.h"
#include "base/text/pattern.h"
#include "cmocka_all.h"
#include "policy/limits.h"
#include "slower.h"

#include <pthread.h>
#include <string.h>

#define COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const struct pattern *compiled(const char *text)
{
    struct parse_error parse_error;
    const struct pattern *p = pattern_compile(view_of(text), &arena, &parse_error);

    if (!p)
        fail_msg("%s: %s", text, parse_error.why);
    return p;
}

static void patterns_match(void **state)
{
    static const struct {
        const char *pattern;
        struct view text;
        enum pattern_result result;
    } cases[] = {
        {"^v\\d+\\.\\d+\\.\\d+$", {"v1.2.3", 6}, PATTERN_MATCH},
        {"v\\d+\\.\\d+\\.\\d+", {"v1.2.3", 6}, PATTERN_MATCH},
        {"v\\d+\\.\\d+\\.\\d+", {"v1.2.3-rc", 9}, PATTERN_NO_MATCH},
        {"v\\d+\\.\\d+\\.\\d+", {"xv1.2.3", 7}, PATTERN_NO_MATCH},
        {"^v\\d$", {"v1\n", 3}, PATTERN_NO_MATCH},
        {"^v\\d$\\n", {"v1\n", 3}, PATTERN_NO_MATCH},
        {"(a+)+$", {"aaaaaaaa!", 9}, PATTERN_NO_MATCH},
        {"(a+)+$", {"aaaaaaaaaaaaaaaaaa!", 19}, PATTERN_UNDECIDED}, /* PCRE2 alone would go on */
        {"a|ab", {"ab", 2}, PATTERN_MATCH},
        {"", {NULL, 0}, PATTERN_MATCH},
        {"", {"a", 1}, PATTERN_NO_MATCH},
        {".", {"\xff", 1}, PATTERN_MATCH},
        {"a.b", {"a\0b", 3}, PATTERN_MATCH},
        {"(?i)abc", {"ABC", 3}, PATTERN_MATCH},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (pattern_match(compiled(cases[i].pattern), cases[i].text, NULL) != cases[i].result)
            fail_msg("case %zu: %s", i, cases[i].pattern);
}

static void a_runaway_is_undecided(void **state)
{
    static const char *const patterns[] = {"(a+)+$", "(a|aa)+$", "((((a*)*)*)*)*$", ".*.*.*.*x",
                                           "(*LIMIT_MATCH=4000000000)(a+)+$"};
    static char text[1024 * 1024];
    struct view all = {text, sizeof(text)};

    (void)state;
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '!';
    for (size_t i = 0; i < COUNT(patterns); i++)
        assert_int_equal(pattern_match(compiled(patterns[i]), all, NULL), PATTERN_UNDECIDED);
}

static void mistakes_are_placed(void **state)
{
    static const struct {
        const char *pattern;
        size_t at;
        const char *why;
    } cases[] = {
        {"v[0-9", 5, "missing terminating ] for character class"},
        {"(v", 2, "missing closing parenthesis"},
        {"(*UTF)a", 6, "using UTF is disabled by the application"},
    };
    struct parse_error parse_error;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(pattern_compile(view_of(cases[i].pattern), &arena, &parse_error));
        assert_string_equal(parse_error.why, cases[i].why);
        assert_int_equal(parse_error.at, cases[i].at);
    }
}

static void length_is_limited(void **state)
{
    static char text[LIMIT_PATTERN + 1];
    struct parse_error parse_error;

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_non_null(pattern_compile((struct view){text, LIMIT_PATTERN - 1}, &arena, &parse_error));
    assert_non_null(pattern_compile((struct view){text, LIMIT_PATTERN}, &arena, &parse_error));
    assert_null(pattern_compile((struct view){text, LIMIT_PATTERN + 1}, &arena, &parse_error));
    assert_string_equal(parse_error.why, "it is longer than 1024 bytes");
}

/* How many bytes before a last "b" the pattern can pass over; one more is undecided. */
static size_t farthest(const char *text)
{
    static char subject[4 * LIMIT_PATTERN_STEPS];
    const struct pattern *pattern = compiled(text);
    size_t decided = 0, undecided = sizeof(subject);

    while (undecided - decided > 1) {
        size_t n = (decided + undecided) / 2;

        memset(subject, 'a', n);
        subject[n] = 'b';
        if (pattern_match(pattern, (struct view){subject, n + 1}, NULL) == PATTERN_UNDECIDED)
            undecided = n;
        else
            decided = n;
    }
    return decided;
}

/* One byte is one step, and few steps more begin and end a match. */
static void steps_are_limited(void **state)
{
    (void)state;
    assert_in_range(farthest(".*?b"), LIMIT_PATTERN_STEPS - 10, LIMIT_PATTERN_STEPS - 1);
}

/* One byte is one frame of between 64 and 256 bytes. */
static void memory_is_limited(void **state)
{
    (void)state;
    assert_in_range(farthest("(.)*?b"), LIMIT_PATTERN_HEAP * 1024 / 256,
                    LIMIT_PATTERN_HEAP * 1024 / 64);
}

enum { MILLISECOND = 1000 * 1000, GIVEN = 5, MOST = 25 };

/* The milliseconds of processor time that so many matches take of a budget of GIVEN. */
static double spent(const struct pattern *pattern, struct view text, size_t times,
                    struct budget *budget)
{
    int64_t began = clock_thread_ns();

    budget->cpu_deadline = began + (int64_t)GIVEN * MILLISECOND;
    for (size_t i = 0; i < times && !budget->over; i++)
        pattern_match(pattern, text, budget);
    return (double)(clock_thread_ns() - began) / MILLISECOND;
}

/* Few steps that scan, many that do not, and many matches that stay below the limits, of texts of
 * each length. */
static void a_budget_ends_it(void **state)
{
    static const char *const patterns[] = {"(.*)[^z]*+z",         "(.*)\\1z", "(.*)(?=[^z]*z)",
                                           "(?:.*[^z]{60000})*z", ".*.*x",    "(a+)+$"};
    static const size_t sizes[] = {15, 256, 257, 4096, 65536, 1000000, 4000000};
    static char text[4000000];

    (void)state;
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < COUNT(patterns); i++)
        for (size_t j = 0; j < COUNT(sizes); j++) {
            struct view part = {text + sizeof(text) - sizes[j], sizes[j]};
            struct budget budget = {0};
            double took;

            text[sizeof(text) - 1] = '!';
            took = spent(compiled(patterns[i]), part, 1000000, &budget);
            if (!budget.over || took > MOST * SLOWER)
                fail_msg("%s over %zu bytes: %.1f ms", patterns[i], sizes[j], took);
        }
}

/* The steps that a budget gives are never what a match ends for; the limits are the same. */
static void a_budget_that_lasts_changes_nothing(void **state)
{
    static char text[LIMIT_PATTERN_STEPS];
    const struct pattern *pattern = compiled(".*?b");

    (void)state;
    memset(text, 'a', sizeof(text));
    for (size_t n = 1; n < sizeof(text) - 10; n = 2 * n + 1) {
        struct budget budget = {.cpu_deadline = INT64_MAX};

        text[n - 1] = 'b';
        assert_int_equal(pattern_match(pattern, (struct view){text, n}, &budget), PATTERN_MATCH);
        text[n - 1] = 'a';
        assert_int_equal(pattern_match(pattern, (struct view){text, n}, &budget), PATTERN_NO_MATCH);
        assert_null(budget.over);
    }
}

static void *match_on_thread(void *pattern)
{
    for (int i = 0; i < 1000; i++)
        if (pattern_match(pattern, VIEW("v1.2.3"), NULL) != PATTERN_MATCH)
            return pattern;
    return NULL;
}

static void threads_share_a_pattern(void **state)
{
    struct pattern *p = (struct pattern *)(uintptr_t)compiled("v\\d(\\.\\d)+");
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, match_on_thread, p), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *failed;

        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

/* Fails each allocation of a compilation and a first match in turn. */
static void *survive_lack_of_memory(void *unused)
{
    bool done = false;

    (void)unused;
    for (size_t n = 1; !done; n++) {
        const struct pattern *p;
        struct parse_error parse_error;

        mem_fail_nth(n);
        p = pattern_compile(VIEW("v\\d(\\.\\d)+"), &arena, &parse_error);
        done = p && pattern_match(p, VIEW("v1.2"), NULL) == PATTERN_MATCH;
        mem_fail_nth(0);
        arena_release(&arena);
    }
    return NULL;
}

static void lack_of_memory_is_survived(void **state)
{
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, survive_lack_of_memory, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(patterns_match, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_runaway_is_undecided, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_placed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(length_is_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(steps_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_is_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_budget_ends_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_budget_that_lasts_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_share_a_pattern, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lack_of_memory_is_survived, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
