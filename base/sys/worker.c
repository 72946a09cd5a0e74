#include "base/sys/worker.h"

#include "base/clock.h"

#include <time.h>

void worker_init(struct worker *w)
{
    *w = (struct worker){.stopping = false};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
}

int worker_start(struct worker *w, void *(*run)(void *arg), void *arg)
{
    if (w->count == WORKER_THREADS || pthread_create(&w->threads[w->count], NULL, run, arg) != 0)
        return -1;
    w->count++;
    return 0;
}

void worker_lock(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
}

void worker_unlock(struct worker *w)
{
    pthread_mutex_unlock(&w->lock);
}

bool worker_wait(struct worker *w, int64_t until)
{
    const int64_t second = 1000 * 1000 * 1000;
    struct timespec at = {until / second, until % second};

    if (until == INT64_MAX)
        pthread_cond_wait(&w->changed, &w->lock);
    else
        pthread_cond_clockwait(&w->changed, &w->lock, CLOCK_MONOTONIC, &at);
    return clock_monotonic_ns() < until;
}

void worker_wake(struct worker *w)
{
    pthread_cond_broadcast(&w->changed);
}

void worker_stop(struct worker *w)
{
    worker_lock(w);
    w->stopping = true;
    worker_wake(w);
    worker_unlock(w);
}

void worker_join(struct worker *w)
{
    while (w->count > 0)
        pthread_join(w->threads[--w->count], NULL);
}

void worker_release(struct worker *w)
{
    worker_stop(w);
    worker_join(w);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
}
