#include "kube/identity.h"

#include "cmocka_all.h"

#include <string.h>

#define POD(metadata) "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":" metadata "}"

/* Each part of the identity, as each type that is not text. */
static void identity_of_a_wrong_type_is_found(void **state)
{
    static const char *const values[] = {"5", "1.5", "true", "false", "[]", "{}"};
    static const struct {
        const char *format, *last;
    } parts[] = {
        {"{\"apiVersion\":%s,\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}", "apiVersion"},
        {"{\"apiVersion\":\"v1\",\"kind\":%s,\"metadata\":{\"name\":\"a\"}}", "kind"},
        {POD("{\"name\":%s}"), "name"},
        {POD("{\"generateName\":%s}"), "generateName"},
        {POD("{\"name\":\"a\",\"namespace\":%s}"), "namespace"},
        {POD("{\"name\":\"a\",\"labels\":{\"x\":\"y\",\"z\":%s}}"), "z"},
        {POD("{\"name\":\"a\",\"annotations\":{\"z\":%s}}"), "z"},
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
            struct identity_flaw parse_error;
            const char *last = NULL;
            json_t *object;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(text, sizeof(text), parts[i].format, values[v]);
#pragma GCC diagnostic pop
            object = json_loads(text, 0, NULL);
            assert_non_null(object);
            assert_true(identity_is_flawed(object, &parse_error));
            for (size_t k = 0; k < IDENTITY_DEPTH && parse_error.keys[k]; k++)
                last = parse_error.keys[k];
            assert_string_equal(last, parts[i].last);
            assert_string_equal(parse_error.wanted, "text");
            json_decref(object);
        }
}

static void maps_are_wanted_where_maps_are(void **state)
{
    static const char *const flawed[] = {POD("[]"), POD("\"a\""), POD("{\"labels\":\"a\"}"),
                                         POD("{\"annotations\":[\"a\"]}")};
    static const char *const sound[] = {POD("null"), POD("{\"name\":null}"),
                                        POD("{\"labels\":null,\"annotations\":{\"a\":null}}"),
                                        POD("{\"name\":\"a\",\"labels\":{\"a\":\"1\"}}")};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        json_t *bad = json_loads(flawed[i], 0, NULL), *good = json_loads(sound[i], 0, NULL);
        struct identity_flaw parse_error;

        assert_true(identity_is_flawed(bad, &parse_error));
        assert_string_equal(parse_error.wanted, "a map");
        assert_false(identity_is_flawed(good, &parse_error));
        json_decref(bad);
        json_decref(good);
    }
}

static void kinds_are_where_clusters_have_them(void **state)
{
    static const struct {
        const char *version, *kind, *home;
        bool unknown;
        const char *meant;
    } cases[] = {
        {"apps/v1", "Deployment", NULL, false, NULL},
        {"apps/v1beta2", "Deployment", NULL, false, NULL},
        {"batch/v1beta1", "CronJob", NULL, false, NULL},
        {"argoproj.io/v1alpha1", "Rollout", NULL, false, NULL},
        {"extensions/v1beta1", "Deployment", "apps/v1", false, NULL},
        {"extensions/v1beta1", "DaemonSet", "apps/v1", false, NULL},
        {"extensions/v1beta1", "Ingress", NULL, false, NULL},
        {"v1", "Deployment", "apps/v1", false, NULL},
        {"core/v1", "Pod", "v1", false, NULL},
        {"apps/v1", "Pod", "v1", false, NULL},
        {"apps/v1", "Job", "batch/v1", false, NULL},
        {"apps/v1", "Rollout", "argoproj.io/v1alpha1", false, NULL},
        {"batch.volcano.sh/v1alpha1", "Job", NULL, false, NULL},
        {"networking.k8s.io/v1", "Pod", "v1", false, NULL},
        {"autoscaling/v1", "Deployment", "apps/v1", false, NULL},
        {"jobset.x-k8s.io/v1", "Job", NULL, false, NULL},
        {"argoproj.io/v1alpha1", "Rollouts", NULL, true, "Rollout"},
        {"argoproj.io/v1alpha1", "Application", NULL, false, NULL},
        {"apps.example.com/v1", "Deploymnet", NULL, false, NULL},
        {"apps/v1", "Deploymnet", NULL, true, "Deployment"},
        {"apps/v1", "deployment", NULL, true, "Deployment"},
        {"v1", "Pods", NULL, true, "Pod"},
        {"batch/v1", "Cronjob", NULL, true, "CronJob"},
        {"apps/v1", "Frobnicator", NULL, true, NULL},
        {"v1", "Node", NULL, false, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *object =
            json_pack("{ss ss}", "apiVersion", cases[i].version, "kind", cases[i].kind);
        const char *home = identity_home(object), *meant = NULL;

        if (!home != !cases[i].home || (home && strcmp(home, cases[i].home) != 0))
            fail_msg("%s %s: %s", cases[i].version, cases[i].kind, home ? home : "here");
        assert_int_equal(identity_is_unknown(object, &meant), cases[i].unknown);
        if (cases[i].unknown &&
            (!meant != !cases[i].meant || (meant && strcmp(meant, cases[i].meant) != 0)))
            fail_msg("%s %s: %s", cases[i].version, cases[i].kind, meant ? meant : "nothing");
        json_decref(object);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_of_a_wrong_type_is_found),
        cmocka_unit_test(maps_are_wanted_where_maps_are),
        cmocka_unit_test(kinds_are_where_clusters_have_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
