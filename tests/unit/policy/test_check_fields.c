#include "rules_fixture.h"

/* One entry over one object. */
static const struct {
    const char *name, *entry, *object;
    const char *found; /* of the first finding, as "path=value"; NULL: it holds */
} cases[] = {
    /* What is there. */
    {"exists", "path: spec.a, exists: true", "{\"spec\":{\"a\":1}}", NULL},
    {"exists, but null", "path: spec.a, exists: true", "{\"spec\":{\"a\":null}}", "spec.a=nothing"},
    {"exists not", "path: spec.a.b, exists: true", "{\"spec\":{}}", "spec.a.b=nothing"},
    {"exists below a text", "path: spec.a.b, exists: true", "{\"spec\":{\"a\":\"x\"}}",
     "spec.a.b=nothing"},
    {"absent", "path: spec.a, absent: true", "{\"spec\":{\"a\":null}}", NULL},
    {"absent not", "path: spec.a, absent: true", "{\"spec\":{\"a\":false}}", "spec.a=false"},
    {"what is absent holds", "path: spec.a, equals: 1", "{}", NULL},
    {"unless it must exist", "path: spec.a, equals: 1, exists: true", "{}", "spec.a=nothing"},

    /* Values. */
    {"equals a number", "path: a, equals: 1", "{\"a\":1}", NULL},
    {"a text is no number", "path: a, equals: 1", "{\"a\":\"1\"}", "a=1"},
    {"a number is no text", "path: a, equals: \"1\"", "{\"a\":1}", "a=1"},
    {"true", "path: a, equals: true", "{\"a\":true}", NULL},
    {"true is no text", "path: a, equals: \"true\"", "{\"a\":true}", "a=true"},
    {"a large number is not negative", "path: a, equals: -1", "{\"a\":18446744073709551615}",
     "a=18446744073709551615"},
    {"a fraction", "path: a, equals: 0.5", "{\"a\":0.5}", NULL},
    {"a whole number with a point", "path: a, equals: 3", "{\"a\":3.0}", NULL},
    {"a rule with a point", "path: a, equals: 3.0", "{\"a\":3}", NULL},
    {"in a list", "path: a, in: [1, 2, 3]", "{\"a\":3.0}", NULL},
    {"refused in a list", "path: a, notIn: [3]", "{\"a\":3.0}", "a=3"},
    {"an exponent", "path: a, equals: 1000", "{\"a\":1e3}", NULL},
    {"minus zero", "path: a, equals: 0", "{\"a\":-0.0}", NULL},
    {"minus one with a point", "path: a, equals: -1", "{\"a\":-1.0}", NULL},
    {"above 2^53", "path: a, equals: 9007199254740992", "{\"a\":9007199254740993}",
     "a=9007199254740993"},
    {"above 2^53, with a point", "path: a, equals: 9007199254740993", "{\"a\":9007199254740992.0}",
     "a=9007199254740992"},
    {"2^63", "path: a, equals: 9223372036854775808", "{\"a\":9223372036854775808}", NULL},
    {"2^63 with a point", "path: a, equals: 9223372036854775808", "{\"a\":9.223372036854775808e18}",
     NULL},
    {"-2^63", "path: a, equals: -9223372036854775808", "{\"a\":-9223372036854775808}", NULL},
    {"2^64-1", "path: a, equals: 18446744073709551615", "{\"a\":18446744073709551615}", NULL},
    {"2^64-1 is not 2^64", "path: a, notIn: [18446744073709551615]", "{\"a\":18446744073709551616}",
     NULL},
    {"17 digits", "path: a, equals: 0.30000000000000004", "{\"a\":0.30000000000000004}", NULL},
    {"17 digits and 1", "path: a, equals: 0.3", "{\"a\":0.30000000000000004}",
     "a=0.30000000000000004"},
    {"a truth is no number", "path: a, equals: 1", "{\"a\":true}", "a=true"},
    {"an empty text is no 0", "path: a, equals: 0", "{\"a\":\"\"}", "a="},
    {"in", "path: a, in: [1, x, true]", "{\"a\":\"x\"}", NULL},
    {"in not", "path: a, in: [1, x, true]", "{\"a\":\"y\"}", "a=y"},
    {"notIn", "path: a, notIn: [1, x]", "{\"a\":\"y\"}", NULL},
    {"notIn not", "path: a, notIn: [1, x]", "{\"a\":\"x\"}", "a=x"},
    {"a map equals nothing", "path: a, in: [x]", "{\"a\":{\"b\":1}}", "a=a map of 1"},

    /* Bounds. */
    {"min", "path: a, min: 3", "{\"a\":3}", NULL},
    {"below min", "path: a, min: 3", "{\"a\":2}", "a=2"},
    {"above max", "path: a, max: 3", "{\"a\":4}", "a=4"},
    {"quantities", "path: a, min: 500m, max: 1Gi", "{\"a\":\"1024Mi\"}", NULL},
    {"quantities above", "path: a, max: 1Gi", "{\"a\":\"1025Mi\"}", "a=1025Mi"},
    {"a tenth is a tenth", "path: a, max: \"0.1\"", "{\"a\":0.1}", NULL},
    {"no number at all", "path: a, max: 3", "{\"a\":\"many\"}", "a=many"},
    {"a negative number", "path: a, min: 0", "{\"a\":-1}", "a=-1"},

    /* Patterns. */
    {"matches", "path: a, matches: 'v\\d+'", "{\"a\":\"v12\"}", NULL},
    {"the whole", "path: a, matches: 'v\\d+'", "{\"a\":\"v12x\"}", "a=v12x"},
    {"to the end of the line", "path: a, matches: 'v\\d+'", "{\"a\":\"v12\\n\"}", "a=v12\n"},
    {"a number as text", "path: a, matches: '\\d'", "{\"a\":7}", NULL},

    /* Paths. */
    {"each of a map", "path: \"m.*\", equals: x", "{\"m\":{\"a\":\"x\",\"b\":\"y\"}}", "m.b=y"},
    {"each of a list", "path: \"m[*].v\", equals: x", "{\"m\":[{\"v\":\"x\"},{\"v\":\"y\"}]}",
     "m[1].v=y"},
    {"elements by name", "path: \"m[*].v\", equals: x", "{\"m\":[{\"name\":\"n\",\"v\":\"y\"}]}",
     "m[n].v=y"},
    {"an element that is null", "path: \"m[*]\", equals: x", "{\"m\":[null]}", NULL},
    {"none of an empty list", "path: \"m[*].v\", exists: true", "{\"m\":[]}", NULL},
    {"none of no list", "path: \"m[*].v\", exists: true", "{}", NULL},
    {"an element without it", "path: \"m[*].v\", exists: true", "{\"m\":[{}]}", "m[0].v=nothing"},
    {"a chosen element", "path: \"m[k=a].v\", equals: x",
     "{\"m\":[{\"k\":\"b\",\"v\":1},{\"k\":\"a\",\"v\":2}]}", "m[1].v=2"},
    {"no such element", "path: \"m[k=c].v\", exists: true", "{\"m\":[{\"k\":\"b\"}]}", NULL},
    {"a quoted key", "path: 'm[\"a.b/c\"]', equals: x", "{\"m\":{\"a.b/c\":\"y\"}}", "m[a.b/c]=y"},
    {"a key with a slash", "path: m.a/b, equals: x", "{\"m\":{\"a/b\":\"y\"}}", "m.a/b=y"},
    {"an empty key", "path: 'm[\"\"]', equals: x", "{\"m\":{\"\":\"y\"}}", "m[]=y"},
    {"the pod", "path: pod.spec.hostNetwork, absent: true",
     "{\"spec\":{\"template\":{\"spec\":{\"hostNetwork\":true}}}}",
     "spec.template.spec.hostNetwork=true"},
    {"each container", "path: container.image, in: [x]",
     "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"x\"}],"
     "\"initContainers\":[{"
     "\"name\":\"b\",\"image\":\"y\"}]}}}}",
     "spec.template.spec.initContainers[b].image=y"},
    {"a container without a name", "path: container.image, exists: true",
     "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{}]}}}}",
     "spec.template.spec.containers[0].image=nothing"},
    {"no template", "path: container.image, exists: true", "{\"spec\":{}}", NULL},
};

static void entries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct verdict verdict;
        char rules[512];
        struct view found = VIEW("");

        snprintf(rules, sizeof(rules),
                 "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n"
                 "  rules:\n    - id: r\n      fields:\n        - {%s}\n",
                 cases[i].entry);
        fixture_open(&f, rules);
        fixture_denial(&f, &(struct ask){.object = cases[i].object}, 0, &verdict);
        if (verdict.first)
            found = arena_printf(&f.arena, "%.*s=%.*s", VIEW_ARGS(verdict.first->findings->path),
                                 VIEW_ARGS(verdict.first->findings->found));
        if (!view_eq_str(found, cases[i].found ? cases[i].found : ""))
            fail_msg("%s: %.*s", cases[i].name, VIEW_ARGS(found));
        fixture_close(&f);
    }
}

/* A pattern that runs wild is an error of the rule, and not a no. */
static void a_pattern_has_limits(void **state)
{
    static const char rules[] =
        "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n"
        "    - {id: r, onError: warn, fields: [{path: a, matches: '(a|aa|aaa)*(b|c)'}]}\n";
    struct fixture f;

    (void)state;
    fixture_open(&f, rules);
    assert_string_equal(
        fixture_rules(
            &f, &(struct ask){.object = "{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaax\"}"},
            0),
        "w:r");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(entries),
                                       cmocka_unit_test(a_pattern_has_limits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
