"""`tidegate wait`: did this version get good? Asked at once after the deploy, by each way to name a version."""

import json
import pathlib
import re
import subprocess

import pytest
import yaml

from door import PROGRAM
from guarding import DOCS, guard_of
from played import PlayedNode, app, crash, played, slow
from pods import Pods, deployment
from testbed import eventually

NAMESPACE = "waiting"


@pytest.fixture(scope="module")
def shop(guard, cluster, tmp_path_factory):
    with guard.namespace(NAMESPACE), PlayedNode(cluster, bad=crash, slow=slow) as node:
        guard.guard(guard_of(NAMESPACE, "shop-*", soak="1s"))
        eventually(lambda: guard.metric("tidegate_guard_leader") == 1, "it leads")
        yield Shop(guard, cluster, node, tmp_path_factory.mktemp("manifests"))


class Shop:
    def __init__(self, guard, cluster, node, folder):
        self.guard, self.cluster, self.node, self.folder = guard, cluster, node, folder
        self.pods = Pods(cluster, NAMESPACE)

    def manifest(self, name, image):
        path = self.folder / f"{name}-{image}.json"
        path.write_text(json.dumps(played(deployment(name, app(image)))))
        return path

    def kubectl(self, *args):
        done = self.cluster.kubectl("-n", NAMESPACE, *args)
        assert done.returncode == 0, done.stderr

    def deploy(self, name, image):
        path = self.manifest(name, image)
        self.kubectl("apply", "-f", path)
        return path

    def wait(self, name, *options, user="alice"):
        """Starts it; answer() has its end."""
        argv = [PROGRAM, "wait", "-n", NAMESPACE, f"deployment/{name}", *options]
        return self.cluster.popen_inside(argv, env=self.cluster.env(user), text=True,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def answer(self, name, *options):
        return ended(self.wait(name, *options))

    def healthy(self, name, image="v1"):
        self.deploy(name, image)
        self.guard.await_state(self.pods, name, "Healthy", images=f"app:{image}")


def ended(process):
    with process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out + err


def every_way(shop, name, path, image, revision):
    return [[], ["-f", str(path)], ["--image", f"app:{image}"], ["--revision", str(revision)]]


def test_bad_version(shop):
    """None of them says yes, and each has the cause."""
    shop.healthy("shop-bad")
    path = shop.deploy("shop-bad", "bad")
    asked = [shop.wait("shop-bad", *options, *more) for options in every_way(shop, "shop-bad", path, "bad", 2)
             for more in ([], ["--for", "available"])]
    for process in asked:
        status, said = ended(process)
        assert status == 1, said
        assert "app:bad failed" in said and "ended 3 times" in said
    shop.guard.await_back(shop.pods, "shop-bad")
    for options in every_way(shop, "shop-bad", path, "bad", 2):
        status, said = shop.answer("shop-bad", *options)
        assert status == 1 and "app:bad failed and was rolled back to app:v1: " in said
    assert shop.answer("shop-bad", "--image", "app:v1")[0] == 0


def test_good_version(shop):
    shop.healthy("shop-good")
    path = shop.deploy("shop-good", "v2")
    for process in [shop.wait("shop-good", *options) for options in every_way(shop, "shop-good", path, "v2", 2)]:
        status, said = ended(process)
        assert (status, said) == (0, f"deployment/shop-good in namespace {NAMESPACE}: app:v2 is healthy\n")


def test_available_before_the_soak_is_over(shop):
    shop.guard.guard(guard_of(NAMESPACE, "shop-soak", soak="1h"), guard_of(NAMESPACE, "shop-*", soak="1s"))
    shop.deploy("shop-soak", "v1")
    assert shop.answer("shop-soak", "--for", "available")[0] == 0
    status, said = shop.answer("shop-soak", "--timeout", "2s")
    assert status == 2 and "the time is over: app:v1 is Soaking" in said


def test_replaced_version(shop):
    shop.healthy("shop-replaced")
    path = shop.deploy("shop-replaced", "slow")
    asked = [shop.wait("shop-replaced", *options) for options in every_way(shop, "shop-replaced", path, "slow", 2)[1:]]
    shop.guard.await_state(shop.pods, "shop-replaced", "Progressing", images="app:slow")
    shop.deploy("shop-replaced", "v3")
    for process in asked:
        status, said = ended(process)
        assert status == 1 and "is not what it has: that is app:v3" in said


def test_restart(shop):
    """A restart is not the health of before."""
    shop.healthy("shop-restart", "v7")
    shop.node.play(v7=crash)
    shop.kubectl("rollout", "restart", "deployment/shop-restart")
    status, said = shop.answer("shop-restart")
    assert status == 1 and "app:v7 failed: " in said
    status = shop.guard.await_state(shop.pods, "shop-restart", "Failed")
    assert "is not rolled back: it is the version that was healthy, restarted" in status["words"]


@pytest.mark.parametrize("name, change, why", [
    ("shop-paused", ["rollout", "pause"], "it is paused"),
    ("shop-zero", ["scale", "--replicas=0"], "it is scaled to zero"),
])
def test_nobody_can_tell(shop, name, change, why):
    shop.healthy(name)
    shop.kubectl(*change, f"deployment/{name}")
    status, said = shop.answer(name)
    assert status == 2 and why in said


def test_no_guard(shop):
    shop.deploy("unguarded", "v1")
    status, said = shop.answer("unguarded")
    assert status == 2 and "no RolloutGuard matches it" in said


def test_guard_is_gone(shop):
    shop.guard.guard(guard_of(NAMESPACE, "left", soak="1s"), guard_of(NAMESPACE, "shop-*", soak="1s"))
    shop.healthy("left")
    shop.guard.guard(guard_of(NAMESPACE, "shop-*", soak="1s"))
    shop.deploy("left", "v2")
    status, said = shop.answer("left")
    assert status == 2 and "no RolloutGuard matches it any more" in said


def test_no_workload(shop):
    assert shop.answer("nobody")[0] == 2


# --- the recipes of docs/commands.md


def recipe(heading):
    """The script of a recipe: its block, or what GitHub runs of its step."""
    text = (DOCS / "commands.md").read_text(encoding="utf-8").partition(f"**{heading}**")[2]
    language, block = re.search(r"(?s)```(\w*)\n(.*?)```", text).groups()
    return yaml.safe_load(block)[0]["run"] if language == "text" else block


@pytest.mark.parametrize("heading", ["In a script", "As a step of GitHub Actions"])
@pytest.mark.parametrize("image, status", [("v2", 0), ("bad", 1)])
def test_recipe(shop, heading, image, status):
    name = f"shop-{len(heading)}-{image}"
    shop.healthy(name)
    script = recipe(heading).replace("api.yaml", str(shop.manifest(name, image)))
    script = script.replace("deployment/api", f"deployment/{name}").replace("-n shop ", f"-n {NAMESPACE} ")
    env = shop.cluster.env("alice")
    env["PATH"] = f"{pathlib.Path(PROGRAM).parent}:{env['PATH']}"
    done = ended(shop.cluster.popen_inside(["bash", "-e", "-c", script], env=env, text=True, stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE))
    assert done[0] == status, done
