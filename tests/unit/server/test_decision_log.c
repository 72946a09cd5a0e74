#include "server/decision_log.h"

#include "base/limits.h"
#include "cmocka_all.h"
#include "policy/evaluate.h"
#include "rollout/limits.h"
#include "server/limits.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char line[2 * LIMIT_LOG_LINE];

/* Writes the decision on a request to line, and returns its length. */
static size_t write_timed(const struct request *request, const struct verdict *verdict,
                          unsigned every_allowed, int64_t duration)
{
    struct decision_log *log;
    int ends[2];
    size_t n = 0;
    ssize_t got;

    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, sizeof(line)) > 0);
    log = decision_log_create(ends[1], every_allowed);
    decision_log_write(log, request, verdict, duration);
    decision_log_free(log);
    close(ends[1]);
    while ((got = read(ends[0], line + n, sizeof(line) - 1 - n)) > 0)
        n += (size_t)got;
    line[n] = '\0';
    close(ends[0]);
    return n;
}

static size_t write_sampled(const struct request *request, const struct verdict *verdict,
                            unsigned every_allowed)
{
    return write_timed(request, verdict, every_allowed, 0);
}

static size_t write_one(const struct request *request, const struct verdict *verdict)
{
    return write_sampled(request, verdict, 1);
}

static size_t count(const char *part)
{
    size_t n = 0;

    for (const char *at = line; (at = strstr(at, part)); at++)
        n++;
    return n;
}

static void a_duration_is_rounded_to_microseconds(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {{0, "0.000000"},     {499, "0.000000"},       {500, "0.000001"},
                 {41499, "0.000041"}, {999999500, "1.000000"}, {12034567890, "12.034568"},
                 {-1, "0.000000"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char end[64];

        write_timed(&(struct request){.operation = CREATE}, &(struct verdict){.allowed = true}, 1,
                    cases[i].ns);
        snprintf(end, sizeof(end), ",\"durationSeconds\":%s}\n", cases[i].text);
        assert_non_null(strstr(line, end));
    }
}

static void a_value_has_a_limit(void **state)
{
    static char user[LIMIT_LOG_VALUE + 1];
    const struct verdict verdict = {.allowed = true};

    (void)state;
    memset(user, '~', sizeof(user));
    for (size_t n = LIMIT_LOG_VALUE - 1; n <= LIMIT_LOG_VALUE + 1; n++) {
        write_one(&(struct request){.operation = CREATE, .user = {user, n}}, &verdict);
        assert_int_equal(count("~"), n > LIMIT_LOG_VALUE ? LIMIT_LOG_VALUE : n);
    }
}

/* A denial by n rules whose ids have each the given length. */
static size_t write_rules(size_t n, size_t length)
{
    struct rule rule = {.id = {calloc(1, length + 1), length}};
    const struct policy policy = {.name = VIEW("p")};
    struct rule_result *results = calloc(n, sizeof(*results));
    struct verdict verdict = {.first = results};

    memset((char *)(uintptr_t)rule.id.p, 'r', length);
    for (size_t i = 0; i < n; i++)
        results[i] = (struct rule_result){
            .policy = &policy, .rule = &rule, .next = i + 1 < n ? &results[i + 1] : NULL};
    n = write_one(&(struct request){.operation = CREATE}, &verdict);
    free(results);
    free((char *)(uintptr_t)rule.id.p);
    return n;
}

static void rules_have_a_limit(void **state)
{
    (void)state;
    write_rules(LIMIT_LOG_RULES - 1, 1);
    assert_int_equal(count("\"rule\":\"r\""), LIMIT_LOG_RULES - 1);
    write_rules(LIMIT_LOG_RULES, 1);
    assert_int_equal(count("\"rule\":\"r\""), LIMIT_LOG_RULES);
    assert_null(strstr(line, "rulesLeftOut"));
    write_rules(LIMIT_LOG_RULES + 1, 1);
    assert_int_equal(count("\"rule\":\"r\""), LIMIT_LOG_RULES);
    assert_non_null(strstr(line, "],\"rulesLeftOut\":1,"));
}

/* Makes the last rule's id take n bytes of JSON: a control character takes six. */
static struct view id_of(size_t n)
{
    static char id[LIMIT_LOG_VALUE];

    memset(id, 1, n / 6);
    memset(id + n / 6, 'r', n % 6);
    return (struct view){id, n / 6 + n % 6};
}

/* A line that would be too long goes without its rules; the decision itself is always there. */
static void a_line_has_a_limit(void **state)
{
    static char wide[LIMIT_LOG_VALUE];
    const struct policy policy = {.name = VIEW("p")};
    const struct finding finding = {.path = {wide, sizeof(wide)}};
    const struct rule rule = {.id = {wide, sizeof(wide)}};
    struct rule last = {.id = VIEW("r")};
    struct rule_result results[LIMIT_LOG_RULES] = {0};
    const struct request request = {.operation = CREATE};
    const struct verdict verdict = {.first = results};
    size_t around;

    (void)state;
    memset(wide, 1, sizeof(wide));
    for (size_t i = 0; i < LIMIT_LOG_RULES; i++)
        results[i] = (struct rule_result){.policy = &policy,
                                          .rule = i + 1 < LIMIT_LOG_RULES ? &rule : &last,
                                          .findings = i < 10 ? &finding : NULL,
                                          .next = i + 1 < LIMIT_LOG_RULES ? &results[i + 1] : NULL};
    around = write_one(&request, &verdict) - 1;
    for (size_t n = LIMIT_LOG_LINE - 1; n <= LIMIT_LOG_LINE; n++) {
        last.id = id_of(n - around);
        assert_int_equal(write_one(&request, &verdict), n);
    }
    last.id = id_of(LIMIT_LOG_LINE + 1 - around);
    write_one(&request, &verdict);
    assert_non_null(strstr(line, "\"verdict\":\"denied\""));
    assert_non_null(strstr(line, ",\"rules\":[],\"rulesLeftOut\":32,"));
}

/* Also where a sample of the allowed ones would leave it out. */
static void a_rollback_is_told(void **state)
{
    const struct verdict verdict = {
        .allowed = true, .rollback_revision = 3, .rollback_healthy_at = 1795533240};

    (void)state;
    write_sampled(&(struct request){.operation = UPDATE}, &verdict, 0);
    assert_non_null(
        strstr(line, ",\"rollback\":{\"revision\":3,\"healthyAt\":\"2026-11-24T15:14:00Z\"},"));
    write_sampled(&(struct request){.operation = UPDATE}, &(struct verdict){.allowed = true}, 1);
    assert_null(strstr(line, "rollback"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rollback_is_told),
        cmocka_unit_test(a_duration_is_rounded_to_microseconds),
        cmocka_unit_test(a_value_has_a_limit),
        cmocka_unit_test(rules_have_a_limit),
        cmocka_unit_test(a_line_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
