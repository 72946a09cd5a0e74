"""The fixtures of tests/system/cluster, with a node that runs pods."""

import pytest

from fixtures import (door, namespace, pytest_runtest_makereport, pytest_sessionfinish,  # noqa: F401
                      pytest_testnodedown, running_cluster)
from guarding import running_guard
from pods import Pods
from timing import report


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """One cluster with a node for all tests of a run, without a webhook."""
    with running_cluster(tmp_path_factory.mktemp("cluster"), "--node") as made:
        yield made


@pytest.fixture
def pods(cluster, namespace):  # noqa: F811
    """The workloads of a namespace made for one test."""
    return Pods(cluster, namespace)


@pytest.fixture(scope="module")
def guard(cluster, tmp_path_factory):
    """A Tidegate that is the webhook of the cluster and guards its rollouts, one a module."""
    with running_guard(cluster, tmp_path_factory.mktemp("guard")) as made:
        yield made


def pytest_terminal_summary(terminalreporter):
    report(terminalreporter.write_line)
