"""The production of SmartHR360 with the rule pack as it is written, and real pods: a release that is
approved and let in by an incident commander, one that crashes, and the way back through the freeze.

The guard's deadline of 10 min and soak of 5 min are as written, too. `make test-long` waits for them;
`make test` writes into the record that v1 was healthy, as the leader would have after five minutes.
"""

import json
import os
import pathlib
import re
import subprocess
import time

import pytest

from guarding import ACCOUNT, Receiver, hold_to_golden
from pods import Pods
from prometheus import Prometheus
from testbed import SYSTEM, eventually
from timing import Trail

LONG = os.environ.get("TIDEGATE_LONG") == "1"
PACK = pathlib.Path(__file__).resolve().parents[2] / "rules" / "smarthr360"
NAMESPACE, NAME = "smarthr360", "smarthr360-api"
IMAGE = "ghcr.io/your-org/smarthr360-api"
REASON = "INC-360: release outside of the window"


def manifest(tag, **env):
    """The API's Deployment, which the pack holds against the pack's every rule."""
    env = {"LOG_LEVEL": "WARNING", "DEBUG": "False", "VERSION": tag, "PORT": "8000",
           "READY_PATH": "/api/health/ready/", "HEALTH_PATH": "/api/health/alive/", **env}
    container = {
        "name": "api", "image": f"{IMAGE}:{tag}",
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "ports": [{"name": "http", "containerPort": 8000}],
        "livenessProbe": {"httpGet": {"path": "/api/health/alive/", "port": 8000},
                          "initialDelaySeconds": 60},
        "readinessProbe": {"httpGet": {"path": "/api/health/ready/", "port": 8000},
                           "periodSeconds": 1},
        "resources": {"requests": {"cpu": "50m", "memory": "32Mi"},
                      "limits": {"cpu": "500m", "memory": "64Mi"}},
    }
    labels = {"app": NAME}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": NAMESPACE,
                     "annotations": {"tidegate.dev/break-glass": REASON}},
        "spec": {"replicas": 3, "selector": {"matchLabels": labels},
                 "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
                 "template": {"metadata": {"labels": labels},
                              "spec": {"serviceAccountName": "smarthr360-sa",
                                       "securityContext": {"runAsNonRoot": True},
                                       "containers": [container]}}},
    }


SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME, "namespace": NAMESPACE},
           "spec": {"selector": {"app": NAME}, "ports": [{"name": "http", "port": 8000, "targetPort": 8000},
                              {"name": "web", "port": 80, "targetPort": 8000}]}}
ACCOUNT_OF_PODS = {"apiVersion": "v1", "kind": "ServiceAccount",
                   "metadata": {"name": "smarthr360-sa", "namespace": NAMESPACE}}


def tag_image(cluster, tag):
    pid = (cluster.dir / "node" / "pid").read_text().strip()
    subprocess.run(
        ["nsenter", f"--target={pid}", "--mount", "--pid", "--net", "--", "ctr", "-n", "k8s.io",
         "images", "tag", "--force", "registry.test/app:v1", f"{IMAGE}:{tag}"],
        env={**os.environ, "PATH": f"{os.environ['PATH']}:{PACK.parents[1] / 'build/deps/bin'}"},
        check=True, capture_output=True)


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


def apply(pods, tag, *options, user="carol", **env):
    text = json.dumps(manifest(tag, **env))
    return pods.cluster.kubectl("apply", *options, "-f", "-", user=user, input=text)


def release(pods, tag, **env):
    """As it goes in production: a dry run says what is missing, bob approves by the very command
    that it prints, carol deploys with the reason in the manifest."""
    said = apply(pods, tag, "--dry-run=server", **env).stderr
    assert "release-approval" in said, said
    command = re.search(r"(?m)^ *(kubectl annotate .*tidegate.dev/approve.*)$", said)
    assert command, said
    subprocess.run([*pods.cluster.inside, "bash", "-c", command[1]], env=pods.cluster.env("bob"),
                   check=True, capture_output=True)
    done = apply(pods, tag, **env)
    assert done.returncode == 0, done.stderr


def await_healthy(pods, guard):
    """The record says so: after five minutes, or because it is written there."""
    soaking = guard.await_state(pods, NAME, "Soaking")
    if LONG:
        return guard.await_state(pods, NAME, "Healthy", within=400)
    name = f"rollout.deployment.{NAMESPACE}.{NAME}"
    now = int(time.time())
    good = {"hash": soaking["hash"], "images": soaking["images"], "at": now}
    record = {**soaking, "state": "Healthy", "since": now, "healthy": [good]}
    pods.cluster.kubectl("patch", "configmap", name, "-n", SYSTEM, "--type=merge", "-p",
                         json.dumps({"data": {"record": json.dumps(record)}}), user="admin", check=True)
    return record


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
