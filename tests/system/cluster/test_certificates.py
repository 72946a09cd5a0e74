"""Certificates of its own in a Secret: made once, renewed and rotated under load, put back."""

import base64
import contextlib
import json
import pathlib
import ssl
import subprocess
import time

import pytest

from door import PROGRAM, Https, read_sample
from dry_runs import DryRuns
from testbed import CONFIGURATION, LONG, NODE, SERVER_NAME, SYSTEM, WEBHOOK, eventually, rule

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECRET = "tidegate-tls"
CONFIGMAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
FIRST_PORT = 8443
MORTAL_PORT = 8450
RULES = """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: idle}
spec:
  match: {namespaces: [nowhere], workloads: all}
  rules: [{id: nothing, podSecurity: {controls: [runAsUser]}}]
"""


def endpoint_slice(port):
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": f"tidegate-{port}", "namespace": SYSTEM,
                         "labels": {"kubernetes.io/service-name": "tidegate"}},
            "addressType": "IPv4",
            "ports": [{"name": "https", "port": port, "protocol": "TCP"}],
            "endpoints": [{"addresses": [NODE], "conditions": {"ready": True}}]}


def configuration():
    """As a chart has it: without a caBundle."""
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": WEBHOOK},
            "webhooks": [{"name": WEBHOOK, "failurePolicy": "Fail", "sideEffects": "None",
                          "admissionReviewVersions": ["v1"], "timeoutSeconds": 5,
                          "clientConfig": {"service": {"namespace": SYSTEM, "name": "tidegate",
                                                       "path": "/validate"}},
                          "rules": [rule("", "configmaps")],
                          "namespaceSelector": {"matchLabels": {"guarded": "yes"}}}]}


def rights(cluster):
    """Gives a service account what docs/operations.md says that it takes."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [text] = [block.split("```")[0] for block in page.split("```yaml\n")[1:]
              if "name: tidegate-certificates" in block.split("```")[0]]
    text = text.replace("resourceNames: [tidegate]", f"resourceNames: [{WEBHOOK}]")
    cluster.kubectl("apply", "-f", "-", user="admin", input=text, check=True)


def kubeconfig_of_service_account(cluster, path):
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount",
                   "metadata": {"name": "tidegate", "namespace": SYSTEM}})
    rights(cluster)
    return cluster.write_kubeconfig(path, {"token": cluster.token()})


class Replicas:
    """Some Tidegates that serve the certificate of one Secret."""

    def __init__(self, cluster, folder):
        self.cluster, self.dir, self.processes = cluster, folder, {}
        self.kubeconfig = kubeconfig_of_service_account(cluster, folder / "kubeconfig")
        (folder / "rules").mkdir()
        (folder / "rules" / "idle.yaml").write_text(RULES)

    def start(self, port, *options):
        argv = [PROGRAM.resolve(), "serve", "--rules", self.dir / "rules", "--listen", f"{NODE}:{port}",
                "--kubeconfig", self.kubeconfig, "--shutdown-delay", "0",
                "--tls-secret", SECRET, *options]
        with open(self.dir / f"stderr-{port}", "ab") as err, open(self.dir / "stdout", "ab") as out:
            self.processes[port] = self.cluster.popen_inside(argv, stdout=out, stderr=err)

    def said(self, port):
        return (self.dir / f"stderr-{port}").read_text()

    def await_up(self):
        for port, process in self.processes.items():
            def is_up():
                assert process.poll() is None, self.said(port)
                return "listening on" in self.said(port)
            eventually(is_up, f"{port} listens", within=60)

    def stop(self, port):
        process = self.processes.pop(port)
        process.terminate()
        assert process.wait(20) == 0, self.said(port)

    def kill_and_start(self, port, *options):
        """Ends it without a word, in the midst of what it does, and starts it again."""
        if port in self.processes:
            self.processes[port].kill()
            self.processes.pop(port).wait()
        self.start(port, *options)

    def stop_all(self):
        for port in list(self.processes):
            self.stop(port)

    def secret(self):
        return self.cluster.get("secret", SECRET, "-n", SYSTEM)

    def text(self, key):
        return base64.b64decode(self.secret()["data"][key]).decode()

    def ca_bundle(self):
        found = self.cluster.get(CONFIGURATION, WEBHOOK)["webhooks"][0]["clientConfig"]
        return base64.b64decode(found.get("caBundle", "")).decode()

    def get(self, port, path, bundle=None):
        context = ssl.create_default_context(cadata=bundle or self.text("ca.crt"))
        with contextlib.closing(Https(self.cluster, port, context, SERVER_NAME)) as door:
            return door.ask("GET", path)

    def served(self, port):
        """The certificate that a replica serves now, whoever trusts it."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with contextlib.closing(Https(self.cluster, port, context, SERVER_NAME)) as door:
            door.connect()
            return ssl.DER_cert_to_PEM_cert(door.sock.getpeercert(True))

    def certs(self, *words):
        """What `tidegate certs WORDS` answers to an admin."""
        argv = [PROGRAM.resolve(), "certs", *words, "--kubeconfig", self.cluster.dir / "kube" / "admin"]
        process = self.cluster.popen_inside(argv, stdout=subprocess.PIPE, text=True)
        return process.wait(20), process.stdout.read()

    def metric(self, port, pattern):
        return read_sample(self.get(port, "/metrics")[1], pattern)


@pytest.fixture
def replicas(cluster, tmp_path):
    def clean():
        cluster.kubectl("delete", CONFIGURATION, WEBHOOK, "--ignore-not-found", user="admin", check=True)
        cluster.kubectl("delete", "secret,endpointslice,service", "-n", SYSTEM, "--all", user="admin",
                        check=True)

    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}},
                  {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "tidegate", "namespace": SYSTEM},
                   "spec": {"ports": [{"name": "https", "port": 443, "targetPort": FIRST_PORT}]}})
    replicas = Replicas(cluster, tmp_path)
    try:
        yield replicas
        replicas.stop_all()
    finally:
        for process in replicas.processes.values():
            process.kill()
        clean()


def openssl_verify(folder, leaf, bundle, name):
    (folder / "leaf.pem").write_text(leaf)
    (folder / "bundle.pem").write_text(bundle)
    return subprocess.run(["openssl", "verify", "-x509_strict", "-purpose", "sslserver",
                           "-verify_hostname", name, "-CAfile", folder / "bundle.pem",
                           folder / "leaf.pem"], text=True, capture_output=True)


def try_to_write(cluster, namespace):
    """Makes a ConfigMap that passes the webhook, as a dry run: status and text."""
    return DryRuns(cluster, namespace, CONFIGMAP).ask()


def test_twenty_that_start_together_have_one_ca(replicas, tmp_path):
    ports = range(FIRST_PORT, FIRST_PORT + 20)
    for port in ports:
        replicas.start(port, "--threads", "1")
    replicas.await_up()
    made = sum("certificates_changed step=\"start\"" in replicas.said(port) for port in ports)
    assert made == 1
    leaf, bundle = replicas.text("tls.crt"), replicas.text("ca.crt")
    assert bundle.count("BEGIN CERTIFICATE") == 1
    assert {replicas.served(port) for port in ports} == {leaf}
    for name in SERVER_NAME, "localhost":
        done = openssl_verify(tmp_path, leaf, bundle, name)
        assert done.returncode == 0, done.stderr
    assert openssl_verify(tmp_path, leaf, bundle, "other.svc").returncode != 0
    assert replicas.certs("verify", "--secret", SECRET, "--name", SERVER_NAME) == (0, f"{SECRET}: accepted\n")
    assert replicas.certs("verify", "--secret", SECRET, "--name", "other.svc")[0] == 1
    status, said = replicas.certs("show", "--secret", SECRET)
    assert status == 0 and said.splitlines()[-1].startswith("next: renew at ")
    assert replicas.certs("show", "--secret", "nothing") == (2, "")


def test_an_empty_one_of_ours_is_filled(cluster, replicas):
    """As a chart makes it, so that no right to create Secrets is needed; and what is applied again
    takes nothing away."""
    empty = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
             "metadata": {"name": SECRET, "namespace": SYSTEM,
                          "annotations": {"tidegate.dev/certificates": "1"}}}
    cluster.apply(empty)
    replicas.start(FIRST_PORT)
    replicas.await_up()
    filled = replicas.secret()
    assert set(filled["data"]) == {"tls.crt", "tls.key", "ca.crt", "ca.key"}
    cluster.apply(empty)
    assert replicas.secret()["data"] == filled["data"]


@pytest.fixture
def guarded(cluster, namespace):
    cluster.kubectl("label", "namespace", namespace, "guarded=yes", user="admin", check=True)
    return namespace


def test_rotations_under_load(cluster, replicas, guarded, tmp_path):
    """Three replicas answer, a fourth takes part in the rotation and dies again and again."""
    serving = range(FIRST_PORT, FIRST_PORT + 3)
    ca_life, leaf_life, seconds = ("3m", "1m", 390) if LONG else ("60s", "20s", 130)
    short = "--ca-life", ca_life, "--leaf-life", leaf_life, "--webhook-configuration", WEBHOOK
    cluster.apply(configuration(), *map(endpoint_slice, serving))
    for port in serving:
        replicas.start(port, *short)
    replicas.await_up()
    eventually(lambda: try_to_write(cluster, guarded)[0] == 201, "the API server reaches it")
    leaves, bundles, problems = set(), [], []
    end = time.monotonic() + seconds
    with DryRuns(cluster, guarded, CONFIGMAP) as load:
        while time.monotonic() < end:
            bundle = replicas.ca_bundle()
            if bundles[-1:] != [bundle]:
                bundles.append(bundle)
                replicas.kill_and_start(MORTAL_PORT, *short)
            for port in serving:
                leaf = replicas.served(port)
                leaves.add(leaf)
                done = openssl_verify(tmp_path, leaf, bundle, SERVER_NAME)
                # One that has changed since it was read says nothing of a leaf that was read after it.
                if done.returncode != 0 and replicas.ca_bundle() == bundle:
                    problems.append((port, done.stderr))
    assert problems == [] and load.failures == []
    cas = [set(bundle.split("-----BEGIN CERTIFICATE-----")[1:]) for bundle in bundles]
    assert len(set.union(*cas)) >= 3 and len(leaves) >= 8 and load.good > 100
    assert all(len(it) in (1, 2) for it in cas)
    # The fourth may have done a step and counted it in vain, so what a step leaves behind is looked at, too.
    assert any(openssl_verify(tmp_path, leaf, bundles[0], SERVER_NAME).returncode for leaf in leaves), "promote"
    assert any(before - after for before, after in zip(cas, cas[1:])), "retire"
    steps = [sum(replicas.metric(port, rf'tidegate_certificate_steps_total\{{step="{step}"\}}')
                 for port in serving) for step in ("renew", "promote", "retire")]
    assert steps[0] and any(steps[1:]), steps


def test_a_bundle_that_was_taken_away_is_put_back(cluster, replicas, guarded):
    cluster.apply(configuration(), endpoint_slice(FIRST_PORT))
    replicas.start(FIRST_PORT, "--webhook-configuration", WEBHOOK)
    replicas.await_up()
    eventually(lambda: try_to_write(cluster, guarded)[0] == 201, "the API server reaches it")
    bundle = replicas.ca_bundle()
    assert bundle == replicas.text("ca.crt")
    other = base64.b64encode(replicas.text("tls.crt").encode()).decode()
    for patch in ([{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}],
                  [{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": other}]):
        cluster.kubectl("patch", CONFIGURATION, WEBHOOK, "--type=json", "-p", json.dumps(patch),
                        user="admin", check=True)
        eventually(lambda: replicas.ca_bundle() == bundle, "the bundle is back", within=5)
    assert "webhook_has_object_selector" not in replicas.said(FIRST_PORT)
    patch = [{"op": "add", "path": "/webhooks/0/objectSelector", "value": {"matchLabels": {"gate": "on"}}}]
    cluster.kubectl("patch", CONFIGURATION, WEBHOOK, "--type=json", "-p", json.dumps(patch), user="admin", check=True)
    eventually(lambda: "webhook_has_object_selector" in replicas.said(FIRST_PORT), "it warns of the selector")
    cluster.kubectl("delete", CONFIGURATION, WEBHOOK, user="admin", check=True)
    eventually(lambda: "[-] certificates" in replicas.get(FIRST_PORT, "/readyz?verbose")[1], "it says so")
    cluster.apply(configuration())
    eventually(lambda: replicas.ca_bundle() == bundle, "the bundle is in the new one", within=20)
    eventually(lambda: "[+] certificates: \"renew\" is due at" in
               replicas.get(FIRST_PORT, "/readyz?verbose")[1], "all is well")


def test_a_secret_that_was_deleted_or_broken_is_put_back(cluster, replicas):
    replicas.start(FIRST_PORT)
    replicas.start(FIRST_PORT + 1)
    replicas.await_up()
    before = replicas.secret()["data"]
    cluster.kubectl("delete", "secret", SECRET, "-n", SYSTEM, user="admin", check=True)
    eventually(lambda: (replicas.secret() or {}).get("data") == before, "the same is back")
    empty = {"data": {key: "" for key in before}}
    cluster.kubectl("patch", "secret", SECRET, "-n", SYSTEM, "-p", json.dumps(empty), user="admin",
                    check=True)
    eventually(lambda: replicas.secret()["data"] == before, "it is whole again")
    broken = {"data": {"tls.crt": base64.b64encode(b"x").decode()}}
    cluster.kubectl("patch", "secret", SECRET, "-n", SYSTEM, "-p", json.dumps(broken), user="admin",
                    check=True)
    eventually(lambda: len(replicas.text("tls.crt")) > 100, "another leaf of the same CA")
    after = replicas.secret()["data"]
    assert after["ca.crt"] == before["ca.crt"]
    for port in list(replicas.processes):
        eventually(lambda: replicas.served(port) == replicas.text("tls.crt"), "it is served")
        assert replicas.get(port, "/livez")[0] == 200


def test_the_secret_of_somebody_else_is_only_followed(cluster, replicas, tmp_path):
    def make(name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", tmp_path / f"{name}.key",
                        "-out", tmp_path / f"{name}.crt", "-subj", "/CN=x", "-days", "2",
                        "-addext", f"subjectAltName=DNS:{SERVER_NAME}"], check=True, capture_output=True)
        cert = base64.b64encode((tmp_path / f"{name}.crt").read_bytes()).decode()
        key = base64.b64encode((tmp_path / f"{name}.key").read_bytes()).decode()
        return {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
                "metadata": {"name": SECRET, "namespace": SYSTEM,
                             "annotations": {"cert-manager.io/certificate-name": "tidegate"}},
                "data": {"tls.crt": cert, "tls.key": key, "ca.crt": cert}}

    cluster.apply(configuration())
    replicas.start(FIRST_PORT, "--tls-follow", "--webhook-configuration", WEBHOOK)
    eventually(lambda: "the Secret is not there" in replicas.said(FIRST_PORT), "it says what it waits for")
    assert replicas.secret() is None and replicas.processes[FIRST_PORT].poll() is None
    cluster.apply(make("one"))
    replicas.await_up()
    assert replicas.get(FIRST_PORT, "/livez")[0] == 200
    version = replicas.secret()["metadata"]["resourceVersion"]
    two = make("two")
    cluster.apply({**two, "data": {**two["data"], "tls.key": ""}})
    eventually(lambda: "certificate_kept" in replicas.said(FIRST_PORT), "a key that is missing")
    assert replicas.served(FIRST_PORT) == (tmp_path / "one.crt").read_text()
    cluster.apply(two)
    eventually(lambda: replicas.served(FIRST_PORT) == (tmp_path / "two.crt").read_text(), "the new one")
    assert replicas.ca_bundle() == ""
    assert version != replicas.secret()["metadata"]["resourceVersion"]
    assert "Secret \"tidegate-tls\" is followed" in replicas.get(FIRST_PORT, "/readyz?verbose")[1]
    assert replicas.metric(FIRST_PORT, r'tidegate_certificate_expiry_timestamp_seconds\{cert="ca"\}') > 0
