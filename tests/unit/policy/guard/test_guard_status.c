/* Rollbacks that pass, and templates in quarantine. */
#include "unit/policy/guarded_fixture.h"

#include "policy/object/guard_command.h"

#define GATE                                                                                       \
    HEAD("Policy", "gate")                                                                         \
    "  match: {environments: [production], workloads: all}\n"                                      \
    "  rules:\n"                                                                                   \
    "    - id: frozen\n"                                                                           \
    "      freeze: {deny: [{schedule: \"0 0 * * *\", duration: 23h}]}\n"                           \
    "    - id: approved\n"                                                                         \
    "      approval: {approvers: {users: [bob]}}\n"                                                \
    "    - id: ticket\n"                                                                           \
    "      approval: {annotation: ticket, pattern: '\\S+'}\n"                                      \
    "    - id: images\n"                                                                           \
    "      images: {allow: [\"docker.io/acme/*\"], deny: [\"docker.io/acme/api:v3\"]}\n"

static const char server[] = PARIS GUARD(RELEASED_BY) GATE;
static const char unguarded[] = PARIS GATE;
static const char open_gate[] = PARIS GUARD(RELEASED_BY);
static const char anybodys[] = PARIS GUARD("  onFailure: {rollback: lastHealthy}\n");
static const char nowhere[] =
    HEAD("RolloutGuard", "all") "  deadline: 10m\n  soak: 5m\n"
                                "  onFailure: {rollback: lastHealthy, release: {users: [alice]}}\n";
static const char audited[] = PARIS GUARD("  mode: audit\n" RELEASED_BY);
static const char unquarantined[] =
    PARIS GUARD("  onFailure: {rollback: lastHealthy, quarantine: false}\n");
static const char warning[] = PARIS GUARD("  onError: warn\n" RELEASED_BY);
static const char allowing[] = PARIS GUARD("  onError: allow\n" RELEASED_BY);
static const char labelled[] =
    HEAD("RolloutGuard",
         "by-label") "  match: {namespaceLabels: {stage: production}}\n"
                     "  deadline: 10m\n  soak: 5m\n" RELEASED_BY "---\n" HEAD(
                         "RolloutGuard",
                         "mild") "  match: {namespaceLabels: {stage: dev}}\n"
                                 "  onError: allow\n  deadline: 10m\n  soak: 5m\n" RELEASED_BY;

/* Template 1 runs, 2 was healthy, 3 too, and 0 failed. */
static struct known usual(void)
{
    return (struct known){
        .of = {[0] = {.quarantined = true,
                      .healthy_at = 1,
                      .revision = 1,
                      .failed_at = NOW - 2 * MINUTE,
                      .cause = VIEW("container api of pod api-7f9 ended 3 times, last with 1")},
               [1] = {.healthy_at = NOW - 1, .revision = 4},
               [2] = {.healthy_at = NOW - 60 * MINUTE, .revision = 3},
               [3] = {.healthy_at = NOW - 60 * MINUTE, .revision = 2}}};
}

static bool no_labels(void *ctx, struct view namespace_, struct yyjson_val **labels)
{
    (void)ctx;
    (void)namespace_;
    (void)labels;
    return false;
}

/* --- who is denied what ----------------------------------------------------------------------- */

enum twist {
    NOTHING,
    COLD,         /* nothing can be told */
    NO_REVISIONS, /* only of revisions nothing can be told */
    NOT_OWNED,    /* it was healthy there, in another life */
    NEVER_GOOD,
    NO_WORLD,
};

static const struct {
    const char *name, *rules;
    enum twist twist;
    struct ask ask;
    int old, new;         /* templates; old < 0: CREATE */
    const char *expected; /* fixture_rules */
} cases[] = {
    {"back to a healthy one", server, NOTHING, {0}, 1, 2, "n:frozen n:approved n:ticket"},
    {"dry run", server, NOTHING, {.dry_run = true}, 1, 2, "n:frozen n:approved n:ticket"},
    {"other rules hold for it", server, NOTHING, {0}, 1, 3, "n:frozen n:approved n:ticket images"},
    {"no guard watches it", unguarded, NOTHING, {0}, 1, 2, "frozen approved ticket"},
    {"no cluster", server, NO_WORLD, {0}, 1, 2, "frozen approved ticket"},
    {"another kind", server, NOTHING, {.kind = "ReplicaSet"}, 1, 2, "frozen approved ticket"},
    {"in an audit guard's sight", audited, NOTHING, {0}, 1, 2, ""},
    {"a restart", server, NOTHING, {0}, 1, -1, "frozen ticket"},
    {"created again", server, NOTHING, {0}, -1, 2, "frozen approved ticket"},
    {"it was healthy elsewhere", server, NOT_OWNED, {0}, 1, 2, "frozen approved ticket"},
    {"it was never healthy", server, NEVER_GOOD, {0}, 1, 2, "frozen approved ticket"},
    {"what failed since is not a rollback",
     server,
     NOTHING,
     {0},
     1,
     0,
     "quarantine frozen approved ticket"},
    {"nothing can be told yet", server, COLD, {0}, 1, 2, "quarantine frozen approved ticket"},
    {"of revisions neither", server, NO_REVISIONS, {0}, 1, 2, "frozen approved ticket"},

    {"quarantine", open_gate, NOTHING, {0}, 1, 0, "quarantine"},
    {"of what is created again", open_gate, NOTHING, {0}, -1, 0, "quarantine"},
    {"dry run of it", open_gate, NOTHING, {.dry_run = true}, 1, 0, "quarantine"},
    {"a restart of it", open_gate, NOTHING, {0}, 0, -1, "quarantine"},
    {"a StatefulSet", open_gate, NOTHING, {.kind = "StatefulSet"}, 1, 0, "quarantine"},
    {"a DaemonSet", open_gate, NOTHING, {.kind = "DaemonSet"}, 1, 0, "quarantine"},
    {"a Job", open_gate, NOTHING, {.kind = "Job"}, -1, 0, ""},
    {"another template", open_gate, NOTHING, {0}, 1, 2, ""},
    {"no deploy", open_gate, NOTHING, {0}, 0, 0, ""},
    {"a status", open_gate, NOTHING, {.subresource = "status"}, 1, 0, ""},
    {"by a controller",
     open_gate,
     NOTHING,
     {.user = "system:serviceaccount:kube-system:deployment-controller"},
     1,
     0,
     ""},
    {"elsewhere", open_gate, NOTHING, {.namespace_ = "blog"}, 1, 0, ""},
    {"audit", audited, NOTHING, {0}, 1, 0, ""},
    {"no quarantine", unquarantined, NOTHING, {0}, 1, 0, ""},
    {"cold", open_gate, COLD, {0}, 1, 2, "quarantine"},
    {"cold, warn", warning, COLD, {0}, 1, 2, "w:quarantine"},
    {"cold, allow", allowing, COLD, {0}, 1, 2, "u:quarantine"},
    {"cold, no deploy", open_gate, COLD, {0}, 2, 2, ""},
    {"cold, audit", audited, COLD, {0}, 1, 2, ""},
    {"revisions are not needed for it", open_gate, NO_REVISIONS, {0}, 1, 2, ""},
    {"guard not known: the strictest answers", labelled, NOTHING, {0}, 1, 2, "quarantine"},
};

static void twist_world(struct fixture *f, struct known *known, enum twist twist)
{
    switch (twist) {
    case NOTHING: break;
    case COLD: known->unknown = "the records are not read yet"; break;
    case NO_REVISIONS: known->of[2].revision_unknown = "the ReplicaSets are not listed yet"; break;
    case NOT_OWNED: known->of[2].revision = 0; break;
    case NEVER_GOOD: known->of[2].healthy_at = 0; break;
    case NO_WORLD: f->cluster_view.rollout = NULL; break;
    }
    f->cluster_view.namespace_labels = no_labels;
}

/* A restart, of the old template, where `new` is less than 0. */
static struct ask ask_of(struct fixture *f, const struct ask *ask, int old, int new)
{
    static const char restarted[] =
        ",\"annotations\":{\"kubectl.kubernetes.io/restartedAt\":\"t\"}";
    struct ask a = *ask;

    if (old >= 0)
        a.old = deployment(f, old, "x", VIEW(""));
    a.object =
        new >= 0 ? deployment(f, new, "x", VIEW(""))
                 : object_text(&f->arena, template_text(&f->arena, old, restarted), "x", VIEW(""));
    return a;
}

static void what_passes_and_what_does_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct known known = usual();
        struct fixture f;
        struct ask ask;
        const char *found;

        guarded_open(&f, cases[i].rules, &known);
        twist_world(&f, &known, cases[i].twist);
        ask = ask_of(&f, &cases[i].ask, cases[i].old, cases[i].new);
        found = fixture_rules(&f, &ask, NOW);
        if (strcmp(found, cases[i].expected) != 0)
            fail_msg("%s: \"%s\", expected \"%s\"", cases[i].name, found, cases[i].expected);
        fixture_close(&f);
    }
}

static void a_rollback_is_noted(void **state)
{
    struct known known = usual();
    struct fixture f;
    struct verdict verdict;
    struct ask ask;

    (void)state;
    guarded_open(&f, server, &known);
    ask = ask_of(&f, &(struct ask){0}, 1, 2);
    assert_string_equal(fixture_denial(&f, &ask, NOW, &verdict), "");
    assert_int_equal(verdict.rollback_revision, 3);
    assert_int_equal(verdict.rollback_healthy_at, NOW - 60 * MINUTE);
    assert_true(view_eq_str(verdict.first->trace,
                            "rollback to revision 3, healthy since 2026-11-24T14:14:00Z"));
    assert_int_equal(known.asked, 1);
    ask = ask_of(&f, &(struct ask){0}, 1, 0);
    fixture_denial(&f, &ask, NOW, &verdict);
    assert_int_equal(verdict.rollback_revision, 0);
    fixture_close(&f);
}

static const char *paused(struct fixture *f, bool is_paused, int template)
{
    return arena_printf(
               &f->arena,
               "{\"metadata\":{\"name\":\"api\"},\"spec\":{\"paused\":%s,\"template\":%.*s}}",
               is_paused ? "true" : "false", VIEW_ARGS(template_text(&f->arena, template, "")))
        .p;
}

/* A Deployment that was paused at a failure goes back once it is resumed, and kubectl undoes
 * nothing while it is paused. With another template in the same write it is a deploy as ever. */
static void what_failed_where_it_stands_can_be_resumed(void **state)
{
    static const struct {
        int old, new;
        const char *expected;
    } resumes[] = {{0, 0, ""}, {1, 0, "quarantine"}};

    (void)state;
    for (size_t i = 0; i < sizeof(resumes) / sizeof(resumes[0]); i++) {
        struct known known = usual();
        struct fixture f;
        struct ask ask = {0};

        guarded_open(&f, open_gate, &known);
        ask.old = paused(&f, true, resumes[i].old);
        ask.object = paused(&f, false, resumes[i].new);
        assert_string_equal(fixture_rules(&f, &ask, NOW), resumes[i].expected);
        fixture_close(&f);
    }
}

/* The controller would put a template into force in its own name. */
static void quarantine_refuses_the_old_rollback(void **state)
{
    struct known known = usual();
    struct fixture f;
    struct ask ask = {0};

    (void)state;
    guarded_open(&f, open_gate, &known);
    ask.old = deployment(&f, 1, "x", VIEW(""));
    ask.object = deployment(&f, 1, "deprecated.deployment.rollback.to", VIEW("1"));
    assert_string_equal(fixture_rules(&f, &ask, NOW), "rollback-annotation");
    fixture_close(&f);
}

/* --- releases --------------------------------------------------------------------------------- */

static const struct {
    const char *name, *rules, *user, *groups;
    int old;
    int old_template, old_at; /* of the release that the object bears: minutes from NOW; by carol */
    int new_template, new_at; /* of the one that comes, by the user; 99: the same */
    const char *expected;
} releases[] = {
    {"one that was given", open_gate, "alice", NULL, 1, 0, -1, 0, 99, "n:quarantine"},
    {"before the failure", open_gate, "alice", NULL, 1, 0, -3, 0, 99, "quarantine"},
    {"of another template", open_gate, "alice", NULL, 1, 2, -1, 0, 99, "quarantine"},
    {"dropped with the deploy", open_gate, "alice", NULL, 1, 0, -1, -1, 0, "n:quarantine"},
    {"with the deploy", open_gate, "carol", COMMANDERS, 1, -1, 0, 0, 0, "n:quarantine"},
    {"of another, with it", open_gate, "carol", COMMANDERS, 1, -1, 0, 2, 0, "quarantine"},
    {"with the creation", open_gate, "carol", COMMANDERS, -1, -1, 0, 0, 0, "n:quarantine"},
    {"too early", open_gate, "carol", COMMANDERS, 1, -1, 0, 0, -3, "quarantine"},
    {"by nobody who may", open_gate, "alice", NULL, 1, -1, 0, 0, 0, "guard-annotation quarantine"},
    {"where anybody may", anybodys, "alice", NULL, 1, -1, 0, 0, 0, "n:quarantine"},
};

static struct view release(struct fixture *f, int template, const char *by, int minutes)
{
    struct guard_command order = {
        hash_of(&f->arena, template), view_of(by), NOW + minutes * MINUTE, {0}};

    return template <0 ? VIEW("") : guard_command_print(&order, &f->arena);
}

static void releases_open_the_door(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
        struct known known = usual();
        struct fixture f;
        struct ask ask = {.user = releases[i].user, .groups = releases[i].groups};
        struct view old, new;
        const char *found;

        guarded_open(&f, releases[i].rules, &known);
        old = release(&f, releases[i].old_template, "carol", releases[i].old_at);
        new = releases[i].new_at == 99
                  ? old
                  : release(&f, releases[i].new_template, releases[i].user, releases[i].new_at);
        if (releases[i].old >= 0)
            ask.old = deployment(&f, 1, GUARD_COMMAND_RELEASE, old);
        ask.object = deployment(&f, 0, GUARD_COMMAND_RELEASE, new);
        found = fixture_rules(&f, &ask, NOW);
        if (strcmp(found, releases[i].expected) != 0)
            fail_msg("%s: \"%s\"", releases[i].name, found);
        fixture_close(&f);
    }
}

/* --- words ------------------------------------------------------------------------------------ */

#define HASH0 "@0"

static const struct {
    const char *rules;
    enum twist twist;
    int old, new;
    const char *message; /* @0: the hash of template 0 */
} messages[] = {
    {open_gate, NOTHING, 1, 0,
     "Deployment shop/api breaks 1 rule: quarantine\n\n"
     "  quarantine   this template failed at Tue 24 Nov 16:12 CET and was rolled back\n"
     "    cause  container api of pod api-7f9 ended 3 times, last with 1\n"
     "    fix    deploy another template\n"
     "    release a member of incident-commanders can release it with\n"
     "      tidegate release -n shop deployment/api\n"
     "      or\n"
     "      kubectl annotate --overwrite -n shop deployment/api tidegate.dev/release=\"" HASH0
     " by $(kubectl auth whoami -o jsonpath='{.status.userInfo.username}') at "
     "$(date -u +%FT%TZ)\""},
    {anybodys, NOTHING, -1, 0,
     "Deployment shop/api breaks 1 rule: quarantine\n\n"
     "  quarantine   this template failed at Tue 24 Nov 16:12 CET and was rolled back\n"
     "    cause  container api of pod api-7f9 ended 3 times, last with 1\n"
     "    fix    deploy another template\n"
     "    release whoever may write it can create it with the annotation\n"
     "      tidegate.dev/release=\"" HASH0
     " by $(kubectl auth whoami -o jsonpath='{.status.userInfo.username}') at "
     "$(date -u +%FT%TZ)\""},
    {nowhere, NOTHING, 1, 0,
     "Deployment shop/api breaks 1 rule: quarantine\n\n"
     "  quarantine   this template failed at Tue 24 Nov 15:12 UTC and was rolled back\n"
     "    cause  container api of pod api-7f9 ended 3 times, last with 1\n"
     "    fix    deploy another template\n"
     "    release alice can release it with\n"
     "      tidegate release -n shop deployment/api\n"
     "      or\n"
     "      kubectl annotate --overwrite -n shop deployment/api tidegate.dev/release=\"" HASH0
     " by $(kubectl auth whoami -o jsonpath='{.status.userInfo.username}') at "
     "$(date -u +%FT%TZ)\""},
    {open_gate, COLD, 1, 2,
     "Deployment shop/api breaks 1 rule: quarantine\n\n  quarantine   could not be answered: it is "
     "not known yet whether this template is in quarantine: the records are not read yet; try "
     "again"},
    {labelled, NOTHING, 1, 2,
     "Deployment shop/api breaks 1 rule: quarantine\n\n"
     "  quarantine   could not be answered: it is not known whether a RolloutGuard keeps it out: "
     "the labels of the namespace are not known; try again"},
    {PARIS GUARD(RELEASED_BY) HEAD("Policy", "gate") "  match: {environments: [production]}\n"
                                                     "  rules:\n"
                                                     "    - id: frozen\n"
                                                     "      freeze: {deny: [{schedule: \"0 8 * * "
                                                     "*\", duration: 10h}]}\n",
     NO_REVISIONS, 1, 2,
     "Deployment shop/api breaks 1 rule: frozen\n\n"
     "  frozen   frozen daily 08:00-18:00 Europe/Paris\n"
     "    opens  Tue 24 Nov 18:00 CET, in 1 h 46 min\n"
     "    note   it is not known yet whether this is a rollback to a healthy revision: the "
     "ReplicaSets are not listed yet"},
};

static void messages_are_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        struct known known = usual();
        const char *at = strstr(messages[i].message, HASH0);
        struct fixture f;
        struct verdict verdict;
        struct view expected;
        struct ask ask;

        guarded_open(&f, messages[i].rules, &known);
        twist_world(&f, &known, messages[i].twist);
        ask = ask_of(&f, &(struct ask){0}, messages[i].old, messages[i].new);
        expected = view_of(messages[i].message);
        if (at)
            expected = arena_printf(&f.arena, "%.*s%.*s%s", (int)(at - messages[i].message),
                                    messages[i].message, VIEW_ARGS(hash_of(&f.arena, 0)),
                                    at + strlen(HASH0));
        assert_string_equal(fixture_denial(&f, &ask, NOW, &verdict), expected.p);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_passes_and_what_does_not),
        cmocka_unit_test(a_rollback_is_noted),
        cmocka_unit_test(what_failed_where_it_stands_can_be_resumed),
        cmocka_unit_test(quarantine_refuses_the_old_rollback),
        cmocka_unit_test(releases_open_the_door),
        cmocka_unit_test(messages_are_as_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
