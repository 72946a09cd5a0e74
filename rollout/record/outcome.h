#ifndef TG_ROLLOUT_RECORD_OUTCOME_H
#define TG_ROLLOUT_RECORD_OUTCOME_H

struct arena;
struct client_answer;
struct view;

/* What came of what was asked of the API server. */
enum outcome {
    OUTCOME_DONE,
    OUTCOME_SUPERSEDED,  /* the workload is not what was seen: look again */
    OUTCOME_UNREACHABLE, /* no answer, 429 or 5xx: later */
    OUTCOME_REFUSED,     /* for good: forbidden, invalid, denied by a webhook, target gone */
};

/* What an answer of the API server that is not a success means for whoever acts: a conflict or what
 * is gone is SUPERSEDED, no answer, 429 and 5xx are UNREACHABLE, the rest is REFUSED. *message is
 * its problem, one line in the arena. Any thread. */
enum outcome outcome_of(const struct client_answer *answer, struct arena *arena,
                        struct view *message);

#endif
