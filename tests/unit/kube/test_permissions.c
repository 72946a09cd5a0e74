#include "kube/permissions.h"

#include "base/buf.h"
#include "cmocka_all.h"

#include <stdlib.h>

static const struct {
    struct permission row;
    const char *rule, *review; /* resourceAttributes */
} cases[] = {
    {{"apps", "deployments", NULL, "patch", NULL, NULL},
     "{apiGroups: [\"apps\"], resources: [deployments], verbs: [patch]}",
     "\"group\":\"apps\",\"resource\":\"deployments\",\"subresource\":\"\",\"verb\":\"patch\","
     "\"namespace\":\"\",\"name\":\"\""},
    {{"", "pods", "log", "get", "shop", NULL},
     "{apiGroups: [\"\"], resources: [pods/log], verbs: [get]}",
     "\"group\":\"\",\"resource\":\"pods\",\"subresource\":\"log\",\"verb\":\"get\","
     "\"namespace\":\"shop\",\"name\":\"\""},
    {{"coordination.k8s.io", "leases", NULL, "update", "shop", "guard"},
     "{apiGroups: [\"coordination.k8s.io\"], resources: [leases], resourceNames: [guard], "
     "verbs: [update]}",
     "\"group\":\"coordination.k8s.io\",\"resource\":\"leases\",\"subresource\":\"\","
     "\"verb\":\"update\",\"namespace\":\"shop\",\"name\":\"guard\""},
};

static void what_is_asked_and_what_is_missing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct permission *row = &cases[i].row;
        char *review = permissions_review(row);
        struct buf text;

        buf_init(&text, 1024);
        permissions_rule(&row, 1, &text);
        assert_string_equal(text.p, cases[i].rule);
        buf_reset(&text);
        buf_printf(&text, "{\"spec\":{\"resourceAttributes\":{%s}}}", cases[i].review);
        assert_string_equal(review, text.p);
        buf_release(&text);
        free(review);
    }
}

static void verbs_of_one_resource_are_one_rule(void **state)
{
    static const struct permission get = {"", "pods", NULL, "get", NULL, NULL},
                                   watch = {"", "pods", NULL, "watch", NULL, NULL};
    const struct permission *rows[] = {&get, &watch};
    struct buf text;

    (void)state;
    buf_init(&text, 1024);
    permissions_rule(rows, 2, &text);
    assert_string_equal(text.p, "{apiGroups: [\"\"], resources: [pods], verbs: [get, watch]}");
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_and_what_is_missing),
        cmocka_unit_test(verbs_of_one_resource_are_one_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
