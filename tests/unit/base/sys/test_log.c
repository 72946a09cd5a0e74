#include "base/sys/log.h"

#include "base/limits.h"
#include "cmocka_all.h"
#include "unit/base/sys/pipe_text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void an_event_is_one_line(void **state)
{
    char text[1024];
    int ends[2];
    struct log *log;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    log = log_create(ends[1], LOG_JSON);
    LOG(log, LOG_LEVEL_WARNING, "rules_kept", LOG_STR("error", "a\nb"), LOG_INT("errors", 2));
    log_free(log);
    log = log_create(ends[1], LOG_TEXT);
    LOG(log, LOG_LEVEL_INFO, "started", LOG_STR("address", "127.0.0.1"), LOG_INT("port", 8443));
    log_free(log);
    close(ends[1]);
    pipe_text(ends[0], text, sizeof(text));
    assert_memory_equal(text, "{\"time\":\"2", 10);
    assert_non_null(strstr(text, "\"level\":\"warning\",\"event\":\"rules_kept\","
                                 "\"error\":\"a\\nb\",\"errors\":2}\n2"));
    assert_non_null(strstr(text, " info started address=\"127.0.0.1\" port=8443\n"));
    close(ends[0]);
}

/* The length of the one line that an event becomes whose field has n characters. */
static size_t line_length(char *text, size_t n)
{
    char *field = malloc(n);
    int ends[2];
    struct log *log;

    memset(field, 'x', n);
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 2 * LIMIT_LOG_LINE) > 0);
    log = log_create(ends[1], LOG_JSON);
    LOG(log, LOG_LEVEL_INFO, "long", LOG_VIEW("value", ((struct view){field, n})));
    log_free(log);
    close(ends[1]);
    n = pipe_text(ends[0], text, 2 * LIMIT_LOG_LINE);
    close(ends[0]);
    free(field);
    return n;
}

static void an_event_that_is_too_long_loses_its_fields(void **state)
{
    static char text[2 * LIMIT_LOG_LINE];
    size_t around = line_length(text, 10) - 10;

    (void)state;
    for (size_t n = LIMIT_LOG_LINE - 1; n <= LIMIT_LOG_LINE; n++)
        assert_int_equal(line_length(text, n - around), n);
    line_length(text, LIMIT_LOG_LINE + 1 - around);
    assert_non_null(
        strstr(text, "\"event\":\"long\",\"left_out\":\"its fields: they are too long\"}\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_line),
        cmocka_unit_test(an_event_that_is_too_long_loses_its_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
