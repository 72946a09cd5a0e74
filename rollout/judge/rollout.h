#ifndef TG_ROLLOUT_JUDGE_ROLLOUT_H
#define TG_ROLLOUT_JUDGE_ROLLOUT_H

#include "rollout/judge/judge.h"
#include "rollout/judge/rollout_data.h"
#include "rollout/record/outcome.h"

#include <stdbool.h>
#include <stdint.h>

struct brake_count;
struct rollout_guard;
struct snapshot;

/* The rollout of one workload: its record, and what need not survive a restart. Pure: what it wants
 * done it returns, one thing at a time, and is told what came of it; so each step can be cut off by
 * a kill and be tested so. What it decides is a change of the record, written before it is acted
 * on; what it is to tell are the untold lines of the record's history. One thread. */

enum intention_kind {
    INTENT_NOTHING,     /* until `next`, or until something changes */
    INTENT_WRITE,       /* the record; nothing else happens before it is written */
    INTENT_UNDO,        /* to `target`, if the workload's template still is `hash` */
    INTENT_PAUSE,       /* if the workload's template still is `hash` */
    INTENT_DELETE_POD,  /* `pod`, of a StatefulSet that waits for it */
    INTENT_KEEP_OWNERS, /* who owns the fields of the template `hash`, which is good, in `slot` */
    INTENT_GIVE_BACK, /* the fields of the template `hash` to the owners that are kept in `slot` */
    INTENT_PROBE,     /* ask http[index] or prometheus[index]; the answer comes later */
    INTENT_PUBLISH,   /* `news` */
};

/* What people are told: an Event, a notification, a decision line, a metric. */
enum rollout_event_kind {
    ROLLOUT_EVENT_HEALTHY,     /* a new version is good */
    ROLLOUT_EVENT_FAILED,      /* it failed: cause, and what is done about it (message) */
    ROLLOUT_EVENT_ROLLED_BACK, /* and the workload is back at target */
    ROLLOUT_EVENT_REFUSED,     /* the rollback was refused: message */
    ROLLOUT_EVENT_DEGRADED,    /* a good version broke */
    ROLLOUT_EVENT_RECOVERED,
    ROLLOUT_EVENT_RELEASED, /* a quarantine was ended: message says by whom */
    ROLLOUT_EVENT_KINDS
};

struct rollout_event {
    enum rollout_event_kind kind;
    int64_t at;         /* Unix seconds; the same when it is told again */
    struct cause cause; /* of ROLLOUT_EVENT_FAILED and ROLLOUT_EVENT_DEGRADED */
    struct view
        message; /* one line; of ROLLOUT_EVENT_FAILED what is done: "is not rolled back: ..." */
    struct view hash, images,
        target_images; /* target_images: of ROLLOUT_EVENT_FAILED and _ROLLED_BACK */
    int64_t target_revision;
    struct view release; /* of ROLLOUT_EVENT_ROLLED_BACK: see struct record_failure */
    bool quarantined;    /* the template is in quarantine, of ROLLOUT_EVENT_FAILED and
                            _ROLLED_BACK */
    bool audit;          /* it says what would have been done */
    bool returning; /* of ROLLOUT_EVENT_HEALTHY: it was good before, and is not a new version */
    bool notify;    /* worth a notification, not only an Event */
};

struct intention {
    enum intention_kind kind;
    int64_t next;     /* of INTENT_NOTHING: look again at this instant; 0: when something changes */
    struct view hash; /* of the template that is to be undone or paused */
    const struct snapshot_revision *target;
    int64_t slot; /* of INTENT_UNDO too: of the target; 0: its owners are not kept */
    const struct snapshot_pod *pod;
    bool prometheus; /* of INTENT_PROBE: which list */
    size_t index;
    struct rollout_event
        event; /* of INTENT_PUBLISH; of INTENT_UNDO what is told next, when anything is */
};

/* One that was never seen, or whose record was read before (taken over, then empty). */
void rollout_init(struct rollout *r, struct record *record);
void rollout_release(struct rollout *r);

/* What is to be done now that the workload looks like this. Everything it points to is valid until
 * the next call with this rollout, or as long as the snapshot and the arena are. Calling it again
 * without a result repeats itself. */
void rollout_next(struct rollout *r, const struct rollout_guard *guard,
                  const struct snapshot *snapshot, const struct brake_count *brake, int64_t now,
                  struct arena *arena, struct intention *out);

/* Tells what came of the intention that rollout_next returned last; message (one line of a refusal;
 * the Helm release of an undo that was done) are copied. */
void rollout_result(struct rollout *r, const struct intention *intention, enum outcome outcome,
                    struct view message, int64_t now);

/* And the API server asks to be left alone until that instant: what did not work is not tried again
 * before. Call it after rollout_result. */
void rollout_defer(struct rollout *r, const struct intention *intention, int64_t until);

/* The answer of an earlier INTENT_PROBE. */
void rollout_probed(struct rollout *r, bool prometheus, size_t index,
                    const struct probe_answer *answer);

#endif
