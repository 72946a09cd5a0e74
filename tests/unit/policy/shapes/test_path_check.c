#include "unit/policy/rules_fixture.h"

#include "policy/limits.h"
#include "policy/shapes/shapes.h"
#include "policy/shapes/shapes_store.h"

/* What is told of one entry of a rule that matches so. */
static const struct {
    const char *match, *entry;
    const char
        *told; /* "error" or "warning", the message, and the hint behind " = "; "": nothing */
} cases[] = {
    /* What leads somewhere. */
    {"workloads: all", "path: spec.replicas, min: 1", ""},
    {"workloads: all", "path: 'pod.spec.containers[*].image', matches: x", ""},
    {"workloads: all", "path: 'pod.spec.volumes[*].*', absent: true", ""},
    {"workloads: all", "path: container.resources.limits.cpu, max: 2", ""},
    {"workloads: all", "path: 'container.ports[containerPort=80].name', equals: x", ""},
    {"workloads: all", "path: 'container.env[name=A].valueFrom.fieldRef', absent: true", ""},
    {"workloads: all", "path: container.targetContainerName, absent: true", ""},
    {"workloads: all", "path: 'metadata.labels[\"a.b/c\"]', exists: true", ""},
    {"workloads: all", "path: 'metadata.labels.*', matches: x", ""},
    {"workloads: all", "path: spec.jobTemplate.spec.backoffLimit, max: 3", ""},
    {"workloads: all", "path: spec.strategy.canary.steps, exists: true", ""},
    {"workloads: all", "path: spec.strategy.canary.steps, equals: x", ""},
    {"kinds: [ConfigMap]", "path: data.anything, equals: x", ""},
    {"kinds: [Service]", "path: 'spec.ports[*].targetPort', in: [80, web]", ""},
    {"kinds: [apps/Deployment, Service]", "path: spec.type, equals: x", ""},
    {"kinds: [CustomResourceDefinition]",
     "path: 'spec.versions[*].schema.openAPIV3Schema.properties.a.properties.*.default', absent: "
     "true",
     ""},
    {"kinds: [PodExecOptions], operations: [CONNECT]", "path: command, exists: true", ""},
    {"kinds: [example.com/Widget]", "path: spec.anything.at.all, equals: 3", ""},
    {"namespaces: [shop]", "path: spec.replicas, min: 1", ""},

    {"workloads: all", "path: container.livenessProbe.httpGet.port, in: [8080, http]", ""},
    {"kinds: [policy/PodDisruptionBudget]", "path: spec.minAvailable, notIn: [0, '0%']", ""},
    {"workloads: all", "path: 'container.resources.limits[\"nvidia.com/gpu\"]', max: 1", ""},
    {"workloads: all", "path: container.resources.limits.hugepages-2Mi, max: 1Gi", ""},
    {"kinds: [PersistentVolumeClaim]", "path: spec.resources.requests.storage, max: 1Gi", ""},
    {"kinds: [ResourceQuota]", "path: spec.hard.pods, max: 50", ""},
    {"kinds: [Role]", "path: 'rules[*].verbs[*]', notIn: ['*']", ""},
    {"kinds: [Ingress]", "path: 'spec.rules[*].host', notIn: ['*.example.com']", ""},

    /* What is certain to lead nowhere. */
    {"kinds: [Pod]", "path: spec.containers.0.image, equals: x",
     "error: \"spec.containers.0.image\" leads nowhere: \"spec.containers\" is a list"
     " = [*] is each element: \"spec.containers[*].image\""},
    {"kinds: [Pod]", "path: 'spec.volumes[hostPath=/].name', absent: true",
     "error: \"spec.volumes[hostPath=/].name\" leads nowhere: \"hostPath\" of an element of "
     "\"spec.volumes\" is a map = elements are selected by a text, a number or a boolean"},
    {"workloads: all", "path: container.resources.limits.mem, max: 1Gi",
     "error: \"container.resources.limits.mem\" leads nowhere: no resource is called \"mem\""
     " = did you mean \"memory\"?"},
    {"workloads: all", "path: container.resources.limits.disk, max: 1Gi",
     "error: \"container.resources.limits.disk\" leads nowhere: no resource is called \"disk\""
     " = others have a domain, as in [\"nvidia.com/gpu\"]"},
    {"workloads: all", "path: container.resources.limits.gpu, max: 1",
     "error: \"container.resources.limits.gpu\" leads nowhere: no resource is called \"gpu\""
     " = others have a domain, as in [\"nvidia.com/gpu\"]"},
    {"workloads: all", "path: container.resources.requests.memory, min: 100m",
     "warning: \"100m\" is a fraction of a byte = m is a thousandth: did you mean \"100Mi\"?"},
    {"workloads: all", "path: container.resources.requests.cpu, min: 100m", ""},
    {"kinds: [Pod]", "path: spec.containers.image, equals: x",
     "error: \"spec.containers.image\" leads nowhere: \"spec.containers\" is a list"
     " = [*] is each element: \"spec.containers[*].image\""},
    {"kinds: [Deployment, Pod]", "path: spec.containers.image, equals: x",
     "error: \"spec.containers.image\" leads nowhere: \"spec.containers\" is a list"
     " = [*] is each element: \"spec.containers[*].image\""},
    {"kinds: [Pod]", "path: 'spec.hostname[*]', exists: true",
     "error: \"spec.hostname[*]\" leads nowhere: \"spec.hostname\" is text"},
    {"kinds: [Pod]", "path: 'spec[name=a].x', exists: true",
     "error: \"spec[name=a].x\" leads nowhere: \"spec\" is a map"
     " = [name=a] selects elements of a list that are maps"},
    {"kinds: [Pod]", "path: 'metadata.finalizers[name=a]', exists: true",
     "error: \"metadata.finalizers[name=a]\" leads nowhere: the elements of "
     "\"metadata.finalizers\" are not maps that \"name\" could select"
     " = [name=a] selects elements of a list that are maps"},
    {"kinds: [Pod]", "path: metadata.labels.app.kubernetes.io/name, equals: x",
     "error: \"metadata.labels.app.kubernetes.io/name\" leads nowhere: \"metadata.labels.app\" is "
     "text = a key that has dots stands in quotes: metadata.labels[\"app.kubernetes.io/name\"]"},
    {"kinds: [Pod]", "path: 'spec.containers[*].resources.limits.nvidia.com/gpu', max: 1",
     "error: \"spec.containers[*].resources.limits.nvidia.com/gpu\" leads nowhere: "
     "\"spec.containers[*].resources.limits.nvidia\" is a quantity = a key that has dots stands in "
     "quotes: spec.containers[*].resources.limits[\"nvidia.com/gpu\"]"},
    {"workloads: all", "path: object.spec.replicas, min: 1",
     "error: \"object.spec.replicas\" leads nowhere: no kind that the rule matches has a field "
     "\"object\" = write \"spec.replicas\""},
    {"workloads: all", "path: 'containers[*].image', equals: x",
     "error: \"containers[*].image\" leads nowhere: no kind that the rule matches has a field "
     "\"containers\" = write \"pod.spec.containers[*].image\""},
    {"workloads: all", "path: image, equals: x",
     "error: \"image\" leads nowhere: no kind that the rule matches has a field \"image\""
     " = write \"container.image\""},
    {"workloads: all", "path: pod.hostNetwork, absent: true",
     "error: \"pod.hostNetwork\" leads nowhere: a pod has no field \"hostNetwork\""
     " = write \"pod.spec.hostNetwork\""},
    {"kinds: [Service]", "path: pod.spec.hostNetwork, absent: true",
     "error: \"pod.spec.hostNetwork\" leads nowhere: no kind that the rule matches has a pod"
     " = \"match: {workloads: all}\" is every kind that has one"},
    {"namespaces: [shop]", "path: metadata.label.a, exists: true",
     "error: \"metadata.label.a\" leads nowhere: \"metadata\" has no field \"label\""
     " = did you mean \"labels\"?"},

    /* Names that are not known. */
    {"workloads: all", "path: container.securityContext.priviledged, absent: true",
     "error: \"container.securityContext.priviledged\" leads nowhere: "
     "\"container.securityContext\" has no field \"priviledged\" = did you mean \"privileged\"?"},
    {"workloads: all", "path: pod.spec.hostPath, absent: true",
     "warning: \"pod.spec.hostPath\" may lead nowhere: \"pod.spec\" has no field \"hostPath\" in "
     "Kubernetes 1.35 = write \"pod.spec.volumes[*].hostPath\""},
    {"workloads: all", "path: container.limits.cpu, max: 1",
     "warning: \"container.limits.cpu\" may lead nowhere: a container has no field \"limits\" in "
     "Kubernetes 1.35 = write \"container.resources.limits.cpu\""},
    {"kinds: [Deployment]", "path: spec.hostNetwork, absent: true",
     "warning: \"spec.hostNetwork\" may lead nowhere: \"spec\" has no field \"hostNetwork\" in "
     "Kubernetes 1.35 = write \"pod.spec.hostNetwork\""},
    {"kinds: [Deployment]", "path: spec.brandNew.field, absent: true",
     "warning: \"spec.brandNew.field\" may lead nowhere: \"spec\" has no field \"brandNew\" in "
     "Kubernetes 1.35 = known here: minReadySeconds, paused, progressDeadlineSeconds, replicas, "
     "revisionHistoryLimit, selector, strategy, template"},
    {"kinds: [Pod]", "path: 'spec.containers[nmae=a].image', equals: x",
     "error: \"spec.containers[nmae=a].image\" leads nowhere: an element of \"spec.containers\" "
     "has "
     "no field \"nmae\" = did you mean \"name\"?"},

    /* What is not Kubernetes' own only warns, and beside it nothing is certain. */
    {"kinds: [argoproj.io/Rollout]", "path: specs.replicas, min: 1",
     "warning: \"specs.replicas\" may lead nowhere: no kind that the rule matches has a field "
     "\"specs\" = did you mean \"spec\"?"},
    {"kinds: [Deployment, example.com/Widget]", "path: spec.replicsa, min: 1",
     "warning: \"spec.replicsa\" may lead nowhere: \"spec\" has no field \"replicsa\" in "
     "Kubernetes "
     "1.35 = did you mean \"replicas\"?"},
    {"kinds: [Deployment, example.com/Widget]", "path: spec.brandNew, min: 1", ""},
    {"namespaces: [shop]", "path: object.spec, exists: true",
     "warning: \"object.spec\" may lead nowhere: no kind that is known has a field \"object\""
     " = write \"spec\""},

    /* What cannot be said of the type. */
    {"workloads: all", "path: pod.spec.containers, equals: x",
     "error: \"pod.spec.containers\" is a list, of which \"equals\" can say nothing"
     " = [*] is each element: \"pod.spec.containers[*]\""},
    {"workloads: all", "path: metadata.labels, min: 1",
     "error: \"metadata.labels\" is a map, of which \"min\" can say nothing"
     " = name a field of it, or ask whether it exists or is absent"},
    {"workloads: all", "path: pod.spec.hostNetwork, max: 1",
     "error: \"pod.spec.hostNetwork\" is true or false, of which \"max\" can say nothing"},
    {"workloads: all", "path: pod.spec.hostNetwork, equals: \"true\"",
     "error: \"pod.spec.hostNetwork\" is true or false and never a string"
     " = write it without quotes when it is one"},
    {"workloads: all", "path: spec.replicas, notIn: [\"1\"]",
     "error: \"spec.replicas\" is an integer and never a string"
     " = write it without quotes when it is one"},
    {"workloads: all", "path: metadata.labels.version, equals: 3",
     "error: \"metadata.labels.version\" is text and never an integer"
     " = to mean the text, write \"3\" with its quotes"},
    {"kinds: [Service]", "path: 'spec.ports[*].targetPort', equals: true",
     "error: \"spec.ports[*].targetPort\" is an integer or text and never a boolean"
     " = to mean the text, write \"true\" with its quotes"},
    {"workloads: all", "path: container.livenessProbe.httpGet.port, notIn: ['8080']",
     "error: \"container.livenessProbe.httpGet.port\" is an integer where it has only digits"
     " = write 8080 without quotes"},
    {"workloads: all", "path: spec.replicas, notIn: [1.5]",
     "error: \"spec.replicas\" is an integer and never 1.5"},
    {"workloads: all", "path: spec.replicas, notIn: [1.0]", ""},
    {"workloads: all", "path: container.imagePullPolicy, notIn: [never]",
     "warning: \"never\" is not a value of \"imagePullPolicy\" in Kubernetes 1.35"
     " = did you mean \"Never\"?"},
    {"workloads: all", "path: 'container.securityContext.capabilities.drop[*]', in: [all]",
     "warning: \"all\" is not a value of \"drop\" in Kubernetes 1.35 = did you mean \"ALL\"?"},
    {"kinds: [Service]", "path: spec.type, notIn: [NodePort, Loadbalancer]",
     "warning: \"Loadbalancer\" is not a value of \"type\" in Kubernetes 1.35"
     " = did you mean \"LoadBalancer\"?"},
    {"kinds: [Secret]", "path: type, in: [Opaque, kubernetes.io/tls, example.com/files]", ""},
    {"workloads: all", "path: metadata.labels.type, equals: file", ""},
    {"workloads: all", "path: 'pod.spec.nodeSelector.type', equals: file", ""},
    {"kinds: [Deployment]", "path: spec.strategy.type, notIn: [BlueGreen]", ""},
    {"kinds: [example.com/Widget]", "path: spec.type, equals: nodeport", ""},
    {"workloads: all", "path: container.image, notIn: ['*:latest']",
     "error: \"container.image\" is compared as it stands, and never has a * in it"
     " = patterns are regular expressions: matches: 'web-.*'"},
    {"workloads: all", "path: container.resources.limits.cpu, equals: \"1\"", ""},
    {"workloads: all", "path: container.resources.limits.cpu, notIn: [1]",
     "warning: a cluster has the text \"1\" here, and never 1"
     " = write \"1\", or min and max, which compare amounts"},
    {"workloads: all", "path: container.resources.limits.cpu, notIn: [\"2\", 1000m]",
     "warning: a cluster has the text \"1\" here, and never 1000m"
     " = write \"1\", or min and max, which compare amounts"},
    {"workloads: all", "path: container.resources.limits.memory, equals: 1024Mi",
     "warning: a cluster has the text \"1Gi\" here, and never 1024Mi"
     " = write \"1Gi\", or min and max, which compare amounts"},
    {"workloads: all", "path: container.resources.limits.memory, max: 512",
     "warning: 512 is so many bytes = did you mean \"512Mi\"?"},
    {"workloads: all", "path: container.resources.limits.memory, max: 1048576", ""},
    {"workloads: all",
     "path: 'container.securityContext.capabilities.add[*]', notIn: [NET_RAW, CAP_SYS_ADMIN]",
     "warning: this capability is called \"SYS_ADMIN\" in Kubernetes"
     " = write \"SYS_ADMIN\", or both"},
    {"workloads: all",
     "path: 'container.securityContext.capabilities.add[*]', notIn: [CAP_SYS_ADMIN, SYS_ADMIN]",
     ""},
    {"workloads: all", "path: 'metadata.annotations[\"a/b\"]', min: 1", ""},
    {"workloads: all", "path: spec.replicas, matches: '[1-3]'", ""},

    /* Spellings of selectors, and those of other languages. */
    {"kinds: [Pod]", "path: 'spec.containers[name!=a].image', equals: x",
     "error: \"spec.containers[name!=a].image\" is not a valid field path: \"name!\" is not a "
     "field to "
     "select "
     "elements by = write [name=value]: a field of the element, and a value that it equals"},
    {"kinds: [Pod]", "path: 'spec.containers[name~=a].image', equals: x",
     "error: \"spec.containers[name~=a].image\" is not a valid field path: \"name~\" is not a "
     "field to "
     "select "
     "elements by = write [name=value]: a field of the element, and a value that it equals"},
    {"kinds: [Pod]", "path: 'spec.containers[name==a].image', equals: x",
     "error: \"spec.containers[name==a].image\" is not a valid field path: the value after = "
     "begins with "
     "="
     " = write [name=value], without quotes and with one ="},
    {"kinds: [Pod]", "path: 'spec.containers[name = a].image', equals: x",
     "error: \"spec.containers[name = a].image\" is not a valid field path: no blank stands beside "
     "the = "
     "of "
     "a selector = write [name=a]"},
    {"kinds: [Pod]", "path: 'spec.containers[ name=a].image', equals: x",
     "error: \"spec.containers[ name=a].image\" is not a valid field path: no blank stands beside "
     "the = "
     "of "
     "a selector = write [name=a]"},
    {"kinds: [Pod]", "path: \"spec.containers[name='a'].image\", equals: x",
     "error: \"spec.containers[name='a'].image\" is not a valid field path: the value after = "
     "begins "
     "with '"
     " = write [name=value], without quotes and with one ="},
    {"kinds: [Pod]", "path: 'spec.containers[name=web-*].image', equals: x",
     "error: \"spec.containers[name=web-*].image\" is not a valid field path: no name has a * in "
     "it, and "
     "a "
     "selector knows no globs = write [*] for every element"},
    {"kinds: [Pod]", "path: \"spec.containers[?(@.name=='a')].image\", equals: x",
     "error: \"spec.containers[?(@.name=='a')].image\" is not a valid field path: \"?(@.name\" is "
     "not a "
     "field "
     "to select elements by = write [name=value]: a field of the element, and a value that it "
     "equals"},
    {"kinds: [Pod]", "path: 'spec.volumes[configMap.name=a]', exists: true",
     "error: \"spec.volumes[configMap.name=a]\" is not a valid field path: \"configMap.name\" is "
     "not a "
     "field "
     "to select elements by = write [name=value]: a field of the element, and a value that it "
     "equals"},
    {"kinds: [Pod]", "path: 'spec.containers[0].image', equals: x",
     "error: \"spec.containers[0].image\" is not a valid field path: in brackets stand *, "
     "name=value or "
     "a "
     "quoted key = an element has no number here: [*] is each, [name=value] some"},
    {"kinds: [Pod]", "path: \"metadata.labels['a']\", equals: x",
     "error: \"metadata.labels['a']\" is not a valid field path: in brackets stand *, name=value "
     "or a "
     "quoted key = write [\"a\"]"},
    {"kinds: [Pod]", "path: .spec.hostNetwork, absent: true",
     "error: \".spec.hostNetwork\" is not a valid field path: a key is missing here"
     " = write \"spec.hostNetwork\""},
    {"kinds: [Pod]", "path: 'spec.containers[].image', equals: x",
     "error: \"spec.containers[].image\" is not a valid field path: in brackets stand *, "
     "name=value or a "
     "quoted key = write [*] for every element"},
    {"kinds: [Pod]", "path: 'metadata.labels[a.b/c]', equals: x",
     "error: \"metadata.labels[a.b/c]\" is not a valid field path: in brackets stand *, name=value "
     "or a "
     "quoted key = write [\"a.b/c\"] for a key of a map"},
    {"kinds: [Pod]", "path: '$.spec.hostNetwork', absent: true",
     "error: \"$.spec.hostNetwork\" is not a valid field path: a path begins with a field of the "
     "object, "
     "not with $ = write \"spec.hostNetwork\""},
    {"kinds: [Pod]", "path: /spec/hostNetwork, absent: true",
     "error: \"/spec/hostNetwork\" is not a valid field path: fields are separated by dots, not by "
     "/"
     " = write it as in \"spec.replicas\""},
    {"kinds: [Pod]", "path: 'spec. hostNetwork', absent: true",
     "error: \"spec. hostNetwork\" is not a valid field path: \" hostNetwork\" is not a plain "
     "field = a "
     "key "
     "that has other than letters, digits, - _ and / stands in [\"\"]"},
    {"kinds: [Pod]", "path: 'spec.host*', absent: true",
     "error: \"spec.host*\" is not a valid field path: \"host*\" is not a plain field = a key that "
     "has "
     "other "
     "than letters, digits, - _ and / stands in [\"\"]"},
};

/* The first problem on one line. */
static void first_problem(struct view report, struct buf *out)
{
    struct view line, level, rest;
    bool first = true;

    while (report.n > 0) {
        view_cut(report, '\n', &line, &report);
        if (first) {
            view_cut(line, ' ', &level, &rest);
            buf_add(out, rest);
        } else if (view_starts(line, "  = ")) {
            buf_add(out, view_from(line, 1));
            return;
        } else if (!view_starts(line, "  | ")) {
            return;
        }
        first = false;
    }
}

static void what_is_told_of_paths(void **state)
{
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf rules, report, told;

        buf_init(&rules, 1 << 16);
        buf_init(&report, 1 << 16);
        buf_init(&told, 1 << 16);
        buf_printf(&rules,
                   "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\n"
                   "spec:\n  match: {%s}\n  rules:\n    - id: r\n      fields: [{%s}]\n",
                   cases[i].match, cases[i].entry);
        policy_set_release(fixture_compile(rules.p, &report));
        first_problem(buf_view(&report), &told);
        if (!view_eq_str(buf_view(&told), cases[i].told))
            print_error("{%s} {%s}\n  told: %.*s\n  want: %s\n", cases[i].match, cases[i].entry,
                        VIEW_ARGS(buf_view(&told)), cases[i].told);
        wrong += !view_eq_str(buf_view(&told), cases[i].told);
        buf_release(&rules);
        buf_release(&report);
        buf_release(&told);
    }
    assert_int_equal(wrong, 0);
}

/* What both the policy and the rule match. */
static void both_matches_count(void **state)
{
    static const char rules[] = "apiVersion: tidegate.dev/v1alpha1\n"
                                "kind: Policy\n"
                                "metadata: {name: p}\n"
                                "spec:\n"
                                "  match: {kinds: [Service, Deployment]}\n"
                                "  rules:\n"
                                "    - id: service\n"
                                "      match: {kinds: [Service]}\n"
                                "      fields: [{path: spec.type, equals: ClusterIP}]\n"
                                "    - id: deployment\n"
                                "      match: {kinds: [Deployment]}\n"
                                "      fields: [{path: spec.type, equals: ClusterIP}]\n";
    struct buf report;

    (void)state;
    buf_init(&report, 1 << 16);
    policy_set_release(fixture_compile(rules, &report));
    assert_null(strstr(report.p, "rules.yaml:9:"));
    assert_non_null(strstr(report.p, "rules.yaml:12:"));
    buf_release(&report);
}

/* 61 fields a step and types that hold themselves: each step is over a set, not over all ways. */
static void stars_do_not_multiply(void **state)
{
    struct buf rules, report;

    (void)state;
    buf_init(&rules, 1 << 16);
    buf_init(&report, 1 << 16);
    buf_printf(&rules, "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\n"
                       "spec:\n  rules:\n    - id: r\n      fields: [{exists: true, path: '*");
    for (size_t i = 0; i < 120; i++)
        buf_add_str(&rules, "[*]");
    buf_add_str(&rules, "'}]\n");
    policy_set_release(fixture_compile(rules.p, &report));
    buf_release(&rules);
    buf_release(&report);
}

/* What is in the program takes little of what schemas may take. */
static void shapes_have_a_limit(void **state)
{
    struct shapes *shapes = shapes_create();

    (void)state;
    assert_non_null(shapes);
    assert_int_equal(shapes->arena.limit, LIMIT_SHAPES);
    assert_true(shapes->arena.held < 1 << 20);
    shapes_free(shapes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_of_paths), cmocka_unit_test(both_matches_count),
        cmocka_unit_test(shapes_have_a_limit), cmocka_unit_test(stars_do_not_multiply)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
