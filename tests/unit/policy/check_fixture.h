#ifndef TG_TESTS_UNIT_POLICY_CHECK_FIXTURE_H
#define TG_TESTS_UNIT_POLICY_CHECK_FIXTURE_H

#include "unit/policy/rules_fixture.h"

#define POLICY_HEAD                                                                                \
    "apiVersion: tidegate.dev/v1alpha1\n"                                                          \
    "kind: Policy\n"                                                                               \
    "metadata: {name: p}\n"                                                                        \
    "spec:\n"                                                                                      \
    "  match: {workloads: all}\n"                                                                  \
    "  rules:\n"                                                                                   \
    "    - id: r\n"                                                                                \
    "      "

#define REQUEST_HEAD                                                                               \
    "{\"uid\":\"u\",\"operation\":\"CREATE\",\"kind\":{\"group\":\"apps\",\"version\":\"v1\","     \
    "\"kind\":\"Deployment\"},\"resource\":{\"group\":\"apps\",\"version\":\"v1\",\"resource\":"   \
    "\"deployments\"},\"namespace\":\"shop\",\"name\":\"api\",\"userInfo\":{\"username\":\"a\"},"  \
    "\"object\":{\"metadata\":{\"name\":\"api\"},\"spec\":{\"template\":{\"spec\":"

/* What one check, written in YAML flow style, finds in a Deployment's pod spec, written as JSON: a
 * line a finding, "path: found X, needs Y", further details behind it; "error: why" where it cannot
 * be answered. */
static inline void check_findings(const char *check, const char *pod_spec, struct buf *out)
{
    struct request request;
    struct verdict verdict;
    struct fixture f;
    struct buf text;

    buf_init(&text, 1 << 20);
    buf_printf(&text, POLICY_HEAD "%s\n", check);
    fixture_open(&f, buf_view(&text).p);
    buf_reset(&text);
    buf_printf(&text, REQUEST_HEAD "%s}}}}", pod_spec);
    verdict = fixture_ask(&f, buf_view(&text).p, 1700000000, &request);
    if (verdict.first && verdict.first->error.p)
        buf_printf(out, "error: %.*s\n", VIEW_ARGS(verdict.first->error));
    for (const struct finding *i = verdict.first ? verdict.first->findings : NULL; i; i = i->next) {
        buf_printf(out, "%.*s: found %.*s, needs %.*s", VIEW_ARGS(i->path), VIEW_ARGS(i->found),
                   VIEW_ARGS(i->needs));
        for (const struct detail *d = i->details; d; d = d->next)
            buf_printf(out, ", %s %.*s", d->label, VIEW_ARGS(d->text));
        buf_add_char(out, '\n');
    }
    assert_int_equal(verdict.allowed, out->n == 0);
    buf_release(&text);
    fixture_close(&f);
}

/* What is reported when a policy with that check is compiled. */
static inline void check_problems(const char *check, struct buf *out)
{
    struct buf text;

    buf_init(&text, 1 << 16);
    buf_printf(&text, POLICY_HEAD "%s\n", check);
    policy_set_release(fixture_compile(buf_view(&text).p, out));
    buf_release(&text);
}

/* Holds that the check finds this, and nothing else. */
static inline void check_finds(const char *name, const char *check, const char *pod_spec,
                               const char *findings)
{
    struct buf found;

    buf_init(&found, 1 << 20);
    check_findings(check, pod_spec, &found);
    if (!view_eq_str(buf_view(&found), findings))
        fail_msg("%s:\n%.*s", name, VIEW_ARGS(buf_view(&found)));
    buf_release(&found);
}

/* Holds that the check is reported with this among what is said. */
static inline void check_reports(const char *check, const char *problem)
{
    struct buf report;

    buf_init(&report, 1 << 20);
    check_problems(check, &report);
    if (!report.p || !strstr(report.p, problem))
        fail_msg("%s:\n%.*s", check, VIEW_ARGS(buf_view(&report)));
    buf_release(&report);
}

#endif
