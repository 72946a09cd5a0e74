"""The production of SmartHR360 behind a Tidegate that Helm installed, by a user with few rights: a denial,
an approval, a freeze, a crash that is undone; then an upgrade and a rollback of the release while requests
run. None of them is lost."""

import datetime
import json
import re

import pytest

from conftest import GOLDEN
from dry_runs import DryRuns
from guarding import hold_to_golden
from pods import Pods
from smarthr360 import (ACCOUNT_OF_PODS, NAME, NAMESPACE, PACK, REASON, SERVICE, apply, await_healthy, manifest,
                        tag_image)
from smarthr360 import release as release_version
from testbed import eventually

# The pack is open for two hours of the night; this is closed all the while.
BEGINS, ENDS = (datetime.date.today() + datetime.timedelta(days=days) for days in (-1, 2))
FREEZE = f"""
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {{name: freeze}}
spec:
  match: {{namespaces: [smarthr360], workloads: all}}
  rules:
    - id: these-days
      freeze:
        timeZone: Etc/UTC
        deny: [{{from: {BEGINS}, to: {ENDS}}}]
        override: {{groups: [incident-commanders]}}
"""


@pytest.fixture(scope="module")
def production(installed, cluster):
    """v1.0.0 runs there already; then come the rules. dana may edit in the namespace and no more, and
    belongs to the incident commanders."""
    for tag in "v1.0.0", "v1.1.0":
        tag_image(cluster, tag)
    config = json.loads(cluster.kubectl("config", "view", "--raw", "-o", "json", user="admin", check=True).stdout)
    config["users"][0]["user"].update({"as": "dana", "as-groups": ["incident-commanders", "system:authenticated"]})
    (cluster.dir / "kube" / "dana").write_text(json.dumps(config))
    cluster.kubectl("create", "namespace", NAMESPACE, user="admin", check=True)
    cluster.kubectl("create", "rolebinding", "dana", "--clusterrole=edit", "--user=dana", "-n", NAMESPACE,
                    user="admin", check=True)
    pods = Pods(cluster, NAMESPACE)
    pods.apply(ACCOUNT_OF_PODS)
    pods.roll_out(SERVICE, manifest("v1.0.0"))
    pack = {it.name: it.read_text(encoding="utf-8") for it in PACK.glob("*.yaml")}
    installed.use("smarthr360", {**pack, "freeze.yaml": FREEZE})
    eventually(lambda: installed.metric("tidegate_guard_leader") == 1, "one leads")
    yield pods
    installed.forget("smarthr360")
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false", user="admin", check=True)


def test_a_denial_as_kubectl_shows_it(production):
    """Without a reason for the glass: frozen, and not approved. What varies with the hour is left out."""
    cluster = production.cluster
    fresh = manifest("latest")
    fresh["metadata"]["annotations"] = {}
    done = cluster.kubectl("apply", "-f", "-", user="dana", input=json.dumps(fresh))
    assert done.returncode == 1
    blocks = re.split(r"(?m)^(?=  \S)", done.stderr)
    assert "these-days" in blocks[0] and "denied the request: " in blocks[0]
    hold_to_golden("denied", "".join(it for it in blocks if re.match("  (provenance|release-)", it)), GOLDEN)


def test_a_release_that_crashes_goes_back(production, installed):
    """Approved by bob, let in by dana through the freeze, undone by the guard, and kept out."""
    first = await_healthy(production, installed)
    with production.client(NAME) as client:
        release_version(production, "v1.1.0", user="dana", EXIT_AFTER="0")
        installed.await_status(production, NAME, "is back", lambda r: r["hash"] == first["hash"]
                               and r["failed"] and r["failed"][-1].get("undone"), within=120)
        production.kubectl("rollout", "status", f"deployment/{NAME}", "--timeout=60s")
    assert client.failures == [] and client.versions() == ["v1.0.0"]
    denied = apply(production, "v1.1.0", user="dana", EXIT_AFTER="0")
    assert denied.returncode == 1 and "tidegate release" in denied.stderr
    assert any(REASON in json.dumps(line) for line in installed.lines(user="dana"))


@pytest.fixture
def load(production):
    """Deploys of what is admitted, without a pause, in a namespace that the door is asked about."""
    ready = manifest("v1.0.0")
    ready["metadata"] = {"name": "probe", "namespace": "default"}
    ready["spec"]["template"]["spec"].pop("serviceAccountName")
    return DryRuns(production.cluster, "default", ready, threads=2)


@pytest.mark.parametrize("command", [
    "upgrade tidegate helm/tidegate --set log.format=text --wait --timeout 3m",
    "rollback tidegate 1 --wait --timeout 3m",
])
def test_no_request_is_lost(command, installed, load):
    before = {pod["metadata"]["name"] for pod in installed.pods()}
    with load:
        installed.helm(command)
        after = installed.await_pods()
    assert load.failures == [] and load.good > 100
    assert not before & {pod["metadata"]["name"] for pod in after}
