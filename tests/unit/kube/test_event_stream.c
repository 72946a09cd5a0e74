#include "kube/event_stream.h"

#include "base/mem.h"
#include "cmocka_all.h"
#include "kube/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#define OBJECT(version)     "{\"metadata\":{\"name\":\"n\",\"resourceVersion\":\"" version "\"}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"

/* What was told, as "upsert:7 deleted:8 ". */
struct told {
    char text[512];
    unsigned end_at; /* the event that the taker ends the stream with; 0: none */
    unsigned events;
};

static int take(void *ctx, const struct event *event)
{
    static const char *const names[] = {"upsert", "deleted", "bookmark", "error"};
    struct told *told = ctx;
    size_t n = strlen(told->text);

    assert_true(yyjson_is_obj(event->object) || event->skipped);
    snprintf(told->text + n, sizeof(told->text) - n, "%s%s:%.*s ", event->skipped ? "skipped-" : "",
             names[event->type], VIEW_ARGS(event->version));
    return ++told->events == told->end_at ? -1 : 0;
}

static void lines_and_what_they_tell(void **state)
{
    static const struct {
        const char *body, *told, *problem;
    } table[] = {
        {"", "", NULL},
        {"\n \r\n\n", "", NULL},
        {EVENT("ADDED", OBJECT("7")), "upsert:7 ", NULL},
        {EVENT("ADDED", OBJECT("7")) EVENT("MODIFIED", OBJECT("8")) EVENT("DELETED", OBJECT("9"))
             EVENT("BOOKMARK", OBJECT("10")),
         "upsert:7 upsert:8 deleted:9 bookmark:10 ", NULL},
        {EVENT("ERROR", "{\"kind\":\"Status\",\"code\":410}"), "error: ", NULL},
        {"{\"type\":\"ADDED\",\"object\":" OBJECT("7") "}", "", NULL},
        {EVENT("ADDED", OBJECT("7")) "{\"type\":\n", "upsert:7 ",
         "a line of the watch is not JSON"},
        {"[]\n", "", "an event of the watch has no type that is known"},
        {EVENT("GROWN", OBJECT("7")), "", "an event of the watch has no type that is known"},
        {"{\"type\":[\"ADDED\"],\"object\":{}}\n", "",
         "an event of the watch has no type that is known"},
        {EVENT("ADDED", "[]"), "", "an event of the watch has no object"},
        {EVENT("ADDED", "{}"), "", "an event of the watch has no resourceVersion"},
        {EVENT("ADDED", "{\"metadata\":{\"resourceVersion\":7}}"), "",
         "an event of the watch has no resourceVersion"},
        {EVENT("BOOKMARK", OBJECT("")), "", "an event of the watch has no resourceVersion"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        size_t n = strlen(table[i].body);

        /* Cut in each way in two, and byte by byte. */
        for (size_t cut = 0; cut <= n; cut++) {
            struct told told = {.end_at = 0};
            struct event_stream s;
            int status;

            event_stream_init(&s, take, &told);
            status = event_stream_read(&s, (struct view){table[i].body, cut});
            for (size_t j = cut; status == 0 && j < n; j += cut == 0 ? 1 : n)
                status =
                    event_stream_read(&s, (struct view){table[i].body + j, cut == 0 ? 1 : n - cut});
            assert_int_equal(status, table[i].problem ? -1 : 0);
            assert_string_equal(told.text, table[i].told);
            if (table[i].problem)
                assert_string_equal(s.problem, table[i].problem);
            else
                assert_null(s.problem);
            event_stream_release(&s);
        }
    }
}

static void the_taker_ends_it(void **state)
{
    struct told told = {.end_at = 2};
    struct event_stream s;

    (void)state;
    event_stream_init(&s, take, &told);
    assert_int_equal(event_stream_read(&s, VIEW(EVENT("ADDED", OBJECT("1")) EVENT(
                                               "ADDED", OBJECT("2")) EVENT("ADDED", OBJECT("3")))),
                     -1);
    assert_string_equal(told.text, "upsert:1 upsert:2 ");
    assert_null(s.problem);
    event_stream_release(&s);
}

/* Lines that begin like this, and are n bytes long, their line end not counted. */
static char *line_of(const char *head, size_t n)
{
    const char *tail = "\"}}\n";
    char *text = malloc(n + 2);

    memset(text, 'x', n);
    memcpy(text, head, strlen(head));
    memcpy(text + n - 3, tail, strlen(tail) + 1);
    return text;
}

#define HEAD(type)                                                                                 \
    "{\"type\":\"" type "\",\"object\":{\"metadata\":{\"resourceVersion\":\"1\"},\"x\":\""

/* What is too large is skipped and told of, and what follows is read. */
static void the_longest_event(void **state)
{
    static const struct {
        const char *head;
        size_t more;
        const char *told;
    } table[] = {
        {HEAD("ADDED"), 0, "upsert:1 upsert:2 "},
        {HEAD("ADDED"), 1, "skipped-upsert:1 upsert:2 "},
        {HEAD("MODIFIED"), 1 << 20, "skipped-upsert:1 upsert:2 "},
        {HEAD("MODIFIED"), 2 * LIMIT_KUBE_EVENT, "skipped-upsert:1 upsert:2 "},
        {HEAD("DELETED"), 1, "skipped-deleted:1 upsert:2 "},
        {"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"", 1,
         "skipped-upsert: upsert:2 "},
        {"{\"object\":{\"x\":\"", 1, "skipped-upsert: upsert:2 "},
        {"", 1, "skipped-upsert: upsert:2 "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        size_t n = (size_t)LIMIT_KUBE_EVENT + table[i].more;
        char *text = line_of(table[i].head, n);

        for (size_t step = n + 1; step > 1 << 14; step /= 16) {
            struct told told = {.end_at = 0};
            struct event_stream s;

            event_stream_init(&s, take, &told);
            for (size_t at = 0; at < n + 1; at += step)
                assert_int_equal(
                    event_stream_read(&s, view_first((struct view){text + at, n + 1 - at}, step)),
                    0);
            assert_true(s.line.room <= 1 << 16);
            assert_int_equal(event_stream_read(&s, VIEW(EVENT("ADDED", OBJECT("2")))), 0);
            assert_string_equal(told.text, table[i].told);
            event_stream_release(&s);
        }
        free(text);
    }
}

/* What names the object of a line that is skipped is found up to there. */
static void the_longest_beginning(void **state)
{
    static const char version[] = "\",\"metadata\":{\"resourceVersion\":\"1\"}";

    (void)state;
    for (int more = -1; more <= 1; more++) {
        char *text = line_of("{\"type\":\"ADDED\",\"object\":{\"x\":\"", LIMIT_KUBE_EVENT + 1);
        struct told told = {.end_at = 0};
        struct event_stream s;

        memcpy(text + LIMIT_KUBE_BEGINNING + more - (sizeof(version) - 1), version,
               sizeof(version) - 1);
        event_stream_init(&s, take, &told);
        assert_int_equal(event_stream_read(&s, view_of(text)), 0);
        assert_string_equal(told.text, more <= 0 ? "skipped-upsert:1 " : "skipped-upsert: ");
        event_stream_release(&s);
        free(text);
    }
}

static void the_longest_version(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        char version[LIMIT_KUBE_VERSION + 2] = "", line[512];
        struct told told = {.end_at = 0};
        struct event_stream s;

        memset(version, '7', (size_t)LIMIT_KUBE_VERSION + more);
        snprintf(line, sizeof(line), EVENT("BOOKMARK", OBJECT("%s")), version);
        event_stream_init(&s, take, &told);
        assert_int_equal(event_stream_read(&s, view_of(line)), more ? -1 : 0);
        event_stream_release(&s);
    }
}

static void memory_runs_out(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct told told = {.end_at = 0};
        struct event_stream s;
        int status;

        event_stream_init(&s, take, &told);
        mem_fail_nth(n);
        status = event_stream_read(&s, VIEW("{\"type\":\"ADDED\","));
        if (status == 0)
            status = event_stream_read(&s, VIEW("\"object\":" OBJECT("1") "}\n"));
        event_stream_release(&s);
        if (mem_fail_nth(0) < n) {
            assert_int_equal(status, 0);
            assert_string_equal(told.text, "upsert:1 ");
            return;
        }
        assert_int_equal(status, -1);
        assert_non_null(s.problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_what_they_tell), cmocka_unit_test(the_taker_ends_it),
        cmocka_unit_test(the_longest_event),        cmocka_unit_test(the_longest_beginning),
        cmocka_unit_test(the_longest_version),      cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
