"""A freeze is in force, and releases need an approval: what goes back to a healthy version passes,
nothing else does."""

import json

import pytest

from door import Door
from guarding import ACCOUNT, guard_of
from played import PlayedNode, app, crash, played, slow
from pods import Pods, deployment
from testbed import NODE, eventually
from transcript import with_times

NAMESPACE = "frozen"

FREEZE = with_times("""
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: frozen}
spec:
  match: {namespaces: [frozen], workloads: all}
  rules:
    - id: business-hours
      freeze: {deny: [{schedule: "<now-1h> * * *", duration: 3h, timeZone: UTC}]}
    - id: release-approval
      approval: {approvers: {groups: [release-managers]}}
""")


@pytest.fixture(scope="module")
def shop(guard, cluster):
    """v1 and v2 were seen healthy, v3 is slow, and there is a ReplicaSet that only says that it was
    a revision. Then the freeze begins."""
    with guard.namespace(NAMESPACE), PlayedNode(cluster, v3=slow) as node:
        pods = Pods(cluster, NAMESPACE)
        pods.node = node
        guard.guard(guard_of(NAMESPACE, deadline="10m", soak="0s"))
        eventually(lambda: guard.metric("tidegate_guard_leader") == 1, "it leads")
        for image in "v1", "v2":
            pods.apply(played(deployment("shop", app(image))))
            guard.await_state(pods, "shop", "Healthy", images=f"app:{image}")
        pods.apply(smuggled(pods))
        pods.apply(played(deployment("shop", app("v3"))))
        guard.await_state(pods, "shop", "Progressing", images="app:v3")
        guard.guard(guard_of(NAMESPACE, deadline="10m", soak="0s"), **{"freeze.yaml": FREEZE})
        yield pods


def smuggled(pods):
    """Revision 9 of the Deployment, by its own word: what nobody ran."""
    owner = pods.get("deployment", "shop")
    labels = {"app": "shop", "pod-template-hash": "smuggled"}
    template = played(deployment("shop", app("smuggled")))["spec"]["template"]
    template["metadata"] = {"labels": labels}
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop", "controller": True,
                 "uid": owner["metadata"]["uid"]}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": "shop-smuggled", "labels": labels, "ownerReferences": [reference],
                         "annotations": {"deployment.kubernetes.io/revision": "9"}},
            "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}}


def image(pods):
    return pods.get("deployment", "shop")["spec"]["template"]["spec"]["containers"][0]["image"]


def replica_set(pods, tag):
    return next(it for it in pods.items("replicasets")
                if it["spec"]["template"]["spec"]["containers"][0]["image"] == f"app:{tag}")


def revision(pods, tag):
    return int(replica_set(pods, tag)["metadata"]["annotations"]["deployment.kubernetes.io/revision"])


def undo(pods, number, **kw):
    return pods.kubectl("rollout", "undo", "deployment/shop", f"--to-revision={number}", **kw)


def rollbacks(guard, user):
    """What passed the door as a rollback of this user."""
    return [it for it in guard.decisions(namespace=NAMESPACE, kind="Deployment", user=user)
            if "rollback" in it and it["verdict"] != "denied"]


def test_the_guards_rollback_passes(shop, guard):
    healthy = revision(shop, "v2")
    shop.node.play(v3=crash)
    guard.await_back(shop, "shop")
    assert image(shop) == "app:v2"
    [line] = rollbacks(guard, ACCOUNT)
    assert line["rollback"]["revision"] == healthy and line["rollback"]["healthyAt"]


def test_a_persons_rollback_passes(shop, guard):
    undo(shop, 1)
    assert image(shop) == "app:v1"
    [line] = rollbacks(guard, "alice")
    assert line["rollback"]["revision"] == 1
    guard.await_state(shop, "shop", "Healthy", images="app:v1")


def denied(done):
    assert done.returncode == 1 and "denied the request" in done.stderr, done.stderr
    return done.stderr


def test_a_fresh_deploy_does_not(shop):
    said = denied(shop.kubectl("set", "image", "deployment/shop", "app=app:v4", check=False))
    assert "business-hours" in said and "release-approval" in said and "can deploy now" not in said


def test_what_failed_does_not(shop):
    """It is a revision, and was never healthy."""
    said = denied(undo(shop, revision(shop, "v3"), check=False))
    assert "quarantine" in said and "business-hours" in said


def test_a_third_template_does_not(shop):
    """Not by kubectl's undo to a revision that somebody made, not by the name of an undo."""
    said = denied(undo(shop, 9, check=False))
    assert "business-hours" in said and "release-approval" in said
    patch = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "1",
                                          "kubernetes.io/change-cause": "kubectl rollout undo"}},
             "spec": {"template": {"spec": {"containers": [app("v9")]}}}}
    denied(shop.kubectl("patch", "deployment", "shop", "-p", json.dumps(patch), check=False))
    assert image(shop) == "app:v1"


def test_a_healthy_revision_cannot_be_rewritten(shop):
    """Its ReplicaSet holds a template as well, and is one's own to write, but for the freeze."""
    name = replica_set(shop, "v2")["metadata"]["name"]
    denied(shop.kubectl("set", "image", f"replicaset/{name}", "app=app:v9", check=False))


def test_a_cold_door_says_so(shop, guard, cluster):
    """It knows neither records nor revisions: no rollback is taken for one."""
    guard.stop()
    path = guard.dir / "kubeconfig"
    text = path.read_text()
    nowhere = json.loads(text)
    nowhere["clusters"][0]["cluster"]["server"] = f"https://{NODE}:1"
    path.write_text(json.dumps(nowhere))
    Door.start(guard, "--shutdown-delay", "0", "--kubeconfig", path)
    guard.register()
    said = denied(undo(shop, revision(shop, "v2"), check=False))
    assert "it is not known yet whether this is a rollback to a healthy revision" in said
    assert "business-hours" in said
