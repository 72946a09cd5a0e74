"""What is not a failure, and what is one that is not answered by a rollback."""

import json

import pytest

import timing
from guarding import guard_of
from pods import Pods, deployment, server
from testbed import eventually

NAMESPACE = "calm"
# All that can be counted, at its strictest.
STRICT = {"crashLoop": {"restarts": 1}, "oomKilled": {"times": 1}, "readiness": {"flaps": 1},
          "waiting": {"for": "1s"}, "imagePull": {"for": "1s"}, "unschedulable": {"for": "2s"},
          "replicaFailure": {"for": "2s"}}


def breakable(name):
    """Is ready until somebody makes a file in it."""
    made = server("v1")
    made["readinessProbe"] = {"exec": {"command": ["sh", "-c", "! test -e /tmp/broken"]},
                              "periodSeconds": 1, "failureThreshold": 1}
    return deployment(name, made, replicas=1)


@pytest.fixture(scope="module")
def calm(guard, cluster):
    """A namespace in which `broken`, which was good, has been broken."""
    with guard.namespace(NAMESPACE):
        pods = Pods(cluster, NAMESPACE)
        pods.roll_out(breakable("broken"))
        guard.guard(guard_of(NAMESPACE, "broken", fail={"readiness": {"within": "3s"}}),
                    guard_of(NAMESPACE, fail=STRICT, soak="12s"))
        guard.await_state(pods, "broken", "Healthy")
        [pod] = pods.list("broken")
        cluster.kubectl("exec", "-n", NAMESPACE, pod["metadata"]["name"], "--", "touch", "/tmp/broken",
                        check=True)
        yield pods


def slow_to_end(name, image):
    """A pod that goes is killed, and so ends as one that failed."""
    return deployment(name, server(image, LINGER=30), pod={"terminationGracePeriodSeconds": 1})


def evict(pods, pod):
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction",
                "metadata": {"name": pod, "namespace": NAMESPACE}}
    url = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}/eviction"
    done = pods.cluster.kubectl("create", "--raw", url, "-f", "-", input=json.dumps(eviction))
    assert done.returncode == 0, done.stderr


def scale(pods, name):
    for replicas in 4, 1, 3:
        pods.kubectl("scale", f"deployment/{name}", f"--replicas={replicas}")


def newest(pods, name):
    return [it["metadata"]["name"] for it in pods.list(name)
            if it["spec"]["containers"][0]["image"].endswith(":v2")][0]


def test_scaling_and_lost_pods_are_no_failures(guard, calm):
    """While v2 soaks it is scaled, a pod of it is evicted, and another one deleted."""
    names = ["scaled", "evicted", "deleted"]
    calm.roll_out(*(slow_to_end(name, "v1") for name in names))
    for name in names:
        guard.await_state(calm, name, "Healthy")
    calm.apply(*(slow_to_end(name, "v2") for name in names))
    for name in names:
        guard.await_state(calm, name, "Soaking", images="app:v2")
    scale(calm, "scaled")
    evict(calm, newest(calm, "evicted"))
    calm.kubectl("delete", "pod", newest(calm, "deleted"), "--wait=false")
    for name in names:
        status = guard.await_state(calm, name, "Healthy", images="app:v2")
        assert status["failed"] == []
        assert not guard.events(calm, name, "RolloutFailed")
        assert not timing.Trail(calm.cluster, NAMESPACE, name).patches()


def test_what_was_good_and_breaks_is_told(guard, calm):
    """A minute of it, so this is the last test here."""
    status = guard.await_state(calm, "broken", "Degraded", within=90)
    assert "has not been ready for 3s" in status["words"]
    note = guard.await_event(calm, "broken", "Degraded")["note"]
    assert "broke without a new template, so nothing is rolled back" in note
    assert f"tidegate rollback -n {NAMESPACE} deployment/broken" in note
    assert not timing.Trail(calm.cluster, NAMESPACE, "broken").patches()
    calm.kubectl("delete", "pod", calm.list("broken")[0]["metadata"]["name"], "--wait=false")
    eventually(lambda: calm.list("broken")[0]["status"]["phase"] == "Running", "another pod", 30)
