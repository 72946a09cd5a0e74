#include "rules_fixture.h"

static const char rules[] = "apiVersion: tidegate.dev/v1alpha1\n"
                            "kind: Environment\n"
                            "metadata: {name: production}\n"
                            "spec: {namespaces: [shop], timeZone: Europe/Paris}\n"
                            "---\n"
                            "apiVersion: tidegate.dev/v1alpha1\n"
                            "kind: Policy\n"
                            "metadata: {name: shop}\n"
                            "spec:\n"
                            "  match: {environments: [production], workloads: all}\n"
                            "  rules:\n"
                            "    - id: non-root\n"
                            "      podSecurity: {controls: [runAsNonRoot, runAsUser]}\n"
                            "    - id: three\n"
                            "      match: {kinds: [Deployment]}\n"
                            "      fields: [{path: spec.replicas, min: 3}]\n"
                            "      message: production runs at least three replicas\n";

#define REQUEST(operation, kind, group, resource, rest)                                            \
    "{\"uid\":\"u\",\"operation\":\"" operation "\",\"kind\":{\"group\":\"" group                  \
    "\",\"version\":\"v1\",\"kind\":\"" kind "\"},\"resource\":{\"group\":\"" group                \
    "\",\"version\":\"v1\",\"resource\":\"" resource                                               \
    "\"},\"namespace\":\"shop\",\"name\":\"api\",\"userInfo\":{\"username\":\"alice\"}," rest "}"

#define DEPLOYMENT(replicas, context)                                                              \
    "{\"metadata\":{\"name\":\"api\"},\"spec\":{\"replicas\":" replicas                            \
    ",\"template\":{\"spec\":{\"containers\":[{\"name\":\"api\"" context "}]}}}}"

#define NON_ROOT ",\"securityContext\":{\"runAsNonRoot\":true}"

static const struct {
    const char *name, *request;
    bool allowed;
    const char *message;
} cases[] = {
    {"good",
     REQUEST("CREATE", "Deployment", "apps", "deployments",
             "\"object\":" DEPLOYMENT("3", NON_ROOT)),
     true, ""},
    {"two rules",
     REQUEST("CREATE", "Deployment", "apps", "deployments", "\"object\":" DEPLOYMENT("1", "")),
     false,
     "Deployment shop/api breaks 2 rules: non-root, three\n"
     "\n"
     "  non-root   spec.template.spec.containers[api].securityContext.runAsNonRoot\n"
     "    found  nothing\n"
     "    needs  true, here or for the whole pod\n"
     "  three      spec.replicas\n"
     "    found  1\n"
     "    needs  at least 3\n"
     "    why    production runs at least three replicas"},
    {"what was there before stays",
     REQUEST("UPDATE", "Deployment", "apps", "deployments",
             "\"object\":" DEPLOYMENT("4", "") ",\"oldObject\":" DEPLOYMENT("5", "")),
     true, ""},
    {"growing worse does not",
     REQUEST("UPDATE", "Deployment", "apps", "deployments",
             "\"object\":" DEPLOYMENT("1", "") ",\"oldObject\":" DEPLOYMENT("2", "")),
     false,
     "Deployment shop/api breaks 1 rule: three\n"
     "\n"
     "  three   spec.replicas\n"
     "    found  1\n"
     "    needs  at least 3\n"
     "    why    production runs at least three replicas"},
    {"a scale is known by its resource",
     REQUEST("UPDATE", "Scale", "apps", "deployments",
             "\"subResource\":\"scale\",\"object\":{\"spec\":{\"replicas\":1}},"
             "\"oldObject\":{\"spec\":{\"replicas\":3}}"),
     false,
     "Deployment shop/api breaks 1 rule: three\n"
     "\n"
     "  three   spec.replicas\n"
     "    found  1\n"
     "    needs  at least 3\n"
     "    why    production runs at least three replicas"},
    {"delete",
     REQUEST("DELETE", "Deployment", "apps", "deployments",
             "\"object\":null,\"oldObject\":" DEPLOYMENT("1", "")),
     true, ""},
};

static void verdicts_and_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct request request;
        struct verdict verdict;
        struct view message;

        fixture_open(&f, rules);
        verdict = fixture_ask(&f, cases[i].request, 1700000000, &request);
        message = message_denial(&verdict, &request, &f.arena);
        if (verdict.allowed != cases[i].allowed || !view_eq_str(message, cases[i].message))
            fail_msg("%s: allowed %d\n%.*s", cases[i].name, verdict.allowed, VIEW_ARGS(message));
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts_and_messages)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
