#include "base/sys/line_queue.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys/worker.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

enum { POLL_MS = 100, GATHER_MS = 5, BILLION = 1000 * 1000 * 1000 };

struct line_queue {
    struct worker worker;
    struct buf waiting; /* what was put; guarded by the worker's lock */
    struct buf writing; /* the writer's own */
    uint64_t dropped, told;
    int64_t give_up; /* 0, or the monotonic instant from when on the writer does not wait */
    int fd;
    line_queue_note *note;
    void *arg;
};

static bool is_over(struct line_queue *q)
{
    int64_t give_up;

    worker_lock(&q->worker);
    give_up = q->give_up;
    worker_unlock(&q->worker);
    return give_up != 0 && clock_monotonic_ns() > give_up;
}

/* Waits until a write of PIPE_BUF bytes would not block: poll(2) and pipe(7) promise that. The
 * descriptor is shared with other processes, so it is not made non-blocking. */
static bool wait_writable(struct line_queue *q)
{
    struct pollfd p = {.fd = q->fd, .events = POLLOUT};

    while (poll(&p, 1, POLL_MS) <= 0)
        if (is_over(q))
            return false;
    return (p.revents & (POLLERR | POLLNVAL)) == 0;
}

static bool write_all(struct line_queue *q, struct view text)
{
    while (text.n > 0) {
        ssize_t n;

        if (!wait_writable(q))
            return false;
        n = write(q->fd, text.p, text.n < PIPE_BUF ? text.n : PIPE_BUF);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        text = view_from(text, n > 0 ? (size_t)n : 0);
    }
    return true;
}

/* Lets more lines come before they are written, so that a busy server does not switch to the writer
 * and back for each of them. Nobody signals meanwhile but who ends the queue. */
static void gather(struct line_queue *q)
{
    int64_t until = clock_monotonic_ns() + GATHER_MS * (BILLION / 1000);

    while (!q->worker.stopping && worker_wait(&q->worker, until))
        ;
}

/* Waits for lines and takes all of them; false when there are none and none will come. */
static bool take(struct line_queue *q, uint64_t *lost)
{
    struct buf empty = q->writing;

    worker_lock(&q->worker);
    while (q->waiting.n == 0 && !q->worker.stopping)
        worker_wait(&q->worker, INT64_MAX);
    gather(q);
    q->writing = q->waiting;
    q->waiting = empty;
    *lost = q->dropped - q->told;
    q->told = q->dropped;
    worker_unlock(&q->worker);
    return q->writing.n > 0;
}

/* A descriptor that cannot be written any more loses what was for it; the lines count as dropped.
 */
static void count_lines(struct line_queue *q, struct view text)
{
    worker_lock(&q->worker);
    for (size_t i = 0; i < text.n; i++)
        q->dropped += text.p[i] == '\n';
    worker_unlock(&q->worker);
}

static void *run(void *arg)
{
    struct line_queue *q = arg;
    uint64_t lost;

    while (take(q, &lost)) {
        struct view text = buf_view(&q->writing);

        if (!write_all(q, text))
            count_lines(q, text);
        else if (lost > 0 && q->note)
            write_all(q, q->note(q->arg, lost));
        buf_reset(&q->writing);
    }
    return NULL;
}

struct line_queue *line_queue_create(int fd, size_t limit, line_queue_note *note, void *arg)
{
    struct line_queue *q = mem_alloc(sizeof(*q));

    if (!q)
        return NULL;
    *q = (struct line_queue){.fd = fd, .note = note, .arg = arg};
    buf_init(&q->waiting, limit);
    buf_init(&q->writing, limit);
    worker_init(&q->worker);
    if (worker_start(&q->worker, run, q) == 0)
        return q;
    worker_release(&q->worker);
    mem_free(q);
    return NULL;
}

void line_queue_put(struct line_queue *q, struct view line)
{
    size_t before;

    worker_lock(&q->worker);
    before = q->waiting.n;
    buf_add(&q->waiting, line);
    if (q->waiting.failed) {
        q->waiting.failed = false;
        q->dropped++;
    }
    if (before == 0 && q->waiting.n > 0)
        worker_wake(&q->worker);
    worker_unlock(&q->worker);
}

uint64_t line_queue_dropped(struct line_queue *q)
{
    uint64_t n;

    worker_lock(&q->worker);
    n = q->dropped;
    worker_unlock(&q->worker);
    return n;
}

void line_queue_free(struct line_queue *q)
{
    if (!q)
        return;
    worker_lock(&q->worker);
    q->give_up = clock_monotonic_ns() + LIMIT_LOG_TIME * (int64_t)BILLION;
    worker_unlock(&q->worker);
    worker_release(&q->worker);
    buf_release(&q->waiting);
    buf_release(&q->writing);
    mem_free(q);
}
