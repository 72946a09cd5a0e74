#include "rollout/notify/notification.h"

#include "base/buf.h"
#include "cmocka_all.h"
#include "rollout/limits.h"

#include <string.h>

static void slack(void **state)
{
    static const struct {
        const char *headline, *text, *body;
    } cases[] = {
        {"v2 failed", NULL, "{\"text\":\"v2 failed\"}"},
        {"v2 failed", "one\ntwo\n", "{\"text\":\"v2 failed\\n```\\none\\ntwo\\n```\"}"},
        {"a & b", "<!channel> \"x\"",
         "{\"text\":\"a &amp; b\\n```\\n&lt;!channel&gt; \\\"x\\\"\\n```\"}"},
        {"`v2`", "```\nout", "{\"text\":\"'v2'\\n```\\n'''\\nout\\n```\"}"},
        {"\x1b[1m\xff", NULL, "{\"text\":\"\\u001b[1m\xEF\xBF\xBD\"}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct notification notification = {.headline = view_of(cases[i].headline),
                                            .text = view_of(cases[i].text)};
        struct buf body;

        buf_init(&body, 4096);
        notification_write_slack(&notification, &body);
        assert_string_equal(body.p, cases[i].body);
        buf_release(&body);
    }
}

static void webhook(void **state)
{
    const struct notification all = {
        .id = VIEW("f3a1"),
        .at = 1795255200,
        .event = VIEW("RolloutFailed"),
        .severity = VIEW("warning"),
        .kind = VIEW("Deployment"),
        .namespace_ = VIEW("shop"),
        .name = VIEW("api"),
        .images = VIEW("ghcr.io/acme/api:v2"),
        .previous_images = VIEW("ghcr.io/acme/api:v1"),
        .cause = VIEW("CrashLoop"),
        .headline = VIEW("Deployment shop/api: v2 failed"),
        .text = VIEW("one\ntwo"),
    };
    struct notification few = all;
    struct buf body;

    (void)state;
    buf_init(&body, 4096);
    notification_write_webhook(&all, &body);
    assert_string_equal(
        body.p,
        "{\"apiVersion\":\"tidegate.dev/v1alpha1\",\"kind\":\"Notice\",\"id\":\"f3a1\","
        "\"time\":\"2026-11-21T10:00:00Z\",\"event\":\"RolloutFailed\",\"severity\":\"warning\","
        "\"workload\":{\"kind\":\"Deployment\",\"namespace\":\"shop\",\"name\":\"api\"},"
        "\"images\":\"ghcr.io/acme/api:v2\",\"previousImages\":\"ghcr.io/acme/api:v1\","
        "\"cause\":\"CrashLoop\",\"headline\":\"Deployment shop/api: v2 failed\","
        "\"text\":\"one\\ntwo\"}");
    few.previous_images = few.cause = few.images = few.text = (struct view){NULL, 0};
    buf_reset(&body);
    notification_write_webhook(&few, &body);
    assert_null(strstr(body.p, "mages"));
    assert_null(strstr(body.p, "cause"));
    assert_null(strstr(body.p, "text"));
    buf_release(&body);
}

/* printf '%s' '1795255200.{"id":"n-1"}' | openssl dgst -sha256 -hmac Jefe */
static void signatures(void **state)
{
    char out[NOTIFICATION_SIGNATURE];

    (void)state;
    assert_int_equal(notification_sign(VIEW("Jefe"), 1795255200, VIEW("{\"id\":\"n-1\"}"), out), 0);
    assert_string_equal(out,
                        "sha256=03430268caa81b2d39931add36e7d0143eda60417e6dab795ddc97c4c77808de");
}

static void fates(void **state)
{
    static const struct {
        unsigned status;
        enum notification_fate fate;
    } cases[] = {{0, NOTIFICATION_AGAIN},  {200, NOTIFICATION_SENT},  {204, NOTIFICATION_SENT},
                 {299, NOTIFICATION_SENT}, {302, NOTIFICATION_LOST},  {400, NOTIFICATION_LOST},
                 {404, NOTIFICATION_LOST}, {408, NOTIFICATION_AGAIN}, {429, NOTIFICATION_AGAIN},
                 {499, NOTIFICATION_LOST}, {500, NOTIFICATION_AGAIN}, {503, NOTIFICATION_AGAIN}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(notification_fate(cases[i].status), cases[i].fate);
}

static void a_message_has_a_time(void **state)
{
    const int64_t since = 5, most = LIMIT_NOTIFY_TIME * INT64_C(1000000000);

    (void)state;
    assert_true(notification_is_in_time(since, since + most - 1));
    assert_false(notification_is_in_time(since, since + most));
    assert_false(notification_is_in_time(since, since + most + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slack),
        cmocka_unit_test(webhook),
        cmocka_unit_test(signatures),
        cmocka_unit_test(fates),
        cmocka_unit_test(a_message_has_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
