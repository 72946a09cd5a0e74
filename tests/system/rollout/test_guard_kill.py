"""Three replicas, of which the one that leads is killed at random instants of failing rollouts. What
had been decided is in the cluster by then, so that the next one goes on and does nothing twice.

`make test-long` kills 50 times. TIDEGATE_SEED repeats the instants of a run."""

import contextlib
import os
import random
import subprocess
import time

import pytest

from door import PORT, Door
from guarding import Guard, guard_of
from played import PlayedNode, app, crash, played
from pods import Pods, deployment
from testbed import SYSTEM, eventually
from timing import Trail

KILLS = int(os.environ.get("TIDEGATE_KILLS", "5"))
SEED = int(os.environ.get("TIDEGATE_SEED", time.time_ns() % 1_000_000))
NAMESPACE = "killed"
SHOPS = [f"shop-{i}" for i in range(5)]
LONGEST = 1.5  # seconds from the deploy to the kill: by then all is over, at times
NEXT_LEADER = 15


class Replica(Guard):
    """One of three, each on a port of its own. No review comes to them: the door needs no leader."""

    def __init__(self, cluster, folder, number):
        super().__init__(cluster, folder)
        self.port = PORT + number

    def start_again(self):
        Door.start(self, "--shutdown-delay", "0", "--kubeconfig", self.dir / "kubeconfig")

    def leads(self):
        return self.metric("tidegate_guard_leader") == 1

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def replicas(cluster, tmp_path_factory):
    made = [Replica(cluster, tmp_path_factory.mktemp("replica"), i) for i in range(3)]
    with contextlib.ExitStack() as stack:
        for it in made:
            it.start()
            stack.callback(it.stop)
            it.guard(guard_of(NAMESPACE, soak="1s"))
        yield made


@pytest.fixture(scope="module")
def pods(replicas, cluster):
    """Five Deployments whose v1 was seen healthy."""
    with replicas[0].namespace(NAMESPACE), PlayedNode(cluster) as node:
        pods = Pods(cluster, NAMESPACE)
        pods.node, pods.since = node, time.time()
        pods.apply(*(played(deployment(it, app("v1"))) for it in SHOPS))
        for it in SHOPS:
            replicas[0].await_status(pods, it, "v1 is good", lambda r: r["state"] == "Healthy"
                                     and r["healthy"][-1]["owners"] > 0)
        yield pods


def holder(cluster):
    return cluster.get("lease", "tidegate-guard", "-n", SYSTEM)["spec"].get("holderIdentity")


def deploy(pods, image):
    """Begins to deploy it everywhere, as alice; the kubectl that does it."""
    return pods.cluster.popen_inside(
        ["kubectl", "set", "image", "deployments", "--all", f"app=app:{image}", "-n", NAMESPACE],
        env=pods.cluster.env("alice"), stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("trial", range(KILLS))
def test_leader_is_killed(replicas, pods, cluster, trial):
    instant = random.Random(SEED * 1000 + trial).uniform(0, LONGEST)
    print(f"TIDEGATE_SEED={SEED}: killed {instant:.3f} s after the deploy")
    leader = eventually(lambda: next((it for it in replicas if it.leads()), None), "one leads")
    before, bad = holder(cluster), f"bad-{trial}"
    pods.node.play(**{bad: crash})
    with deploy(pods, bad) as kubectl:
        time.sleep(instant)  # what the trial is about
        leader.kill()
    assert kubectl.returncode == 0
    eventually(lambda: holder(cluster) not in (before, "", None), "another one leads", NEXT_LEADER)
    leader.start_again()
    for shop in SHOPS:  # the new leader may not have looked yet
        leader.await_status(pods, shop, f"{bad} has failed", lambda r: any(
            failure["images"] == f"app:{bad}" for failure in r["failed"]))
        status = leader.await_back(pods, shop)
        assert status["images"] == "app:v1" and status["failed"][-1]["images"] == f"app:{bad}"
        leader.await_status(pods, shop, "all is told", lambda r: not any(
            step.get("untold") for step in r["history"]))
    for shop in SHOPS:
        once(leader, pods, shop, trial + 1)
    pods.since = time.time()  # the next trial counts the patches from here on


def template_owners(pods, shop):
    found = pods.get("deployment", shop, "--show-managed-fields")["metadata"]["managedFields"]
    return {it["manager"] for it in found if "f:template" in it["fieldsV1"].get("f:spec", {})}


def once(replica, pods, shop, times):
    """Each template that failed until now was rolled back once, and told of by one Event. That one
    counts two when the leader was killed after it had told and before it had noted that. A patch
    whose sender is killed is answered with 504, whether it was written or not; the revision tells:
    each deploy and each rollback is one."""
    trail = Trail(pods.cluster, NAMESPACE, shop, pods.since)
    answered, canceled = len(trail.patches()), len(trail.patches(code=504))
    assert answered <= 1 <= answered + canceled, shop
    annotations = pods.get("deployment", shop)["metadata"]["annotations"]
    assert annotations["deployment.kubernetes.io/revision"] == str(1 + 2 * times), shop
    eventually(lambda: "tidegate" not in template_owners(pods, shop), f"{shop}: its owners have it again")
    for reason in "RolloutFailed", "RolledBack":
        events = replica.events(pods, shop, reason)
        counts = [it["deprecatedCount"] for it in events]
        assert len(counts) == times and set(counts) <= {1, 2}, f"{shop}: {reason}: {counts}"
