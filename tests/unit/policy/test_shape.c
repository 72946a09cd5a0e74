#include "unit/policy/rules_fixture.h"

#define HEAD                                                                                       \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n"                \
    "  match: {workloads: all}\n  rules:\n"

static const char rules[] = HEAD "    - {id: r, resources: {max: {limits.cpu: 1}}}\n";

#define POD(spec) "{\"metadata\":{\"name\":\"a\"},\"spec\":" spec "}"
#define DEPLOYMENT(spec)                                                                           \
    "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"template\":{\"spec\":" spec "}}}"
#define CONTAINER(more) DEPLOYMENT("{\"containers\":[{\"name\":\"c\"" more "}]}")

/* What no API server sends, and what it does send although it looks odd. */
static void shapes(void **state)
{
    static const struct {
        struct ask ask;
        const char *path, *found, *needs; /* NULL: admitted */
    } table[] = {
        {{.object = NULL}, "object", "nothing", "the object that is written"},
        {{.object = "[]"}, "object", "nothing", "the object that is written"},
        {{.kind = "Pod", .object = NULL}, "object", "nothing", "the object that is written"},
        {{.object = NULL, .old = CONTAINER("")}, "object", "nothing", "the object that is written"},
        {{.kind = "Pod", .object = POD("{\"containers\":{\"a\":{}}}")},
         "spec.containers",
         "a map of 1",
         "a list of maps"},
        {{.object = DEPLOYMENT("{\"containers\":{}}")},
         "spec.template.spec.containers",
         "a map of 0",
         "a list of maps"},
        {{.object = DEPLOYMENT("{\"initContainers\":\"x\"}")},
         "spec.template.spec.initContainers",
         "x",
         "a list of maps"},
        {{.kind = "Pod",
          .subresource = "ephemeralcontainers",
          .object = POD("{\"ephemeralContainers\":true}"),
          .old = POD("{}")},
         "spec.ephemeralContainers",
         "true",
         "a list of maps"},
        {{.object = DEPLOYMENT("{\"containers\":[{\"name\":\"a\"},7]}")},
         "spec.template.spec.containers[1]",
         "7",
         "a map"},
        {{.object = DEPLOYMENT("{\"containers\":[null]}")},
         "spec.template.spec.containers[0]",
         "null",
         "a map"},
        {{.object = DEPLOYMENT("{\"containers\":[[]]}")},
         "spec.template.spec.containers[0]",
         "a list of 0",
         "a map"},
        {{.object = DEPLOYMENT("[]")}, "spec.template.spec", "a list of 0", "a map"},
        {{.object = "{\"spec\":{\"template\":[]}}"}, "spec.template", "a list of 0", "a map"},
        {{.object = "{\"spec\":\"\"}"}, "spec", "", "a map"},
        {{.object = "{\"metadata\":[]}"}, "metadata", "a list of 0", "a map"},
        {{.kind = "CronJob", .object = "{\"spec\":{\"jobTemplate\":{\"spec\":{\"template\":1}}}}"},
         "spec.jobTemplate.spec.template",
         "1",
         "a map"},
        {{.kind = "PodTemplate", .object = "{\"template\":{\"spec\":{\"containers\":{}}}}"},
         "template.spec.containers",
         "a map of 0",
         "a list of maps"},
        {{.object = CONTAINER(",\"image\":[]")},
         "spec.template.spec.containers[c].image",
         "a list of 0",
         "text"},
        {{.object = CONTAINER(",\"resources\":[]")},
         "spec.template.spec.containers[c].resources",
         "a list of 0",
         "a map"},
        {{.object = CONTAINER(",\"resources\":{\"limits\":[]}")},
         "spec.template.spec.containers[c].resources.limits",
         "a list of 0",
         "a map"},
        {{.object = CONTAINER(",\"securityContext\":[]")},
         "spec.template.spec.containers[c].securityContext",
         "a list of 0",
         "a map"},
        {{.object = CONTAINER(",\"env\":{}")},
         "spec.template.spec.containers[c].env",
         "a map of 0",
         "a list of maps"},
        {{.object = DEPLOYMENT("{\"volumes\":{}}")},
         "spec.template.spec.volumes",
         "a map of 0",
         "a list of maps"},
        {{.object = "{\"metadata\":{\"annotations\":[]}}"},
         "metadata.annotations",
         "a list of 0",
         "a map of text"},
        {{.object = "{\"metadata\":{\"annotations\":{\"a/b\":7}}}"},
         "metadata.annotations[a/b]",
         "7",
         "text"},
        {{.object = "{\"spec\":{\"template\":{\"metadata\":{\"labels\":[\"a\"]}}}}"},
         "spec.template.metadata.labels",
         "a list of 1",
         "a map of text"},
        {{.object = "{\"spec\":{\"template\":{\"metadata\":{\"labels\":{\"a\":true}}}}}"},
         "spec.template.metadata.labels[a]",
         "true",
         "text"},
        {{.object = "{}"}, 0, 0, 0},
        {{.object = CONTAINER("")}, 0, 0, 0},
        {{.object = DEPLOYMENT("{\"containers\":null,\"volumes\":null,\"securityContext\":null}")},
         0,
         0,
         0},
        {{.object = "{\"metadata\":{\"annotations\":null,\"labels\":{}},\"spec\":null}"}, 0, 0, 0},
        {{.object = CONTAINER(",\"env\":[],\"resources\":{},\"x\":7")}, 0, 0, 0},
        {{.operation = "DELETE", .object = NULL, .old = CONTAINER("")}, 0, 0, 0},
        {{.subresource = "status", .object = NULL}, 0, 0, 0},
        {{.kind = "Eviction", .resource = "pods", .subresource = "eviction", .object = NULL},
         0,
         0,
         0},
        {{.kind = "ConfigMap", .object = NULL}, 0, 0, 0},
        {{.kind = "ConfigMap", .object = "{\"spec\":{\"containers\":{}}}"}, 0, 0, 0},
    };
    struct fixture f;

    (void)state;
    fixture_open(&f, rules);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct request request;
        struct verdict verdict = fixture_ask(&f, fixture_request(&f, &table[i].ask).p, 0, &request);
        const struct finding *odd = verdict.first ? verdict.first->findings : NULL;

        if (verdict.allowed != !table[i].path)
            fail_msg("%zu: %s", i, FIXTURE_OR(table[i].ask.object, "null"));
        if (verdict.allowed)
            continue;
        assert_true(view_eq_str(verdict.first->rule->id, "shape"));
        assert_null(verdict.first->next);
        assert_non_null(odd);
        if (!view_eq_str(odd->path, table[i].path) || !view_eq_str(odd->found, table[i].found) ||
            !view_eq_str(odd->needs, table[i].needs))
            fail_msg("%zu: %.*s: found %.*s, needs %.*s", i, VIEW_ARGS(odd->path),
                     VIEW_ARGS(odd->found), VIEW_ARGS(odd->needs));
    }
    fixture_close(&f);
}

/* A rule that refuses nothing is not answered by an object that is none. */
static void told_by_the_mode(void **state)
{
    const struct ask ask = {.object = NULL};
    struct fixture f;

    (void)state;
    fixture_open(&f, HEAD "    - {id: w, mode: warn, podSecurity: {controls: [runAsUser]}}\n"
                          "    - {id: a, mode: audit, podSecurity: {controls: [runAsUser]}}\n");
    assert_string_equal(fixture_rules(&f, &ask, 0), "w:w u:a");
    fixture_close(&f);
    fixture_open(&f, HEAD "    - {id: w, mode: warn, podSecurity: {controls: [runAsUser]}}\n"
                          "    - {id: d, podSecurity: {controls: [runAsUser]}}\n"
                          "    - {id: e, podSecurity: {controls: [runAsUser]}}\n");
    assert_string_equal(fixture_rules(&f, &ask, 0), "w:w shape");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(told_by_the_mode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
