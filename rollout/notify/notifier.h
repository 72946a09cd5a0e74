#ifndef TG_ROLLOUT_NOTIFY_NOTIFIER_H
#define TG_ROLLOUT_NOTIFY_NOTIFIER_H

#include "base/view.h"
#include "rollout/notify/notification.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct log;
struct notifier;

/* Sends news to people, from a thread of its own: retried, each once, never in the way. DIR holds
 * a file a notifier: NAME.slack has the URL of a Slack incoming webhook, NAME.webhook that of any
 * other receiver, NAME.key the secret that the latter's requests are signed with
 * (docs/notifications.md). Files are read for each try, so that a mounted Secret can change. A
 * receiver that fails is left alone for a while, as backoff_wait has it, and holds up no other; a
 * message is given up after LIMIT_NOTIFY_TIME, or when its receiver refuses it. That a receiver
 * begins to fail and takes messages again is logged, without its URL.
 * dir and log outlive it; dir NULL: there are none. NULL when memory or threads are out. */
struct notifier *notifier_start(const char *dir, struct log *log);

/* Tries what waits once more, for LIMIT_NOTIFY_STOP at most. NULL is allowed. */
void notifier_stop(struct notifier *n);

/* Whether there is one of that name now; else appends why not. */
bool notifier_knows(struct notifier *n, struct view name, struct buf *why);

/* Queues it for the notifier of that name; everything is copied. One whose id and name were among
 * the last LIMIT_NOTICES is dropped as told. Past LIMIT_NOTICES that wait the oldest is given up.
 * Never waits. Any thread. */
void notifier_send(struct notifier *n, struct view name, const struct notification *notification);

/* How many were taken, how many tries failed and were worth another, how many messages were given
 * up. Any thread. */
struct notifier_counts {
    uint64_t sent, retried, dropped;
};
struct notifier_counts notifier_count(struct notifier *n);

#endif
