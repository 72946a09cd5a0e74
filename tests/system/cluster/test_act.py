"""What the guard does to a workload, by tests/system/probe/act, beside what kubectl does to its twin."""

import json
import os
import pathlib
import subprocess

import pytest

from testbed import eventually

PROBE = pathlib.Path(os.environ["TIDEGATE"]).parent / "tests/system/probe/act"
REVISIONS = {"Deployment": "replicasets", "StatefulSet": "controllerrevisions", "DaemonSet": "controllerrevisions"}
KINDS = list(REVISIONS)


def manifest(kind, name, image):
    labels = {"app": name}
    container = {"name": "api", "image": image, "ports": [{"containerPort": 8080}],
                 "resources": {"limits": {"cpu": "1000m", "memory": "64Mi"}},
                 "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}}}
    spec = {"selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels, "annotations": {"note": image}},
                         "spec": {"initContainers": [{"name": "migrate", "image": image}],
                                  "containers": [container]}}}
    if kind == "StatefulSet":
        spec["serviceName"] = name
    cause = {"kubernetes.io/change-cause": image, "owner": image, "tidegate.dev/approve": image}
    return json.dumps({"apiVersion": "apps/v1", "kind": kind, "spec": spec,
                       "metadata": {"name": name, "annotations": cause}})


class Workload:
    def __init__(self, cluster, namespace, kind, name):
        self.cluster, self.namespace, self.kind, self.name = cluster, namespace, kind, name
        for number, image in enumerate(["api:v1", "api:v2"], 1):
            self.apply(image)
            eventually(lambda: number in self.revisions(), f"revision {number} of {kind} {name}")
        self.settle()

    def apply(self, image):
        self.kubectl("apply", "-f", "-", input=manifest(self.kind, self.name, image))

    def kubectl(self, *args, **kw):
        return self.cluster.kubectl("-n", self.namespace, *args, check=True, **kw)

    def get(self):
        return self.cluster.get("-n", self.namespace, self.kind, self.name)

    def revisions(self):
        """The names of its revisions by their number."""
        found = self.cluster.items("-n", self.namespace, REVISIONS[self.kind], "-l", f"app={self.name}")
        key = "deployment.kubernetes.io/revision"
        return {one.get("revision") or int(one["metadata"].get("annotations", {}).get(key, 0)):
                one["metadata"]["name"] for one in found}

    def settle(self):
        """Its controller has seen the newest template and says so."""
        def settled():
            seen = self.get()
            return seen["status"].get("observedGeneration") == seen["metadata"]["generation"]
        eventually(settled, f"{self.name} settles")

    def act(self, *arguments, meanwhile=lambda: None):
        """Acts; `meanwhile` is done after things were looked at. The outcome and its words."""
        argv = [PROBE, self.cluster.dir / "kube/admin", *arguments]
        process = self.cluster.popen_inside(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        meanwhile()
        lines = process.communicate("\n", timeout=60)[0].splitlines()
        assert process.returncode == 0
        return lines

    def undo(self, revision, **kw):
        return self.act("undo", self.kind, self.namespace, self.name, revision, **kw)

    def image(self):
        return self.get()["spec"]["template"]["spec"]["containers"][0]["image"]


@pytest.fixture
def workload(cluster, namespace):
    return lambda kind, name="api": Workload(cluster, namespace, kind, name)


def comparable(workload):
    """What can be compared with a twin, as text; and its annotations of ours."""
    seen = workload.get()
    for key in ("uid", "resourceVersion", "creationTimestamp"):
        del seen["metadata"][key]
    del seen["status"]
    annotations = seen["metadata"]["annotations"]
    ours = {key: annotations.pop(key) for key in list(annotations) if key.startswith("tidegate.dev/")}
    return json.dumps(seen, indent=1, sort_keys=True).replace(workload.name, "NAME"), ours


@pytest.mark.parametrize("kind", KINDS)
def test_undo_does_what_kubectl_does(workload, kind):
    ours, theirs = workload(kind, "ours"), workload(kind, "theirs")
    assert ours.undo(ours.revisions()[1]) == ["done", ""]
    theirs.kubectl("rollout", "undo", f"{kind}/theirs", "--to-revision=1")
    for twin in ours, theirs:
        eventually(lambda: 3 in twin.revisions(), "a third revision")
        twin.settle()
    if kind == "Deployment":
        eventually(lambda: ours.get()["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3", "3")
    (mine, kept), (yours, _) = comparable(ours), comparable(theirs)
    assert mine == yours
    assert ours.image() == "api:v1"
    assert kept == ({} if kind == "Deployment" else {"tidegate.dev/approve": "api:v2"})


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_wins(workload, kind):
    one = workload(kind)
    first = one.revisions()[1]

    def restart_it_with_another_image():
        one.kubectl("set", "image", f"{kind}/api", "api=api:v3")
    assert one.undo(first, meanwhile=restart_it_with_another_image) == ["superseded", "its template was changed"]
    assert one.image() == "api:v3"

    def delete_it():
        one.kubectl("delete", kind, "api", "--cascade=orphan")
    outcome, words = one.undo(first, meanwhile=delete_it)
    assert (outcome, words[:4]) == ("superseded", "404:")


def test_a_pause_wins(workload):
    one = workload("Deployment")
    first = one.revisions()[1]
    assert one.act("pause", "Deployment", one.namespace, "api") == ["done", ""]
    assert one.get()["spec"]["paused"] is True
    assert one.undo(first) == ["superseded", "it is paused"]
    one.kubectl("rollout", "resume", "deployment/api")
    assert one.undo(first) == ["done", ""]


@pytest.mark.parametrize("kind", KINDS)
def test_scaling_and_restarts_do_not_matter(workload, kind):
    """A restart is the same template once more; it is undone, too."""
    one = workload(kind)

    def meddle():
        one.kubectl("label", kind, "api", "team=x")
        one.kubectl("rollout", "restart", f"{kind}/api")
        if kind != "DaemonSet":
            one.kubectl("scale", f"{kind}/api", "--replicas=5")
    assert one.undo(one.revisions()[1], meanwhile=meddle) == ["done", ""]
    assert one.image() == "api:v1"
    if kind != "DaemonSet":
        assert one.get()["spec"]["replicas"] == 5


def test_writes_in_between(workload):
    """The version changes all the while, and with it what the patch's test holds against."""
    one = workload("Deployment")
    first = one.revisions()[1]
    script = "i=0; while :; do i=$((i+1)); kubectl -n $0 scale deployment/api --replicas=$((i % 5)); done"
    scaling = one.cluster.popen_inside(["sh", "-c", script, one.namespace], env=one.cluster.env("alice"),
                                       stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: one.undo(first)[0] == "done" or one.image() == "api:v1", "undone")
    finally:
        scaling.kill()
        scaling.wait()
    assert one.image() == "api:v1"


def test_a_replicaset_that_somebody_changed(workload):
    one = workload("Deployment")
    first = one.revisions()[1]

    def smuggle():
        patch = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "evil:v1"}]
        one.kubectl("patch", "replicaset", first, "--type=json", "-p", json.dumps(patch))
    assert one.undo(first, meanwhile=smuggle) == [
        "refused", f'ReplicaSet "{first}" no longer holds the template that was healthy']
    assert one.image() == "api:v2"


def test_a_policy_denies_it(workload, cluster):
    one = workload("Deployment")
    first = one.revisions()[1]
    policy = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
              "metadata": {"name": "no-undo"},
              "spec": {"failurePolicy": "Fail", "validations": [{"expression": "false", "message": "not here"}],
                       "matchConstraints": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": one.namespace}},
                                            "resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1"],
                                                               "operations": ["UPDATE"], "resources": ["deployments"]}]}}}
    binding = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
               "metadata": {"name": "no-undo"}, "spec": {"policyName": "no-undo", "validationActions": ["Deny"]}}
    for document in policy, binding:
        cluster.kubectl("apply", "-f", "-", user="admin", input=json.dumps(document), check=True)
    try:
        eventually(lambda: cluster.kubectl("-n", one.namespace, "label", "deployment/api", "x=y",
                                           "--dry-run=server").returncode != 0, "the policy holds")
        outcome, words = one.undo(first)
        assert (outcome, words[:4], words[-8:]) == ("refused", "422:", "not here")
    finally:
        for document in binding, policy:
            cluster.kubectl("delete", document["kind"], "no-undo", user="admin", check=True)


def test_a_pod_is_deleted_by_its_uid(workload):
    one = workload("StatefulSet")
    pod = eventually(lambda: one.cluster.get("-n", one.namespace, "pod", "api-0"), "the pod")
    uid = pod["metadata"]["uid"]

    def delete(uid):
        return one.act("delete-pod", one.namespace, "api-0", uid)
    outcome, words = delete(uid[::-1])
    assert (outcome, words[:4]) == ("superseded", "409:")
    assert delete(uid) == ["done", ""]
    eventually(lambda: (one.cluster.get("-n", one.namespace, "pod", "api-0") or pod)["metadata"]["uid"] != uid,
               "another pod")
