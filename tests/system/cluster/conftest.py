"""The fixture `cluster`: a real Kubernetes without a node. README.md shows its use."""

import pytest

from fixtures import door, namespace, pytest_runtest_makereport, running_cluster  # noqa: F401


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """One cluster for all tests of a run, without a webhook."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made
