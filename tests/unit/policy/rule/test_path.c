#include "policy/rule/path.h"

#include "base/arena.h"
#include "base/parse_error.h"
#include "cmocka_all.h"
#include "policy/limits.h"

#include <string.h>

static void length_has_a_limit(void **state)
{
    static char text[LIMIT_PATH + 1];
    struct arena arena;
    struct parse_error parse_error;

    (void)state;
    arena_init(&arena, 1 << 20);
    memset(text, 'a', sizeof(text));
    assert_non_null(path_compile((struct view){text, LIMIT_PATH - 1}, &arena, &parse_error));
    assert_non_null(path_compile((struct view){text, LIMIT_PATH}, &arena, &parse_error));
    assert_null(path_compile((struct view){text, LIMIT_PATH + 1}, &arena, &parse_error));
    assert_string_equal(parse_error.why, "it is longer than 512 bytes");
    arena_release(&arena);
}

/* As many steps as a path can have. */
static void steps_have_that_limit(void **state)
{
    static char text[LIMIT_PATH];
    struct arena arena;
    struct parse_error parse_error;

    (void)state;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 2 ? '.' : 'a';
    assert_non_null(path_compile((struct view){text, LIMIT_PATH - 1}, &arena, &parse_error));
    assert_null(path_compile((struct view){text, LIMIT_PATH}, &arena, &parse_error));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(length_has_a_limit),
        cmocka_unit_test(steps_have_that_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
