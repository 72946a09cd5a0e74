#ifndef TG_ROLLOUT_RECORD_OUTCOME_H
#define TG_ROLLOUT_RECORD_OUTCOME_H

#include "rollout/judge/rollout.h"

struct arena;
struct client_answer;
struct view;

/* What an answer of the API server that is not a success means for whoever acts: a conflict or what
 * is gone is SUPERSEDED, no answer, 429 and 5xx are UNREACHABLE, the rest is REFUSED. *words is its
 * problem, one line in the arena. Any thread. */
enum outcome outcome_of(const struct client_answer *answer, struct arena *arena,
                        struct view *words);

#endif
