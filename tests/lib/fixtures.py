"""The fixtures of all tests that have a real Kubernetes. README.md shows their use."""

import contextlib
import itertools
import pathlib
import subprocess

import pytest

from door import EVERYTHING, Door, reviews_answered
from testbed import Cluster

CLUSTER = pathlib.Path(__file__).resolve().parent.parent / "system" / "cluster"
LOG_LINES = 30
PROGRAMS = "kube-apiserver", "kube-controller-manager", "kubelet"
numbers = itertools.count(1)
figures = []  # what a run measures, for its end


@contextlib.contextmanager
def running_cluster(folder, *options):
    """A cluster, for as long as the block lasts."""
    try:
        up = subprocess.run([CLUSTER / "up", *options, folder], text=True, capture_output=True)
        if up.returncode != 0:
            pytest.fail(f"the cluster does not come up:\n{up.stderr}", pytrace=False)
        yield Cluster(folder)
    finally:
        subprocess.run([CLUSTER / "down", folder], check=True)


@pytest.fixture
def namespace(cluster):
    """The name of a namespace made for one test."""
    name = f"test-{next(numbers)}"
    cluster.kubectl("create", "namespace", name, user="admin", check=True)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false", user="admin", check=True)


@pytest.fixture(scope="module")
def door(cluster, tmp_path_factory):
    """A Tidegate that the API server asks about everything in every namespace. At the end it has
    written one line for each review that the API server had an answer to."""
    door = Door(cluster, tmp_path_factory.mktemp("door"))
    before = reviews_answered(cluster)
    door.start("--shutdown-delay", "0")
    try:
        door.register(rules=EVERYTHING, namespaceSelector={})
        yield door
        cluster.unregister_webhook()
    finally:
        door.stop()
    asked = reviews_answered(cluster) - before
    lines = len(door.decisions())
    assert lines == asked, f"{asked} reviews and {lines} lines in the decision log"


def pytest_sessionfinish(session):
    """A worker hands its figures over, when there are several of them."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = figures


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    figures.extend(getattr(node, "workeroutput", {}).get("figures", []))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A test that fails shows what the cluster's programs said last."""
    report = (yield).get_result()
    cluster = getattr(item, "funcargs", {}).get("cluster")
    if cluster and report.failed and cluster.dir.exists():
        for program in PROGRAMS:
            if (cluster.dir / "logs" / f"{program}.log").exists():
                end = "\n".join(cluster.log(program)[-LOG_LINES:])
                report.sections.append((f"end of {program}.log", end))
