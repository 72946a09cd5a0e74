#include "base/text/suggest.h"
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

static void one_beginning_is_completed(void **state)
{
    static const char *const words[] = {"limits.cpu", "limits.memory", "requests.cpu"};

    (void)state;
    assert_string_equal(suggest(VIEW("limits.mem"), words, 3), "limits.memory");
    assert_string_equal(suggest(VIEW("limits.cp"), words, 3), "limits.cpu");
    assert_null(suggest(VIEW("li"), words, 3));
}

static void short_words_begin_alike(void **state)
{
    static const char *const words[] = {"cpu", "memory"};

    (void)state;
    assert_null(suggest(VIEW("gpu"), words, 2));
    assert_null(suggest(VIEW("tpu"), words, 2));
    assert_string_equal(suggest(VIEW("CPU"), words, 2), "cpu");
    assert_string_equal(suggest(VIEW("cup"), words, 2), "cpu");
    assert_string_equal(suggest(VIEW("pcu"), words, 2), "cpu");
    assert_string_equal(suggest(VIEW("ccpu"), words, 2), "cpu");
}

static void slips_are_of_two_letters(void **state)
{
    static const struct {
        const char *typed, *meant;
        bool slip;
    } cases[] = {
        {"priviledged", "privileged", true},
        {"contianers", "containers", true},
        {"runasnonroot", "runAsNonRoot", true},
        {"replicsa", "replicas", true},
        {"resizePolicy", "restartPolicy", false},
        {"replicaCount", "replicas", false},
        {"ip", "fs", false},
        {"", "a", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(suggest_is_slip(view_of(cases[i].typed), cases[i].meant), cases[i].slip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_word_is_suggested), cmocka_unit_test(one_beginning_is_completed),
        cmocka_unit_test(short_words_begin_alike), cmocka_unit_test(slips_are_of_two_letters)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
