"""The test bed itself: the cluster works, and a webhook registered on it is really called."""

import json
import pathlib
import re
import signal
import subprocess
import sys

import pytest

from testbed import NODE, SERVER_NAME, eventually, rule

HERE = pathlib.Path(__file__).parent
PORT = 9443

# Answers every review on the port given, writes it as a line, and denies what is named "denied".
RECORDER = """
import http.server, json, socketserver, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log_message = lambda *args: None
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = review["request"]
        print(json.dumps({"path": self.path, **request}), flush=True)
        review["response"] = {
            "uid": request["uid"],
            "allowed": request.get("name") != "denied",
            "status": {"code": 403, "reason": "Forbidden", "message": "not this one"},
            "auditAnnotations": {"seen": "yes"},
        }
        body = json.dumps(review).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(*sys.argv[3:])
server = socketserver.ThreadingTCPServer((sys.argv[1], int(sys.argv[2])), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


@pytest.fixture
def ca(tmp_path):
    """A self-signed certificate for the service, in tmp_path with its key."""
    crt = tmp_path / "crt.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-noenc", "-newkey", "ec",
         "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=recorder",
         "-addext", f"subjectAltName=DNS:{SERVER_NAME}",
         "-keyout", tmp_path / "key.pem", "-out", crt],
        check=True, capture_output=True,
    )
    return crt.read_text()


@pytest.fixture
def recorder(cluster, ca, tmp_path):
    """Registers the recorder; gives a function that reads what it has recorded."""
    reviews = tmp_path / "reviews"
    argv = [sys.executable, "-c", RECORDER, NODE, PORT, tmp_path / "crt.pem", tmp_path / "key.pem"]
    with open(reviews, "w") as out, cluster.popen_inside(argv, stdout=out) as server:
        try:
            cluster.register_webhook(ca, port=PORT)
            yield lambda: [json.loads(line) for line in reviews.read_text().splitlines()]
            cluster.unregister_webhook()
        finally:
            server.kill()


def test_version(cluster):
    wanted = re.search(r"k8s\.io/kubernetes (v\S+)", (HERE / "go.mod").read_text())[1]
    version = json.loads(cluster.kubectl("version", "-o", "json", check=True).stdout)
    assert version["clientVersion"]["gitVersion"] == wanted
    assert version["serverVersion"]["gitVersion"] == wanted


@pytest.mark.parametrize("user, group", [
    ("alice", "deployers"), ("bob", "release-managers"), ("carol", "incident-commanders"),
])
def test_people(cluster, user, group):
    who = json.loads(cluster.kubectl("auth", "whoami", "-o", "json", user=user, check=True).stdout)
    assert who["status"]["userInfo"]["username"] == user
    assert group in who["status"]["userInfo"]["groups"]
    assert cluster.kubectl("auth", "can-i", "*", "*", user=user).stdout == "yes\n"


def test_controllers_make_pods(cluster, namespace):
    cluster.kubectl("create", "deployment", "api", "-n", namespace, "--image=ghcr.io/acme/api:v1",
                    "--replicas=2", check=True)

    def two_pods():
        pods = cluster.items("pods", "-n", namespace)
        return len(pods) == 2 and pods

    pods = eventually(two_pods, "two pods")
    assert {pod["metadata"]["ownerReferences"][0]["kind"] for pod in pods} == {"ReplicaSet"}


def test_webhook_is_called(cluster, recorder, namespace):
    cluster.kubectl("create", "deployment", "api", "-n", namespace, "--image=api:v1", check=True)
    review = next(r for r in recorder() if r["kind"]["kind"] == "Deployment")
    assert review["path"] == "/validate?timeout=5s"
    assert (review["operation"], review["name"]) == ("CREATE", "api")
    assert (review["namespace"], review["userInfo"]["username"]) == (namespace, "alice")

    def makers():
        return [r["userInfo"]["username"] for r in recorder() if r["kind"]["kind"] == "Pod"]

    maker = "system:serviceaccount:kube-system:replicaset-controller"
    assert eventually(makers, "the pod's review") == [maker]


def test_webhook_denies(cluster, recorder, namespace):
    done = cluster.kubectl("create", "deployment", "denied", "-n", namespace, "--image=api:v1")
    assert done.returncode == 1
    assert done.stderr == (
        'error: failed to create deployment: admission webhook "gate.tidegate.dev" '
        'denied the request: not this one\n'
    )

    def audited():
        return [e for e in cluster.audit_events()
                if e.get("annotations", {}).get("gate.tidegate.dev/seen") == "yes"
                and e["responseStatus"]["code"] == 403
                and e["objectRef"]["namespace"] == namespace]

    assert eventually(audited, "the denial in the audit log")[0]["user"]["username"] == "alice"


def test_webhook_unregistered(cluster, recorder, namespace):
    def recorded():
        return [r["name"] for r in recorder() if r["userInfo"]["username"] == "alice"]

    cluster.kubectl("create", "configmap", "one", "-n", namespace, check=True)
    assert recorded() == ["one"]
    cluster.unregister_webhook()
    cluster.unregister_webhook()
    cluster.kubectl("create", "configmap", "denied", "-n", namespace, check=True)
    assert recorded() == ["one"]


def test_webhook_with_other_fields(cluster, recorder, namespace, ca):
    services = [rule("", "services")]
    cluster.register_webhook(ca, port=PORT, path="/other", rules=services, timeoutSeconds=1)
    cluster.kubectl("create", "configmap", "denied", "-n", namespace, check=True)
    cluster.kubectl("create", "service", "externalname", "one", "-n", namespace,
                    "--external-name=localhost", check=True)
    assert [r["path"] for r in recorder() if r["namespace"] == namespace][-1] == "/other?timeout=1s"


def test_down_after_killed_up(tmp_path):
    """Beside the session's cluster: up is killed when half of it runs, down leaves nothing."""
    folder = tmp_path / "second"
    with subprocess.Popen([HERE / "up", folder], stderr=subprocess.DEVNULL) as up:
        started = folder / "pids" / "kube-apiserver"
        eventually(lambda: started.exists() and started.read_text(), "the API server is started")
        up.send_signal(signal.SIGKILL)
    netns = pathlib.Path("/run/netns") / (folder / "netns").read_text().strip()
    assert netns.exists()
    subprocess.run([HERE / "down", folder], check=True)
    assert not folder.exists() and not netns.exists()
    subprocess.run([HERE / "down", folder], check=True)
