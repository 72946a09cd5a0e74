"""The image on a node, as Kubernetes' strictest profile runs it: not root, no capability, nothing
that can be written."""

import http.client
import io
import json
import re
import ssl
import tarfile

import pytest

from conftest import NAME, Pods
from testbed import SERVER_NAME, eventually

STRICT = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
PROBE = {"httpGet": {"path": "/readyz", "port": 8443, "scheme": "HTTPS"}, "periodSeconds": 1}
ROLE = "tidegate-image"


@pytest.fixture
def strict(cluster, namespace):
    """A namespace that admits nothing less strict."""
    cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted",
                    user="admin", check=True)
    return Pods(cluster, namespace)


@pytest.fixture
def allowed(cluster, strict):
    """Its service account may see namespaces."""
    cluster.apply(
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": ROLE},
         "rules": [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]}]},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
         "metadata": {"name": ROLE},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE},
         "subjects": [{"kind": "ServiceAccount", "namespace": strict.namespace, "name": "default"}]})


def container(image=NAME, **fields):
    return {"name": "tidegate", "image": image, "imagePullPolicy": "Never", "securityContext": STRICT,
            **fields}


def pod(name, **fields):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"restartPolicy": "Never", "containers": [container(**fields)]}}


def ended(pods, name):
    """How the pod's container ended, and what it said."""
    def state():
        found = pods.get("pod", name)["status"].get("containerStatuses", [{}])[0]
        return found.get("state", {}).get("terminated")

    code = eventually(state, f"{name} has ended")["exitCode"]
    return code, pods.kubectl("logs", name).stdout


def test_commands_answer(strict):
    strict.apply(pod("help", args=["--help"]),
                 pod("check", args=["check", "--rules", "/etc/tidegate/rules"]))
    code, said = ended(strict, "help")
    assert code == 0 and "usage: tidegate" in said
    code, said = ended(strict, "check")
    assert (code, said) == (0, "/etc/tidegate/rules: 1 policy, 6 rules, 1 environment\n")


def ask(cluster, address, path, authority):
    context = ssl.create_default_context(cadata=authority)
    with context.wrap_socket(cluster.connect(address, 8443), server_hostname=SERVER_NAME) as tls:
        connection = http.client.HTTPConnection(SERVER_NAME)
        connection.sock = tls
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@pytest.mark.usefixtures("allowed")
def test_it_serves_as_it_comes(cluster, strict):
    """Without arguments, and with the service account that every pod has."""
    strict.apply(pod("gate", readinessProbe=PROBE, resources={"limits": {"memory": "64Mi", "cpu": "500m"}}))
    strict.kubectl("wait", "pod/gate", "--for=condition=Ready", "--timeout=30s")
    said = strict.kubectl("logs", "gate").stdout
    assert "warning" not in said
    authority = re.search("-----BEGIN.*END CERTIFICATE-----\n", said, re.S)[0]
    address = strict.get("pod", "gate")["status"]["podIP"]
    assert ask(cluster, address, "/readyz", authority) == (200, "ready\n")
    eventually(lambda: "[+] cluster: follows" in ask(cluster, address, "/readyz?verbose", authority)[1],
               "it follows the cluster")


def test_docker_reads_it_too(image, cluster, strict, tmp_path):
    """What is left for a reader that knows manifest.json alone, under another name."""
    manifest = json.loads(image.contents["manifest.json"])
    manifest[0]["RepoTags"] = ["localhost/as-docker-reads-it:1"]
    with tarfile.open(tmp_path / "docker.tar", "w") as tar:
        for path, data in {**image.contents, "manifest.json": json.dumps(manifest).encode()}.items():
            if path not in ("oci-layout", "index.json"):
                info = tarfile.TarInfo(path)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    cluster.import_images(tmp_path / "docker.tar")
    strict.apply(pod("version", image="localhost/as-docker-reads-it:1", args=["--version"]))
    assert ended(strict, "version")[1].startswith("tidegate ")
