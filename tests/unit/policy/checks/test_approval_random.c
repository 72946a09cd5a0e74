/* Nothing gets around an approval: not an undo, a rollback, a pause, a subresource, or a clock. */
#include "base/time/timefmt.h"
#include "policy/limits.h"
#include "policy/object/approval_annotation.h"
#include "unit/policy/guarded_fixture.h"

enum { STEPS = 30000, HEALTHY = TEMPLATES - 1 };

#define APPROVED(approvers)                                                                        \
    PARIS GUARD(RELEASED_BY)                                                                       \
        HEAD("Policy", "gate") "  match: {environments: [production], workloads: all}\n"           \
                               "  rules:\n"                                                        \
                               "    - id: approved\n"                                              \
                               "      approval: {approvers: {" approvers "}}\n"

/* Alice, who is not an approver, and bob, who is one, write what they like for a while, to replicas
 * of which each has a clock of its own. Whatever was admitted: a template came into force only
 * while an approval of it was good that bob wrote, or because it was healthy there. */
struct walk {
    struct fixture f;
    struct known known;
    uint64_t random;
    int64_t now;
    int template; /* -1: the object does not exist */
    int running;  /* what its pods are of; -1: nothing */
    bool paused;
    struct view note; /* its annotation, in room */
    char room[256];
    int64_t approved_until[TEMPLATES]; /* by bob's own writes */
    size_t deploys, rollbacks, resumes, denials;
};

/* What somebody writes. */
struct write {
    bool bob, status, paused;
    int template;
    struct view note;
};

static unsigned roll(struct walk *w, unsigned sides)
{
    w->random = w->random * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(w->random >> 33) % sides;
}

static struct view any_note(struct walk *w)
{
    static const char *const names[] = {"alice", "bob", "bill"};
    char until[TIMEFMT_ROOM];

    switch (roll(w, 8)) {
    case 0: return VIEW("");
    case 1:
    case 2:
    case 3:
    case 4: return w->note;
    default: break;
    }
    return arena_printf(
        &w->f.arena, "%.*s by %s until %s",
        VIEW_ARGS(hash_of(&w->f.arena, (int)roll(w, TEMPLATES))), names[roll(w, 3)],
        timefmt_rfc3339(w->now + ((int64_t)roll(w, 200) - 40) * MINUTE, NULL, until));
}

static const char *object_of(struct walk *w, int template, bool paused, struct view note)
{
    return arena_printf(&w->f.arena,
                        "{\"metadata\":{\"name\":\"api\",\"generation\":1,\"annotations\":{"
                        "\"%s\":\"%.*s\"}},\"spec\":{\"paused\":%s,\"template\":%.*s},\"status\":{"
                        "\"observedGeneration\":1,\"replicas\":3,\"updatedReplicas\":%d}}",
                        note.n > 0 ? APPROVAL_ANNOTATION_ANNOTATION : "x", VIEW_ARGS(note),
                        paused ? "true" : "false",
                        VIEW_ARGS(template_text(&w->f.arena, template, "")),
                        template == w->running ? 3 : 0)
        .p;
}

static bool admits(struct walk *w, const struct write *write, int64_t now)
{
    struct ask ask = {.user = write->bob ? "bob" : "alice",
                      .groups = write->bob ? "[\"release-managers\"]" : NULL,
                      .subresource = write->status ? "status" : NULL,
                      .object = object_of(w, write->template, write->paused, write->note)};
    struct request request;
    struct verdict verdict;

    if (w->template >= 0)
        ask.old = object_of(w, w->template, w->paused, w->note);
    verdict = fixture_ask(&w->f, fixture_request(&w->f, &ask).p, now, &request);
    yyjson_doc_free(w->f.docs[--w->f.doc_count]);
    return verdict.allowed;
}

/* Most often the one that the annotation speaks of, or there would be few deploys. */
static int any_template(struct walk *w)
{
    struct approval_annotation grant;

    if (roll(w, 4) == 0)
        return HEALTHY;
    if (roll(w, 3) > 0 && approval_annotation_parse(w->note, &grant) == 0)
        for (int i = 0; i < TEMPLATES; i++)
            if (view_eq(grant.hash, hash_of(&w->f.arena, i)))
                return i;
    return (int)roll(w, TEMPLATES);
}

static struct write any_write(struct walk *w)
{
    struct write write = {.bob = roll(w, 3) == 0,
                          .status = w->template >= 0 && roll(w, 8) == 0,
                          .template = w->template,
                          .paused = w->paused,
                          .note = any_note(w)};

    if (!write.status && roll(w, 2) == 0)
        write.template = any_template(w);
    if (write.template <0)
        write.template = 0;
    if (!write.status && roll(w, 3) == 0)
        write.paused = !write.paused;
    return write;
}

static void note_approval(struct walk *w, const struct write *write)
{
    struct approval_annotation grant;

    if (!write->bob || view_eq(write->note, w->note) ||
        approval_annotation_parse(write->note, &grant) < 0 || !view_eq_str(grant.by, "bob"))
        return;
    for (int i = 0; i < TEMPLATES; i++)
        if (view_eq(grant.hash, hash_of(&w->f.arena, i)) && grant.until > w->approved_until[i])
            w->approved_until[i] = grant.until;
}

/* A template comes into force, be it only written down or run. */
static void come_into_force(struct walk *w, int template, int64_t now)
{
    bool healthy = template == HEALTHY && w->template >= 0;

    if (now >= w->approved_until[template] && !healthy)
        fail_msg("template %d came into force at %lld, approved until %lld", template,
                 (long long)now, (long long)w->approved_until[template]);
    w->deploys++;
    if (now >= w->approved_until[template])
        w->rollbacks++;
}

static void step(struct walk *w)
{
    struct write write = any_write(w);
    int64_t now = w->now + roll(w, LIMIT_CLOCK_SKEW + 1);
    bool changes = write.template != w->template;

    if (!admits(w, &write, now)) {
        w->denials++;
        return;
    }
    note_approval(w, &write);
    if (changes || (!write.paused && write.template != w->running))
        come_into_force(w, write.template, now);
    w->resumes += !changes && !write.paused && write.template != w->running;
    if (!write.paused)
        w->running = write.template;
    w->template = write.template;
    w->paused = write.paused;
    memmove(w->room, write.note.p ? write.note.p : "", write.note.n);
    w->note = (struct view){w->room, write.note.n};
}

static void no_walk_gets_around_it(void **state)
{
    static const char *const policies[] = {APPROVED("users: [bob, bill]"),
                                           APPROVED("groups: [release-managers]")};

    (void)state;
    for (size_t p = 0; p < sizeof(policies) / sizeof(policies[0]); p++) {
        struct walk w = {.random = 1, .now = NOW, .template = -1, .running = -1};

        w.known.of[HEALTHY] = (struct cluster_view_rollout){.healthy_at = 1, .revision = 1};
        guarded_open(&w.f, policies[p], &w.known);
        for (int i = 0; i < STEPS; i++) {
            w.now += roll(&w, 2) * 5 * MINUTE;
            if (roll(&w, 200) == 0) {
                w.template = w.running = -1; /* deleted */
                w.paused = false;
                w.note = VIEW("");
            }
            step(&w);
            arena_release(&w.f.arena);
        }
        assert_true(w.deploys > 300 && w.rollbacks > 100 && w.resumes > 30 && w.denials > 1000);
        fixture_close(&w.f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_walk_gets_around_it)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
