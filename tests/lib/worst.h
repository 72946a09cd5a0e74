#ifndef TG_TESTS_LIB_WORST_H
#define TG_TESTS_LIB_WORST_H

#include "base/buf.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Reviews that are as large as one likes and as costly as that can be: one part of them stands
 * there over and over. In the texts # is the number of the part, ~ the same on one side and counted
 * from the end on the other, so that the keys of a map are reversed, and @ the side: 1 is
 * oldObject. */
struct worst {
    const char *name;
    const char *kind;            /* NULL: Deployment */
    const char *head;            /* of the object, up to the parts */
    const char *part, *join;     /* each part, and what stands between two */
    const char *tail;            /* the rest of the object */
    const char *user, *user_end; /* around the parts, where they are the requester's; NULL else */
};

#define WORST_META(more) "{\"metadata\":{\"name\":\"api\"" more "},"
#define WORST_POD(more)                                                                            \
    WORST_META("")                                                                                 \
    "\"spec\":{\"replicas\":1,\"template\":{\"metadata\":{\"labels\":{\"v\":\"@\"}},\"spec\":"     \
    "{" more
#define WORST_POD_END "}}}}"
#define WORST_ONE     "\"containers\":[{\"name\":\"a\",\"image\":\"ghcr.io/acme/a:v1\""
#define WORST_ONE_END "}]" WORST_POD_END
#define WORST_REST                                                                                 \
    "},\"spec\":{\"template\":{\"metadata\":{\"labels\":{\"v\":\"@\"}},\"spec\":{\"containers\":[" \
    "{\"name\":\"a\"}]}}}}"

static const struct worst worst_shapes[] = {
    {"empty containers", NULL, WORST_POD("\"containers\":["), "{}", ",", "]" WORST_POD_END, 0, 0},
    {"named containers", NULL, WORST_POD("\"containers\":["), "{\"name\":\"c~\"}", ",",
     "]" WORST_POD_END, 0, 0},
    {"containers of one name", NULL, WORST_POD("\"containers\":["), "{\"name\":\"c\"}", ",",
     "]" WORST_POD_END, 0, 0},
    {"whole containers", NULL, WORST_POD("\"initContainers\":["),
     "{\"name\":\"c~\",\"image\":\"a:v#\",\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi"
     "\"}},\"securityContext\":{\"runAsNonRoot\":false,\"runAsUser\":0}}",
     ",", "]" WORST_POD_END, 0, 0},
    {"containers that are none", NULL, WORST_POD("\"containers\":["), "1", ",", "]" WORST_POD_END,
     0, 0},
    {"env", NULL, WORST_POD(WORST_ONE ",\"env\":["), "{\"name\":\"e~\"}", ",", "]" WORST_ONE_END, 0,
     0},
    {"keys of a container", NULL, WORST_POD(WORST_ONE ","), "\"k~\":#", ",", WORST_ONE_END, 0, 0},
    {"limits", NULL, WORST_POD(WORST_ONE ",\"resources\":{\"limits\":{"), "\"k~\":\"1Gi\"", ",",
     "}}" WORST_ONE_END, 0, 0},
    {"quantities", NULL, WORST_POD(WORST_ONE ",\"resources\":{\"limits\":{"), "\"k~\":1e-3", ",",
     "}}" WORST_ONE_END, 0, 0},
    {"args", NULL, WORST_POD(WORST_ONE ",\"args\":["), "\"\"", ",", "]" WORST_ONE_END, 0, 0},
    {"image volumes", NULL, WORST_POD("\"volumes\":["),
     "{\"name\":\"v~\",\"image\":{\"reference\":\"a\"}}", ",", "]" WORST_POD_END, 0, 0},
    {"volumes", NULL, WORST_POD("\"volumes\":["), "{\"hostPath\":{\"path\":\"/@#\"}}", ",",
     "]" WORST_POD_END, 0, 0},
    {"capabilities", NULL, WORST_POD(WORST_ONE ",\"securityContext\":{\"capabilities\":{\"add\":["),
     "\"C~\"", ",", "]}}" WORST_ONE_END, 0, 0},
    {"keys of a securityContext", NULL, WORST_POD(WORST_ONE ",\"securityContext\":{"), "\"k~\":#",
     ",", "}" WORST_ONE_END, 0, 0},
    {"ports", NULL, WORST_POD(WORST_ONE ",\"ports\":["), "{\"hostPort\":1#}", ",",
     "]" WORST_ONE_END, 0, 0},
    {"sysctls", NULL, WORST_POD("\"securityContext\":{\"sysctls\":["), "{\"name\":\"s~\"}", ",",
     "]}" WORST_POD_END, 0, 0},
    {"lists in lists", NULL, WORST_POD(WORST_ONE ",\"x\":["), "[[[[[[[[[[]]]]]]]]]]", ",",
     "]" WORST_ONE_END, 0, 0},
    {"maps in a list", NULL, WORST_POD(WORST_ONE ",\"x\":["), "{\"a\":1,\"b\":{}}", ",",
     "]" WORST_ONE_END, 0, 0},
    {"a long image", NULL, WORST_POD("\"containers\":[{\"name\":\"a\",\"image\":\""), "a/", "",
     "\"" WORST_ONE_END, 0, 0},
    {"a long tag", NULL, WORST_POD("\"containers\":[{\"name\":\"a\",\"image\":\"a:"), "a", "",
     "\"" WORST_ONE_END, 0, 0},
    {"a long name", NULL, WORST_POD("\"containers\":[{\"name\":\""), "a", "", "\"" WORST_ONE_END, 0,
     0},
    {"control characters", NULL, WORST_POD("\"containers\":[{\"name\":\""), "\\u0001", "",
     "\"" WORST_ONE_END, 0, 0},
    {"annotations of the template", NULL,
     WORST_META("") "\"spec\":{\"template\":{\"metadata\":{\"annotations\":{", "\"app.io/a~\":\"\"",
     ",", "}},\"spec\":{\"containers\":[]}}}}", 0, 0},
    {"annotations", NULL, "{\"metadata\":{\"name\":\"api\",\"annotations\":{", "\"a~\":\"b\"", ",",
     "}" WORST_REST, 0, 0},
    {"labels", NULL, "{\"metadata\":{\"name\":\"api\",\"labels\":{", "\"a~\":\"b\"", ",",
     "}" WORST_REST, 0, 0},
    {"field managers", NULL, "{\"metadata\":{\"name\":\"api\",\"managedFields\":[", "{\"f:a~\":{}}",
     ",", "]" WORST_REST, 0, 0},
    {"a long approval", NULL,
     "{\"metadata\":{\"name\":\"api\",\"annotations\":{\"tidegate.dev/approve\":\"@ by ", "a", "",
     " until 2030-01-01T00:00:00Z\"}" WORST_REST, 0, 0},
    {"a long order", NULL,
     "{\"metadata\":{\"name\":\"api\",\"annotations\":{\"tidegate.dev/rollback\":\"@ by ", "a ", "",
     "\"}" WORST_REST, 0, 0},
    {"a long reason", NULL,
     "{\"metadata\":{\"name\":\"api\",\"annotations\":{\"tidegate.dev/break-glass\":\"", " ", "",
     "\"}" WORST_REST, 0, 0},
    {"a long ticket", NULL, "{\"metadata\":{\"name\":\"api\",\"annotations\":{\"ticket\":\"", "a",
     "", "\"}" WORST_REST, 0, 0},
    {"groups", NULL, WORST_POD(WORST_ONE), "\"g#\"", ",", WORST_ONE_END, "\"alice\",\"groups\":[",
     "]"},
    {"a long user", NULL, WORST_POD(WORST_ONE), "a", "", WORST_ONE_END, "\"", "\""},
    {"data", "ConfigMap", "{\"metadata\":{\"name\":\"api\"},\"data\":{", "\"k~\":\"\"", ",", "}}",
     0, 0},
    {"ports", "Service", "{\"metadata\":{\"name\":\"api\"},\"spec\":{\"ports\":[",
     "{\"name\":\"p~\",\"port\":1}", ",", "]}}", 0, 0},
    {"terminating keys", "ConfigMap",
     "{\"metadata\":{\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"},\"x\":1,", "\"k~\":1", ",",
     "}", 0, 0},
};

enum { WORST_SHAPES = sizeof(worst_shapes) / sizeof(worst_shapes[0]) };

static inline void worst_text(struct buf *out, const char *text, int side, size_t n, size_t count)
{
    for (size_t run; *text; text += run) {
        run = strcspn(text, "#~@");
        buf_add(out, (struct view){text, run});
        if (text[run] == '@')
            buf_printf(out, "%d", side);
        else if (text[run])
            buf_printf(out, "%zu", text[run] == '~' && side == 1 ? count - 1 - n : n);
        run += text[run] != '\0';
    }
}

static inline void worst_parts(struct buf *out, const struct worst *w, int side, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_str(out, i > 0 ? w->join : "");
        worst_text(out, w->part, side, i, count);
    }
}

static inline void worst_side(struct buf *out, const struct worst *w, int side, size_t count)
{
    worst_text(out, w->head, side, 0, 1);
    worst_parts(out, w, side, w->user ? 0 : count);
    worst_text(out, w->tail, side, 0, 1);
}

/* How many parts take so many bytes. */
static inline size_t worst_count(const struct worst *w, size_t bytes)
{
    struct buf one;
    size_t each;

    buf_init(&one, 4096);
    worst_text(&one, w->part, 2, 10000, 1);
    each = one.n + strlen(w->join);
    buf_release(&one);
    return bytes / each;
}

/* A whole review of about so many bytes: a CREATE, or an UPDATE of half of them on each side. */
static inline void worst_review(struct buf *out, const struct worst *w, bool update, size_t bytes)
{
    const char *kind = w->kind ? w->kind : "Deployment", *group = w->kind ? "" : "apps";
    const char *resource = w->kind ? "things" : "deployments";
    size_t count = worst_count(w, update && !w->user ? bytes / 2 : bytes);

    buf_printf(
        out,
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{"
        "\"uid\":\"u\",\"operation\":\"%s\",\"name\":\"api\",\"namespace\":\"shop\",\"kind\":"
        "{\"group\":\"%s\",\"version\":\"v1\",\"kind\":\"%s\"},\"resource\":{\"group\":\"%s\","
        "\"version\":\"v1\",\"resource\":\"%s\"},\"userInfo\":{\"username\":",
        update ? "UPDATE" : "CREATE", group, kind, group, resource);
    if (w->user) {
        buf_add_str(out, w->user);
        worst_parts(out, w, 2, count);
        buf_add_str(out, w->user_end);
    } else {
        buf_add_str(out, "\"alice\"");
    }
    buf_add_str(out, "},\"object\":");
    worst_side(out, w, 2, count);
    buf_add_str(out, ",\"oldObject\":");
    if (update)
        worst_side(out, w, 1, count);
    else
        buf_add_str(out, "null");
    buf_add_str(out, "}}");
}

#define WORST_RULE_HEAD                                                                            \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n"
#define WORST_GUARD                                                                                \
    "---\napiVersion: tidegate.dev/v1alpha1\nkind: RolloutGuard\nmetadata: {name: g}\nspec:\n"     \
    "  match: {kinds: [Deployment]}\n  deadline: 10m\n  soak: 5m\n"                                \
    "  onFailure: {rollback: lastHealthy, release: {groups: [a, b]}}\n"

/* A rule of each check, as a rule of the list of a policy. */
static const char *const worst_rules[] = {
    "    - {id: security, podSecurity: {level: restricted}}\n",
    "    - {id: sized, resources: {require: [limits.cpu, requests.memory], max: {limits.memory: "
    "1Gi}, "
    "maxRatio: {cpu: 2}}}\n",
    "    - {id: images, images: {allow: [\"ghcr.io/acme/*\", \"docker.io/**\"], deny: "
    "[\"ghcr.io/b/*\"], tag: 'v(\\d+)*', digest: required}}\n",
    "    - {id: frozen, freeze: {allow: [{schedule: \"0 3 1 1 *\", duration: 1m}], timeZone: UTC, "
    "restarts: "
    "allow, "
    "override: {groups: [a, b]}}}\n",
    "    - {id: approved, approval: {approvers: {groups: [managers, b]}, notRequester: true}}\n",
    "    - {id: ticket, approval: {annotation: ticket, pattern: '(a|b)*c'}}\n",
    "    - {id: object, fields: [{path: spec.replicas, min: 3}, {path: \"metadata.labels.app\", "
    "exists: true}]}\n",
    "    - {id: each, fields: [{path: \"pod.spec.volumes[*].hostPath.path\", in: [\"/a\"]}, {path: "
    "\"data.*\", matches: 'x+'}, {path: \"spec.ports[*].name\", matches: '(p|q)*'}]}\n",
    "    - {id: selected, fields: [{path: \"container.env[name=e7].value\", exists: true}]}\n",
    "    - {id: container, fields: [{path: \"container.args[*]\", matches: '.+'}, {path: "
    "\"container.*\", absent: true}]}\n",
    "    - {id: pod, fields: [{path: \"pod.metadata.annotations.*\", in: [x]}]}\n",
    "    - {id: any, fields: [{path: \"*.*.*.*.*.*\", in: [1, x]}]}\n",
    "    - {id: labelled, match: {labels: {a: b}}, fields: [{path: metadata.uid, exists: true}]}\n",
    "    - {id: grouped, match: {groups: [a, b]}, fields: [{path: metadata.uid, exists: true}]}\n",
    "    - {id: warned, mode: warn, fields: [{path: \"container.image\", matches: '(.*)(.*)x'}]}\n",
    "    - {id: warned-2, mode: warn, podSecurity: {controls: [runAsNonRoot]}}\n",
    "    - {id: audited, mode: audit, fields: [{path: \"container.name\", matches: "
    "'(.*)[^y]*x'}]}\n",
    "    - {id: scanned, fields: [{path: \"container.image\", matches: '(.*)[^z]*+z'}]}\n",
    "    - {id: repeated, fields: [{path: \"container.name\", matches: '(.*)\\1z'}]}\n",
    "    - {id: named, approval: {annotation: ticket, pattern: '(.*)[^z]*+z'}}\n",
    "    - {id: tagged, images: {tag: '(.*)[^z]*+z'}}\n",
};

enum { WORST_RULES = sizeof(worst_rules) / sizeof(worst_rules[0]) };

#endif
