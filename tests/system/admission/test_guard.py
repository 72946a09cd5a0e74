"""The guard by an API server that answers each call by what it asks for, from a state of our own."""

import contextlib
import hashlib
import json
import threading
import time

import pytest

from api_server import ApiServer
from conftest import eventually, limit

RULES = """
apiVersion: tidegate.dev/v1alpha1
kind: RolloutGuard
metadata: {name: g}
spec:
  deadline: 10m
  soak: 1m
  fail: {crashLoop: {restarts: 3}}
  onFailure: {rollback: lastHealthy, brake: {namespace: 2, all: 2}}
"""
LISTS = ("deployments", "replicasets", "pods", "configmaps")


def template(tag):
    return {"spec": {"containers": [{"image": f"api:{tag}", "name": "api"}]}}


def template_hash(tag):
    return hashlib.sha256(json.dumps(template(tag), separators=(",", ":")).encode()).hexdigest()


def meta(name, kind=None, owner=None, **more):
    owners = [{"apiVersion": "apps/v1", "kind": kind, "uid": owner, "controller": True}]
    return {"name": name, "namespace": "shop", "uid": name, "generation": 1,
            "resourceVersion": "5", **({"ownerReferences": owners} if owner else {}), **more}


def revision(name, number):
    return {"metadata": meta(f"{name}-{number}", "Deployment", name, annotations={
                "deployment.kubernetes.io/revision": str(number)}),
            "spec": {"template": template(f"v{number}")}}


def crashing_pod(name):
    return {"metadata": meta(f"{name}-2-a", "ReplicaSet", f"{name}-2"), "spec": {"nodeName": "n"},
            "status": {"containerStatuses": [
                {"name": "api", "ready": False, "restartCount": 5,
                 "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}


def record(name, **more):
    text = {"version": 1, "kind": "Deployment", "namespace": "shop", "name": name, "uid": name,
            "hash": template_hash("v1"), "state": "Healthy",
            "healthy": [{"hash": template_hash("v1"), "images": "api:v1", "at": 1700000000}], **more}
    return {"metadata": meta(f"rollout.deployment.shop.{name}", labels={
                "tidegate.dev/record": "rollout"}), "data": {"record": json.dumps(text)}}


class Later(list):
    """Events of a watch, the first of which waits until it is let go."""

    def __init__(self, *events):
        super().__init__(events)
        self.go = threading.Event()

    def __iter__(self):
        self.go.wait()
        return super().__iter__()


class Cluster(ApiServer):
    """Has Deployments that crash at v2 and were healthy at v1. `leader` holds the Lease."""

    def __init__(self, certificate, key, leader=""):
        super().__init__(certificate, key, [])
        self.leader, self.renewed, self.objects = leader, 0, {kind: [] for kind in LISTS}
        self.renewals, self.ended, self.events = [], [], {}
        self.renews, self.slow = True, False
        self.shows_records = threading.Event()
        self.shows_records.set()

    def add_failing(self, name):
        self.objects["deployments"].append(
            {"metadata": meta(name), "spec": {"replicas": 1, "template": template("v2")},
             "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}})
        self.objects["replicasets"] += [revision(name, 1), revision(name, 2)]
        self.objects["pods"].append(crashing_pod(name))
        self.objects["configmaps"].append(record(name))

    def add_undone(self, name):
        """A record of a rollback that was decided just now."""
        self.objects["configmaps"].append(record(name, failed=[
            {"hash": template_hash("v2"), "cause": "CrashLoop", "at": int(time.time()),
             "target": template_hash("v1"), "undone": True}]))

    def lease(self):
        self.renewed += 1
        return {"metadata": {"name": "tidegate-guard", "resourceVersion": str(self.renewed)},
                "spec": {"holderIdentity": self.leader, "leaseDurationSeconds": 10,
                         "renewTime": f"2026-01-01T00:00:00.{self.renewed:06}Z"}}

    def written(self, call):
        """What is written is not shown by the watches: they are as slow as can be."""
        sent = json.loads(call["sent"])
        if call["method"] == "PATCH":
            return {"metadata": {"resourceVersion": "6"}}
        return {**sent, "metadata": {**sent.get("metadata", {}), "resourceVersion": "6"},
                "status": {"allowed": True}}

    def act(self, call):
        parts = call["path"].split("/")
        if call["method"] == "PUT" and "leases" in parts:
            if self.renewals and not self.renews:
                return 500, {}, {}
            self.renewals.append(call["at"])
        if self.slow and parts[-2] == "deployments":
            return self.hang(call)
        if call["method"] != "GET":
            return 200, {}, self.written(call)
        if "watch" in call:
            return 200, {}, self.events.get(parts[-1], [None])
        if "leases" in parts:
            return 200, {}, self.lease()
        if parts[-2] in LISTS:
            return 200, {}, next(one for one in self.objects[parts[-2]]
                                 if one["metadata"]["name"] == parts[-1])
        if parts[-1] == "configmaps":
            self.shows_records.wait()
        return 200, {}, {"items": self.objects.get(parts[-1], []),
                         "metadata": {"resourceVersion": "10"}}

    def hang(self, call):
        """A read takes long. A patch is not answered, and it is noted when that is given up."""
        if call["method"] == "GET":
            self.over.wait(3.5)
            return 200, {}, self.objects["deployments"][0]
        call["connection"].settimeout(30)
        with contextlib.suppress(OSError, ValueError):
            call["connection"].recv(1)
        self.ended.append(time.monotonic())
        return 500, {}, {}

    def await_renewals(self, count=2):
        """Until the lead was renewed so often from here on: every two seconds, while the guard looks at
        what there is every second."""
        goal = len(self.renewals) + count
        eventually(lambda: len(self.renewals) >= goal, "renewals of the lead")

    def undone(self):
        return [call["path"].split("/")[-1] for call in self.calls
                if call["method"] == "PATCH" and "deployments" in call["path"]]


@pytest.fixture
def guard(authority, start, tmp_path):
    """Starts a cluster, made ready by a function, and a guard in it."""
    servers = []

    def start_both(prepare=lambda cluster: None, leader="", rules_text=RULES):
        ca = authority("cluster-ca")
        cluster = Cluster(*ca.issue("cluster"), leader)
        servers.append(cluster)
        prepare(cluster)
        cluster.write_kubeconfig(tmp_path / "config", ca)
        rules = tmp_path / "guard"
        rules.mkdir()
        (rules / "rules.yaml").write_text(rules_text)
        return cluster, start("--kubeconfig", str(tmp_path / "config"), rules=rules)

    yield start_both
    for server in servers:
        server.end()


def test_a_replica_that_stands_by_rests(guard):
    cluster, door = guard(lambda cluster: cluster.add_failing("api"), leader="other")
    eventually(lambda: "other leads" in door.get("/readyz?verbose")[1], "the lead of the other one")
    before, renewed = door.processor_seconds(), cluster.renewed
    eventually(lambda: cluster.renewed >= renewed + 3, "three looks at the Lease")
    assert door.processor_seconds() - before < 0.5
    assert cluster.undone() == []


def test_the_brake_holds_when_all_fail_at_once(guard):
    def prepare(cluster):
        for i in range(5):
            cluster.add_failing(f"api-{i}")

    cluster, door = guard(prepare)
    eventually(lambda: door.metric('tidegate_rollouts{state="Failed"}') == 3, "three that stay")
    assert len(set(cluster.undone())) == 2
    assert door.metric('tidegate_rollouts{state="RollingBack"}') == 2


def test_the_brake_counts_what_others_decided(guard):
    def prepare(cluster):
        cluster.shows_records.clear()
        cluster.add_failing("api")
        cluster.add_undone("web")
        cluster.add_undone("db")

    cluster, door = guard(prepare)
    eventually(lambda: door.metric("tidegate_guard_leader") == 1, "the lead")
    cluster.await_renewals()
    cluster.shows_records.set()
    eventually(lambda: door.metric('tidegate_rollouts{state="Failed"}') == 1 or cluster.undone(),
               "a decision")
    assert cluster.undone() == []


def test_an_act_is_over_before_another_replica_can_lead(guard):
    def prepare(cluster):
        cluster.renews, cluster.slow = False, True
        cluster.add_failing("api")

    cluster, door = guard(prepare)
    eventually(lambda: cluster.renewals, "the lead")
    eventually(lambda: cluster.ended or time.monotonic() > cluster.renewals[0] + 13, "its end")
    assert all(ended < cluster.renewals[0] + limit("lease-duration") for ended in cluster.ended)


def test_a_namespace_gets_the_label_that_a_guard_asks_for(guard):
    def shop(version, **labels):
        return {"metadata": {"name": "shop", "resourceVersion": version, "labels": labels}}

    def prepare(cluster):
        cluster.add_failing("api")
        cluster.objects["namespaces"] = [shop("1")]
        cluster.events["namespaces"] = Later({"type": "MODIFIED", "object": shop("20", guarded="yes")}, None)

    cluster, door = guard(prepare, rules_text=RULES.replace(
        "spec:\n", "spec:\n  match: {namespaceLabels: {guarded: 'yes'}}\n"))
    eventually(lambda: door.metric("tidegate_guard_leader") == 1, "the lead")
    cluster.await_renewals()  # by now it has looked, and will not without a cause
    assert cluster.undone() == []
    cluster.events["namespaces"].go.set()
    eventually(cluster.undone, "a rollback")
