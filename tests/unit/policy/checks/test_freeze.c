#include "unit/policy/rules_fixture.h"

#include "base/time/timefmt.h"

#define HEAD                                                                                       \
    "apiVersion: tidegate.dev/v1alpha1\n"                                                          \
    "kind: Environment\n"                                                                          \
    "metadata: {name: production}\n"                                                               \
    "spec: {namespaces: [shop], timeZone: Europe/Paris}\n"                                         \
    "---\n"                                                                                        \
    "apiVersion: tidegate.dev/v1alpha1\n"                                                          \
    "kind: Environment\n"                                                                          \
    "metadata: {name: tokyo}\n"                                                                    \
    "spec: {namespaces: [shop-jp], timeZone: Asia/Tokyo}\n"                                        \
    "---\n"                                                                                        \
    "apiVersion: tidegate.dev/v1alpha1\n"                                                          \
    "kind: Environment\n"                                                                          \
    "metadata: {name: nowhere}\n"                                                                  \
    "spec: {namespaces: [shop-none]}\n"                                                            \
    "---\n"                                                                                        \
    "apiVersion: tidegate.dev/v1alpha1\n"                                                          \
    "kind: Policy\n"                                                                               \
    "metadata: {name: shop}\n"                                                                     \
    "spec:\n"

#define RULES(environments, freeze)                                                                \
    HEAD "  match: {environments: [" environments "], workloads: all}\n"                           \
         "  rules: [{id: hours, freeze: " freeze "}]\n"

#define BUSINESS "deny: [{schedule: 0 8 * * 1-5, duration: 10h}]"
#define OVERRIDE ", override: {groups: [incident-commanders], users: [eve]}"

#define REQUEST(operation, namespace, user, rest)                                                  \
    "{\"uid\":\"u\",\"operation\":\"" operation                                                    \
    "\",\"kind\":{\"group\":\"apps\",\"version\":\"v1\",\"kind\":\"Deployment\"},\"resource\":{"   \
    "\"group\":\"apps\",\"version\":\"v1\",\"resource\":\"deployments\"},\"namespace\":"           \
    "\"" namespace "\",\"name\":\"api\",\"userInfo\":{\"username\":\"" user "\"},\"object\":" rest \
                   "}"

#define COMMANDER "eve\",\"groups\":[\"incident-commanders\"],\"x\":\""

#define DEPLOYMENT(annotations, image, pod_annotations)                                            \
    "{\"metadata\":{\"name\":\"api\",\"annotations\":{" annotations                                \
    "}},\"spec\":{\"replicas\":3,\"template\":{\"metadata\":{\"annotations\":{" pod_annotations    \
    "}},\"spec\":{\"containers\":[{\"name\":\"api\",\"image\":\"" image "\"}]}}}}"

#define NEW     DEPLOYMENT("", "api:2", "")
#define OLD     DEPLOYMENT("", "api:1", "")
#define UPDATED NEW ",\"oldObject\":" OLD
#define RESTARTED                                                                                  \
    DEPLOYMENT("", "api:1", "\"kubectl.kubernetes.io/restartedAt\":\"2026\"")                      \
    ",\"oldObject\""                                                                               \
    ":" OLD
#define UNREAD        "    note   the reason in tidegate.dev/break-glass holds no letter or digit\n"
#define GLASS(reason) "\"tidegate.dev/break-glass\":\"" reason "\""

#define TUESDAY_NOON "2026-11-24T15:46:00+01:00"

#define FROZEN                                                                                     \
    "Deployment shop/api breaks 1 rule: hours\n"                                                   \
    "\n"                                                                                           \
    "  hours   frozen Mon-Fri 08:00-18:00 Europe/Paris\n"                                          \
    "    opens  Tue 24 Nov 18:00 CET, in 2 h 14 min"

/* A commander gives a reason that does not say anything. */
#define NOT_A_REASON(name, reason)                                                                 \
    {                                                                                              \
        name, RULES("production", "{" BUSINESS OVERRIDE "}"),                                      \
            REQUEST("UPDATE", "shop", COMMANDER,                                                   \
                    DEPLOYMENT(GLASS(reason), "api:2",                                             \
                               "") ",\"oldObject\":" DEPLOYMENT(GLASS(reason), "api:1", "")),      \
            TUESDAY_NOON,                                                                          \
            FROZEN "\n" UNREAD "    urgent? you can deploy now with\n"                             \
                   "      kubectl annotate --overwrite -n shop deployment/api "                    \
                   "tidegate.dev/break-glass=\"<reason>\"",                                        \
            NULL                                                                                   \
    }

static const struct {
    const char *name, *rules, *request, *now;
    const char *message; /* "": admitted */
    const char *trace;
} cases[] = {
    {"an update in a freeze", RULES("production", "{" BUSINESS "}"),
     REQUEST("UPDATE", "shop", "alice", UPDATED), TUESDAY_NOON, FROZEN, NULL},
    {"at the end of it", RULES("production", "{" BUSINESS "}"),
     REQUEST("UPDATE", "shop", "alice", UPDATED), "2026-11-24T18:00:00+01:00", "", NULL},
    {"no deploy", RULES("production", "{" BUSINESS "}"),
     REQUEST("UPDATE", "shop", "alice", OLD ",\"oldObject\":" OLD), TUESDAY_NOON, "", NULL},
    {"by a controller", RULES("production", "{" BUSINESS "}"),
     REQUEST("CREATE", "shop", "system:serviceaccount:kube-system:deployment-controller", NEW),
     TUESDAY_NOON, "", NULL},
    {"each environment has its zone", RULES("production, tokyo", "{" BUSINESS "}"),
     REQUEST("UPDATE", "shop-jp", "alice", UPDATED), "2026-11-24T00:30:00+01:00",
     "Deployment shop-jp/api breaks 1 rule: hours\n"
     "\n"
     "  hours   frozen Mon-Fri 08:00-18:00 Asia/Tokyo\n"
     "    opens  Tue 24 Nov 18:00 JST, in 9 h 30 min",
     NULL},
    {"the freeze's own zone", RULES("production, nowhere", "{" BUSINESS ", timeZone: UTC}"),
     REQUEST("UPDATE", "shop", "alice", UPDATED), "2026-11-24T18:30:00+01:00",
     "Deployment shop/api breaks 1 rule: hours\n"
     "\n"
     "  hours   frozen Mon-Fri 08:00-18:00 UTC\n"
     "    opens  Tue 24 Nov 18:00 UTC, in 30 min",
     NULL},
    {"outside of all allow windows",
     RULES("production", "{allow: [{schedule: 0 2 * * *, until: '04:00'}, "
                         "{schedule: 0 20 * * 6, until: '22:00'}]}"),
     REQUEST("CREATE", "shop", "alice", NEW), TUESDAY_NOON,
     "Deployment shop/api breaks 1 rule: hours\n"
     "\n"
     "  hours   closed outside daily 02:00-04:00 Europe/Paris and Sat 20:00-22:00 Europe/Paris\n"
     "    opens  Wed 25 Nov 02:00 CET, in 10 h 14 min",
     NULL},
    {"for good", RULES("production", "{allow: [{from: 2026-01-01, to: 2026-01-02}]}"),
     REQUEST("CREATE", "shop", "alice", NEW), TUESDAY_NOON,
     "Deployment shop/api breaks 1 rule: hours\n"
     "\n"
     "  hours   closed outside 1 Jan 2026 to 2 Jan 2026 Europe/Paris\n"
     "    opens  not within ten years",
     NULL},
    {"a restart is a deploy", RULES("production", "{" BUSINESS "}"),
     REQUEST("UPDATE", "shop", "alice", RESTARTED), TUESDAY_NOON, FROZEN, NULL},
    {"unless the rule lets it pass", RULES("production", "{" BUSINESS ", restarts: allow}"),
     REQUEST("UPDATE", "shop", "alice", RESTARTED), TUESDAY_NOON, "", NULL},
    {"which no other change does", RULES("production", "{" BUSINESS ", restarts: allow}"),
     REQUEST("UPDATE", "shop", "alice", UPDATED), TUESDAY_NOON, FROZEN, NULL},
    {"nor a new object", RULES("production", "{" BUSINESS ", restarts: allow}"),
     REQUEST("CREATE", "shop", "alice", NEW), TUESDAY_NOON, FROZEN, NULL},
    {"the way in is told", RULES("production", "{" BUSINESS OVERRIDE "}"),
     REQUEST("UPDATE", "shop", "alice", UPDATED), TUESDAY_NOON,
     FROZEN "\n"
            "    urgent? a member of incident-commanders or eve can deploy now with\n"
            "      kubectl annotate -n shop deployment/api "
            "tidegate.dev/break-glass=\"<reason>\"",
     NULL},
    {"for what does not exist yet", RULES("production", "{" BUSINESS OVERRIDE "}"),
     REQUEST("CREATE", "shop", "alice", NEW), TUESDAY_NOON,
     FROZEN "\n"
            "    urgent? a member of incident-commanders or eve can deploy now with this "
            "annotation in the manifest\n"
            "      tidegate.dev/break-glass: \"<reason>\"",
     NULL},
    NOT_A_REASON("a commander without a reason", " "),
    NOT_A_REASON("a reason of NUL", "\\u0000"),
    NOT_A_REASON("a reason of a no-break space", "\\u00a0"),
    NOT_A_REASON("a reason of zero-width spaces", "\\u200b\\u200b"),
    NOT_A_REASON("a reason of dots", "..."),
    {"a reason without a commander", RULES("production", "{" BUSINESS ", override: {groups: [x]}}"),
     REQUEST("CREATE", "shop", COMMANDER, DEPLOYMENT(GLASS("fire"), "api:2", "")), TUESDAY_NOON,
     FROZEN "\n"
            "    urgent? a member of x can deploy now with this annotation in the manifest\n"
            "      tidegate.dev/break-glass: \"<reason>\"",
     NULL},
    {"both", RULES("production", "{" BUSINESS OVERRIDE "}"),
     REQUEST("CREATE", "shop", COMMANDER, DEPLOYMENT(GLASS("fire"), "api:2", "")), TUESDAY_NOON, "",
     "glass broken by eve: fire"},
    {"in any script", RULES("production", "{" BUSINESS OVERRIDE "}"),
     REQUEST("CREATE", "shop", COMMANDER, DEPLOYMENT(GLASS("\xE7\x81\xAB"), "api:2", "")),
     TUESDAY_NOON, "", "glass broken by eve: \xE7\x81\xAB"},
    {"both, but no freeze", RULES("production", "{" BUSINESS OVERRIDE "}"),
     REQUEST("CREATE", "shop", COMMANDER, DEPLOYMENT(GLASS("fire"), "api:2", "")),
     "2026-11-24T19:00:00+01:00", "", NULL},
    {"no override, no way", RULES("production", "{" BUSINESS "}"),
     REQUEST("CREATE", "shop", COMMANDER, DEPLOYMENT(GLASS("fire"), "api:2", "")), TUESDAY_NOON,
     FROZEN, NULL},
};

static void freezes_deny_and_say_until_when(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct request request;
        struct verdict verdict;
        struct view message, trace = {NULL, 0};
        int64_t now = 0;

        assert_int_equal(timefmt_parse(view_of(cases[i].now), &now), 0);
        fixture_open(&f, cases[i].rules);
        verdict = fixture_ask(&f, cases[i].request, now, &request);
        message = message_denial(&verdict, &request, &f.arena);
        if (verdict.first)
            trace = verdict.first->trace;
        if (!view_eq_str(message, cases[i].message) || verdict.allowed != (message.n == 0) ||
            !view_eq(trace, view_of(cases[i].trace)))
            fail_msg("%s:\n%.*s\n%.*s", cases[i].name, VIEW_ARGS(message), VIEW_ARGS(trace));
        fixture_close(&f);
    }
}

static void mistakes_in_a_freeze_are_told_once(void **state)
{
    static const struct {
        const char *rules, *report;
    } mistakes[] = {
        {RULES("production", "{override: {users: [eve]}}"),
         "error: a freeze has \"deny\" or \"allow\" windows\n"},
        {RULES("nowhere", "{" BUSINESS "}"), "error: the window has no time zone\n"},
        {RULES("production, nowhere", "{" BUSINESS "}"), "error: the window has no time zone\n"},
        {HEAD "  rules: [{id: hours, freeze: {" BUSINESS "}}]\n",
         "error: the window has no time zone\n"},
        {RULES("production", "{" BUSINESS ", timeZone: Mars}"),
         "error: \"Mars\" is not a valid time zone: it is not in \"/usr/share/zoneinfo\"\n"},
        {RULES("production", "{" BUSINESS ", override: {}}"),
         "error: \"override\" names neither groups nor users\n"},
        {RULES("production, tokyo", "{deny: [{schedule: 0 0 30 2 *, duration: 1h}]}"),
         "error: \"0 0 30 2 *\" is not a valid schedule: it never comes, no month of it has such a "
         "day\n"},
        {RULES("production, tokyo", "{" BUSINESS ", restarts: never}"),
         "error: \"never\" is not a value of \"restarts\"\n"},
        {RULES("production, tokyo", "{" BUSINESS ", allow: [{schedule: 0 9 * * 1, duration: 1h}]}"),
         "error: this freeze never opens\n"},
        {RULES("production, tokyo", "{deny: [{schedule: 0 0 * * 1-5, until: '24:00'}, "
                                    "{schedule: 0 0 * * 6-7, until: '24:00'}]}"),
         "error: this freeze never opens\n"},
        {RULES("production, tokyo", "{deny: [~]}"), "error: "},
        {RULES("production, tokyo",
               "{" BUSINESS ", allow: [{schedule: 0 2 * * *, until: '04:00'}]}"),
         "warning: this deny window closes nothing: no allow window is ever open in it\n"},
        {RULES("production, tokyo", "{deny: [{schedule: '* 10 * * *', duration: 2h}]}"),
         "warning: \"* 10 * * *\" starts again while it is open: it stays open for 2h59m\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct policy_set *set;
        struct buf report;
        const char *found;

        buf_init(&report, 1 << 20);
        set = fixture_compile(mistakes[i].rules, &report);
        found = report.p ? strstr(report.p, mistakes[i].report) : NULL;
        if (!found || strstr(found + 1, mistakes[i].report) ||
            !set != (mistakes[i].report[0] == 'e'))
            fail_msg("%zu: %s", i, report.p);
        policy_set_release(set);
        buf_release(&report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freezes_deny_and_say_until_when),
        cmocka_unit_test(mistakes_in_a_freeze_are_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
