"""The production of SmartHR360 on a cluster with a node: its API, and how a release of it goes."""

import json
import os
import pathlib
import re
import subprocess
import time

from testbed import LONG, SYSTEM

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


def apply(pods, tag, *options, user="carol", **env):
    text = json.dumps(manifest(tag, **env))
    return pods.cluster.kubectl("apply", *options, "-f", "-", user=user, input=text)


def release(pods, tag, user="carol", **env):
    """As it goes in production: a dry run says what is missing, bob approves by the very command
    that it prints, carol (or another user) deploys with the reason in the manifest."""
    said = apply(pods, tag, "--dry-run=server", user=user, **env).stderr
    assert "release-approval" in said, said
    command = re.search(r"(?m)^ *(kubectl annotate .*tidegate.dev/approve.*)$", said)
    assert command, said
    subprocess.run([*pods.cluster.inside, "bash", "-c", command[1]], env=pods.cluster.env("bob"),
                   check=True, capture_output=True)
    done = apply(pods, tag, user=user, **env)
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
