#include "base/suggest.h"
#include "cmocka_all.h"

static void nearest_word_is_suggested(void **state)
{
    static const char *const words[] = {"images", "resources", "freeze", "podSecurity"};
    static const struct {
        const char *typed, *meant;
    } cases[] = {
        {"image", "images"},        {"podsecurity", "podSecurity"},
        {"resuorces", "resources"}, {"freze", "freeze"},
        {"network", NULL},          {"", NULL},
        {"freezes", "freeze"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *found = suggest(view_of(cases[i].typed), words, 4);

        if (!cases[i].meant)
            assert_null(found);
        else
            assert_string_equal(found, cases[i].meant);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nearest_word_is_suggested)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
