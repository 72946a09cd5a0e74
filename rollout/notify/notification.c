#include "rollout/notify/notification.h"

#include "base/buf.h"
#include "base/text/quote.h"
#include "base/time/timefmt.h"
#include "rollout/limits.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

/* Slack's own characters, and what would end a code block. */
static void write_mrkdwn(struct view text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '&': buf_add_str(out, "&amp;"); break;
        case '<': buf_add_str(out, "&lt;"); break;
        case '>': buf_add_str(out, "&gt;"); break;
        case '`': buf_add_char(out, '\''); break;
        default: buf_add_char(out, text.p[i]);
        }
    }
}

void notification_write_slack(const struct notification *notification, struct buf *out)
{
    struct buf text;

    buf_init(&text, out->limit);
    write_mrkdwn(notification->headline, &text);
    if (notification->text.n > 0) {
        buf_add_str(&text, "\n```\n");
        write_mrkdwn(view_trim(notification->text), &text);
        buf_add_str(&text, "\n```");
    }
    buf_add_str(out, "{\"text\":");
    quote_json(out, buf_view(&text));
    buf_add_char(out, '}');
    out->failed |= text.failed;
    buf_release(&text);
}

static void write_member(const char *key, struct view value, struct buf *out)
{
    if (!value.p)
        return;
    buf_printf(out, ",\"%s\":", key);
    quote_json(out, value);
}

void notification_write_webhook(const struct notification *notification, struct buf *out)
{
    char time[TIMEFMT_ROOM];

    buf_add_str(out, "{\"apiVersion\":\"tidegate.dev/v1alpha1\",\"kind\":\"Notice\"");
    write_member("id", notification->id, out);
    write_member("time", view_of(timefmt_rfc3339(notification->at, NULL, time)), out);
    write_member("event", notification->event, out);
    write_member("severity", notification->severity, out);
    buf_add_str(out, ",\"workload\":{\"kind\":");
    quote_json(out, notification->kind);
    write_member("namespace", notification->namespace_, out);
    write_member("name", notification->name, out);
    buf_add_char(out, '}');
    write_member("images", notification->images, out);
    write_member("previousImages", notification->previous_images, out);
    write_member("cause", notification->cause, out);
    write_member("headline", notification->headline, out);
    write_member("text", notification->text, out);
    buf_add_char(out, '}');
}

int notification_sign(struct view key, int64_t timestamp, struct view body,
                      char out[static NOTIFICATION_SIGNATURE])
{
    unsigned char mac[32];
    unsigned size = 0;
    struct buf text;

    buf_init(&text, body.n + 32);
    buf_printf(&text, "%lld.", (long long)timestamp);
    buf_add(&text, body);
    if (!text.failed)
        HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)text.p, text.n, mac, &size);
    buf_release(&text);
    if (size != sizeof(mac))
        return -1;
    snprintf(out, NOTIFICATION_SIGNATURE, "sha256=");
    for (size_t i = 0; i < sizeof(mac); i++)
        snprintf(out + 7 + 2 * i, 3, "%02x", mac[i]);
    return 0;
}

enum notification_fate notification_fate(unsigned status)
{
    if (status >= 200 && status <= 299)
        return NOTIFICATION_SENT;
    return status == 0 || status == 408 || status == 429 || status >= 500 ? NOTIFICATION_AGAIN
                                                                          : NOTIFICATION_LOST;
}

bool notification_is_in_time(int64_t since, int64_t at)
{
    return at - since < LIMIT_NOTIFY_TIME * INT64_C(1000000000);
}
