"""A person acts in the middle of a rollout, of a failure, of a rollback: the person wins, and nothing
happens twice. The pods are played, so that the middle is where the test says."""

import json
import subprocess
import time

import pytest

from guarding import guard_of, order
from played import PlayedNode, app, crash, played, slow, well
from pods import Pods, deployment
from testbed import eventually
from timing import Trail

PEOPLE = "people"


@pytest.fixture(scope="module")
def node(cluster):
    with PlayedNode(cluster, bad=crash, slow=slow) as made:
        yield made


@pytest.fixture(scope="module")
def shops(guard, cluster):
    """The namespace of all these trials, which is guarded."""
    with guard.namespace(PEOPLE):
        guard.guard(guard_of(PEOPLE, soak="0s"))
        eventually(lambda: guard.metric("tidegate_guard_leader") == 1, "it leads")
        yield Pods(cluster, PEOPLE)


class Shop:
    """A Deployment of the test's name, whose v1 was seen healthy."""

    def __init__(self, guard, pods, name):
        self.guard, self.pods, self.name, self.begun = guard, pods, name, time.time()
        self.deploy("v1")
        self.await_state("Healthy", "v1")

    def deploy(self, image):
        self.pods.apply(played(deployment(self.name, app(image))))

    def kubectl(self, *args, **kw):
        return self.pods.kubectl(*args, f"deployment/{self.name}", **kw)

    def popen(self, command):
        """A kubectl of alice's that is not waited for."""
        argv = ["kubectl", "-n", PEOPLE, *command.format(f"deployment/{self.name}").split()]
        return self.pods.cluster.popen_inside(argv, env=self.pods.cluster.env("alice"),
                                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def await_state(self, state, image):
        return self.guard.await_state(self.pods, self.name, state, images=f"app:{image}")

    def image(self):
        found = self.guard.api.workload(self.pods, self.name)
        return found["spec"]["template"]["spec"]["containers"][0]["image"].partition(":")[2]

    def patches(self):
        """How often the guard wrote it."""
        return len(Trail(self.pods.cluster, PEOPLE, self.name, self.begun).patches())

    def steps(self):
        return [step["what"] for step in self.guard.status(self.pods, self.name)["history"]
                if step["at"] >= int(self.begun)]


@pytest.fixture
def shop(request, guard, shops, node):
    name = request.node.name.removeprefix("test_").replace("_", "-")
    return Shop(guard, shops, name)


# --- in the middle of a rollout


def test_undo_of_a_rollout(shop):
    shop.deploy("slow")
    shop.await_state("Progressing", "slow")
    shop.kubectl("rollout", "undo")
    shop.await_state("Healthy", "v1")
    assert shop.patches() == 0 and "Failed" not in shop.steps()


def test_newer_version_in_a_rollout(shop):
    shop.deploy("slow")
    shop.await_state("Progressing", "slow")
    shop.deploy("v3")
    shop.await_state("Healthy", "v3")
    assert shop.patches() == 0 and "Failed" not in shop.steps()


def test_pause_of_a_rollout(shop, node):
    """What fails while a person holds it is not undone before the person lets it go."""
    node.play(pausing=slow)
    shop.deploy("pausing")
    shop.await_state("Progressing", "pausing")
    shop.kubectl("rollout", "pause")
    shop.await_state("Suspended", "pausing")
    node.play(pausing=crash)
    with pytest.raises(AssertionError, match="not within"):
        shop.guard.await_status(shop.pods, shop.name, "moves", lambda r: r["state"] != "Suspended",
                                within=3)
    assert shop.image() == "pausing" and shop.patches() == 0
    shop.kubectl("rollout", "resume")
    shop.guard.await_back(shop.pods, shop.name)
    assert shop.image() == "v1" and shop.patches() == 1


def test_deletion_in_a_rollout(shop):
    shop.deploy("slow")
    before = shop.await_state("Progressing", "slow")
    shop.kubectl("delete")
    shop.deploy("slow")
    after = shop.guard.await_status(shop.pods, shop.name, "begins again",
                                    lambda r: r["uid"] != before["uid"])
    assert not after.get("good")
    shop.deploy("v3")
    shop.await_state("Healthy", "v3")
    assert shop.patches() == 0


def test_undo_brings_a_release_back(shop):
    """The old ReplicaSet bears an order that was given a moment ago, by somebody else."""
    name, pods = shop.name, shop.pods
    release = order("0" * 64, user="alice")
    pods.kubectl("annotate", f"deployment/{name}", f"tidegate.dev/release={release}")
    eventually(lambda: [it for it in pods.items("replicasets", "-l", f"app={name}")
                        if it["metadata"]["annotations"].get("tidegate.dev/release")], "its ReplicaSet bears it")
    shop.deploy("v3")
    shop.await_state("Healthy", "v3")
    pods.kubectl("annotate", f"deployment/{name}", "tidegate.dev/release-")
    shop.kubectl("rollout", "undo", user="bob")
    shop.await_state("Healthy", "v1")


# --- in the middle of a rollback


@pytest.fixture
def going_back(shop, node):
    """It has just gone back to v1, whose pods are not ready again yet."""
    old, bad = f"{shop.name}-old", f"{shop.name}-bad"
    node.play(**{bad: slow})
    shop.old, shop.bad = old, bad
    shop.deploy(old)
    shop.await_state("Healthy", old)
    shop.deploy(bad)
    shop.await_state("Progressing", bad)
    node.play(**{old: slow, bad: crash})
    shop.guard.await_status(shop.pods, shop.name, "goes back",
                            lambda r: r["state"] == "Progressing" and r["images"] == f"app:{old}")
    return shop


def test_undo_of_a_rollback(going_back, node):
    """It would lead to what failed, which the door keeps out."""
    shop = going_back
    done = shop.kubectl("rollout", "undo", check=False)
    assert done.returncode == 1 and "quarantine" in done.stderr
    node.play(**{shop.old: well})
    shop.await_state("Healthy", shop.old)
    assert shop.patches() == 1 and shop.steps().count("Failed") == 1


def test_newer_version_in_a_rollback(going_back):
    shop = going_back
    shop.deploy("v3")
    shop.await_state("Healthy", "v3")
    assert shop.image() == "v3" and shop.patches() == 1


def test_pause_of_a_rollback(going_back, node):
    shop = going_back
    shop.kubectl("rollout", "pause")
    shop.await_state("Suspended", shop.old)
    node.play(**{shop.old: well})
    shop.kubectl("rollout", "resume")
    shop.await_state("Healthy", shop.old)
    assert shop.patches() == 1 and shop.steps().count("RolledBack") == 1


def test_deletion_in_a_rollback(going_back, node):
    """Created again it is another one: nothing was healthy there, and what failed is still in quarantine."""
    shop = going_back
    shop.kubectl("delete")
    failed = json.dumps(played(deployment(shop.name, app(shop.bad))))
    done = shop.pods.cluster.kubectl("create", "-n", PEOPLE, "-f", "-", input=failed)
    assert done.returncode == 1 and "quarantine" in done.stderr
    shop.deploy("v3")
    shop.await_state("Healthy", "v3")
    assert shop.patches() == 1


# --- at the very instant of a failure

RACES = 6
STEP = 0.03  # seconds; all of a kubectl takes about 0.15


def race(guard, pods, node, name, command, refused=None):
    """A person's act at many workloads, each at another instant around its failure."""
    shops = [Shop(guard, pods, f"{name}-{i}") for i in range(RACES)]
    node.play(**{f"{shop.name}-bad": slow for shop in shops})
    for shop in shops:
        shop.deploy(f"{shop.name}-bad")
    for shop in shops:
        shop.await_state("Progressing", f"{shop.name}-bad")
    for i, shop in enumerate(shops):
        with shop.popen(command) as person:
            time.sleep(i * STEP)  # the instant is what this is about
            node.play(**{f"{shop.name}-bad": crash})
            said = person.communicate(timeout=30)[1]
        assert person.returncode == 0 or refused and refused in said, said
    return shops


def test_newer_version_at_a_failure(guard, shops, node):
    for shop in race(guard, shops, node, "newer", "set image {} app=app:v3"):
        shop.await_state("Healthy", "v3")
        assert shop.image() == "v3" and shop.patches() <= 1


def test_undo_at_a_failure(guard, shops, node):
    for shop in race(guard, shops, node, "undo", "rollout undo {}", refused="quarantine"):
        shop.await_state("Healthy", "v1")
        assert shop.image() == "v1" and shop.patches() <= 1


def test_pause_at_a_failure(guard, shops, node):
    """Paused on what failed, on the way back, or once all was over; let go, it is back."""
    for shop in race(guard, shops, node, "pause", "rollout pause {}"):
        shop.guard.await_status(
            shop.pods, shop.name, "is suspended, or was back before",
            lambda r: r["state"] == "Suspended" or (r["state"], r["images"]) == ("Healthy", "app:v1"))
        before = shop.patches(), shop.image()
        assert before in ((0, f"{shop.name}-bad"), (1, "v1"))
        shop.kubectl("rollout", "resume")
        shop.await_state("Healthy", "v1")
        assert shop.image() == "v1" and shop.patches() == 1


def test_deletion_at_a_failure(guard, shops, node):
    for shop in race(guard, shops, node, "delete", "delete {}"):
        assert guard.api.workload(shops, shop.name) is None
        before = shop.patches()
        shop.deploy("v3")
        shop.await_state("Healthy", "v3")
        assert shop.image() == "v3" and shop.patches() == before <= 1
