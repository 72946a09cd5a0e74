#include "cli/limits.h"
#include "cli/ruleset.h"

#include "cli/command.h"
#include "cmocka_all.h"

#include <string.h>

static const struct option_row options[] = {{0, NULL, NULL, NULL}};
static const struct command command = {.name = "check", .options = options};

static void as_many_as_the_limit(void **state)
{
    struct ruleset_paths paths = {.count = 0};

    (void)state;
    for (int i = 0; i < LIMIT_RULES_PATHS; i++) {
        assert_int_equal(ruleset_add(&paths, &command, "rules"), 0);
        assert_int_equal(paths.count, i + 1);
        assert_null(paths.paths[i + 1]);
    }
    assert_int_equal(ruleset_add(&paths, &command, "rules"), EXIT_USAGE);
    assert_int_equal(paths.count, LIMIT_RULES_PATHS);
}

static void all_are_named_and_long_ones_cut(void **state)
{
    struct ruleset_paths paths = {.count = 0};
    char path[RULESET_TEXT];

    (void)state;
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(ruleset_add(&paths, &command, "rules"), 0);
    assert_int_equal(ruleset_add(&paths, &command, "more.yaml"), 0);
    assert_string_equal(paths.text, "rules and more.yaml");
    assert_int_equal(ruleset_add(&paths, &command, path), 0);
    assert_int_equal(ruleset_add(&paths, &command, path), 0);
    assert_int_equal(strlen(paths.text), RULESET_TEXT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_as_the_limit),
        cmocka_unit_test(all_are_named_and_long_ones_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
