#include "policy/controls/control.h"

#include "policy/rule/check.h"
#include "unit/policy/check_fixture.h"

static int asked;

static int count(const struct control_subject *s)
{
    (void)s;
    asked++;
    return 0;
}

/* Whether a control is asked of a pod with that spec. */
static bool is_asked(const struct control *control, unsigned minor, const char *spec)
{
    const struct control_list list = {.controls = &control, .count = 1, .minor = minor};
    yyjson_doc *doc = yyjson_read(spec, strlen(spec), 0);
    const struct workload workload = {.spec = yyjson_doc_get_root(doc)};
    const struct request request = {0};
    struct eval e = {.request = &request, .workload = &workload};

    asked = 0;
    assert_int_equal(controls_ask(&list, &e), 0);
    yyjson_doc_free(doc);
    return asked == 1;
}

/* Most controls hold in a user namespace too: the exception is a row's own. */
static void a_user_namespace_is_spared_by_row(void **state)
{
    static const char own[] = "{\"hostUsers\":false,\"containers\":[{}]}";
    static const char host[] = "{\"hostUsers\":true}";
    static const struct control spares = {.pod = count, .spares_user_namespaces = 35};

    (void)state;
    assert_true(is_asked(&(struct control){.pod = count}, CONTROL_NEWEST, own));
    assert_true(is_asked(&spares, 34, own));
    assert_false(is_asked(&spares, 35, own));
    assert_false(is_asked(&spares, CONTROL_NEWEST, own));
    assert_true(is_asked(&spares, 35, host));
    assert_true(is_asked(&spares, 35, "{}"));
}

static void windows_is_spared_by_row(void **state)
{
    static const char windows[] = "{\"os\":{\"name\":\"windows\"}}";
    static const char linux_[] = "{\"os\":{\"name\":\"linux\"}}";
    static const struct control spares = {.pod = count, .spares_windows = 25};

    (void)state;
    assert_true(is_asked(&(struct control){.pod = count}, CONTROL_NEWEST, windows));
    assert_true(is_asked(&spares, 24, windows));
    assert_false(is_asked(&spares, 25, windows));
    assert_true(is_asked(&spares, 25, linux_));
    assert_true(is_asked(&spares, 25, "{}"));
}

static void rows_are_whole(void **state)
{
    size_t n = 0;

    (void)state;
    for (; controls[n]; n++) {
        assert_true(controls[n]->name && controls[n]->doc);
        assert_true(controls[n]->pod || controls[n]->container);
        assert_true(controls[n]->since <= CONTROL_NEWEST);
        assert_string_equal(control_name_at(n), controls[n]->name);
        assert_ptr_equal(control_of(view_of(controls[n]->name)), controls[n]);
    }
    assert_int_equal(n, 19);
    assert_null(control_name_at(n));
    assert_null(control_of(VIEW("runAsRoot")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_namespace_is_spared_by_row),
        cmocka_unit_test(windows_is_spared_by_row),
        cmocka_unit_test(rows_are_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
