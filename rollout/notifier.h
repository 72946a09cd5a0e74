#ifndef TG_ROLLOUT_NOTIFIER_H
#define TG_ROLLOUT_NOTIFIER_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct log;
struct notifier;

/* Sends news to people, from a thread of its own: retried, each once, never in the way. DIR holds
 * a file a notifier: NAME.slack has the URL of a Slack incoming webhook, NAME.webhook that of any
 * other receiver, NAME.key the secret that the latter's requests are signed with (HMAC-SHA256,
 * docs/guard.md). Files are read for each message, so that a mounted Secret can change. */
struct notifier *notifier_start(const char *dir, struct log *log); /* dir NULL: there are none */
void notifier_stop(struct notifier *n); /* gives what is underway LIMIT_NOTIFY_STOP; NULL allowed */

/* Whether there is one of that name now; else appends why not. */
bool notifier_knows(struct notifier *n, struct view name, struct buf *why);

/* One message. `id` is the same whenever the same news is told again: a receiver can drop what it
 * has, and so does the notifier, as far as it remembers. */
struct notice {
    struct view id;
    int64_t at;
    struct view event;    /* "RolloutFailed" */
    struct view severity; /* "info" or "warning" */
    struct view kind, namespace_, name;
    struct view images, previous_images; /* what is there now, what was */
    struct view cause;                   /* cause_name(), or absent */
    struct view headline;                /* one line */
    struct view text;                    /* all of it */
};

/* Queues it for the notifier of that name; everything is copied. Past LIMIT_NOTICES the oldest is
 * given up and counted. Never waits. Any thread. */
void notifier_send(struct notifier *n, struct view name, const struct notice *notice);

/* How many were sent, tried again, given up. Any thread. */
struct notifier_counts {
    uint64_t sent, retried, dropped;
};
struct notifier_counts notifier_count(struct notifier *n);

#endif
