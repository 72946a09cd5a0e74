#include "server/admit_rule.h"

#include "unit/server/asked.h"

#define POLICY "\"group\":\"tidegate.dev\",\"version\":\"v1alpha1\",\"kind\":\"Policy\""
#define GOOD   "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"rules\":[" RULE "]}}"
#define RULE                                                                                       \
    "{\"id\":\"r\",\"match\":{\"kinds\":[\"Deployment\"]},\"images\":{\"mutableTags\":\"deny\"}}"
#define BAD "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"mode\":\"x\",\"rules\":[{\"imagess\":1}]}}"
#define LABELLED                                                                                   \
    "{\"metadata\":{\"name\":\"a\",\"labels\":{\"b\":\"c\"}},\"spec\":{\"rules\":[{\"imagess\":1}" \
    "],\"mode\":\"x\"}}"
#define GOING "{\"metadata\":{\"name\":\"a\",\"deletionTimestamp\":\"x\"},\"spec\":{}}"
#define FUTURE                                                                                     \
    "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"match\":{\"environments\":[\"e\\u001b\"]},"        \
    "\"rules\":[" RULE "]}}"

/* Asks while no rules are in force. */
static void ask(struct asked *a, const char *kind, const char *rest)
{
    struct buf request;

    buf_init(&request, LIMIT_BODY);
    buf_printf(&request,
               "\"name\":\"a\",\"kind\":{%s},"
               "\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"policies\"},%s",
               kind, rest);
    asked_open(a, NULL, admit_rule, request.p);
    buf_release(&request);
}

static void what_says_nothing_new_passes(void **state)
{
    static const struct {
        const char *rest;
        bool allowed;
    } cases[] = {
        {"\"operation\":\"CREATE\",\"object\":" GOOD, true},
        {"\"operation\":\"CREATE\",\"object\":" BAD, false},
        {"\"operation\":\"UPDATE\",\"oldObject\":" GOOD ",\"object\":" BAD, false},
        {"\"operation\":\"UPDATE\",\"oldObject\":" BAD ",\"object\":" GOOD, true},
        {"\"operation\":\"UPDATE\",\"oldObject\":" BAD ",\"object\":" LABELLED, true},
        {"\"operation\":\"UPDATE\",\"oldObject\":" GOOD ",\"object\":" GOING, true},
        {"\"operation\":\"UPDATE\",\"subResource\":\"status\",\"oldObject\":" GOOD
         ",\"object\":" BAD,
         true},
        {"\"operation\":\"DELETE\",\"oldObject\":" BAD ",\"object\":null", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asked a = {0};

        ask(&a, POLICY, cases[i].rest);
        assert_int_equal(a.response.status, 200);
        if (cases[i].allowed !=
            json_is_true(json_object_get(json_object_get(a.answer, "response"), "allowed")))
            fail_msg("%s: %.*s", cases[i].rest, VIEW_ARGS(buf_view(&a.response.body)));
        asked_close(&a);
    }
}

static const char *text_at(const json_t *list, size_t i, const char *key)
{
    return json_string_value(json_object_get(json_array_get(list, i), key));
}

static void a_denial_has_places(void **state)
{
    struct asked a = {0};
    const json_t *status, *causes;

    (void)state;
    ask(&a, POLICY, "\"operation\":\"CREATE\",\"object\":" BAD);
    status = json_object_get(json_object_get(a.answer, "response"), "status");
    assert_string_equal(json_string_value(json_object_get(status, "reason")), "Forbidden");
    assert_non_null(strstr(json_string_value(json_object_get(status, "message")),
                           "policy/a: spec.mode: error: \"x\" is not a value of \"mode\"\n"
                           "  |   mode: x\n"
                           "  |         ^\n"));
    causes = json_object_get(json_object_get(status, "details"), "causes");
    assert_string_equal(text_at(causes, 0, "field"), "spec.mode");
    assert_string_equal(text_at(causes, 0, "message"),
                        "\"x\" is not a value of \"mode\"; accepted here: deny, warn, audit");
    asked_close(&a);
}

/* The API server drops a warning that holds a control character. */
static void a_reference_is_a_warning_of_one_line(void **state)
{
    struct asked a = {0};
    const json_t *response;

    (void)state;
    ask(&a, POLICY, "\"operation\":\"CREATE\",\"object\":" FUTURE);
    response = json_object_get(a.answer, "response");
    assert_true(json_is_true(json_object_get(response, "allowed")));
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(response, "warnings"), 0)),
        "spec.match.environments[0]: there is no Environment \"e \" yet: this comes into force "
        "with it");
    asked_close(&a);
}

static void another_kind_is_not_for_it(void **state)
{
    struct asked a = {0};

    (void)state;
    ask(&a, "\"group\":\"apps\",\"version\":\"v1\",\"kind\":\"Deployment\"",
        "\"operation\":\"CREATE\",\"object\":" GOOD);
    assert_int_equal(a.response.status, 400);
    asked_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_says_nothing_new_passes),
        cmocka_unit_test(a_denial_has_places),
        cmocka_unit_test(a_reference_is_a_warning_of_one_line),
        cmocka_unit_test(another_kind_is_not_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
