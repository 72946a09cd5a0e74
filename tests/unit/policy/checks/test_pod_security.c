#include "unit/policy/rules_fixture.h"

static const char rules[] = "apiVersion: tidegate.dev/v1alpha1\n"
                            "kind: Policy\n"
                            "metadata: {name: shop}\n"
                            "spec:\n"
                            "  match: {workloads: all}\n"
                            "  rules:\n"
                            "    - id: non-root\n"
                            "      podSecurity: {%s}\n";

static void open_rule(struct fixture *f, const char *says)
{
    char text[1024];

    snprintf(text, sizeof(text), rules, says);
    fixture_open(f, text);
}

/* --- every list of containers in every kind --------------------------------------------------- */

static const struct {
    const char *list, *extra;
} lists[] = {{"containers", ""},
             {"initContainers", ""},
             {"initContainers", ",\"restartPolicy\":\"Always\""},
             {"ephemeralContainers", ",\"targetContainerName\":\"good\""}};

/* One bad container beside a good one, at the place where the kind has its pod. */
static const char *bad_object(struct fixture *f, const struct workload_kind *kind, size_t list)
{
    struct view text = arena_printf(
        &f->arena,
        "{\"metadata\":{\"name\":\"api\"},\"spec\":{\"containers\":[{\"name\":\"good\","
        "\"securityContext\":{\"runAsNonRoot\":true}}%s{\"name\":\"bad\",\"image\":\"i\"%s}]}}",
        list == 0 ? "," : arena_printf(&f->arena, "],\"%s\":[", lists[list].list).p,
        lists[list].extra);
    struct view rest = view_of(kind->prefix);

    while (rest.n > 0) {
        ptrdiff_t dot = view_rfind(rest, '.');

        text = arena_printf(&f->arena, "{\"%.*s\":%.*s}",
                            VIEW_ARGS(view_from(rest, (size_t)(dot + 1))), VIEW_ARGS(text));
        rest = view_first(rest, dot < 0 ? 0 : (size_t)dot);
    }
    return text.p;
}

static void every_container_of_every_kind(void **state)
{
    const struct workload_kind *kind;
    size_t asked = 0;

    (void)state;
    for (size_t k = 0; (kind = workload_kind_at(k)); k++) {
        for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++) {
            struct fixture f;
            struct verdict verdict;
            const char *message;

            open_rule(&f, "controls: [runAsNonRoot, runAsUser]");
            message = fixture_denial(
                &f, &(struct ask){.kind = kind->kind, .object = bad_object(&f, kind, l)}, 0,
                &verdict);
            assert_string_equal(
                message,
                arena_printf(&f.arena,
                             "%s shop/api breaks 1 rule: non-root\n\n"
                             "  non-root   %s%sspec.%s[bad].securityContext.runAsNonRoot\n"
                             "    found  nothing\n"
                             "    needs  true, here or for the whole pod",
                             kind->kind, kind->prefix, *kind->prefix ? "." : "", lists[l].list)
                    .p);
            asked++;
            fixture_close(&f);
        }
    }
    assert_int_equal(asked, 40);
}

/* --- controls by version ---------------------------------------------------------------------- */

#define POD(spec)       "{\"spec\":{" spec "}}"
#define CONTAINERS(...) "\"containers\":[{\"name\":\"c\"" __VA_ARGS__ "}]"
#define CONTEXT(text)   "\"securityContext\":{" text "}"
#define NOTED(key, value, spec)                                                                    \
    "{\"metadata\":{\"annotations\":{\"" key "\":\"" value "\"}},\"spec\":{" spec "}}"
#define IN_POD(text) POD(CONTEXT(text) "," CONTAINERS())
#define IN_C(text)   POD(CONTAINERS("," CONTEXT(text)))
#define AS_ROOT      IN_POD("\"runAsUser\":0")
#define OWN_USERS    "\"hostUsers\":false,"
#define WINDOWS      "\"os\":{\"name\":\"windows\"},"

#define APP_ARMOR "container.apparmor.security.beta.kubernetes.io/c"
#define SECCOMP   "seccomp.security.alpha.kubernetes.io/pod"

static const struct {
    const char *rule, *pod;
    const char *path; /* of the first finding; NULL: admitted */
} cases[] = {
    {"controls: [runAsNonRoot]", IN_POD("\"runAsNonRoot\":true"), NULL},
    {"controls: [runAsNonRoot]", IN_C("\"runAsNonRoot\":true"), NULL},
    {"controls: [runAsNonRoot]",
     POD(CONTEXT("\"runAsNonRoot\":true") "," CONTAINERS("," CONTEXT("\"runAsNonRoot\":false"))),
     "spec.containers[c].securityContext.runAsNonRoot"},
    {"controls: [runAsNonRoot]",
     POD(CONTEXT("\"runAsNonRoot\":false") "," CONTAINERS("," CONTEXT("\"runAsNonRoot\":true"))),
     "spec.securityContext.runAsNonRoot"},
    {"controls: [runAsNonRoot]", IN_POD("\"runAsNonRoot\":null"),
     "spec.containers[c].securityContext.runAsNonRoot"},
    {"controls: [runAsNonRoot]", POD(OWN_USERS CONTAINERS()), NULL},
    {"controls: [runAsNonRoot], version: v1.35", POD(OWN_USERS CONTAINERS()), NULL},
    {"controls: [runAsNonRoot], version: v1.34", POD(OWN_USERS CONTAINERS()),
     "spec.containers[c].securityContext.runAsNonRoot"},
    {"controls: [runAsNonRoot]", POD("\"hostUsers\":true," CONTAINERS()),
     "spec.containers[c].securityContext.runAsNonRoot"},
    {"controls: [runAsNonRoot]", POD(WINDOWS CONTAINERS()),
     "spec.containers[c].securityContext.runAsNonRoot"},
    {"level: restricted", POD("\"x\":1"), NULL},

    {"controls: [runAsUser]", AS_ROOT, "spec.securityContext.runAsUser"},
    {"controls: [runAsUser]", IN_C("\"runAsUser\":0"),
     "spec.containers[c].securityContext.runAsUser"},
    {"controls: [runAsUser]", IN_POD("\"runAsUser\":\"0\""), "spec.securityContext.runAsUser"},
    {"controls: [runAsUser]", IN_POD("\"runAsUser\":1000"), NULL},
    {"controls: [runAsUser], version: v1.22", AS_ROOT, NULL},
    {"controls: [runAsUser], version: v1.23", AS_ROOT, "spec.securityContext.runAsUser"},

    {"controls: [appArmorProfile]", IN_POD("\"appArmorProfile\":{\"type\":\"Localhost\"}"), NULL},
    {"controls: [appArmorProfile]", IN_POD("\"appArmorProfile\":{}"),
     "spec.securityContext.appArmorProfile.type"},
    {"controls: [appArmorProfile]", IN_C("\"appArmorProfile\":{\"type\":\"Unconfined\"}"),
     "spec.containers[c].securityContext.appArmorProfile.type"},
    {"controls: [appArmorProfile]", NOTED(APP_ARMOR, "unconfined", CONTAINERS()),
     "metadata.annotations[" APP_ARMOR "]"},
    {"controls: [appArmorProfile]", NOTED(APP_ARMOR, "", CONTAINERS()), NULL},
    {"controls: [appArmorProfile]", NOTED(APP_ARMOR, "localhost/x", CONTAINERS()), NULL},

    {"controls: [capabilities_baseline]", IN_C("\"capabilities\":{\"add\":[\"CHOWN\"]}"), NULL},
    {"controls: [capabilities_baseline]", IN_C("\"capabilities\":{\"add\":[\"NET_RAW\"]}"),
     "spec.containers[c].securityContext.capabilities.add"},
    {"controls: [capabilities_restricted]",
     IN_C("\"capabilities\":{\"drop\":[\"NET_RAW\",\"ALL\"],\"add\":[\"NET_BIND_SERVICE\"]}"),
     NULL},
    {"controls: [capabilities_restricted]",
     IN_C("\"capabilities\":{\"drop\":[\"ALL\"],\"add\":[\"CHOWN\"]}"),
     "spec.containers[c].securityContext.capabilities.add"},
    {"controls: [capabilities_restricted]", IN_C("\"capabilities\":{\"drop\":[]}"),
     "spec.containers[c].securityContext.capabilities.drop"},
    {"controls: [capabilities_restricted]", POD(CONTAINERS()),
     "spec.containers[c].securityContext.capabilities.drop"},
    {"controls: [capabilities_restricted]", POD(WINDOWS CONTAINERS()), NULL},
    {"controls: [capabilities_restricted], version: v1.24", POD(WINDOWS CONTAINERS()),
     "spec.containers[c].securityContext.capabilities.drop"},

    {"controls: [hostNamespaces]", POD("\"hostNetwork\":true"), "spec.hostNetwork"},
    {"controls: [hostNamespaces]", POD("\"hostPID\":true"), "spec.hostPID"},
    {"controls: [hostNamespaces]", POD("\"hostIPC\":\"yes\""), "spec.hostIPC"},
    {"controls: [hostNamespaces]", POD("\"hostIPC\":false,\"hostPID\":null"), NULL},

    {"controls: [hostPathVolumes]", POD("\"volumes\":[{\"name\":\"v\",\"hostPath\":{}}]"),
     "spec.volumes[v].hostPath.path"},
    {"controls: [hostPathVolumes]", POD("\"volumes\":[{},{\"hostPath\":{}}]"),
     "spec.volumes[1].hostPath.path"},
    {"controls: [hostPathVolumes]",
     POD("\"volumes\":[{\"name\":\"v\",\"nfs\":{},\"hostPath\":null}]"), NULL},
    {"controls: [restrictedVolumes]", POD("\"volumes\":[{\"name\":\"v\",\"hostPath\":{}}]"),
     "spec.volumes[v]"},
    {"controls: [restrictedVolumes]", POD("\"volumes\":[{\"name\":\"v\",\"csi\":{}}]"), NULL},
    {"controls: [restrictedVolumes]", POD("\"volumes\":[{\"name\":\"v\",\"csi\":null}]"),
     "spec.volumes[v]"},

    {"controls: [hostPorts]", POD(CONTAINERS(",\"ports\":[{\"hostPort\":0},{\"hostPort\":80}]")),
     "spec.containers[c].ports[1].hostPort"},
    {"controls: [hostPorts]", POD(CONTAINERS(",\"ports\":[{\"name\":\"web\",\"hostPort\":80}]")),
     "spec.containers[c].ports[web].hostPort"},
    {"controls: [hostPorts]", POD(CONTAINERS(",\"ports\":[{\"containerPort\":80}]")), NULL},

    {"level: baseline", POD(CONTAINERS(",\"readinessProbe\":{\"httpGet\":{\"host\":\"\"}}")), NULL},
    {"level: baseline", POD(CONTAINERS(",\"readinessProbe\":{\"httpGet\":{\"host\":\"h\"}}")),
     "spec.containers[c].readinessProbe.httpGet.host"},
    {"level: baseline",
     POD(CONTAINERS(",\"lifecycle\":{\"preStop\":{\"tcpSocket\":{\"host\":\"h\"}}}")),
     "spec.containers[c].lifecycle.preStop.tcpSocket.host"},
    {"level: baseline, version: v1.33",
     POD(CONTAINERS(",\"livenessProbe\":{\"tcpSocket\":{\"host\":\"h\"}}")), NULL},

    {"controls: [privileged]", IN_C("\"privileged\":true"),
     "spec.containers[c].securityContext.privileged"},
    {"controls: [privileged]", IN_C("\"privileged\":false"), NULL},
    {"controls: [windowsHostProcess]", IN_POD("\"windowsOptions\":{\"hostProcess\":true}"),
     "spec.securityContext.windowsOptions.hostProcess"},
    {"controls: [windowsHostProcess]", IN_C("\"windowsOptions\":{\"hostProcess\":true}"),
     "spec.containers[c].securityContext.windowsOptions.hostProcess"},
    {"controls: [allowPrivilegeEscalation]", IN_C("\"allowPrivilegeEscalation\":false"), NULL},
    {"controls: [allowPrivilegeEscalation]", IN_C("\"allowPrivilegeEscalation\":null"),
     "spec.containers[c].securityContext.allowPrivilegeEscalation"},

    {"level: baseline", POD(OWN_USERS CONTAINERS("," CONTEXT("\"procMount\":\"Unmasked\""))), NULL},
    {"level: baseline, version: v1.34",
     POD(OWN_USERS CONTAINERS("," CONTEXT("\"procMount\":\"Unmasked\""))),
     "spec.containers[c].securityContext.procMount"},
    {"controls: [procMount_restricted]",
     POD(OWN_USERS CONTAINERS("," CONTEXT("\"procMount\":\"Unmasked\""))),
     "spec.containers[c].securityContext.procMount"},
    {"controls: [procMount_restricted]", IN_C("\"procMount\":\"Default\""), NULL},

    {"controls: [seLinuxOptions]", IN_POD("\"seLinuxOptions\":{\"type\":\"\",\"level\":\"s0\"}"),
     NULL},
    {"controls: [seLinuxOptions]", IN_POD("\"seLinuxOptions\":{\"type\":\"container_engine_t\"}"),
     NULL},
    {"controls: [seLinuxOptions], version: v1.30",
     IN_POD("\"seLinuxOptions\":{\"type\":\"container_engine_t\"}"),
     "spec.securityContext.seLinuxOptions.type"},
    {"controls: [seLinuxOptions]", IN_C("\"seLinuxOptions\":{\"user\":\"u\"}"),
     "spec.containers[c].securityContext.seLinuxOptions.user"},
    {"controls: [seLinuxOptions]", IN_C("\"seLinuxOptions\":{\"role\":\"r\"}"),
     "spec.containers[c].securityContext.seLinuxOptions.role"},

    {"level: baseline, version: v1.18", NOTED(SECCOMP, "unconfined", ""),
     "metadata.annotations[" SECCOMP "]"},
    {"level: baseline, version: v1.18", NOTED("container." SECCOMP, "unconfined", CONTAINERS()),
     NULL},
    {"level: baseline, version: v1.18",
     NOTED("container.seccomp.security.alpha.kubernetes.io/c", "unconfined", CONTAINERS()),
     "metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]"},
    {"level: baseline, version: v1.18", NOTED(SECCOMP, "docker/default", ""), NULL},
    {"level: baseline, version: v1.18", IN_POD("\"seccompProfile\":{}"), NULL},
    {"level: baseline, version: v1.19", NOTED(SECCOMP, "unconfined", ""), NULL},
    {"level: baseline, version: v1.19", IN_POD("\"seccompProfile\":{}"),
     "spec.securityContext.seccompProfile.type"},
    {"controls: [seccompProfile_restricted]",
     POD(CONTEXT("\"seccompProfile\":{\"type\":\"Localhost\"}") "," CONTAINERS()), NULL},
    {"controls: [seccompProfile_restricted]", POD(CONTAINERS()),
     "spec.containers[c].securityContext.seccompProfile.type"},
    {"controls: [seccompProfile_restricted]", POD(WINDOWS CONTAINERS()), NULL},

    {"controls: [sysctls]", IN_POD("\"sysctls\":[{\"name\":\"net.ipv4.tcp_rmem\"}]"), NULL},
    {"controls: [sysctls], version: v1.31",
     IN_POD("\"sysctls\":[{\"name\":\"net.ipv4.tcp_rmem\"}]"),
     "spec.securityContext.sysctls[net.ipv4.tcp_rmem]"},
    {"controls: [sysctls], version: v1.36",
     IN_POD("\"sysctls\":[{\"name\":\"net.ipv4.tcp_notsent_lowat\"}]"),
     "spec.securityContext.sysctls[net.ipv4.tcp_notsent_lowat]"},
    {"controls: [sysctls]", IN_POD("\"sysctls\":[{\"name\":\"net.ipv4.tcp_notsent_lowat\"}]"),
     NULL},

    /* What takes the place of another gives it back where it is excepted. */
    {"level: restricted, except: [{reason: r, controls: [allowPrivilegeEscalation, runAsNonRoot, "
     "seccompProfile_restricted, capabilities_restricted]}]",
     IN_C("\"capabilities\":{\"add\":[\"CHOWN\"]}"), NULL},
    {"level: restricted, except: [{reason: r, controls: [allowPrivilegeEscalation, runAsNonRoot, "
     "seccompProfile_restricted, capabilities_restricted]}]",
     IN_C("\"capabilities\":{\"add\":[\"NET_RAW\"]}"),
     "spec.containers[c].securityContext.capabilities.add"},
    {"level: baseline, except: [{reason: r, controls: [hostPorts]}, {reason: s, controls: "
     "[privileged]}]",
     POD(CONTAINERS(",\"ports\":[{\"hostPort\":80}]," CONTEXT("\"privileged\":true"))), NULL},
    {"level: baseline, except: [{reason: r, controls: [hostPorts]}]", POD("\"hostPID\":true"),
     "spec.hostPID"},
};

static void controls_by_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct verdict verdict;

        open_rule(&f, cases[i].rule);
        fixture_denial(&f, &(struct ask){.kind = "Pod", .object = cases[i].pod}, 0, &verdict);
        if (verdict.allowed != !cases[i].path)
            fail_msg("%s %s: allowed %d", cases[i].rule, cases[i].pod, verdict.allowed);
        if (cases[i].path && !view_eq_str(verdict.first->findings->path, cases[i].path))
            fail_msg("%s %s: %.*s", cases[i].rule, cases[i].pod,
                     VIEW_ARGS(verdict.first->findings->path));
        fixture_close(&f);
    }
}

/* Restricted asks each thing once: no control beside the one that takes its place. */
static void one_finding_for_one_thing(void **state)
{
    struct fixture f;
    struct verdict verdict;

    (void)state;
    open_rule(&f, "level: restricted");
    fixture_denial(&f,
                   &(struct ask){.kind = "Pod",
                                 .object = POD("\"volumes\":[{\"name\":\"v\",\"hostPath\":{}}]")},
                   0, &verdict);
    assert_non_null(verdict.first->findings);
    assert_null(verdict.first->findings->next);
    fixture_close(&f);
}

/* An UPDATE that leaves a port, a volume and a capability as they were, in another order, passes;
 * one that adds some does not. */
static void updates_that_leave_it(void **state)
{
    static const char old[] =
        POD("\"volumes\":[{\"name\":\"v\",\"hostPath\":{\"path\":\"/a\"}}]," CONTAINERS(
            ",\"ports\":[{\"hostPort\":80},{\"hostPort\":81}]," CONTEXT(
                "\"capabilities\":{\"add\":[\"NET_RAW\",\"SYS_ADMIN\"]}")));
    static const struct {
        const char *object;
        bool allowed;
    } updates[] = {
        {POD("\"volumes\":[{\"name\":\"v\",\"hostPath\":{\"path\":\"/a\"}}]," CONTAINERS(
             ",\"ports\":[{\"hostPort\":81},{\"hostPort\":80}]," CONTEXT(
                 "\"capabilities\":{\"add\":[\"SYS_ADMIN\",\"NET_RAW\"]}"))),
         true},
        {POD("\"volumes\":[{\"name\":\"v\",\"hostPath\":{\"path\":\"/b\"}}]," CONTAINERS()), false},
        {POD(CONTAINERS(",\"ports\":[{\"hostPort\":82}]")), false},
        {POD(CONTAINERS("," CONTEXT("\"capabilities\":{\"add\":[\"SYS_TIME\"]}"))), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
        struct fixture f;
        struct verdict verdict;

        open_rule(&f, "level: baseline");
        fixture_denial(&f, &(struct ask){.kind = "Pod", .object = updates[i].object, .old = old}, 0,
                       &verdict);
        if (verdict.allowed != updates[i].allowed)
            fail_msg("%s: allowed %d", updates[i].object, verdict.allowed);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_container_of_every_kind), cmocka_unit_test(controls_by_version),
        cmocka_unit_test(one_finding_for_one_thing), cmocka_unit_test(updates_that_leave_it)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
