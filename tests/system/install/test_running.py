"""What happens to a Tidegate in a cluster's life. docs/runbook has a page on each."""

import json

import pytest

from conftest import SYSTEM
from dry_runs import DryRuns
from pods import deployment, server
from testbed import eventually

GATE = """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: gate}
spec:
  match: {workloads: all}
  rules:
    - id: an-owner
      fields: [{path: metadata.labels.owner, exists: true}]
"""


def labelled(name, **labels):
    made = deployment(name, server("v1"))
    made["metadata"]["labels"] = labels
    made["spec"]["template"]["metadata"]["labels"].update(labels)
    return made


@pytest.fixture(scope="module")
def strict(installed):
    """Every workload of every namespace has to have an owner. Tidegate's pods have none."""
    installed.use("gate", {"gate.yaml": GATE})
    yield installed
    installed.forget("gate")


@pytest.fixture
def load(pods):
    return DryRuns(pods.cluster, pods.namespace, labelled("probe", owner="me"), threads=2)


def is_denied(pods, name="nobodys"):
    done = pods.cluster.kubectl("apply", "-n", pods.namespace, "-f", "-", "--dry-run=server",
                                input=json.dumps(labelled(name)))
    return "denied the request" in done.stderr


def test_pods_start_anew_one_by_one(strict, load, cluster):
    before = {pod["metadata"]["name"] for pod in strict.pods()}
    with load:
        cluster.kubectl("rollout", "restart", "deployment/tidegate", "-n", SYSTEM, user="admin", check=True)
        cluster.kubectl("rollout", "status", "deployment/tidegate", "-n", SYSTEM, "--timeout=50s", user="admin")
        after = strict.await_pods()
    assert load.failures == [] and load.good > 100
    assert not before & {pod["metadata"]["name"] for pod in after}


def test_a_rule_against_itself(strict, pods, cluster):
    """Its own namespace is not asked about, so it comes back whatever the rules say."""
    assert is_denied(pods)
    cluster.kubectl("delete", "pod", strict.pods()[0]["metadata"]["name"], "-n", SYSTEM, user="admin", check=True)
    strict.await_pods()


def test_all_pods_go_at_once(strict, pods, cluster):
    """Meanwhile deploys are refused, and told why; what runs goes on; then it is as before."""
    pods.roll_out(labelled("shop", owner="me"))
    cluster.kubectl("delete", "pods", "-n", SYSTEM, "--all", "--force", user="admin", check=True)
    refused = eventually(lambda: "failed calling webhook" in (said := cluster.kubectl(
        "create", "deployment", "x", "--image=x", "-n", pods.namespace, "--dry-run=server").stderr) and said,
        "deploys are refused")
    assert "gate.tidegate.dev" in refused
    assert len(pods.list("shop")) == 2
    strict.await_pods()
    eventually(lambda: is_denied(pods), "it judges again")


def test_a_cluster_boots_with_none_of_its_pods(strict, pods, cluster):
    """Everything that is not its business comes up, its own pods do, and then the rest."""
    pods.roll_out(labelled("shop", owner="me"))
    cluster.kubectl("scale", "deployment/tidegate", "--replicas=0", "-n", SYSTEM, user="admin", check=True)
    eventually(lambda: strict.pods() == [], "none of it runs")
    cluster.start_api_server(cluster.stop_api_server())
    system = deployment("boot", server("v1"))
    cluster.apply(system, namespace="kube-system", user="admin")
    cluster.kubectl("rollout", "status", "deployment/boot", "-n", "kube-system", "--timeout=55s", user="admin",
                    check=True)
    cluster.kubectl("delete", "deployment/boot", "-n", "kube-system", user="admin", check=True)
    pods.kubectl("delete", "pod", pods.list("shop")[0]["metadata"]["name"])
    cluster.kubectl("scale", "deployment/tidegate", "--replicas=3", "-n", SYSTEM, user="admin", check=True)
    strict.await_pods()
    eventually(lambda: len(pods.list("shop")) == 2, "a pod that died meanwhile is replaced", within=120)
    eventually(lambda: is_denied(pods), "it judges again")


def test_the_api_server_starts_anew(strict, pods, cluster):
    argv = cluster.stop_api_server()
    cluster.start_api_server(argv)
    eventually(lambda: is_denied(pods), "it judges")
    eventually(lambda: all("not followed" not in page for page in strict.ask("/readyz?verbose")),
               "it follows the cluster again", within=120)
    assert len(strict.await_pods()) == 3
