#include "base/clock.h"
#include "base/sys/worker.h"
#include "cmocka_all.h"

#include <sched.h>

static const int64_t second = 1000 * 1000 * 1000;

/* What is shared with the threads. */
struct scene {
    struct worker worker;
    unsigned jobs, done, waiting, ended;
    bool timed; /* the threads wait until an instant far off, else without one */
};

static void *run(void *arg)
{
    struct scene *s = arg;

    worker_lock(&s->worker);
    for (;;) {
        while (s->jobs == 0 && !s->worker.stopping) {
            s->waiting++;
            worker_wait(&s->worker, s->timed ? clock_monotonic_ns() + 3600 * second : INT64_MAX);
            s->waiting--;
        }
        if (s->worker.stopping)
            break;
        s->jobs--;
        s->done++;
        worker_wake(&s->worker);
    }
    s->ended++;
    worker_unlock(&s->worker);
    return NULL;
}

static void start(struct scene *s, unsigned threads)
{
    worker_init(&s->worker);
    for (unsigned i = 0; i < threads; i++)
        assert_int_equal(worker_start(&s->worker, run, s), 0);
}

/* Until all threads are in a wait. */
static void await_waiting(struct scene *s)
{
    for (bool all = false; !all; sched_yield()) {
        worker_lock(&s->worker);
        all = s->waiting == s->worker.count;
        worker_unlock(&s->worker);
    }
}

static void a_stop_ends_each_wait(void **state)
{
    const unsigned counts[] = {1, WORKER_THREADS};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct scene s = {.timed = i % 2};

        start(&s, counts[i / 2]);
        await_waiting(&s);
        worker_stop(&s.worker);
        worker_join(&s.worker);
        assert_int_equal(s.ended, counts[i / 2]);
        assert_int_equal(s.worker.count, 0);
        worker_release(&s.worker);
    }
}

static void release_stops_and_joins(void **state)
{
    struct scene s = {.done = 0};

    (void)state;
    start(&s, WORKER_THREADS);
    worker_release(&s.worker);
    assert_int_equal(s.ended, WORKER_THREADS);
}

static void a_wake_hands_work_over(void **state)
{
    struct scene s = {.done = 0};

    (void)state;
    start(&s, WORKER_THREADS);
    for (unsigned n = 1; n <= 100; n++) {
        worker_lock(&s.worker);
        s.jobs++;
        worker_wake(&s.worker);
        while (s.done < n)
            assert_true(worker_wait(&s.worker, clock_monotonic_ns() + 3600 * second));
        worker_unlock(&s.worker);
    }
    worker_release(&s.worker);
    assert_int_equal(s.done, 100);
}

static void a_wait_ends_at_its_instant(void **state)
{
    int64_t until = clock_monotonic_ns() + second / 50;
    struct worker w;

    (void)state;
    worker_init(&w);
    worker_lock(&w);
    while (worker_wait(&w, until))
        ;
    assert_true(clock_monotonic_ns() >= until);
    assert_false(worker_wait(&w, 0)); /* long past */
    worker_unlock(&w);
    worker_release(&w);
}

static void there_is_room_for_so_many_threads(void **state)
{
    struct scene s = {.done = 0};

    (void)state;
    start(&s, WORKER_THREADS);
    assert_int_equal(worker_start(&s.worker, run, &s), -1);
    worker_release(&s.worker);
    assert_int_equal(s.ended, WORKER_THREADS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_ends_each_wait),
        cmocka_unit_test(release_stops_and_joins),
        cmocka_unit_test(a_wake_hands_work_over),
        cmocka_unit_test(a_wait_ends_at_its_instant),
        cmocka_unit_test(there_is_room_for_so_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
