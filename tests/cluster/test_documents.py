"""What the rule packs and the documentation show as Kubernetes objects are such objects: the API
server takes each of them, without a field that it does not know."""

import pathlib
import re

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "rules").glob("*/examples/*.yaml"))
CONFIGURATIONS = re.findall(r"```yaml\n(.*?kind: ValidatingWebhookConfiguration\n.*?)```",
                            (ROOT / "docs/operations.md").read_text(), re.S)


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
    assert len(EXAMPLES) > 50 and len(CONFIGURATIONS) == 2


def apply(cluster, text):
    done = cluster.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-",
                           user="admin", input=text)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT / "rules")))
def test_example_is_an_object(cluster, namespaces, path):
    apply(cluster, path.read_text())


@pytest.mark.parametrize("text", CONFIGURATIONS, ids=["service", "url"])
def test_webhook_configuration_is_one(cluster, text):
    apply(cluster, text.replace("<base64 of ca.crt>", ""))
