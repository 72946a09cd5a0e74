#include "policy/controls/control.h"

#include "policy/rule/check.h"
#include "unit/policy/check_fixture.h"

static int asked;

static int count(struct eval *e)
{
    (void)e;
    asked++;
    return 0;
}

/* Whether a control is asked of a pod with that spec. */
static bool is_asked(unsigned spares_since, unsigned minor, const char *spec)
{
    const struct control control = {
        .name = "made-up", .spares_user_namespaces = spares_since, .eval = count};
    yyjson_doc *doc = yyjson_read(spec, strlen(spec), 0);
    const struct workload workload = {.spec = yyjson_doc_get_root(doc)};
    struct eval e = {.workload = &workload};

    asked = 0;
    assert_int_equal(control_ask(&control, minor, &e), 0);
    yyjson_doc_free(doc);
    return asked == 1;
}

/* Most controls hold in a user namespace too: the exception is a row's own. */
static void a_user_namespace_is_spared_by_row(void **state)
{
    static const char own[] = "{\"hostUsers\":false}", host[] = "{\"hostUsers\":true}";

    (void)state;
    assert_true(is_asked(0, 1000, own));
    assert_true(is_asked(0, 35, own));
    assert_true(is_asked(35, 34, own));
    assert_false(is_asked(35, 35, own));
    assert_false(is_asked(35, 1000, own));
    assert_true(is_asked(35, 35, host));
    assert_true(is_asked(35, 35, "{}"));
}

static void rows_are_whole(void **state)
{
    size_t n = 0;

    (void)state;
    for (; controls[n]; n++) {
        assert_true(controls[n]->name && controls[n]->eval);
        assert_string_equal(control_name_at(n), controls[n]->name);
        assert_ptr_equal(control_of(view_of(controls[n]->name)), controls[n]);
    }
    assert_int_equal(n, 2);
    assert_null(control_name_at(n));
    assert_null(control_of(VIEW("runAsRoot")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_namespace_is_spared_by_row),
        cmocka_unit_test(rows_are_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
