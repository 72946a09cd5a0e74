/* Evaluates the input, the request of an AdmissionReview or a whole one, by rules of every kind. */
#include "rule_set.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules[] =
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Environment\n"
    "metadata: {name: production}\n"
    "spec: {namespaces: [\"*\"], timeZone: UTC}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: a}\n"
    "spec:\n"
    "  match: {environments: [production]}\n"
    "  rules:\n"
    "    - {id: security, podSecurity: {controls: [runAsNonRoot, runAsUser]}}\n"
    "    - {id: frozen, freeze: {deny: [{schedule: \"0 0 * * *\", duration: 23h}]}}\n"
    "    - {id: approved, approval: {approvers: {groups: [managers]}, notRequester: true}}\n"
    "    - {id: ticket, approval: {annotation: ticket, pattern: 'OPS-\\d+'}}\n"
    "    - {id: images, images: {allow: [\"ghcr.io/acme/*\"], tag: 'v\\d+'}}\n"
    "    - {id: sized, resources: {require: [limits.cpu], max: {limits.memory: 1Gi}, maxRatio: "
    "{cpu: 2}}}\n"
    "    - {id: replicas, fields: [{path: spec.replicas, min: 3}, {path: container.args, absent: "
    "true}]}\n"
    "    - {id: warned, mode: warn, fields: [{path: \"metadata.*.*\", matches: 'a+'}]}\n"
    "    - {id: existing, existing: deny, match: {labels: {a: b}}, fields: [{path: \"*.*[*].*\", "
    "in: [1, x]}]}\n"
    "    - id: expressions\n"
    "      when: '!has(object.metadata.labels.skip)'\n"
    "      cel:\n"
    "        - {expression: \"containers.all(c, has(c.securityContext) && (c.kind == 'container' ||"
    " image(c.image).tag != 'latest'))\"}\n"
    "        - {expression: \"object.spec.?a.orValue([]).all(x, x > object.spec.b) && request.name "
    "!= 'x'\", messageExpression: string(object.spec.b)}\n"
    "        - {expression: \"!pod.spec.volumes.exists(v, has(v.hostPath)) && namespaceObject != "
    "null\", path: \"pod.spec.volumes[*].hostPath\"}\n"
    "    - {id: exempted, podSecurity: {controls: [runAsUser]}, exempt: [{names: [web], reason: "
    "r}]}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: Policy\n"
    "metadata: {name: b}\n"
    "spec:\n"
    "  match: {operations: [DELETE, CONNECT], namespaceLabels: {a: b}}\n"
    "  rules:\n"
    "    - {id: security, fields: [{path: metadata.name, in: [x]}]}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\n"
    "kind: RolloutGuard\n"
    "metadata: {name: c}\n"
    "spec:\n"
    "  match: {environments: [production], kinds: [Deployment, DaemonSet]}\n"
    "  deadline: 10m\n"
    "  soak: 5m\n"
    "  onFailure: {rollback: lastHealthy, release: {users: [alice]}}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct policy_set *set;
    yyjson_doc *doc = yyjson_read((const char *)data, size, 0);
    yyjson_val *root = yyjson_doc_get_root(doc), *request = yyjson_obj_get(root, "request");

    if (!set)
        set = compile_bytes(rules, sizeof(rules) - 1);
    if (!set)
        abort();
    evaluate_value(set, request ? request : root);
    yyjson_doc_free(doc);
    return 0;
}
