/* Orders to the guard: who may write them. */
#include "unit/policy/guarded_fixture.h"

#include "base/time/timefmt.h"
#include "policy/guard/guard_command_rule.h"
#include "policy/object/guard_command.h"

static const char guarded[] = PARIS GUARD(RELEASED_BY);
static const char anybodys[] = PARIS GUARD("  onFailure: {rollback: lastHealthy}\n");
static const char audited[] = PARIS GUARD("  mode: audit\n" RELEASED_BY);
static const char elsewhere[] = HEAD("RolloutGuard", "blog") "  match: {namespaces: [blog]}\n"
                                                             "  deadline: 10m\n  soak: 5m\n"
                                                             "  onFailure: notify\n";
static const char by_label[] =
    HEAD("RolloutGuard", "labelled") "  match: {namespaceLabels: {a: b}}\n"
                                     "  deadline: 10m\n  soak: 5m\n  onFailure: notify\n";
static const char none[] =
    PARIS HEAD("Policy", "p") "  rules: [{id: r, mode: audit, fields: [{path: "
                              "spec.replicas, min: 1}]}]\n";

/* What an annotation says in the tables: "2 bob -60" is an order about template 2 by bob, a minute
 * before NOW; "=text" is text as it is; "" is none. */
static struct view order_text(struct arena *arena, const char *short_form)
{
    struct view rest = view_of(short_form), by, seconds;
    struct guard_command order = {.at = 0};

    if (rest.n == 0 || *rest.p == '=')
        return view_from(rest, 1);
    assert_true(view_cut(view_from(rest, 2), ' ', &by, &seconds));
    for (size_t i = 1; i < seconds.n; i++)
        order.at = order.at * 10 + (seconds.p[i] - '0');
    order.at = NOW + (*seconds.p == '-' ? -order.at : order.at);
    order.hash = hash_of(arena, *rest.p - '0');
    order.by = by;
    return guard_command_print(&order, arena);
}

/* Template 0 failed half an hour ago, 1 runs since an hour ago, WAS_HEALTHY was so before. */
static struct known usual(void)
{
    return (struct known){
        .begun = NOW - 60 * MINUTE,
        .of = {[0] = {.quarantined = true, .failed_at = NOW - 30 * MINUTE},
               [WAS_HEALTHY] = {.healthy_at = NOW - 120 * MINUTE, .revision = 1}}};
}

enum twist { NOTHING, COLD, NO_WORLD };

static const struct {
    const char *name, *rules, *key, *old_note, *note;
    int old, new; /* templates; old < 0: CREATE */
    struct ask ask;
    enum twist twist;
    const char *expected; /* fixture_rules */
} cases[] = {
    /* Of one's own. */
    {"a release",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol -0",
     1,
     1,
     {.user = "carol", .groups = COMMANDERS},
     NOTHING,
     ""},
    {"while nothing can be told",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol -0",
     1,
     1,
     {.user = "carol", .groups = COMMANDERS},
     COLD,
     ""},
    {"a clock that is behind",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol -300",
     1,
     1,
     {.user = "carol", .groups = COMMANDERS},
     NOTHING,
     ""},
    {"too far behind",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol -301",
     1,
     1,
     {.user = "carol", .groups = COMMANDERS},
     NOTHING,
     "guard-annotation"},
    {"a clock that is ahead",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol +300",
     1,
     1,
     {.user = "carol", .groups = COMMANDERS},
     NOTHING,
     ""},
    {"too far ahead",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol +301",
     1,
     1,
     {.user = "carol", .groups = COMMANDERS},
     NOTHING,
     "guard-annotation"},
    {"a release by nobody who may",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 alice -0",
     1,
     1,
     {0},
     NOTHING,
     "guard-annotation"},
    {"in audit neither",
     audited,
     GUARD_COMMAND_RELEASE,
     "",
     "0 alice -0",
     1,
     1,
     {0},
     NOTHING,
     "guard-annotation"},
    {"where anybody may",
     anybodys,
     GUARD_COMMAND_RELEASE,
     "",
     "0 alice -0",
     1,
     1,
     {0},
     NOTHING,
     ""},
    {"in somebody else's name",
     anybodys,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol -0",
     1,
     1,
     {0},
     NOTHING,
     "guard-annotation"},
    {"of what nobody guards",
     elsewhere,
     GUARD_COMMAND_RELEASE,
     "",
     "0 alice -0",
     1,
     1,
     {0},
     NOTHING,
     "guard-annotation"},
    {"of what may be guarded",
     by_label,
     GUARD_COMMAND_RELEASE,
     "",
     "0 alice -0",
     1,
     1,
     {0},
     NOTHING,
     "guard-annotation"},
    {"a rollback", guarded, GUARD_COMMAND_ROLLBACK, "", "1 alice -0", 1, 1, {0}, NOTHING, ""},
    {"of what nobody guards",
     elsewhere,
     GUARD_COMMAND_ROLLBACK,
     "",
     "1 alice -0",
     1,
     1,
     {0},
     NOTHING,
     ""},
    {"in somebody else's name",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "1 carol -0",
     1,
     1,
     {0},
     NOTHING,
     "guard-annotation"},
    {"through a status",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "1 carol -0",
     1,
     1,
     {.subresource = "status"},
     NOTHING,
     "guard-annotation"},
    {"where there is no guard",
     none,
     GUARD_COMMAND_ROLLBACK,
     "",
     "1 carol -0",
     1,
     1,
     {0},
     NOTHING,
     "guard-annotation"},
    {"no order",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "=please",
     1,
     1,
     {0},
     NOTHING,
     "guard-annotation"},
    {"with the creation",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "1 carol -0",
     -1,
     1,
     {0},
     NOTHING,
     "guard-annotation"},

    /* Kept and taken away. */
    {"kept", guarded, GUARD_COMMAND_RELEASE, "0 carol -0", "0 carol -0", 1, 2, {0}, NOTHING, ""},
    {"taken away", guarded, GUARD_COMMAND_RELEASE, "0 carol -0", "", 1, 2, {0}, NOTHING, ""},
    {"kept while cold",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "1 carol -0",
     "1 carol -0",
     1,
     1,
     {0},
     COLD,
     ""},

    /* Brought back. */
    {"of what is in no quarantine",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "3 carol -600",
     1,
     2,
     {0},
     NOTHING,
     ""},
    {"too new for that",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "3 carol -599",
     1,
     2,
     {0},
     NOTHING,
     "guard-annotation"},
    {"a moment old, with what was healthy",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "3 carol -5",
     1,
     WAS_HEALTHY,
     {0},
     NOTHING,
     ""},
    {"a moment old, with what was healthy, of what is in quarantine",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol -5",
     1,
     WAS_HEALTHY,
     {0},
     NOTHING,
     "guard-annotation"},
    {"of a moment to come, with what was healthy",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "3 carol +5",
     1,
     WAS_HEALTHY,
     {0},
     NOTHING,
     "guard-annotation"},
    {"an order to roll back, with what was healthy",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "3 carol -5",
     1,
     WAS_HEALTHY,
     {0},
     NOTHING,
     "guard-annotation"},
    {"older than the failure",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol -1800",
     1,
     2,
     {0},
     NOTHING,
     ""},
    {"newer than the failure",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol -1799",
     1,
     2,
     {0},
     NOTHING,
     "guard-annotation"},
    {"where nobody guards it, the same",
     elsewhere,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol -1799",
     1,
     2,
     {0},
     NOTHING,
     "guard-annotation"},
    {"nobody can tell",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "3 carol -600",
     1,
     1,
     {0},
     COLD,
     "guard-annotation"},
    {"no rule file has a guard",
     none,
     GUARD_COMMAND_RELEASE,
     "",
     "3 carol -600",
     1,
     2,
     {0},
     COLD,
     ""},
    {"no cluster", guarded, GUARD_COMMAND_RELEASE, "", "3 carol -600", 1, 2, {0}, NO_WORLD, ""},
    {"of another template",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "3 carol -600",
     1,
     2,
     {0},
     NOTHING,
     ""},
    {"too new for that",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "3 carol -599",
     1,
     2,
     {0},
     NOTHING,
     "guard-annotation"},
    {"of the one that it comes with",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "2 carol -4199",
     1,
     2,
     {0},
     NOTHING,
     "guard-annotation"},
    {"from before this rollout",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "2 carol -4200",
     1,
     2,
     {0},
     NOTHING,
     ""},

    /* Others. */
    {"the deployment controller",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol -0",
     1,
     1,
     {.user = "system:serviceaccount:kube-system:deployment-controller"},
     NOTHING,
     ""},
    {"a ReplicaSet",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "0 carol -0",
     1,
     1,
     {.user = "carol", .groups = COMMANDERS, .kind = "ReplicaSet"},
     NOTHING,
     "guard-annotation"},
    {"an old one on a ReplicaSet",
     guarded,
     GUARD_COMMAND_RELEASE,
     "",
     "3 carol -900",
     1,
     1,
     {.kind = "ReplicaSet"},
     NOTHING,
     "guard-annotation"},
    {"a ReplicaSet that keeps it",
     guarded,
     GUARD_COMMAND_RELEASE,
     "0 carol -0",
     "0 carol -0",
     1,
     1,
     {.kind = "ReplicaSet"},
     NOTHING,
     ""},
    {"a StatefulSet",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "1 alice -0",
     1,
     1,
     {.kind = "StatefulSet"},
     NOTHING,
     ""},
    {"no workload",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "1 carol -0",
     1,
     1,
     {.kind = "Service"},
     NOTHING,
     ""},
    {"kube-system",
     guarded,
     GUARD_COMMAND_ROLLBACK,
     "",
     "1 carol -0",
     1,
     1,
     {.namespace_ = "kube-system"},
     NOTHING,
     ""},
};

static struct ask ask_of(struct fixture *f, size_t i)
{
    struct ask ask = cases[i].ask;

    if (cases[i].old >= 0)
        ask.old =
            deployment(f, cases[i].old, cases[i].key, order_text(&f->arena, cases[i].old_note));
    ask.object = deployment(f, cases[i].new, cases[i].key, order_text(&f->arena, cases[i].note));
    return ask;
}

static void who_may_write_what(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct known known = usual();
        struct fixture f;
        struct ask ask;
        const char *found;

        guarded_open(&f, cases[i].rules, &known);
        if (cases[i].twist == COLD)
            known.unknown = "the records are not read yet";
        if (cases[i].twist == NO_WORLD)
            f.cluster_view.rollout = NULL;
        ask = ask_of(&f, i);
        found = fixture_rules(&f, &ask, NOW);
        if (strcmp(found, cases[i].expected) != 0)
            fail_msg("%s: \"%s\"", cases[i].name, found);
        fixture_close(&f);
    }
}

/* It can lose its finalizers, and take no order into its next life. */
static void what_is_deleted_obeys_nobody(void **state)
{
    static const char old[] = "{\"metadata\":{\"name\":\"api\",\"deletionTimestamp\":\"2026\"}}";
    struct known known = usual();
    struct fixture f;
    struct ask ask = {.old = old};

    (void)state;
    guarded_open(&f, guarded, &known);
    ask.object = arena_printf(&f.arena,
                              "{\"metadata\":{\"name\":\"api\",\"deletionTimestamp\":\"2026\","
                              "\"annotations\":{\"" GUARD_COMMAND_RELEASE "\":\"%.*s\"}}}",
                              VIEW_ARGS(order_text(&f.arena, "0 carol -0")))
                     .p;
    assert_string_equal(fixture_rules(&f, &ask, NOW), "guard-annotation");
    ask.object = old;
    assert_string_equal(fixture_rules(&f, &ask, NOW), "");
    fixture_close(&f);
}

/* --- words ------------------------------------------------------------------------------------ */

#define FIRST "Deployment shop/api breaks 1 rule: guard-annotation\n\n"
#define UNDO                                                                                       \
    "\n    undo?  kubectl rollout undo brings back the annotations of the old ReplicaSet: remove " \
    "it "                                                                                          \
    "there, or apply the old manifest"

static const struct {
    const char *rules, *key, *note;
    int new;
    const char *kind;
    enum twist twist;
    const char *message;
} messages[] = {
    {guarded, GUARD_COMMAND_RELEASE, "=now", 1, NULL, NOTHING,
     FIRST "  guard-annotation   metadata.annotations[tidegate.dev/release]\n"
           "    found  now\n"
           "    needs  \"<template hash> by <user> at <time>\", written by that user now\n"
           "    note   a member of incident-commanders may release it\n"
           "    fix    remove the annotation"},
    {elsewhere, GUARD_COMMAND_RELEASE, "=now", 1, NULL, NOTHING,
     FIRST "  guard-annotation   metadata.annotations[tidegate.dev/release]\n"
           "    found  now\n"
           "    needs  \"<template hash> by <user> at <time>\", written by that user now\n"
           "    note   no RolloutGuard watches it: there is nothing to release\n"
           "    fix    remove the annotation"},
    {guarded, GUARD_COMMAND_ROLLBACK, "=now", 2, NULL, NOTHING,
     FIRST
     "  guard-annotation   metadata.annotations[tidegate.dev/rollback]\n"
     "    found  now\n"
     "    needs  \"<template hash> by <user> at <time>: <reason>\", written by that user now\n"
     "    fix    remove the annotation" UNDO},
    {guarded, GUARD_COMMAND_ROLLBACK, "=now", 1, "ReplicaSet", NOTHING,
     "ReplicaSet shop/api breaks 1 rule: guard-annotation\n\n"
     "  guard-annotation   metadata.annotations[tidegate.dev/rollback]\n"
     "    found  now\n"
     "    needs  nothing here: only a Deployment, StatefulSet or DaemonSet takes commands\n"
     "    fix    remove the annotation"},
    {guarded, GUARD_COMMAND_RELEASE, "3 carol -900", 1, NULL, COLD,
     FIRST "  guard-annotation   could not be answered: it is not known yet whether an old command "
           "still counts: the records are not read yet; try again"},
};

static void messages_are_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        struct known known = usual();
        struct fixture f;
        struct verdict verdict;
        struct ask ask = {.kind = messages[i].kind};

        guarded_open(&f, messages[i].rules, &known);
        if (messages[i].twist == COLD)
            known.unknown = "the records are not read yet";
        ask.old = deployment(&f, 1, "x", VIEW(""));
        ask.object = deployment(&f, messages[i].new, messages[i].key,
                                order_text(&f.arena, messages[i].note));
        assert_string_equal(fixture_denial(&f, &ask, NOW, &verdict), messages[i].message);
        fixture_close(&f);
    }
}

static void the_page_has_each_annotation(void **state)
{
    char page[65536], line[128];
    FILE *f = fopen("docs/admission.md", "r");

    (void)state;
    assert_non_null(f);
    page[fread(page, 1, sizeof(page) - 1, f)] = '\0';
    fclose(f);
    for (const struct guard_command_row *row = guard_command_rows; row->key; row++) {
        snprintf(line, sizeof(line), "\n| `%s` | `<template hash> by ", row->key);
        if (!strstr(page, line))
            fail_msg("docs/admission.md lacks %s", row->key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_write_what),
        cmocka_unit_test(what_is_deleted_obeys_nobody),
        cmocka_unit_test(messages_are_as_written),
        cmocka_unit_test(the_page_has_each_annotation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
