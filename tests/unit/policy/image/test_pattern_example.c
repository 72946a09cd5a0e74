#include "policy/image/pattern_example.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/parse_error.h"
#include "base/text/pattern.h"
#include "cmocka_all.h"

static void a_person_is_shown_a_text_that_matches(void **state)
{
    static const struct {
        const char *pattern, *example; /* NULL: none is found */
    } cases[] = {
        {"^v\\d+\\.\\d+\\.\\d+$", "v1.2.3"},
        {"v\\d+\\.\\d+\\.\\d+", "v1.2.3"},
        {"^sha-[0-9a-f]{7}$", "sha-3f9c2a7"},
        {"[a-f0-9]{9,40}", "3f9c2a7b1"},
        {"CHG-\\d+", "CHG-1"},
        {"release-[1-9]\\d*", "release-12"},
        {"[a-z]+", "a"},
        {"v?\\d+", "v1"},
        {"a{3}", "aaa"},
        {"(v|r)\\d+", NULL},
        {"v1|v2", NULL},
        {".+", NULL},
        {"[^a]+", NULL},
        {"\\w+", NULL},
        {"a{900}", NULL},
        {"a+?", NULL},
        {"a$b", NULL},
        {"[", NULL},
        {"\\", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct view text = view_of(cases[i].pattern);
        const struct pattern *pattern;
        struct arena arena;
        struct parse_error parse_error;
        struct buf out;

        arena_init(&arena, 1 << 20);
        buf_init(&out, 100);
        pattern = pattern_compile(text, &arena, &parse_error);
        if (pattern && pattern_example(pattern, text, &out))
            assert_string_equal(out.p, cases[i].example ? cases[i].example : "none");
        else if (cases[i].example)
            fail_msg("no example for %s", cases[i].pattern);
        buf_release(&out);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_person_is_shown_a_text_that_matches)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
