#include "base/budget.h"

#include "base/clock.h"

#include <stddef.h>

/* Looking at the processor's clock is a system call, and costs more than most steps. */
enum { STEPS_BETWEEN_LOOKS = 256 };

bool budget_take(struct budget *b, uint64_t n)
{
    if (!b)
        return true;
    b->steps += n;
    if (b->over || b->steps < b->look)
        return !b->over;
    b->look = b->steps + STEPS_BETWEEN_LOOKS;
    if (b->deadline != 0 && clock_monotonic_ns() >= b->deadline)
        b->over = "the timeout that the caller sets for a review has passed";
    else if (b->cpu_deadline != 0 && clock_thread_ns() >= b->cpu_deadline)
        b->over = "the review takes more processor time than is allowed";
    return !b->over;
}
