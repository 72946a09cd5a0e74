#include "server/admit.h"

#include "base/mem.h"
#include "server/limits.h"
#include "unit/server/asked.h"

#define HEAD                                                                                       \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n"

/* Asks for a ConfigMap under rules of its own. */
static void ask(struct asked *a, const char *rules, const char *object)
{
    struct buf request;

    buf_init(&request, LIMIT_BODY);
    buf_printf(&request,
               "\"operation\":\"CREATE\",\"name\":\"a\",\"namespace\":\"shop\","
               "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"ConfigMap\"},"
               "\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"configmaps\"},"
               "\"object\":{\"data\":%s}",
               object);
    asked_open(a, rules, admit, request.p);
    buf_release(&request);
}

/* {"k0":"v","k1":"v",...}, each key so many bytes long. */
static char *map_of(size_t count, size_t length)
{
    struct buf out;

    buf_init(&out, LIMIT_BODY);
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "%s\"k%0*zu\":\"v\"", i ? "," : "{", (int)length - 1, i);
    buf_add_char(&out, '}');
    return out.p;
}

static size_t causes_of(const struct asked *a)
{
    const json_t *response = json_object_get(a->answer, "response");
    const json_t *details = json_object_get(json_object_get(response, "status"), "details");

    assert_int_equal(a->response.status, 200);
    assert_true(json_is_false(json_object_get(response, "allowed")));
    return json_array_size(json_object_get(details, "causes"));
}

static const char each_value[] = HEAD "    - {id: r, fields: [{path: \"data.*\", matches: x}]}\n";

static void causes_have_a_limit(void **state)
{
    (void)state;
    for (size_t n = LIMIT_CAUSES - 1; n <= LIMIT_CAUSES + 1; n++) {
        char *object = map_of(n, 4);
        struct asked a;

        ask(&a, each_value, object);
        assert_int_equal(causes_of(&a), n > LIMIT_CAUSES ? LIMIT_CAUSES : n);
        asked_close(&a);
        free(object);
    }
}

/* How long the answer is to 20 keys of that length; 0 when it goes without causes. */
static size_t answer_length(size_t length)
{
    char *object = map_of(20, length);
    struct asked a;
    size_t n;

    ask(&a, each_value, object);
    n = causes_of(&a) > 0 ? a.response.body.n : 0;
    asked_close(&a);
    free(object);
    return n;
}

/* An error in place of the answer would be an admission under failurePolicy Ignore. */
static void an_answer_that_is_too_long_goes_without_causes(void **state)
{
    size_t around = answer_length(1000) - 20 * (size_t)1000;
    size_t most = (LIMIT_ANSWER - around) / 20;

    (void)state;
    assert_in_range(answer_length(most - 1), LIMIT_ANSWER - 40, LIMIT_ANSWER);
    assert_in_range(answer_length(most), LIMIT_ANSWER - 20, LIMIT_ANSWER);
    assert_int_equal(answer_length(most + 1), 0);
}

/* A key that a deployer chose does nothing to the terminal of who reads the causes. */
static void causes_hold_no_control_characters(void **state)
{
    struct asked a;
    const json_t *cause;

    (void)state;
    ask(&a, each_value, "{\"a\\u001b[2K\\nb\\u202e\":\"v\"}");
    assert_int_equal(causes_of(&a), 1);
    cause = json_array_get(
        json_object_get(
            json_object_get(json_object_get(json_object_get(a.answer, "response"), "status"),
                            "details"),
            "causes"),
        0);
    assert_string_equal(json_string_value(json_object_get(cause, "field")),
                        "data[a\\x1b[2K\\nb\\u202e]");
    asked_close(&a);
}

/* The length of the note on two rules whose ids and commas take that many bytes. */
static size_t note_length(size_t n)
{
    struct buf rules;
    struct asked a;
    const json_t *notes;
    size_t length;

    buf_init(&rules, 1 << 20);
    buf_add_str(&rules, HEAD);
    while (n > 0) {
        size_t part = n > 120 ? 60 : n > 60 ? n / 2 : n; /* "p/" + id + ", " */

        buf_printf(&rules, "    - {id: r%0*zu, fields: [{path: x, exists: true}]}\n", (int)part - 5,
                   n);
        n -= part;
    }
    ask(&a, rules.p, "{}");
    assert_int_equal(a.response.status, 200);
    notes = json_object_get(json_object_get(a.answer, "response"), "auditAnnotations");
    length = json_string_length(json_object_get(notes, "denied"));
    asked_close(&a);
    buf_release(&rules);
    return length;
}

/* Only whole names stand in a note; the last one has no comma after it. */
static void a_note_has_a_limit(void **state)
{
    (void)state;
    assert_int_equal(note_length(LIMIT_NOTE - 1 + 2), LIMIT_NOTE - 1);
    assert_int_equal(note_length(LIMIT_NOTE + 2), LIMIT_NOTE);
    assert_in_range(note_length(LIMIT_NOTE + 1 + 2), LIMIT_NOTE - 62, LIMIT_NOTE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(causes_have_a_limit),
        cmocka_unit_test(an_answer_that_is_too_long_goes_without_causes),
        cmocka_unit_test(a_note_has_a_limit),
        cmocka_unit_test(causes_hold_no_control_characters),
    };

    json_set_alloc_funcs(mem_alloc, mem_free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
