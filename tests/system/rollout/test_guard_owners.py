"""After a rollback the next deploy goes through without force, and leaves nothing behind: the table of
docs/after-a-rollback.md, row by row, by the tools themselves. Argo CD and Flux are played by kubectl under the names of
their field managers."""

import json
import pathlib
import re
import subprocess

import pytest

from guarding import DOCS, guard_of
from played import PlayedNode, app, crash, played
from pods import Pods, deployment, stateful_set
from testbed import eventually

NAMESPACE = "owners"
PAGE = DOCS / "after-a-rollback.md"
SUITES = pathlib.Path(__file__).parents[1]


def built(folder):
    done = subprocess.run([SUITES.parents[1] / "tools" / "build-go", folder], check=True, text=True, stdout=subprocess.PIPE)
    return pathlib.Path(done.stdout.strip()) / "helm"


# --- versions

def manifest(name, version, make=deployment):
    """v2 drops a variable and a sidecar of v1, and adds others; v3 has none of them."""
    main = app(version)
    main["env"] = {"v1": [{"name": "OLD", "value": "1"}], "v2": [{"name": "NEW", "value": "1"}], "v3": []}[version]
    beside = {"v1": ["old"], "v2": ["new"], "v3": []}[version]
    made = played(make(name, main, *({"name": it, "image": f"{it}:v1"} for it in beside)))
    made["metadata"]["annotations"] = {"kubernetes.io/change-cause": version}
    return made


def content(workload):
    """What its manifest says of the pods: image, variables and containers."""
    containers = workload["spec"]["template"]["spec"]["containers"]
    return {it["name"]: (it["image"], [e["name"] for e in it.get("env", [])]) for it in containers}


# --- tools

class Tools:
    def __init__(self, pods, folder):
        self.pods, self.folder = pods, folder
        self.helms = {"Helm 3": built(SUITES / "helm3"), "Helm 4": built(SUITES / "chart")}

    def kubectl(self, *args, input=None):
        return self.pods.cluster.kubectl("-n", self.pods.namespace, *args, input=input)

    def apply(self, name, version, *options):
        return self.kubectl("apply", *options, "-f", "-", input=json.dumps(manifest(name, version)))

    def helm(self, tool, *args):
        return self.pods.cluster.run_inside([self.helms[tool], "-n", self.pods.namespace, *args], "alice")

    def upgrade(self, tool, name, version):
        chart = self.folder / f"{name}-{version}"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("{apiVersion: v2, name: shop, version: 1.0.0}")
        (chart / "templates" / "app.yaml").write_text(json.dumps(manifest(name, version)))
        return self.helm(tool, "upgrade", "--install", name, chart)

    def deploy(self, tool, name, version):
        kubectl = {
            "kubectl apply": [],
            "kubectl apply --server-side": ["--server-side"],
            "Argo CD": ["--field-manager=argocd-controller"],
            "Argo CD, server-side": ["--server-side", "--field-manager=argocd-controller"],
            "Flux": ["--server-side", "--field-manager=kustomize-controller"],
        }
        if tool in kubectl:
            return self.apply(name, version, *kubectl[tool])
        if tool == "kubectl set image":
            return self.kubectl("set", "image", f"deployment/{name}", f"app=app:{version}")
        return self.upgrade(tool, name, version)

    def must(self, done):
        assert done.returncode == 0, done.stdout + done.stderr


# --- the table

def rows():
    found = re.findall(r"(?m)^\| (?!healthy|---)(.*?) \|$", PAGE.read_text(encoding="utf-8").partition("## Who can")[2])
    return [tuple(cell.strip() for cell in row.split("|")) for row in found]


ROWS = rows()


class Trial:
    def __init__(self, tools, guard, number, row):
        self.tools, self.guard = tools, guard
        self.first, self.second, self.by, self.third, self.outcome = row
        self.name = f"{'shop' if self.by.startswith('guard') else 'left'}-{number}"

    def workload(self):
        return self.guard.api.workload(self.tools.pods, self.name)

    def begin(self):
        self.tools.must(self.tools.deploy(self.first, self.name, "v1"))

    def await_good(self):
        """Until v1 is healthy, and its owners are kept."""
        self.guard.await_status(self.tools.pods, self.name, "v1 is good", lambda r: r["state"] == "Healthy"
                                and r["healthy"][-1]["owners"] > 0)
        self.good = self.workload()

    def fail(self):
        self.tools.must(self.tools.deploy(self.second, self.name, "v2"))

    def roll_back(self):
        pods, tools = self.tools.pods, self.tools
        if self.by == "kubectl rollout undo":
            tools.must(tools.kubectl("rollout", "undo", f"deployment/{self.name}"))
        if self.by == "helm rollback":
            tools.must(tools.helm(self.second, "rollback", self.name, "1"))
        if self.by.startswith("guard"):
            self.guard.await_back(pods, self.name)
        else:
            self.guard.await_state(pods, self.name, "Healthy", images=self.images(self.good))
        self.back = self.workload()
        if self.by == "guard, helm rollback":
            tools.must(tools.helm(self.third, "rollback", self.name))
            assert self.workload()["metadata"]["generation"] == self.back["metadata"]["generation"]

    def images(self, workload):
        return ", ".join(it["image"] for it in workload["spec"]["template"]["spec"]["containers"])

    def go_on(self):
        self.done = self.tools.deploy(self.third, self.name, "v3")
        self.end = self.workload()


@pytest.fixture(scope="module")
def trials(guard, cluster, tmp_path_factory):
    """Every row, a step of all after the other."""
    with guard.namespace(NAMESPACE), PlayedNode(cluster, v2=crash):
        guard.guard(guard_of(NAMESPACE, "shop-*", soak="0s"), guard_of(NAMESPACE, "left-*", soak="0s", onFailure="notify"))
        eventually(lambda: guard.metric("tidegate_guard_leader") == 1, "it leads")
        tools = Tools(Pods(cluster, NAMESPACE), tmp_path_factory.mktemp("charts"))
        made = [Trial(tools, guard, i, row) for i, row in enumerate(ROWS)]
        for step in Trial.begin, Trial.await_good, Trial.fail, Trial.roll_back, Trial.go_on:
            for trial in made:
                step(trial)
        yield made


@pytest.mark.parametrize("number", range(len(ROWS)), ids=["; ".join(row) for row in ROWS])
def test_row(trials, number):
    trial = trials[number]
    assert content(trial.back) == content(trial.good)
    said = trial.done.stdout + trial.done.stderr
    wanted = content(manifest(trial.name, "v3"))
    if trial.outcome.startswith("conflict with "):
        assert trial.done.returncode != 0 and re.search(f'conflicts? with "{trial.outcome.split()[-1]}"', said)
    elif trial.outcome == "left over":
        trial.tools.must(trial.done)
        assert content(trial.end) != wanted
    else:
        trial.tools.must(trial.done)
        assert content(trial.end) == wanted


def test_helm_release_is_told(trials):
    """Where Helm computes an upgrade from its release, the Event has the command; nowhere else."""
    for trial in trials:
        if trial.by.startswith("guard"):
            command = f"helm rollback -n {NAMESPACE} {trial.name} "
            note = trial.guard.await_event(trial.tools.pods, trial.name, "RolledBack")["note"]
            assert (command in note) == (trial.first == "Helm 3"), f"{trial.first}, {trial.second}: {note}"


@pytest.mark.parametrize("options", [[], ["--server-side"]], ids=["apply", "apply --server-side"])
def test_stateful_set(trials, guard, cluster, options):
    pods = Pods(cluster, NAMESPACE)
    name = f"shop-set{len(options)}"

    def apply(version):
        done = cluster.kubectl("-n", NAMESPACE, "apply", *options, "-f", "-",
                               input=json.dumps(manifest(name, version, stateful_set)))
        assert done.returncode == 0, done.stderr
        return content(guard.api.workload(pods, name, "StatefulSet"))

    good = apply("v1")
    guard.await_status(pods, name, "v1 is good", lambda r: r["state"] == "Healthy" and r["healthy"][-1]["owners"] > 0,
                       "StatefulSet")
    apply("v2")
    guard.await_back(pods, name, "StatefulSet")
    assert content(guard.api.workload(pods, name, "StatefulSet")) == good
    assert apply("v3") == content(manifest(name, "v3", stateful_set))
