#include "rollout/notify/notification_format.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/sys/secret.h"
#include "rollout/act/http_fetch.h"
#include "rollout/limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096 };

/* --- files ------------------------------------------------------------------------------------ */

/* No way out of the directory, whatever a rule file says. */
bool notifier_is_name(struct view name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= 'A' && name.p[i] <= 'Z') ||
              (name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == '-' || name.p[i] == '_'))
            return false;
    return name.n > 0 && name.n < NOTIFIER_NAME;
}

static const char *path_of(const char *dir, const char *name, const char *kind,
                           char path[static PATH])
{
    snprintf(path, PATH, "%s/%s.%s", dir, name, kind);
    return path;
}

static bool has(const char *dir, const char *name, const char *kind)
{
    char path[PATH];

    return access(path_of(dir, name, kind, path), F_OK) == 0;
}

bool notifier_is_configured(const char *dir, struct view name, struct buf *why)
{
    char copy[NOTIFIER_NAME];

    if (!dir) {
        buf_add_str(why, "there are no notifiers, since no directory of them is named");
        return false;
    }
    if (!notifier_is_name(name)) {
        buf_printf(why, "\"%.*s\" is not a name of a notifier", VIEW_ARGS(name));
        return false;
    }
    snprintf(copy, sizeof(copy), "%.*s", VIEW_ARGS(name));
    if (has(dir, copy, "slack") || has(dir, copy, "webhook"))
        return true;
    buf_printf(why, "there is no notifier \"%s\": \"%s\" has neither %s.slack nor %s.webhook", copy,
               dir, copy, copy);
    return false;
}

/* --- one try ---------------------------------------------------------------------------------- */

/* What a try needs; the URL and the key are wiped. */
struct
try {
    struct buf url, key, body;
    bool slack;
    char lines[4][256];
    const char *headers[6];
    char problem[NOTIFICATION_PROBLEM];
};

/* A value of a header that is one, whatever an id has. */
static void add_header(struct try *t, size_t i, const char *name, struct view value)
{
    snprintf(t->lines[i], sizeof(t->lines[i]), "%s: %.*s", name, VIEW_ARGS(value));
    for (char *p = t->lines[i]; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7F)
            *p = '?';
    t->headers[i + 1] = t->lines[i];
}

static int sign(struct try *t, const struct notification *notification)
{
    char signature[NOTIFICATION_SIGNATURE], timestamp[32];
    int64_t now = clock_wall();

    add_header(t, 0, "X-Tidegate-Event", notification->event);
    add_header(t, 1, "X-Tidegate-Delivery", notification->id);
    snprintf(timestamp, sizeof(timestamp), "%lld", (long long)now);
    add_header(t, 2, "X-Tidegate-Timestamp", view_of(timestamp));
    if (t->key.n == 0)
        return 0;
    if (notification_sign(buf_view(&t->key), now, buf_view(&t->body), signature) < 0)
        return -1;
    add_header(t, 3, "X-Tidegate-Signature", view_of(signature));
    return 0;
}

/* A key that is there but cannot be read, or is empty, must not lead to an unsigned message. */
static int read_files(const char *dir, const char *name, struct try *t)
{
    char path[PATH];
    int error;

    t->slack = has(dir, name, "slack");
    path_of(dir, name, t->slack ? "slack" : "webhook", path);
    error = secret_read(path, &t->url);
    if (error == 0 && t->url.n > 0 && !t->slack && has(dir, name, "key")) {
        path_of(dir, name, "key", path);
        error = secret_read(path, &t->key);
        if (error == 0 && t->key.n == 0)
            error = ENODATA;
    }
    if (error == 0 && t->url.n > 0)
        return 0;
    snprintf(t->problem, sizeof(t->problem), "\"%.256s\" cannot be used: %s", path,
             error == 0 || error == ENODATA ? "it is empty" : strerror(error));
    return -1;
}

static int prepare(const char *dir, const char *name, const struct notification *notification,
                   struct try *t)
{
    t->headers[0] = "Content-Type: application/json";
    if (read_files(dir, name, t) < 0)
        return -1;
    if (t->slack)
        notification_write_slack(notification, &t->body);
    else
        notification_write_webhook(notification, &t->body);
    if (!t->body.failed && (t->slack || sign(t, notification) == 0))
        return 0;
    snprintf(t->problem, sizeof(t->problem), "out of memory");
    return -1;
}

/* The answer's body is not shown: it may repeat the path, which is a secret. */
static enum notification_fate post(struct http_fetch *fetch, struct try *t, int64_t *retry_after)
{
    struct http_fetch_request request = {.url = t->url.p,
                                         .headers = t->headers,
                                         .body = buf_view(&t->body),
                                         .seconds = LIMIT_NOTIFY_TRY};
    struct http_fetch_answer answer = {0};
    int status;

    buf_init(&answer.body, LIMIT_FETCH_BODY);
    status = http_fetch_do(fetch, &request, &answer);
    *retry_after = answer.retry_after;
    if (status < 0)
        snprintf(t->problem, sizeof(t->problem), "%s", answer.problem);
    else
        snprintf(t->problem, sizeof(t->problem), "it answers %u", answer.status);
    buf_release(&answer.body);
    return notification_fate(answer.status);
}

enum notification_fate notification_send(struct http_fetch *fetch, const char *dir,
                                         const char *name, const struct notification *notification,
                                         char problem[static NOTIFICATION_PROBLEM],
                                         int64_t *retry_after)
{
    struct try t = {0};
    enum notification_fate fate = NOTIFICATION_AGAIN;

    buf_init(&t.url, LIMIT_TOKEN);
    buf_init(&t.key, LIMIT_TOKEN);
    buf_init(&t.body, 8 * LIMIT_NOTICE);
    *retry_after = 0;
    if (prepare(dir, name, notification, &t) == 0)
        fate = post(fetch, &t, retry_after);
    snprintf(problem, NOTIFICATION_PROBLEM, "%s", t.problem);
    secret_wipe(&t.url);
    secret_wipe(&t.key);
    buf_release(&t.url);
    buf_release(&t.key);
    buf_release(&t.body);
    return fate;
}
