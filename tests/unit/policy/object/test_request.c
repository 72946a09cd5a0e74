#include "unit/policy/rules_fixture.h"

static const char rules[] =
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: all}\n"
    "spec:\n"
    "  match: {namespaces: [shop], workloads: all}\n"
    "  rules:\n"
    "    - {id: images, images: {allow: [\"ghcr.io/acme/*\"]}}\n"
    "    - {id: limits, resources: {require: [limits.cpu]}}\n"
    "    - {id: user, podSecurity: {controls: [runAsNonRoot]}}\n"
    "    - {id: team, match: {labels: {team: web}, groups: [g]}, fields: [{path: \"spec.*\", "
    "matches: x}]}\n"
    "    - {id: named, fields: [{path: \"spec.template.spec.containers[*].image\", equals: yy}]}\n"
    "    - {id: ticket, approval: {annotation: t, pattern: x}}\n"
    "    - {id: consent, approval: {approvers: {groups: [g]}}}\n"
    "    - {id: frozen, freeze: {timeZone: UTC, deny: [{from: 2020-01-01, to: 2030-01-01}],\n"
    "                            override: {groups: [g]}}}\n";

/* yyjson gives a list or map a length but no text: a view of it would point nowhere. */
#define ODD "{\"a\":1,\"b\":2,\"c\":3}"

static void what_should_be_text_and_is_not_counts_as_absent(void **state)
{
    static const char *const request =
        "{\"uid\":\"u\",\"operation\":\"UPDATE\",\"kind\":{\"group\":\"apps\",\"version\":\"v1\""
        ",\"kind\":\"Deployment\"},\"resource\":{\"group\":\"apps\",\"version\":\"v1\","
        "\"resource\":"
        "\"deployments\"},\"namespace\":\"shop\",\"name\":null"
        ",\"userInfo\":{\"username\":null,\"groups\":null},\"%s\":{\"metadata\":{},\"spec\":{"
        "\"template\":{\"spec\":{\"containers\":[{\"image\":\"x\"}]}}}},\"%s\":{"
        "\"metadata\":{\"labels\":{\"team\":" ODD "},"
        "\"deletionTimestamp\":" ODD ",\"annotations\":{\"t\":" ODD ",\"tidegate.dev/approve\":"
        "[1,2],\"tidegate.dev/break-glass\":" ODD "}},\"spec\":{\"template\":{\"metadata\":{"
        "\"labels\":" ODD "},\"spec\":{\"volumes\":[{\"name\":" ODD ",\"image\":{\"reference\":"
        "[1,2]}}],\"containers\":[{\"name\":" ODD ",\"image\":" ODD ",\"imagePullPolicy\":[1,2],"
        "\"resources\":{\"limits\":{\"cpu\":" ODD "}},\"securityContext\":{\"runAsNonRoot\":" ODD
        "}}]}}}}}";
    static const struct {
        const char *plain, *odd, *denial;
    } sides[] = {
        {"oldObject", "object", "Deployment shop/(no name) breaks 1 rule: shape"},
        {"object", "oldObject", "Deployment shop/(no name) breaks 7 rules: "},
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        struct request read;
        struct verdict verdict;
        struct view message;

        fixture_open(&f, rules);
        verdict = fixture_ask(&f, arena_printf(&f.arena, request, sides[i].plain, sides[i].odd).p,
                              1700000000, &read);
        message = message_denial(&verdict, &read, &f.arena);
        if (!view_starts(message, sides[i].denial))
            fail_msg("%.*s", VIEW_ARGS(message));
        assert_null(read.user.p);
        assert_null(read.name.p);
        assert_null(read.subresource.p);
        fixture_close(&f);
    }
}

/* Each text by which a rule may match, as something else: never "does not match". */
static void identity_that_is_no_text_is_refused(void **state)
{
    static const struct {
        const char *fields, *problem;
    } cases[] = {
        {"\"namespace\":20260", "the request's namespace is not text"},
        {"\"namespace\":false", "the request's namespace is not text"},
        {"\"name\":" ODD, "the request's name is not text"},
        {"\"subResource\":[]", "the request's subResource is not text"},
        {"\"userInfo\":{\"username\":7}", "the request's username is not text"},
        {"\"userInfo\":{\"groups\":" ODD "}", "the request's groups are not a list of strings"},
        {"\"userInfo\":{\"groups\":[\"a\",1]}", "the request's groups are not a list of strings"},
        {"\"object\":{\"metadata\":{\"name\":5}}", "the name of the request's object is not text"},
        {"\"object\":{\"metadata\":{\"generateName\":[1]}}",
         "the generateName of the request's object is not text"},
        {"\"name\":null,\"namespace\":null,\"userInfo\":{\"groups\":null}", NULL},
    };
    static const char kinds[] = "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},"
                                "\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":"
                                "\"pods\"}",
                      odd[] = "\"kind\":{\"group\":5,\"version\":\"v1\",\"kind\":\"Pod\"},"
                              "\"resource\":{\"resource\":\"pods\"}";
    char text[1024];

    (void)state;
    for (size_t i = 0; i <= sizeof(cases) / sizeof(cases[0]); i++) {
        bool last = i == sizeof(cases) / sizeof(cases[0]);
        const char *problem = NULL, *wanted = last ? "the group of the request's kind is not text"
                                                   : cases[i].problem;
        struct request read;
        yyjson_doc *doc;

        snprintf(text, sizeof(text), "{\"uid\":\"u\",\"operation\":\"CREATE\",%s,%s}",
                 last ? odd : kinds, last ? "\"name\":\"a\"" : cases[i].fields);
        doc = yyjson_read(text, strlen(text), 0);
        assert_non_null(doc);
        assert_int_equal(request_read(yyjson_doc_get_root(doc), &read, &problem), wanted ? -1 : 0);
        if (wanted)
            assert_string_equal(problem, wanted);
        yyjson_doc_free(doc);
    }
}

static void a_name_is_taken_from_the_object_where_the_request_has_none(void **state)
{
    static const struct {
        const char *operation, *objects, *name, *generate_name;
    } cases[] = {
        {"CREATE", "\"object\":{\"metadata\":{\"generateName\":\"a-\"}}", "", "a-"},
        {"CREATE", "\"object\":{\"metadata\":{\"generateName\":\"a-\",\"name\":\"a-1\"}}", "a-1",
         ""},
        {"DELETE", "\"object\":null,\"oldObject\":{\"metadata\":{\"name\":\"postgres\"}}",
         "postgres", ""},
        {"UPDATE", "\"object\":{\"metadata\":{\"generateName\":\"a-\"}}", "", ""},
    };
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *problem = NULL;
        struct request read;
        yyjson_doc *doc;

        snprintf(text, sizeof(text),
                 "{\"uid\":\"u\",\"operation\":\"%s\",\"kind\":{\"kind\":\"Pod\"},\"resource\":"
                 "{\"resource\":\"pods\"},\"name\":\"\",%s}",
                 cases[i].operation, cases[i].objects);
        doc = yyjson_read(text, strlen(text), 0);
        assert_int_equal(request_read(yyjson_doc_get_root(doc), &read, &problem), 0);
        assert_true(view_eq_str(read.name, cases[i].name));
        assert_true(view_eq_str(read.generate_name, cases[i].generate_name));
        yyjson_doc_free(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_should_be_text_and_is_not_counts_as_absent),
        cmocka_unit_test(identity_that_is_no_text_is_refused),
        cmocka_unit_test(a_name_is_taken_from_the_object_where_the_request_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
