#include "policy/object/rollout_start.h"
#include "unit/policy/rules_fixture.h"

/* Objects of one kind: a spec and a status, with generation 7, which a controller has seen or not.
 */
#define OBJECT(spec, status)                                                                       \
    "{\"metadata\":{\"name\":\"api\",\"generation\":7},\"spec\":{" spec "},\"status\":{" status "}}"
#define SEEN       "\"observedGeneration\":7,"
#define BEHIND     "\"observedGeneration\":6,"
#define PAUSED     "\"paused\":true"
#define GOES_ON    "\"paused\":false"
#define JOBS(spec) "\"jobTemplate\":{\"spec\":{" spec "}}"
#define SUSPENDED  "\"suspend\":true"
#define ON_DELETE  "\"updateStrategy\":{\"type\":\"OnDelete\"}"
#define ROLLING    "\"updateStrategy\":{\"type\":\"RollingUpdate\"}"
#define PARTITION(n)                                                                               \
    "\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":" n "}}"
#define PODS(updated, all)  "\"updatedReplicas\":" updated ",\"replicas\":" all
#define NODES(updated, all) "\"updatedNumberScheduled\":" updated ",\"currentNumberScheduled\":" all
#define REVISIONS(current, update)                                                                 \
    "\"currentRevision\":\"" current "\",\"updateRevision\":\"" update "\","
#define HASHES(stable, current)                                                                    \
    "\"stableRS\":\"" stable "\",\"currentPodHash\":\"" current "\",\"observedGeneration\":"
#define REF(name) "\"workloadRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\"" name "}"

static const struct {
    const char *name, *kind, *old, *new;
    bool starts;
} cases[] = {
    /* A Deployment. */
    {"resumed, changed while paused", "Deployment", OBJECT(PAUSED, SEEN PODS("0", "3")),
     OBJECT(GOES_ON, ""), true},
    {"resumed by leaving paused out", "Deployment", OBJECT(PAUSED, SEEN PODS("0", "3")),
     OBJECT("", ""), true},
    {"resumed, its new pods not counted", "Deployment", OBJECT(PAUSED, SEEN "\"replicas\":3"),
     OBJECT(GOES_ON, ""), true},
    {"resumed, nothing was changed", "Deployment", OBJECT(PAUSED, SEEN PODS("3", "3")),
     OBJECT(GOES_ON, ""), false},
    {"resumed and scaled", "Deployment", OBJECT(PAUSED ",\"replicas\":3", SEEN PODS("3", "3")),
     OBJECT(GOES_ON ",\"replicas\":5", ""), false},
    {"resumed in the middle of a rollout", "Deployment", OBJECT(PAUSED, SEEN PODS("1", "4")),
     OBJECT(GOES_ON, ""), true},
    {"resumed before its controller has looked", "Deployment",
     OBJECT(PAUSED, BEHIND PODS("3", "3")), OBJECT(GOES_ON, ""), true},
    {"resumed, no status", "Deployment", OBJECT(PAUSED, ""), OBJECT(GOES_ON, ""), true},
    {"resumed, it never ran", "Deployment", OBJECT(PAUSED, SEEN PODS("0", "0")),
     OBJECT(GOES_ON, ""), true},
    {"resumed, a status of another type", "Deployment", OBJECT(PAUSED, SEEN PODS("\"3\"", "\"3\"")),
     OBJECT(GOES_ON, ""), true},
    {"paused", "Deployment", OBJECT(GOES_ON, SEEN PODS("0", "3")), OBJECT(PAUSED, ""), false},
    {"scaled", "Deployment", OBJECT("\"replicas\":0", SEEN PODS("0", "0")),
     OBJECT("\"replicas\":3", ""), false},
    {"scaled while paused", "Deployment", OBJECT(PAUSED ",\"replicas\":0", SEEN PODS("0", "0")),
     OBJECT(PAUSED ",\"replicas\":3", ""), false},

    /* A StatefulSet. */
    {"a partition is lowered", "StatefulSet",
     OBJECT(PARTITION("3"), SEEN REVISIONS("a", "b") PODS("0", "3")), OBJECT(PARTITION("2"), ""),
     true},
    {"to the default", "StatefulSet",
     OBJECT(PARTITION("3"), SEEN REVISIONS("a", "b") PODS("0", "3")), OBJECT(ROLLING, ""), true},
    {"once more", "StatefulSet", OBJECT(PARTITION("2"), SEEN REVISIONS("a", "b") PODS("1", "3")),
     OBJECT(PARTITION("0"), ""), true},
    {"when all are of one template", "StatefulSet",
     OBJECT(PARTITION("3"), SEEN REVISIONS("b", "b") PODS("3", "3")), OBJECT(PARTITION("0"), ""),
     false},
    {"when all were deleted by hand", "StatefulSet",
     OBJECT(ON_DELETE, SEEN REVISIONS("a", "b") PODS("3", "3")), OBJECT(ROLLING, ""), false},
    {"before its controller has looked", "StatefulSet",
     OBJECT(PARTITION("3"), BEHIND REVISIONS("b", "b") PODS("3", "3")), OBJECT(PARTITION("0"), ""),
     true},
    {"no revisions", "StatefulSet", OBJECT(PARTITION("3"), SEEN "\"replicas\":3"),
     OBJECT(PARTITION("0"), ""), true},
    {"a partition is raised", "StatefulSet",
     OBJECT(PARTITION("1"), SEEN REVISIONS("a", "b") PODS("1", "3")), OBJECT(PARTITION("3"), ""),
     false},
    {"rolled again", "StatefulSet", OBJECT(ON_DELETE, SEEN REVISIONS("a", "b") PODS("1", "3")),
     OBJECT(ROLLING, ""), true},
    {"rolled again by leaving it out", "StatefulSet",
     OBJECT(ON_DELETE, SEEN REVISIONS("a", "b") PODS("0", "3")), OBJECT("", ""), true},
    {"no longer rolled", "StatefulSet",
     OBJECT(PARTITION("3"), SEEN REVISIONS("a", "b") PODS("0", "3")), OBJECT(ON_DELETE, ""), false},
    {"scaled above the partition", "StatefulSet",
     OBJECT(PARTITION("3") ",\"replicas\":3", SEEN REVISIONS("a", "b") PODS("0", "3")),
     OBJECT(PARTITION("3") ",\"replicas\":5", ""), false},

    /* A DaemonSet. */
    {"rolled again", "DaemonSet", OBJECT(ON_DELETE, SEEN NODES("1", "3")), OBJECT(ROLLING, ""),
     true},
    {"rolled again by leaving it out", "DaemonSet", OBJECT(ON_DELETE, SEEN NODES("0", "3")),
     OBJECT("", ""), true},
    {"when all are of one template", "DaemonSet", OBJECT(ON_DELETE, SEEN NODES("3", "3")),
     OBJECT(ROLLING, ""), false},
    {"when there are none", "DaemonSet", OBJECT(ON_DELETE, SEEN NODES("0", "0")),
     OBJECT(ROLLING, ""), true},
    {"no longer rolled", "DaemonSet", OBJECT(ROLLING, SEEN NODES("0", "3")), OBJECT(ON_DELETE, ""),
     false},

    /* Jobs. */
    {"unsuspended", "Job", OBJECT(SUSPENDED, ""), OBJECT("\"suspend\":false", ""), true},
    {"unsuspended by leaving it out", "Job", OBJECT(SUSPENDED, ""), OBJECT("", ""), true},
    {"unsuspended, it had begun", "Job",
     OBJECT(SUSPENDED, "\"startTime\":\"2026-01-01T00:00:00Z\""), OBJECT("", ""), false},
    {"suspended", "Job", OBJECT("", ""), OBJECT(SUSPENDED, ""), false},
    {"unsuspended", "CronJob", OBJECT(SUSPENDED, ""), OBJECT("", ""), true},
    {"unsuspended, and what ran before is not known", "CronJob",
     OBJECT(SUSPENDED, "\"lastScheduleTime\":\"2026-01-01T00:00:00Z\""), OBJECT("", ""), true},
    {"its jobs unsuspended", "CronJob", OBJECT(JOBS(SUSPENDED), ""), OBJECT(JOBS(""), ""), true},
    {"its jobs suspended", "CronJob", OBJECT(JOBS(""), ""), OBJECT(JOBS(SUSPENDED), ""), false},
    {"another schedule", "CronJob", OBJECT("\"schedule\":\"a\"", ""),
     OBJECT("\"schedule\":\"b\"", ""), false},

    /* A Rollout. */
    {"resumed", "Rollout", OBJECT(PAUSED, HASHES("a", "b") "\"7\""), OBJECT(GOES_ON, ""), true},
    {"resumed, nothing was changed", "Rollout", OBJECT(PAUSED, HASHES("a", "a") "\"7\""),
     OBJECT(GOES_ON, ""), false},
    {"resumed before its controller has looked", "Rollout",
     OBJECT(PAUSED, HASHES("a", "a") "\"6\""), OBJECT(GOES_ON, ""), true},
    {"resumed, no status", "Rollout", OBJECT(PAUSED, ""), OBJECT(GOES_ON, ""), true},
    {"refers to another", "Rollout", OBJECT(REF(",\"name\":\"a\""), HASHES("a", "a") "\"7\""),
     OBJECT(REF(",\"name\":\"b\""), ""), true},
    {"refers to one from now on", "Rollout", OBJECT("", ""), OBJECT(REF(",\"name\":\"b\""), ""),
     true},
    {"refers to the same", "Rollout", OBJECT(REF(",\"name\":\"a\""), ""),
     OBJECT(REF(",\"name\":\"a\",\"scaleDown\":\"never\""), ""), false},

    /* What knows no such thing. */
    {"a field that means nothing", "ReplicaSet", OBJECT(PAUSED, ""), OBJECT("", ""), false},
    {"a field that means nothing", "DaemonSet", OBJECT(PAUSED, ""), OBJECT("", ""), false},
};

static const char *start_of(struct fixture *f, struct ask ask)
{
    struct view text = fixture_request(f, &ask);
    yyjson_doc *doc = yyjson_read(text.p, text.n, 0);
    struct request request;
    const char *problem;

    f->docs[f->doc_count++] = doc;
    assert_int_equal(request_read(yyjson_doc_get_root(doc), &request, &problem), 0);
    return rollout_start_of(&request);
}

static const char no_rules[] = "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\n"
                               "metadata: {name: p}\nspec:\n  rules:\n    - id: none\n"
                               "      podSecurity: {controls: [runAsUser]}\n";

static void what_starts_a_rollout(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, no_rules);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct ask ask = {.kind = cases[i].kind, .old = cases[i].old, .object = cases[i].new};

        if (!start_of(&f, ask) == cases[i].starts)
            fail_msg("%s: %s", cases[i].kind, cases[i].name);
    }
    fixture_close(&f);
}

/* Only a write of the spec itself does. */
static void nothing_else_starts_one(void **state)
{
    struct ask ask = {.old = cases[0].old, .object = cases[0].new};
    struct fixture f;

    (void)state;
    fixture_open(&f, no_rules);
    assert_string_equal(start_of(&f, ask), "spec.paused");
    ask.subresource = "status";
    assert_null(start_of(&f, ask));
    ask.subresource = NULL;
    ask.group = "example.com";
    assert_null(start_of(&f, ask));
    ask.group = NULL;
    ask.operation = "CREATE";
    assert_null(start_of(&f, ask));
    ask.operation = "UPDATE";
    ask.object = NULL;
    assert_null(start_of(&f, ask));
    fixture_close(&f);
}

/* --- by the rules ----------------------------------------------------------------------------- */

#define RULES(freeze)                                                                              \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n"                \
    "  match: {workloads: all}\n  rules:\n    - id: frozen\n      freeze:\n        timeZone: "     \
    "UTC\n"                                                                                        \
    "        deny: [{schedule: \"0 0 * * *\", duration: 23h}]\n" freeze                            \
    "    - id: approved\n      approval: {approvers: {users: [bob]}}\n"

static const char frozen[] = RULES(""), but_restarts[] = RULES("        restarts: allow\n");

#define DEPLOYMENT(annotations, paused)                                                            \
    "{\"metadata\":{\"name\":\"api\",\"generation\":7,\"annotations\":{" annotations               \
    "}},\"spec\":{\"paused\":" paused ",\"template\":{\"metadata\":{},\"spec\":{\"containers\":["  \
    "{\"name\":\"api\",\"image\":\"api:2\"}]}}},\"status\":{" SEEN PODS("0", "3") "}}"

static void a_start_is_a_deploy(void **state)
{
    static const struct {
        const char *rules, *user;
        const char *expected;
    } table[] = {
        {frozen, "alice", "frozen approved"},
        /* It is not a restart, though the template stays as it was. */
        {but_restarts, "alice", "frozen approved"},
        {frozen, "system:serviceaccount:kube-system:deployment-controller", ""},
    };
    struct ask ask = {.old = DEPLOYMENT("", "true"), .object = DEPLOYMENT("", "false")};

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct fixture f;

        fixture_open(&f, table[i].rules);
        ask.user = table[i].user;
        assert_string_equal(fixture_rules(&f, &ask, 1767225600), table[i].expected);
        fixture_close(&f);
    }
}

static void a_denial_says_why_it_is_one(void **state)
{
    const struct ask ask = {.old = DEPLOYMENT("", "true"), .object = DEPLOYMENT("", "false")};
    struct verdict verdict;
    struct fixture f;

    (void)state;
    fixture_open(&f, frozen);
    assert_non_null(strstr(fixture_denial(&f, &ask, 1767225600, &verdict),
                           "  frozen     frozen daily 00:00-23:00 UTC\n"
                           "    opens  Thu 1 Jan 23:00 UTC, in 23 h\n"
                           "    note   the change of spec.paused starts a template that is not "
                           "known to run\n"));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_starts_a_rollout), cmocka_unit_test(nothing_else_starts_one),
        cmocka_unit_test(a_start_is_a_deploy), cmocka_unit_test(a_denial_says_why_it_is_one)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
