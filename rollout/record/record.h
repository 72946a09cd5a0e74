#ifndef TG_ROLLOUT_RECORD_RECORD_H
#define TG_ROLLOUT_RECORD_RECORD_H

#include "base/arena.h"
#include "base/view.h"
#include "rollout/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* What is known of one workload for as long as it is guarded: which of its templates were healthy,
 * which failed, and what was decided. It is kept as JSON in a ConfigMap of Tidegate's own
 * namespace, which a person who may only edit workloads cannot write, and names templates by their
 * hash, since annotations wander between a Deployment and its ReplicaSets. Docs:
 * docs/decisions/012-records-in-configmaps.md. */

enum rollout_state {
    ROLLOUT_NONE,         /* not seen yet */
    ROLLOUT_PROGRESSING,  /* a new template, not healthy yet */
    ROLLOUT_SOAKING,      /* healthy, not for long enough */
    ROLLOUT_HEALTHY,      /* good */
    ROLLOUT_DEGRADED,     /* was good, and is sick without a new template */
    ROLLOUT_SUSPENDED,    /* a person holds it: paused, no replicas, OnDelete */
    ROLLOUT_ROLLING_BACK, /* it failed, and it is decided to which revision it goes back */
    ROLLOUT_FAILED,       /* it failed, and was not rolled back */
    ROLLOUT_STATES
};

/* A template that was seen healthy for `soak`. */
struct record_good {
    struct view hash, images;
    int64_t at;     /* Unix seconds, the last time it became good */
    int64_t owners; /* the slot (owners_api.h) that has its fields' owners; 0: they are not kept
                       yet, -1: they cannot be */
};

/* A template that failed. */
struct record_failure {
    struct view hash, images;
    struct view cause;                 /* cause_name() */
    struct view message;               /* one or more lines for people */
    int64_t at;                        /* when it was decided */
    struct view target, target_images; /* the template it was to go back to; absent: none */
    bool undone; /* the undo was done, or the workload left it otherwise after that was decided */
    bool again;  /* and had been undone before: it is not undone once more but by a person's word */
    bool quarantined;
    bool owed;           /* when it is undone, the target's fields go back to their owners */
    struct view release; /* NAMESPACE/NAME of the Helm release that still has this version, when the
                            undo could not reach that; absent: there is none */
};

/* A line of its history. One that is news is there untold first, so that a kill loses none. */
struct record_step {
    int64_t at;
    struct view what;           /* "Deployed", "Failed", "RolledBack", ... */
    struct view hash, images;   /* of the template that it is about */
    struct view message;        /* why */
    struct view done;           /* and what is done about it; of "Failed" */
    struct view cause;          /* cause_name(), or absent */
    struct view pod, container; /* whose last words are worth telling, as struct cause has them */
    bool previous;
    bool returning; /* of "Healthy": it was good before */
    bool untold;
};

struct record {
    struct arena arena; /* owns what the views show */
    struct view kind, namespace_, name, uid;
    struct view guard; /* the RolloutGuard's name */
    struct view hash, images;
    struct view restarted; /* when kubectl restarted it last, as the workload says */
    int64_t generation;    /* metadata.generation that all of this is about */
    enum rollout_state state;
    int64_t since;       /* the state */
    int64_t begun;       /* when this template was first seen: the deadline counts from here */
    bool returning;      /* it was good before: it is not rolled back again */
    bool restart;        /* it is that good version, restarted */
    int64_t need;        /* pods of it that have to be available: see judge() */
    int64_t obeyed;      /* of the newest rollback order that was dealt with */
    struct view message; /* why it is in this state; absent: as it should be */
    struct record_good goods[LIMIT_RECORD_GOODS]; /* oldest first */
    size_t good_count;
    struct record_failure failures[LIMIT_RECORD_FAILURES]; /* oldest first, one a template */
    size_t failure_count;
    struct record_step history[LIMIT_RECORD_HISTORY]; /* oldest first */
    size_t history_count;
};

/* "Progressing", "Soaking", ...: as `tidegate status` and metrics name them. */
const char *rollout_state_name(enum rollout_state state);

/* The name of the ConfigMap of one workload: it follows from kind, namespace and name alone, so
 * that a workload that is deleted and created again finds its quarantine. p == NULL when memory
 * runs out.
 */
struct view record_name(struct view kind, struct view namespace_, struct view name,
                        struct arena *arena);

/* The name of the object that keeps the owners of a healthy version (owners_api.h), one of
 * RECORD_OWNERS_SLOTS of the workload, counted from 1; likewise. */
enum { RECORD_OWNERS_SLOTS = 3 };
struct view record_owners_name(struct view kind, struct view namespace_, struct view name,
                               int64_t slot, struct arena *arena);

/* An empty one. */
void record_init(struct record *r);
void record_release(struct record *r);

/* Reads JSON text into an empty one, copying it; long strings are cut, and of too many entries the
 * oldest left out. Returns 0; or, with *problem (a constant) and *r empty again, 1 when it is no
 * record, and -1 when memory runs out, so that this is not known. Unknown keys are left out. Any
 * thread. */
int record_read(struct view text, struct record *r, const char **problem);

/* Appends it as JSON text, of at most LIMIT_RECORD bytes. */
void record_write(const struct record *r, struct buf *out);

/* Gives back the memory of what was replaced. The views in it move. When memory runs out nothing
 * happens. */
void record_compact(struct record *r);

/* Makes *to, a view in the record, a copy of v, cut to LIMIT_RECORD_TEXT. Returns -1, *to as it
 * was, when memory runs out. */
int record_keep(struct record *r, struct view *to, struct view v);

/* The entry of a template, or NULL. */
struct record_good *record_good(struct record *r, struct view hash);
struct record_failure *record_failure(struct record *r, struct view hash);

/* Adds an entry as the newest (the oldest one makes room); that of the same template goes. Views
 * are copied, the message of a step cut to LIMIT_RECORD_STEP, other texts to LIMIT_RECORD_TEXT.
 * Returns -1, nothing changed, when memory runs out. */
int record_add_good(struct record *r, const struct record_good *good);
int record_add_failure(struct record *r, const struct record_failure *failure);
int record_add_step(struct record *r, const struct record_step *step);

/* A slot for the owners of a template that became good: a free one, or that of the template that
 * has not been good for longest, which then has none any more. */
int64_t record_take_slot(struct record *r);

/* Forgets the failure of a template: it may be tried again. */
void record_forgive(struct record *r, struct view hash);

#endif
