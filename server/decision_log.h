#ifndef TG_SERVER_DECISION_LOG_H
#define TG_SERVER_DECISION_LOG_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct request;
struct verdict;

/* One JSON line for each review. Writing never waits for the reader. Lines dropped because of a
 * slow reader are counted, and {"event":"lines_dropped"} reports them in the log itself. */
struct decision_log;

/* Writes to fd, which stays the caller's. Of the allowed reviews that broke no rule and are no
 * rollback every N-th is written: 1 is all, 0 none. NULL when memory or threads are out. */
struct decision_log *decision_log_create(int fd, unsigned every_allowed);

/* Reads the argument "all", "none" or "1/N". Returns 0, or -1 on anything else. */
int decision_log_parse_sample(struct view text, unsigned *every_allowed);

/* Writes one decision that took so many nanoseconds. Any thread. */
void decision_log_write(struct decision_log *d, const struct request *request,
                        const struct verdict *verdict, int64_t duration);

/* Writes a line of the guard: JSON with its newline. Any thread. */
void decision_log_add(struct decision_log *d, struct view line);

/* Lines dropped so far. Any thread. */
uint64_t decision_log_dropped(struct decision_log *d);

/* Writes what is left and ends; NULL is allowed. */
void decision_log_free(struct decision_log *d);

#endif
