#include "server/metrics/metric.h"

#include "base/buf.h"
#include "cmocka_all.h"

static void collect(const struct metric_sources *from, struct samples *to)
{
    (void)from;
    samples_add(to, (struct view[]){VIEW("a\"b\\c\nd"), VIEW("")}, -3);
    samples_add(to, (struct view[]){{NULL, 0}, VIEW("y")}, 4);
    samples_add_seconds(to, (struct view[]){{NULL, 0}, {NULL, 0}}, INT64_C(12000000034));
}

static void collect_nothing(const struct metric_sources *from, struct samples *to)
{
    (void)from, (void)to;
}

static void collect_histogram(const struct metric_sources *from, struct samples *to)
{
    static const int64_t bounds[] = {25000, 5000000000};

    (void)from;
    samples_add_histogram(to, bounds, (const uint64_t[]){1, 2, 4}, 2, 1500000000);
}

/* Each row of a table with what it writes. */
static void a_metric_is_written_in_the_text_format(void **state)
{
    static const struct {
        struct metric metric;
        const char *text;
    } cases[] = {
        {{"m", METRIC_GAUGE, "Help.", {"first", "second"}, collect},
         "# HELP m Help.\n# TYPE m gauge\n"
         "m{first=\"a\\\"b\\\\c\\nd\",second=\"\"} -3\nm{second=\"y\"} 4\nm 12.000000034\n"},
        {{"m", METRIC_COUNTER, "Help.", {NULL}, collect_nothing}, ""},
        {{"m", METRIC_HISTOGRAM, "Help.", {NULL}, collect_histogram},
         "# HELP m Help.\n# TYPE m histogram\nm_bucket{le=\"2.5e-05\"} 1\nm_bucket{le=\"5\"} 3\n"
         "m_bucket{le=\"+Inf\"} 7\nm_sum 1.500000000\nm_count 7\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;

        buf_init(&out, 4096);
        metric_write(&cases[i].metric, NULL, &out);
        buf_add_char(&out, '\0');
        assert_string_equal(out.p, cases[i].text);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_metric_is_written_in_the_text_format)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
