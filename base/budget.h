#ifndef TG_BASE_BUDGET_H
#define TG_BASE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* What one piece of work over a caller's bytes may take: until when, and how much of its thread's
 * processor time. Every loop over those bytes asks at each step. One thread at a time; a zeroed
 * one, and NULL, have no end. */
struct budget {
    int64_t deadline;     /* in clock_monotonic_ns(); 0: none */
    int64_t cpu_deadline; /* in clock_thread_ns() of the thread that works; 0: none */
    int64_t cpu_from; /* in clock_monotonic_ns(): before it cpu_deadline cannot come; 0: it can */
    uint64_t steps;   /* asked for until now */
    uint64_t look;    /* the count of steps at which the clocks are read next */
    const char *over; /* why it is used up, one line; NULL: it is not */
};

/* How many keys of a map, one after the other, are compared in one step. */
enum { KEYS_A_STEP = 8 };

/* Takes n more steps of about 50 ns each, such as a key compared or a copy of 64 bytes. Returns
 * true while something is left. The first call reads the clocks, and then one in 256 steps; a
 * budget that is used up stays so. */
bool budget_take(struct budget *b, uint64_t n);

#endif
