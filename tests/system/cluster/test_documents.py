"""What the rule packs and the documentation show as Kubernetes objects are such objects: the API
server takes each of them, without a field that it does not know."""

import base64
import json
import os
import pathlib
import re

import pytest
import yaml

from testbed import eventually

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("TIDEGATE", ROOT / "build" / "tidegate")
EXAMPLES = sorted((ROOT / "rules").glob("*/examples/*.yaml"))
CONFIGURATIONS = re.findall(r"```yaml\n(.*?kind: ValidatingWebhookConfiguration\n.*?)```",
                            (ROOT / "docs/operations.md").read_text(), re.S)
README_RULES = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1]


@pytest.fixture(scope="module")
def namespaces(cluster):
    """The namespaces of the examples."""
    found = {d["metadata"]["namespace"] for path in EXAMPLES
             for d in yaml.safe_load_all(path.read_text())} - {"default"}
    for name in sorted(found):
        cluster.kubectl("create", "namespace", name, user="admin", check=True)
    yield
    cluster.kubectl("delete", "namespace", "--wait=false", *sorted(found), user="admin", check=True)


def test_there_are_documents():
    assert len(EXAMPLES) > 50 and len(CONFIGURATIONS) == 3


def apply(cluster, text):
    done = cluster.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-",
                           user="admin", input=text)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT / "rules")))
def test_example_is_an_object(cluster, namespaces, path):
    apply(cluster, path.read_text())


@pytest.mark.parametrize("text", CONFIGURATIONS, ids=["service", "url", "rules"])
def test_webhook_configuration_is_one(cluster, text):
    apply(cluster, text.replace("<base64 of ca.crt>", ""))


@pytest.fixture
def served(cluster, tmp_path):
    """The README's rules, served, and registered by the configuration that operations.md shows."""
    rules, ca = tmp_path / "rules", tmp_path / "ca.crt"
    rules.mkdir()
    (rules / "readme.yaml").write_text(README_RULES)
    server = cluster.popen_inside([PROGRAM, "serve", "--rules", rules, "--listen", "0.0.0.0:8443",
                                   "--ca-out", ca, "--shutdown-delay", "0"])
    try:
        eventually(ca.exists, "the server writes its CA")
        cluster.register_webhook(ca.read_text())  # for the Service and what stands behind it
        cluster.unregister_webhook()
        bundle = base64.b64encode(ca.read_bytes()).decode()
        cluster.kubectl("create", "-f", "-", user="admin", check=True,
                        input=CONFIGURATIONS[0].replace("<base64 of ca.crt>", bundle))
        yield
    finally:
        cluster.kubectl("delete", "validatingwebhookconfiguration", "tidegate", "--ignore-not-found",
                        user="admin")
        server.terminate()
        server.wait(timeout=30)


def test_documented_registration_denies_as_the_readme_shows(cluster, namespaces, served):
    good = next(yaml.safe_load_all((ROOT / "rules/smarthr360/examples/good-production.yaml").read_text()))
    bad = json.loads(json.dumps(good).replace("ghcr.io/your-org/smarthr360-api:v2.4.0",
                                              "docker.io/acme/api:latest"))
    shown = re.search(r"^(Error from server.*smarthr360-api) breaks .*: ghcr-provenance",
                      (ROOT / "README.md").read_text(), re.M)[1]

    def denial():
        done = cluster.kubectl("apply", "--server-side", "--dry-run=server", "-f", "-",
                               input=json.dumps(bad))
        return done.stderr if done.returncode else ""

    eventually(denial, "the API server knows the webhook")
    assert denial().startswith(shown + " breaks ")
    assert "    found  docker.io/acme/api:latest\n    needs  an image from ghcr.io/your-org/*" in denial()
