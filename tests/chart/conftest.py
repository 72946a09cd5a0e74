"""The fixture `cluster` of tests/cluster, and Helm in it."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "cluster"))

from chart import HERE  # noqa: E402
from fixtures import namespace, pytest_runtest_makereport, running_cluster  # noqa: E402, F401
from testbed import eventually  # noqa: E402


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A cluster that knows the kinds of the Prometheus operator and of cert-manager."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as made:
        made.kubectl("apply", "-f", str(HERE / "kinds.yaml"), user="admin", check=True)
        made.kubectl("wait", "--for=condition=Established", "-f", str(HERE / "kinds.yaml"), user="admin",
                     check=True)
        eventually(lambda: made.get("serviceaccount", "default", "-n", "default"), "the cluster is complete")
        yield made
