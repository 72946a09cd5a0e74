"""What only a real API server asks: controllers, subresources, collections, deletions, audit."""

import datetime
import itertools
import json

import pytest

from door import connect
from testbed import eventually
from transcript import with_times

CONTROLLERS = "system:serviceaccount:kube-system:"


def policy(namespace, rules, **match):
    """A rule file with one policy for a namespace."""
    match = {"namespaces": [namespace], **match}
    return {"rules.yaml": json.dumps({
        "apiVersion": "tidegate.dev/v1alpha1", "kind": "Policy", "metadata": {"name": "shop"},
        "spec": {"match": match, "rules": rules},
    })}


FROZEN = {"id": "frozen", "freeze": {"deny": [
    {"schedule": "<now-2h> * * *", "duration": "5h", "timeZone": "UTC"}]}}
NON_ROOT = {"id": "non-root", "podSecurity": {"controls": ["runAsNonRoot"]}}
PROVENANCE = {"id": "provenance", "images": {"allow": ["ghcr.io/acme/*"]}}
WORKLOADS = {"workloads": "all"}
numbers = itertools.count(1)


def frozen(namespace, *more):
    return {name: with_times(text)
            for name, text in policy(namespace, [FROZEN, *more], **WORKLOADS).items()}


def pod(image="ghcr.io/acme/api:v1", **spec):
    return {"containers": [{"name": "api", "image": image}], **spec}


def deployment(name="api", template=None, **meta):
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, **meta},
        "spec": {"selector": {"matchLabels": {"app": name}},
                 "template": {"metadata": {"labels": {"app": name}}, "spec": template or pod()}},
    }


def create(cluster, namespace, *objects, **kubectl):
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    return cluster.kubectl("create", "-n", namespace, "-f", "-", input=text, **kubectl)


def replicas_are(cluster, namespace, wanted):
    def there():
        sets = cluster.items("replicasets", "-n", namespace)
        return [s["status"]["replicas"] for s in sets] == [wanted]

    eventually(there, f"{wanted} replicas")


@pytest.fixture
def place(door, request):
    """A namespace named after the test, without rules until it puts some in force."""
    name = request.node.originalname.removeprefix("test_").replace("_", "-") + f"-{next(numbers)}"
    with door.namespace(name):
        yield name


def test_controllers_pods_pass_a_freeze_but_not_security(door, place):
    create(door.cluster, place, deployment(), check=True)
    replicas_are(door.cluster, place, 1)
    door.use(frozen(place, NON_ROOT))
    door.cluster.kubectl("delete", "pod", "--all", "-n", place, "--now", check=True)
    made = door.await_decision(namespace=place, kind="Pod", operation="CREATE", verdict="denied")
    assert made["user"] == f"{CONTROLLERS}replicaset-controller"
    assert [rule["rule"] for rule in made["rules"]] == ["non-root"]
    door.use(frozen(place))
    replicas_are(door.cluster, place, 1)


def test_a_forged_owner_opens_nothing(door, place):
    create(door.cluster, place, deployment(), check=True)
    replicas_are(door.cluster, place, 1)
    owner = door.cluster.items("replicasets", "-n", place)[0]
    forged = {"apiVersion": "v1", "kind": "Pod", "spec": pod(), "metadata": {
        "name": "forged", "ownerReferences": [{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True,
            "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}]}}
    door.use(frozen(place))
    done = create(door.cluster, place, forged)
    assert done.returncode == 1 and "breaks 1 rule: frozen" in done.stderr


def test_status_is_written_during_a_freeze(door, place):
    create(door.cluster, place, deployment(), check=True)
    door.use(frozen(place))
    door.cluster.kubectl("scale", "deployment/api", "--replicas=2", "-n", place, check=True)
    replicas_are(door.cluster, place, 2)
    patch = {"status": {"conditions": [{"type": "Seen", "status": "True"}]}}
    door.cluster.kubectl("patch", "deployment", "api", "-n", place, "--subresource=status",
                         "-p", json.dumps(patch), check=True)
    assert door.await_decision(namespace=place, subresource="status", user="alice")
    assert not door.decisions(namespace=place, verdict="denied")


def test_annotations_are_copied_by_the_controller(door, place):
    create(door.cluster, place, deployment(), check=True)
    replicas_are(door.cluster, place, 1)
    door.use(policy(place, [{"id": "approved", "approval": {"approvers": {"users": ["bob"]}}}],
                    **WORKLOADS))
    door.cluster.kubectl("set", "image", "deployment/api", "api=ghcr.io/acme/api:v2", "-n", place,
                         "--dry-run=server")
    denied = door.await_decision(namespace=place, verdict="denied")
    approval = f"tidegate.dev/approve={denied['templateHash']} by bob until {in_an_hour()}"
    door.cluster.kubectl("annotate", "deployment/api", "-n", place, approval, user="bob", check=True)

    def copied():
        owner = door.cluster.items("replicasets", "-n", place)[0]
        return "tidegate.dev/approve" in owner["metadata"]["annotations"]

    eventually(copied, "the approval on the ReplicaSet")
    sync = door.await_decision(namespace=place, kind="ReplicaSet", operation="UPDATE",
                               user=f"{CONTROLLERS}deployment-controller")
    assert sync["verdict"] == "allowed"


def in_an_hour():
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    return f"{then:%Y-%m-%dT%H:%M:%SZ}"


def test_deletions_are_asked_only_where_a_rule_says_so(door, place):
    keep = {"id": "keep", "fields": [{"path": "metadata.labels.keep", "absent": True}]}
    create(door.cluster, place, deployment("kept", labels={"keep": "yes"}), deployment("gone"),
           check=True)
    door.use(policy(place, [keep], operations=["DELETE"], kinds=["Deployment"]))
    done = door.cluster.kubectl("delete", "deployment", "kept", "gone", "-n", place)
    assert done.stdout == f'deployment.apps "gone" deleted from {place} namespace\n'
    assert f"Deployment {place}/kept breaks 1 rule: keep" in done.stderr


def test_a_collection_has_no_name(door, place):
    create(door.cluster, place, deployment("one"), deployment("two"), check=True)
    door.use(frozen(place, NON_ROOT))
    path = f"/apis/apps/v1/namespaces/{place}/deployments"
    assert connect(door.cluster).ask("DELETE", path)[0] == 200
    seen = eventually(lambda: [d for d in door.decisions(namespace=place, kind="Deployment",
                                                         operation="DELETE", user="alice")],
                      "the deletions")
    assert seen and {d["verdict"] for d in seen} == {"allowed"}


def test_connect_has_no_options(door, place):
    web = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
           "spec": {"ports": [{"port": 80}]}}
    create(door.cluster, place, web, check=True)
    closed = {"id": "no-proxy", "fields": [{"path": "kind", "absent": True}]}
    proxy = f"/api/v1/namespaces/{place}/services/web:80/proxy/"
    door.use(frozen(place, NON_ROOT))
    assert connect(door.cluster).ask("GET", proxy)[0] != 403  # nothing stands behind the service
    assert door.await_decision(namespace=place, operation="CONNECT")["verdict"] == "allowed"
    door.use(policy(place, [closed], operations=["CONNECT"]))
    status, text = connect(door.cluster).ask("GET", proxy)
    assert status == 403 and "breaks 1 rule: no-proxy" in text


def test_what_is_being_deleted_loses_its_finalizers_only(door, place):
    create(door.cluster, place, deployment(finalizers=["acme.example/wait"]), check=True)
    door.cluster.kubectl("delete", "deployment", "api", "-n", place, "--wait=false", check=True)
    door.use(frozen(place, NON_ROOT))
    done = door.cluster.kubectl("set", "image", "deployment/api", "api=ghcr.io/acme/api:v2",
                                "-n", place)
    assert done.returncode == 1 and "terminating" in done.stderr, done.stderr
    door.cluster.kubectl("patch", "deployment", "api", "-n", place, "--type=merge",
                         "-p", '{"metadata":{"finalizers":null}}', check=True)
    eventually(lambda: not door.cluster.get("deployment", "api", "-n", place), "its end")


def test_a_dry_run_leaves_no_trace_but_its_marks(door, place):
    door.use(policy(place, [PROVENANCE], **WORKLOADS))
    sample = 'tidegate_reviews_total{verdict="denied",operation="CREATE",dry_run="true"}'
    before = door.metric(sample)
    done = create(door.cluster, place, deployment(template=pod("busybox")))
    dry = door.cluster.kubectl("create", "-n", place, "--dry-run=server", "-f", "-",
                               input=json.dumps(deployment(template=pod("busybox"))))
    assert dry.stderr.split("denied the request")[1] == done.stderr.split("denied the request")[1]
    door.await_decision(namespace=place, kind="Deployment", dryRun=True, verdict="denied")
    assert len(door.decisions(namespace=place, kind="Deployment")) == 2
    assert door.metric(sample) == before + 1


def test_kube_system_and_leases_never_wait(door, place):
    nothing = {"id": "nothing", "fields": [{"path": "metadata.name", "absent": True}]}
    rules = json.loads(policy(place, [nothing])["rules.yaml"])
    del rules["spec"]["match"]["namespaces"]
    door.use({"rules.yaml": json.dumps(rules)})
    try:
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "one"}}
        assert create(door.cluster, place, deployment()).returncode == 1
        create(door.cluster, place, lease, check=True)
        create(door.cluster, "kube-system", deployment("dns"), check=True)
        door.cluster.kubectl("delete", "deployment", "dns", "-n", "kube-system", check=True)
    finally:
        door.use(policy(place, [PROVENANCE], **WORKLOADS))


def test_the_audit_log_names_the_rules(door, place):
    soft = {**NON_ROOT, "mode": "warn"}
    silent = {"id": "pinned", "mode": "audit", "images": {"digest": "required"}}
    door.use(policy(place, [PROVENANCE, soft, silent], **WORKLOADS))
    create(door.cluster, place, deployment(template=pod("busybox")))
    create(door.cluster, place, deployment())

    def notes():
        return [{key.removeprefix("gate.tidegate.dev/"): value
                 for key, value in e.get("annotations", {}).items() if key.startswith("gate.")}
                for e in door.cluster.audit_events()
                if e["user"]["username"] == "alice" and "responseStatus" in e
                and e.get("objectRef", {}).get("namespace") == place]

    eventually(lambda: len(notes()) == 2, "both in the audit log")
    denied, warned = notes()
    assert denied == {"denied": "shop/provenance", "warned": "shop/non-root",
                      "audited": "shop/pinned"}
    assert warned == {"warned": "shop/non-root", "audited": "shop/pinned"}


def test_fifty_workloads(door, place):
    names = [f"service-{i:02}" for i in range(50)]
    broken = "service-31"
    door.use(policy(place, [PROVENANCE], **WORKLOADS))
    done = create(door.cluster, place, *[
        deployment(name, pod("docker.io/acme/api:v1" if name == broken else "ghcr.io/acme/api:v1"))
        for name in names])
    assert done.returncode == 1 and done.stderr.count("denied the request") == 1
    assert f"Deployment {place}/{broken} breaks 1 rule: provenance" in done.stderr
    made = door.cluster.items("deployments", "-n", place)
    assert [d["metadata"]["name"] for d in made] == [n for n in names if n != broken]


# --- every kind, every container

def pod_template(spec):
    return {"metadata": {"labels": {"app": "x"}}, "spec": spec}


def kinds(spec):
    """Each kind that holds pods, by the path that creates it: manifest and path of the pod's spec."""
    apps, core, batch = "apis/apps/v1", "api/v1", "apis/batch/v1"
    selector = {"matchLabels": {"app": "x"}}
    template = pod_template(spec)
    once = {"template": pod_template({**spec, "restartPolicy": "Never"})}
    return {
        f"{core}/pods": ("Pod", spec, "spec"),
        f"{core}/replicationcontrollers": ("ReplicationController",
                                           {"selector": {"app": "x"}, "template": template},
                                           "spec.template.spec"),
        f"{apps}/deployments": ("Deployment", {"selector": selector, "template": template},
                                "spec.template.spec"),
        f"{apps}/replicasets": ("ReplicaSet", {"selector": selector, "template": template},
                                "spec.template.spec"),
        f"{apps}/statefulsets": ("StatefulSet", {"selector": selector, "template": template,
                                                 "serviceName": "x"}, "spec.template.spec"),
        f"{apps}/daemonsets": ("DaemonSet", {"selector": selector, "template": template},
                               "spec.template.spec"),
        f"{batch}/jobs": ("Job", once, "spec.template.spec"),
        f"{batch}/cronjobs": ("CronJob", {"schedule": "0 3 * * *", "jobTemplate": {"spec": once}},
                              "spec.jobTemplate.spec.template.spec"),
    }


BAD = {"name": "odd", "image": "evil.com/ghcr.io/acme/x:v1"}
GOOD = {"name": "api", "image": "ghcr.io/acme/api:v1"}
LISTS = {
    "containers": {"containers": [GOOD, BAD]},
    "initContainers": {"containers": [GOOD], "initContainers": [BAD]},
    "sidecars": {"containers": [GOOD], "initContainers": [{**BAD, "restartPolicy": "Always"}]},
    "none": {"containers": [GOOD], "initContainers": [{**GOOD, "name": "init"}]},
}


def post(api, place, path, kind, spec):
    group, resource = path.rsplit("/", 1)
    body = {"apiVersion": group.split("/", 1)[1], "kind": kind, "metadata": {"name": "x"}, "spec": spec}
    return api.ask("POST", f"/{group}/namespaces/{place}/{resource}?dryRun=All", body)


@pytest.mark.parametrize("where", LISTS)
def test_one_container_of_many(door, place, where):
    door.use(policy(place, [PROVENANCE], **WORKLOADS))
    api = connect(door.cluster)
    for path, (kind, spec, pod_path) in kinds(LISTS[where]).items():
        status, text = post(api, place, path, kind, spec)
        if where == "none":
            assert status == 201, f"{kind}: {text}"
            continue
        answer = json.loads(text)
        field = where if where == "containers" else "initContainers"
        assert (status, answer["reason"]) == (403, "Forbidden"), f"{kind}: {text}"
        assert [c["field"] for c in answer["details"]["causes"]] == [f"{pod_path}.{field}[odd].image"]


@pytest.mark.parametrize("image", [
    "ghcr.io.evil.com/acme/x", "ghcr.io/acme-evil/x", "ghcr.io:443/acme/x", "GHCR.IO/acme/x",
    "ghcr.io/ACME/x", "evil.com/ghcr.io/acme/x", "ghcr.io/acme/x:v1\nv2", "ghcr.io/acme/x@sha256:0123",
    "ghcr.io/acme/../evil/x", "ghcr.io/acme", "ghcr.io/acme/x/y",
])
def test_no_trick_with_a_registry(door, place, image):
    door.use(policy(place, [PROVENANCE], **WORKLOADS))
    status, text = post(connect(door.cluster), place, "apis/apps/v1/deployments", "Deployment",
                        kinds(pod(image))["apis/apps/v1/deployments"][1])
    assert status == 403 and "breaks 1 rule: provenance" in text
