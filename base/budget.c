#include "base/budget.h"

#include "base/clock.h"

#include <stddef.h>

/* Reading the clocks costs more than most steps. */
enum { STEPS_BETWEEN_LOOKS = 256 };

/* A thread takes no more of a processor than time passes: its clock, which is a system call, is
 * read when as much time has passed as was left. */
static bool is_cpu_over(struct budget *b, int64_t now)
{
    int64_t left;

    if (b->cpu_deadline == 0 || now < b->cpu_from)
        return false;
    left = b->cpu_deadline - clock_thread_ns();
    b->cpu_from = left < INT64_MAX - now ? now + left : INT64_MAX;
    return left <= 0;
}

bool budget_take(struct budget *b, uint64_t n)
{
    int64_t now;

    if (!b)
        return true;
    b->steps += n;
    if (b->over || b->steps < b->look)
        return !b->over;
    b->look = b->steps + STEPS_BETWEEN_LOOKS;
    now = clock_monotonic_ns();
    if (b->deadline != 0 && now >= b->deadline)
        b->over = "the timeout that the caller sets for a review has passed";
    else if (is_cpu_over(b, now))
        b->over = "the review takes more processor time than is allowed";
    return !b->over;
}
