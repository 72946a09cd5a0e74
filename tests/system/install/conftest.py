"""Tidegate as people install it: by Helm, with the image of `make image`, on a cluster with a node."""

import json
import pathlib
import re
import ssl
import subprocess

import pytest

from door import Https, read_sample
from fixtures import (figures, namespace, pytest_runtest_makereport, pytest_sessionfinish,  # noqa: F401
                      pytest_testnodedown, running_cluster)
from guarding import Records
from pods import Pods
from testbed import CONFIGURATION, SERVER_NAME, SYSTEM, eventually

ROOT = pathlib.Path(__file__).resolve().parents[3]
GOLDEN = pathlib.Path(__file__).parent / "golden"
CHART = "helm/tidegate"
LABEL = "tidegate.dev/rules=true"
SELECTOR = "app.kubernetes.io/name=tidegate,app.kubernetes.io/component!=test"


@pytest.fixture(scope="session")
def helm_folder():
    """Where the program helm is."""
    return subprocess.run([ROOT / "tools" / "build-go", ROOT / "tests" / "system" / "chart"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("cluster"), "--node") as made:
        made.import_images(ROOT / "build" / "image" / "tidegate.tar")
        yield made


class Replica(Https):
    """A connection to one pod of it."""

    def __init__(self, cluster, pod, authority):
        super().__init__(cluster, 8443, ssl.create_default_context(cadata=authority), SERVER_NAME)
        self.address = pod["status"]["podIP"]

    def connect(self):
        self.sock = self._context.wrap_socket(self.cluster.connect(self.address, self.port, self.timeout),
                                              server_hostname=self.host)


class Release(Records):
    """The Helm release `tidegate`, there or not."""

    def __init__(self, cluster, helm_folder):
        super().__init__(cluster)
        self.cluster, self.helm_folder = cluster, helm_folder

    def shell(self, line, user="admin"):
        """What a person gets who types that in a clone of the project."""
        env = self.cluster.env(user)
        env["PATH"] = f"{self.helm_folder}:{ROOT / 'build'}:{env['PATH']}"
        return subprocess.run([*self.cluster.inside, "bash", "-c", line], env=env, cwd=ROOT, text=True,
                              capture_output=True, timeout=300)

    def helm(self, *words):
        """`helm WORDS`, which must succeed; what it prints."""
        done = self.shell(" ".join(["helm", *words, "-n", SYSTEM]))
        assert done.returncode == 0, done.stdout + done.stderr + self.said()
        return done.stdout

    def install(self, *options):
        """From here on `recorded` is how many audit events are older."""
        self.recorded = len(self.cluster.audit_events())
        self.helm("install tidegate", CHART, "--create-namespace --wait --timeout 3m", *options)

    def uninstall(self):
        self.helm("uninstall tidegate --wait --ignore-not-found")
        eventually(lambda: self.pods() == [], "its pods are gone")

    # --- its pods

    def pods(self):
        return self.cluster.items("pods", "-n", SYSTEM, "-l", SELECTOR)

    def await_pods(self, count=3):
        """Until so many are ready and none else is there; these."""
        def ready():
            pods = self.pods()
            good = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"] and
                    any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))]
            return len(good) == len(pods) == count and good

        return eventually(ready, f"{count} pods are ready", within=120)

    def ask(self, path):
        """What each pod answers that is not on its way out."""
        authority = self.cluster.kubectl(
            "get", "secret", "tidegate-tls", "-n", SYSTEM, "-o", r"go-template={{index .data `ca.crt` | base64decode}}",
            user="admin", check=True).stdout
        return [Replica(self.cluster, pod, authority).ask("GET", path)[1] for pod in self.pods()
                if "deletionTimestamp" not in pod["metadata"]]

    def metric(self, pattern):
        """A sample, summed over all pods."""
        return sum(read_sample(page, pattern) for page in self.ask("/metrics"))

    def said(self):
        """All that its pods have said, of those that are there."""
        return self.cluster.kubectl("logs", "-n", SYSTEM, "-l", SELECTOR, "--tail=-1", "--prefix", user="admin").stdout

    def lines(self, **wanted):
        """The lines of log of its pods, both of them, in which each key has the value wanted."""
        found = [json.loads(text) for text in re.findall(r"(?m)^\S+ (\{.*\})$", self.said())]
        return [line for line in found if all(line.get(k) == v for k, v in wanted.items())]

    # --- its rules

    def use(self, name, files):
        """Makes or replaces the ConfigMap of rule files (name to text), and returns when each pod has
        them in force."""
        reloads = r'tidegate_rules_reloads_total\{result="success"\}'
        goal = self.metric(reloads) + len(self.pods())
        self.cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "data": files, "metadata": {
            "name": name, "namespace": SYSTEM, "labels": dict([LABEL.split("=")])}})

        def are_in_force():
            assert self.metric("tidegate_rules_problem") == 0, self.ask("/readyz?verbose")[0]
            return self.metric(reloads) >= goal

        eventually(are_in_force, "the rules are in force")

    def forget(self, name):
        self.cluster.kubectl("delete", "configmap", name, "-n", SYSTEM, user="admin", check=True)


def pytest_terminal_summary(terminalreporter):
    for line in figures:
        terminalreporter.write_line(line)


@pytest.fixture(scope="module")
def release(cluster, helm_folder):
    """Nothing is installed. Afterwards nothing is, either."""
    made = Release(cluster, helm_folder)
    yield made
    made.uninstall()
    assert cluster.get(CONFIGURATION, "tidegate") is None


@pytest.fixture(scope="module")
def installed(release):
    """Three replicas, with the rules that the chart comes with."""
    release.install()
    release.await_pods()
    return release


@pytest.fixture
def pods(cluster, namespace):  # noqa: F811
    """The workloads of a namespace made for one test."""
    return Pods(cluster, namespace)
