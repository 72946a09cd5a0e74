#include "rollout/notify/event_text.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/sys/file.h"
#include "cmocka_all.h"
#include "kube/limits.h"
#include "policy/limits.h"
#include "policy/object/guarded_kind.h"
#include "rollout/watch/snapshot.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A view in a table. */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
#define V1    TEXT("api:v1")
#define V2    TEXT("api:v2")
#define CRASH TEXT("container \"api\" of pod \"api-7f9\" ended 3 times: Error, exit code 1")
#define CRASHED                                                                                    \
    {                                                                                              \
        CAUSE_CRASH_LOOP, CRASH, TEXT("api-7f9"), TEXT("api"), true                                \
    }
#define LOG "starting\npanic: no database"

static const struct snapshot_revision revisions[] = {
    {.name = TEXT("api-7f9"), .hash = TEXT("h2"), .number = 4},
    {.name = TEXT("api-5b5"), .hash = TEXT("h1"), .number = 3},
};

static struct snapshot workload(const char *kind)
{
    return (struct snapshot){.guarded_kind = guarded_kind_of(VIEW("apps"), view_of(kind)),
                             .namespace_ = TEXT("shop"),
                             .name = TEXT("api"),
                             .revisions = revisions,
                             .revision_count = 2};
}

static const struct {
    const char *name, *kind; /* NULL: Deployment */
    struct rollout_event event;
    const char *last_words; /* or NULL */
    bool warning;
    const char *reason, *action, *headline, *note;
} table[] = {
    {"healthy",
     NULL,
     {.kind = ROLLOUT_EVENT_HEALTHY, .hash = TEXT("h2"), .images = V2},
     NULL,
     false,
     "Healthy",
     "Judge",
     "Deployment shop/api: api:v2 (revision 4) is healthy, a later one that fails goes back to it",
     "api:v2 (revision 4) is healthy, a later one that fails goes back to it"},
    {"healthy, not for the first time",
     NULL,
     {.kind = ROLLOUT_EVENT_HEALTHY, .hash = TEXT("h2"), .images = V2, .returning = true},
     NULL,
     false,
     "Healthy",
     "Judge",
     "Deployment shop/api: api:v2 (revision 4) is healthy again, a later one that fails goes back "
     "to it",
     "api:v2 (revision 4) is healthy again, a later one that fails goes back to it"},

    {"failed, rolled back, quarantined",
     NULL,
     {.kind = ROLLOUT_EVENT_FAILED,
      .cause = CRASHED,
      .hash = TEXT("h2"),
      .images = V2,
      .target_images = V1,
      .target_revision = 3,
      .quarantined = true},
     LOG,
     true,
     "RolloutFailed",
     "Judge",
     "Deployment shop/api: api:v2 (revision 4) failed and is rolled back to api:v1 (revision 3), "
     "and in quarantine until released; container \"api\" of pod \"api-7f9\" ended 3 times: Error, "
     "exit "
     "code 1",
     "api:v2 (revision 4) failed and is rolled back to api:v1 (revision 3), and in quarantine "
     "until "
     "released\n"
     "container \"api\" of pod \"api-7f9\" ended 3 times: Error, exit code 1\n"
     "  to release:   tidegate release -n shop deployment/api\n"
     "  history:      tidegate history -n shop deployment/api\n"
     "----\n"
     "starting\npanic: no database"},
    {"failed, rolled back, not quarantined; the images are the same",
     "StatefulSet",
     {.kind = ROLLOUT_EVENT_FAILED,
      .cause = {.kind = CAUSE_DEADLINE, .message = TEXT("not healthy in 10m")},
      .hash = TEXT("h2"),
      .images = V2,
      .target_images = V2,
      .target_revision = 3},
     NULL,
     true,
     "RolloutFailed",
     "Judge",
     "StatefulSet shop/api: api:v2 (revision 4) failed and is rolled back to api:v2 (revision 3); "
     "not healthy in 10m",
     "api:v2 (revision 4) failed and is rolled back to api:v2 (revision 3)\n"
     "not healthy in 10m\n"
     "  history:      tidegate history -n shop statefulset/api"},
    {"failed, nothing to go back to",
     NULL,
     {.kind = ROLLOUT_EVENT_FAILED,
      .cause = CRASHED,
      .message = TEXT("is not rolled back: there is nothing healthy to go back to"),
      .hash = TEXT("h2"),
      .images = V2},
     LOG,
     true,
     "RolloutFailed",
     "Judge",
     "Deployment shop/api: api:v2 (revision 4) failed and is not rolled back: there is nothing "
     "healthy to go back to; container \"api\" of pod \"api-7f9\" ended 3 times: Error, exit code "
     "1",
     "api:v2 (revision 4) failed and is not rolled back: there is nothing healthy to go back to\n"
     "container \"api\" of pod \"api-7f9\" ended 3 times: Error, exit code 1\n"
     "  its log:      kubectl logs -n shop api-7f9 -c api --previous\n"
     "  history:      tidegate history -n shop deployment/api\n"
     "----\n"
     "starting\npanic: no database"},
    {"failed, without more",
     NULL,
     {.kind = ROLLOUT_EVENT_FAILED, .hash = TEXT("gone"), .images = V2},
     NULL,
     true,
     "RolloutFailed",
     "Judge",
     "Deployment shop/api: api:v2 failed and is left as it is",
     "api:v2 failed and is left as it is\n"
     "  history:      tidegate history -n shop deployment/api"},
    {"failed, audit",
     NULL,
     {.kind = ROLLOUT_EVENT_FAILED,
      .cause = {.kind = CAUSE_HTTP, .message = TEXT("503")},
      .message = TEXT("would go back to revision 3 (api:v1) (mode: audit)"),
      .hash = TEXT("h2"),
      .images = V2,
      .audit = true},
     NULL,
     true,
     "RolloutFailed",
     "Judge",
     "Deployment shop/api: api:v2 (revision 4) failed and would go back to revision 3 (api:v1) "
     "(mode: audit); 503",
     "api:v2 (revision 4) failed and would go back to revision 3 (api:v1) (mode: audit)\n"
     "503\n"
     "  history:      tidegate history -n shop deployment/api"},

    {"rolled back, quarantined",
     "DaemonSet",
     {.kind = ROLLOUT_EVENT_ROLLED_BACK,
      .hash = TEXT("h2"),
      .images = V2,
      .target_images = V1,
      .target_revision = 3,
      .quarantined = true},
     NULL,
     false,
     "RolledBack",
     "Rollback",
     "DaemonSet shop/api: api:v2 (revision 4) was rolled back to api:v1 (revision 3), and is in "
     "quarantine "
     "until released",
     "api:v2 (revision 4) was rolled back to api:v1 (revision 3), and is in quarantine until "
     "released\n"
     "  to release:   tidegate release -n shop daemonset/api\n"
     "  history:      tidegate history -n shop daemonset/api"},
    {"rolled back, but for a Helm release",
     NULL,
     {.kind = ROLLOUT_EVENT_ROLLED_BACK,
      .hash = TEXT("h2"),
      .images = V2,
      .target_images = V1,
      .release = TEXT("apps/web")},
     NULL,
     false,
     "RolledBack",
     "Rollback",
     "Deployment shop/api: api:v2 (revision 4) was rolled back to api:v1",
     "api:v2 (revision 4) was rolled back to api:v1\n"
     "  for Helm:     helm rollback -n apps web  (its release is still the failed one)\n"
     "  history:      tidegate history -n shop deployment/api"},
    {"rolled back",
     NULL,
     {.kind = ROLLOUT_EVENT_ROLLED_BACK,
      .cause = {.kind = CAUSE_HTTP, .message = TEXT("503")},
      .hash = TEXT("h2"),
      .images = V2,
      .target_images = V1},
     NULL,
     false,
     "RolledBack",
     "Rollback",
     "Deployment shop/api: api:v2 (revision 4) was rolled back to api:v1; 503",
     "api:v2 (revision 4) was rolled back to api:v1\n503\n"
     "  history:      tidegate history -n shop deployment/api"},

    {"refused",
     NULL,
     {.kind = ROLLOUT_EVENT_REFUSED,
      .message = TEXT("403: no"),
      .hash = TEXT("h2"),
      .images = V2,
      .target_images = V1,
      .target_revision = 3},
     NULL,
     true,
     "RollbackRefused",
     "Rollback",
     "Deployment shop/api: the rollback of api:v2 (revision 4) to api:v1 (revision 3) was refused, "
     "and a person has to act; 403: no",
     "the rollback of api:v2 (revision 4) to api:v1 (revision 3) was refused, and a "
     "person has to act\n403: no\n  by hand:      kubectl rollout undo -n shop deployment/api "
     "--to-revision=3\n  history:      tidegate history -n shop deployment/api"},
    {"refused, no target known",
     NULL,
     {.kind = ROLLOUT_EVENT_REFUSED, .message = TEXT("403: no"), .images = V2},
     NULL,
     true,
     "RollbackRefused",
     "Rollback",
     "Deployment shop/api: the rollback of api:v2 was refused, and a person has to act; 403: "
     "no",
     "the rollback of api:v2 was refused, and a person has to act\n403: no\n"
     "  history:      tidegate history -n shop deployment/api"},

    {"degraded",
     NULL,
     {.kind = ROLLOUT_EVENT_DEGRADED,
      .cause = {CAUSE_READINESS, TEXT("pod \"api-5b5\" is not ready"), TEXT("api-5b5"), TEXT("api"),
                false},
      .hash = TEXT("h1"),
      .images = V1},
     LOG,
     true,
     "Degraded",
     "Judge",
     "Deployment shop/api: api:v1 (revision 3) was healthy and broke without a new template, so "
     "nothing is rolled back; pod \"api-5b5\" is not ready",
     "api:v1 (revision 3) was healthy and broke without a new template, so nothing is rolled back\n"
     "pod \"api-5b5\" is not ready\n"
     "  its log:      kubectl logs -n shop api-5b5 -c api\n"
     "  to roll back: tidegate rollback -n shop deployment/api\n"
     "  history:      tidegate history -n shop deployment/api\n"
     "----\n"
     "starting\npanic: no database"},
    {"recovered",
     NULL,
     {.kind = ROLLOUT_EVENT_RECOVERED, .hash = TEXT("h1"), .images = V1},
     NULL,
     false,
     "Recovered",
     "Judge",
     "Deployment shop/api: api:v1 (revision 3) is healthy again",
     "api:v1 (revision 3) is healthy again"},
    {"released",
     NULL,
     {.kind = ROLLOUT_EVENT_RELEASED,
      .message = TEXT("by alice"),
      .hash = TEXT("h2"),
      .images = V2},
     NULL,
     false,
     "Released",
     "Release",
     "Deployment shop/api: api:v2 (revision 4) was released by alice, and may be deployed again",
     "api:v2 (revision 4) was released by alice, and may be deployed again"},

    {"what somebody else wrote stays in its line",
     NULL,
     {.kind = ROLLOUT_EVENT_RECOVERED,
      .message = TEXT("a\nb\x1b[1m\xFF"),
      .images = TEXT("api:\nv1")},
     NULL,
     false,
     "Recovered",
     "Judge",
     "Deployment shop/api: api: v1 is healthy again; a b [1m\xEF\xBF\xBD",
     "api: v1 is healthy again\na b [1m\xEF\xBF\xBD"},
    {"no images",
     NULL,
     {.kind = ROLLOUT_EVENT_RECOVERED},
     NULL,
     false,
     "Recovered",
     "Judge",
     "Deployment shop/api: this version is healthy again",
     "this version is healthy again"},
};

static void compare(const char *name, const char *what, struct view found, const char *expected)
{
    if (!view_eq_str(found, expected))
        fail_msg("%s: %s:\n%.*s\nexpected:\n%s", name, what, VIEW_ARGS(found), expected);
}

static void every_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct snapshot snapshot = workload(table[i].kind ? table[i].kind : "Deployment");
        struct arena arena;
        struct event_text message;

        arena_init(&arena, 64 * 1024);
        event_text_of(&snapshot, &table[i].event, view_of(table[i].last_words), &arena, &message);
        assert_int_equal(message.warning, table[i].warning);
        compare(table[i].name, "reason", view_of(message.reason), table[i].reason);
        compare(table[i].name, "reason", view_of(event_text_reason(table[i].event.kind)),
                table[i].reason);
        compare(table[i].name, "action", view_of(message.action), table[i].action);
        compare(table[i].name, "headline", message.headline, table[i].headline);
        compare(table[i].name, "note", message.note, table[i].note);
        arena_release(&arena);
    }
}

/* --- what does not fit ------------------------------------------------------------------------ */

/* The note of a recovery whose last words have so many bytes, of lines of ten. */
static struct view note_with(size_t last_words, struct arena *arena)
{
    struct snapshot snapshot = workload("Deployment");
    struct rollout_event event = {.kind = ROLLOUT_EVENT_RECOVERED, .images = V1};
    char text[2 * LIMIT_EVENT_NOTE];
    struct event_text message;

    for (size_t i = 0; i < last_words; i++)
        text[i] = i % 10 == 9 ? '\n' : 'x';
    event_text_of(&snapshot, &event, (struct view){text, last_words}, arena, &message);
    return message.note;
}

static void last_words_fill_the_note(void **state)
{
    const size_t before = strlen("api:v1 is healthy again\n----\n");
    const size_t room = LIMIT_EVENT_NOTE - before;
    struct arena arena;

    (void)state;
    arena_init(&arena, 64 * 1024);
    assert_int_equal(note_with(room - 1, &arena).n, LIMIT_EVENT_NOTE - 1);
    assert_int_equal(note_with(room, &arena).n, LIMIT_EVENT_NOTE);
    assert_int_equal(note_with(room + 1, &arena).n, LIMIT_EVENT_NOTE + 1 - 10);
    assert_true(view_starts(note_with(room + 1, &arena), "api:v1 is healthy again\n----\nx"));
    arena_release(&arena);
}

/* A name, a pod and a container of `n` bytes each; more than Kubernetes allows. */
static struct view note_of_long_names(size_t n, struct arena *arena)
{
    static char name[LIMIT_EVENT_NOTE];
    struct view v = {name, n};
    struct snapshot snapshot = workload("Deployment");
    struct rollout_event event = {.kind = ROLLOUT_EVENT_DEGRADED,
                                  .cause = {CAUSE_READINESS, CRASH, v, v, true},
                                  .images = V1};
    struct event_text message;

    memset(name, 'n', sizeof(name));
    snapshot.name = v;
    event_text_of(&snapshot, &event, VIEW(LOG), arena, &message);
    return message.note;
}

static void a_note_is_never_too_long(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 1024 * 1024);
    for (size_t n = 1; n < 300; n++)
        assert_true(note_of_long_names(n, &arena).n <= LIMIT_EVENT_NOTE);
    assert_true(view_ends(note_of_long_names(253, &arena), "..."));
    arena_release(&arena);
}

static void what_is_shown_is_cut(void **state)
{
    char cause[LIMIT_SHOWN + 1];
    struct snapshot snapshot = workload("Deployment");
    struct arena arena;

    (void)state;
    memset(cause, 'c', sizeof(cause));
    arena_init(&arena, 64 * 1024);
    for (size_t n = LIMIT_SHOWN - 1; n <= LIMIT_SHOWN + 1; n++) {
        struct rollout_event event = {.kind = ROLLOUT_EVENT_RECOVERED, .message = {cause, n}};
        struct event_text message;

        event_text_of(&snapshot, &event, VIEW(""), &arena, &message);
        message.note = view_from(message.note, (size_t)view_find(message.note, '\n') + 1);
        assert_int_equal(message.note.n, n <= LIMIT_SHOWN ? n : LIMIT_SHOWN + 3);
    }
    arena_release(&arena);
}

static void memory_runs_out(void **state)
{
    struct snapshot snapshot = workload("Deployment");
    struct arena arena;
    struct event_text message;

    (void)state;
    arena_init(&arena, 16);
    event_text_of(&snapshot, &table[1].event, VIEW(LOG), &arena, &message);
    assert_null(message.note.p);
    arena_release(&arena);
}

/* --- the decision log ------------------------------------------------------------------------- */

static void lines_of_the_decision_log(void **state)
{
    static const struct {
        struct rollout_event event;
        const char *line; /* without its time; single quotes */
    } lines[] = {
        {{.kind = ROLLOUT_EVENT_FAILED,
          .at = 1795264746,
          .cause = CRASHED,
          .hash = TEXT("h2"),
          .images = V2,
          .target_images = V1,
          .target_revision = 3,
          .quarantined = true},
         "{'event':'rollout','news':'RolloutFailed','at':'2026-11-21T12:39:06Z','kind':'Deployment'"
         ","
         "'namespace':'shop','name':'api','cause':'CrashLoop','templateHash':'h2','images':'api:v2'"
         ","
         "'targetImages':'api:v1','targetRevision':3,'quarantined':true,'audit':false,'message':"
         "'HEADLINE'}"},
        {{.kind = ROLLOUT_EVENT_RECOVERED, .audit = true},
         "{'event':'rollout','news':'Recovered','at':'1970-01-01T00:00:00Z','kind':'Deployment',"
         "'namespace':'shop','name':'api','quarantined':false,'audit':true,'message':'HEADLINE'}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct event_text message = {.headline = VIEW("HEADLINE"),
                                     .reason = event_text_reason(lines[i].event.kind)};
        struct snapshot snapshot = workload("Deployment");
        char expected[1024] = {0};
        struct arena arena;
        struct view line;
        json_t *found;
        char *text;

        arena_init(&arena, 64 * 1024);
        line = event_text_line(&snapshot, &lines[i].event, &message, &arena);
        assert_int_equal(view_find(line, '\n'), line.n - 1);
        found = json_loadb(line.p, line.n, 0, NULL);
        assert_int_equal(json_string_length(json_object_get(found, "time")), 24);
        json_object_del(found, "time");
        text = json_dumps(found, JSON_COMPACT);
        for (size_t c = 0; lines[i].line[c]; c++)
            expected[c] = lines[i].line[c] == '\'' ? '"' : lines[i].line[c];
        assert_string_equal(text, expected);
        free(text);
        json_decref(found);
        arena_release(&arena);
    }
}

static void the_readme_shows_a_note(void **state)
{
    static const struct rollout_event event = {
        .kind = ROLLOUT_EVENT_FAILED,
        .cause = {.kind = CAUSE_CRASH_LOOP,
                  .message =
                      TEXT("container \"api\" of pod \"smarthr360-api-6d5f7c9b8d-x2x7k\" ended "
                           "3 times: Error, exit code 1")},
        .hash = TEXT("h2"),
        .images = TEXT("ghcr.io/your-org/smarthr360-api:v2.4.1"),
        .target_images = TEXT("ghcr.io/your-org/smarthr360-api:v2.4.0"),
        .target_revision = 3,
        .quarantined = true};
    struct snapshot snapshot = workload("Deployment");
    struct diags diags;
    struct arena arena;
    struct event_text message;
    const struct source *page;

    (void)state;
    snapshot.namespace_ = VIEW("smarthr360");
    snapshot.name = VIEW("smarthr360-api");
    arena_init(&arena, 1 << 20);
    diags_init(&diags, &arena);
    page = file_read("README.md", 1 << 19, &arena, &diags);
    assert_non_null(page);
    event_text_of(
        &snapshot, &event,
        VIEW("django.db.utils.OperationalError: could not translate host name \"postgres\" to "
             "address"),
        &arena, &message);
    if (!memmem(page->text.p, page->text.n, message.note.p, message.note.n))
        fail_msg("README.md has another message than this:\n%.*s", VIEW_ARGS(message.note));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message),
        cmocka_unit_test(last_words_fill_the_note),
        cmocka_unit_test(a_note_is_never_too_long),
        cmocka_unit_test(what_is_shown_is_cut),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(lines_of_the_decision_log),
        cmocka_unit_test(the_readme_shows_a_note),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
