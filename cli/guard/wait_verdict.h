#ifndef TG_CLI_GUARD_WAIT_VERDICT_H
#define TG_CLI_GUARD_WAIT_VERDICT_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct record;
struct record_failure;

/* Whether one version of a workload got good, by the workload and its record as they are now. Pure;
 * any thread. */

enum wait_answer {
    WAIT_ON,      /* not known yet: message says why */
    WAIT_YES,     /* it is good */
    WAIT_NO,      /* it failed, or another one is there */
    WAIT_UNKNOWN, /* nobody will ever know */
};

/* What is asked. */
struct wait_question {
    struct view version; /* for people: "v2.yaml", "revision 4"; absent: what was deployed last */
    bool available;      /* to be available is enough, before the soak is over */
};

/* The workload now. */
struct wait_sight {
    struct view uid, hash;
    int64_t generation;
    bool paused, scaled_to_zero;
    bool is_version; /* its template is the one that is asked for; with a version only */
};

/* The answer, and a line for people in the arena. `record` is NULL while there is none. *failure is
 * that of the version, when it failed; its hash then stands in `failed` (absent: not known) when
 * the caller knows it. */
enum wait_answer wait_verdict(const struct wait_question *question, const struct wait_sight *sight,
                              struct view failed, struct record *record, struct arena *arena,
                              struct view *message, const struct record_failure **failure);

#endif
