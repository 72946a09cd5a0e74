"""Rules that match by the labels of a namespace, which the door knows by a watch of its own."""

import json
import re
import ssl
import subprocess
import sys

import pytest
import yaml

from door import API_PORT, PORT, Door, Https
from testbed import NODE, SERVER_NAME, eventually

PROXY_PORT = 7443

RULES = {"rules.yaml": """
apiVersion: tidegate.dev/v1alpha1
kind: Environment
metadata: {name: production}
spec: {namespaceLabels: {stage: production}}
---
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: by-environment}
spec:
  match: {environments: [production], kinds: [Deployment]}
  rules: [{id: three-replicas, fields: [{path: spec.replicas, min: 3}]}]
---
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: by-labels}
spec:
  match:
    namespaceLabels: {matchExpressions: [{key: team, operator: In, values: [pay, shop]}]}
    kinds: [Deployment]
  rules: [{id: has-owner, fields: [{path: metadata.labels.owner, exists: true}]}]
"""}

# Hands connections on to the API server. When it is ended they break, and new ones are refused.
PROXY = """
import asyncio, sys
async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def serve(reader, writer):
    there, back = await asyncio.open_connection(sys.argv[1], int(sys.argv[3]))
    await asyncio.gather(copy(reader, back), copy(there, writer), return_exceptions=True)
async def main():
    server = await asyncio.start_server(serve, sys.argv[1], int(sys.argv[2]))
    print("listening", flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


class Road:
    """The door's way to the API server, which can be cut."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.heal()

    def heal(self):
        argv = [sys.executable, "-c", PROXY, NODE, PROXY_PORT, API_PORT]
        self.process = self.cluster.popen_inside(argv, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"listening\n"

    def cut(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def road(cluster):
    road = Road(cluster)
    yield road
    road.cut()


@pytest.fixture
def account(cluster, namespace):
    """A service account that may nothing yet, and its token."""
    cluster.kubectl("create", "serviceaccount", "tidegate", "-n", namespace, check=True)
    token = cluster.kubectl("create", "token", "tidegate", "-n", namespace, check=True).stdout
    yield f"{namespace}:tidegate", token
    for kind in "clusterrole", "clusterrolebinding":
        cluster.kubectl("delete", kind, namespace, "--ignore-not-found", user="admin", check=True)


def allow(cluster, account, rule):
    """Lets the account do what one rule of a ClusterRole says."""
    name = account.split(":")[0]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name}, "rules": [rule]}
    cluster.kubectl("apply", "-f", "-", user="admin", input=json.dumps(role), check=True)
    cluster.kubectl("create", "clusterrolebinding", name, f"--clusterrole={name}",
                    f"--serviceaccount={account}", user="admin", check=True)


def certificate(cluster, user):
    certs = cluster.dir / "certs"
    return {"client-certificate": str(certs / f"{user}.crt"), "client-key": str(certs / f"{user}.key")}


@pytest.fixture
def start(cluster, tmp_path):
    """Starts a door that nobody has registered: what it is asked comes from the test."""
    doors = []

    def start_door(*options, **more):
        door = Door(cluster, tmp_path)
        door.link_rules(RULES)
        door.start("--shutdown-delay", "0", *options, **more)
        doors.append(door)
        return door

    yield start_door
    for door in doors:
        door.stop()


def broken(door, namespace):
    """The rules that a small Deployment in the namespace breaks, or the error of one that could not
    be answered."""
    request = {
        "uid": "u", "operation": "CREATE", "namespace": namespace, "name": "api",
        "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
        "userInfo": {"username": "alice"}, "dryRun": False, "oldObject": None,
        "object": {"metadata": {"name": "api"}, "spec": {"replicas": 1, "template": {}}},
    }
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    context = ssl.create_default_context(cafile=door.dir / "ca.pem")
    status, text = Https(door.cluster, PORT, context, SERVER_NAME).ask(
        "POST", "/validate?timeout=5s", review)
    assert status == 200, text
    message = json.loads(text)["response"].get("status", {}).get("message", "")
    if "labels of the namespace are not known" in message:
        return "unknown"
    return re.sub(r"^.* breaks \d rules?: ", "", message.split("\n")[0])


def label(cluster, namespace, *labels):
    cluster.kubectl("label", "namespace", namespace, "--overwrite", *labels, user="admin", check=True)


def state(door):
    return [line for line in door.get("/readyz?verbose")[1].splitlines() if "] cluster: " in line][0]


def await_following(door):
    eventually(lambda: state(door).startswith("[+] "), "the namespaces are followed")


def test_verdicts_follow_the_labels(door_in_force, cluster, namespace):
    def create():
        return cluster.kubectl("create", "deployment", "api", "-n", namespace, "--image=api:v1",
                               "--dry-run=server")

    def rules():
        return re.findall(r"three-replicas|has-owner", create().stderr.split("\n")[0])

    assert eventually(lambda: create().returncode == 0, "a namespace without labels")
    label(cluster, namespace, "stage=production")
    eventually(lambda: rules() == ["three-replicas"], "the environment holds")
    label(cluster, namespace, "team=pay")
    eventually(lambda: rules() == ["three-replicas", "has-owner"], "both hold")
    label(cluster, namespace, "stage=staging")
    eventually(lambda: rules() == ["has-owner"], "the environment holds no more")
    label(cluster, namespace, "team-")
    eventually(lambda: create().returncode == 0, "nothing holds any more")


@pytest.fixture
def door_in_force(cluster, start):
    """A door that the API server asks."""
    door = start("--kubeconfig", cluster.dir / "kube" / "alice")
    await_following(door)
    door.register()
    yield door
    cluster.unregister_webhook()


def test_namespaces_that_come_and_go(cluster, start):
    door = start("--kubeconfig", cluster.dir / "kube" / "alice")
    await_following(door)
    assert broken(door, "brief") == "unknown"
    cluster.kubectl("create", "namespace", "brief", user="admin", check=True)
    eventually(lambda: broken(door, "brief") == "", "the new namespace is known")
    cluster.kubectl("delete", "namespace", "brief", user="admin", check=True)
    eventually(lambda: broken(door, "brief") == "unknown", "it is gone")


def test_a_cut_road(cluster, start, road, namespace, tmp_path):
    config = cluster.write_kubeconfig(tmp_path / "config", certificate(cluster, "alice"), PROXY_PORT)
    door = start("--kubeconfig", config)
    await_following(door)
    label(cluster, namespace, "stage=production")
    eventually(lambda: broken(door, namespace) == "three-replicas", "the label is known")
    road.cut()
    eventually(lambda: state(door).startswith("[-] cluster: namespaces are not followed: https://"),
               "the door knows that the road is cut")
    label(cluster, namespace, "stage=staging", "team=pay")
    assert broken(door, namespace) == "three-replicas"
    assert door.get("/readyz")[0] == 200
    road.heal()
    eventually(lambda: broken(door, namespace) == "has-owner", "it catches up")
    assert door.metric('tidegate_kube_requests_total{verb="list",resource="namespaces",code="200"}') == 1
    assert door.metric('tidegate_kube_watch_age_seconds{resource="namespaces"}') < 90


def test_an_api_server_that_restarts_and_has_forgotten(cluster, start, road, namespace, tmp_path):
    config = cluster.write_kubeconfig(tmp_path / "config", certificate(cluster, "alice"), PROXY_PORT)
    door = start("--kubeconfig", config)
    await_following(door)
    road.cut()
    label(cluster, namespace, "team=pay")
    argv = cluster.stop_api_server()
    assert broken(door, namespace) == ""
    cluster.start_api_server(argv)
    road.heal()
    eventually(lambda: broken(door, namespace) == "has-owner", "it catches up")
    await_following(door)
    label(cluster, namespace, "team-")
    eventually(lambda: broken(door, namespace) == "", "it follows")


def test_the_rule_that_is_missing(cluster, start, road, namespace, account, tmp_path):
    name, token = account
    config = cluster.write_kubeconfig(tmp_path / "config", {"token": token.strip()}, PROXY_PORT)
    door = start("--kubeconfig", config)
    told = eventually(lambda: re.search(r"lacks the rule ({.*})", state(door)), "the rule is told")
    assert door.said("lacks the rule " + told[1].replace('"', '\\"')) == 1
    assert f'User \\"system:serviceaccount:{name}\\" cannot list' in (door.dir / "stderr").read_text()
    assert broken(door, namespace) == "unknown"
    assert door.get("/readyz")[0] == 200
    allow(cluster, name, yaml.safe_load(told[1]))
    eventually(lambda: state(door).startswith("[+] "), "the rule is enough")
    assert broken(door, namespace) == ""
    assert token.strip()[:20] not in (door.dir / "stderr").read_text()


def test_a_token_that_is_written_anew(cluster, start, road, namespace, account, tmp_path):
    name, token = account
    allow(cluster, name, {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]})
    (tmp_path / "token").write_text(token)
    config = cluster.write_kubeconfig(tmp_path / "config", {"tokenFile": "token"}, PROXY_PORT)
    door = start("--kubeconfig", config)
    eventually(lambda: state(door).startswith("[+] "), "the first token")
    (tmp_path / "token").write_text("old\n")
    road.cut()
    road.heal()
    eventually(lambda: "not followed: 401" in state(door), "an old token")
    (tmp_path / "token").write_text(token)
    eventually(lambda: state(door).startswith("[+] "), "a new one")


IN_POD = """
mount -t tmpfs tmpfs /var/run
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
cp "$1" "$2" /var/run/secrets/kubernetes.io/serviceaccount
shift 2
exec "$@"
"""


def test_in_a_pod(cluster, start, namespace, account, tmp_path):
    name, token = account
    allow(cluster, name, {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]})
    (tmp_path / "token").write_text(token)
    door = start(wrapped_by=[
        "env", f"KUBERNETES_SERVICE_HOST={NODE}", f"KUBERNETES_SERVICE_PORT={API_PORT}",
        "unshare", "--mount", "sh", "-euc", IN_POD, "sh", tmp_path / "token",
        cluster.dir / "certs" / "ca.crt"])
    eventually(lambda: state(door).startswith("[+] "), "the namespaces are followed")
    assert broken(door, namespace) == ""


@pytest.mark.parametrize("server", [NODE, "10.99.0.1.nip.example"])
def test_a_server_that_is_another(cluster, start, tmp_path, server):
    """The CA is another one, or the name is."""
    user = certificate(cluster, "alice")
    path = cluster.write_kubeconfig(tmp_path / "config", user)
    config = json.loads(path.read_text())
    if server == NODE:
        config["clusters"][0]["cluster"]["certificate-authority"] = str(
            cluster.dir / "certs" / "alice.crt")
    else:
        config["clusters"][0]["cluster"]["tls-server-name"] = server
    path.write_text(json.dumps(config))
    door = start("--kubeconfig", path)
    eventually(lambda: "SSL" in state(door), "the certificate is refused")


def test_a_server_by_another_name(cluster, start, tmp_path):
    path = cluster.write_kubeconfig(tmp_path / "config", certificate(cluster, "alice"))
    config = json.loads(path.read_text())
    config["clusters"][0]["cluster"]["tls-server-name"] = "kubernetes.default.svc"
    path.write_text(json.dumps(config))
    await_following(start("--kubeconfig", path))
