#include "kube/manifest.h"

#include "base/json/json.h"
#include "cmocka_all.h"

#include <string.h>

static json_t *object_of(const char *version, const char *kind, const char *space)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s*}}", "apiVersion", version, "kind", kind, "metadata",
                     "name", "x", "namespace", space);
}

static const char *at(const json_t *review, const char *map, const char *key)
{
    const json_t *request = json_object_get(review, "request");

    return json_string_at(map ? json_object_get(request, map) : request, key);
}

static void review_is_that_of_an_api_server(void **state)
{
    static const struct {
        const char *version, *kind, *space, *group, *resource, *in;
    } cases[] = {
        {"apps/v1", "Deployment", NULL, "apps", "deployments", "shop"},
        {"apps/v1", "Deployment", "other", "apps", "deployments", "other"},
        {"v1", "Pod", NULL, "", "pods", "shop"},
        {"v1", "Namespace", NULL, "", "namespaces", "x"},
        {"v1", "Node", NULL, "", "nodes", ""},
        {"v1", "Endpoints", NULL, "", "endpoints", "shop"},
        {"networking.k8s.io/v1", "Ingress", NULL, "networking.k8s.io", "ingresses", "shop"},
        {"networking.k8s.io/v1", "NetworkPolicy", NULL, "networking.k8s.io", "networkpolicies",
         "shop"},
        {"gateway.networking.k8s.io/v1", "Gateway", NULL, "gateway.networking.k8s.io", "gateways",
         "shop"},
        {"rbac.authorization.k8s.io/v1", "ClusterRole", NULL, "rbac.authorization.k8s.io",
         "clusterroles", ""},
        {"cert-manager.io/v1", "ClusterIssuer", NULL, "cert-manager.io", "clusterissuers", ""},
    };
    struct manifest_caller caller = {"alice", json_pack("[s]", "deployers"), "shop"};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *object = object_of(cases[i].version, cases[i].kind, cases[i].space), *review;

        assert_int_equal(manifest_complete(object, &caller), 0);
        review = manifest_review(object, NULL, &caller);
        assert_string_equal(at(review, "kind", "group"), cases[i].group);
        assert_string_equal(at(review, "resource", "resource"), cases[i].resource);
        assert_string_equal(at(review, "requestResource", "resource"), cases[i].resource);
        assert_string_equal(at(review, NULL, "namespace"), cases[i].in);
        assert_string_equal(at(review, NULL, "operation"), "CREATE");
        assert_string_equal(at(review, "userInfo", "username"), "alice");
        json_decref(review);
        json_decref(object);
    }
    json_decref(caller.groups);
}

static void old_object_makes_it_an_update(void **state)
{
    struct manifest_caller caller = {"alice", json_array(), "shop"};
    json_t *object = object_of("v1", "Pod", "shop"), *old = object_of("v1", "Pod", "shop");
    json_t *review = manifest_review(object, old, &caller);

    (void)state;
    assert_string_equal(at(review, NULL, "operation"), "UPDATE");
    assert_string_equal(at(review, "options", "kind"), "UpdateOptions");
    assert_ptr_equal(json_object_get(json_object_get(review, "request"), "oldObject"), old);
    json_decref(review);
    json_decref(old);
    json_decref(object);
    json_decref(caller.groups);
}

static void service_accounts_have_their_groups(void **state)
{
    struct manifest_caller caller = {"system:serviceaccount:ci:deployer", json_array(), "shop"};
    json_t *object = object_of("v1", "Pod", "shop");
    json_t *review = manifest_review(object, NULL, &caller);
    json_t *user = json_object_get(json_object_get(review, "request"), "userInfo");
    json_t *expected = json_pack("[s, s, s]", "system:serviceaccounts", "system:serviceaccounts:ci",
                                 "system:authenticated");

    (void)state;
    assert_true(json_equal(json_object_get(user, "groups"), expected));
    json_decref(expected);
    json_decref(review);
    json_decref(object);
    json_decref(caller.groups);
}

static void what_is_missing_is_said(void **state)
{
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"[]", "the document is not a map"},
        {"{\"kind\":\"Pod\"}", "the document has no \"apiVersion\""},
        {"{\"apiVersion\":\"v1\"}", "the document has no \"kind\""},
        {"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":5}",
         "the document has no \"metadata.name\""},
        {"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"generateName\":\"a-\"}}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *object = json_loads(cases[i].text, 0, NULL);
        const char *problem;

        assert_int_equal(manifest_is_object(object, &problem), cases[i].problem == NULL);
        if (cases[i].problem)
            assert_string_equal(problem, cases[i].problem);
        json_decref(object);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(review_is_that_of_an_api_server),
        cmocka_unit_test(old_object_makes_it_an_update),
        cmocka_unit_test(service_accounts_have_their_groups),
        cmocka_unit_test(what_is_missing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
