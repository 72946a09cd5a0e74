#include "rollout/notify/notifier.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "cmocka_all.h"
#include "rollout/limits.h"
#include "unit/rollout/loopback.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAKEN   "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok"
#define BROKEN  "HTTP/1.1 500 Oh\r\nConnection: close\r\n\r\n"
#define REFUSED "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nCannot POST /s3cret"

static char folder[] = "/tmp/test-notifier-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* A receiver on loopback, a notifier that knows it, and its log. */
struct scene {
    struct loopback l;
    struct log *log;
    int log_fd;
    struct notifier *n;
};

static void scene_start(struct scene *s, const char *kind, const struct loopback_reply *replies,
                        size_t count)
{
    char url[80], path[32];

    *s = (struct scene){.l = {.replies = replies, .count = count}};
    loopback_start(&s->l);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/s3cret\n", s->l.port);
    snprintf(path, sizeof(path), "ops.%s", kind);
    write_file(path, url);
    s->log_fd = open("log", O_RDWR | O_CREAT | O_TRUNC, 0600);
    s->log = log_create(s->log_fd, LOG_TEXT);
    s->n = notifier_start(".", s->log);
    assert_non_null(s->n);
}

/* Ends the notifier; the log is then whole. */
static void scene_end(struct scene *s, char *log, size_t room)
{
    ssize_t n;

    notifier_stop(s->n);
    log_free(s->log);
    n = pread(s->log_fd, log, room - 1, 0);
    log[n] = '\0';
    close(s->log_fd);
    assert_null(strstr(log, "s3cret"));
    unlink("log");
    unlink("ops.slack");
    unlink("ops.webhook");
    unlink("ops.key");
}

static void scene_stop(struct scene *s)
{
    char log[4096];

    scene_end(s, log, sizeof(log));
    loopback_stop(&s->l);
}

static void send_id(struct scene *s, const char *id)
{
    const struct notification notification = {.id = view_of(id),
                                              .at = 1795255200,
                                              .event = VIEW("RolledBack"),
                                              .severity = VIEW("info"),
                                              .kind = VIEW("Deployment"),
                                              .namespace_ = VIEW("shop"),
                                              .name = VIEW("api"),
                                              .headline = VIEW("it is back"),
                                              .text = VIEW("all is well")};

    notifier_send(s->n, VIEW("ops"), &notification);
}

/* Until the counts are those. */
static void await(struct scene *s, uint64_t sent, uint64_t dropped)
{
    struct notifier_counts c;

    do {
        usleep(1000);
        c = notifier_count(s->n);
    } while (c.sent < sent || c.dropped < dropped);
    assert_int_equal(c.sent, sent);
    assert_int_equal(c.dropped, dropped);
}

static void slack(void **state)
{
    static const struct loopback_reply reply = {.text = TAKEN};
    struct scene s;

    (void)state;
    scene_start(&s, "slack", &reply, 1);
    write_file("ops.key", "not for Slack\n");
    send_id(&s, "n-1");
    await(&s, 1, 0);
    loopback_await(&s.l, 1);
    assert_true(view_starts(buf_view(&s.l.heard), "POST /s3cret HTTP/1.1\r\n"));
    assert_non_null(strstr(s.l.heard.p, "\r\nContent-Type: application/json\r\n"));
    assert_null(strstr(s.l.heard.p, "X-Tidegate"));
    assert_true(view_ends(buf_view(&s.l.heard),
                          "\r\n\r\n{\"text\":\"it is back\\n```\\nall is well\\n```\"}"));
    scene_stop(&s);
}

/* The receiver's side of docs/notifications.md. */
static void check_signature(const char *heard, const char *key)
{
    const char *timestamp = strstr(heard, "\r\nX-Tidegate-Timestamp: ") + 24;
    const char *signature = strstr(heard, "\r\nX-Tidegate-Signature: ") + 24;
    const char *body = strstr(heard, "\r\n\r\n") + 4;
    char expected[NOTIFICATION_SIGNATURE];

    assert_int_equal(
        notification_sign(view_of(key), strtoll(timestamp, NULL, 10), view_of(body), expected), 0);
    assert_memory_equal(signature, expected, strlen(expected));
}

static void a_signed_webhook(void **state)
{
    static const struct loopback_reply reply = {.text = TAKEN};
    struct scene s;

    (void)state;
    scene_start(&s, "webhook", &reply, 1);
    write_file("ops.key", "a key\n");
    send_id(&s, "n-1");
    await(&s, 1, 0);
    loopback_await(&s.l, 1);
    assert_non_null(strstr(s.l.heard.p, "\r\nX-Tidegate-Event: RolledBack\r\n"));
    assert_non_null(strstr(s.l.heard.p, "\r\nX-Tidegate-Delivery: n-1\r\n"));
    assert_non_null(strstr(s.l.heard.p, "\"kind\":\"Notice\",\"id\":\"n-1\""));
    check_signature(s.l.heard.p, "a key");
    scene_stop(&s);
}

static void without_a_key_nothing_is_signed(void **state)
{
    static const struct loopback_reply reply = {.text = TAKEN};
    struct scene s;

    (void)state;
    scene_start(&s, "webhook", &reply, 1);
    send_id(&s, "n\r\n1");
    await(&s, 1, 0);
    loopback_await(&s.l, 1);
    assert_non_null(strstr(s.l.heard.p, "\r\nX-Tidegate-Delivery: n??1\r\n"));
    assert_null(strstr(s.l.heard.p, "Signature"));
    scene_stop(&s);
}

/* A failure is told once, and its end. */
static void it_is_tried_again(void **state)
{
    static const struct loopback_reply replies[] = {
        {.text = BROKEN}, {.text = BROKEN}, {.text = TAKEN}};
    struct scene s;
    char log[4096], *first;

    (void)state;
    scene_start(&s, "slack", replies, 3);
    send_id(&s, "n-1");
    await(&s, 1, 0);
    assert_int_equal(notifier_count(s.n).retried, 2);
    scene_end(&s, log, sizeof(log));
    first = strstr(log, "warning notifier_fails notifier=\"ops\" error=\"it answers 500\"");
    assert_non_null(first);
    assert_null(strstr(first + 20, "notifier_fails"));
    assert_non_null(strstr(first, "info notifier_recovers notifier=\"ops\""));
    loopback_stop(&s.l);
}

static void a_refusal_is_for_good(void **state)
{
    static const struct loopback_reply reply = {.text = REFUSED};
    struct scene s;
    char log[4096];

    (void)state;
    scene_start(&s, "webhook", &reply, 1);
    send_id(&s, "n-1");
    await(&s, 0, 1);
    scene_end(&s, log, sizeof(log));
    assert_int_equal(s.l.requests, 1);
    assert_non_null(strstr(log, "error=\"it answers 404\""));
    loopback_stop(&s.l);
}

static void the_same_news_is_told_once(void **state)
{
    static const struct loopback_reply reply = {.text = TAKEN};
    struct scene s;
    char id[16];

    (void)state;
    scene_start(&s, "slack", &reply, 1);
    send_id(&s, "n-1");
    send_id(&s, "n-1");
    for (int i = 2; i <= LIMIT_NOTICES; i++) {
        snprintf(id, sizeof(id), "n-%d", i);
        send_id(&s, id);
        await(&s, (uint64_t)i, 0);
    }
    send_id(&s, "n-1"); /* it is among the last LIMIT_NOTICES */
    send_id(&s, "n-x"); /* it takes its place */
    await(&s, LIMIT_NOTICES + 1, 0);
    send_id(&s, "n-1");
    await(&s, LIMIT_NOTICES + 2, 0);
    scene_stop(&s);
}

/* One is underway, LIMIT_NOTICES wait, and the next takes the place of the oldest of those. */
static void the_queue_has_a_limit(void **state)
{
    static const struct loopback_reply reply = {.hold = true};
    struct scene s;
    char id[16], log[4096];

    (void)state;
    scene_start(&s, "slack", &reply, 1);
    send_id(&s, "n-0");
    loopback_await(&s.l, 1);
    for (int i = 1; i <= LIMIT_NOTICES + 1; i++) {
        snprintf(id, sizeof(id), "n-%d", i);
        send_id(&s, id);
        assert_int_equal(notifier_count(s.n).dropped, i > LIMIT_NOTICES ? 1 : 0);
    }
    scene_end(&s, log, sizeof(log));
    loopback_stop(&s.l);
}

static void a_message_has_a_size(void **state)
{
    static const struct loopback_reply reply = {.text = TAKEN};
    char *text = mem_alloc(LIMIT_NOTICE);
    struct scene s;

    (void)state;
    memset(text, 'x', LIMIT_NOTICE);
    scene_start(&s, "slack", &reply, 1);
    for (size_t i = 0; i < 2; i++) {
        /* An arena takes its memory in pieces. */
        size_t n = i == 0 ? LIMIT_NOTICE / 2 - 64 : LIMIT_NOTICE;
        const struct notification notification = {.id = i == 0 ? VIEW("a") : VIEW("b"),
                                                  .text = {text, n}};

        notifier_send(s.n, VIEW("ops"), &notification);
    }
    await(&s, 1, 1);
    scene_stop(&s);
    mem_free(text);
}

/* One that takes nothing holds up none but its own. */
static void receivers_stand_apart(void **state)
{
    static const struct loopback_reply taken = {.text = TAKEN};
    const struct notification notification = {.id = VIEW("n-1"), .headline = VIEW("x")};
    struct scene s;

    (void)state;
    write_file("sick.slack", "http://127.0.0.1:1/s3cret");
    scene_start(&s, "slack", &taken, 1);
    notifier_send(s.n, VIEW("sick"), &notification);
    notifier_send(s.n, VIEW("gone"), &notification);
    send_id(&s, "n-1");
    await(&s, 1, 0);
    scene_stop(&s);
    unlink("sick.slack");
}

/* What is underway has LIMIT_NOTIFY_STOP, and no more. */
static void the_end_is_waited_for(void **state)
{
    static const struct loopback_reply hold = {.hold = true};
    struct scene s;
    char log[4096];
    int64_t began;

    (void)state;
    assert_true(LIMIT_NOTIFY_TRY > LIMIT_NOTIFY_STOP);
    scene_start(&s, "slack", &hold, 1);
    send_id(&s, "n-1");
    loopback_await(&s.l, 1);
    began = clock_monotonic_ns();
    scene_end(&s, log, sizeof(log));
    assert_true(clock_monotonic_ns() - began >= LIMIT_NOTIFY_STOP * INT64_C(1000000000));
    loopback_stop(&s.l);
}

static void what_waits_is_sent_at_the_end(void **state)
{
    static const struct loopback_reply reply = {.text = TAKEN};
    struct scene s;
    char log[4096];

    (void)state;
    scene_start(&s, "slack", &reply, 1);
    for (int i = 0; i < 5; i++)
        send_id(&s, (const char *[]){"a", "b", "c", "d", "e"}[i]);
    scene_end(&s, log, sizeof(log));
    loopback_await(&s.l, 5);
    loopback_stop(&s.l);
}

static void names(void **state)
{
    static const struct {
        const char *dir, *name, *why;
    } cases[] = {
        {".", "there", NULL},
        {".", "hook", NULL},
        {".", "no-such",
         "there is no notifier \"no-such\": \".\" has neither no-such.slack nor "
         "no-such.webhook"},
        {".", "", "\"\" is not a name of a notifier"},
        {".", "../there", "\"../there\" is not a name of a notifier"},
        {NULL, "there", "there are no notifiers, since no directory of them is named"},
    };

    (void)state;
    write_file("there.slack", "http://127.0.0.1:1/");
    write_file("hook.webhook", "http://127.0.0.1:1/");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct notifier *n = notifier_start(cases[i].dir, NULL);
        struct buf why;

        buf_init(&why, 256);
        assert_int_equal(notifier_knows(n, view_of(cases[i].name), &why), cases[i].why == NULL);
        assert_true(view_eq_str(buf_view(&why), cases[i].why ? cases[i].why : ""));
        buf_release(&why);
        notifier_stop(n);
    }
    unlink("there.slack");
    unlink("hook.webhook");
}

/* A key that cannot be used must not lead to an unsigned message. */
static void files_that_are_of_no_use(void **state)
{
    static const struct loopback_reply reply = {.text = TAKEN};
    static const struct {
        const char *file, *error;
    } cases[] = {{"ops.webhook", "error=\"\\\"./ops.webhook\\\" cannot be used: it is empty\""},
                 {"ops.key", "error=\"\\\"./ops.key\\\" cannot be used: it is empty\""}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene s;
        char log[4096];

        scene_start(&s, "webhook", &reply, 1);
        write_file(cases[i].file, "\n");
        send_id(&s, "n-1");
        while (notifier_count(s.n).retried == 0)
            usleep(1000);
        scene_end(&s, log, sizeof(log));
        assert_non_null(strstr(log, cases[i].error));
        assert_int_equal(s.l.requests, 0);
        loopback_stop(&s.l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slack),
        cmocka_unit_test(a_signed_webhook),
        cmocka_unit_test(without_a_key_nothing_is_signed),
        cmocka_unit_test(it_is_tried_again),
        cmocka_unit_test(a_refusal_is_for_good),
        cmocka_unit_test(the_same_news_is_told_once),
        cmocka_unit_test(the_queue_has_a_limit),
        cmocka_unit_test(a_message_has_a_size),
        cmocka_unit_test(receivers_stand_apart),
        cmocka_unit_test(the_end_is_waited_for),
        cmocka_unit_test(what_waits_is_sent_at_the_end),
        cmocka_unit_test(names),
        cmocka_unit_test(files_that_are_of_no_use),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
