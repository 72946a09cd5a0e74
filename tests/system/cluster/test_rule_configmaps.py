"""Rules in ConfigMaps of a real API server, by a service account that has the rights of
docs/operations.md and no more."""

import contextlib
import pathlib
import ssl

import pytest

from door import PROGRAM, Https, read_sample
from test_namespaces import account, allow  # noqa: F401
from testbed import NODE, SERVER_NAME, eventually

ROOT = pathlib.Path(__file__).resolve().parents[3]
LABEL = "tidegate.dev/rules"
FIRST_PORT = 8443
BAD = "kind: Polcy\n"


def policy(name):
    """Denies a Deployment without a label of that name."""
    return f"""
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {{name: {name}}}
spec:
  match: {{kinds: [Deployment]}}
  rules: [{{id: has-{name}, fields: [{{path: metadata.labels.{name}, exists: true}}]}}]
"""


def rights(cluster, account):
    """Gives the account what docs/operations.md says that it takes."""
    home = account.split(":")[0]
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [text] = [block.split("```")[0] for block in page.split("```yaml\n")[1:]
              if "name: tidegate-rules, " in block.split("```")[0]]
    cluster.kubectl("apply", "-f", "-", user="admin", check=True,
                    input=text.replace("tidegate-system", home))
    allow(cluster, account, {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]})


class Replicas:
    """Some Tidegates that take their rules from the ConfigMaps of one namespace."""

    def __init__(self, cluster, account, folder):
        self.cluster, self.dir, self.processes = cluster, folder, {}
        self.home = account[0].split(":")[0]
        rights(cluster, account[0])
        cluster.write_kubeconfig(folder / "kubeconfig", {"token": account[1]})

    def start(self, port):
        argv = [PROGRAM.resolve(), "serve", "--rules-configmaps", f"{LABEL}=true", "--own-namespace",
                self.home, "--listen", f"{NODE}:{port}", "--kubeconfig", self.dir / "kubeconfig",
                "--ca-out", self.dir / f"ca-{port}", "--shutdown-delay", "0"]
        with open(self.dir / f"stderr-{port}", "ab") as err, open(self.dir / "stdout", "ab") as out:
            self.processes[port] = self.cluster.popen_inside(argv, stdout=out, stderr=err)

    def said(self, port):
        return (self.dir / f"stderr-{port}").read_text()

    def await_said(self, port, text):
        def says():
            assert self.processes[port].poll() is None, self.said(port)
            return text in self.said(port)
        eventually(says, text)

    def stop(self, port):
        process = self.processes.pop(port)
        process.terminate()
        assert process.wait(20) == 0, self.said(port)

    def get(self, port, path):
        context = ssl.create_default_context(cafile=self.dir / f"ca-{port}")
        with contextlib.closing(Https(self.cluster, port, context, SERVER_NAME)) as door:
            return door.ask("GET", path)

    def metric(self, port, pattern):
        return read_sample(self.get(port, "/metrics")[1], pattern)

    def put(self, name, text, key="rules.yaml"):
        self.cluster.apply({"apiVersion": "v1", "kind": "ConfigMap",
                            "metadata": {"name": name, "labels": {LABEL: "true"}}, "data": {key: text}},
                           namespace=self.home)

    def delete(self, name):
        self.cluster.kubectl("delete", "configmap", name, "-n", self.home, user="admin", check=True)

    def denied_by(self):
        """The rules that deny a Deployment without labels."""
        done = self.cluster.kubectl("create", "deployment", "api", "-n", self.home + "-shop", "--image=api",
                                    "--dry-run=server")
        return sorted({word.strip(",") for word in done.stderr.split() if word.startswith("has-")})

    def await_denied_by(self, *rules):
        eventually(lambda: self.denied_by() == sorted(rules), f"denied by {rules}")

    def events(self, reason):
        found = self.cluster.items("events.events.k8s.io", "-n", self.home)
        return [event for event in found if event["reason"] == reason]


@pytest.fixture
def replicas(cluster, account, tmp_path):
    replicas = Replicas(cluster, account, tmp_path)
    shop = replicas.home + "-shop"
    cluster.kubectl("create", "namespace", shop, user="admin", check=True)
    try:
        yield replicas
        for port in list(replicas.processes):
            replicas.stop(port)
    finally:
        cluster.unregister_webhook()
        for process in replicas.processes.values():
            process.kill()
        cluster.kubectl("delete", "namespace", shop, "--wait=false", user="admin", check=True)


def count_of(event):
    return event["deprecatedCount"]


def test_the_life_of_rules_in_configmaps(cluster, replicas):
    ports = FIRST_PORT, FIRST_PORT + 1
    replicas.put("base", policy("owner"))
    for port in ports:
        replicas.start(port)
    for port in ports:
        replicas.await_said(port, "listening on")
    cluster.register_webhook((replicas.dir / f"ca-{FIRST_PORT}").read_text(), port=FIRST_PORT)
    assert replicas.denied_by() == ["has-owner"]

    # one more, and a change
    replicas.put("more", policy("team"))
    replicas.await_denied_by("has-owner", "has-team")
    replicas.put("more", policy("stage"))
    replicas.await_denied_by("has-owner", "has-stage")

    # a mistake, which both replicas see
    replicas.put("more", BAD)
    place = 'configmap/more/rules.yaml:1:1: error: a document has no "apiVersion"'
    for port in ports:
        replicas.await_said(port, 'rules_kept configmap="more" error="configmap/more/rules.yaml:1:1: error:')
        eventually(lambda: replicas.metric(port, r'tidegate_rules_configmap_problem\{configmap="more"\}') == 1,
                   "the metric")
        status, page = replicas.get(port, "/readyz?verbose")
        assert status == 200 and f"[+] rules: the newest files are not in force:\n{place}\n" in page
        assert "[+] configmaps: follows 2 with tidegate.dev/rules=true\n" in page
    eventually(lambda: [count_of(event) for event in replicas.events("RulesRejected")] == [len(ports)],
               "one Event, told by both")
    described = cluster.kubectl("describe", "configmap", "more", "-n", replicas.home, check=True).stdout
    assert "Warning  RulesRejected" in described and "tidegate.dev/rules" in described
    assert "its last good version stays in force, for this one has errors:\n" in described and place in described
    assert replicas.denied_by() == ["has-owner", "has-stage"]

    # the other one changes meanwhile, by what needs the last good version
    replicas.put("base", policy("cost"))
    replicas.await_denied_by("has-cost", "has-stage")

    # mended
    replicas.put("more", policy("tier"))
    replicas.await_denied_by("has-cost", "has-tier")
    eventually(lambda: [count_of(event) for event in replicas.events("RulesAccepted")] == [len(ports)],
               "accepted by both")
    assert [event["regarding"]["name"] for event in replicas.events("RulesAccepted")] == ["more"]
    for port in ports:
        eventually(lambda: replicas.metric(port, "tidegate_rules_problem") == 0, "the metric")

    # a name that is taken: the new one stays out, whichever its name is
    replicas.put("also", policy("tier"))
    for port in ports:
        replicas.await_said(port, 'rules_kept configmap="also" error="configmap/also: error: other rules do not go '
                                  'with it\\nconfigmap/more/rules.yaml:4:18: error: Policy \\"tier\\" is there twice, '
                                  'first in configmap/also/rules.yaml line 2')
    replicas.delete("also")

    # gone, and what has lost its label is gone, too
    replicas.put("more", policy("tier") + "---" + policy("team"))
    replicas.await_denied_by("has-cost", "has-team", "has-tier")
    replicas.delete("more")
    replicas.await_denied_by("has-cost")
    replicas.put("more", policy("tier"))
    replicas.await_denied_by("has-cost", "has-tier")
    cluster.kubectl("label", "configmap", "more", "-n", replicas.home, f"{LABEL}-", user="admin", check=True)
    replicas.await_denied_by("has-cost")

    # the last one stays
    replicas.delete("base")
    for port in ports:
        replicas.await_said(port, f"the ConfigMaps of {replicas.home} with {LABEL}=true: error: there is no Policy")
    assert replicas.denied_by() == ["has-cost"]

    for port in ports:
        said = replicas.said(port)
        assert [word for word in ("event_fails", "kube_permission_missing", "kube_watch_fails") if word in said] == []


def test_a_restart_with_a_mistake(replicas):
    """The replica that runs goes on; the new one does not start, and says why."""
    replicas.put("base", policy("owner"))
    replicas.put("more", policy("team"))
    replicas.start(FIRST_PORT)
    replicas.await_said(FIRST_PORT, "listening on")
    replicas.put("more", BAD)
    replicas.await_said(FIRST_PORT, "rules_kept")
    replicas.start(FIRST_PORT + 1)
    process = replicas.processes.pop(FIRST_PORT + 1)
    assert process.wait(90) == 2
    assert 'rules_rejected configmap="more"' in replicas.said(FIRST_PORT + 1)
    assert replicas.said(FIRST_PORT + 1).endswith(
        'configmap/more/rules.yaml:1:7: error: unknown kind "Polcy"\n  | kind: Polcy\n  |       ^\n'
        '  = did you mean "Policy"?\n4 errors\n')
    assert replicas.get(FIRST_PORT, "/readyz")[0] == 200
    assert len(replicas.events("RulesRejected")) == 1
