"""Certificates whose lives are short, in pods, while requests run."""

from conftest import SYSTEM
from dry_runs import DryRuns
from pods import deployment, server
from testbed import eventually


def test_they_rotate_and_no_request_is_lost(release, pods, cluster):
    def authorities():
        return cluster.kubectl("get", "secret", "tidegate-tls", "-n", SYSTEM, "-o", r"jsonpath={.data.ca\.crt}",
                               user="admin", check=True).stdout

    release.install("--set certificates.own.caLife=60s --set certificates.own.leafLife=20s")
    release.await_pods()
    first = authorities()
    load = DryRuns(cluster, pods.namespace, deployment("probe", server("v1")))
    with load:
        eventually(lambda: authorities() != first, "a CA is added", within=120)
        both = authorities()
        eventually(lambda: authorities() != both, "the old one goes", within=120)
    assert len(both) > 1.5 * len(first)
    assert load.failures == [] and load.good > 100
    assert "Phase:          Succeeded" in release.helm("test tidegate")
