#include "base/time/timefmt.h"
#include "policy/limits.h"
#include "policy/object/approval_annotation.h"
#include "unit/policy/template_fixture.h"

enum { NOW = 1767225600, TEMPLATES = 4 }; /* 2026-01-01T00:00:00Z */

#define POLICY(approval)                                                                           \
    "apiVersion: tidegate.dev/v1alpha1\n"                                                          \
    "kind: Policy\n"                                                                               \
    "metadata: {name: shop}\n"                                                                     \
    "spec:\n"                                                                                      \
    "  match: {workloads: all}\n"                                                                  \
    "  rules:\n"                                                                                   \
    "    - id: approved\n"                                                                         \
    "      approval: {" approval "}\n"

static const char by_users[] = POLICY("approvers: {users: [bob, bill]}");
static const char by_groups[] = POLICY("approvers: {groups: [release-managers]}");
static const char by_others[] = POLICY("approvers: {users: [bob, bill]}, notRequester: true");
static const char for_an_hour[] = POLICY("approvers: {users: [bob, bill]}, validFor: 1h");
static const char by_ticket[] = POLICY("annotation: acme.example/ticket, pattern: 'OPS-\\d+'");
static const char by_any_ticket[] = POLICY("annotation: acme.example/ticket, pattern: '\\S+'");

/* What an annotation says in the tables: "2 bob +60" is an approval of template 2 by bob until a
 * minute from NOW; "=text" is text as it is; "" is none. */
static struct view annotation_text(struct arena *arena, const char *short_form)
{
    struct view rest = view_of(short_form), by, until;
    char room[TIMEFMT_ROOM];
    int64_t seconds = 0;

    if (rest.n == 0 || *rest.p == '=')
        return view_from(rest, 1);
    assert_true(view_cut(view_from(rest, 2), ' ', &by, &until));
    for (size_t i = 1; i < until.n; i++)
        seconds = seconds * 10 + (until.p[i] - '0');
    seconds = *until.p == '-' ? -seconds : seconds;
    return arena_printf(arena, "%.*s by %.*s until %s", VIEW_ARGS(hash_of(arena, *rest.p - '0')),
                        VIEW_ARGS(by), timefmt_rfc3339(NOW + seconds, NULL, room));
}

/* A write: from a template and an annotation (old < 0: CREATE) to others. */
struct write {
    const char *user, *groups;
    int old;
    const char *old_note;
    int new;
    const char *new_note;
};

static struct ask ask_of(struct arena *arena, const struct write *w, const char *key)
{
    struct ask ask = {.user = w->user, .groups = w->groups};

    if (w->old >= 0)
        ask.old = object_text(arena, template_text(arena, w->old, ""), key,
                              annotation_text(arena, w->old_note));
    ask.object = object_text(arena, template_text(arena, w->new, ""), key,
                             annotation_text(arena, w->new_note));
    return ask;
}

#define MANAGERS "[\"release-managers\"]"

static const struct {
    const char *name, *rules;
    struct write write;
    const char *found; /* of the first finding; NULL: admitted; "": denied without one */
} cases[] = {
    /* Deploys. */
    {"no approval", by_users, {"alice", NULL, 1, "", 2, ""}, "no approval"},
    {"created without", by_users, {"alice", NULL, -1, "", 1, ""}, "no approval"},
    {"approved", by_users, {"alice", NULL, 1, "2 bob +3600", 2, "2 bob +3600"}, NULL},
    {"approved, and the annotation goes", by_users, {"alice", NULL, 1, "2 bob +3600", 2, ""}, NULL},
    {"approved by another one",
     by_users,
     {"alice", NULL, 1, "2 bill +3600", 2, "2 bill +3600"},
     NULL},
    {"approved by a member of a group", by_groups, {"alice", NULL, 1, "2 zoe +3600", 2, ""}, NULL},
    {"another template",
     by_users,
     {"alice", NULL, 1, "3 bob +3600", 2, ""},
     "an approval of another template"},
    {"the last second", by_users, {"alice", NULL, 1, "2 bob +1", 2, ""}, NULL},
    {"expired", by_users, {"alice", NULL, 1, "2 bob +0", 2, ""}, "an approval that has expired"},
    {"older than the rule: for too long",
     for_an_hour,
     {"alice", NULL, 1, "2 bob +86400", 2, ""},
     "an approval that holds longer than it may"},
    {"older than the rule: by nobody",
     by_users,
     {"alice", NULL, 1, "2 mallory +3600", 2, ""},
     "an approval by somebody who is not an approver"},
    {"by the deployer",
     by_others,
     {"bob", NULL, 1, "2 bob +3600", 2, ""},
     "an approval by the deployer"},
    {"by another approver", by_others, {"bob", NULL, 1, "2 bill +3600", 2, ""}, NULL},
    {"no words of ours", by_users, {"alice", NULL, 1, "=yes", 2, "=yes"}, "no approval"},
    {"the same template", by_users, {"alice", NULL, 2, "", 2, ""}, NULL},

    /* Writes of the annotation alone. */
    {"an approver approves", by_users, {"bob", NULL, 1, "", 1, "2 bob +3600"}, NULL},
    {"a member of a group approves", by_groups, {"zoe", MANAGERS, 1, "", 1, "2 zoe +3600"}, NULL},
    {"for as long as there is", for_an_hour, {"bob", NULL, 1, "", 1, "2 bob +3600"}, NULL},
    /* LIMIT_CLOCK_SKEW is 300. */
    {"with a clock that is nearly as fast as may be",
     for_an_hour,
     {"bob", NULL, 1, "", 1, "2 bob +3899"},
     NULL},
    {"with a clock that is fast", for_an_hour, {"bob", NULL, 1, "", 1, "2 bob +3900"}, NULL},
    {"for too long", for_an_hour, {"bob", NULL, 1, "", 1, "2 bob +3901"}, ""},
    {"in another's name", by_users, {"bob", NULL, 1, "", 1, "2 bill +3600"}, ""},
    {"by no approver in the own name", by_users, {"alice", NULL, 1, "", 1, "2 alice +3600"}, ""},
    {"by no approver in an approver's", by_users, {"alice", NULL, 1, "", 1, "2 bob +3600"}, ""},
    {"by a namesake of the group",
     by_groups,
     {"release-managers", "[]", 1, "", 1, "2 release-managers +60"},
     ""},
    {"malformed, by an approver", by_users, {"bob", NULL, 1, "", 1, "=yes"}, ""},
    {"malformed, by nobody", by_users, {"alice", NULL, 1, "", 1, "=yes"}, ""},
    {"taken away", by_users, {"alice", NULL, 1, "2 bob +3600", 1, ""}, NULL},
    {"left as it was", by_users, {"alice", NULL, 1, "2 bob +3600", 1, "2 bob +3600"}, NULL},
    {"left as it was, expired",
     by_users,
     {"alice", NULL, 1, "2 bob -3600", 1, "2 bob -3600"},
     NULL},
    {"prolonged by nobody", by_users, {"alice", NULL, 1, "2 bob +60", 1, "2 bob +3600"}, ""},
    {"for the template that runs, in another's name",
     by_users,
     {"alice", NULL, 1, "", 1, "1 bob +60"},
     ""},
    {"by an approver too", by_users, {"bob", NULL, 1, "", 1, "1 bill +60"}, ""},
    {"one that is long over", by_users, {"alice", NULL, 1, "", 1, "2 bob -301"}, NULL},
    {"one that is over", by_users, {"alice", NULL, 1, "", 1, "2 bob -300"}, NULL},
    {"by this clock only", by_users, {"alice", NULL, 1, "", 1, "2 bob -299"}, ""},

    /* Both at once. */
    {"smuggled in with the deploy",
     by_users,
     {"alice", NULL, 1, "", 2, "2 bob +3600"},
     "no approval"},
    {"smuggled in for the next deploy",
     by_users,
     {"alice", NULL, 1, "2 bob +60", 2, "3 bob +60"},
     ""},
    {"an undo that brings an old one back",
     by_users,
     {"alice", NULL, 2, "2 bob +60", 1, "1 bob +60"},
     "an approval of another template"},
    {"an approved undo that brings one back",
     by_users,
     {"alice", NULL, 2, "1 bob +60", 1, "1 bob +30"},
     ""},
    {"of the template that it leaves",
     by_users,
     {"alice", NULL, 2, "1 bob +60", 1, "2 bob +30"},
     ""},
    {"an undo that leaves it as it was",
     by_users,
     {"alice", NULL, 2, "1 bob +60", 1, "1 bob +60"},
     NULL},
    {"an approved undo that brings one that is over",
     by_users,
     {"alice", NULL, 2, "1 bob +60", 1, "3 bob -300"},
     NULL},
    {"by this clock only", by_users, {"alice", NULL, 2, "1 bob +60", 1, "3 bob -299"}, ""},
    {"an undo that drops it", by_users, {"alice", NULL, 2, "1 bob +60", 1, ""}, NULL},
    {"an approver deploys with the own approval",
     by_users,
     {"bob", NULL, 1, "", 2, "2 bob +60"},
     NULL},
    {"an approver creates with it", by_users, {"bob", NULL, -1, "", 2, "2 bob +60"}, NULL},
    {"an approver creates with that of another",
     by_users,
     {"bob", NULL, -1, "", 2, "2 bill +60"},
     "no approval"},
    {"with notRequester neither",
     by_others,
     {"bob", NULL, -1, "", 2, "2 bob +60"},
     "an approval by the deployer"},
    {"nobody creates with one", by_users, {"alice", NULL, -1, "", 2, "2 bob +60"}, "no approval"},
    {"nobody creates with one of another", by_users, {"alice", NULL, -1, "", 2, "3 bob +60"}, ""},

    /* Controllers. */
    {"the deployment controller copies",
     by_users,
     {"system:serviceaccount:kube-system:deployment-controller", NULL, 1, "", 1, "2 bob +60"},
     NULL},
};

static void who_may_do_what(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct verdict verdict;
        struct ask ask;
        const char *message;

        fixture_open(&f, cases[i].rules);
        ask = ask_of(&f.arena, &cases[i].write, APPROVAL_ANNOTATION_ANNOTATION);
        message = fixture_denial(&f, &ask, NOW, &verdict);
        if (verdict.allowed != !cases[i].found)
            fail_msg("%s: allowed %d\n%s", cases[i].name, verdict.allowed, message);
        if (cases[i].found && *cases[i].found) {
            const struct finding *last = verdict.first->findings;

            while (last->next)
                last = last->next;
            if (!view_eq_str(last->found, cases[i].found))
                fail_msg("%s:\n%s", cases[i].name, message);
        }
        fixture_close(&f);
    }
}

static void a_restart_needs_none(void **state)
{
    struct fixture f;
    struct verdict verdict;
    struct ask ask = {0};

    (void)state;
    fixture_open(&f, by_users);
    ask.old = object_text(&f.arena, template_text(&f.arena, 1, ""), "x", VIEW(""));
    ask.object =
        object_text(&f.arena,
                    template_text(&f.arena, 1,
                                  ",\"annotations\":{\"kubectl.kubernetes.io/restartedAt\":\"t\"}"),
                    "x", VIEW(""));
    assert_string_equal(fixture_denial(&f, &ask, NOW, &verdict), "");
    fixture_close(&f);
}

static void tickets(void **state)
{
    static const struct {
        const char *name, *rules;
        struct write write;
        const char *found;
    } table[] = {
        {"there", by_ticket, {"alice", NULL, 1, "", 2, "=OPS-12"}, NULL},
        {"created with it", by_ticket, {"alice", NULL, -1, "", 2, "=OPS-12"}, NULL},
        {"missing", by_ticket, {"alice", NULL, 1, "", 2, ""}, "nothing"},
        {"taken away", by_ticket, {"alice", NULL, 1, "=OPS-12", 2, ""}, "nothing"},
        {"only a part matches", by_ticket, {"alice", NULL, 1, "", 2, "=xOPS-12"}, "xOPS-12"},
        {"no deploy", by_ticket, {"alice", NULL, 1, "", 1, "=no"}, NULL},
        {"any", by_any_ticket, {"alice", NULL, 1, "", 2, "=x"}, NULL},
        {"nothing that can be seen",
         by_any_ticket,
         {"alice", NULL, 1, "", 2, "=\xE2\x80\x8B"},
         "\xE2\x80\x8B"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct fixture f;
        struct verdict verdict;
        struct ask ask;

        fixture_open(&f, table[i].rules);
        ask = ask_of(&f.arena, &table[i].write, "acme.example/ticket");
        fixture_denial(&f, &ask, NOW, &verdict);
        if (verdict.allowed != !table[i].found ||
            (table[i].found && !view_eq_str(verdict.first->findings->found, table[i].found)))
            fail_msg("%s: allowed %d", table[i].name, verdict.allowed);
        fixture_close(&f);
    }
}

static void messages(void **state)
{
    struct fixture f;
    struct verdict verdict;
    struct ask ask;

    (void)state;
    fixture_open(&f, by_others);
    ask = ask_of(&f.arena, &(struct write){"alice", NULL, 1, "", 2, ""},
                 APPROVAL_ANNOTATION_ANNOTATION);
    assert_string_equal(
        fixture_denial(&f, &ask, NOW, &verdict),
        arena_printf(&f.arena,
                     "Deployment shop/api breaks 1 rule: approved\n\n"
                     "  approved   needs the approval of bob or bill\n"
                     "    found  no approval\n"
                     "    how    bob or bill, not the deployer, approves this very template with\n"
                     "      kubectl annotate --overwrite -n shop deployment/api "
                     "tidegate.dev/approve=\"%.*s by $(kubectl auth whoami -o "
                     "jsonpath='{.status.userInfo.username}') until 2026-01-02T00:00:00Z\"",
                     VIEW_ARGS(hash_of(&f.arena, 2)))
            .p);
    fixture_close(&f);
}

#define GRANT(end)                                                                                 \
    "{\"annotations\":{\"" APPROVAL_ANNOTATION_ANNOTATION "\":\"x by bob until " end "\"}}"
#define BEARS      GRANT("2026-01-01T01:00:00Z")
#define BEARS_MORE GRANT("2026-01-01T02:00:00Z")
#define TEMPLATE(metadata)                                                                         \
    "{\"spec\":{\"template\":{\"metadata\":" metadata ",\"spec\":{\"containers\":[]}}}}"
#define JOB(metadata)                                                                              \
    "{\"spec\":{\"jobTemplate\":{\"metadata\":" metadata                                           \
    ",\"spec\":{\"template\":{\"spec\":{\"containers\":[]}}}}}}"

/* What a controller would write to the Pods and Jobs that it makes. */
static void none_stands_in_a_template(void **state)
{
    static const struct {
        const char *kind, *old, *new, *path;
    } table[] = {
        {"Deployment", TEMPLATE("{}"), TEMPLATE(BEARS), "spec.template.metadata"},
        {"StatefulSet", TEMPLATE(BEARS), TEMPLATE(BEARS_MORE), "spec.template.metadata"},
        {"Job", TEMPLATE("{}"), TEMPLATE(BEARS), "spec.template.metadata"},
        {"CronJob", JOB("{}"), JOB(BEARS), "spec.jobTemplate.metadata"},
        {"CronJob", JOB(BEARS), JOB(BEARS), NULL},
        {"DaemonSet", TEMPLATE(BEARS), TEMPLATE(BEARS), NULL},
        {"Deployment", TEMPLATE(BEARS), TEMPLATE("{}"), ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct fixture f;
        struct verdict verdict;
        struct ask ask = {.kind = table[i].kind, .old = table[i].old, .object = table[i].new};

        fixture_open(&f, by_users);
        fixture_denial(&f, &ask, NOW, &verdict);
        if (verdict.allowed != !table[i].path ||
            (table[i].path && !view_starts(verdict.first->findings->path, table[i].path)))
            fail_msg("%zu: allowed %d", i, verdict.allowed);
        fixture_close(&f);
    }
}

/* What the labels kept out of the rule when it was written. */
static void a_grant_of_before_the_rule_looked(void **state)
{
    static const char *const places[] = {"  match: {workloads: all, labels: {tier: prod}}\n",
                                         "  match: {workloads: all}\n"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        const char *object[2], *rules;
        struct arena arena;

        arena_init(&arena, 1 << 20);
        rules = arena_printf(&arena,
                             "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\n"
                             "metadata: {name: shop}\nspec:\n%s  rules:\n    - id: approved\n%s"
                             "      approval: {approvers: {users: [bob]}}\n",
                             places[i], i == 1 ? "      match: {labels: {tier: prod}}\n" : "")
                    .p;
        fixture_open(&f, rules);
        for (int n = 0; n < 2; n++)
            object[n] =
                arena_printf(&arena,
                             "{\"metadata\":{\"labels\":{\"tier\":\"%s\"},\"annotations\":"
                             "{\"%s\":\"%.*s by bob until 2026-01-01T01:00:00Z\"}},"
                             "\"spec\":{\"template\":%.*s}}",
                             n ? "prod" : "dev", APPROVAL_ANNOTATION_ANNOTATION,
                             VIEW_ARGS(hash_of(&arena, 1)), VIEW_ARGS(template_text(&arena, 1, "")))
                    .p;
        assert_string_equal(fixture_rules(&f, &(struct ask){.object = object[0]}, NOW), "");
        assert_string_equal(
            fixture_rules(&f, &(struct ask){.old = object[0], .object = object[1]}, NOW),
            "approved");
        assert_string_equal(
            fixture_rules(&f, &(struct ask){.old = object[1], .object = object[1]}, NOW), "");
        assert_string_equal(
            fixture_rules(&f, &(struct ask){.old = object[1], .object = object[0]}, NOW), "");
        fixture_close(&f);
        arena_release(&arena);
    }
}

static void validity_has_a_limit(void **state)
{
    (void)state;
    for (int h = LIMIT_APPROVAL_DAYS * 24 - 1; h <= LIMIT_APPROVAL_DAYS * 24 + 1; h++) {
        struct policy_set *set;
        struct buf report;
        char rules[512];

        snprintf(rules, sizeof(rules), POLICY("approvers: {users: [bob]}, validFor: %dh"), h);
        buf_init(&report, 4096);
        set = fixture_compile(rules, &report);
        assert_int_equal(set == NULL, h > LIMIT_APPROVAL_DAYS * 24);
        policy_set_release(set);
        buf_release(&report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_do_what),
        cmocka_unit_test(a_restart_needs_none),
        cmocka_unit_test(validity_has_a_limit),
        cmocka_unit_test(none_stands_in_a_template),
        cmocka_unit_test(a_grant_of_before_the_rule_looked),
        cmocka_unit_test(tickets),
        cmocka_unit_test(messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
