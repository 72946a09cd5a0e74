#ifndef TG_ROLLOUT_NOTIFY_NOTIFICATION_H
#define TG_ROLLOUT_NOTIFY_NOTIFICATION_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;

/* One message for people. `id` is the same whenever the same news is told again: a receiver can
 * drop what it has. */
struct notification {
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

/* Appends the body of a request: what an incoming webhook of Slack takes, the text in a code block
 * (https://docs.slack.dev/messaging/formatting-message-text); or the JSON that
 * docs/notifications.md has for any other receiver. Pure; any thread. */
void notification_write_slack(const struct notification *notification, struct buf *out);
void notification_write_webhook(const struct notification *notification, struct buf *out);

/* "sha256=" and the HMAC-SHA256 (RFC 2104) of "TIMESTAMP.BODY" in hexadecimal digits. Returns 0, or
 * -1 when memory runs out. Any thread. */
enum { NOTIFICATION_SIGNATURE = 7 + 64 + 1 };
int notification_sign(struct view key, int64_t timestamp, struct view body,
                      char out[static NOTIFICATION_SIGNATURE]);

/* What an answer says of a message: it was taken, it is worth another try, or it never will be
 * taken. status 0: no answer came. Any thread. */
enum notification_fate { NOTIFICATION_SENT, NOTIFICATION_AGAIN, NOTIFICATION_LOST };
enum notification_fate notification_fate(unsigned status);

/* Whether a message that is there since one instant of clock_monotonic_ns is still tried at another
 * one: LIMIT_NOTIFY_TIME. Any thread. */
bool notification_is_in_time(int64_t since, int64_t at);

#endif
