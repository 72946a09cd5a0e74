"""Rules as objects of a real API server, by the definitions that `tidegate schema --format crd` writes."""

import base64
import pathlib
import subprocess

import pytest
import yaml

from door import PROGRAM, Door
from testbed import NODE, eventually

ROOT = pathlib.Path(__file__).resolve().parents[3]
KINDS = ["environments", "policies", "rolloutguards"]
OPEN = "x-kubernetes-preserve-unknown-fields"


def definitions():
    return subprocess.run([PROGRAM, "schema", "--format", "crd"], text=True, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def defined(cluster):
    """The cluster, which knows the kinds."""
    cluster.kubectl("apply", "-f", "-", user="admin", input=definitions(), check=True)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s",
                    *[f"crd/{kind}.tidegate.dev" for kind in KINDS], user="admin", check=True)
    eventually(lambda: all(f"{kind}.tidegate.dev" in cluster.kubectl(
        "api-resources", "--api-group=tidegate.dev", "-o", "name", user="admin").stdout for kind in KINDS),
        "kubectl knows the kinds")
    yield cluster
    for kind in KINDS:
        cluster.kubectl("delete", kind, "--all", user="admin", check=True)


RULES_WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: rules}
webhooks:
  - name: rules.tidegate.dev
    clientConfig: {url: "https://%s/validate-rules", caBundle: %s}
    rules: [{apiGroups: [tidegate.dev], apiVersions: [v1alpha1], operations: [CREATE, UPDATE],
             resources: [environments, policies, rolloutguards]}]
    failurePolicy: Ignore
    sideEffects: None
    admissionReviewVersions: [v1]
"""
POLICY = """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: shop}
spec:
  match: {environments: [shop]}
  rules: [{id: a, images: {mutableTags: deny}}]
"""
MISSPELT = POLICY.replace("images:", "imagess:")
DENIED = """admission webhook "rules.tidegate.dev" denied the request: policy/shop has 1 error
policy/shop: spec.rules[0].imagess: error: unknown check "imagess"
  |       imagess:
  |       ^
  = did you mean "images"?
"""


@pytest.fixture
def judged(defined, tmp_path):
    """The cluster, whose rules Tidegate judges when they are written."""
    door = Door(defined, tmp_path)
    door.start("--tls-name", NODE, "--shutdown-delay", "0")
    ca = base64.b64encode((tmp_path / "ca.pem").read_bytes()).decode()
    defined.kubectl("apply", "-f", "-", user="admin", input=RULES_WEBHOOK % (f"{NODE}:{door.port}", ca), check=True)
    eventually(lambda: "denied" in write(defined, MISSPELT, "--dry-run=server").stderr, "it is asked")
    yield door
    defined.kubectl("delete", "validatingwebhookconfiguration", "rules", user="admin", check=True)
    defined.kubectl("delete", "tgpol,tgenv", "--all", user="admin", check=True)
    if door.process.poll() is None:
        door.stop()


def write(cluster, text, *options, verb="apply"):
    return cluster.kubectl(verb, "--validate=false", *options, "-f", "-", input=text, user="admin")


def schemas(schema):
    """A schema, and all that are in it."""
    yield schema
    for inner in [*schema.get("properties", {}).values(), *[schema[key] for key in ["items"] if key in schema]]:
        yield from schemas(inner)


@pytest.mark.parametrize("definition", yaml.safe_load_all(definitions()), ids=lambda d: d["spec"]["names"]["plural"])
def test_the_schema_decides_and_prunes_nothing(definition):
    [version] = definition["spec"]["versions"]
    for schema in schemas(version["schema"]["openAPIV3Schema"]["properties"]["spec"]):
        assert not {"enum", "required", "pattern", "minItems", "maxItems", "additionalProperties"} & set(schema)
        assert schema.get(OPEN) or schema.get("type") not in (None, "object"), schema


def explained(cluster, field):
    return cluster.kubectl("explain", field, user="admin", check=True).stdout


def test_kubectl_explains_a_rule(defined):
    assert "FIELD: rules <[]Object>" in explained(defined, "policies.tidegate.dev.spec.rules")
    rules = explained(defined, "policies.tidegate.dev.spec.rules")
    assert "your own words, shown with the denial" in rules
    assert 'allow: ["ghcr.io/acme/*", "docker.io/library/redis:7.*"]' in rules
    assert "neither latest nor no tag" in explained(defined, "policies.tidegate.dev.spec.rules.images")
    assert "IANA name, as in Europe/Paris" in explained(defined, "environments.tidegate.dev.spec")
    assert "from 1s to 24h, required" in explained(defined, "tgguard.spec.deadline")


def test_files_are_objects_as_they_are(defined):
    """Each document of the packs is taken whole, and shown by its short name and its category."""
    documents = [d for path in sorted((ROOT / "rules").glob("*/*.yaml")) for d in yaml.safe_load_all(path.read_text())]
    assert {d["kind"] for d in documents} == {"Environment", "Policy", "RolloutGuard"}
    for document in documents:
        done = defined.kubectl("apply", "--dry-run=server", "-o", "json", "-f", "-", user="admin",
                               input=yaml.safe_dump(document), check=True)
        assert yaml.safe_load(done.stdout)["spec"] == document["spec"]
    production = (ROOT / "rules/smarthr360/production.yaml").read_text()
    defined.kubectl("apply", "-f", "-", user="admin", input=production, check=True)
    listed = defined.kubectl("get", "tidegate", user="admin", check=True).stdout
    assert "policy.tidegate.dev/smarthr360-production " in listed
    [head, row] = defined.kubectl("get", "tgguard", user="admin", check=True).stdout.splitlines()
    assert head.split() == ["NAME", "MODE", "DEADLINE", "SOAK", "AGE"]
    assert row.split()[:3] == ["smarthr360-production", "10m", "5m"]


@pytest.mark.parametrize("how", [["create", "--validate=false"], ["apply", "--server-side", "--validate=false"]],
                         ids=["create", "server-side"])
def test_a_misspelt_key_is_kept(defined, how):
    """Were it pruned, the rule would have no check, and nobody could say so."""
    text = """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: misspelt}
spec:
  mode: denny
  rules: [{id: a, imagess: {allow: ["ghcr.io/acme/*"]}, match: {kindz: [Deployment]}}]
"""
    defined.kubectl(*how, "-f", "-", user="admin", input=text, check=True)
    rules = defined.get("policy.tidegate.dev", "misspelt")["spec"]["rules"]
    defined.kubectl("delete", "tgpol", "misspelt", user="admin", check=True)
    assert rules == [{"id": "a", "imagess": {"allow": ["ghcr.io/acme/*"]}, "match": {"kindz": ["Deployment"]}}]


@pytest.mark.parametrize("how", [[], ["--server-side"]], ids=["client-side", "server-side"])
def test_a_mistake_is_denied_with_the_near_word(judged, how):
    done = write(judged.cluster, MISSPELT, *how)
    assert done.returncode == 1 and DENIED in done.stderr + "\n"
    assert judged.cluster.get("policy.tidegate.dev", "shop") is None
    write(judged.cluster, POLICY, *how)
    done = write(judged.cluster, MISSPELT, *how)
    assert DENIED in done.stderr + "\n"
    assert "images" in judged.cluster.get("policy.tidegate.dev", "shop")["spec"]["rules"][0]
    assert judged.decisions(verdict="denied", user="admin")[-1]["name"] == "shop"


def test_a_reference_to_what_is_not_there_is_a_warning(judged):
    """`kubectl apply -f DIR` and Flux write in any order."""
    done = write(judged.cluster, POLICY)
    assert (done.returncode, done.stderr) == (
        0, 'Warning: spec.match.environments[0]: there is no Environment "shop" yet: this comes into force with it\n')


def test_a_webhook_that_is_down_keeps_nobody_from_mending(judged):
    judged.process.terminate()
    judged.process.wait(20)
    assert write(judged.cluster, MISSPELT).returncode == 0
    assert write(judged.cluster, POLICY).returncode == 0


def test_a_broken_object_can_be_labelled_and_deleted(judged):
    """It came in while nobody was asked."""
    before = judged.cluster.get("validatingwebhookconfiguration", "rules")
    judged.cluster.kubectl("delete", "validatingwebhookconfiguration", "rules", user="admin", check=True)
    eventually(lambda: write(judged.cluster, MISSPELT).returncode == 0, "it is asked no more")
    del before["metadata"]["resourceVersion"], before["metadata"]["uid"]
    write(judged.cluster, yaml.safe_dump(before))
    eventually(lambda: "denied" in write(judged.cluster, MISSPELT.replace("a,", "b,"), "--dry-run=server").stderr,
               "it is asked again")
    admin = {"user": "admin", "check": True}
    judged.cluster.kubectl("label", "tgpol", "shop", "a=b", **admin)
    judged.cluster.kubectl("delete", "tgpol", "shop", **admin)
