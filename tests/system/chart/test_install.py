"""The chart on a real API server: it is taken, it is upgraded and rolled back without harm to what Tidegate
wrote, and it leaves nothing. No pod runs here, so a request that is sent to the webhook is one that fails."""

import contextlib
import json
import subprocess

import pytest
import yaml

from chart import CHART, HELM, PROGRAM, ROOT, VARIANTS, namespace_of, render, values_of
from testbed import NODE, eventually

SENT = 'failed calling webhook "gate.tidegate.dev"'
POD = """
apiVersion: v1
kind: Pod
metadata: {name: one, labels: {app: one}}
spec: {containers: [{name: app, image: "app:v1", resources: {requests: {cpu: 10m}, limits: {cpu: 10m}}}]}
"""


def helm(cluster, *args):
    done = cluster.run_inside([HELM, *args], "admin")
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_home(cluster, namespace):
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}})


@contextlib.contextmanager
def released(cluster, *values):
    """The chart as a release, which at the end leaves nothing."""
    make_home(cluster, "tidegate-system")
    before = everything(cluster)
    helm(cluster, "install", "tidegate", CHART, "-n", "tidegate-system", *values)
    try:
        yield
    finally:
        helm(cluster, "uninstall", "tidegate", "-n", "tidegate-system")
    eventually(lambda: everything(cluster) == before, "the release leaves nothing")


def everything(cluster):
    """What a release could leave behind, by name."""
    kinds = "validatingwebhookconfigurations,clusterroles,clusterrolebindings"
    own = "all,secrets,configmaps,leases,serviceaccounts,roles,rolebindings,poddisruptionbudgets," \
          "networkpolicies,resourcequotas,servicemonitors,prometheusrules,certificates"
    found = cluster.kubectl("get", kinds, "-o", "name", user="admin", check=True).stdout + \
        cluster.kubectl("get", own, "-n", "tidegate-system", "-o", "name", user="admin", check=True).stdout
    return set(found.split()) - {"configmap/kube-root-ca.crt", "serviceaccount/default"}


# --- it is taken


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_api_server_takes_it(cluster, variant):
    namespace = namespace_of(variant)
    make_home(cluster, namespace)
    # which the Pod of `helm test` needs to be there
    cluster.kubectl("create", "serviceaccount", "tidegate", "-n", namespace, user="admin", check=True)
    done = cluster.kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-",
                           user="admin", input=render(variant))
    cluster.kubectl("delete", "serviceaccount", "tidegate", "-n", namespace, user="admin", check=True)
    warned = 'Warning: would violate PodSecurity "restricted:latest": host namespaces (hostNetwork=true)\n'
    assert (done.returncode, done.stderr) == (0, warned if "hostNetwork: true" in values_of(variant).read_text() else "")


def test_plain_manifests_are_applied_and_deleted(cluster, tmp_path):
    subprocess.run(["make", "-s", "manifests", f"BUILD={tmp_path}"], cwd=ROOT, check=True)
    file = tmp_path / "manifests" / "tidegate.yaml"
    for _ in range(2):
        cluster.kubectl("apply", "-f", str(file), user="admin", check=True)
    head = [line.removeprefix("#   ") for line in file.read_text().splitlines() if line.startswith("#   ")]
    assert len(head) == 1
    for command in head[0].split(" && "):
        argv = command.replace("tidegate.yaml", str(file)).split()
        assert argv[0] == "kubectl"
        cluster.kubectl(*argv[1:], user="admin", check=True)
    assert not cluster.get("namespace", "tidegate-system")


# --- what Tidegate writes outlives Helm


def written(cluster):
    """What is in the Secret, the caBundle and the Lease."""
    secret = cluster.get("secret", "tidegate-tls", "-n", "tidegate-system")
    webhook = cluster.get("validatingwebhookconfiguration", "tidegate")["webhooks"][0]
    lease = cluster.get("lease", "tidegate-guard", "-n", "tidegate-system")
    return secret.get("data"), webhook["clientConfig"].get("caBundle"), \
        lease.get("spec", {}).get("holderIdentity")


@pytest.mark.parametrize("apply", ["--server-side=true", "--server-side=false"], ids=["server", "client"])
def test_upgrade_and_rollback_keep_what_was_written(cluster, tmp_path, apply):
    """By server-side apply, as Helm 4 does it, and by a merge, as Helm 3 does."""
    with released(cluster, apply):
        assert written(cluster) == (None, None, None)
        config = cluster.write_kubeconfig(tmp_path / "kubeconfig", {"token": cluster.token()})
        server = cluster.popen_inside(
            [PROGRAM, "serve", "--rules", ROOT / "rules" / "starter", "--listen", f"{NODE}:8443",
             "--tls-secret", "tidegate-tls", "--webhook-configuration", "tidegate", "--kubeconfig", config,
             "--shutdown-delay", "0"], stderr=open(tmp_path / "stderr", "wb"), stdout=subprocess.DEVNULL)
        try:
            eventually(lambda: all(written(cluster)[:2]), "the Secret and the caBundle are filled in")
        finally:
            server.terminate()
            server.wait(30)
        lease = cluster.get("lease", "tidegate-guard", "-n", "tidegate-system")
        lease["spec"] = {"holderIdentity": "somebody", "leaseDurationSeconds": 15}
        cluster.kubectl("replace", "--kubeconfig", str(config), "-f", "-", input=json.dumps(lease), check=True)
        before = written(cluster)
        assert all(before) and "next-ca.key" not in before[0]
        assert {"tls.crt", "tls.key", "ca.crt", "ca.key"} == set(before[0])

        helm(cluster, "upgrade", "tidegate", CHART, "-n", "tidegate-system", apply, "--set",
             "webhook.timeoutSeconds=3,rules.starter=deny,replicas=2")
        assert cluster.get("validatingwebhookconfiguration", "tidegate")["webhooks"][0]["timeoutSeconds"] == 3
        assert written(cluster) == before
        helm(cluster, "rollback", "tidegate", "1", "-n", "tidegate-system", apply)
        assert cluster.get("validatingwebhookconfiguration", "tidegate")["webhooks"][0]["timeoutSeconds"] == 5
        assert written(cluster) == before
        release = cluster.kubectl("get", "secret", "-n", "tidegate-system", "-l", "owner=helm", "-o", "yaml",
                                  user="admin", check=True).stdout
        assert before[0]["tls.key"] not in release

        cluster.kubectl("delete", "secret", "tidegate-tls", "-n", "tidegate-system", user="admin", check=True)
        helm(cluster, "upgrade", "tidegate", CHART, "-n", "tidegate-system", apply)
        again = cluster.get("secret", "tidegate-tls", "-n", "tidegate-system")
        assert again["metadata"]["annotations"]["tidegate.dev/certificates"] == "1" and "data" not in again


def test_a_change_of_rules_starts_no_pod(cluster):
    with released(cluster):
        def template():
            return cluster.get("deployment", "tidegate", "-n", "tidegate-system")["spec"]["template"]

        before = template()
        helm(cluster, "upgrade", "tidegate", CHART, "-n", "tidegate-system", "--set", "rules.starter=deny")
        assert "mode: deny" in cluster.get("configmap", "tidegate-rules", "-n", "tidegate-system")["data"][
            "starter.yaml"]
        assert template() == before


def test_the_webhook_comes_last_and_goes_first(cluster):
    """So that it never asks for what is not there yet, or no more, for longer than it must."""
    begun = len(cluster.audit_events())
    with released(cluster, "-f", values_of("everything")):
        pass
    did = [(e["verb"], e["objectRef"]["resource"]) for e in cluster.audit_events()[begun:]
           if e.get("objectRef", {}).get("name") == "tidegate" and e["user"]["username"] == "admin"
           and e["verb"] in ("create", "patch", "delete")]
    made = [resource for verb, resource in did if verb != "delete"]
    gone = [resource for verb, resource in did if verb == "delete"]
    webhook = "validatingwebhookconfigurations"
    for resource in ("deployments", "services", "serviceaccounts", "clusterroles", "roles"):
        assert made.index(webhook) > made.index(resource) and gone.index(webhook) < gone.index(resource)


# --- which requests are sent


@pytest.fixture(scope="module")
def shop(cluster):
    """Workloads that were there before the webhook, and then the webhook."""
    cluster.kubectl("create", "namespace", "shop", user="admin", check=True)
    cluster.kubectl("apply", "--server-side", "-n", "shop", "-f", "-", user="admin", input=POD, check=True)
    for kind in ("deployment", "configmap"):
        args = ["--image=app:v1", "--replicas=0"] if kind == "deployment" else ["--from-literal=a=b"]
        cluster.kubectl("create", kind, "one", "-n", "shop", *args, user="admin", check=True)
    eventually(lambda: (cluster.get("deployment", "one", "-n", "shop").get("status") or {}).get(
        "observedGeneration"), "the controller has seen the Deployment")
    with released(cluster, "-f", values_of("default")):
        await_sent(cluster)
        yield "shop"
    cluster.kubectl("delete", "namespace", "shop", "--wait=false", user="admin", check=True)


def await_sent(cluster):
    eventually(lambda: SENT in cluster.kubectl("create", "deployment", "two", "-n", "shop", "--image=app:v1",
                                               "--dry-run=server", user="admin").stderr,
               "the API server knows the webhook")


def patch(resource, body, *more):
    return ["patch", *resource.split("/"), "--type=merge", "-p", json.dumps(body), *more]


ONES = [  # a request that changes something, whether it is sent
    ("label", ["label", "pod", "one", "team=shop"], True),
    ("annotation", ["annotate", "deployment", "one", "note=x"], True),
    ("finalizer", patch("pod/one", {"metadata": {"finalizers": ["example.com/x"]}}), True),
    ("owner", patch("pod/one", {"metadata": {"ownerReferences": [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "x"}]}}), True),
    ("template", ["set", "image", "deployment", "one", "app=app:v2"], True),
    ("scale", ["scale", "deployment", "one", "--replicas=1"], True),
    ("debug", ["debug", "one", "--image=app:v1", "--attach=false"], True),
    ("resize", ["patch", "pod", "one", "--subresource=resize", "--type=strategic", "-p",
                '{"spec":{"containers":[{"name":"app","resources":{"requests":{"cpu":"20m"},"limits":{"cpu":"20m"}}}]}}'],
     True),
    ("create", ["create", "job", "one", "--image=app:v1"], True),
    ("status", patch("pod/one", {"status": {"message": "x"}}, "--subresource=status"), False),
    ("configmap", patch("configmap/one", {"data": {"a": "c"}}), False),
    ("delete", ["delete", "pod", "one"], False),
    ("nothing", patch("deployment/one", {"spec": {"paused": False}}), False),
    ("scale-nothing", ["scale", "deployment", "one", "--replicas=0"], False),
]


@pytest.mark.parametrize("name, argv, sent", ONES, ids=[one[0] for one in ONES])
def test_what_is_sent(cluster, shop, name, argv, sent):
    dry = [] if name == "debug" else ["--dry-run=server"]
    done = cluster.kubectl(*argv, "-n", shop, *dry, user="admin")
    assert (SENT in done.stderr) == sent and (done.returncode == 0) != sent, done.stdout + done.stderr


def test_what_is_applied_anew_is_not_sent(cluster, shop):
    again = cluster.kubectl("apply", "--server-side", "-n", shop, "-f", "-", user="admin", input=POD)
    assert again.returncode == 0, again.stderr
    changed = cluster.kubectl("apply", "--server-side", "-n", shop, "-f", "-", user="admin",
                              input=POD.replace("app: one", "app: two"))
    assert SENT in changed.stderr


@pytest.mark.parametrize("namespace, sent", [("kube-system", False), ("kube-public", False),
                                             ("kube-node-lease", False), ("tidegate-system", False),
                                             ("default", True)])
def test_where_it_is_sent(cluster, shop, namespace, sent):
    done = cluster.kubectl("create", "deployment", "two", "-n", namespace, "--image=app:v1",
                           "--dry-run=server", user="admin")
    assert (SENT in done.stderr) == sent and (done.returncode == 0) != sent, done.stderr


def test_a_large_object_is_compared_too(cluster, shop):
    """CEL has a budget; a request beyond it would be refused, and so every label of what is large."""
    large = yaml.safe_load(POD)
    large["metadata"] = {"name": "large", "annotations": {f"a{i}": "x" * 200 for i in range(1000)}}
    large["spec"]["containers"][0]["env"] = [{"name": f"E{i}", "value": "y" * 200} for i in range(1000)]
    with unregistered(cluster):
        cluster.kubectl("create", "-n", "shop", "-f", "-", user="admin", input=json.dumps(large), check=True)
    same = cluster.kubectl(*patch("pod/large", {"metadata": {"annotations": {"a1": "x" * 200}}}), "-n", shop,
                           user="admin")
    assert same.returncode == 0, same.stderr
    other = cluster.kubectl(*patch("pod/large", {"metadata": {"annotations": {"a1": "z"}}}), "-n", shop,
                            user="admin")
    assert SENT in other.stderr


@contextlib.contextmanager
def unregistered(cluster):
    helm(cluster, "upgrade", "tidegate", CHART, "-n", "tidegate-system", "--set",
         "webhook.failurePolicy=Ignore")
    eventually(lambda: SENT not in cluster.kubectl("create", "deployment", "two", "-n", "shop", "--image=app:v1",
                                                   "--dry-run=server", user="admin").stderr,
               "the API server knows that it may go on")
    yield
    helm(cluster, "upgrade", "tidegate", CHART, "-n", "tidegate-system", "--reset-values")
    await_sent(cluster)


def test_annotations_beside_a_status_are_sent_when_asked_for(cluster, shop):
    helm(cluster, "upgrade", "tidegate", CHART, "-n", "tidegate-system", "--set",
         "webhook.statusAnnotations=true")
    forged = patch("deployment/one", {"metadata": {"annotations": {"tidegate.dev/approve": "x"}}},
                   "--subresource=status", "-n", shop, "--dry-run=server")
    try:
        eventually(lambda: SENT in cluster.kubectl(*forged, user="admin").stderr, "annotations are sent")
        plain = cluster.kubectl(*patch("deployment/one", {"status": {"replicas": 7}}, "--subresource=status",
                                       "-n", shop, "--dry-run=server"), user="admin")
        assert plain.returncode == 0, plain.stderr
    finally:
        helm(cluster, "upgrade", "tidegate", CHART, "-n", "tidegate-system", "--reset-values")
