#include "policy/rule/generated_name.h"

#include "unit/policy/rules_fixture.h"

#define LONG58 "a123456789b123456789c123456789d123456789e123456789f1234567"

static void what_every_name_fits_is_known(void **state)
{
    static const struct {
        const char *glob, *generate_name;
        enum match_result fits;
    } cases[] = {
        {"batch-*", "batch-", MATCH_YES},
        {"*", "batch-", MATCH_YES},
        {"b*-*", "batch-", MATCH_YES},
        {"batch-?????", "batch-", MATCH_YES},
        {"batch-??*", "batch-", MATCH_YES},
        {"batch-7*", "batch-", MATCH_UNKNOWN},
        {"*x", "batch-", MATCH_UNKNOWN},
        {"*xxxxx", "batch-", MATCH_UNKNOWN},
        {"*-xxxxx", "batch-", MATCH_UNKNOWN},
        {"batch-bcdfg", "batch-", MATCH_UNKNOWN},
        {"*h-x*x*", "batch-", MATCH_UNKNOWN},
        {"batch-????", "batch-", MATCH_NO},
        {"batch-??????", "batch-", MATCH_NO},
        {"*xxxxxx", "batch-", MATCH_NO},
        {"batch", "batch-", MATCH_NO},
        {"other-*", "batch-", MATCH_NO},
        {"batch-api*", "batch-", MATCH_NO}, /* no vowels, so that it is not a word */
        {"batch-1*", "batch-", MATCH_NO},
        {"batch-smoke", "batch-", MATCH_NO},
        {LONG58 "?????", LONG58 "-and-more", MATCH_YES},
        {LONG58 "-*", LONG58 "-and-more", MATCH_NO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (generated_name_fits(view_of(cases[i].glob), view_of(cases[i].generate_name)) !=
            cases[i].fits)
            fail_msg("%s of %s", cases[i].glob, cases[i].generate_name);
}

/* A rule on names, an exemption of names, and a field that is the name. */
static void what_some_names_fit_cannot_be_told(void **state)
{
    static const struct {
        const char *rule, *rules;
    } cases[] = {
        {"match: {names: [\"batch-*\"]}, fields: [{path: spec.x, exists: true}]", "r"},
        {"match: {names: [\"job-*\"]}, fields: [{path: spec.x, exists: true}]", ""},
        {"match: {names: [\"batch-7*\"]}, fields: [{path: spec.x, exists: true}]", "r"},
        {"match: {names: [\"batch-7*\"]}, onError: warn, fields: [{path: spec.x, exists: true}]",
         "w:r"},
        {"match: {names: [\"x*\", \"batch-*\"]}, onError: warn, fields: [{path: spec.x, exists: "
         "true}]",
         "r"},
        {"exempt: [{names: [\"batch-*\"], reason: b}], fields: [{path: spec.x, exists: true}]",
         "x:r"},
        {"exempt: [{names: [\"batch-7*\"], reason: b}], fields: [{path: spec.x, exists: true}]",
         "r"},
        {"onError: warn, fields: [{path: metadata.name, matches: ^job}]", "w:r"},
        {"onError: warn, fields: [{path: metadata.generateName, equals: batch-}]", ""},
    };
    static const struct ask ask = {
        .name = "", .object = "{\"metadata\":{\"generateName\":\"batch-\"},\"spec\":{}}"};
    struct buf text;

    (void)state;
    buf_init(&text, 1 << 16);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;

        buf_reset(&text);
        buf_printf(&text,
                   "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\n"
                   "spec:\n  match: {workloads: all}\n  rules:\n    - {id: r, %s}\n",
                   cases[i].rule);
        fixture_open(&f, buf_view(&text).p);
        if (strcmp(fixture_rules(&f, &ask, 0), cases[i].rules) != 0)
            fail_msg("%s: %s", cases[i].rule, fixture_rules(&f, &ask, 0));
        fixture_close(&f);
    }
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_every_name_fits_is_known),
        cmocka_unit_test(what_some_names_fit_cannot_be_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
