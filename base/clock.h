#ifndef TG_BASE_CLOCK_H
#define TG_BASE_CLOCK_H

#include <stdint.h>

/* Wall time is int64_t Unix seconds everywhere and is passed down from the caller that read the
 * clock, so that each decision can be repeated for another instant. The functions may be called
 * from any thread. */

/* Seconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall(void);

/* Nanoseconds of a clock that nobody sets; only differences mean something. */
int64_t clock_monotonic_ns(void);

/* Nanoseconds of a processor that the calling thread has taken. */
int64_t clock_thread_ns(void);

#endif
