#include "server/rules/rule_versions.h"

#include "base/buf.h"
#include "base/diag.h"
#include "cmocka_all.h"
#include "policy/limits.h"
#include "policy/rule_object.h"
#include "policy/set.h"

#include <stdio.h>
#include <string.h>

#define HEAD "apiVersion: tidegate.dev/v1alpha1\nkind: "
#define E    HEAD "Environment\nmetadata: {name: e}\nspec: {namespaces: [e]}\n"
#define P(id)                                                                                      \
    HEAD "Policy\nmetadata: {name: p}\nspec:\n"                                                    \
         "  rules: [{id: " id ", fields: [{path: spec, exists: true}]}]\n"
#define PE(id)                                                                                     \
    HEAD "Policy\nmetadata: {name: p}\nspec:\n  match: {environments: [e]}\n"                      \
         "  rules: [{id: " id ", fields: [{path: spec, exists: true}]}]\n"
#define V(id)                                                                                      \
    HEAD "Policy\nmetadata: {name: p}\nspec:\n  match: {workloads: all}\n"                         \
         "  rules: [{id: " id ", fields: [{path: specs, exists: true}]}]\n"
#define BAD HEAD "Policy\nmetadata: {name: p}\nspec: {rulez: []}\n"

enum { ENVIRONMENT, POLICY, UNITS };

static const char *const names[UNITS] = {"environment/e", "policy/p"};

/* Objects and last good versions, NULL: there is none; and what of them is in force: "new", "good",
 * "" for nothing, with a ! behind it when there is a problem to tell; status -1: nothing is. */
static const struct {
    const char *what;
    const char *newest[UNITS], *good[UNITS];
    bool lost;
    const char *chosen[UNITS], *rule;
    int status;
} cases[] = {
    {"nothing is there", {NULL}, {NULL}, .chosen = {"", ""}, .rule = ""},
    {"the first version", {E, P("a")}, {NULL}, .chosen = {"new", "new"}, .rule = "a"},
    {"a broken one that was never good", {E, BAD}, {NULL}, .chosen = {"new", "!"}, .rule = ""},
    {"a broken one", {E, BAD}, {E, P("a")}, .chosen = {"new", "good!"}, .rule = "a"},
    {"a better one", {E, P("b")}, {E, P("a")}, .chosen = {"new", "new"}, .rule = "b"},
    {"a reference to what is not there", {NULL, PE("a")}, {NULL}, .chosen = {"", "!"}, .rule = ""},
    {"a new one, to what is not there",
     {NULL, PE("b")},
     {NULL, P("a")},
     .chosen = {"", "good!"},
     .rule = "a"},
    {"what others need is deleted",
     {NULL, PE("a")},
     {E, PE("a")},
     .chosen = {"good!", "new"},
     .rule = "a"},
    {"both are deleted", {NULL}, {E, PE("a")}, .chosen = {"", ""}, .rule = ""},
    {"both are lost", {E, PE("a")}, {E, PE("a")}, true, .chosen = {"new!", "new!"}, .rule = "a"},
    {"what can never find anything, at first",
     {NULL, V("a")},
     {NULL},
     .chosen = {"", "new"},
     .rule = "a"},
    {"the same, kept before", {NULL, V("a")}, {NULL, V("a")}, .chosen = {"", "new"}, .rule = "a"},
    {"the same, in place of a good one",
     {NULL, V("b")},
     {NULL, P("a")},
     .chosen = {"", "good!"},
     .rule = "a"},
    {"one that is good no more, and has no other",
     {NULL, PE("a")},
     {NULL, PE("a")},
     .chosen = {"", ""},
     .status = -1},
};

struct outcome {
    struct buf text[UNITS];
};

static void note(void *ctx, const struct rule_version *version)
{
    struct outcome *out = ctx;
    const struct rule_unit *unit = version->newest ? version->newest : version->good;
    struct buf *to = &out->text[view_eq_str(unit->name, names[POLICY])];

    if (version->chosen)
        buf_add_str(to, version->chosen == version->newest ? "new" : "good");
    if (version->problem.n > 0)
        buf_add_char(to, '!');
}

static size_t make(const char *const texts[UNITS], bool lost, struct rule_unit *units,
                   struct source *sources)
{
    size_t count = 0;

    for (size_t i = 0; i < UNITS; i++) {
        if (!texts[i])
            continue;
        sources[count] = rule_object_kept(view_of(names[i]), view_of(texts[i]));
        units[count] = (struct rule_unit){.name = view_of(names[i]),
                                          .uid = VIEW("u"),
                                          .files = &sources[count],
                                          .file_count = 1,
                                          .lost = lost ? VIEW("kubectl delete") : VIEW("")};
        count++;
    }
    return count;
}

/* What is in force is the same at a start and after anything that was there before. */
static void load(struct rule_versions *v, size_t i)
{
    struct rule_unit newest[UNITS], good[UNITS];
    struct source sources[2 * UNITS];
    struct outcome outcome;
    struct policy_set *set;
    struct buf why;
    size_t count = make(cases[i].newest, cases[i].lost, newest, sources);

    buf_init(&why, LIMIT_ANSWER);
    assert_int_equal(rule_versions_update(v, newest, count), 0);
    count = make(cases[i].good, false, good, sources + UNITS);
    assert_int_equal(rule_versions_restore(v, good, count), 0);
    if (rule_versions_load(v, NULL, "everything", &set, &why) != cases[i].status)
        fail_msg("%s: %s", cases[i].what, why.p);
    if (set) {
        rule_versions_accept(v);
        assert_int_equal(set->rule_count, cases[i].rule[0] != 0);
        if (set->rule_count > 0)
            assert_true(view_eq_str(set->policies[0].rules[0].id, cases[i].rule));
        for (size_t k = 0; k < UNITS; k++)
            buf_init(&outcome.text[k], LIMIT_ANSWER);
        rule_versions_each(v, note, &outcome);
        for (size_t k = 0; k < UNITS; k++) {
            const char *text = outcome.text[k].p ? outcome.text[k].p : "";

            if (strcmp(text, cases[i].chosen[k]) != 0)
                fail_msg("%s: %s is %s", cases[i].what, names[k], text);
            buf_release(&outcome.text[k]);
        }
    }
    policy_set_release(set);
    buf_release(&why);
}

static void what_is_in_force_depends_on_nothing_else(void **state)
{
    enum { CASES = sizeof(cases) / sizeof(cases[0]) };

    (void)state;
    for (size_t before = 0; before < CASES; before++)
        for (size_t i = 0; i < CASES; i++) {
            struct rule_versions v = {.count = 0};

            load(&v, before);
            load(&v, i);
            rule_versions_release(&v);
        }
}

static void note_generation(void *ctx, const struct rule_version *version)
{
    *(int64_t *)ctx = version->newest->generation;
}

/* A status is of the newest generation, also of one that says what the one before it said. */
static void the_same_text_has_a_new_generation(void **state)
{
    const struct source source = rule_object_kept(view_of(names[POLICY]), VIEW(P("a")));
    struct rule_unit unit = {
        .name = source.name, .uid = VIEW("u"), .files = &source, .file_count = 1};
    struct rule_versions v = {.count = 0};
    int64_t seen = 0;

    (void)state;
    for (unit.generation = 1; unit.generation <= 3; unit.generation += 2) {
        assert_int_equal(rule_versions_update(&v, &unit, 1), 0);
        rule_versions_each(&v, note_generation, &seen);
        assert_int_equal(seen, unit.generation);
    }
    rule_versions_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_force_depends_on_nothing_else),
        cmocka_unit_test(the_same_text_has_a_new_generation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
