#include "base/budget.h"
#include "unit/policy/rules_fixture.h"

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

/* --- what is admitted ----------------------------------------------------------------------- */

#define HEAD(kind, name)                                                                           \
    "apiVersion: tidegate.dev/v1alpha1\nkind: " kind "\nmetadata: {name: " name "}\nspec:\n"
#define PRODUCTION HEAD("Environment", "production") "  namespaces: [shop]\n  timeZone: UTC\n---\n"

/* Frozen until 23:00, approved by nobody yet, and two rules on the object. */
static const char server[] = PRODUCTION HEAD(
    "Policy", "gate") "  match: {environments: [production], workloads: all}\n"
                      "  rules:\n"
                      "    - id: security\n"
                      "      podSecurity: {controls: [runAsNonRoot]}\n"
                      "    - id: frozen\n"
                      "      freeze: {deny: [{schedule: \"0 0 * * *\", duration: 23h}]}\n"
                      "    - id: approved\n"
                      "      approval: {approvers: {users: [bob]}}\n"
                      "    - id: replicas\n"
                      "      match: {kinds: [Deployment, StatefulSet]}\n"
                      "      fields: [{path: spec.replicas, min: 3}]\n";

#define POD_SPEC(image, more)                                                                      \
    "{\"containers\":[{\"name\":\"api\",\"image\":\"" image                                        \
    "\",\"securityContext\":{\"runAsNonRoot\":true}}]" more "}"
#define TEMPLATE(image)                                                                            \
    "\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":" POD_SPEC(image, "") "}"
#define OBJECT(metadata, replicas, image)                                                          \
    "{\"metadata\":{" metadata "},\"spec\":{\"replicas\":" replicas "," TEMPLATE(image) "}}"
#define NAMED "\"name\":\"api\""
#define OWNED                                                                                      \
    NAMED ",\"ownerReferences\":[{\"controller\":true,\"kind\":\"ReplicaSet\",\"name\":\"api-1\"," \
          "\"uid\":\"u\"}]"
#define DYING      NAMED ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\",\"finalizers\":[\"x/y\"]"
#define DYING_FREE NAMED ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\""
#define OLD        OBJECT(NAMED, "3", "v1")
#define POD(metadata, image, more)                                                                 \
    "{\"metadata\":{" metadata "},\"spec\":" POD_SPEC(image, more) "}"
#define ROOT_POD        "{\"metadata\":{\"name\":\"api\"},\"spec\":{\"containers\":[{\"name\":\"c\"}]}}"
#define SCALE(replicas) "{\"metadata\":{\"name\":\"api\"},\"spec\":{" replicas "}}"
#define SA              "system:serviceaccount:kube-system:"
#define ROLLBACK        NAMED ",\"annotations\":{\"deprecated.deployment.rollback.to\":\"1\"}"
#define REFERRING(metadata)                                                                        \
    "{\"metadata\":{" metadata "},\"spec\":{\"workloadRef\":{\"name\":\"d\"}}}"
#define DEBUGGED(context)                                                                          \
    ",\"ephemeralContainers\":[{\"name\":\"debug\",\"image\":\"b\"" context "}]"

static const struct {
    const char *name;
    struct ask ask;
    const char *rules;
} admission[] = {
    /* Deploys by people. */
    {"create", {.object = OLD}, "frozen approved"},
    {"image change", {.object = OBJECT(NAMED, "3", "v2"), .old = OLD}, "frozen approved"},
    {"restart is a deploy of the same template",
     {.object = "{\"spec\":{\"replicas\":3,\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"},"
                "\"annotations\":{"
                "\"kubectl.kubernetes.io/restartedAt\":\"t\"}},\"spec\":" POD_SPEC("v1", "") "}}}",
      .old = OLD},
     "frozen"},
    {"dry run",
     {.object = OBJECT(NAMED, "3", "v2"), .old = OLD, .dry_run = true},
     "frozen approved"},
    {"nothing changes", {.object = OLD, .old = OLD}, ""},
    {"a label", {.object = OBJECT(NAMED ",\"labels\":{\"x\":\"y\"}", "3", "v1"), .old = OLD}, ""},
    {"an annotation",
     {.object = OBJECT(NAMED ",\"annotations\":{\"x\":\"y\"}", "3", "v1"), .old = OLD},
     ""},
    {"a pod's image",
     {.kind = "Pod", .object = POD(NAMED, "v2", ""), .old = POD(NAMED, "v1", "")},
     "frozen approved"},
    {"a pod's label",
     {.kind = "Pod",
      .object = POD(NAMED ",\"labels\":{\"x\":\"y\"}", "v1", ""),
      .old = POD(NAMED, "v1", "")},
     ""},
    {"a config map", {.kind = "ConfigMap", .object = "{\"data\":{}}"}, ""},

    /* Scales. */
    {"scale up", {.object = OBJECT(NAMED, "5", "v1"), .old = OLD}, ""},
    {"scale down too far", {.object = OBJECT(NAMED, "2", "v1"), .old = OLD}, "replicas"},
    {"scale by its subresource",
     {.kind = "Scale",
      .group = "apps",
      .resource = "deployments",
      .subresource = "scale",
      .object = SCALE("\"replicas\":5"),
      .old = SCALE("\"replicas\":3")},
     ""},
    {"scale by its subresource too far",
     {.kind = "Scale",
      .group = "apps",
      .resource = "statefulsets",
      .subresource = "scale",
      .object = SCALE("\"replicas\":1"),
      .old = SCALE("\"replicas\":3")},
     "replicas"},
    {"scale to nothing leaves replicas out",
     {.kind = "Scale",
      .group = "apps",
      .resource = "deployments",
      .subresource = "scale",
      .object = SCALE(""),
      .old = SCALE("\"replicas\":3")},
     "replicas"},
    {"scale of what no rule speaks of",
     {.kind = "Scale",
      .group = "apps",
      .resource = "replicasets",
      .subresource = "scale",
      .object = SCALE("\"replicas\":0"),
      .old = SCALE("\"replicas\":3")},
     ""},

    /* Subresources. */
    {"debug by root",
     {.kind = "Pod",
      .subresource = "ephemeralcontainers",
      .object = POD(NAMED, "v1", DEBUGGED("")),
      .old = POD(NAMED, "v1", "")},
     "security"},
    {"debug by a user",
     {.kind = "Pod",
      .subresource = "ephemeralcontainers",
      .object = POD(NAMED, "v1", DEBUGGED(",\"securityContext\":{\"runAsNonRoot\":true}")),
      .old = POD(NAMED, "v1", "")},
     ""},
    {"resize of a pod that was bad before",
     {.kind = "Pod", .subresource = "resize", .object = ROOT_POD, .old = ROOT_POD},
     "e:security"},
    {"status of a bad pod",
     {.kind = "Pod",
      .subresource = "status",
      .user = "system:node:n1",
      .object = ROOT_POD,
      .old = ROOT_POD},
     ""},
    {"status by a person", {.subresource = "status", .object = OLD, .old = OLD}, ""},
    {"binding",
     {.kind = "Binding",
      .resource = "pods",
      .subresource = "binding",
      .user = "system:kube-scheduler",
      .object = "{\"target\":{\"name\":\"n\"}}"},
     ""},
    {"eviction",
     {.kind = "Eviction",
      .group = "policy",
      .resource = "pods",
      .subresource = "eviction",
      .object = "{\"metadata\":{\"name\":\"api\"}}"},
     ""},
    {"exec",
     {.operation = "CONNECT",
      .kind = "PodExecOptions",
      .resource = "pods",
      .subresource = "exec",
      .object = "{\"command\":[\"sh\"]}"},
     ""},

    /* Deletion. */
    {"delete", {.operation = "DELETE", .old = ROOT_POD, .kind = "Pod"}, ""},
    {"deletecollection", {.operation = "DELETE", .old = ROOT_POD, .kind = "Pod", .name = ""}, ""},
    {"delete of nothing", {.operation = "DELETE", .kind = "Pod"}, ""},
    {"a finalizer less",
     {.object = OBJECT(DYING_FREE, "1", "v1"), .old = OBJECT(DYING, "1", "v1")},
     ""},
    {"a finalizer less, by the garbage collector",
     {.user = SA "generic-garbage-collector",
      .object = OBJECT(DYING_FREE, "1", "v1"),
      .old = OBJECT(DYING, "1", "v1")},
     ""},
    {"a terminating object gets another template",
     {.object = OBJECT(DYING, "3", "v2"), .old = OBJECT(DYING, "3", "v1")},
     "terminating frozen approved"},
    {"by a controller too",
     {.user = SA "deployment-controller",
      .object = OBJECT(DYING, "3", "v2"),
      .old = OBJECT(DYING, "3", "v1")},
     "terminating"},
    {"a mark of deletion that only the new object bears",
     {.object = OBJECT(DYING, "3", "v2"), .old = OLD},
     "frozen approved"},
    {"debug of a terminating pod",
     {.kind = "Pod",
      .subresource = "ephemeralcontainers",
      .object = POD(DYING, "v1", DEBUGGED(",\"securityContext\":{\"runAsNonRoot\":true}")),
      .old = POD(DYING, "v1", "")},
     "terminating"},
    {"a terminating rollout without a template",
     {.kind = "Rollout", .object = REFERRING(DYING_FREE), .old = REFERRING(DYING)},
     ""},
    {"a rollout without a template gets a label",
     {.kind = "Rollout",
      .object = REFERRING(NAMED ",\"labels\":{\"a\":\"b\"}"),
      .old = REFERRING(NAMED)},
     ""},

    /* Who asks. */
    {"a replica set by the deployment controller",
     {.kind = "ReplicaSet", .user = SA "deployment-controller", .object = OBJECT(OWNED, "3", "v1")},
     ""},
    {"a pod by the replica set controller",
     {.kind = "Pod", .user = SA "replicaset-controller", .object = POD(OWNED, "v1", "")},
     ""},
    {"a bad pod by the replica set controller",
     {.kind = "Pod", .user = SA "replicaset-controller", .object = ROOT_POD},
     "security"},
    {"a pod by a person with an owner",
     {.kind = "Pod", .object = POD(OWNED, "v1", "")},
     "frozen approved"},
    {"a pod by another service account of kube-system",
     {.kind = "Pod", .user = SA "default", .object = POD(OWNED, "v1", "")},
     "frozen approved"},
    {"a pod by a namesake in another namespace",
     {.kind = "Pod",
      .user = "system:serviceaccount:shop:replicaset-controller",
      .object = POD(OWNED, "v1", "")},
     "frozen approved"},
    {"a pod by a node",
     {.kind = "Pod", .user = "system:node:n1", .object = POD(NAMED, "v1", "")},
     ""},
    {"annotations that the deployment controller copies",
     {.kind = "ReplicaSet",
      .user = SA "deployment-controller",
      .object = OBJECT(NAMED ",\"annotations\":{\"tidegate.dev/approve\":\"x\"}", "3", "v1"),
      .old = OLD},
     ""},

    /* A rollback that the deployment controller would do. */
    {"rollback by annotation",
     {.object = OBJECT(ROLLBACK, "3", "v1"), .old = OLD},
     "rollback-annotation"},
    {"rollback by annotation through status",
     {.subresource = "status", .object = OBJECT(ROLLBACK, "3", "v1"), .old = OLD},
     "rollback-annotation"},
    {"created with a rollback",
     {.object = OBJECT(ROLLBACK, "3", "v1")},
     "rollback-annotation frozen approved"},
    {"rollback that was asked for before",
     {.object = OBJECT(ROLLBACK, "4", "v1"), .old = OBJECT(ROLLBACK, "3", "v1")},
     ""},
    {"rollback that the controller clears",
     {.user = SA "deployment-controller", .object = OLD, .old = OBJECT(ROLLBACK, "3", "v1")},
     ""},
    {"the annotation on a replica set",
     {.kind = "ReplicaSet", .object = OBJECT(ROLLBACK, "3", "v1"), .old = OLD},
     ""},

    /* Never in the way. */
    {"another namespace", {.namespace_ = "dev", .object = ROOT_POD, .kind = "Pod"}, ""},
    {"cluster-scoped", {.namespace_ = "", .kind = "Node", .object = "{}"}, ""},
};

static void admission_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(admission) / sizeof(admission[0]); i++) {
        struct fixture f;
        const char *found;

        fixture_open(&f, server);
        found = fixture_rules(&f, &admission[i].ask, 1700000000);
        if (strcmp(found, admission[i].rules) != 0)
            fail_msg("%s: \"%s\"", admission[i].name, found);
        fixture_close(&f);
    }
}

static void never_in_the_way(void **state)
{
    static const struct ask asks[] = {
        {.kind = "Pod", .namespace_ = "kube-system", .object = ROOT_POD},
        {.kind = "Pod", .namespace_ = "tidegate", .object = ROOT_POD},
        {.kind = "Lease", .group = "coordination.k8s.io", .resource = "leases", .object = "{}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        struct fixture f;

        fixture_open(&f,
                     HEAD("Policy", "p") "  rules:\n"
                                         "    - {id: r, podSecurity: {controls: [runAsNonRoot]}}\n"
                                         "    - id: f\n"
                                         "      fields: [{path: spec.x, exists: true}]\n");
        f.cluster_view.own_namespace = VIEW("tidegate");
        assert_string_equal(fixture_rules(&f, &asks[i], 0), "");
        fixture_close(&f);
    }
}

/* --- modes, exemptions, what was there before ------------------------------------------------- */

#define BAD_POD(names) "{\"metadata\":{\"name\":\"api\"},\"spec\":{\"containers\":[" names "]}}"
#define ROOT(name)     "{\"name\":\"" name "\"}"

static const struct {
    const char *name, *policy; /* what stands before `rules` and in the rule */
    const char *rule;
    struct ask ask;
    int64_t now;
    const char *rules;
} modes[] = {
    {"deny", "", "", {.kind = "Pod", .object = ROOT_POD}, 0, "r"},
    {"warn", "", ", mode: warn", {.kind = "Pod", .object = ROOT_POD}, 0, "w:r"},
    {"audit", "", ", mode: audit", {.kind = "Pod", .object = ROOT_POD}, 0, "n:r"},
    {"the policy's mode", "  mode: audit\n", "", {.kind = "Pod", .object = ROOT_POD}, 0, "n:r"},
    {"the rule's before the policy's",
     "  mode: audit\n",
     ", mode: deny",
     {.kind = "Pod", .object = ROOT_POD},
     0,
     "r"},

    {"exempt by name",
     "",
     ", exempt: [{names: [ap*], reason: x}]",
     {.kind = "Pod", .object = ROOT_POD},
     0,
     "x:r"},
    {"another name",
     "",
     ", exempt: [{names: [web], reason: x}]",
     {.kind = "Pod", .object = ROOT_POD},
     0,
     "r"},
    {"the last second of the last day",
     "",
     ", exempt: [{names: [api], reason: x, expires: 2030-01-01}]",
     {.kind = "Pod", .object = ROOT_POD},
     1893542399,
     "x:r"},
    {"the first second after it",
     "",
     ", exempt: [{names: [api], reason: x, expires: 2030-01-01}]",
     {.kind = "Pod", .object = ROOT_POD},
     1893542400,
     "r"},
    {"exempt group",
     "",
     ", exempt: [{groups: [deployers], reason: x}]",
     {.kind = "Pod", .object = ROOT_POD},
     0,
     "x:r"},
    {"all of an exemption has to hold",
     "",
     ", exempt: [{groups: [deployers], names: [web], reason: x}]",
     {.kind = "Pod", .object = ROOT_POD},
     0,
     "r"},
    {"exempt service account",
     "",
     ", exempt: [{serviceAccounts: [ci/*], reason: x}]",
     {.kind = "Pod", .user = "system:serviceaccount:ci:bot", .object = ROOT_POD},
     0,
     "x:r"},
    {"a person who calls himself so",
     "",
     ", exempt: [{serviceAccounts: [ci/*], reason: x}]",
     {.kind = "Pod", .user = "ci/bot", .object = ROOT_POD},
     0,
     "r"},

    {"as it was",
     "",
     "",
     {.kind = "Pod", .object = BAD_POD(ROOT("a")), .old = BAD_POD(ROOT("a"))},
     0,
     "e:r"},
    {"as it was, in another order",
     "",
     "",
     {.kind = "Pod",
      .object = BAD_POD(ROOT("b") "," ROOT("a")),
      .old = BAD_POD(ROOT("a") "," ROOT("b"))},
     0,
     "e:r"},
    {"one more",
     "",
     "",
     {.kind = "Pod", .object = BAD_POD(ROOT("a") "," ROOT("b")), .old = BAD_POD(ROOT("a"))},
     0,
     "r"},
    {"one more of the same name",
     "",
     "",
     {.kind = "Pod", .object = BAD_POD(ROOT("a") "," ROOT("a")), .old = BAD_POD(ROOT("a"))},
     0,
     "r"},
    {"one less",
     "",
     "",
     {.kind = "Pod", .object = BAD_POD(ROOT("b")), .old = BAD_POD(ROOT("a") "," ROOT("b"))},
     0,
     "e:r"},
    {"another in its place",
     "",
     "",
     {.kind = "Pod", .object = BAD_POD(ROOT("b")), .old = BAD_POD(ROOT("a"))},
     0,
     "r"},
    {"existing: deny",
     "",
     ", existing: deny",
     {.kind = "Pod", .object = BAD_POD(ROOT("a")), .old = BAD_POD(ROOT("a"))},
     0,
     "r"},

    {"a label that is taken away with the same write",
     "  match: {labels: {tier: web}}\n",
     "",
     {.kind = "Pod",
      .object = ROOT_POD,
      .old = "{\"metadata\":{\"labels\":{\"tier\":\"web\"}},\"spec\":{}}"},
     0,
     "r"},
    {"an object without the label",
     "  match: {labels: {tier: web}}\n",
     "",
     {.kind = "Pod", .object = ROOT_POD},
     0,
     ""},
    {"labels of a Scale",
     "  match: {labels: {tier: web}}\n",
     "",
     {.kind = "Scale",
      .group = "apps",
      .resource = "deployments",
      .subresource = "scale",
      .object = SCALE(""),
      .old = SCALE("")},
     0,
     ""},
    {"operations",
     "  match: {operations: [DELETE]}\n",
     "",
     {.kind = "Pod", .object = ROOT_POD},
     0,
     ""},
};

static void modes_exemptions_existing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct fixture f;
        char text[1024];
        const char *found;

        snprintf(text, sizeof(text),
                 HEAD("Policy", "p") "%s  rules:\n"
                                     "    - {id: r, podSecurity: {controls: [runAsNonRoot]}%s}\n",
                 modes[i].policy, modes[i].rule);
        fixture_open(&f, text);
        found = fixture_rules(&f, &modes[i].ask, modes[i].now);
        if (strcmp(found, modes[i].rules) != 0)
            fail_msg("%s: \"%s\"", modes[i].name, found);
        fixture_close(&f);
    }
}

static void terminating_without_a_template(void **state)
{
#define SERVICE(metadata, type) "{\"metadata\":{" metadata "},\"spec\":{\"type\":\"" type "\"}}"
    static const struct {
        struct ask ask;
        const char *rules;
    } table[] = {
        {{.kind = "Service",
          .object = SERVICE(DYING_FREE, "NodePort"),
          .old = SERVICE(DYING, "NodePort")},
         ""},
        {{.kind = "Service",
          .object = SERVICE(DYING, "NodePort"),
          .old = SERVICE(DYING, "ClusterIP")},
         "r"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct fixture f;

        fixture_open(&f,
                     HEAD("Policy", "p") "  rules:\n"
                                         "    - id: r\n"
                                         "      existing: deny\n"
                                         "      fields: [{path: spec.type, notIn: [NodePort]}]\n");
        assert_string_equal(fixture_rules(&f, &table[i].ask, 0), table[i].rules);
        fixture_close(&f);
    }
}

/* --- what cannot be told ---------------------------------------------------------------------- */

static bool known_labels(void *ctx, struct view namespace_, yyjson_val **labels)
{
    (void)namespace_;
    *labels = yyjson_doc_get_root(ctx);
    return true;
}

static void namespace_labels(void **state)
{
    static const struct {
        const char *on_error, *labels; /* NULL: unknown */
        struct ask ask;
        const char *rules;
    } table[] = {
        {"", NULL, {.kind = "Pod", .object = ROOT_POD}, "r"},
        {"", NULL, {.kind = "Pod", .object = POD(NAMED, "v1", "")}, "r"},
        {", onError: deny", NULL, {.kind = "Pod", .object = ROOT_POD}, "r"},
        {", onError: warn", NULL, {.kind = "Pod", .object = ROOT_POD}, "w:r"},
        {", onError: allow", NULL, {.kind = "Pod", .object = ROOT_POD}, "u:r"},
        {", mode: warn", NULL, {.kind = "Pod", .object = ROOT_POD}, "w:r"},
        {", mode: audit", NULL, {.kind = "Pod", .object = ROOT_POD}, "u:r"},
        {", onError: deny", NULL, {.kind = "ConfigMap", .object = "{}"}, ""},
        {", onError: deny", NULL, {.kind = "Node", .namespace_ = "", .object = "{}"}, ""},
        {"", "{\"tier\":\"prod\"}", {.kind = "Pod", .object = ROOT_POD}, "r"},
        {"", "{\"tier\":\"dev\"}", {.kind = "Pod", .object = ROOT_POD}, ""},
        {"", "{}", {.kind = "Pod", .object = ROOT_POD}, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct fixture f;
        char text[1024];

        snprintf(text, sizeof(text),
                 HEAD("Policy", "p") "  match: {namespaceLabels: {tier: prod}}\n"
                                     "  rules:\n"
                                     "    - {id: r, podSecurity: {controls: [runAsNonRoot]}%s}\n",
                 table[i].on_error);
        fixture_open(&f, text);
        if (table[i].labels) {
            f.cluster_view.namespace_labels = known_labels;
            f.cluster_view.ctx = f.docs[f.doc_count++] =
                yyjson_read(table[i].labels, strlen(table[i].labels), 0);
        }
        if (strcmp(fixture_rules(&f, &table[i].ask, 0), table[i].rules) != 0)
            fail_msg("%zu: %s", i, fixture_rules(&f, &table[i].ask, 0));
        fixture_close(&f);
    }
}

static void a_deadline_that_has_passed(void **state)
{
    static const struct {
        const char *on_error;
        bool allowed;
    } table[] = {{"deny", false}, {"warn", true}, {"allow", true}};

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct ask ask = {.kind = "Pod", .object = POD(NAMED, "v1", "")};
        struct budget over = {.deadline = 1};
        struct fixture f;
        struct request request;
        struct verdict verdict;
        char text[512];

        snprintf(text, sizeof(text),
                 HEAD("Policy", "p") "  rules:\n"
                                     "    - id: r\n"
                                     "      onError: %s\n"
                                     "      podSecurity: {controls: [runAsNonRoot]}\n",
                 table[i].on_error);
        fixture_open(&f, text);
        verdict = fixture_ask(&f, fixture_request(&f, &ask).p, 0, &request);
        assert_true(verdict.allowed);
        request.budget = &over;
        assert_int_equal(evaluate(f.set, &request, &f.cluster_view, 0, &f.arena, &verdict), 0);
        assert_int_equal(verdict.allowed, table[i].allowed);
        assert_int_equal(verdict.first->status, RULE_UNANSWERED);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_and_messages),
        cmocka_unit_test(admission_table),
        cmocka_unit_test(never_in_the_way),
        cmocka_unit_test(modes_exemptions_existing),
        cmocka_unit_test(terminating_without_a_template),
        cmocka_unit_test(namespace_labels),
        cmocka_unit_test(a_deadline_that_has_passed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
