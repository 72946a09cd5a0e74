#include "policy/limits.h"
#include "unit/policy/rules_fixture.h"

#define HEAD(name)                                                                                 \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: " name "}\nspec:\n"

/* --- what somebody else wrote ----------------------------------------------------------------- */

static const char matches[] =
    HEAD("p") "  rules:\n"
              "    - {id: r, fields: [{path: \"data.*\", matches: x}]%s}\n";

static void open_mode(struct fixture *f, const char *mode)
{
    char text[512];

    snprintf(text, sizeof(text), matches, mode);
    fixture_open(f, text);
}

#define LONG16  "0123456789abcdef"
#define LONG128 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16

static const struct {
    const char *name, *data;  /* JSON */
    const char *path, *found; /* as they are shown */
} values[] = {
    {"a line of its own", "{\"k\":\"v1\\n  other   admitted\"}", "data.k",
     "v1\\n  other   admitted"},
    {"a key with a line", "{\"k\\nl\":\"v\"}", "data.k\\nl", "v"},
    {"control characters", "{\"k\":\"\\u0000\\t\\u001b[31m\\u007f\"}", "data.k",
     "\\x00\\x09\\x1b[31m\\x7f"},
    {"those of C1", "{\"k\":\"\\u0085\\u009b\\u00a0\"}", "data.k", "\\x85\\x9b\xc2\xa0"},
    {"text turned round", "{\"k\":\"a\\u202eb\\u2066c\\u2028d\\u200be\"}", "data.k",
     "a\\u202eb\\u2066c\\u2028d\\u200be"},
    {"other alphabets", "{\"k\":\"\\u00fcber \\u20ac \\ud83d\\ude00\"}", "data.k",
     "\xc3\xbc"
     "ber \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"256 bytes", "{\"k\":\"" LONG128 LONG128 "\"}", "data.k", LONG128 LONG128},
    {"257 bytes", "{\"k\":\"" LONG128 LONG128 "!\"}", "data.k", LONG128 LONG128 "..."},
    {"a character across the cut",
     "{\"k\":\"." LONG128 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16
     "0123456789abcd\\u20ac\"}",
     "data.k", "." LONG128 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 "0123456789abcd..."},
    {"null is absent", "{\"k\":null,\"l\":1}", "data.l", "1"},
    {"a number", "{\"k\":0.1}", "data.k", "0.1"},
    {"a list", "{\"k\":[1,2]}", "data.k", "a list of 2"},
};

static void values_are_shown_on_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct fixture f;
        struct verdict verdict;
        struct ask ask = {.kind = "ConfigMap"};
        const char *found, *expected;

        open_mode(&f, "");
        ask.object = arena_printf(&f.arena, "{\"data\":%s}", values[i].data).p;
        found = fixture_denial(&f, &ask, 0, &verdict);
        expected = arena_printf(&f.arena,
                                "ConfigMap shop/api breaks 1 rule: r\n\n  r   %s\n"
                                "    found  %s\n    needs  a match of x",
                                values[i].path, values[i].found)
                       .p;
        if (strcmp(found, expected) != 0)
            fail_msg("%s:\n%s\n%s", values[i].name, found, expected);
        fixture_close(&f);
    }
}

static void a_shown_value_has_a_limit(void **state)
{
    static char text[LIMIT_SHOWN + 1];
    const struct rule rule = {.id = VIEW("r")};
    const struct rule_result result = {.rule = &rule};
    struct arena arena;

    (void)state;
    arena_init(&arena, 1 << 16);
    memset(text, 'x', sizeof(text));
    for (size_t n = LIMIT_SHOWN - 1; n <= LIMIT_SHOWN + 1; n++) {
        const struct finding finding = {.headline = {text, n}};

        assert_int_equal(message_line(&result, &finding, &arena).n,
                         n > LIMIT_SHOWN ? LIMIT_SHOWN + strlen("...") : n);
    }
    arena_release(&arena);
}

/* --- long answers ----------------------------------------------------------------------------- */

static const char *many_values(struct fixture *f, size_t count, const char *value)
{
    struct view text = VIEW("{\"data\":{");

    for (size_t i = 0; i < count; i++)
        text = arena_printf(&f->arena, "%.*s%s\"k%zu\":\"%s\"", VIEW_ARGS(text), i ? "," : "", i,
                            value);
    return arena_printf(&f->arena, "%.*s}}", VIEW_ARGS(text)).p;
}

static size_t count_lines(const char *text, const char *begin)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, begin)); at++)
        count++;
    return count;
}

static void findings_are_cut_with_a_count(void **state)
{
    static const struct {
        size_t findings, shown;
        const char *end;
    } table[] = {
        {LIMIT_MESSAGE_FINDINGS - 1, LIMIT_MESSAGE_FINDINGS - 1, "a match of x"},
        {LIMIT_MESSAGE_FINDINGS, LIMIT_MESSAGE_FINDINGS, "a match of x"},
        {LIMIT_MESSAGE_FINDINGS + 1, LIMIT_MESSAGE_FINDINGS, "\n  and 1 more finding"},
        {100, LIMIT_MESSAGE_FINDINGS, "\n  and 88 more findings"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct fixture f;
        struct verdict verdict;
        struct ask ask = {.kind = "ConfigMap"};
        const char *message;

        open_mode(&f, "");
        ask.object = many_values(&f, table[i].findings, "v");
        message = fixture_denial(&f, &ask, 0, &verdict);
        assert_int_equal(count_lines(message, "\n  r   "), table[i].shown);
        assert_true(view_ends(view_of(message), table[i].end));
        fixture_close(&f);
    }
}

static const char *containers(struct fixture *f, size_t count)
{
    struct view text = VIEW("{\"spec\":{\"containers\":[");

    for (size_t i = 0; i < count; i++)
        text = arena_printf(&f->arena, "%.*s%s{\"name\":\"c%zu\",\"image\":\"%s\",\"tty\":%zu}",
                            VIEW_ARGS(text), i ? "," : "", i, i % 2 ? "b" : "a", i);
    return arena_printf(&f->arena, "%.*s]}}", VIEW_ARGS(text)).p;
}

#define TWO_RULES                                                                                  \
    HEAD("p")                                                                                      \
    "  rules:\n"                                                                                   \
    "    - {id: first, fields: [{path: container.tty, absent: true}]}\n"                           \
    "    - {id: second, fields: [{path: container.image, equals: c}]}\n"

/* Of each rule at least one finding, and containers with the same finding in one line. */
static void many_containers(void **state)
{
    struct fixture f;
    struct verdict verdict;
    struct ask ask = {.kind = "Pod"};
    const char *message;

    (void)state;
    fixture_open(&f, TWO_RULES);
    ask.object = containers(&f, 12);
    message = fixture_denial(&f, &ask, 0, &verdict);
    assert_int_equal(count_lines(message, "\n  first    "), 11);
    assert_int_equal(count_lines(message, "\n  second   "), 1);
    assert_non_null(strstr(message, "second   spec.containers[c0, c2, c4, c6, c8, c10].image"));
    assert_true(view_ends(view_of(message), "\n  and 7 more findings"));
    ask.object = containers(&f, 60);
    message = fixture_denial(&f, &ask, 0, &verdict);
    assert_non_null(strstr(message, ", c36, c38 and 10 more].image"));
    fixture_close(&f);
}

/* A thousand rules that nobody can answer leave a message that kubectl can show. */
static void many_rules(void **state)
{
    struct fixture f;
    struct verdict verdict;
    struct ask ask = {.kind = "ConfigMap", .object = "{}"};
    const char *message;
    char *rules = malloc(200000);
    int n = sprintf(rules, HEAD("p") "  match: {namespaceLabels: {a: b}}\n  rules:\n");

    (void)state;
    for (int i = 0; i < 1000; i++)
        n += sprintf(rules + n,
                     "    - {id: rule-%d, message: why, fields: [{path: a, exists: true}]}\n", i);
    fixture_open(&f, rules);
    message = fixture_denial(&f, &ask, 0, &verdict);
    assert_int_equal(verdict.denied, 1000);
    assert_true(view_starts(
        view_of(message), "ConfigMap shop/api breaks 1000 rules: rule-0, rule-1, rule-2, rule-3, "
                          "rule-4 and 995 more\n\n"
                          "  rule-0    could not be answered: it is not known whether it applies: "
                          "the labels of the namespace are not known\n    why    why\n"));
    assert_int_equal(count_lines(message, "could not be answered"), LIMIT_MESSAGE_FINDINGS);
    assert_true(view_ends(view_of(message), "\n  and 988 more findings"));
    fixture_close(&f);
    free(rules);
}

/* The length of a denial whose one finding has n bytes of detail; 0 when there is none. */
static size_t denial_length(size_t n)
{
    const struct rule rule = {.id = VIEW("r")};
    const struct policy policy = {.name = VIEW("p")};
    struct detail detail = {.label = "why", .text = {calloc(1, n), n}};
    struct finding finding = {.path = VIEW("a"), .details = &detail};
    struct rule_result result = {.policy = &policy, .rule = &rule, .findings = &finding};
    const struct verdict verdict = {.first = &result, .denied = 1};
    const struct request request = {.kind = VIEW("Pod"), .name = VIEW("a")};
    struct arena arena;
    size_t length;

    arena_init(&arena, 1 << 20);
    memset((char *)(uintptr_t)detail.text.p, 'x', n);
    length = message_denial(&verdict, &request, &arena).n;
    arena_release(&arena);
    free((char *)(uintptr_t)detail.text.p);
    return length;
}

static void a_message_has_a_limit(void **state)
{
    size_t around = denial_length(10) - 10;

    (void)state;
    for (size_t n = LIMIT_MESSAGE - 1; n <= LIMIT_MESSAGE + 1; n++)
        assert_int_equal(denial_length(n - around), n > LIMIT_MESSAGE ? 0 : n);
}

static void rules_of_one_name(void **state)
{
#define ONE(name)                                                                                  \
    HEAD(name)                                                                                     \
    "  rules:\n    - {id: r, fields: [{path: x, exists: true}]}\n"                                 \
    "    - {id: " name "-own, fields: [{path: x, exists: true}]}\n"
    struct fixture f;
    struct verdict verdict;
    struct ask ask = {.kind = "ConfigMap", .object = "{}"};

    (void)state;
    fixture_open(&f, ONE("a") "---\n" ONE("b"));
    assert_string_equal(fixture_denial(&f, &ask, 0, &verdict),
                        "ConfigMap shop/api breaks 4 rules: a/r, a-own, b/r, b-own\n\n"
                        "  a/r     x\n    found  nothing\n    needs  a value\n"
                        "  a-own   x\n    found  nothing\n    needs  a value\n"
                        "  b/r     x\n    found  nothing\n    needs  a value\n"
                        "  b-own   x\n    found  nothing\n    needs  a value");
    fixture_close(&f);
}

/* --- who it is about -------------------------------------------------------------------------- */

static void subjects(void **state)
{
    static const struct {
        struct ask ask;
        const char *subject;
    } table[] = {
        {{.object = "{}"}, "Deployment shop/api"},
        {{.kind = "Namespace", .namespace_ = "shop", .name = "shop", .object = "{}"},
         "Namespace shop"},
        {{.kind = "Node", .namespace_ = "", .name = "n1", .object = "{}"}, "Node n1"},
        {{.kind = "Pod", .name = "", .object = "{\"metadata\":{\"generateName\":\"job-\"}}"},
         "Pod shop/job-*"},
        {{.kind = "Pod", .name = "", .operation = "DELETE"}, "Pod shop/(no name)"},
        {{.kind = "Scale",
          .group = "apps",
          .resource = "deployments",
          .subresource = "scale",
          .object = "{}"},
         "Deployment shop/api"},
        {{.kind = "Scale",
          .group = "acme.example",
          .resource = "things",
          .subresource = "scale",
          .object = "{}"},
         "Scale shop/api"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct fixture f;
        struct request request;

        open_mode(&f, "");
        fixture_ask(&f, fixture_request(&f, &table[i].ask).p, 0, &request);
        assert_string_equal(message_subject(&request, &f.arena).p, table[i].subject);
        fixture_close(&f);
    }
}

/* --- warnings --------------------------------------------------------------------------------- */

static const struct view *warnings_of(struct fixture *f, const char *object, size_t *count)
{
    struct ask ask = {.kind = "ConfigMap", .object = object};
    struct request request;
    struct verdict verdict = fixture_ask(f, fixture_request(f, &ask).p, 0, &request);

    assert_true(verdict.allowed);
    return message_warnings(&verdict, &f->arena, count);
}

/* The warnings of as many rules, each of which would be so many bytes. */
static size_t warn(const size_t *lengths, size_t count, size_t *longest)
{
    static char text[LIMIT_WARNING_COUNT + 1][LIMIT_WARNING + 1];
    const struct rule rule = {.id = VIEW("r")};
    struct finding findings[LIMIT_WARNING_COUNT + 1] = {0};
    struct rule_result results[LIMIT_WARNING_COUNT + 1] = {0};
    const struct verdict verdict = {.allowed = true, .first = results};
    const struct view *warnings;
    struct arena arena;

    for (size_t i = 0; i < count; i++) {
        memset(text[i], 'a' + (int)i, sizeof(text[i]));
        findings[i].headline = (struct view){text[i], lengths[i] - strlen("r: ")};
        results[i] = (struct rule_result){.rule = &rule,
                                          .effect = EFFECT_WARN,
                                          .findings = &findings[i],
                                          .next = i + 1 < count ? &results[i + 1] : NULL};
    }
    arena_init(&arena, 1 << 20);
    warnings = message_warnings(&verdict, &arena, &count);
    *longest = 0;
    for (size_t i = 0; i < count; i++)
        *longest = warnings[i].n > *longest ? warnings[i].n : *longest;
    arena_release(&arena);
    return count;
}

static void warnings_have_limits(void **state)
{
    enum { FULL = LIMIT_WARNINGS / LIMIT_WARNING, REST = LIMIT_WARNINGS % LIMIT_WARNING };
    size_t lengths[LIMIT_WARNING_COUNT + 1], longest;

    (void)state;
    for (size_t n = LIMIT_WARNING - 1; n <= LIMIT_WARNING + 1; n++) {
        assert_int_equal(warn(&n, 1, &longest), 1);
        assert_int_equal(longest, n > LIMIT_WARNING ? LIMIT_WARNING : n);
    }
    for (size_t i = 0; i <= LIMIT_WARNING_COUNT; i++)
        lengths[i] = 10;
    for (size_t n = LIMIT_WARNING_COUNT - 1; n <= LIMIT_WARNING_COUNT + 1; n++)
        assert_int_equal(warn(lengths, n, &longest),
                         n > LIMIT_WARNING_COUNT ? LIMIT_WARNING_COUNT : n);
    for (size_t i = 0; i < FULL; i++)
        lengths[i] = LIMIT_WARNING;
    for (size_t rest = REST - 1; rest <= REST + 1; rest++) {
        lengths[FULL] = rest;
        assert_int_equal(warn(lengths, FULL + 1, &longest), rest > REST ? FULL : FULL + 1);
    }
}

static void warnings_keep_to_the_limits(void **state)
{
    struct fixture f;
    const struct view *warnings;
    size_t count, bytes = 0;

    (void)state;
    open_mode(&f, ", mode: warn");
    warnings = warnings_of(&f, "{\"data\":{\"a\\nb\":\"c\\u0085\"}}", &count);
    assert_int_equal(count, 1);
    assert_string_equal(warnings[0].p, "r: data.a\\nb: found c\\x85, needs a match of x");

    warnings = warnings_of(&f, many_values(&f, 40, LONG128 "\\u20ac" LONG128), &count);
    for (size_t i = 0; i < count; i++) {
        assert_in_range(warnings[i].n, 250, 256);
        assert_true(view_ends(warnings[i], "..."));
        bytes += warnings[i].n;
        for (size_t j = 0; j < i; j++)
            assert_false(view_eq(warnings[i], warnings[j]));
    }
    assert_in_range(bytes, 3000, LIMIT_WARNINGS);
    warnings_of(&f, many_values(&f, 40, "v"), &count);
    assert_int_equal(count, LIMIT_WARNING_COUNT);
    fixture_close(&f);

    fixture_open(
        &f,
        HEAD("a") "  mode: warn\n  rules: [{id: r, fields: [{path: x, exists: true}]}]\n---\n" HEAD(
            "b") "  mode: warn\n  rules: [{id: r, fields: [{path: x, exists: true}]}]\n");
    warnings_of(&f, "{}", &count);
    assert_int_equal(count, 1);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_shown_on_one_line),
        cmocka_unit_test(a_shown_value_has_a_limit),
        cmocka_unit_test(findings_are_cut_with_a_count),
        cmocka_unit_test(many_containers),
        cmocka_unit_test(many_rules),
        cmocka_unit_test(a_message_has_a_limit),
        cmocka_unit_test(rules_of_one_name),
        cmocka_unit_test(subjects),
        cmocka_unit_test(warnings_have_limits),
        cmocka_unit_test(warnings_keep_to_the_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
