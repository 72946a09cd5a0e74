"""The production of SmartHR360 with the rule pack as it is written, and real pods: a release that is
approved and let in by an incident commander, one that crashes, and the way back through the freeze.

The guard's deadline of 10 min and soak of 5 min are as written, too. `make test-long` waits for them;
`make test` writes into the record that v1 was healthy, as the leader would have after five minutes.
"""

import os
import subprocess
import time

import pytest

from guarding import ACCOUNT, Receiver, hold_to_golden
from pods import Pods
from prometheus import Prometheus
from smarthr360 import (ACCOUNT_OF_PODS, NAME, NAMESPACE, PACK, SERVICE, apply, await_healthy, manifest,
                        release, tag_image)
from testbed import eventually
from timing import Trail


@pytest.fixture(scope="module")
def pods(guard, cluster, tmp_path_factory):
    """v1.0.0 runs there already (what does not exist yet nobody can approve for somebody else). Then
    comes the pack, and what the guard asks and tells."""
    for tag in "v1.0.0", "v1.1.0":
        tag_image(cluster, tag)
    with (guard.namespace(NAMESPACE), Receiver(cluster) as receiver,
          Prometheus(cluster, tmp_path_factory.mktemp("prometheus"))):
        (guard.notifiers / "slack.slack").write_text(receiver.url("slack") + "\n")
        pods = Pods(cluster, NAMESPACE)
        pods.receiver = receiver
        pods.apply(ACCOUNT_OF_PODS)
        pods.roll_out(SERVICE, manifest("v1.0.0"), within=60)
        guard.use({it.name: it.read_text(encoding="utf-8") for it in PACK.glob("*.yaml")})
        eventually(lambda: guard.metric("tidegate_guard_leader") == 1, "it leads")
        yield pods


def test_smarthr360(pods, guard, cluster):
    first = await_healthy(pods, guard)
    began = time.time()
    with pods.client(NAME) as client:
        release(pods, "v1.1.0", EXIT_AFTER="0")
        guard.await_status(pods, NAME, "is back", lambda r: r["hash"] == first["hash"]
                           and r["failed"] and r["failed"][-1].get("undone"), within=120)
        pods.kubectl("rollout", "status", f"deployment/{NAME}", "--timeout=60s")
    assert client.failures == [] and client.versions() == ["v1.0.0"]
    assert len(Trail(cluster, NAMESPACE, NAME, began).patches()) == 1
    passed_the_freeze(guard)
    denied = apply(pods, "v1.1.0", EXIT_AFTER="0")
    assert denied.returncode == 1
    hold_to_golden("smarthr360-denied", denied.stderr.partition("Error from server")[2])
    eventually(lambda: any(b"v1.1.0" in body for _, _, body in pods.receiver.got), "Slack is told", 30)


def passed_the_freeze(guard):
    [line] = [it for it in guard.decisions(namespace=NAMESPACE, kind="Deployment", user=ACCOUNT)
              if "rollback" in it]
    assert line["verdict"] != "denied"


def test_status(pods, guard, cluster):
    """As a platform engineer sees it afterwards."""
    done = subprocess.run([*cluster.inside, os.environ["TIDEGATE"], "status", "-n", NAMESPACE],
                          env=cluster.env("admin"), text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert NAME in done.stdout and "v1.0.0" in done.stdout and "v1.1.0" in done.stdout
