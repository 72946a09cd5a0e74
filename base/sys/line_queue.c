#include "base/sys/line_queue.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 100, GATHER_MS = 5, BILLION = 1000 * 1000 * 1000 };

struct line_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t writer;
    struct buf waiting; /* what was put; guarded by lock */
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

    pthread_mutex_lock(&q->lock);
    give_up = q->give_up;
    pthread_mutex_unlock(&q->lock);
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
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += GATHER_MS * (BILLION / 1000);
    if (until.tv_nsec >= BILLION) {
        until.tv_nsec -= BILLION;
        until.tv_sec++;
    }
    while (q->give_up == 0 &&
           pthread_cond_clockwait(&q->changed, &q->lock, CLOCK_MONOTONIC, &until) == 0)
        ;
}

/* Waits for lines and takes all of them; false when there are none and none will come. */
static bool take(struct line_queue *q, uint64_t *lost)
{
    struct buf empty = q->writing;

    pthread_mutex_lock(&q->lock);
    while (q->waiting.n == 0 && q->give_up == 0)
        pthread_cond_wait(&q->changed, &q->lock);
    gather(q);
    q->writing = q->waiting;
    q->waiting = empty;
    *lost = q->dropped - q->told;
    q->told = q->dropped;
    pthread_mutex_unlock(&q->lock);
    return q->writing.n > 0;
}

/* A descriptor that cannot be written any more loses what was for it; the lines count as dropped.
 */
static void count_lines(struct line_queue *q, struct view text)
{
    pthread_mutex_lock(&q->lock);
    for (size_t i = 0; i < text.n; i++)
        q->dropped += text.p[i] == '\n';
    pthread_mutex_unlock(&q->lock);
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
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->changed, NULL);
    if (pthread_create(&q->writer, NULL, run, q) == 0)
        return q;
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    mem_free(q);
    return NULL;
}

void line_queue_put(struct line_queue *q, struct view line)
{
    size_t before;

    pthread_mutex_lock(&q->lock);
    before = q->waiting.n;
    buf_add(&q->waiting, line);
    if (q->waiting.failed) {
        q->waiting.failed = false;
        q->dropped++;
    }
    if (before == 0 && q->waiting.n > 0)
        pthread_cond_signal(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

uint64_t line_queue_dropped(struct line_queue *q)
{
    uint64_t n;

    pthread_mutex_lock(&q->lock);
    n = q->dropped;
    pthread_mutex_unlock(&q->lock);
    return n;
}

void line_queue_free(struct line_queue *q)
{
    if (!q)
        return;
    pthread_mutex_lock(&q->lock);
    q->give_up = clock_monotonic_ns() + LIMIT_LOG_TIME * (int64_t)BILLION;
    pthread_cond_signal(&q->changed);
    pthread_mutex_unlock(&q->lock);
    pthread_join(q->writer, NULL);
    buf_release(&q->waiting);
    buf_release(&q->writing);
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    mem_free(q);
}
