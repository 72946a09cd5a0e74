#include "server/metrics/registry.h"
#include "server/metrics/server_counters.h"

#include "base/buf.h"
#include "cmocka_all.h"
#include "policy/limits.h"

#include <string.h>

struct told {
    struct server_counters counters;
    struct buf text;
};

static const char *write_all(struct told *t)
{
    buf_init(&t->text, LIMIT_ANSWER);
    registry_write(&(struct metric_sources){.server = &t->counters, .log_lines_dropped = 7},
                   &t->text);
    assert_false(t->text.failed);
    return t->text.p;
}

static void durations_fall_into_cumulative_buckets(void **state)
{
    static const int64_t durations[] = {1, 25000, 25001, 1000000, INT64_C(6000000000)};
    struct told t;
    const char *text;

    (void)state;
    server_counters_init(&t.counters);
    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
        server_counters_review(&t.counters, true, COUNTED_UPDATE, false, durations[i]);
    text = write_all(&t);
    assert_non_null(strstr(text, "_bucket{le=\"2.5e-05\"} 2\n"));
    assert_non_null(strstr(text, "_bucket{le=\"5e-05\"} 3\n"));
    assert_non_null(strstr(text, "_bucket{le=\"0.0005\"} 3\n"));
    assert_non_null(strstr(text, "_bucket{le=\"0.001\"} 4\n"));
    assert_non_null(strstr(text, "_bucket{le=\"5\"} 4\n"));
    assert_non_null(strstr(text, "_bucket{le=\"+Inf\"} 5\n"));
    assert_non_null(strstr(text, "_seconds_sum 6.001050002\n"));
    assert_non_null(strstr(text, "_seconds_count 5\n"));
    assert_non_null(strstr(
        text, "reviews_total{verdict=\"allowed\",operation=\"UPDATE\",dry_run=\"false\"} 5\n"));
    buf_release(&t.text);
}

static void answers_are_counted_by_path_and_status(void **state)
{
    struct told t;
    const char *text;

    (void)state;
    server_counters_init(&t.counters);
    server_counters_request(&t.counters, COUNTED_VALIDATE, 413);
    server_counters_request(&t.counters, COUNTED_VALIDATE, 413);
    server_counters_request(&t.counters, COUNTED_OTHER, 404);
    text = write_all(&t);
    assert_non_null(strstr(text, "requests_total{path=\"/validate\",code=\"413\"} 2\n"));
    assert_non_null(strstr(text, "requests_total{path=\"other\",code=\"404\"} 1\n"));
    assert_non_null(strstr(text, "requests_total{path=\"/validate\",code=\"503\"} 0\n"));
    assert_null(strstr(text, "path=\"/livez\""));
    assert_non_null(strstr(text, "tidegate_log_dropped_total 7\n"));
    buf_release(&t.text);
}

static void certificates_that_are_not_there_have_no_expiry(void **state)
{
    struct told t;

    (void)state;
    server_counters_init(&t.counters);
    assert_null(strstr(write_all(&t), "expiry_timestamp_seconds{"));
    buf_release(&t.text);
    atomic_store(&t.counters.certificate_expiry, 1795255200);
    assert_non_null(
        strstr(write_all(&t), "expiry_timestamp_seconds{cert=\"serving\"} 1795255200\n"));
    buf_release(&t.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_fall_into_cumulative_buckets),
        cmocka_unit_test(answers_are_counted_by_path_and_status),
        cmocka_unit_test(certificates_that_are_not_there_have_no_expiry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
