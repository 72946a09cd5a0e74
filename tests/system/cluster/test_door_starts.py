"""What starts a template that does not run yet, as controllers and kubectl have it, in a freeze."""

import json

import pytest

from test_door_rules import create, deployment, frozen, place, pod, policy, replicas_are
from testbed import eventually

NEW_IMAGE = "ghcr.io/acme/api:v2"
OPEN = {"id": "open", "podSecurity": {"controls": ["runAsUser"]}, "mode": "audit"}

__all__ = ["place"]


def said(done):
    return done.stdout + done.stderr


def denied(done, field):
    note = f"the change of {field} starts a template that is not known to run"
    return done.returncode != 0 and "frozen" in done.stderr and note in done.stderr


def kubectl(door, place, *args):
    return door.cluster.kubectl(*args, "-n", place)


def patch(door, place, name, change):
    return kubectl(door, place, "patch", name, "--type=merge", "-p", json.dumps(change))


def workload(kind, api="apps/v1", **spec):
    """An object of a kind with the pod template of a Deployment."""
    base = deployment()
    return {**base, "apiVersion": api, "kind": kind, "spec": {**base["spec"], **spec}}


def is_observed(door, place, name):
    def seen():
        found = door.cluster.get(*name.split("/"), "-n", place)
        return found["status"].get("observedGeneration") == found["metadata"]["generation"]

    eventually(seen, f"{name} is seen by its controller")


def test_a_resume_of_what_was_changed(door, place):
    create(door.cluster, place, deployment(), check=True)
    replicas_are(door.cluster, place, 1)
    assert kubectl(door, place, "rollout", "pause", "deployment/api").returncode == 0
    changed = kubectl(door, place, "set", "image", "deployment/api", f"api={NEW_IMAGE}")
    assert changed.returncode == 0
    is_observed(door, place, "deployment/api")
    door.use(frozen(place))
    assert denied(kubectl(door, place, "rollout", "resume", "deployment/api"), "spec.paused")
    for harmless in (["scale", "deployment/api", "--replicas=2"],
                     ["autoscale", "deployment/api", "--max=3"],
                     ["label", "deployment/api", "a=b"]):
        done = kubectl(door, place, *harmless)
        assert done.returncode == 0, said(done)


def test_a_resume_of_what_ran(door, place):
    create(door.cluster, place, deployment(), check=True)
    replicas_are(door.cluster, place, 1)
    door.use(frozen(place))
    assert kubectl(door, place, "rollout", "pause", "deployment/api").returncode == 0
    is_observed(door, place, "deployment/api")
    done = kubectl(door, place, "rollout", "resume", "deployment/api")
    assert done.returncode == 0, said(done)
    for deploy in (["rollout", "restart", "deployment/api"],
                   ["set", "image", "deployment/api", f"api={NEW_IMAGE}"]):
        assert "frozen" in kubectl(door, place, *deploy).stderr


def test_an_undo_is_a_deploy(door, place):
    create(door.cluster, place, deployment(), check=True)
    replicas_are(door.cluster, place, 1)
    assert kubectl(door, place, "set", "image", "deployment/api", f"api={NEW_IMAGE}").returncode == 0
    eventually(lambda: len(door.cluster.items("replicasets", "-n", place)) == 2, "a rollout")
    door.use(frozen(place))
    assert "frozen" in kubectl(door, place, "rollout", "undo", "deployment/api").stderr


def test_a_partition_is_lowered(door, place):
    held = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}
    free = {"spec": {"updateStrategy": {"rollingUpdate": {"partition": 0}}}}
    create(door.cluster, place, workload("StatefulSet", serviceName="api", replicas=2,
                                         podManagementPolicy="Parallel", **held), check=True)
    name = "statefulset/api"
    is_observed(door, place, name)
    door.use(frozen(place))
    assert patch(door, place, name, free).returncode == 0  # all of it is of one template
    assert patch(door, place, name, {"spec": held}).returncode == 0
    door.use(policy(place, [OPEN]))
    assert kubectl(door, place, "set", "image", name, f"api={NEW_IMAGE}").returncode == 0
    is_observed(door, place, name)
    door.use(frozen(place))
    assert denied(patch(door, place, name, free), "spec.updateStrategy")
    assert kubectl(door, place, "scale", name, "--replicas=1").returncode == 0


@pytest.mark.parametrize("api, kind", [("batch/v1", "CronJob"), ("batch/v1", "Job")])
def test_what_was_suspended(door, place, api, kind):
    template = {"metadata": {"labels": {"app": "api"}}, "spec": pod(restartPolicy="Never")}
    job = {"template": template, "suspend": True}
    spec = job if kind == "Job" else {"schedule": "0 0 1 1 *", "suspend": True,
                                      "jobTemplate": {"spec": {"template": template}}}
    create(door.cluster, place, {"apiVersion": api, "kind": kind, "metadata": {"name": "api"},
                                 "spec": spec}, check=True)
    door.use(frozen(place))
    name = f"{kind.lower()}/api"
    assert denied(patch(door, place, name, {"spec": {"suspend": False}}), "spec.suspend")
    assert patch(door, place, name, {"spec": {"suspend": True}}).returncode == 0


def test_a_job_goes_on(door, place):
    template = {"metadata": {"labels": {"app": "api"}}, "spec": pod(restartPolicy="Never")}
    create(door.cluster, place, {"apiVersion": "batch/v1", "kind": "Job",
                                 "metadata": {"name": "api"}, "spec": {"template": template}},
           check=True)
    eventually(lambda: door.cluster.get("job", "api", "-n", place)["status"].get("active") == 1,
               "the job has begun")
    door.use(frozen(place))
    assert patch(door, place, "job/api", {"spec": {"suspend": True}}).returncode == 0
    done = patch(door, place, "job/api", {"spec": {"suspend": False}})
    assert done.returncode == 0, said(done)


def test_a_daemonset_rolls_again(door, place):
    waits = {"updateStrategy": {"type": "OnDelete"}}
    spec = workload("DaemonSet", **waits)
    create(door.cluster, place, spec, check=True)
    is_observed(door, place, "daemonset/api")
    door.use(frozen(place))
    rolls = {"spec": {"updateStrategy": {"type": "RollingUpdate"}}}
    assert denied(patch(door, place, "daemonset/api", rolls), "spec.updateStrategy")
