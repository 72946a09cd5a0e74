#include "server/rules/rule_versions.h"

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "policy/set.h"
#include "server/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD "apiVersion: tidegate.dev/v1alpha1\nkind: "
#define E(name)                                                                                    \
    HEAD "Environment\nmetadata: {name: " name "}\nspec: {namespaces: [" name "]}\n---\n"
#define P(name)                                                                                    \
    HEAD "Policy\nmetadata: {name: " name "}\nspec:\n"                                             \
         "  rules: [{id: r, fields: [{path: spec, exists: true}]}]\n---\n"
/* Rules for an Environment. */
#define PE(name, environment)                                                                      \
    HEAD "Policy\nmetadata: {name: " name "}\nspec:\n  match: {environments: [" environment "]}\n" \
         "  rules: [{id: r, fields: [{path: spec, exists: true}]}]\n---\n"
/* A rule that can never find anything. */
#define V(name, path)                                                                              \
    HEAD "Policy\nmetadata: {name: " name "}\nspec:\n  match: {workloads: all}\n"                  \
         "  rules: [{id: r, fields: [{path: " path ", exists: true}]}]\n---\n"
#define BAD   "kind: Polcy\n"
#define WORSE "kind: [Polcy\n"

enum { MAPS = 3, STEPS = 6 };

/* The files of the ConfigMaps a, b and c, NULL: it is not there; what comes of a load; and what is
 * told, "NAME!" of a problem, "NAME" when it is over, with a ' behind one that was told before. */
struct step {
    const char *maps[MAPS];
    const char *policies; /* of the set in force after it */
    const char *why;      /* begins so, or is empty */
    const char *told;
    const char *directory; /* its only file, from now on */
    const char *uid;       /* of all from now on */
};

#define KEPT_WHOLE "everything: error: there is no Policy"
#define TWICE(who) "configmap/" who "/k.yaml:3:18: error: Policy \"p\" is there twice"

static const struct {
    const char *name;
    struct step steps[STEPS];
} cases[] = {
    {"all good, and one more, and one less",
     {{{P("a")}, "a", "", .told = ""},
      {{P("a"), P("b")}, "a b", "", .told = ""},
      {{NULL, P("b")}, "b", "", .told = ""}}},
    {"nothing comes into force with an error at the start",
     {{{P("a"), BAD}, "", "configmap/b/k.yaml:1:1: error", .told = "b!"},
      {{P("a"), BAD}, "", "configmap/b/k.yaml:1:1: error", .told = "b!'"},
      {{P("a"), P("b")}, "a b", "", .told = "b"}}},
    {"a bad one keeps its last good version, and the others' new ones count",
     {{{P("a"), P("b")}, "a b", "", .told = ""},
      {{P("a2"), BAD}, "a2 b", "configmap/b/k.yaml:1:1: error", .told = "b!"},
      {{P("a3"), BAD}, "a3 b", "configmap/b/k.yaml:1:1: error", .told = "b!'"},
      {{P("a3"), WORSE}, "a3 b", "configmap/b/k.yaml:", .told = "b!"},
      {{P("a3"), P("b2")}, "a3 b2", "", .told = "b"},
      {{P("a3"), P("b2")}, "a3 b2", "", .told = ""}}},
    {"a bad one that becomes what it was",
     {{{P("a"), P("b")}, "a b", "", .told = ""},
      {{P("a"), BAD}, "a b", "configmap/b", .told = "b!"},
      {{P("a"), P("b")}, "a b", "", .told = "b"}}},
    {"a new bad one is left out",
     {{{P("a")}, "a", "", .told = ""},
      {{P("a"), BAD, P("c")}, "a c", "configmap/b", .told = "b!"},
      {{P("a"), NULL, P("c")}, "a c", "", .told = ""}}},
    {"what can never find anything is kept at the start, and while it is the same",
     {{{V("a", "specs"), P("b")}, "a b", "", .told = ""},
      {{V("a", "specs"), P("b2")}, "a b2", "", .told = ""},
      {{V("a", "spex"), P("b3")},
       "a b3",
       "configmap/a/k.yaml:6:35: error: \"spex\" leads",
       .told = "a!"},
      {{P("a"), P("b3")}, "a b3", "", .told = "a"},
      {{V("a", "specs"), P("b3")},
       "a b3",
       "configmap/a/k.yaml:6:35: error: \"specs\"",
       .told = "a!"}}},
    {"two bad ones",
     {{{P("a"), P("b"), P("c")}, "a b c", "", .told = ""},
      {{BAD, P("b2"), BAD}, "a b2 c", "configmap/a", .told = "a! c!"},
      {{BAD, P("b2"), P("c")}, "a b2 c", "configmap/a", .told = "a!' c"}}},
    {"a bad one is deleted",
     {{{P("a"), P("b")}, "a b", "", .told = ""},
      {{P("a"), BAD}, "a b", "configmap/b", .told = "b!"},
      {{P("a")}, "a", "", .told = ""}}},
    {"one that was created again hears of the same problem",
     {{{P("a"), BAD}, "", "configmap/b", .told = "b!"},
      {{P("a"), BAD}, "", "configmap/b", .told = "b!", .uid = "other"}}},
    {"the name of a Policy is taken: behind",
     {{{P("p")}, "p", "", .told = ""}, {{P("p"), P("p")}, "p", TWICE("b"), .told = "b!"}}},
    {"the name of a Policy is taken: before",
     {{{NULL, P("p")}, "p", "", .told = ""},
      {{P("p"), P("p"), P("c")},
       "p c",
       "configmap/a: error: other rules do not go with it",
       .told = "a!"},
      {{P("a"), P("p"), P("c")}, "a p c", "", .told = "a"}}},
    {"both are new: the second in order",
     {{{NULL, NULL, P("c")}, "c", "", .told = ""},
      {{P("p"), P("p"), P("c")}, "p c", TWICE("b"), .told = "b!"}}},
    {"a Policy moves to another ConfigMap",
     {{{P("a") P("p"), P("b")}, "a p b", "", .told = ""},
      {{P("a"), P("b") P("p")}, "a b p", "", .told = ""},
      {{P("a") P("p"), P("b"), BAD}, "a p b", "configmap/c", .told = "c!"}}},
    {"a new version that is sound is not blamed for that of another",
     {{{P("a"), P("p")}, "a p", "", .told = ""},
      {{P("a") P("p"), P("p") P("b")}, "a p b", "configmap/a: error: other rules", .told = "a!"}}},
    {"an Environment that others need is deleted",
     {{{E("e") P("a"), PE("b", "e")}, "a b", "", .told = ""},
      {{NULL, PE("b", "e")},
       "a b",
       "configmap/a: error: it is deleted, but other rules do not go without it\n"
       "configmap/b/k.yaml:5:",
       .told = "a!"},
      {{NULL, PE("b", "e"), P("c")}, "a b c", "configmap/a: error: it is deleted", .told = "a!'"},
      {{NULL, P("b"), P("c")}, "b c", "", .told = ""}}},
    {"a new version lacks an Environment that others need",
     {{{E("e") P("a"), PE("b", "e"), P("c")}, "a b c", "", .told = ""},
      {{P("a2"), PE("b", "e"), P("c2")},
       "a b c2",
       "configmap/a: error: other rules do not go with it\nconfigmap/b/k.yaml:5:",
       .told = "a!"},
      {{P("a2"), P("b2"), P("c2")}, "a2 b2 c2", "", .told = "a"}}},
    {"the last rules are deleted",
     {{{P("a"), P("b")}, "a b", "", .told = ""},
      {{E("e"), NULL}, "a b", KEPT_WHOLE, .told = ""},
      {{NULL, NULL}, "a b", KEPT_WHOLE, .told = ""},
      {{NULL, P("b2")}, "b2", "", .told = ""}}},
    {"the last rules are deleted, and a bad one is there",
     {{{P("a")}, "a", "", .told = ""}, {{NULL, BAD}, "a", "configmap/b/k.yaml", .told = "b!"}}},
    {"the directory comes first",
     {{{PE("a", "e")}, "d a", "", .told = "", .directory = E("e") P("d")},
      {{PE("a", "e"), P("d")}, "d a", "configmap/b/k.yaml:3:18: error: Policy \"d\"", .told = "b!"},
      {{PE("a", "e"), P("b")}, "d a b", "", .told = "b"}}},
    {"the directory is broken: nothing changes",
     {{{P("a"), P("b")}, "d a b", "", .told = "", .directory = P("d")},
      {{P("a2"), P("b")}, "d a b", "DIR/a.yaml:1:1: error", .told = "", .directory = BAD},
      {{P("a2"), BAD}, "d a b", "DIR/a.yaml:1:1: error", .told = "b!", .directory = BAD},
      {{P("a2"), P("b2")}, "d a b", "DIR/a.yaml:1:1: error", .told = "b!'", .directory = BAD},
      {{P("a2"), P("b2")}, "d2 a2 b2", "", .told = "b", .directory = P("d2")}}},
    {"the directory needs what is deleted",
     {{{E("e"), P("b")}, "d b", "", .told = "", .directory = PE("d", "e")},
      {{NULL, P("b2")},
       "d b2",
       "configmap/a: error: it is deleted",
       .told = "a!",
       .directory = PE("d", "e")}}},
    {"a new version that others keep out has no problem of its own",
     {{{P("a")}, "d a", "", .told = "", .directory = P("d")},
      {{P("a2")}, "d a", "DIR/a.yaml", .told = "", .directory = BAD},
      {{P("a2")}, "d a2", "", .told = "", .directory = P("d")}}},
};

static struct {
    char directory[64], path[128];
    struct rule_versions versions;
    struct policy_set *set; /* in force */
    const char *uid;
    bool has_directory;
} here;

static int open_here(void **state)
{
    (void)state;
    snprintf(here.directory, sizeof(here.directory), "/tmp/tidegate-test-XXXXXX");
    assert_non_null(mkdtemp(here.directory));
    snprintf(here.path, sizeof(here.path), "%s/a.yaml", here.directory);
    here.uid = "u";
    here.has_directory = false;
    return 0;
}

static int close_here(void **state)
{
    (void)state;
    unlink(here.path);
    rmdir(here.directory);
    rule_versions_release(&here.versions);
    policy_set_release(here.set);
    here.set = NULL;
    return 0;
}

static void write_file(const char *text)
{
    FILE *f = fopen(here.path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    here.has_directory = true;
}

static void tell(void *told, const struct rule_versions_state *state)
{
    buf_printf(told, "%s%.*s%s%s", ((struct buf *)told)->n > 0 ? " " : "", VIEW_ARGS(state->name),
               state->problem.n > 0 ? "!" : "", state->is_news ? "" : "'");
}

/* Takes the ConfigMaps in; -1 when memory runs out. */
static int update(const char *const *texts, size_t count)
{
    static char names[LIMIT_RULES_ALONE + 2][16], keys[LIMIT_RULES_ALONE + 2][64];
    struct source files[LIMIT_RULES_ALONE + 2];
    struct rule_unit maps[LIMIT_RULES_ALONE + 2];
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (!texts[i])
            continue;
        if (i < 26)
            snprintf(names[i], sizeof(names[i]), "%c", (char)('a' + i));
        else
            snprintf(names[i], sizeof(names[i]), "z%03u", (unsigned)i);
        snprintf(keys[i], sizeof(keys[i]), "configmap/%.15s/k.yaml", names[i]);
        files[n] = (struct source){.name = view_of(keys[i]), .text = view_of(texts[i])};
        maps[n] = (struct rule_unit){.name = view_of(names[i]),
                                     .uid = view_of(here.uid),
                                     .files = &files[n],
                                     .file_count = 1};
        n++;
    }
    return rule_versions_update(&here.versions, maps, n);
}

/* As the server does it. */
static int load(struct buf *why)
{
    struct policy_set *set;
    const char *const paths[] = {here.directory, NULL};
    int status;

    here.versions.before = here.set;
    status = rule_versions_load(&here.versions, here.has_directory ? paths : NULL, "everything",
                                &set, why);

    assert_true((status == 0) == (set != NULL));
    if (status < 0)
        return -1;
    policy_set_release(here.set);
    here.set = set;
    rule_versions_accept(&here.versions);
    return 0;
}

static void assert_step(const char *name, size_t number, const struct step *step)
{
    char wanted[256] = "";
    struct buf why, told, policies;
    const char *rest = step->why;

    buf_init(&why, 1 << 20);
    buf_init(&told, 1 << 20);
    buf_init(&policies, 1 << 20);
    if (step->uid)
        here.uid = step->uid;
    if (step->directory)
        write_file(step->directory);
    assert_int_equal(update(step->maps, MAPS), 0);
    load(&why);
    rule_versions_tell(&here.versions, tell, &told);
    for (size_t i = 0; here.set && i < here.set->policy_count; i++)
        buf_printf(&policies, "%s%.*s", i > 0 ? " " : "", VIEW_ARGS(here.set->policies[i].name));
    if (strncmp(rest, "DIR", 3) == 0)
        snprintf(wanted, sizeof(wanted), "%s%s", here.directory, rest + 3);
    else
        snprintf(wanted, sizeof(wanted), "%s", rest);
    if (!view_starts(buf_view(&why), wanted) || (why.n > 0) != (wanted[0] != '\0') ||
        !view_eq_str(buf_view(&told), step->told) ||
        !view_eq_str(buf_view(&policies), step->policies))
        fail_msg("%s, step %zu: in force \"%.*s\", told \"%.*s\":\n%.*s", name, number,
                 VIEW_ARGS(buf_view(&policies)), VIEW_ARGS(buf_view(&told)),
                 VIEW_ARGS(buf_view(&why)));
    buf_release(&why);
    buf_release(&told);
    buf_release(&policies);
}

static void last_good_versions(void **state)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_here(state);
        for (size_t k = 0; k < STEPS && cases[i].steps[k].policies; k++)
            assert_step(cases[i].name, k + 1, &cases[i].steps[k]);
        close_here(state);
    }
}

/* All errors of one ConfigMap are its problem, and no others. */
static void what_is_told(void **state)
{
    const char *good[] = {P("a"), P("b")}, *bad[] = {P("a"), "kind: Policy\n", "kind: Policy\n"};
    struct buf why;

    (void)state;
    buf_init(&why, 1 << 20);
    update(good, 2);
    assert_int_equal(load(&why), 0);
    assert_int_equal(why.n, 0);
    assert_false(rule_versions_is_news(&here.versions));
    update(bad, 2);
    assert_int_equal(load(&why), 0);
    assert_string_equal(why.p, "configmap/b/k.yaml:1:1: error: a document has no \"apiVersion\"\n"
                               "  | kind: Policy\n"
                               "  | ^\n"
                               "configmap/b/k.yaml:1:1: error: a document has no \"metadata\"\n"
                               "  | kind: Policy\n"
                               "  | ^\n"
                               "configmap/b/k.yaml:1:1: error: a document has no \"spec\"\n"
                               "  | kind: Policy\n"
                               "  | ^\n");
    buf_release(&why);
}

static void nothing_new_is_no_news(void **state)
{
    const char *good[] = {P("a"), P("b")}, *bad[] = {P("a"), BAD}, *other[] = {P("c"), BAD};
    struct policy_set *set;
    struct buf why;

    (void)state;
    buf_init(&why, 1 << 20);
    update(good, 2);
    assert_int_equal(rule_versions_load(&here.versions, NULL, "x", &set, &why), 0);
    assert_true(rule_versions_is_news(&here.versions));
    policy_set_release(set);
    rule_versions_accept(&here.versions);
    update(bad, 2);
    assert_int_equal(rule_versions_load(&here.versions, NULL, "x", &set, &why), 0);
    assert_false(rule_versions_is_news(&here.versions));
    policy_set_release(set);
    update(other, 2);
    assert_int_equal(rule_versions_load(&here.versions, NULL, "x", &set, &why), 0);
    assert_true(rule_versions_is_news(&here.versions));
    policy_set_release(set);
    buf_release(&why);
}

/* Puts one ConfigMap in force, and then `count` new ones come, the first of which breaks it. */
static int add_many(size_t count)
{
    static char policies[LIMIT_RULES_ALONE + 1][256];
    const char *texts[LIMIT_RULES_ALONE + 2] = {NULL};
    struct buf why;
    int status;

    buf_init(&why, 1 << 20);
    texts[count] = P("p");
    assert_int_equal(update(texts, count + 1), 0);
    assert_int_equal(load(&why), 0);
    texts[0] = P("p");
    for (size_t i = 1; i < count; i++) {
        snprintf(policies[i], sizeof(policies[i]), E("e%zu"), i, i);
        texts[i] = policies[i];
    }
    assert_int_equal(update(texts, count + 1), 0);
    status = load(&why);
    assert_true(why.n > 0);
    buf_release(&why);
    return status;
}

static void as_many_are_tried_alone(void **state)
{
    (void)state;
    assert_int_equal(add_many(LIMIT_RULES_ALONE), 0);
    assert_int_equal(here.set->environment_count, LIMIT_RULES_ALONE - 1);
}

static void more_are_not(void **state)
{
    (void)state;
    assert_int_equal(add_many(LIMIT_RULES_ALONE + 1), -1);
    assert_int_equal(here.set->environment_count, 0);
}

static void each_failed_allocation_is_survived(void **state)
{
    const char *good[] = {P("a"), P("b")}, *bad[] = {P("p"), P("p")};
    size_t made = 1;
    bool whole = false;
    struct buf why;

    (void)state;
    buf_init(&why, 1 << 20);
    assert_int_equal(update(good, 2), 0);
    assert_int_equal(load(&why), 0);
    for (size_t n = 1; n <= made + 1; n++) {
        int status;

        buf_reset(&why);
        mem_fail_nth(n);
        status = update(bad, 2);
        if (status == 0)
            load(&why);
        made = mem_fail_nth(0);
        whole = status == 0 && strstr(why.p, TWICE("b"));
        mem_fail_nth(0);
        assert_non_null(here.set);
        assert_int_equal(update(good, 2), 0);
        buf_reset(&why);
        assert_int_equal(load(&why), 0);
    }
    assert_true(whole);
    buf_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(last_good_versions),
        cmocka_unit_test_setup_teardown(what_is_told, open_here, close_here),
        cmocka_unit_test_setup_teardown(nothing_new_is_no_news, open_here, close_here),
        cmocka_unit_test_setup_teardown(as_many_are_tried_alone, open_here, close_here),
        cmocka_unit_test_setup_teardown(more_are_not, open_here, close_here),
        cmocka_unit_test_setup_teardown(each_failed_allocation_is_survived, open_here, close_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
