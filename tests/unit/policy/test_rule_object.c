#include "policy/rule_object.h"

#include "base/limits.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "unit/policy/rules_fixture.h"

static void its_kinds_are_those_of_files(void **state)
{
    static const char *const names[] = {"Environment", "Policy", "RolloutGuard"};

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(rule_object_kind(VIEW("tidegate.dev"), view_of(names[i]))->name,
                            names[i]);
    assert_null(rule_object_kind(VIEW("tidegate.dev"), VIEW("GuardedRollout")));
    assert_null(rule_object_kind(VIEW("kyverno.io"), VIEW("Policy")));
}

/* What making a source of a JSON object gives; the text is in the arena. */
static const char *read_object(const char *kind, const char *json, struct arena *arena,
                               struct source *out)
{
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    const char *problem = NULL;
    int status;

    assert_non_null(doc);
    status = rule_object_source(yyjson_doc_get_root(doc),
                                rule_object_kind(VIEW("tidegate.dev"), view_of(kind)), arena, out,
                                &problem);
    yyjson_doc_free(doc);
    return status < 0 ? problem : NULL;
}

static void its_text_is_the_document_of_a_file(void **state)
{
    struct arena arena;
    struct source source;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    assert_null(
        read_object("Policy",
                    "{\"apiVersion\":\"tidegate.dev/v1alpha1\",\"kind\":\"Policy\","
                    "\"metadata\":{\"name\":\"shop\",\"uid\":\"u\",\"labels\":{\"a\":\"b\"},"
                    "\"managedFields\":[{}]},\"spec\":{\"rules\":[{\"id\":\"a\"}]},"
                    "\"status\":{\"rules\":1}}",
                    &arena, &source));
    assert_true(view_eq(source.name, VIEW("policy/shop")));
    assert_true(view_eq(source.text, VIEW("apiVersion: tidegate.dev/v1alpha1\n"
                                          "kind: Policy\n"
                                          "metadata:\n"
                                          "  name: shop\n"
                                          "spec:\n"
                                          "  rules:\n"
                                          "    - id: a\n")));
    /* An item of a list has neither apiVersion nor kind, and may have no spec. */
    assert_null(read_object("RolloutGuard", "{\"metadata\":{\"name\":\"g\"}}", &arena, &source));
    assert_true(view_eq(source.name, VIEW("rolloutguard/g")));
    assert_true(view_ends(source.text, "  name: g\n"));
    arena_release(&arena);
}

static void its_text_has_a_limit(void **state)
{
    static const char before[] = "{\"metadata\":{\"name\":\"a\"},\"spec\":\"";
    /* What stands around the spec. */
    const size_t around = strlen("apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata:\n"
                                 "  name: a\nspec: \n");

    (void)state;
    for (int i = -1; i <= 1; i++) {
        struct arena arena;
        struct source source;
        struct buf json;
        const char *problem;

        arena_init(&arena, LIMIT_ARENA);
        buf_init(&json, LIMIT_BODY);
        buf_add_str(&json, before);
        for (size_t n = around; n < (size_t)(LIMIT_RULE_OBJECT + i); n++)
            buf_add_char(&json, 'x');
        buf_add_str(&json, "\"}");
        problem = read_object("Policy", json.p, &arena, &source);
        if (i <= 0)
            assert_null(problem);
        else
            assert_string_equal(problem, "it is larger than the limit of one object of rules");
        buf_release(&json);
        arena_release(&arena);
    }
}

static void its_depth_has_a_limit(void **state)
{
    struct arena arena;
    struct source source;
    struct buf json;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    buf_init(&json, LIMIT_BODY);
    buf_add_str(&json, "{\"metadata\":{\"name\":\"a\"},\"spec\":");
    for (int i = 0; i <= LIMIT_YAML_DEPTH; i++)
        buf_add_char(&json, '[');
    buf_add_char(&json, '1');
    for (int i = 0; i <= LIMIT_YAML_DEPTH; i++)
        buf_add_char(&json, ']');
    buf_add_char(&json, '}');
    assert_string_equal(read_object("Policy", json.p, &arena, &source), "it nests too deep");
    buf_release(&json);
    arena_release(&arena);
}

#define POLICY(spec) "{\"metadata\":{\"name\":\"shop\"},\"spec\":{" spec "}}"
#define FREEZE                                                                                     \
    "\"rules\":[{\"id\":\"f\",\"freeze\":{\"deny\":[{\"schedule\":\"0 8 * * *\",\"duration\":"     \
    "\"1h\"}]}}]"
#define FIELDS "\"rules\":[{\"id\":\"f\",\"fields\":[{\"path\":\"spec.replicas\",\"min\":3}]}]"

static const char in_force[] = "apiVersion: tidegate.dev/v1alpha1\n"
                               "kind: Environment\n"
                               "metadata: {name: production}\n"
                               "spec: {namespaces: [shop], timeZone: Europe/Paris}\n"
                               "---\n"
                               "apiVersion: tidegate.dev/v1alpha1\n"
                               "kind: Policy\n"
                               "metadata: {name: other}\n"
                               "spec:\n"
                               "  rules:\n"
                               "    - {id: a, match: {kinds: [Deployment]}, fields: [{path: "
                               "spec.replicas, min: 1}]}\n";

static const struct {
    const char *kind, *json;
    const char *said; /* as diags_write has it */
} cases[] = {
    {"Policy", POLICY("\"match\":{\"kinds\":[\"Deployment\"]}," FIELDS), ""},
    {"Environment", "{\"metadata\":{\"name\":\"e\"},\"spec\":{\"namespaces\":[\"a\"]}}", ""},
    {"Environment", "{\"metadata\":{\"name\":\"e\"}}",
     "environment/e: error: a document has no \"spec\"\n"
     "  | apiVersion: tidegate.dev/v1alpha1\n"
     "  | ^\n"
     "1 error\n"},
    {"Policy", POLICY("\"mode\":\"denny\"," FIELDS),
     "policy/shop: spec.mode: error: \"denny\" is not a value of \"mode\"\n"
     "  |   mode: denny\n"
     "  |         ^\n"
     "  = did you mean \"deny\"?\n"
     "1 error\n"},
    /* What it refers to is there: of another zone than it could know. */
    {"Policy", POLICY("\"match\":{\"environments\":[\"production\"]}," FREEZE), ""},
    /* It may come later: near or not. */
    {"Policy", POLICY("\"match\":{\"environments\":[\"staging\"]}," FREEZE),
     "policy/shop: spec.match.environments[0]: warning: there is no Environment \"staging\" yet: "
     "this comes into force with it\n"
     "  |       - staging\n"
     "  |         ^\n"
     "1 warning\n"},
    {"RolloutGuard",
     "{\"metadata\":{\"name\":\"g\"},\"spec\":{\"match\":{\"environments\":[\"producton\"]},"
     "\"deadline\":\"10m\",\"soak\":\"5m\",\"onFailure\":{\"rollback\":\"lastHealthy\"}}}",
     "rolloutguard/g: spec.match.environments[0]: warning: there is no Environment \"producton\" "
     "yet: this comes into force with it\n"
     "  |       - producton\n"
     "  |         ^\n"
     "  = did you mean \"production\"?\n"
     "1 warning\n"},
    /* Without an environment nobody could give it a zone. */
    {"Policy", POLICY(FREEZE),
     "policy/shop: spec.rules[0].freeze.deny[0]: error: the window has no time zone\n"
     "  |           - schedule: 0 8 * * *\n"
     "  |             ^\n"
     "  = write timeZone here, in the freeze, or in the environment\n"
     "1 error\n"},
};

static void an_object_is_checked_by_itself(void **state)
{
    struct policy_set *before = fixture_compile(in_force, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct policy_set *set = NULL;
        struct source source;
        struct arena arena;
        struct diags diags;
        struct buf said;
        int status;

        arena_init(&arena, LIMIT_ARENA);
        buf_init(&said, LIMIT_ANSWER);
        assert_null(read_object(cases[i].kind, cases[i].json, &arena, &source));
        status = rule_object_check(&source, before, &diags, &set);
        diags_write(&diags, &said);
        assert_string_equal(said.p ? said.p : "", cases[i].said);
        assert_int_equal(status, diags.errors > 0 ? -1 : 0);
        policy_set_release(set);
        buf_release(&said);
        arena_release(&arena);
    }
    policy_set_release(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_kinds_are_those_of_files),
        cmocka_unit_test(its_text_is_the_document_of_a_file),
        cmocka_unit_test(its_text_has_a_limit),
        cmocka_unit_test(its_depth_has_a_limit),
        cmocka_unit_test(an_object_is_checked_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
