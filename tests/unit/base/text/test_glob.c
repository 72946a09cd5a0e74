#include "base/text/glob.h"
#include "cmocka_all.h"

#include <string.h>

static void globs_match_whole_texts(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "anything", true},
        {"?", "", false},
        {"?", "a", true},
        {"?", "ab", false},
        {"api", "api", true},
        {"api", "api2", false},
        {"api", "ap", false},
        {"api-*", "api-", true},
        {"api-*", "api-v1", true},
        {"api-*", "my-api-v1", false},
        {"*-prod", "web-prod", true},
        {"*-prod", "web-prod-2", false},
        {"*-prod", "-prod", true},
        {"*-prod", "prod", false},
        {"a*b*c", "aXbYc", true},
        {"a*b*c", "abc", true},
        {"a*b*c", "acb", false},
        {"a*bc*bc", "abc", false},
        {"a*bc*bc", "abcbc", true},
        {"*ab", "aab", true},
        {"*a?b*", "xxaabb", true},
        {"a*a", "a", false},
        {"**", "x", true},
        {"team-?", "team-a", true},
        {"team-?", "team-", false},
        {"[ab]", "a", false},
        {"[ab]", "[ab]", true},
        {"*.example.com", "a.b.example.com", true},
        {"*.example.com", "example.com", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (glob_match(view_of(cases[i].pattern), view_of(cases[i].text)) != cases[i].match)
            fail_msg("\"%s\" and \"%s\"", cases[i].pattern, cases[i].text);
}

static void globs_may_meet(void **state)
{
    static const struct {
        const char *a, *b;
        bool meet;
    } cases[] = {
        {"", "", true},
        {"", "*", true},
        {"", "?", false},
        {"shop", "shop", true},
        {"shop", "shop-eu", false},
        {"shop", "shop*", true},
        {"shop", "shop-*", false},
        {"shop-*", "shop-eu", true},
        {"shop-*", "pay-*", false},
        {"shop-*", "shop-eu-*", true},
        {"shop-*", "*-eu", true},
        {"*-us", "*-eu", false},
        {"*-eu", "*", true},
        {"shop-?", "shop-*", true},
        {"a*c", "ab*", true},
        {"a*c", "a*d", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (glob_may_meet(view_of(cases[i].a), view_of(cases[i].b)) != cases[i].meet ||
            glob_may_meet(view_of(cases[i].b), view_of(cases[i].a)) != cases[i].meet)
            fail_msg("\"%s\" and \"%s\"", cases[i].a, cases[i].b);
}

/* A matcher that tries every way would not come back from this. */
static void many_stars_do_not_explode(void **state)
{
    static char text[4096];

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_false(glob_match(VIEW("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"),
                            (struct view){text, sizeof(text)}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_match_whole_texts),
        cmocka_unit_test(globs_may_meet),
        cmocka_unit_test(many_stars_do_not_explode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
