#ifndef TG_ROLLOUT_JUDGE_JUDGE_H
#define TG_ROLLOUT_JUDGE_JUDGE_H

#include "base/view.h"
#include "policy/guard/cause.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct rollout_guard;
struct snapshot;

/* A cause, told. */
struct cause {
    enum cause_kind kind;
    struct view message;        /* for people, one line: "container api of pod api-7f9 ended ..." */
    struct view pod, container; /* whose last words are worth telling; absent: nobody's */
    bool previous;              /* they are those of the container's last life */
};

/* How the requests and queries of a rollout went: http[i] is of the guard's http[i]. */
struct probe_state {
    int64_t asked;    /* when the last one was sent; 0: never */
    bool awaited;     /* its answer is */
    int64_t answered; /* when the last answer came; 0: never */
    bool ok;          /* what it was */
    bool no_data; /* it tells nothing: neither ok nor a failure (rollout/judge/probe_result.h) */
    unsigned failures; /* in a row */
    char message[256]; /* about the last answer: "503 Service Unavailable", "0.31 > 0.05" */
};

/* What became of one request or query. */
struct probe_answer {
    int64_t asked, at; /* when the question was put, and when the answer came */
    bool ok, no_data;
    char message[256];
};

/* As many as the guard has (rollout/judge/probe_schedule.h), in one block that begins with http. */
struct probes {
    struct probe_state *http, *prometheus;
    size_t http_count, prometheus_count;
};

/* What one look at a workload comes to. */
struct judgement {
    bool suspended;  /* nobody can judge it: paused, scaled to nothing, OnDelete, not observed */
    struct view why; /* it is suspended, one line */
    bool healthy;    /* what kubectl rollout status calls done, at this instant */
    struct cause missing; /* of kind CAUSE_DEADLINE: what it is not healthy for; else CAUSE_NONE */
    struct cause cause;   /* of the first signal that is met; kind is CAUSE_NONE when none is */
    int64_t next;         /* a signal that is underway can be met at this instant; 0: none is */
    unsigned exits;       /* of all its containers */
    unsigned flaps;       /* of all its pods */
    bool backoff;         /* a container waits in back-off for its next start */
    bool any_ready;       /* one of its pods is ready */
};

/* Judges what is seen by the guard's signals, but for the deadline and a person's word. `need` is
 * how many pods of the new template have to be available: no more than there were to be when it
 * began, since scaling is not a failure. The message is in the arena; where it is full they are
 * absent, and all else holds. Pure; any thread.
 * k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go */
void judge(const struct rollout_guard *guard, const struct snapshot *snapshot,
           const struct probes *probes, int64_t need, int64_t now, struct arena *arena,
           struct judgement *out);

#endif
