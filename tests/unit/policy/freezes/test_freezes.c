#include "policy/freezes/freezes.h"

#include "base/text/glob.h"
#include "policy/limits.h"
#include "policy/object/request.h"
#include "policy/schema/selector.h"

#include "unit/policy/rules_fixture.h"

enum { ROUNDS = 250, QUESTIONS = 40 };

#define JANUARY_2026 INT64_C(1767225600)

/* --- the labels of namespaces ----------------------------------------------------------------- */

static const struct {
    const char *name, *labels;
} spaces[] = {
    {"shop", "{\"tier\":\"gold\"}"},
    {"blog", "{\"env\":\"prod\"}"},
    {"team-a", "{}"},
    {"team-a-prod", "{\"env\":\"prod\",\"tier\":\"gold\"}"},
    {"team-prod", "{}"},
    {"x-prod", "{\"tier\":\"gold\"}"},
    {"t-prod", "{}"},
    {"other", "{}"},
};

enum { SPACES = sizeof(spaces) / sizeof(spaces[0]) };

static yyjson_doc *labels[SPACES];

static bool labels_of(void *ctx, struct view name, yyjson_val **out)
{
    (void)ctx;
    for (size_t i = 0; i < SPACES; i++)
        if (view_eq_str(name, spaces[i].name))
            *out = yyjson_doc_get_root(labels[i]);
    return true;
}

/* --- random rules ----------------------------------------------------------------------------- */

static const char *pick(const char *const *words, size_t count)
{
    return words[(size_t)rand() % count];
}

#define PICK(words) pick(words, sizeof(words) / sizeof((words)[0]))

static bool chance(int percent)
{
    return rand() % 100 < percent;
}

static const char *const globs[] = {"shop", "blog",  "team-a", "team-*",  "\"*-prod\"",
                                    "t*",   "\"*\"", "x-prod", "\"*a*\"", "other"};

/* "key: [a, b]" with a comma behind it */
static void add_some(struct buf *out, const char *key, const char *const *words, size_t count)
{
    const char *first = pick(words, count), *second = pick(words, count);

    if (first == second || chance(60))
        buf_printf(out, "%s: [%s], ", key, first);
    else
        buf_printf(out, "%s: [%s, %s], ", key, first, second);
}

#define ADD_SOME(out, key, words) add_some(out, key, words, sizeof(words) / sizeof((words)[0]))

static void add_match(struct buf *out, size_t environments)
{
    static const char *const names[] = {"api", "\"db-*\"", "\"*-0\""},
                             *const kinds[] = {"Deployment", "StatefulSet", "Pod"},
                             *const users[] = {"alice", "bob"}, *const groups[] = {"g", "h"},
                             *const env[] = {"e0", "e1", "e2"},
                             *const operations[] = {"CREATE", "UPDATE", "DELETE"};

    if (environments > 0 && chance(40))
        add_some(out, "environments", env, environments);
    if (chance(50))
        ADD_SOME(out, "namespaces", globs);
    if (chance(15))
        buf_add_str(out, "namespaceLabels: {tier: gold}, ");
    if (chance(30))
        buf_add_str(out, "workloads: all, ");
    else if (chance(40))
        ADD_SOME(out, "kinds", kinds);
    if (chance(15))
        ADD_SOME(out, "names", names);
    if (chance(10))
        ADD_SOME(out, "users", users);
    if (chance(10))
        ADD_SOME(out, "groups", groups);
    if (chance(10))
        ADD_SOME(out, "operations", operations);
    if (chance(8))
        buf_add_str(out, "labels: {app: x}, ");
}

static void add_rule(struct buf *out, size_t n, size_t environments)
{
    static const char *const modes[] = {"deny", "deny", "deny", "warn", "audit"},
                             *const exempt[] = {"namespaces: [team-a]",
                                                "namespaces: [\"*-prod\"]",
                                                "names: [api]",
                                                "namespaces: [shop], names: [api]",
                                                "users: [alice]",
                                                "namespaces: [blog], expires: 2026-02-01"},
                             *const zone[] = {"UTC", "Europe/Paris"};

    buf_printf(out, "    - {id: r%zu, mode: %s, match: {", n, PICK(modes));
    add_match(out, environments);
    buf_printf(out, "}, ");
    if (chance(25))
        buf_printf(out, "exempt: [{%s, reason: x}], ", PICK(exempt));
    buf_printf(out, "freeze: {timeZone: %s, ", PICK(zone));
    if (chance(70))
        buf_printf(out, "deny: [{schedule: \"0 %d * * *\", duration: %dh}]", rand() % 24,
                   1 + rand() % 12);
    else
        buf_printf(out, "allow: [{schedule: \"0 %d * * *\", duration: %dh}]", rand() % 24,
                   4 + rand() % 12);
    buf_add_str(out, "}}\n");
}

static void make_rules(struct buf *out)
{
    size_t environments = (size_t)rand() % 4, policies = 1 + (size_t)rand() % 3, rules = 0;

    for (size_t i = 0; i < environments; i++) {
        buf_printf(out,
                   "apiVersion: tidegate.dev/v1alpha1\nkind: Environment\n"
                   "metadata: {name: e%zu}\nspec: {",
                   i);
        if (chance(25))
            buf_add_str(out, "namespaceLabels: {env: prod}, ");
        else
            ADD_SOME(out, "namespaces", globs);
        buf_add_str(out, "}\n---\n");
    }
    for (size_t i = 0; i < policies; i++) {
        buf_printf(out,
                   "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\n"
                   "metadata: {name: p%zu}\nspec:\n  match: {",
                   i);
        add_match(out, environments);
        buf_add_str(out, "}\n  rules:\n");
        for (size_t n = 1 + (size_t)rand() % 2; n > 0; n--)
            add_rule(out, rules++, environments);
        buf_add_str(out, "---\n");
    }
}

/* --- what a place says of a deploy ------------------------------------------------------------ */

static bool fits_one(const struct view *list, size_t count, struct view text)
{
    for (size_t i = 0; i < count; i++)
        if (glob_match(list[i], text))
            return true;
    return false;
}

static bool only_holds(const struct match *m, const struct request *r)
{
    bool asked = false, asks = m->user_count + m->group_count > 0;

    if (m->name_count && !fits_one(m->names, m->name_count, r->name))
        return false;
    if (m->labels && !selector_matches(m->labels, object_metadata(r->object, "labels")))
        return false;
    asked = fits_one(m->users, m->user_count, r->user);
    for (size_t i = 0; i < m->group_count; i++)
        asked = asked || request_in_group(r, m->groups[i]);
    return !asks || asked;
}

static bool names_it(const struct freeze_place *p, const struct request *r)
{
    struct view ns = r->namespace_;
    yyjson_val *own = NULL;

    labels_of(NULL, ns, &own);
    if (!fits_one(p->namespaces, p->namespace_count, ns) ||
        fits_one(p->except, p->except_count, ns))
        return false;
    for (size_t i = 0; i < p->also_count; i++)
        if (!glob_match(p->also[i], ns))
            return false;
    if (p->environment && p->environment->labels && !selector_matches(p->environment->labels, own))
        return false;
    if (p->labels && !selector_matches(p->labels, own))
        return false;
    if (!(p->operations & r->operation))
        return false;
    for (size_t n = 0; workload_kind_at(n); n++)
        if (view_eq_str(r->kind, workload_kind_at(n)->kind) && !(p->kinds >> n & 1))
            return false;
    return (!p->only[0] || only_holds(p->only[0], r)) && (!p->only[1] || only_holds(p->only[1], r));
}

/* Exempt from one of the windows' rules: the place says so beside its window. */
static bool is_exempt_somewhere(const struct freeze_place *p, const struct request *r, int64_t at)
{
    for (size_t i = 0; i < p->count; i++)
        for (size_t e = 0; e < p->windows[i].rule->exemption_count; e++) {
            const struct exemption *x = &p->windows[i].rule->exemptions[e];

            if (freeze_exempts(p, x, at) && only_holds(&x->match, r) &&
                (x->match.namespace_count == 0 ||
                 fits_one(x->match.namespaces, x->match.namespace_count, r->namespace_)))
                return true;
        }
    return false;
}

/* --- the comparison --------------------------------------------------------------------------- */

static bool is_frozen(struct fixture *f, const struct ask *ask, int64_t at, struct request *read)
{
    return !fixture_ask(f, fixture_request(f, ask).p, at, read).allowed;
}

/* fail_msg() has room for a line only. */
static void fail_at(struct fixture *f, const char *rules, const struct ask *ask, int64_t at,
                    bool frozen)
{
    struct freeze_place *place;
    struct buf text;

    print_error("%s", rules);
    freezes_at(f->set, at, &f->arena, &place);
    for (; place; place = place->next) {
        buf_init(&text, 1 << 16);
        freeze_place_namespaces(place, &text);
        buf_add_str(&text, ": ");
        freeze_place_only(place, &text);
        print_error("%.*s: %s: %s\n",
                    VIEW_ARGS(place->environment ? place->environment->name : VIEW("-")), text.p,
                    place->frozen ? "frozen" : "open");
        buf_release(&text);
    }
    fail_msg("%s %s/%s by %s at %lld is %s", ask->kind, ask->namespace_, ask->name, ask->user,
             (long long)at, frozen ? "frozen" : "open");
}

static void ask_once(struct fixture *f, const char *rules)
{
    static const char *const kinds[] = {"Deployment", "StatefulSet", "Pod", "CronJob"},
                             *const names[] = {"api", "db-0", "web"},
                             *const users[] = {"alice", "bob", "carol"},
                             *const groups[] = {"[\"g\"]", "[]"},
                             *const objects[] = {"{\"metadata\":{},\"spec\":{\"template\":{}}}",
                                                 "{\"metadata\":{\"labels\":{\"app\":\"x\"}},"
                                                 "\"spec\":{\"template\":{}}}"};
    struct ask ask = {.kind = PICK(kinds),
                      .name = PICK(names),
                      .user = PICK(users),
                      .groups = PICK(groups),
                      .object = PICK(objects),
                      .namespace_ = spaces[(size_t)rand() % SPACES].name};
    int64_t at = JANUARY_2026 + rand() % (366 * 86400), change = WINDOW_NEVER;
    struct freeze_place *place;
    struct request r;
    bool frozen = is_frozen(f, &ask, at, &r), told = false, exempt = false;

    assert_int_equal(freezes_at(f->set, at, &f->arena, &place), 0);
    for (; place; place = place->next) {
        if (!names_it(place, &r))
            continue;
        exempt |= is_exempt_somewhere(place, &r, at);
        told |= place->frozen;
        change = place->next_change < change ? place->next_change : change;
    }
    if (exempt ? frozen && !told : frozen != told)
        fail_at(f, rules, &ask, at, frozen);
    if (change != WINDOW_NEVER && change < JANUARY_2026 + 366 * 86400 && !exempt &&
        is_frozen(f, &ask, change - 1, &r) != frozen)
        fail_at(f, rules, &ask, change - 1, !frozen);
}

/* Random rules, namespaces, kinds, requesters and instants: a deploy is frozen when a place that
 * speaks of it is, and stays so until the first change that such a place tells. */
static void what_is_shown_is_what_is_enforced(void **state)
{
    int compiled = 0;

    (void)state;
    srand(11);
    for (size_t i = 0; i < SPACES; i++)
        labels[i] = yyjson_read(spaces[i].labels, strlen(spaces[i].labels), 0);
    for (int round = 0; round < ROUNDS; round++) {
        struct buf rules, report;
        struct policy_set *set;

        buf_init(&rules, 1 << 16);
        buf_init(&report, 1 << 16);
        make_rules(&rules);
        set = fixture_compile(rules.p, &report);
        if (set) {
            struct fixture f = {.set = set};

            arena_init(&f.arena, 1 << 24);
            f.cluster_view.namespace_labels = labels_of;
            for (int i = 0; i < QUESTIONS; i++)
                ask_once(&f, rules.p);
            fixture_close(&f);
            compiled++;
        }
        buf_release(&report);
        buf_release(&rules);
    }
    assert_in_range(compiled, ROUNDS / 3, ROUNDS);
    for (size_t i = 0; i < SPACES; i++)
        yyjson_doc_free(labels[i]);
}

/* --- many overlaps ---------------------------------------------------------------------------- */

/* A policy for each of `heads` globs like h1-* and of `tails` like *-t1, which overlap each with
 * each: of 24 rules, each closes an hour of the day. Returns how many places are overlaps. */
static size_t overlaps_that_are_told(size_t heads, size_t tails)
{
    struct ask ask = {.object = "{\"spec\":{\"template\":{}}}", .namespace_ = "h5-x-t7"};
    struct fixture f;
    struct buf rules;
    size_t told = 0;

    buf_init(&rules, 1 << 20);
    for (size_t i = 0; i < heads + tails; i++)
        buf_printf(&rules,
                   "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p%zu}\n"
                   "spec:\n  match: {namespaces: [\"%s%zu%s\"], workloads: all}\n"
                   "  rules: [{id: r, freeze: {timeZone: UTC, deny: [{schedule: \"0 %zu * * *\", "
                   "duration: 1h}]}}]\n---\n",
                   i, i < heads ? "h" : "*-t", i < heads ? i : i - heads, i < heads ? "-*" : "",
                   i % 24);
    fixture_open(&f, rules.p);
    for (int64_t at = JANUARY_2026; at < JANUARY_2026 + 86400; at += 3600) {
        struct freeze_place *place;
        struct arena arena;
        struct request r;
        bool frozen = is_frozen(&f, &ask, at, &r), shown = false;

        arena_init(&arena, LIMIT_ARENA);
        assert_int_equal(freezes_at(f.set, at, &arena, &place), 0);
        for (told = 0; place; place = place->next) {
            told += place->also_count > 0;
            shown = shown || (names_it(place, &r) && place->frozen);
        }
        assert_int_equal(shown, frozen);
        arena_release(&arena);
    }
    fixture_close(&f);
    buf_release(&rules);
    return told;
}

/* One below, at and one above: 27 times 37, 25 times 40, 13 times 77. */
static void overlaps_are_told_up_to_a_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPACES; i++)
        labels[i] = yyjson_read(spaces[i].labels, strlen(spaces[i].labels), 0);
    assert_int_equal(overlaps_that_are_told(27, 37), LIMIT_FREEZE_OVERLAPS - 1);
    assert_int_equal(overlaps_that_are_told(25, 40), LIMIT_FREEZE_OVERLAPS);
    assert_int_equal(overlaps_that_are_told(13, 77), 0);
    for (size_t i = 0; i < SPACES; i++)
        yyjson_doc_free(labels[i]);
}

/* Less memory than it takes is told, wherever it runs out. */
static void memory_that_runs_out_is_told(void **state)
{
    static const char rules[] =
        "apiVersion: tidegate.dev/v1alpha1\nkind: Environment\nmetadata: {name: e}\n"
        "spec: {namespaces: [\"team-*\", shop], timeZone: UTC}\n---\n"
        "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\n"
        "spec:\n  match: {namespaces: [\"*-prod\", \"*a*\"], kinds: [Pod]}\n  rules:\n"
        "    - {id: r, match: {names: [a], namespaceLabels: {tier: gold}}, freeze: {timeZone: "
        "UTC,\n"
        "       deny: [{schedule: \"0 8 * * *\", duration: 1h}]}}\n";
    struct policy_set *set = fixture_compile(rules, NULL);
    size_t failed = 0;
    int result = -1;

    (void)state;
    for (size_t limit = 1024; result < 0; limit += 512) {
        struct freeze_place *place;
        struct arena arena;

        assert_in_range(limit, 0, 1 << 20);
        arena_init(&arena, limit);
        result = freezes_at(set, JANUARY_2026, &arena, &place);
        failed += result < 0;
        arena_release(&arena);
    }
    assert_in_range(failed, 2, 2048);
    policy_set_release(set);
}

/* --- the main function ------------------------------------------------------------------------ */

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_shown_is_what_is_enforced),
                                       cmocka_unit_test(overlaps_are_told_up_to_a_limit),
                                       cmocka_unit_test(memory_that_runs_out_is_told)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
