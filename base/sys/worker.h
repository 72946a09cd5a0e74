#ifndef TG_BASE_SYS_WORKER_H
#define TG_BASE_SYS_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { WORKER_THREADS = 4 };

/* A lock, the threads that work on what it guards, and a way to wait for changes of that. Instants
 * are those of clock_monotonic_ns. What another thread shares with them lives until
 * worker_release has returned. */
struct worker {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping; /* guarded by lock, as the owner's own fields are */
    pthread_t threads[WORKER_THREADS];
    unsigned count; /* of threads that run; of the thread that starts and joins them */
};

/* One without a thread. */
void worker_init(struct worker *w);

/* Starts a thread more, WORKER_THREADS at most. Returns -1 when threads are out. */
int worker_start(struct worker *w, void *(*run)(void *arg), void *arg);

void worker_lock(struct worker *w);
void worker_unlock(struct worker *w);

/* Under the lock: releases it until worker_wake, worker_stop or that instant (INT64_MAX: none), and
 * has it again. Returns false once the instant has passed. It may return early for no reason:
 * callers ask again for what they wait for, and for `stopping`. */
bool worker_wait(struct worker *w, int64_t until);

/* Ends all waits. Any thread, with or without the lock. */
void worker_wake(struct worker *w);

/* Sets `stopping` and ends all waits. Any thread, without the lock. */
void worker_stop(struct worker *w);

/* Waits until the threads have ended, which worker_stop asks for. */
void worker_join(struct worker *w);

/* Stops, joins, and ends the lock. */
void worker_release(struct worker *w);

#endif
