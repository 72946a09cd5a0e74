#include "base/limits.h"
#include "base/sys/line_queue.h"
#include "cmocka_all.h"
#include "unit/base/sys/pipe_text.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char note_text[64];

static struct view lost_lines(void *arg, uint64_t lost)
{
    (void)arg;
    snprintf(note_text, sizeof(note_text), "lost %d\n", (int)lost);
    return view_of(note_text);
}

static void lines_arrive_in_order(void **state)
{
    char text[256];
    int ends[2];
    struct line_queue *q;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    q = line_queue_create(ends[1], 4096, NULL, NULL);
    line_queue_put(q, VIEW("one\n"));
    line_queue_put(q, VIEW("two\n"));
    line_queue_put(q, VIEW("three\n"));
    line_queue_free(q);
    close(ends[1]);
    pipe_text(ends[0], text, sizeof(text));
    assert_string_equal(text, "one\ntwo\nthree\n");
    close(ends[0]);
}

/* Fills the pipe so that no further byte fits. */
static void stop_up(int fd)
{
    char block[4096];
    int flags = fcntl(fd, F_GETFL);

    memset(block, 'x', sizeof(block));
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    while (write(fd, block, sizeof(block)) > 0)
        ;
    fcntl(fd, F_SETFL, flags);
}

static void a_blocked_reader_blocks_nobody_and_learns_what_it_lost(void **state)
{
    static char text[1 << 20];
    int ends[2];
    struct line_queue *q;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    stop_up(ends[1]);
    q = line_queue_create(ends[1], 10, lost_lines, NULL);
    for (int i = 0; i < 1000; i++)
        line_queue_put(q, VIEW("12345\n"));
    assert_true(line_queue_dropped(q) >= 998);
    assert_true(line_queue_dropped(q) <= 999);
    for (size_t n = 0; !strstr(text, "lost ");) {
        ssize_t got = read(ends[0], text + n, sizeof(text) - n - 1);

        assert_true(got > 0);
        n += (size_t)got;
        if (line_queue_dropped(q) > 0 && n > 65536 && !strstr(text, "lost "))
            line_queue_put(q, VIEW("again\n"));
    }
    line_queue_free(q);
    close(ends[0]);
    close(ends[1]);
}

static void a_queue_has_a_limit(void **state)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    char *line = calloc(1, LIMIT_LOG_QUEUE + 1);

    (void)state;
    for (size_t n = LIMIT_LOG_QUEUE - 1; n <= LIMIT_LOG_QUEUE + 1; n++) {
        struct line_queue *q = line_queue_create(null, LIMIT_LOG_QUEUE, NULL, NULL);

        line_queue_put(q, (struct view){line, n});
        assert_int_equal(line_queue_dropped(q), n > LIMIT_LOG_QUEUE);
        line_queue_free(q);
    }
    free(line);
    close(null);
}

/* It waits for LIMIT_LOG_TIME. */
static void freeing_with_a_blocked_reader_returns(void **state)
{
    int ends[2];
    struct line_queue *q;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    stop_up(ends[1]);
    q = line_queue_create(ends[1], 4096, NULL, NULL);
    line_queue_put(q, VIEW("never read\n"));
    line_queue_free(q);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_arrive_in_order),
        cmocka_unit_test(a_blocked_reader_blocks_nobody_and_learns_what_it_lost),
        cmocka_unit_test(a_queue_has_a_limit),
        cmocka_unit_test(freeing_with_a_blocked_reader_returns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
