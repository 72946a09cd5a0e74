"""Kubeconfigs as people have them, under a real API server: what kubectl can do with one, the commands
for people can."""

import base64
import json
import os
import pathlib
import shlex
import subprocess
import sys

import pytest

from door import PROGRAM
from testbed import API_PORT, NODE, SYSTEM

RULES = pathlib.Path(__file__).resolve().parents[3] / "rules/starter"
SERVER = f"https://{NODE}:{API_PORT}"
V1, BETA = "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
UNGUARDED = "nobody-guards-it"  # other files leave records in this cluster

PROXY = """
import socket, sys, threading
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("listening", flush=True)

def pump(a, b):
    while data := a.recv(65536):
        b.sendall(data)
    b.shutdown(socket.SHUT_WR)

def serve(client):
    first = client.recv(1)
    if first == b"\\x05":  # RFC 1928
        client.recv(client.recv(1)[0])
        client.sendall(b"\\x05\\x00")
        kind = client.recv(4)[3]
        host = socket.inet_ntoa(client.recv(4)) if kind == 1 else client.recv(client.recv(1)[0]).decode()
        port = int.from_bytes(client.recv(2), "big")
        answer = b"\\x05\\x00\\x00\\x01" + bytes(6)
    else:
        head = first
        while not head.endswith(b"\\r\\n\\r\\n"):
            head += client.recv(1)
        host, port = head.split()[1].decode().split(":")
        answer = b"HTTP/1.1 200 OK\\r\\n\\r\\n"
    print("to", host, port, flush=True)
    server = socket.create_connection((host, int(port)))
    client.sendall(answer)
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    pump(client, server)

while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


@pytest.fixture
def home(cluster, tmp_path):
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}})
    return Home(cluster, tmp_path)


class Home:
    """A person's folder with kubeconfigs, and the two programs that read them."""

    def __init__(self, cluster, folder):
        self.cluster, self.dir = cluster, folder
        (folder / "kubectl-tidegate").symlink_to(PROGRAM)
        admin = json.loads(subprocess.run(
            [cluster.dir / "bin" / "kubectl", "config", "view", "--raw", "-o", "json",
             "--kubeconfig", cluster.dir / "kube" / "admin"], capture_output=True, check=True).stdout)
        self.user, self.ca = admin["users"][0]["user"], (cluster.dir / "certs" / "ca.crt").read_bytes()

    def pem(self, key):
        """client-certificate or client-key of the admin."""
        if data := self.user.get(f"{key}-data"):
            return base64.b64decode(data).decode()
        return (self.cluster.dir / "kube" / self.user[key]).read_text()

    def write(self, name="config", user=None, cluster=None, context="x"):
        path = self.dir / name
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config",
            "clusters": [{"name": "c", "cluster": {
                "server": SERVER, **({"certificate-authority-data": base64.b64encode(self.ca).decode()}
                                     if cluster is None else cluster)}}],
            "users": [{"name": "u", "user": user or self.admin()}],
            "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
            "current-context": context}))
        return path

    def admin(self):
        return {f"{key}-data": base64.b64encode(self.pem(key).encode()).decode()
                for key in ("client-certificate", "client-key")}

    def plugin(self, status, version=V1, before="", **more):
        """The exec of a user, by a script that answers so."""
        answer = {"kind": "ExecCredential", "apiVersion": version, "status": status}
        script = self.dir / "plugin"
        script.write_text(f"#!/bin/sh\necho run >>{self.dir}/runs\n{before}\n"
                          f"printf '%s\\n' {shlex.quote(json.dumps(answer))}\n")
        script.chmod(0o755)
        return {"exec": {"apiVersion": version, "command": "./plugin", "interactiveMode": "Never", **more}}

    def run(self, argv, **env):
        base = {"PATH": f"{self.dir}:{self.cluster.dir / 'bin'}:{os.environ['PATH']}", "HOME": str(self.dir),
                "KUBECONFIG": str(self.dir / "config"), "LC_ALL": "C.UTF-8"}
        return subprocess.run([*self.cluster.inside, *map(str, argv)], env=base | env, text=True,
                              capture_output=True, timeout=60, stdin=subprocess.DEVNULL)

    def kubectl(self, *args, **env):
        return self.run(["kubectl", "get", "configmaps", "-n", SYSTEM, "-o", "name", *args], **env)

    def tidegate(self, *args, **env):
        return self.run([PROGRAM, "status", "-n", UNGUARDED, *args], **env)

    def both_work(self, *args, **env):
        for program in self.kubectl, self.tidegate:
            done = program(*args, **env)
            assert done.returncode == 0, (program.__name__, done.stdout, done.stderr)
        assert done.stderr == "no workload is guarded there\n"

    def neither_works(self, *args, **env):
        """Returns what Tidegate says."""
        assert self.kubectl(*args, **env).returncode == 1
        done = self.tidegate(*args, **env)
        assert done.returncode == 2, done
        return done.stderr


@pytest.fixture
def proxy(cluster):
    """Listens on the node's port 3128; its lines say where it was asked to go."""
    process = cluster.popen_inside([sys.executable, "-c", PROXY, NODE, "3128"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "listening\n"
    yield lambda: ended(process)
    ended(process)


def ended(process):
    """The lines of a process that is to end."""
    process.kill()
    process.wait()
    if process.stdout.closed:
        return []
    lines = process.stdout.read().splitlines()
    process.stdout.close()
    return lines


# --- credentials of a plugin

@pytest.mark.parametrize("version", [V1, BETA])
def test_a_plugin_with_a_client_certificate(home, version):
    home.write(user=home.plugin({"clientCertificateData": home.pem("client-certificate"),
                                 "clientKeyData": home.pem("client-key")}, version))
    home.both_work()
    assert (home.dir / "runs").read_text() == "run\nrun\n"


def test_a_plugin_with_a_token(cluster, home):
    """Who may not read the records says so with the name that the token has."""
    token = cluster.token("default")
    home.write(user=home.plugin({"token": token}))
    assert "system:serviceaccount:tidegate-system:default" in home.neither_works()
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
               "metadata": {"name": "of-the-plugin"},
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
               "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": SYSTEM}]}
    cluster.apply(binding)
    home.both_work()
    cluster.kubectl("delete", "clusterrolebinding", "of-the-plugin", user="admin", check=True)


def test_what_a_plugin_is_told(home):
    """The same by both, and its own variables."""
    config = {"certificate-authority-data": base64.b64encode(home.ca).decode(), "extensions": [
        {"name": "client.authentication.k8s.io/exec", "extension": {"region": "here"}}]}
    said = home.dir / "said"
    home.write(cluster=config, user=home.plugin(
        {"clientCertificateData": home.pem("client-certificate"), "clientKeyData": home.pem("client-key")},
        before=f'echo "$(echo "$KUBERNETES_EXEC_INFO") $PROFILE $1" >>{said}', args=["--now"],
        env=[{"name": "PROFILE", "value": "prod"}], provideClusterInfo=True))
    home.both_work()
    kubectl, tidegate = (line.rsplit(" ", 2) for line in said.read_text().splitlines())
    assert kubectl[1:] == tidegate[1:] == ["prod", "--now"]
    assert json.loads(kubectl[0]) == json.loads(tidegate[0])


def test_a_plugin_that_is_not_there(home):
    home.write(user={"exec": {"apiVersion": V1, "command": "aws-of-nobody", "interactiveMode": "IfAvailable",
                              "installHint": "Install it with\n  brew install awscli"}})
    assert 'the kubeconfig asks "aws-of-nobody" for credentials, which is not installed: Install it with' \
        in home.neither_works()


def test_a_plugin_that_fails(home):
    home.write(user=home.plugin({}, before="echo 'your session has ended' >&2; exit 7"))
    told = home.neither_works()
    assert "your session has ended\n" in told and "failed with exit code 7" in told


def test_a_plugin_that_wants_a_terminal(home):
    home.write(user=home.plugin({}, **{"interactiveMode": "Always"}))
    assert "asks at a terminal, and standard input is none" in home.neither_works()
    assert not (home.dir / "runs").exists()


# --- which server, and by which way

def test_a_server_that_is_not_verified(home):
    home.write(cluster={"insecure-skip-tls-verify": True})
    home.both_work()
    home.write(cluster={})
    assert "certificate" in home.neither_works()
    done = home.run([PROGRAM, "serve", "--rules", RULES, "--kubeconfig",
                     home.write(cluster={"insecure-skip-tls-verify": True})])
    assert done.returncode == 2 and "insecure-skip-tls-verify is refused" in done.stderr


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_proxy_of_the_kubeconfig(home, proxy, scheme):
    """NO_PROXY does not count for it."""
    ca = {"certificate-authority-data": base64.b64encode(home.ca).decode()}
    home.write(cluster={**ca, "proxy-url": f"{scheme}://{NODE}:3128"})
    assert home.tidegate(NO_PROXY=NODE).returncode == 0
    assert proxy() == [f"to {NODE} {API_PORT}"]
    home.neither_works()


def test_a_proxy_of_the_environment(home, proxy):
    home.write()
    home.both_work(HTTPS_PROXY=f"http://{NODE}:3128")
    assert set(proxy()) == {f"to {NODE} {API_PORT}"}
    home.neither_works(HTTPS_PROXY=f"http://{NODE}:3128")
    home.both_work(HTTPS_PROXY=f"http://{NODE}:3128", NO_PROXY=f"example.com,{NODE}")
    home.both_work(HTTPS_PROXY=f"http://{NODE}:3128", NO_PROXY="10.99.0.0/24")


# --- which context

def test_a_context_by_its_name(home):
    text = json.loads(home.write().read_text())
    text["contexts"].append({"name": "gone", "context": {"cluster": "nowhere", "user": "u"}})
    text["current-context"] = "gone"
    (home.dir / "config").write_text(json.dumps(text))
    home.both_work("--context", "x")
    assert 'no cluster is named "nowhere"' in home.neither_works()
    assert 'no context is named "z"' in home.neither_works("--context", "z")


def test_several_files(home):
    """The first that sets a value counts: the second's current context and user are not asked."""
    home.write("first", context="one")
    home.write("second", user={"token": "nobody"}, context="two")
    home.both_work(KUBECONFIG=f":{home.dir}/gone:{home.dir}/first::{home.dir}/second")
    home.both_work("--context", "two", KUBECONFIG=f"{home.dir}/first:{home.dir}/second")
    home.neither_works(KUBECONFIG=f"{home.dir}/second:{home.dir}/first")


# --- by kubectl's name

def test_the_plugin_of_kubectl(home):
    home.write()
    done = home.run(["kubectl", "tidegate", "status", "-n", UNGUARDED])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no workload is guarded there\n")
    assert home.run(["kubectl", "tidegate", "help", "status"]).stdout.startswith("usage: kubectl tidegate status ")
