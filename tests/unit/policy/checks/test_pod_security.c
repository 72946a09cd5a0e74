#include "unit/policy/rules_fixture.h"

static const char rules[] = "apiVersion: tidegate.dev/v1alpha1\n"
                            "kind: Policy\n"
                            "metadata: {name: shop}\n"
                            "spec:\n"
                            "  match: {workloads: all}\n"
                            "  rules:\n"
                            "    - id: non-root\n"
                            "      podSecurity: {controls: [runAsNonRoot, runAsUser]%s}\n";

static void open_version(struct fixture *f, const char *version)
{
    char text[512];

    snprintf(text, sizeof(text), rules, version);
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

            open_version(&f, "");
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

/* --- the two controls ------------------------------------------------------------------------- */

#define POD(spec)       "{\"spec\":{" spec "}}"
#define CONTAINERS(...) "\"containers\":[{\"name\":\"c\"" __VA_ARGS__ "}]"
#define CONTEXT(text)   "\"securityContext\":{" text "}"

static const struct {
    const char *name, *version, *pod;
    const char *path; /* of the first finding; NULL: admitted */
} cases[] = {
    {"pod says it", "", POD(CONTEXT("\"runAsNonRoot\":true") "," CONTAINERS()), NULL},
    {"container says it", "", POD(CONTAINERS("," CONTEXT("\"runAsNonRoot\":true"))), NULL},
    {"container takes it back", "",
     POD(CONTEXT("\"runAsNonRoot\":true") "," CONTAINERS("," CONTEXT("\"runAsNonRoot\":false"))),
     "spec.containers[c].securityContext.runAsNonRoot"},
    {"pod says false, container true", "",
     POD(CONTEXT("\"runAsNonRoot\":false") "," CONTAINERS("," CONTEXT("\"runAsNonRoot\":true"))),
     "spec.securityContext.runAsNonRoot"},
    {"null is nothing", "", POD(CONTEXT("\"runAsNonRoot\":null") "," CONTAINERS()),
     "spec.containers[c].securityContext.runAsNonRoot"},
    {"pod is user 0", "", POD(CONTEXT("\"runAsNonRoot\":true,\"runAsUser\":0") "," CONTAINERS()),
     "spec.securityContext.runAsUser"},
    {"container is user 0", "",
     POD(CONTEXT("\"runAsNonRoot\":true,\"runAsUser\":1000") "," CONTAINERS(
         "," CONTEXT("\"runAsUser\":0"))),
     "spec.containers[c].securityContext.runAsUser"},
    {"user 1000", "", POD(CONTEXT("\"runAsNonRoot\":true,\"runAsUser\":1000") "," CONTAINERS()),
     NULL},
    {"runAsUser is not a control of v1.22", ", version: v1.22",
     POD(CONTEXT("\"runAsNonRoot\":true,\"runAsUser\":0") "," CONTAINERS()), NULL},
    {"it is one of v1.23", ", version: v1.23",
     POD(CONTEXT("\"runAsNonRoot\":true,\"runAsUser\":0") "," CONTAINERS()),
     "spec.securityContext.runAsUser"},
    {"root of its own user namespace", "",
     POD("\"hostUsers\":false," CONTEXT("\"runAsUser\":0") "," CONTAINERS()), NULL},
    {"root of its own user namespace in v1.35", ", version: v1.35",
     POD("\"hostUsers\":false," CONTEXT("\"runAsUser\":0") "," CONTAINERS()), NULL},
    {"root of its own user namespace in v1.34", ", version: v1.34",
     POD("\"hostUsers\":false," CONTEXT("\"runAsUser\":0") "," CONTAINERS()),
     "spec.containers[c].securityContext.runAsNonRoot"},
    {"root of the host's user namespace", "",
     POD("\"hostUsers\":true," CONTEXT("\"runAsUser\":0") "," CONTAINERS()),
     "spec.containers[c].securityContext.runAsNonRoot"},
    {"no containers", "", POD("\"x\":1"), NULL},
};

static void controls_by_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct verdict verdict;

        open_version(&f, cases[i].version);
        fixture_denial(&f, &(struct ask){.kind = "Pod", .object = cases[i].pod}, 0, &verdict);
        if (verdict.allowed != !cases[i].path)
            fail_msg("%s: allowed %d", cases[i].name, verdict.allowed);
        if (cases[i].path && !view_eq_str(verdict.first->findings->path, cases[i].path))
            fail_msg("%s: %.*s", cases[i].name, VIEW_ARGS(verdict.first->findings->path));
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_container_of_every_kind),
                                       cmocka_unit_test(controls_by_version)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
