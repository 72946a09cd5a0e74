#ifndef TG_ROLLOUT_JUDGE_STATES_H
#define TG_ROLLOUT_JUDGE_STATES_H

#include "rollout/record/record.h"

#include <stddef.h>

/* The states of a rollout and what leads from one to the next: one table, from which docs/guard.md
 * has its diagram (a test holds the two together). */
enum states_input {
    INPUT_TEMPLATE,  /* another template is there */
    INPUT_HEALTHY,   /* all its pods are */
    INPUT_UNHEALTHY, /* no longer, or a container ended */
    INPUT_SOAKED,    /* healthy for `soak`, and each request and query went well since */
    INPUT_UNDO,      /* it failed, or a person asks, and there is something to go back to */
    INPUT_STAY,      /* it failed, and is not to be rolled back */
    INPUT_REFUSED,   /* the rollback cannot be done */
    INPUT_SUSPEND,   /* a person holds it */
    INPUT_RESUME,
    INPUT_SICK, /* a good one has been sick for a while */
    INPUT_WELL, /* and is well again */
    INPUTS
};

struct states_row {
    enum rollout_state from;
    enum states_input input;
    enum rollout_state to;
};

/* All rows. */
extern const struct states_row states_rows[];
extern const size_t states_row_count;

/* Where the input leads; the state itself when there is no row. Any thread. */
enum rollout_state states_next(enum rollout_state from, enum states_input input);

/* "template", "healthy", ...: as the diagram names them. */
const char *states_input_name(enum states_input input);

#endif
