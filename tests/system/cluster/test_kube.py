"""kube/ under a real API server, by tests/system/probe/kube, which calls it as the guard does."""

import json
import re
import subprocess
import sys
import threading

import pytest
import yaml

from door import PROGRAM
from test_namespaces import account, allow  # noqa: F401
from testbed import NODE, eventually, in_namespaces, promised, rule

PROBE = PROGRAM.resolve().parent / "tests/system/probe/kube"


class Probe:
    """Runs the probe as a user."""

    def __init__(self, cluster, config):
        self.cluster, self.config = cluster, config

    def run(self, *arguments, status=0):
        process = self.start(*arguments, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=90)
        assert process.returncode == status, err
        return out

    def start(self, *arguments, **more):
        return self.cluster.popen_inside([PROBE, self.config, *arguments], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more)

    def call(self, *arguments):
        """Status, reason, problem and what came back."""
        status, reason, _, problem, body = self.run("call", *arguments).splitlines()
        return int(status), reason, problem, json.loads(body)


@pytest.fixture
def probe(cluster):
    return Probe(cluster, cluster.dir / "kube" / "alice")


def test_writing_with_preconditions(probe, namespace):
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    config_map = {"metadata": {"name": "c"}, "data": {"a": "1"}}

    def send(verb, body, media="application/json", on=path + "/c"):
        return probe.call(verb, "configmaps", on, media, json.dumps(body))

    status, reason, problem, made = send("create", config_map, on=path)
    assert (status, reason, problem, made["data"]) == (201, "", "", {"a": "1"})
    status, reason, problem, _ = send("create", config_map, on=path)
    assert (status, reason, problem) == (409, "AlreadyExists", '409: configmaps "c" already exists')
    assert probe.call("get", "configmaps", path + "/d")[:2] == (404, "NotFound")

    version = made["metadata"]["resourceVersion"]
    patch = [{"op": "test", "path": "/metadata/resourceVersion", "value": version},
             {"op": "replace", "path": "/data/a", "value": "2"}]
    status, _, _, patched = send("patch", patch, "application/json-patch+json")
    assert (status, patched["data"]) == (200, {"a": "2"})
    status, reason, problem, _ = send("patch", patch, "application/json-patch+json")
    assert (status, reason) == (422, "Invalid") and problem.startswith("422: ")
    stale = {"metadata": {"resourceVersion": version}, "data": {"a": "3"}}
    assert send("patch", stale, "application/merge-patch+json")[:2] == (409, "Conflict")
    assert send("patch", {"data": {"b": "ü"}}, "application/strategic-merge-patch+json")[3]["data"] == {
        "a": "2", "b": "ü"}
    assert send("update", {**made, "data": {}})[:2] == (409, "Conflict")
    made["metadata"].pop("resourceVersion")
    assert "data" not in send("update", {**made, "data": {}})[3]

    other = {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}
    assert send("delete", other)[:2] == (409, "Conflict")
    assert send("delete", {"preconditions": {"uid": made["metadata"]["uid"]}})[0] == 200
    assert send("patch", patch, "application/json-patch+json")[:2] == (404, "NotFound")


def test_two_watches_side_by_side(probe, cluster, namespace):
    def create(name):
        cluster.kubectl("create", "deployment", name, "-n", namespace, "--image=a:v1", "--replicas=0", check=True)

    def follow(*arguments):
        process = probe.start("watch", f"/apis/apps/v1/namespaces/{namespace}/deployments",
                              "deployments", *arguments)
        lines = []
        threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True).start()
        return process, lines

    def end(process):
        process.stdin.close()
        assert process.wait(20) == 0

    create("web")
    create("api")
    whole, seen = follow("whole", "app in (web,late)")
    metadata, names = follow("metadata")
    eventually(lambda: "end \n" in seen and "end \n" in names, "both lists")
    assert (seen, sorted(names[1:3])) == (["begin \n", "put web whole\n", "end \n"], ["put api\n", "put web\n"])
    create("late")
    eventually(lambda: "put late whole\n" in seen and "put late\n" in names, "what is new")
    cluster.kubectl("label", "deployment", "web", "app=other", "--overwrite", "-n", namespace, check=True)
    eventually(lambda: "drop web whole\n" in seen, "what is no longer selected is gone")
    assert "drop web\n" not in names and "api" not in "".join(seen)
    end(whole)
    end(metadata)


# --- Leases


class Contender:
    def __init__(self, probe, namespace, identity):
        self.identity, self.state = identity, None
        self.process = probe.start("lease", namespace, "guard", identity, stderr=subprocess.PIPE)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.state = line.rstrip("\n")

    def leads(self):
        return self.state and self.state.startswith("leads") and self.process.poll() is None

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            assert self.process.wait(20) == 0
        self.thread.join()
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def contenders(probe, namespace):
    all_of_them = [Contender(probe, namespace, f"replica-{i}") for i in range(3)]
    yield all_of_them
    for one in all_of_them:
        one.stop()


def lease_of(cluster, namespace):
    return cluster.get("lease", "guard", "-n", namespace)["spec"]


def only_leader(contenders, within):
    """The one that leads, as is promised within so many seconds; that never two do is looked at all
    the while."""
    def leader():
        leaders = [one for one in contenders if one.leads()]
        assert len(leaders) < 2
        return leaders and leaders[0]
    return eventually(leader, "one leads", within=promised(within))


def test_a_leader_that_is_killed(cluster, contenders, namespace):
    first = only_leader(contenders, within=10)
    spec = lease_of(cluster, namespace)
    assert spec["holderIdentity"] == first.identity
    assert (spec["leaseDurationSeconds"], spec["leaseTransitions"]) == (10, 0)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", spec["renewTime"])
    eventually(lambda: all(one.state.endswith(" " + first.identity) for one in contenders),
               "the others know the leader")
    cluster.kubectl("label", "lease", "guard", "kept=yes", "-n", namespace, check=True)
    first.process.kill()
    first.process.wait()
    second = only_leader(contenders, within=15)
    assert second is not first
    spec = lease_of(cluster, namespace)
    assert (spec["holderIdentity"], spec["leaseTransitions"]) == (second.identity, 1)
    assert cluster.get("lease", "guard", "-n", namespace)["metadata"]["labels"] == {"kept": "yes"}
    assert spec["acquireTime"] <= spec["renewTime"]

    second.stop()
    third = only_leader(contenders, within=5)
    assert lease_of(cluster, namespace)["leaseTransitions"] == 2
    third.stop()
    spec = lease_of(cluster, namespace)
    assert (spec.get("holderIdentity", ""), spec["leaseDurationSeconds"]) == ("", 1)


def test_a_leader_without_an_api_server(cluster, contenders, namespace):
    first = only_leader(contenders, within=10)
    argv = cluster.stop_api_server()
    eventually(lambda: not first.leads(), "it leads no more, before another could", within=promised(8))
    cluster.start_api_server(argv)
    only_leader(contenders, within=20)


def test_a_lease_that_is_taken_away(cluster, contenders, namespace):
    first = only_leader(contenders, within=10)
    patch = {"spec": {"holderIdentity": "somebody", "renewTime": "2030-01-01T00:00:00.000000Z"}}
    cluster.kubectl("patch", "lease", "guard", "-n", namespace, "--type=merge", "-p", json.dumps(patch),
                    check=True)
    eventually(lambda: not first.leads() and first.state.endswith(" somebody"), "it sees that", within=promised(5))
    only_leader(contenders, within=15)


# --- Events, and who may do what


def events_of(cluster, namespace):
    return cluster.items("events.events.k8s.io", "-n", namespace)


def test_an_event_and_its_series(cluster, probe, namespace):
    cluster.kubectl("create", "deployment", "api", "-n", namespace, "--image=a:v1", "--replicas=0", check=True)
    uid = cluster.get("deployment", "api", "-n", namespace)["metadata"]["uid"]

    def write(note, reason="RolloutFailed", key="hash-2"):
        probe.run("event", namespace, "api", uid, "Warning", reason, note, key)
        return [one for one in events_of(cluster, namespace) if one["reason"] == reason]

    [event] = write("v2 failed: CrashLoopBackOff\n  panic: no database ü\nback to v1")
    assert event["regarding"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api",
                                  "namespace": namespace, "uid": uid}
    assert (event["reportingController"], event["reportingInstance"]) == ("tidegate.dev/guard", "replica-1")
    assert event["deprecatedCount"] == 1
    [event] = write("other words")
    assert event["deprecatedCount"] == 2 and event["note"].startswith("v2 failed: ")
    [event] = write("")
    assert event["deprecatedCount"] == 3
    assert event["deprecatedLastTimestamp"] >= event["deprecatedFirstTimestamp"]
    assert len(write("v3 failed", key="hash-3")) == 2
    assert len(write("x" * 1023 + "ü", reason="TooLong")[0]["note"]) == 1023

    told = cluster.kubectl("describe", "deployment", "api", "-n", namespace, check=True).stdout
    told = told.split("\nEvents:\n")[1]
    assert re.search(r"^  Warning  RolloutFailed +\S+ \(x3 over \S+\) +tidegate\.dev/guard +"
                     r"v2 failed: CrashLoopBackOff\n", told, re.M), told


def test_whoami(cluster, probe, namespace, account, tmp_path):
    assert probe.run("whoami").splitlines() == ["alice", "deployers", "system:authenticated"]
    name, token = account
    config = cluster.write_kubeconfig(tmp_path / "config", {"token": token.strip()})
    assert Probe(cluster, config).run("whoami").splitlines() == [
        f"system:serviceaccount:{name}", "system:serviceaccounts",
        f"system:serviceaccounts:{namespace}", "system:authenticated"]
    config = cluster.write_kubeconfig(tmp_path / "config", {"token": "nobody"})
    assert Probe(cluster, config).run("whoami", status=1) == "401 Unauthorized 401: Unauthorized\n"


def test_permissions_that_are_missing(cluster, probe, namespace, account, tmp_path):
    assert probe.run("permissions", namespace) == "0\n"
    name, token = account
    config = cluster.write_kubeconfig(tmp_path / "config", {"token": token.strip()})
    allow(cluster, name, {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]})
    count, *lines = eventually(lambda: (told := Probe(cluster, config).run("permissions", namespace))
                               .startswith("5\n") and told, "the rule is known").splitlines()
    assert lines == [
        'may not watch, patch deployments of apps; its ClusterRole lacks the rule '
        '{apiGroups: ["apps"], resources: [deployments], verbs: [watch, patch]}',
        'may not get pods/log; its ClusterRole lacks the rule '
        '{apiGroups: [""], resources: [pods/log], verbs: [get]}',
        f'may not get, update leases of coordination.k8s.io in namespace {namespace}; its Role there '
        'lacks the rule {apiGroups: ["coordination.k8s.io"], resources: [leases], verbs: [get, update]}',
    ]
    rules = [yaml.safe_load(line.split("lacks the rule ")[1]) for line in lines]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": namespace},
            "rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]}, *rules]}
    cluster.kubectl("apply", "-f", "-", user="admin", input=json.dumps(role), check=True)
    eventually(lambda: Probe(cluster, config).run("permissions", namespace) == "0\n", "the rules are enough")


def test_a_lease_that_is_forbidden(cluster, namespace, account, tmp_path):
    name, token = account
    config = cluster.write_kubeconfig(tmp_path / "config", {"token": token.strip()})
    process = Probe(cluster, config).start("lease", namespace, "guard", "me", stderr=subprocess.PIPE)
    told = process.stderr.readline()
    allow(cluster, name, yaml.safe_load(re.search(r"lacks the rule ({.*})", told.replace("\\", ""))[1]))
    assert "error lease_fails " in told and "cannot get resource" in told
    lines = iter(process.stdout.readline, "")
    assert next(line for line in lines if line.startswith("leads")) == "leads me\n"
    process.stdin.close()
    assert process.wait(20) == 0


# --- an API server that is too busy

SLOW = """
import socket, sys
listener = socket.create_server((sys.argv[1], 9443))
print("listening", flush=True)
held = [listener.accept() for _ in iter(int, 1)]
"""


@pytest.fixture
def busy(cluster, namespace):
    """What bob asks about ConfigMaps is answered one at a time, others are refused with a 429; and
    he has begun one that takes five seconds, for a webhook does not answer."""
    meta, api = {"name": "busy"}, "flowcontrol.apiserver.k8s.io/v1"
    level = {"nominalConcurrencyShares": 0, "lendablePercent": 0, "borrowingLimitPercent": 0,
             "limitResponse": {"type": "Reject"}}
    schema = [{"subjects": [{"kind": "User", "user": {"name": "bob"}}],
               "resourceRules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"],
                                  "namespaces": ["*"]}]}]
    webhook = {"name": "busy.tidegate.dev", "clientConfig": {"url": f"https://{NODE}:9443/"},
               "rules": [rule("", "configmaps")], "failurePolicy": "Ignore", "sideEffects": "None",
               "namespaceSelector": in_namespaces("In", namespace), "timeoutSeconds": 5,
               "admissionReviewVersions": ["v1"]}
    objects = [
        {"apiVersion": api, "kind": "PriorityLevelConfiguration", "metadata": meta,
         "spec": {"type": "Limited", "limited": level}},
        {"apiVersion": api, "kind": "FlowSchema", "metadata": meta,
         "spec": {"priorityLevelConfiguration": meta, "matchingPrecedence": 2, "rules": schema}},
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
         "metadata": meta, "webhooks": [webhook]}]
    slow = cluster.popen_inside([sys.executable, "-c", SLOW, NODE], stdout=subprocess.PIPE)
    assert slow.stdout.readline() == b"listening\n"
    cluster.kubectl("apply", "-f", "-", user="admin", input="\n---\n".join(map(json.dumps, objects)),
                    check=True)
    yield
    for one in objects:
        cluster.kubectl("delete", one["kind"], "busy", user="admin", check=True)
    slow.kill()
    slow.wait()
    slow.stdout.close()


def test_a_server_that_is_busy(cluster, busy, namespace):
    bob = Probe(cluster, cluster.dir / "kube" / "bob")
    path = f"/api/v1/namespaces/{namespace}/configmaps"

    def create(name):
        return bob.start("call", "create", "configmaps", path, "application/json",
                         json.dumps({"metadata": {"name": name}}), "60")

    first = create("early")
    _, reason, wait, problem, _ = eventually(
        lambda: (told := bob.run("call", "list", "configmaps", path).splitlines())[0] == "429" and told,
        "it is busy")
    assert (reason, wait) == ("", "1000")  # its answer is plain text
    assert problem == "429: Too many requests, please try again later."
    second = create("late")
    for process in first, second:
        assert process.communicate(timeout=90)[0].startswith("201\n")
    codes = [event["responseStatus"]["code"] for event in cluster.audit_events()
             if event["user"].get("username") == "bob" and event["verb"] == "create"
             and event["objectRef"]["resource"] == "configmaps"]
    assert set(codes) == {201, 429} and codes.count(201) == 2
