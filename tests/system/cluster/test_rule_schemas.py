"""Rules for kinds of a CustomResourceDefinition: serve asks the API server what fields they have, by a service
account without any right but for the labels of namespaces."""

import pytest

from door import PROGRAM
from test_namespaces import account, allow  # noqa: F401
from testbed import NODE, eventually

PORT = 8443
RULES = """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
    - id: certain
      match: {kinds: [schemas.example.com/Widget]}
      fields:
        - {path: spec.size, max: 3}
        - {path: spec.siez, max: 3}
        - {path: 'spec.parts[*].name', exists: true}
        - {path: spec.free.anything, exists: true}
        - {path: metadata.labels.owner, exists: true}
    - id: by-name
      match: {kinds: [Widget]}
      fields: [{path: spec.parts.name, exists: true}]
    - id: nobody
      match: {kinds: [schemas.example.com/Gadget]}
      fields: [{path: spec.size, max: 3}]
"""
TOLD = [
    'rules.yaml:11:23: warning: "spec.siez" may lead nowhere: "spec" has no field "siez"',
    'rules.yaml:17:34: warning: "spec.parts.name" may lead nowhere: "spec.parts" is a list',
    'rules.yaml:18:7: warning: the paths of rule "nobody" are not checked for kind "schemas.example.com/Gadget": '
    "the cluster has none",
]
WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.schemas.example.com"},
    "spec": {"group": "schemas.example.com", "scope": "Namespaced",
             "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
             "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                 "type": "object", "properties": {"spec": {"type": "object", "properties": {
                     "size": {"type": "integer"},
                     "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                     "parts": {"type": "array", "items": {"type": "object", "properties": {
                         "name": {"type": "string"}}}}}}}}}}]}}


@pytest.fixture
def widgets(cluster):
    """A kind of others, once the API server publishes it."""
    cluster.apply(WIDGETS)
    eventually(lambda: "schemas.v1.Widget" in cluster.kubectl(
        "get", "--raw", "/openapi/v3/apis/schemas.example.com/v1", user="admin").stdout, "its schema")
    yield
    cluster.kubectl("delete", "crd", "widgets.schemas.example.com", user="admin", check=True)


def test_serve_warns_of_paths_of_custom_kinds(cluster, account, widgets, tmp_path):  # noqa: F811
    allow(cluster, account[0], {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]})
    cluster.write_kubeconfig(tmp_path / "kubeconfig", {"token": account[1]})
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "rules.yaml").write_text(RULES)
    said = tmp_path / "stderr"
    with open(said, "wb") as err:
        door = cluster.popen_inside(
            [PROGRAM.resolve(), "serve", "--rules", rules, "--listen", f"{NODE}:{PORT}", "--kubeconfig",
             tmp_path / "kubeconfig", "--ca-out", tmp_path / "ca", "--shutdown-delay", "0"], stderr=err)
    try:
        def warnings():
            return [line.replace('\\"', '"') for line in said.read_text().splitlines() if " rules_warning " in line]

        [line] = eventually(lambda: warnings(), "a warning")
        assert [text for text in TOLD if text not in line] == [], line
        assert line.count(": warning: ") == len(TOLD), line

        # mended: nothing is left to say but for the kind that is not there
        (rules / "new").write_text(RULES.replace("siez", "size").replace("spec.parts.name", "'spec.parts[*].name'"))
        (rules / "new").replace(rules / "rules.yaml")
        line = eventually(lambda: len(warnings()) > 1 and warnings()[1], "the new set")
        assert TOLD[2] in line and line.count(": warning: ") == 1
    finally:
        door.terminate()
        assert door.wait(20) == 0, said.read_text()
