#include "server/review.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "policy/limits.h"
#include "server/http/body.h"
#include "server/limits.h"
#include "server/managed_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#define ENVELOPE "\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","

struct reading {
    struct arena arena;
    struct buf why;
    struct review review;
    char *body;
};

static int setup(void **state)
{
    struct reading *r = calloc(1, sizeof(*r));

    arena_init(&r->arena, LIMIT_ARENA);
    buf_init(&r->why, 1024);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct reading *r = *state;

    arena_release(&r->arena);
    buf_release(&r->why);
    free(r->body);
    free(r);
    return 0;
}

/* Without managedFields when the body is large enough, which spaces behind it make it. */
static int read_once(struct reading *r, struct view body, bool whole, size_t spaces)
{
    arena_release(&r->arena);
    buf_reset(&r->why);
    free(r->body);
    r->body = calloc(1, body.n + spaces + BODY_PADDING);
    memcpy(r->body, body.p, body.n);
    memset(r->body + body.n, ' ', spaces);
    return review_read(r->body, body.n + spaces, whole, &r->arena, &r->review, &r->why);
}

/* Reads a body that lies in memory as the server's does, whole and without managedFields: what is
 * wrong with it is told in the same way. */
static int read_body(struct reading *r, struct view body)
{
    char why[1024];
    int status = read_once(r, body, true, MANAGED_FIELDS_BODY);

    snprintf(why, sizeof(why), "%s", buf_view(&r->why).p);
    assert_int_equal(read_once(r, body, false, MANAGED_FIELDS_BODY), status);
    assert_string_equal(buf_view(&r->why).p, why);
    return read_once(r, body, false, 0);
}

static void what_is_no_review_is_refused_with_one_line(void **state)
{
    static const struct {
        const char *name, *body;
        int status;
        const char *why;
    } cases[] = {
        {"a review", "{" ENVELOPE "\"request\":{\"uid\":\"u\"}}", 0, ""},
        {"no body", "", 400, "the request has no body: it must be an AdmissionReview"},
        {"not JSON", "hello", 400, "the body is not JSON: an unexpected character at byte 0"},
        {"YAML", "apiVersion: v1", 400, "the body is not JSON: an unexpected character at byte 0"},
        {"truncated", "{\"apiVersion\":\"admis", 400,
         "the body is not JSON: it ends too early, after 20 bytes"},
        {"truncated before a value", "{\"apiVersion\":", 400,
         "the body is not JSON: it ends too early, after 14 bytes"},
        {"a list", "[]", 400, "the body is not a JSON object"},
        {"null", "null", 400, "the body is not a JSON object"},
        {"two documents", "{}{}", 400,
         "the body is not JSON: something follows the document at byte 2"},
        {"empty", "{}", 400, "the body has no apiVersion: it must be \"admission.k8s.io/v1\""},
        {"an old version",
         "{\"apiVersion\":\"admission.k8s.io/v1beta1\",\"kind\":\"AdmissionReview\",\"request\":{"
         "\"uid\":\"u\"}}",
         400,
         "apiVersion is \"admission.k8s.io/v1beta1\", and this address accepts "
         "\"admission.k8s.io/v1\""},
        {"another kind", "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"Pod\\n\"}", 400,
         "kind is \"Pod\\n\", and this address accepts \"AdmissionReview\""},
        {"a kind that is not a string", "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":1}", 400,
         "the body has no kind: it must be \"AdmissionReview\""},
        {"no request", "{" ENVELOPE "\"response\":{}}", 400, "the review has no request"},
        {"a null request", "{" ENVELOPE "\"request\":null}", 400, "the review has no request"},
        {"no uid", "{" ENVELOPE "\"request\":{}}", 400, "the request has no uid"},
        {"an empty uid", "{" ENVELOPE "\"request\":{\"uid\":\"\"}}", 400, "the request has no uid"},
        {"a uid that is an object", "{" ENVELOPE "\"request\":{\"uid\":{\"a\":1}}}", 400,
         "the request has no uid"},
        {"a key twice", "{" ENVELOPE "\"request\":{\"uid\":\"u\",\"uid\":\"v\"}}", 400,
         "the key \"uid\" stands twice in one object"},
        {"a key twice, once escaped",
         "{" ENVELOPE "\"request\":{\"uid\":\"u\",\"a\":[{\"b\":1,\"\\u0062\":2}]}}", 400,
         "the key \"b\" stands twice in one object"},
        {"a key twice among many",
         "{" ENVELOPE "\"request\":{\"uid\":\"u\",\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,"
         "\"7\":0,\"8\":0,\"9\":0,\"10\":0,\"11\":0,\"12\":0,\"13\":0,\"14\":0,\"15\":0,\"16\":0,"
         "\"7\":0}}",
         400, "the key \"7\" stands twice in one object"},
        {"a lone high surrogate", "{" ENVELOPE "\"request\":{\"uid\":\"\\ud800\"}}", 400,
         "the body is not JSON: a string that is not Unicode text at byte 85"},
        {"a lone low surrogate", "{" ENVELOPE "\"request\":{\"uid\":\"\\udc00\"}}", 400,
         "the body is not JSON: a string that is not Unicode text at byte 79"},
        {"bytes that are not UTF-8", "{" ENVELOPE "\"request\":{\"uid\":\"\xff\"}}", 400,
         "the body is not JSON: a string that is not Unicode text at byte 79"},
        {"a NUL in a string", "{" ENVELOPE "\"request\":{\"uid\":\"u\",\"name\":\"a\\u0000b\"}}", 0,
         ""},
        {"a pair of surrogates", "{" ENVELOPE "\"request\":{\"uid\":\"\\ud83d\\ude00\"}}", 0, ""},
    };
    struct reading *r = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int status = read_body(r, view_of(cases[i].body));

        if (strcmp(buf_view(&r->why).p, cases[i].why) != 0)
            print_message("%s\n", cases[i].name);
        assert_string_equal(buf_view(&r->why).p, cases[i].why);
        assert_int_equal(status, cases[i].status);
    }
}

static void a_nul_belongs_to_the_string(void **state)
{
    struct reading *r = *state;

    assert_int_equal(read_body(r, VIEW("{" ENVELOPE "\"request\":{\"uid\":\"a\\u0000b\"}}")), 0);
    assert_int_equal(r->review.uid.n, 3);
    assert_memory_equal(r->review.uid.p, "a\0b", 3);
}

/* A review whose request nests the given number of levels, the outermost object being the first. */
static int read_nested_at(struct reading *r, const char *before, const char *after, unsigned levels)
{
    struct buf body;
    int status;

    buf_init(&body, 1 << 20);
    buf_printf(&body, "{" ENVELOPE "\"request\":{\"uid\":\"u\",%s", before);
    for (unsigned i = 2; i < levels; i++)
        buf_add_char(&body, '[');
    for (unsigned i = 2; i < levels; i++)
        buf_add_char(&body, ']');
    buf_printf(&body, "%s}}", after);
    status = read_body(r, buf_view(&body));
    buf_release(&body);
    return status;
}

static int read_nested(struct reading *r, unsigned levels)
{
    return read_nested_at(r, "\"x\":", "", levels);
}

static void nesting_has_a_limit(void **state)
{
    struct reading *r = *state;

    assert_int_equal(read_nested(r, LIMIT_JSON_DEPTH - 1), 0);
    assert_int_equal(read_nested(r, LIMIT_JSON_DEPTH), 0);
    assert_int_equal(read_nested(r, LIMIT_JSON_DEPTH + 1), 400);
    assert_string_equal(r->why.p, "the body is nested deeper than 512 levels");
    assert_int_equal(read_nested(r, 100000), 400);
}

/* Also where keys may stand twice, and where a key only has that name. `maps` are opened around it.
 */
static void nesting_has_a_limit_in_notes(void **state)
{
    static const struct {
        const char *before, *after;
        unsigned maps;
    } places[] = {
        {"\"object\":{\"metadata\":{\"managedFields\":", "}}", 2},
        {"\"oldObject\":{\"metadata\":{\"managedFields\":", "}}", 2},
        {"\"object\":{\"spec\":{\"template\":{\"metadata\":{\"managedFields\":", "}}}}", 4},
        {"\"managedFields\":", "", 0},
        {"\"options\":{\"managedFields\":", "}", 1},
    };
    struct reading *r = *state;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        unsigned most = LIMIT_JSON_DEPTH - places[i].maps;

        assert_int_equal(read_nested_at(r, places[i].before, places[i].after, most), 0);
        assert_int_equal(read_nested_at(r, places[i].before, places[i].after, most + 1), 400);
        assert_int_equal(read_nested_at(r, places[i].before, places[i].after, 400000), 400);
        assert_string_equal(r->why.p, "the body is nested deeper than 512 levels");
    }
}

/* The field managers' notes are skipped, and nothing that is only called like them. */
static void keys_that_stand_twice_by_name(void **state)
{
    static const struct {
        const char *request;
        int status;
    } table[] = {
        {"\"object\":{\"metadata\":{\"managedFields\":[{\"f:a\":{},\"f:a\":{}}]}}", 0},
        {"\"oldObject\":{\"metadata\":{\"managedFields\":{\"a\":{\"b\":1,\"b\":1}}}}", 0},
        {"\"object\":{\"metadata\":{\"managedFields\":[{}],\"a\":{\"b\":1,\"b\":1}}}", 400},
        {"\"object\":{\"metadata\":{\"labels\":{\"managedFields\":{\"b\":1,\"b\":1}}}}", 400},
        {"\"object\":{\"spec\":{\"managedFields\":{\"b\":1,\"b\":1}}}", 400},
        {"\"object\":{\"managedFields\":{\"b\":1,\"b\":1}}", 400},
        {"\"object\":{\"spec\":{\"template\":{\"metadata\":{\"managedFields\":[{\"b\":1,\"b\":1}]}}"
         "}}",
         400},
        {"\"object\":{\"metadata\":{\"labels\":{\"managedFields\":[{\"b\":\"\",\"b\":\"\"}]}}}",
         400},
        {"\"object\":{\"spec\":{\"managedFields\":[{\"b\":\"\",\"b\":\"\"}]}}", 400},
        {"\"options\":{\"metadata\":{\"managedFields\":{\"b\":1,\"b\":1}}}", 400},
        {"\"object\":{\"metadata\":{\"managedFields\":[],\"managedFields\":[]}}", 400},
        {"\"object\":{\"axa\":1,\"aya\":2}", 0}, /* alike, and not the same */
        {"\"object\":{\"axa\":1,\"aya\":2,\"axa\":3}", 400},
    };
    struct reading *r = *state;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct buf body;
        int status;

        buf_init(&body, 4096);
        buf_printf(&body, "{" ENVELOPE "\"request\":{\"uid\":\"u\",%s}}", table[i].request);
        status = read_body(r, buf_view(&body));
        if (status != table[i].status)
            fail_msg("%d: %s", status, table[i].request);
        buf_release(&body);
    }
}

static void the_uid_has_a_limit(void **state)
{
    struct reading *r = *state;

    for (int over = -1; over <= 1; over++) {
        struct buf body;

        buf_init(&body, 4096);
        buf_add_str(&body, "{" ENVELOPE "\"request\":{\"uid\":\"");
        for (int i = 0; i < LIMIT_UID + over; i++)
            buf_add_char(&body, 'u');
        buf_add_str(&body, "\"}}");
        assert_int_equal(read_body(r, buf_view(&body)), over > 0 ? 400 : 0);
        buf_release(&body);
    }
}

static void memory_has_a_ceiling(void **state)
{
    struct reading *r = *state;

    arena_release(&r->arena);
    arena_init(&r->arena, 256);
    assert_int_equal(read_body(r, VIEW("{" ENVELOPE "\"request\":{\"uid\":\"u\"}}")), 413);
    assert_string_equal(r->why.p, "the review needs more memory than is allowed");
}

static void the_answer_is_what_an_api_server_takes(void **state)
{
    const struct review_cause causes[] = {{VIEW("spec.x"), VIEW("wrong")}};
    const struct view warnings[] = {VIEW("one"), VIEW("two")};
    const struct review_note notes[] = {{VIEW("rules"), VIEW("a/b")}};
    const struct {
        struct review_answer answer;
        const char *text;
    } cases[] = {
        {{.allowed = true}, "\"response\":{\"uid\":\"u\\\"1\",\"allowed\":true}}"},
        {{.allowed = true, .warnings = warnings, .warning_count = 2},
         "\"response\":{\"uid\":\"u\\\"1\",\"allowed\":true,\"warnings\":[\"one\",\"two\"]}}"},
        {{.message = VIEW("no\nbecause"),
          .causes = causes,
          .cause_count = 1,
          .notes = notes,
          .note_count = 1},
         "\"response\":{\"uid\":\"u\\\"1\",\"allowed\":false,\"status\":{\"code\":403,"
         "\"reason\":\"Forbidden\",\"message\":\"no\\nbecause\",\"details\":{\"causes\":[{"
         "\"reason\":\"FieldValueInvalid\",\"message\":\"wrong\",\"field\":\"spec.x\"}]}},"
         "\"auditAnnotations\":{\"rules\":\"a/b\"}}}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char expected[1024] = "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":"
                              "\"AdmissionReview\",";
        struct buf out;

        buf_init(&out, 4096);
        assert_int_equal(review_write(VIEW("u\"1"), &cases[i].answer, &out), 0);
        strncat(expected, cases[i].text, sizeof(expected) - strlen(expected) - 1);
        assert_string_equal(out.p, expected);
        buf_release(&out);
    }
}

static void an_answer_beyond_the_buffer_fails(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 20);
    assert_int_equal(review_write(VIEW("u"), &(struct review_answer){.allowed = true}, &out), -1);
    buf_release(&out);
}

/* A denial is told whatever is in its message. */
static void an_answer_is_text_whatever_it_says(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    assert_int_equal(
        review_write(VIEW("u"), &(struct review_answer){.message = VIEW("a\xff")}, &out), 0);
    assert_non_null(strstr(out.p, "\"allowed\":false,"));
    assert_non_null(strstr(out.p, "\"message\":\"a\xEF\xBF\xBD\""));
    buf_release(&out);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_no_review_is_refused_with_one_line),
        CASE(a_nul_belongs_to_the_string),
        CASE(nesting_has_a_limit),
        CASE(nesting_has_a_limit_in_notes),
        CASE(keys_that_stand_twice_by_name),
        CASE(the_uid_has_a_limit),
        CASE(memory_has_a_ceiling),
        CASE(the_answer_is_what_an_api_server_takes),
        CASE(an_answer_beyond_the_buffer_fails),
        CASE(an_answer_is_text_whatever_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
