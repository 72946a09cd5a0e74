#include "cli/workload_arg.h"

#include "base/arena.h"
#include "cmocka_all.h"
#include "policy/object/guarded_kind.h"

#include <stdio.h>

struct arguments {
    const char *words[3];
    size_t count;
    const char *kind; /* NULL: refused */
    const char *told; /* the name, or the problem */
};

static void parse(const struct arguments *w)
{
    struct arena arena;
    struct workload_arg target;
    struct view problem = {NULL, 0};

    arena_init(&arena, 65536);
    assert_int_equal(workload_arg_parse(w->words, w->count, &arena, &target, &problem),
                     w->kind ? 0 : -1);
    if (w->kind)
        assert_string_equal(target.guarded_kind->kind, w->kind);
    assert_true(view_eq_str(w->kind ? target.name : problem, w->told));
    arena_release(&arena);
}

static void kinds_as_kubectl_takes_them(void **state)
{
    static const struct arguments cases[] = {
        {{"deployment/api"}, 1, "Deployment", "api"},
        {{"deployments/api"}, 1, "Deployment", "api"},
        {{"deploy/api"}, 1, "Deployment", "api"},
        {{"deployments.apps/api"}, 1, "Deployment", "api"},
        {{"deployment.v1.apps/api"}, 1, "Deployment", "api"},
        {{"Deployment/api.v1-x"}, 1, "Deployment", "api.v1-x"},
        {{"sts/db"}, 1, "StatefulSet", "db"},
        {{"statefulset", "db"}, 2, "StatefulSet", "db"},
        {{"ds", "x"}, 2, "DaemonSet", "x"},
        {{"daemonsets/x"}, 1, "DaemonSet", "x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        parse(&cases[i]);
}

static void what_is_refused(void **state)
{
    static const char kinds[] = " is not a kind that is guarded, write deployment, statefulset or "
                                "daemonset";
    static const struct arguments cases[] = {
        {{"api"}, 1, NULL, "\"api\" names no workload, write KIND/NAME or KIND NAME"},
        {{"deploy/"}, 1, NULL, "\"\" is not a name of a workload"},
        {{"deploy", "a/b"}, 2, NULL, "\"a/b\" is not a name of a workload"},
        {{"deploy", "a?b"}, 2, NULL, "\"a?b\" is not a name of a workload"},
        {{"deploy", ".."}, 2, NULL, "\"..\" is not a name of a workload"},
        {{"deploy", "a", "b"}, 3, NULL, "\"b\" is one argument too many"},
    };
    static const char *const strange[] = {"pod", "", "deployments.extensions", "deployment.",
                                          "dep"};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        parse(&cases[i]);
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        char told[256];

        snprintf(told, sizeof(told), "\"%s\"%s", strange[i], kinds);
        parse(&(struct arguments){{strange[i], "x"}, 2, NULL, told});
    }
}

static void nothing_names_nothing(void **state)
{
    struct workload_arg target = {.name = VIEW("x")};
    struct view problem;

    (void)state;
    assert_int_equal(workload_arg_parse(NULL, 0, NULL, &target, &problem), 0);
    assert_null(target.guarded_kind);
    assert_null(target.name.p);
}

static void texts_are_in_lower_case(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 65536);
    assert_true(
        view_eq_str(workload_arg_text(VIEW("StatefulSet"), VIEW("db"), &arena), "statefulset/db"));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_as_kubectl_takes_them),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(nothing_names_nothing),
        cmocka_unit_test(texts_are_in_lower_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
