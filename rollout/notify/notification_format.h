#ifndef TG_ROLLOUT_NOTIFY_NOTIFICATION_FORMAT_H
#define TG_ROLLOUT_NOTIFY_NOTIFICATION_FORMAT_H

#include "base/view.h"
#include "rollout/notify/notification.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct http_fetch;

/* One try to send a notice to a notifier, a file or two of a directory (rollout/notify/notifier.h).
 */
enum { NOTIFIER_NAME = 64, NOTIFICATION_PROBLEM = 512 };

/* Letters, digits, '-' and '_', shorter than NOTIFIER_NAME: no way out of the directory. */
bool notifier_is_name(struct view name);

/* Whether there is a notifier of that name now; else appends why not. dir may be NULL. Any thread.
 */
bool notifier_is_configured(const char *dir, struct view name, struct buf *why);

/* Sends it. Unless it was sent the problem is one line without the URL or key, which are read and
 * wiped; *retry_after is milliseconds, 0: the receiver does not say. The thread of the fetch. */
enum notification_fate notification_send(struct http_fetch *fetch, const char *dir,
                                         const char *name, const struct notification *notification,
                                         char problem[static NOTIFICATION_PROBLEM],
                                         int64_t *retry_after);

#endif
