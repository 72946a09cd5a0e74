#include "rules_fixture.h"

static const char rules[] =
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: all}\n"
    "spec:\n"
    "  match: {namespaces: [shop], workloads: all}\n"
    "  rules:\n"
    "    - {id: images, images: {allow: [\"ghcr.io/acme/*\"]}}\n"
    "    - {id: limits, resources: {require: [limits.cpu]}}\n"
    "    - {id: user, podSecurity: {controls: [runAsNonRoot]}}\n"
    "    - {id: team, match: {labels: {team: web}, groups: [g]}, fields: [{path: \"spec.*\", "
    "matches: x}]}\n"
    "    - {id: named, fields: [{path: \"spec.template.spec.containers[*].image\", equals: yy}]}\n"
    "    - {id: ticket, approval: {annotation: t, pattern: x}}\n"
    "    - {id: consent, approval: {approvers: {groups: [g]}}}\n"
    "    - {id: frozen, freeze: {timeZone: UTC, deny: [{from: 2020-01-01, to: 2030-01-01}],\n"
    "                            override: {groups: [g]}}}\n";

/* yyjson gives a list or map a length but no text: a view of it would point nowhere. */
#define ODD "{\"a\":1,\"b\":2,\"c\":3}"

static void what_should_be_text_and_is_not_counts_as_absent(void **state)
{
    static const char request[] =
        "{\"uid\":\"u\",\"operation\":\"UPDATE\",\"kind\":{\"group\":\"apps\",\"version\":" ODD
        ",\"kind\":\"Deployment\"},\"resource\":{\"group\":\"apps\",\"version\":\"v1\","
        "\"resource\":"
        "\"deployments\"},\"subResource\":" ODD ",\"namespace\":\"shop\",\"name\":" ODD
        ",\"userInfo\":{\"username\":" ODD ",\"groups\":[[1,2,3]," ODD "]},\"oldObject\":{"
        "\"metadata\":{\"annotations\":{\"tidegate.dev/approve\":" ODD "}}},\"object\":{"
        "\"metadata\":{\"name\":" ODD ",\"generateName\":[1,2],\"labels\":{\"team\":" ODD "},"
        "\"deletionTimestamp\":" ODD ",\"annotations\":{\"t\":" ODD ",\"tidegate.dev/approve\":"
        "[1,2],\"tidegate.dev/break-glass\":" ODD "}},\"spec\":{\"template\":{\"metadata\":{"
        "\"labels\":" ODD "},\"spec\":{\"volumes\":[{\"name\":" ODD ",\"image\":{\"reference\":"
        "[1,2]}}],\"containers\":[{\"name\":" ODD ",\"image\":" ODD ",\"imagePullPolicy\":[1,2],"
        "\"resources\":{\"limits\":{\"cpu\":" ODD "}},\"securityContext\":{\"runAsNonRoot\":" ODD
        "}}]}}}}}";
    struct fixture f;
    struct request read;
    struct verdict verdict;
    struct view message;

    (void)state;
    fixture_open(&f, rules);
    verdict = fixture_ask(&f, request, 1700000000, &read);
    message = message_denial(&verdict, &read, &f.arena);
    if (!view_starts(message, "Deployment shop/(no name) breaks 7 rules: "))
        fail_msg("%.*s", VIEW_ARGS(message));
    assert_null(read.user.p);
    assert_null(read.name.p);
    assert_null(read.subresource.p);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_should_be_text_and_is_not_counts_as_absent)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
