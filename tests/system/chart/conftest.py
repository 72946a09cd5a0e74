"""The fixture `cluster` of tests/system/cluster, and Helm in it."""

import pytest

from chart import HERE
from fixtures import namespace, pytest_runtest_makereport, running_cluster  # noqa: F401
from testbed import eventually


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A cluster that knows the kinds of the Prometheus operator and of cert-manager."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as made:
        made.kubectl("apply", "-f", str(HERE / "kinds.yaml"), user="admin", check=True)
        made.kubectl("wait", "--for=condition=Established", "-f", str(HERE / "kinds.yaml"), user="admin",
                     check=True)
        eventually(lambda: made.get("serviceaccount", "default", "-n", "default"), "the cluster is complete")
        yield made
