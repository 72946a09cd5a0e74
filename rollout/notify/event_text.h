#ifndef TG_ROLLOUT_NOTIFY_EVENT_TEXT_H
#define TG_ROLLOUT_NOTIFY_EVENT_TEXT_H

#include "base/view.h"
#include "rollout/judge/rollout.h"

#include <stdbool.h>

struct arena;
struct snapshot;

/* The text of one event of a rollout, the same in an Event, a notification and the log: the cause
 * first, then what was done, then the next command to type. Text that somebody else wrote is quoted
 * (base/text/quote.h) and cut to LIMIT_SHOWN. */
struct event_text {
    bool warning;         /* Normal or Warning */
    const char *reason;   /* of the Event: "RolloutFailed", "RolledBack" */
    const char *action;   /* "Rollback", "Judge" */
    struct view headline; /* one line: "Deployment shop/api: v2 failed and is rolled back ..." */
    struct view note;     /* of the Event, at most LIMIT_EVENT_NOTE bytes, of several lines */
};

/* Writes the text of an event. last_words, of the container's log or its message, may be absent. In
 * the arena; p of note is NULL when memory runs out. Any thread. */
void event_text_of(const struct snapshot *snapshot, const struct rollout_event *event,
                   struct view last_words, struct arena *arena, struct event_text *out);

/* The reason of the Event, "RolloutFailed": metrics have it as a label. */
const char *event_text_reason(enum rollout_event_kind kind);

/* The line of the decision log (docs/operations.md), JSON with its newline; p == NULL when memory
 * is out. Any thread. */
struct view event_text_line(const struct snapshot *snapshot, const struct rollout_event *event,
                            const struct event_text *message, struct arena *arena);

#endif
