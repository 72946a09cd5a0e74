#include "base/time/timestamp.h"

#include "cmocka_all.h"

#include <string.h>
#include <time.h>

/* The second of the text is one between that before and that after, also when the one before is
 * remembered. */
static void the_text_is_of_this_instant(void **state)
{
    char text[TIMESTAMP_TEXT];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct timespec before, after;
        struct tm tm = {0};
        time_t got;
        const char *end;

        clock_gettime(CLOCK_REALTIME, &before); /* time() may lag by a tick */
        if (i % 2)
            timestamp_micro(text);
        else
            timestamp_now(text);
        clock_gettime(CLOCK_REALTIME, &after);
        end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
        got = timegm(&tm);
        assert_true(got >= before.tv_sec && got <= after.tv_sec);
        assert_int_equal(end[0], '.');
        assert_int_equal(strspn(end + 1, "0123456789"), i % 2 ? 6 : 3);
        assert_string_equal(end + (i % 2 ? 7 : 4), "Z");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_text_is_of_this_instant)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
