#ifndef TG_ROLLOUT_NOTIFY_PUBLISH_H
#define TG_ROLLOUT_NOTIFY_PUBLISH_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct client;
struct kube;
struct rollout_event;
struct notifier;
struct rollout_guard;
struct snapshot;

/* Where events of rollouts go: an Event on the workload, the notifiers that its guard names, and a
 * line of the decision log. */
struct publish {
    const struct kube *kube;
    bool no_pod_logs; /* the last words of containers are not read */
    struct client *client;
    struct notifier *notifier;
    void (*decided)(void *ctx, struct view line); /* one line of the decision log */
    void *ctx;
};

/* Publishes one event of a workload, whose Event has the instant `at`, with the last lines of the
 * log of its container; NULL: they were not read yet. An Event that cannot be written within
 * LIMIT_KUBE_TELL seconds is dropped: the record has it. Returns 0; or -1 when memory runs out and
 * nothing was published. One thread a client. */
int publish_event(const struct publish *t, const struct rollout_guard *guard,
                  const struct snapshot *snapshot, const struct rollout_event *event,
                  const struct view *last_words, int64_t now, int64_t at, struct arena *arena);

#endif
