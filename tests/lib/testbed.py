"""A running cluster, as tests use it. README.md shows how."""

import base64
import concurrent.futures
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

NODE = "10.99.0.1"
API_PORT = 6443
WEBHOOK = "gate.tidegate.dev"
SYSTEM = "tidegate-system"
SERVER_NAME = f"tidegate.{SYSTEM}.svc"
CONFIGURATION = "validatingwebhookconfiguration"
NOWHERE = {"url": f"https://{NODE}:1/"}
CLONE_NEWNET = 0x40000000
LONG = os.environ.get("TIDEGATE_LONG") == "1"
UNREACHABLE = f'failed calling webhook "probe.{WEBHOOK}"'


def rule(group, *resources):
    return {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "resources": list(resources),
        "operations": ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    }


RULES = [
    rule("", "pods", "pods/ephemeralcontainers", "pods/resize", "replicationcontrollers",
         "replicationcontrollers/scale", "podtemplates", "services", "configmaps", "namespaces"),
    rule("apps", "deployments", "deployments/scale", "replicasets", "replicasets/scale",
         "statefulsets", "statefulsets/scale", "daemonsets"),
    rule("batch", "jobs", "cronjobs"),
]


def in_namespaces(operator, *names):
    key = "kubernetes.io/metadata.name"
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(names)}]}


def eventually(probe, what, within=60):
    """Calls probe until it returns something true, and returns that. Controllers that lost the API
    server wait up to half a minute before they look for it again, so no `within` is short without a
    reason of its own. It rests for as long as the probe took: a kubectl costs 80 ms of a processor."""
    deadline = time.monotonic() + within
    while True:
        began = time.monotonic()
        seen = probe()
        ended = time.monotonic()
        if seen:
            return seen
        assert ended < deadline, f"{what}: not within {within} s"
        time.sleep(max(0.05, ended - began))


def promised(seconds, patience=60):
    """How long to wait for what is promised within that many seconds. `make test-long` holds it to them,
    on a machine that has nothing else to do."""
    return seconds if LONG else max(seconds, patience)


class Cluster:
    """A running cluster. What a person does goes through kubectl(), as that person."""

    def __init__(self, folder):
        self.dir = folder
        netns = (folder / "netns").read_text().strip()
        self.inside = ["nsenter", f"--net=/run/netns/{netns}", "--"]

    def env(self, user):
        """For kubectl to act as user, and to leave nothing outside the cluster's folder."""
        return {
            "PATH": f"{self.dir / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.dir / "kubectl"),
            "KUBECACHEDIR": str(self.dir / "kubectl"),
            "KUBECONFIG": str(self.dir / "kube" / user),
            "LC_ALL": "C.UTF-8",
        }

    def kubectl(self, *args, user="alice", input=None, check=False):
        """Runs kubectl as user (admin, alice, bob, carol); input is its standard input, text."""
        done = self.run_inside(["kubectl", *args], user, input)
        if check:
            assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr}"
        return done

    def run_inside(self, argv, user, input=None):
        """Runs argv as user, whose kubeconfig it finds as kubectl does; input is text."""
        return subprocess.run(
            [*self.inside, *map(str, argv)],
            env=self.env(user), input=input or "", text=True, capture_output=True, timeout=60,
        )

    def get(self, *args):
        """What `kubectl get ARGS` holds, as an object; None when it is not there."""
        args = ("get", *args, "-o", "json", "--ignore-not-found")
        found = self.kubectl(*args, user="admin", check=True).stdout
        return json.loads(found) if found else None

    def items(self, *args):
        """What `kubectl get ARGS` lists: of nothing it prints nothing."""
        found = self.get(*args)
        return found["items"] if found else []

    def popen_inside(self, argv, **kw):
        """Starts argv in the cluster's network, where the node is 10.99.0.1. The caller ends it."""
        return subprocess.Popen([*self.inside, *map(str, argv)], **kw)

    def enter_network(self):
        """Moves the calling thread, for good, into the cluster's network."""
        with open(self.inside[1].removeprefix("--net="), "rb") as netns:
            if ctypes.CDLL(None, use_errno=True).setns(netns.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def make_inside(self, make):
        """What make() returns, called in the cluster's network: a socket, which may be used here."""
        with concurrent.futures.ThreadPoolExecutor(1, initializer=self.enter_network) as thread:
            return thread.submit(make).result()

    def connect(self, host, port, timeout=5):
        """A socket made in the cluster's network, which may be used from here."""
        return self.make_inside(lambda: socket.create_connection((host, port), timeout=timeout))

    def http_get(self, host, port, path="/", timeout=5):
        """Status and text of GET path, asked from the node. OSError or HTTPException without one."""
        connection = http.client.HTTPConnection(host, port)
        connection.sock = self.connect(host, port, timeout)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def import_images(self, archive):
        """Gives the node the images of an archive: an OCI layout, or that of "docker save"."""
        node = (self.dir / "node" / "pid").read_text().strip()
        enter = ["nsenter", f"--target={node}", "--mount", "--pid", "--net", "--"]
        done = subprocess.run([*enter, "ctr", "-n", "k8s.io", "images", "import", archive],
                              text=True, capture_output=True)
        assert done.returncode == 0, done.stderr

    def apply(self, *objects, user="admin", namespace=None):
        """Applies objects as user would, in the namespace given or each in that which it names."""
        text = "\n---\n".join(map(json.dumps, objects))
        where = ["-n", namespace] if namespace else []
        self.kubectl("apply", *where, "-f", "-", user=user, input=text, check=True)

    def stop_api_server(self):
        """Ends the API server without a warning, and returns when its port is free, with what
        start_api_server takes."""
        pid = int((self.dir / "pids" / "kube-apiserver").read_text())
        argv = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
        os.kill(pid, signal.SIGKILL)
        eventually(self._is_refused, "the API server is gone")
        return argv

    def _is_refused(self):
        try:
            self.connect(NODE, API_PORT).close()
        except ConnectionError as e:  # it may just be on its way out
            return isinstance(e, ConnectionRefusedError)
        return False

    def start_api_server(self, argv):
        """Starts it again, and returns when it is ready."""
        with open(self.dir / "logs" / "kube-apiserver.log", "ab") as log:
            again = self.popen_inside(["setsid", *argv], stdin=subprocess.DEVNULL, stdout=log,
                                      stderr=log)
        (self.dir / "pids" / "kube-apiserver").write_text(f"{again.pid}\n")
        eventually(lambda: self.kubectl("get", "--raw", "/readyz", user="admin").returncode == 0,
                   "the API server is ready again")

    def token(self, account="tidegate", namespace=SYSTEM):
        """One of a service account."""
        return self.kubectl("create", "token", account, "-n", namespace, user="admin", check=True).stdout.strip()

    def write_kubeconfig(self, path, user, port=API_PORT):
        """By which a user ({"token": ...}, as a kubeconfig has it) reaches that port of the node. Returns path."""
        path.write_text(json.dumps({
            "clusters": [{"name": "c", "cluster": {
                "server": f"https://{NODE}:{port}",
                "certificate-authority": str(self.dir / "certs" / "ca.crt")}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }))
        return path

    def log(self, program):
        """The lines that program (etcd, kube-apiserver, kubelet, ...) has logged."""
        lines = (self.dir / "logs" / f"{program}.log").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if "Caches are synced" not in line]

    def audit_events(self):
        """The audit log, oldest first. An event may come just after its answer."""
        with open(self.dir / "logs" / "audit.log", encoding="utf-8") as log:
            return [json.loads(line) for line in log if line.endswith("\n")]

    def register_webhook(self, ca_pem, port=8443, path="/validate", rules=None, **fields):
        """Registers what listens on the node's port, by the service tidegate of tidegate-system,
        so its certificate must be for SERVER_NAME. Replaces an earlier registration. Returns when
        the API server has called it. fields override the webhook's own: timeoutSeconds=1, ...
        """
        self.unregister_webhook()
        client = client_config(ca_pem, path)
        self.apply(*service(port), configuration(client, rules or RULES, fields))
        self._await_probe(UNREACHABLE, "the API server knows the webhook")
        self._point_probe_at(client)
        self._await_probe("", "the API server reaches the webhook", absent=UNREACHABLE)

    def unregister_webhook(self):
        """Takes the registration away. Returns when the API server calls the webhook no more."""
        if not self.get(CONFIGURATION, WEBHOOK):
            return
        self._point_probe_at(NOWHERE)
        self._await_probe(UNREACHABLE, "the API server knows that the webhook goes")
        self.kubectl("delete", CONFIGURATION, WEBHOOK, user="admin", check=True)
        self._await_probe("configmap/probe", "the API server calls the webhook no more")

    def _point_probe_at(self, client):
        patch = [{"op": "replace", "path": "/webhooks/1/clientConfig", "value": client}]
        self.kubectl("patch", CONFIGURATION, WEBHOOK, "--type=json", "-p", json.dumps(patch),
                     user="admin", check=True)

    def _await_probe(self, present, what, absent="\n\n"):
        """The API server takes a moment to see a changed registration, so a dry run that passes
        the probe's webhook (see configuration) is tried until kubectl prints what is expected."""
        output = ""

        def seen():
            nonlocal output
            done = self.kubectl("create", "configmap", "probe", "-n", SYSTEM, "--dry-run=server",
                                "-o", "name", user="admin")
            output = done.stdout + done.stderr
            return present in output and absent not in output

        try:
            eventually(seen, what)
        except AssertionError as e:
            raise AssertionError(f"{e}; the last answer: {output}") from None


def service(port):
    """A namespace and a service without a selector: its endpoints are written, not found."""
    meta = {"name": "tidegate", "namespace": SYSTEM}
    return (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta,
         "spec": {"ports": [{"name": "https", "port": 443, "targetPort": port}]}},
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
         "metadata": {**meta, "labels": {"kubernetes.io/service-name": "tidegate"}},
         "addressType": "IPv4",
         "ports": [{"name": "https", "port": port, "protocol": "TCP"}],
         "endpoints": [{"addresses": [NODE], "conditions": {"ready": True}}]},
    )


def client_config(ca_pem, path):
    bundle = base64.b64encode(ca_pem.encode()).decode()
    return {"service": {"namespace": SYSTEM, "name": "tidegate", "path": path}, "caBundle": bundle}


def configuration(client, rules, fields):
    """The webhook as a user would register it, and one for the probe, which sees ConfigMaps of
    tidegate-system only. The API server takes up both at once. The probe's leads nowhere at first,
    so that the first probe it denies shows that; then to the same server, whatever the fields.
    """
    common = {
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 5,
    }
    gate = {
        "name": WEBHOOK,
        "clientConfig": client,
        "rules": rules,
        "namespaceSelector": in_namespaces("NotIn", "kube-system", SYSTEM),
        **common,
        **fields,
    }
    probe = {
        "name": f"probe.{WEBHOOK}",
        "clientConfig": NOWHERE,
        "rules": [rule("", "configmaps")],
        "namespaceSelector": in_namespaces("In", SYSTEM),
        **common,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": WEBHOOK},
        "webhooks": [gate, probe],
    }
