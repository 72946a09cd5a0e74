#include "kube/backoff.h"

#include "base/clock.h"
#include "kube/limits.h"

#include <sys/random.h>

enum { FIRST_WAIT = 500, DOUBLINGS = 8 };

unsigned backoff_draw(unsigned n)
{
    unsigned bits = 0;

    if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) < 0)
        bits = (unsigned)clock_monotonic_ns();
    return bits % n;
}

int64_t backoff_wait(unsigned failures, int64_t asked)
{
    int64_t wait = (int64_t)FIRST_WAIT << (failures < DOUBLINGS ? failures : DOUBLINGS);

    if (wait > LIMIT_KUBE_WAIT * 1000)
        wait = LIMIT_KUBE_WAIT * 1000;
    wait = wait / 2 + backoff_draw((unsigned)wait / 2);
    return wait > asked ? wait : asked + backoff_draw(1000);
}
