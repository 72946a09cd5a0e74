#include "base/clock.h"

#include <time.h>

int64_t clock_wall(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_monotonic_ns(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}

int64_t clock_thread_ns(void)
{
    return nanoseconds(CLOCK_THREAD_CPUTIME_ID);
}
