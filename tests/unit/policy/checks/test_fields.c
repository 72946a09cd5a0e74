#include "unit/policy/check_fixture.h"

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
    {"a text is not a number", "path: a, equals: 1", "{\"a\":\"1\"}", "a=\"1\""},
    {"a number is not text", "path: a, equals: \"1\"", "{\"a\":1}", "a=1"},
    {"true", "path: a, equals: true", "{\"a\":true}", NULL},
    {"true is not text", "path: a, equals: \"true\"", "{\"a\":true}", "a=true"},
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
    {"a truth is not a number", "path: a, equals: 1", "{\"a\":true}", "a=true"},
    {"an empty text is not 0", "path: a, equals: 0", "{\"a\":\"\"}", "a=\"\""},
    {"a text like a boolean", "path: a, in: [true]", "{\"a\":\"true\"}", "a=\"true\""},
    {"a text like null", "path: a, equals: x", "{\"a\":\"null\"}", "a=\"null\""},
    {"a text like y", "path: a, equals: x", "{\"a\":\"y\"}", "a=\"y\""},
    {"a text like yes", "path: a, equals: x", "{\"a\":\"yes\"}", "a=\"yes\""},
    {"a text like an octal", "path: a, equals: x", "{\"a\":\"0644\"}", "a=\"0644\""},
    {"a text like nothing", "path: a, equals: x", "{\"a\":\"nothing\"}", "a=\"nothing\""},
    {"a text with a blank", "path: a, equals: x", "{\"a\":\"x \"}", "a=\"x \""},
    {"a refused text", "path: a, notIn: [\"3\"]", "{\"a\":\"3\"}", "a=\"3\""},
    {"text like a number between bounds", "path: a, max: 2", "{\"a\":\"3\"}", "a=3"},
    {"in", "path: a, in: [1, x, true]", "{\"a\":\"x\"}", NULL},
    {"in not", "path: a, in: [1, x, true]", "{\"a\":\"z\"}", "a=z"},
    {"notIn", "path: a, notIn: [1, x]", "{\"a\":\"z\"}", NULL},
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
    {"more than 2^63", "path: a, max: 10E", "{\"a\":\"100E\"}", "a=100E"},
    {"more than 2^64", "path: a, max: 18446744073709551615", "{\"a\":18446744073709551616}",
     "a=18446744073709552000"},
    {"above 2^53 by one", "path: a, max: 9007199254740992", "{\"a\":9007199254740993}",
     "a=9007199254740993"},
    {"a number of 11 digits", "path: a, max: 0.12345678901", "{\"a\":0.12345678902}",
     "a=0.12345678902"},
    {"a number below a nano", "path: a, min: \"2e-10\"", "{\"a\":1e-10}", "a=1e-10"},
    {"a number at its bound", "path: a, min: 0.30000000000000004, max: 0.30000000000000004",
     "{\"a\":0.30000000000000004}", NULL},
    {"a thousand", "path: a, min: 1000, max: \"1e3\"", "{\"a\":1e3}", NULL},
    {"minus zero is not below", "path: a, min: 0", "{\"a\":-0.0}", NULL},
    {"a truth has no size", "path: a, min: 0", "{\"a\":true}", "a=true"},
    {"an empty text has none", "path: a, min: 0", "{\"a\":\"\"}", "a="},

    /* Patterns. */
    {"matches", "path: a, matches: 'v\\d+'", "{\"a\":\"v12\"}", NULL},
    {"the whole", "path: a, matches: 'v\\d+'", "{\"a\":\"v12x\"}", "a=v12x"},
    {"to the end of the line", "path: a, matches: 'v\\d+'", "{\"a\":\"v12\\n\"}", "a=v12\n"},
    {"a number as text", "path: a, matches: '\\d'", "{\"a\":7}", NULL},

    /* Paths. */
    {"each of a map", "path: \"m.*\", equals: x", "{\"m\":{\"a\":\"x\",\"b\":\"z\"}}", "m.b=z"},
    {"each of a list", "path: \"m[*].v\", equals: x", "{\"m\":[{\"v\":\"x\"},{\"v\":\"z\"}]}",
     "m[1].v=z"},
    {"elements by name", "path: \"m[*].v\", equals: x", "{\"m\":[{\"name\":\"n\",\"v\":\"z\"}]}",
     "m[n].v=z"},
    {"an element that is null", "path: \"m[*]\", equals: x", "{\"m\":[null]}", NULL},
    {"none of an empty list", "path: \"m[*].v\", exists: true", "{\"m\":[]}", NULL},
    {"none of no list", "path: \"m[*].v\", exists: true", "{}", NULL},
    {"an element without it", "path: \"m[*].v\", exists: true", "{\"m\":[{}]}", "m[0].v=nothing"},
    {"a chosen element", "path: \"m[k=a].v\", equals: x",
     "{\"m\":[{\"k\":\"b\",\"v\":1},{\"k\":\"a\",\"v\":2}]}", "m[1].v=2"},
    {"chosen by a number", "path: \"m[k=80].v\", equals: x",
     "{\"m\":[{\"k\":8,\"v\":1},{\"k\":80,\"v\":2},{\"k\":-80,\"v\":3}]}", "m[1].v=2"},
    {"chosen by a negative number", "path: \"m[k=-80].v\", equals: x",
     "{\"m\":[{\"k\":80,\"v\":2},{\"k\":-80,\"v\":3}]}", "m[1].v=3"},
    {"chosen by a boolean", "path: \"m[k=true].v\", equals: x",
     "{\"m\":[{\"k\":false,\"v\":1},{\"k\":true,\"v\":2}]}", "m[1].v=2"},
    {"no such element", "path: \"m[k=c].v\", exists: true", "{\"m\":[{\"k\":\"b\"}]}", NULL},
    {"a quoted key", "path: 'm[\"a.b/c\"]', equals: x", "{\"m\":{\"a.b/c\":\"z\"}}", "m[a.b/c]=z"},
    {"a key with a slash", "path: m.a/b, equals: x", "{\"m\":{\"a/b\":\"z\"}}", "m.a/b=z"},
    {"an empty key", "path: 'm[\"\"]', equals: x", "{\"m\":{\"\":\"z\"}}", "m[]=z"},
    {"the pod", "path: pod.spec.hostNetwork, absent: true",
     "{\"spec\":{\"template\":{\"spec\":{\"hostNetwork\":true}}}}",
     "spec.template.spec.hostNetwork=true"},
    {"each container", "path: container.image, in: [x]",
     "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"x\"}],"
     "\"initContainers\":[{"
     "\"name\":\"b\",\"image\":\"z\"}]}}}}",
     "spec.template.spec.initContainers[b].image=z"},
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

/* The whole finding. */
static void words(void **state)
{
    static const struct {
        const char *check, *pod, *finding;
    } table[] = {
        {"fields: [{path: pod.spec.a, in: [1, \"1\", true, \"true\", \"\", x, yes it is]}]",
         "{\"a\":5}",
         "spec.template.spec.a: found 5, needs one of 1, \"1\", true, \"true\", \"\", x, yes it "
         "is\n"},
        {"fields: [{path: pod.spec.a, notIn: [\"null\"]}]", "{\"a\":\"null\"}",
         "spec.template.spec.a: found \"null\", needs anything but \"null\"\n"},
        {"fields: [{path: pod.spec.a, max: 1Gi}]", "{\"a\":\"512MB\"}",
         "spec.template.spec.a: found 512MB, needs at most 1Gi, because it is not a number or "
         "quantity: "
         "unknown suffix \"MB\"; did you mean \"512Mi\" or \"512M\"?\n"},
        {"fields: [{path: pod.spec.a, min: 3}]", "{\"a\":[3]}",
         "spec.template.spec.a: found a list of 1, needs at least 3, because it is not a number or "
         "quantity: it does not begin with a number\n"},
        {"fields: [{path: pod.spec.a, min: 3}]", "{\"a\":\"1\\nb\"}",
         "spec.template.spec.a: found 1\nb, needs at least 3, because it is not a number or "
         "quantity: "
         "unknown suffix \" b\"; known are n u m k M G T P E, Ki Mi Gi Ti Pi Ei and exponents from "
         "e-999 to e999\n"},
    };
    struct buf found;

    (void)state;
    buf_init(&found, 1 << 16);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        buf_reset(&found);
        check_findings(table[i].check, table[i].pod, &found);
        assert_string_equal(buf_view(&found).p, table[i].finding);
    }
    buf_release(&found);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(entries), cmocka_unit_test(words),
                                       cmocka_unit_test(a_pattern_has_limits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
