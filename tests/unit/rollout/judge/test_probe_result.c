#include "rollout/judge/probe_result.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/parse_error.h"
#include "base/text/pattern.h"
#include "cmocka_all.h"
#include "policy/guard/guard_probes.h"
#include "rollout/judge/judge.h"
#include "rollout/limits.h"

#include <string.h>

enum outcome_kind { OK, FAILS, TELLS_NOTHING };

static enum outcome_kind kind(const struct probe_answer *a)
{
    assert_false(a->ok && a->no_data);
    return a->ok ? OK : a->no_data ? TELLS_NOTHING : FAILS;
}

#define STATUS(code, reason, message)                                                              \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","           \
    "\"message\":\"" message "\",\"reason\":\"" reason "\",\"code\":" #code "}\n"

static void smoke_requests(void **state)
{
    static const int64_t gone[] = {404, 410};
    static const struct {
        const char *name;
        const int64_t *accepted;
        const char *pattern;
        bool proxied;
        unsigned status;
        const char *body;
        enum outcome_kind kind;
        const char *message;
    } cases[] = {
        {"200", NULL, NULL, false, 200, "", OK, "200 OK"},
        {"399", NULL, NULL, false, 399, "", OK, "399"},
        {"400", NULL, NULL, false, 400, "", FAILS, "400 Bad Request"},
        {"199", NULL, NULL, false, 199, "", FAILS, "199"},
        {"503", NULL, NULL, false, 503, "", FAILS, "503 Service Unavailable"},
        {"one of the list", gone, NULL, false, 410, "", OK, "410 Gone"},
        {"none of the list", gone, NULL, false, 200, "", FAILS, "200 OK"},
        {"a body", NULL, "ok", false, 200, "ok", OK, "200 OK"},
        {"with a line end", NULL, "ok", false, 200, "ok\r\n", OK, "200 OK"},
        {"which the pattern may name", NULL, "ok\\n", false, 200, "ok\n", OK, "200 OK"},
        {"another body", NULL, "^ok.*", false, 200, "no", FAILS,
         "200 OK, but its body does not match ^ok.*"},
        {"no body", NULL, "ok", false, 200, "", FAILS, "200 OK, but its body does not match ok"},
        {"the status comes first", NULL, "ok", false, 500, "ok", FAILS,
         "500 Internal Server Error"},
        {"a pattern that takes too long", NULL, "(a*)*[bd]", false, 200,
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", TELLS_NOTHING,
         "200 OK, but its body cannot be matched with (a*)*[bd]: that takes too long"},
        {"no endpoints", NULL, NULL, true, 503,
         STATUS(503, "ServiceUnavailable", "no endpoints available for service \\\"api\\\""), FAILS,
         "the API server says: no endpoints available for service \"api\""},
        {"refused", NULL, NULL, true, 503,
         STATUS(503, "ServiceUnavailable",
                "error trying to reach service: dial tcp 10.0.0.9:80: connect: connection "
                "refused"),
         FAILS,
         "the API server says: error trying to reach service: dial tcp 10.0.0.9:80: connect: "
         "connection refused"},
        {"forbidden", NULL, NULL, true, 403,
         STATUS(403, "Forbidden",
                "services \\\"api\\\" is forbidden: User \\\"system:serviceaccount:t:t\\\" cannot "
                "get resource \\\"services/proxy\\\" in API group \\\"\\\" in the namespace "
                "\\\"shop\\\""),
         TELLS_NOTHING,
         "the API server forbids it: its ClusterRole lacks the rule {apiGroups: [\"\"], "
         "resources: [services/proxy], verbs: [get]}"},
        {"no such Service", NULL, NULL, true, 404,
         STATUS(404, "NotFound", "services \\\"api\\\" not found"), TELLS_NOTHING,
         "the API server says 404: services \"api\" not found"},
        {"overloaded", NULL, NULL, true, 429,
         STATUS(429, "TooManyRequests", "too many requests, please try again later"), TELLS_NOTHING,
         "the API server says 429: too many requests, please try again later"},
        {"the application's own 403", NULL, NULL, true, 403, "{\"message\":\"forbidden\"}", FAILS,
         "403 Forbidden"},
        {"the application's own 503", NULL, NULL, true, 503, "down", FAILS,
         "503 Service Unavailable"},
        {"a Status of another code", NULL, NULL, true, 500, STATUS(503, "ServiceUnavailable", "x"),
         FAILS, "500 Internal Server Error"},
        {"a Status that nobody proxied", NULL, NULL, false, 503,
         STATUS(503, "ServiceUnavailable", "no endpoints available for service"), FAILS,
         "503 Service Unavailable"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct guard_http http = {.status = cases[i].accepted,
                                  .status_count = cases[i].accepted ? 2 : 0};
        struct probe_answer answer = {0};
        struct arena arena;
        struct parse_error parse_error;

        print_message("%s\n", cases[i].name);
        arena_init(&arena, 1 << 16);
        if (cases[i].pattern)
            http.body = pattern_compile(view_of(cases[i].pattern), &arena, &parse_error);
        probe_judge_http(&http, cases[i].proxied, cases[i].status, view_of(cases[i].body), &answer);
        assert_string_equal(answer.message, cases[i].message);
        assert_int_equal(kind(&answer), cases[i].kind);
        arena_release(&arena);
    }
}

#define DATA(type, result)                                                                         \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"" type "\",\"result\":" result "}}"
#define ONE(value) DATA("vector", "[{\"metric\":{},\"value\":[1435781451.781,\"" value "\"]}]")

static void queries(void **state)
{
    static const struct guard_query max = {.has_max = true, .max = 0.05};
    static const struct guard_query min = {.has_min = true, .min = 1};
    static const struct guard_query both = {
        .has_min = true, .min = -1, .has_max = true, .max = 1e21};
    static const struct {
        const char *name;
        const struct guard_query *query;
        unsigned status;
        const char *body;
        enum outcome_kind kind;
        const char *message;
    } cases[] = {
        {"below the most", &max, 200, ONE("0.04"), OK, "0.04"},
        {"at the most", &max, 200, ONE("0.05"), OK, "0.05"},
        {"above the most", &max, 200, ONE("0.31"), FAILS, "0.31 > 0.05"},
        {"zero is a number", &max, 200, ONE("0"), OK, "0"},
        {"zero is below the least", &min, 200, ONE("0"), FAILS, "0 < 1"},
        {"at the least", &min, 200, ONE("1"), OK, "1"},
        {"small", &max, 200, ONE("1e-09"), OK, "1e-09"},
        {"between", &both, 200, ONE("-0.5"), OK, "-0.5"},
        {"below both", &both, 200, ONE("-1.5"), FAILS, "-1.5 < -1"},
        {"above both", &both, 200, ONE("1.5e+21"), FAILS, "1.5e+21 > 1e+21"},
        {"infinite", &max, 200, ONE("+Inf"), FAILS, "+Inf > 0.05"},
        {"infinite, without a most", &min, 200, ONE("+Inf"), OK, "+Inf"},
        {"infinite the other way", &min, 200, ONE("-Inf"), FAILS, "-Inf < 1"},
        {"NaN", &max, 200, ONE("NaN"), TELLS_NOTHING, "no data: NaN"},
        {"a scalar", &max, 200, DATA("scalar", "[1435781451.781,\"0.31\"]"), FAILS, "0.31 > 0.05"},
        {"a scalar that is NaN", &max, 200, DATA("scalar", "[1435781451.781,\"NaN\"]"),
         TELLS_NOTHING, "no data: NaN"},
        {"no series", &max, 200, DATA("vector", "[]"), TELLS_NOTHING, "no data: no series"},
        {"several", &max, 200,
         DATA("vector", "[{\"metric\":{\"pod\":\"x\"},\"value\":[1,\"0.01\"]},"
                        "{\"metric\":{\"pod\":\"y\"},\"value\":[1,\"0.02\"]}]"),
         OK, "2 series within the limits"},
        {"one of several", &max, 200,
         DATA("vector", "[{\"metric\":{\"pod\":\"x\"},\"value\":[1,\"0.01\"]},"
                        "{\"metric\":{\"pod\":\"y\"},\"value\":[1,\"0.31\"]}]"),
         FAILS, "0.31 > 0.05 {pod=\"y\"}"},
        {"behind one without a number", &max, 200,
         DATA("vector", "[{\"metric\":{\"pod\":\"x\"},\"value\":[1,\"NaN\"]},"
                        "{\"metric\":{\"pod\":\"y\"},\"value\":[1,\"0.31\"]}]"),
         FAILS, "0.31 > 0.05 {pod=\"y\"}"},
        {"one without a number among others", &max, 200,
         DATA("vector", "[{\"metric\":{\"pod\":\"x\"},\"value\":[1,\"NaN\"]},"
                        "{\"metric\":{\"pod\":\"y\"},\"value\":[1,\"0.01\"]}]"),
         OK, "0.01"},
        {"a metric's name", &max, 200,
         DATA("vector", "[{\"metric\":{\"__name__\":\"up\",\"job\":\"a\\\"b\",\"pod\":\"x\"},"
                        "\"value\":[1,\"1\"]}]"),
         FAILS, "1 > 0.05 up{job=\"a\\\"b\",pod=\"x\"}"},
        {"only a name", &max, 200,
         DATA("vector", "[{\"metric\":{\"__name__\":\"up\"},\"value\":[1,\"1\"]}]"), FAILS,
         "1 > 0.05 up"},
        {"a histogram", &max, 200,
         DATA("vector", "[{\"metric\":{},\"histogram\":[1,{\"count\":\"1\",\"sum\":\"1\"}]}]"),
         TELLS_NOTHING, "the query gives no number but a histogram"},
        {"a string", &max, 200, DATA("string", "[1435781451.781,\"x\"]"), TELLS_NOTHING,
         "the query gives no number but a string"},
        {"a range", &max, 200, DATA("matrix", "[]"), TELLS_NOTHING,
         "the query gives no number but a matrix"},
        {"a bad query", &max, 400,
         "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid parameter "
         "\\\"query\\\": 1:4: parse error: unclosed left parenthesis\"}",
         TELLS_NOTHING,
         "Prometheus says: invalid parameter \"query\": 1:4: parse error: unclosed left "
         "parenthesis"},
        {"too slow", &max, 503,
         "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"query timed out in "
         "expression evaluation\"}",
         TELLS_NOTHING, "Prometheus says: query timed out in expression evaluation"},
        {"a proxy before it", &max, 502, "<html>Bad Gateway</html>", TELLS_NOTHING,
         "what answers is not Prometheus: 502 Bad Gateway"},
        {"something else", &max, 200, "ok", TELLS_NOTHING,
         "what answers is not Prometheus: 200 OK"},
        {"nothing", &max, 200, "", TELLS_NOTHING, "what answers is not Prometheus: 200 OK"},
        {"no value", &max, 200, DATA("vector", "[{}]"), TELLS_NOTHING,
         "the query gives no number but a histogram"},
        {"no text", &max, 200, DATA("vector", "[{\"value\":[1,2]}]"), TELLS_NOTHING,
         "the query gives no number but what cannot be read"},
        {"no list", &max, 200, DATA("vector", "{}"), TELLS_NOTHING,
         "the answer of Prometheus cannot be read"},
        {"no result", &max, 200, "{\"status\":\"success\"}", TELLS_NOTHING,
         "the answer of Prometheus cannot be read"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct probe_answer answer = {0};

        print_message("%s\n", cases[i].name);
        probe_judge_query(cases[i].query, cases[i].status, view_of(cases[i].body), &answer);
        assert_string_equal(answer.message, cases[i].message);
        assert_int_equal(kind(&answer), cases[i].kind);
    }
}

/* An answer that fills what is kept was cut, for all that is known. */
static void an_answer_has_a_limit(void **state)
{
    static const struct guard_query query = {.has_max = true, .max = 1};
    char *body = mem_alloc(LIMIT_FETCH_BODY);
    struct probe_answer answer = {0};

    (void)state;
    memset(body, ' ', LIMIT_FETCH_BODY);
    probe_judge_query(&query, 200, (struct view){body, LIMIT_FETCH_BODY - 1}, &answer);
    assert_string_equal(answer.message, "what answers is not Prometheus: 200 OK");
    probe_judge_query(&query, 200, (struct view){body, LIMIT_FETCH_BODY}, &answer);
    assert_string_equal(answer.message, "the answer of Prometheus is larger than 1048575 bytes");
    mem_free(body);
}

static void words_are_one_line(void **state)
{
    struct probe_answer answer = {0};
    char text[400];

    (void)state;
    probe_fail(&answer, "a\nb\x7f%s", "c\t");
    assert_string_equal(answer.message, "a b c ");
    for (size_t n = 0; n + 2 < sizeof(text); n += 2)
        memcpy(text + n, "\xC3\xA9", 3);
    probe_fail(&answer, "%s", text);
    assert_int_equal(strlen(answer.message), sizeof(answer.message) - 2);
    probe_fail(&answer, "x%s", text);
    assert_int_equal(strlen(answer.message), sizeof(answer.message) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smoke_requests),
        cmocka_unit_test(queries),
        cmocka_unit_test(an_answer_has_a_limit),
        cmocka_unit_test(words_are_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
