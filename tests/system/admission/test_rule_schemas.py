"""Kinds of others: what the API server says of their fields, when it says it; tests/system/cluster/test_rule_schemas.py
has a real one."""

import signal

import pytest

from api_server import ApiServer
from conftest import eventually, limit
from test_reload import write_whole

LIMIT_KUBE_ANSWER = limit("kube-answer")
RULES = """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
    - id: widgets
      match: {kinds: [example.com/Widget]}
      fields: [{path: spec.siez, max: 3}, {path: spec.size, max: 3}]
    - id: gadgets
      match: {kinds: [Gadget]}
      fields: [{path: spec.size, max: 3}]
"""
BOTH = """    - id: both
      match: {kinds: [Deployment, Widget]}
      fields: [{path: object.spec, exists: true}]
"""
DISCOVERY = {"kind": "APIGroupDiscoveryList", "items": [
    {"metadata": {"name": "example.com"}, "versions": [
        {"version": "v1", "resources": [{"resource": "widgets", "responseKind": {"kind": "Widget"}}]},
        {"version": "v0", "resources": [{"resource": "others", "responseKind": {"kind": "Other"}}]}]}]}
WIDGET = {"components": {"schemas": {"com.example.v1.Widget": {
    "type": "object",
    "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Widget"}],
    "properties": {"metadata": {"allOf": [{"$ref": "#/components/schemas/Meta"}]},
                   "spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}}}}
SIEZ = 'rules.yaml:9:28: warning: "spec.siez" may lead nowhere: "spec" has no field "siez"'


class Cluster(ApiServer):
    """Answers what a path is set to, and with an empty list else."""

    def __init__(self, certificate, key):
        super().__init__(certificate, key, [])
        self.answers = {"/api": DISCOVERY | {"items": []}, "/apis": DISCOVERY,
                        "/openapi/v3/apis/example.com/v1": WIDGET}

    def act(self, call):
        answer = self.answers.get(call["path"].removeprefix("/behind/a/proxy"))
        if isinstance(answer, tuple):
            return answer
        if answer is None:
            answer = [None] if "watch" in call else {"items": [], "metadata": {"resourceVersion": "1"}}
        return 200, {}, answer

    def asked(self):
        paths = [call["path"].removeprefix("/behind/a/proxy") for call in self.calls]
        return [path for path in paths if path in ("/api", "/apis") or path.startswith("/openapi")]


@pytest.fixture
def cluster(authority, tmp_path):
    ca = authority("cluster-ca")
    server = Cluster(*ca.issue("cluster"))
    server.write_kubeconfig(tmp_path / "config", ca)
    server.options = ["--kubeconfig", str(tmp_path / "config")]
    yield server
    server.end()


@pytest.fixture
def door(start, cluster, tmp_path):
    """Starts a door with the rules."""
    def start_door(*options, rules=RULES):
        folder = tmp_path / "custom"
        folder.mkdir()
        (folder / "rules.yaml").write_text(rules)
        return start(*cluster.options, *options, rules=folder)
    return start_door


def warnings(door):
    return [line.split(" rules_warning ", 1)[1] for line in door.events.lines if " rules_warning " in line]


def await_warning(door, number, *wanted):
    found = eventually(lambda: len(warnings(door)) > number and warnings(door)[number], "a warning")
    for text in wanted:
        assert text in found.replace('\\"', '"'), found
    return found.replace('\\"', '"')


def test_paths_of_other_kinds_are_checked(cluster, door):
    running = door()
    found = await_warning(
        running, 0, SIEZ, 'did you mean "size"?',
        'rules.yaml:10:7: warning: the paths of rule "gadgets" are not checked for kind "Gadget": the cluster has none')
    assert '"spec.size"' not in found and "error" not in found
    assert cluster.asked() == ["/api", "/apis", "/openapi/v3/apis/example.com/v1"]
    assert running.metric("tidegate_rules_problem") == 0

    # another set is another question
    write_whole(running.rules / "rules.yaml", RULES.replace("spec.siez", "spec.sise"))
    await_warning(running, 1, '"spec.sise" may lead nowhere')
    assert len(cluster.asked()) == 6

    # one in which nothing is unknown is none
    write_whole(running.rules / "rules.yaml", RULES.replace("example.com/Widget", "Service").replace("siez", "type")
                .replace("Gadget", "Service").replace("spec.size", "spec.type").replace("max: 3", "exists: true"))
    eventually(lambda: running.metric('tidegate_rules_reloads_total{result="success"}') == 2, "the third")
    running.stop()
    assert len(cluster.asked()) == 6 and len(warnings(running)) == 2


def test_nothing_is_told_twice(cluster, door):
    running = door(rules=RULES + BOTH)
    await_warning(running, 0, '"object.spec" may lead nowhere')
    assert "object.spec" not in await_warning(running, 1, SIEZ)


REFUSED = (403, {}, {"kind": "Status", "message": "no right"})
LARGE = (200, {}, b'{"a": "' + b"x" * LIMIT_KUBE_ANSWER + b'"}')
AS_LARGE_AS_MAY_BE = b'{"a": "' + b"x" * (LIMIT_KUBE_ANSWER - 10) + b'"}'


@pytest.mark.parametrize("path, answer, why", [
    ("/apis", REFUSED, "no right"),
    ("/api", (200, {}, {"kind": "APIVersions"}), "no aggregated discovery at /api"),
    ("/apis", (200, {}, b"{"), "not JSON"),
    ("/openapi/v3/apis/example.com/v1", REFUSED, "no right"),
    ("/openapi/v3/apis/example.com/v1", LARGE, f"the answer is larger than {LIMIT_KUBE_ANSWER} bytes"),
    ("/openapi/v3/apis/example.com/v1", (200, {}, AS_LARGE_AS_MAY_BE), "does not say what fields it has"),
    ("/openapi/v3/apis/example.com/v1", (200, {}, b"{"), "did not find"),
    ("/openapi/v3/apis/example.com/v1", {"components": {"schemas": {}}}, "does not say what fields it has"),
], ids=["refused", "no list", "no json", "no openapi", "large", "at the limit", "cut", "empty"])
def test_what_is_not_answered_is_told_and_asked_again(cluster, door, path, answer, why):
    good = cluster.answers[path]
    cluster.answers[path] = answer
    running = door()
    await_warning(running, 0, 'the paths of rule "widgets" are not checked for kind "example.com/Widget": ', why)
    assert running.get("/readyz")[0] == 200
    cluster.answers[path] = good
    running.signal(signal.SIGHUP)
    await_warning(running, 1, SIEZ)


def test_a_cluster_that_is_silent_delays_nothing(cluster, door):
    cluster.answers["/apis"] = (200, {}, [None])
    running = door()
    eventually(lambda: "/apis" in cluster.asked(), "it asks")
    assert running.get("/readyz")[0] == 200
    write_whole(running.rules / "rules.yaml", RULES.replace("siez", "sise"))
    eventually(lambda: running.metric('tidegate_rules_reloads_total{result="success"}') == 1, "a reload meanwhile")
    running.stop()
    assert warnings(running) == []


def test_what_schemas_say_is_not_asked_for(cluster, door, tmp_path):
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    (schemas / "crd.yaml").write_text("""
kind: CustomResourceDefinition
spec:
  group: example.com
  names: {kind: Widget}
  versions: [{schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {
    size: {type: integer}}}}}}}]
""")
    running = door("--schemas", str(schemas), rules=RULES.replace("Gadget", "example.com/Widget"))
    await_warning(running, 0, SIEZ)
    running.stop()
    assert cluster.asked() == [] and len(warnings(running)) == 1
