"""Rules with expressions of CEL, over reviews that an API server sent."""

import json

from conftest import review

RULES = """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  match: {workloads: all}
  rules:
    - id: replicas
      when: object.kind == 'Deployment'
      cel: [{expression: object.spec.replicas >= 3, message: at least three replicas}]
    - id: registry
      mode: warn
      cel: [{expression: "containers.all(c, image(c.image).registry == 'ghcr.io')"}]
    - id: unknown
      onError: ONERROR
      cel: [{expression: object.spec.nothing == 1}]
    - id: long
      onError: allow
      when: object.metadata.?labels.?lists.orValue('') == 'long'
      cel: [{expression: "object.spec.template.spec.volumes.all(a, object.spec.template.spec.volumes.all(b, a.name != ''))"}]
"""


def start_with(start, tmp_path, on_error):
    rules = tmp_path / "expressions"
    rules.mkdir()
    (rules / "rules.yaml").write_text(RULES.replace("ONERROR", on_error))
    return start(rules=rules)


def test_an_expression_denies_and_warns(start, tmp_path):
    response = start_with(start, tmp_path, "allow").admit(review(3))
    assert response["status"]["message"] == (
        "Deployment shop/api breaks 1 rule: replicas\n\n"
        "  replicas   spec.replicas\n    found  2\n    needs  at least three replicas")
    [cause] = response["status"]["details"]["causes"]
    assert cause == {"reason": "FieldValueInvalid", "field": "spec.replicas",
                     "message": "replicas: found 2, needs at least three replicas"}
    assert response["warnings"][0].startswith(
        "registry: spec.template.spec.containers[api].image: found docker.io/")
    assert response["auditAnnotations"]["audited"] == "p/unknown"


def test_what_has_no_value_denies(start, tmp_path):
    body = json.loads(review(3))
    body["request"]["object"]["spec"]["replicas"] = 3
    response = start_with(start, tmp_path, "deny").admit(json.dumps(body))
    assert response["allowed"] is False
    assert ('could not be answered: "object.spec.nothing == 1" has no value: no such key: nothing'
            in response["status"]["message"])


def test_an_evaluation_ends(start, tmp_path):
    """4,000 volumes by 4,000: what costs too much is not answered, and the next review is."""
    door = start_with(start, tmp_path, "allow")
    body = json.loads(review(3))
    body["request"]["object"]["spec"]["replicas"] = 3
    body["request"]["object"]["metadata"]["labels"] = {"lists": "long"}
    body["request"]["object"]["spec"]["template"]["spec"]["volumes"] = [
        {"name": f"v{i}", "emptyDir": {}} for i in range(4000)]
    response = door.admit(json.dumps(body))
    assert response["allowed"] is True
    assert response["auditAnnotations"]["audited"] == "p/unknown, p/long"
    assert door.admit(review(3))["allowed"] is False


POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas.example.com}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
    - expression: object.spec.replicas <= int(params.data.most)
      messageExpression: "'at most ' + params.data.most"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicas-of-shop}
spec:
  policyName: replicas.example.com
  validationActions: [Deny]
  paramRef: {name: limits, namespace: shop, parameterNotFoundAction: Deny}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: limits, namespace: shop}
data: {most: "1"}
"""


def test_a_validating_admission_policy_is_asked(start, tmp_path):
    rules = tmp_path / "policies"
    rules.mkdir()
    (rules / "policy.yaml").write_text(POLICY)
    door = start(rules=rules)
    response = door.admit(review(3))
    assert response["status"]["message"] == (
        "Deployment shop/api breaks 1 rule: replicas-of-shop\n\n"
        "  replicas-of-shop   spec.replicas\n    found  2\n    needs  at most 1")
    body = json.loads(review(3))
    body["request"]["object"]["spec"]["replicas"] = 1
    assert door.admit(json.dumps(body))["allowed"] is True
