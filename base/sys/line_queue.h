#ifndef TG_BASE_SYS_LINE_QUEUE_H
#define TG_BASE_SYS_LINE_QUEUE_H

#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

/* Lines on their way to a file descriptor that may be slow or blocked: callers never wait for it, a
 * thread writes. What does not fit in the queue is dropped and counted. */
struct line_queue;

/* Called by the writer once lines were dropped and it can write again: the number of lines lost
 * since the last call. What it returns (a line with its newline, or nothing) is written in their
 * place; it has to stay valid until the next call. */
typedef struct view line_queue_note(void *arg, uint64_t lost);

/* A queue of at most limit bytes for fd, which stays the caller's; note may be NULL. NULL when
 * memory or threads are out. */
struct line_queue *line_queue_create(int fd, size_t limit, line_queue_note *note, void *arg);

/* Puts one line, its newline included, into the queue; drops it when there is no room. Never blocks
 * on the descriptor. Any thread. */
void line_queue_put(struct line_queue *q, struct view line);

/* How many lines were dropped so far. Any thread. */
uint64_t line_queue_dropped(struct line_queue *q);

/* Writes what is queued, for at most LIMIT_LOG_TIME when the descriptor is blocked, and ends the
 * thread. NULL is allowed. No put may run any more. */
void line_queue_free(struct line_queue *q);

#endif
