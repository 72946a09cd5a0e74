"""ValidatingAdmissionPolicies: what an API server says of an object by a policy, `tidegate eval` says too."""

import json
import subprocess

import pytest
import yaml

from door import PROGRAM
from testbed import eventually

CONFIG_MAPS = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
PARAMS = {"apiVersion": "v1", "kind": "ConfigMap"}


def needs(expression, **more):
    return {"validations": [{"expression": expression, **more}]}


# By name: the spec of a policy, that of its binding, and ConfigMaps by their data.
CASES = {
    "plain": (needs("object.data.a == 'x'"), {}, [{"a": "x"}, {"a": "w"}, {}]),
    "message": (needs("object.data.a == 'x'", message="not x"), {}, [{"a": "w"}]),
    "made-message": (needs("object.data.a == 'x'", message="not x",
                           messageExpression="'it is ' + object.data.a"), {}, [{"a": "w"}]),
    "message-of-two-lines": (needs("has(object.data.b)", messageExpression="'a\\nb'"), {}, [{"a": "w"}]),
    "message-without-value": (needs("has(object.data.b)", messageExpression="object.data.c + 'x'"), {}, [{"a": "w"}]),
    "reason": (needs("false", reason="Forbidden", message="no"), {}, [{"a": "w"}]),
    "error": (needs("object.data.b == 'x'"), {}, [{"a": "w"}]),
    "error-ignored": ({"failurePolicy": "Ignore", **needs("object.data.b == 'x'")}, {}, [{"a": "w"}]),
    "false-ignored": ({"failurePolicy": "Ignore", **needs("object.data.a == 'x'")}, {}, [{"a": "w"}]),
    "both": ({"failurePolicy": "Ignore", "validations": [{"expression": "object.data.b == 'x'"},
                                                        {"expression": "object.data.a == 'x'"}]}, {}, [{"a": "w"}]),
    "conditions": ({"matchConditions": [{"name": "a", "expression": "has(object.data.a)"},
                                        {"name": "b", "expression": "object.data.a != 'z'"}],
                    **needs("object.data.a == 'x'")}, {}, [{}, {"a": "z"}, {"a": "w"}, {"a": "x"}]),
    "condition-without-value": ({"matchConditions": [{"name": "a", "expression": "object.data.b == 'x'"}],
                                 **needs("true")}, {}, [{"a": "w"}]),
    "variables": ({"variables": [{"name": "a", "expression": "object.?data.?a.orValue('none')"},
                                 {"name": "b", "expression": "variables.a + '!'"}],
                   **needs("variables.b == 'x!'", messageExpression="'found ' + variables.b")}, {},
                  [{"a": "x"}, {"a": "w"}, {}]),
    "variable-without-value": ({"variables": [{"name": "a", "expression": "object.data.b"}],
                                **needs("variables.a == 'x'")}, {}, [{"a": "w"}]),
    "annotations": ({"auditAnnotations": [{"key": "k", "valueExpression": "string(object.data.b)"}], **needs("true")}, {},
                    [{"a": "w"}, {"b": "w"}]),
    "warns": (needs("object.data.a == 'x'", message="not x"), {"validationActions": ["Warn"]}, [{"a": "w"}]),
    "audits": (needs("object.data.a == 'x'"), {"validationActions": ["Audit"]}, [{"a": "w"}]),
    "excluded": ({"matchConstraints": {"excludeResourceRules": [{**CONFIG_MAPS, "resourceNames": ["excluded-0"]}]},
                  **needs("false")}, {}, [{"a": "w"}, {"a": "z"}]),
    "other-names": ({"matchConstraints": {"resourceRules": [{**CONFIG_MAPS, "resourceNames": ["other-names-1"]}]},
                     **needs("false")}, {}, [{"a": "w"}, {"a": "z"}]),
    "any-resource": ({"matchConstraints": {"resourceRules": [
        {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]}]},
        **needs("request.resource.resource != 'configmaps'")}, {}, [{"a": "w"}]),
    "cluster-only": ({"matchConstraints": {"resourceRules": [{**CONFIG_MAPS, "scope": "Cluster"}]},
                      **needs("false")}, {}, [{"a": "w"}]),
    "namespace": (needs("namespaceObject.metadata.name == 'other'"), {}, [{"a": "w"}]),
    "null": (needs("oldObject != null"), {}, [{"a": "w"}]),
    "binding-of-others": (needs("false"), {"matchResources": {"objectSelector": {"matchLabels": {"owner": "others"}}}},
                          [{"a": "w"}]),
    "params": ({"paramKind": PARAMS, **needs("object.data.a == params.data.a",
                                             messageExpression="'not ' + params.data.a")},
               {"paramRef": {"name": "one", "parameterNotFoundAction": "Deny"}}, [{"a": "1"}, {"a": "2"}]),
    "params-of-all": ({"paramKind": PARAMS, **needs("object.data.a != params.data.a")},
                      {"paramRef": {"selector": {"matchLabels": {"param": "yes"}}, "parameterNotFoundAction": "Deny"}},
                      [{"a": "1"}, {"a": "2"}, {"a": "3"}]),
    "params-that-are-missing": ({"paramKind": PARAMS, **needs("false")},
                                {"paramRef": {"name": "none", "parameterNotFoundAction": "Deny"}}, [{"a": "1"}]),
    "params-that-may-be-missing": ({"paramKind": PARAMS, **needs("false")},
                                   {"paramRef": {"name": "none", "parameterNotFoundAction": "Allow"}}, [{"a": "1"}]),
    "params-unused": ({"paramKind": PARAMS, **needs("params == null")}, {}, [{"a": "1"}]),
    "missing-warns": ({"paramKind": PARAMS, **needs("false")},
                      {"validationActions": ["Warn"],
                       "paramRef": {"name": "none", "parameterNotFoundAction": "Deny"}}, [{"a": "1"}]),
    "costly": (needs("object.data.a.split('').all(a, object.data.a.split('').all(b, a == b))"), {},
               [{"a": "x" * 50}, {"a": "x" * 1000}]),
    "libraries": (needs("quantity(object.data.a).isLessThan(quantity('1Gi')) && object.data.a.find('[0-9]+') != ''"),
                  {}, [{"a": "1Mi"}, {"a": "2Gi"}, {"a": "x"}]),
}


def labels(case):
    return {"matchLabels": {"case": case}}


def documents(namespace):
    """The policies with their bindings, and the params."""
    for case, (policy, binding, _) in CASES.items():
        match = {"resourceRules": [CONFIG_MAPS], "objectSelector": labels(case), **policy.get("matchConstraints", {})}
        yield {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
               "metadata": {"name": f"{case}.example.com"}, "spec": {**policy, "matchConstraints": match}}
        resources = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                     **binding.get("matchResources", {})}
        yield {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
               "metadata": {"name": f"{case}-binding"},
               "spec": {"policyName": f"{case}.example.com", "validationActions": ["Deny"], **binding,
                        "matchResources": resources}}
    for name, value in ("one", "1"), ("two", "2"):
        yield {"apiVersion": "v1", "kind": "ConfigMap",
               "metadata": {"name": name, "namespace": namespace, "labels": {"param": "yes"}}, "data": {"a": value}}


def objects(namespace):
    for case, (_, _, every) in CASES.items():
        for i, data in enumerate(every):
            yield {"apiVersion": "v1", "kind": "ConfigMap", **({"data": data} if data else {}),
                   "metadata": {"name": f"{case}-{i}", "namespace": namespace, "labels": {"case": case}}}


def theirs(cluster, thing):
    """What the API server says: allowed, its denial, its warning."""
    done = cluster.kubectl("create", "--dry-run=server", "-f", "-", user="admin", input=json.dumps(thing))
    denial = done.stderr.partition("denied request: ")[2].strip() if done.returncode else ""
    warning = done.stderr.partition("with binding ")[2].partition(": ")[2].strip() if not done.returncode else ""
    return done.returncode == 0, denial, warning


def ours(directory, namespace, things):
    """What eval says: allowed, all that it says of denials, and of warnings."""
    (directory / "objects.yaml").write_text(yaml.safe_dump_all(things))
    done = subprocess.run([PROGRAM, "eval", "--rules", directory / "rules.yaml", "--format", "json", "--namespace-labels", "a=b",
                           directory / "objects.yaml"], text=True, capture_output=True, timeout=60)
    assert done.returncode == 1, done.stderr
    for result in json.loads(done.stdout)["results"]:
        said = [found["message"] for found in result["violations"]]
        yield result["allowed"], " ".join(said), " ".join(result["warnings"])


def differences(cluster, namespace, answers):
    found = []
    for thing, mine in zip(objects(namespace), answers, strict=True):
        other = theirs(cluster, thing)
        if other[0] != mine[0] or not all(text in said for text, said in zip(other[1:], mine[1:])):
            found.append((thing["metadata"]["name"], other, mine))
    return found


@pytest.fixture
def policies(cluster, namespace):
    every = list(documents(namespace))
    for thing in every:
        cluster.apply(thing)
    yield every
    for thing in every[:-2]:
        cluster.kubectl("delete", thing["kind"], thing["metadata"]["name"], user="admin", check=True)


def test_an_api_server_and_eval_agree(cluster, namespace, policies, tmp_path):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump_all(policies))
    answers = list(ours(tmp_path, namespace, list(objects(namespace))))
    last = []

    def agree():  # a policy is in force a moment after it is written
        last[:] = differences(cluster, namespace, answers)
        return not last

    try:
        eventually(agree, "the same answers")
    except AssertionError:
        raise AssertionError("\n".join(map(str, last))) from None
    assert 30 < len(answers) and {True, False} == {allowed for allowed, _, _ in answers}
