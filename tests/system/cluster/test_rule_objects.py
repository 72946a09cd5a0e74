"""Rules as objects of a real API server, by the definitions that `tidegate schema --format crd` writes."""

import base64
import pathlib
import subprocess

import pytest
import yaml

from door import PROGRAM, Door
from test_namespaces import account, allow  # noqa: F401
from test_rule_configmaps import FIRST_PORT, Replicas
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
    """The API server publishes the schemas of new kinds a little after the kinds."""
    return eventually(lambda: cluster.kubectl("explain", field, user="admin").stdout, f"{field} is explained")


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
    assert head.split() == ["NAME", "MODE", "DEADLINE", "SOAK", "READY", "AGE"]
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


# --- the rules of the cluster


LIST = """
apiVersion: tidegate.dev/v1alpha1
kind: Environment
metadata: {name: %(shop)s}
spec: {namespaces: [%(shop)s], timeZone: Europe/Paris}
---
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: %(shop)s}
spec:
  match: {environments: [%(shop)s], kinds: [Deployment]}
  rules: [{id: has-%(label)s, fields: [{path: metadata.labels.%(label)s, exists: true}]}]
"""


class Objects(Replicas):
    """Some Tidegates that take their rules from the objects of the cluster, with the documented rights."""

    def __init__(self, cluster, account, folder):
        self.cluster, self.dir, self.processes = cluster, folder, {}
        self.home = account[0].split(":")[0]
        self.shop = self.home + "-shop"
        page = (ROOT / "docs/operations.md").read_text()
        [text] = [block.split("```")[0] for block in page.split("```yaml\n")[1:]
                  if "name: tidegate-rules-objects" in block.split("```")[0]]
        cluster.kubectl("apply", "-f", "-", user="admin", check=True, input=text.replace("tidegate-system", self.home))
        allow(cluster, account[0], {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]})
        cluster.write_kubeconfig(folder / "kubeconfig", {"token": account[1]})

    def start(self, port):
        argv = [PROGRAM.resolve(), "serve", "--rules-objects", "--own-namespace", self.home, "--listen",
                f"{NODE}:{port}", "--kubeconfig", self.dir / "kubeconfig", "--ca-out", self.dir / f"ca-{port}",
                "--shutdown-delay", "0"]
        with open(self.dir / f"stderr-{port}", "ab") as err, open(self.dir / "stdout", "ab") as out:
            self.processes[port] = self.cluster.popen_inside(argv, stdout=out, stderr=err)

    def write(self, label):
        """Nobody judges it here: what is broken gets in."""
        text = LIST % {"shop": self.shop, "label": label}
        self.cluster.kubectl("apply", "--validate=false", "-f", "-", user="admin", check=True,
                             input=text.replace("exists", "exits") if label == "broken" else text)

    def ready(self, kind="policy"):
        found = self.cluster.get(f"{kind}.tidegate.dev", self.shop)
        [condition] = found.get("status", {}).get("conditions") or [{"status": "Unknown", "reason": "", "message": ""}]
        return condition["status"], condition["reason"], condition["message"]

    def await_ready(self, *expected):
        eventually(lambda: self.ready()[:2] == expected, f"Ready is {expected}")

    def last_good(self):
        return sorted(o["metadata"]["name"] for o in self.cluster.items(
            "configmap", "-n", self.home, "-l", "tidegate.dev/last-good=true"))

    def problems(self, port):
        return self.metric(port, rf'tidegate_rules_object_problem\{{object="[a-z]+/{self.shop}"\}}')


@pytest.fixture
def objects(defined, account, tmp_path):
    objects = Objects(defined, account, tmp_path)
    defined.kubectl("create", "namespace", objects.shop, user="admin", check=True)
    try:
        yield objects
        for port in list(objects.processes):
            objects.stop(port)
    finally:
        defined.unregister_webhook()
        for process in objects.processes.values():
            process.kill()
        defined.kubectl("apply", "-f", "-", user="admin", input=definitions(), check=True)
        defined.kubectl("delete", "tgpol,tgenv,tgguard", "--all", user="admin")
        defined.kubectl("delete", "namespace", objects.shop, "--wait=false", user="admin", check=True)


def test_the_life_of_rules_that_are_objects(objects):
    ports = FIRST_PORT, FIRST_PORT + 1
    for port in ports:
        objects.start(port)
    for port in ports:
        objects.await_said(port, "listening on")
    objects.cluster.register_webhook((objects.dir / f"ca-{FIRST_PORT}").read_text(), port=FIRST_PORT)
    assert objects.denied_by() == []

    objects.write("owner")
    objects.await_denied_by("has-owner")
    objects.await_ready("True", "InForce")
    objects.cluster.kubectl("wait", "--for=condition=Ready", f"policies.tidegate.dev/{objects.shop}", "--timeout=30s",
                            user="admin", check=True)
    row = objects.cluster.kubectl("get", "tgpol", objects.shop, "--no-headers", user="admin", check=True).stdout
    assert row.split()[1:4] == ["deny", "1", "True"]
    frozen = eventually(lambda: objects.cluster.get("environment.tidegate.dev", objects.shop).get("status"), "a status")
    assert frozen["frozen"] == "no" and "until" not in frozen and "nextChange" not in frozen
    eventually(lambda: objects.last_good() == [f"tidegate-rules.environment.{objects.shop}",
                                               f"tidegate-rules.policy.{objects.shop}"], "the last good versions")

    # broken, while nobody was asked: every replica, those that start too, has the last good version
    objects.write("broken")
    objects.await_ready("False", "LastGoodInForce")
    assert 'error: unknown key "exits" in fields' in objects.ready()[2]
    objects.stop(FIRST_PORT)
    objects.stop(FIRST_PORT + 1)
    for port in ports:
        objects.start(port)
    for port in ports:
        eventually(lambda: objects.said(port).count("listening on") == 2, "it listens again")
        eventually(lambda: objects.problems(port) == 1, "the metric")
        assert objects.metric(port, "tidegate_rules_problem") == 1
        status, page = objects.get(port, "/readyz?verbose")
        assert status == 200 and f"policy/{objects.shop}: spec.rules[0].fields[0]: error: unknown key" in page
    objects.cluster.register_webhook((objects.dir / f"ca-{FIRST_PORT}").read_text(), port=FIRST_PORT)
    objects.await_denied_by("has-owner")

    # an Environment that others need
    objects.write("team")
    objects.await_denied_by("has-team")
    objects.cluster.kubectl("delete", "tgenv", objects.shop, user="admin", check=True)
    eventually(lambda: objects.problems(FIRST_PORT) == 1, "it is missed")
    assert objects.denied_by() == ["has-team"]
    objects.write("team")
    eventually(lambda: objects.problems(FIRST_PORT) == 0, "it is there again")

    # deleted by somebody
    objects.cluster.kubectl("delete", "tgpol,tgenv", objects.shop, user="admin", check=True)
    objects.await_denied_by()
    eventually(lambda: objects.last_good() == [], "nothing is left")
    for port in ports:
        said = objects.said(port)
        assert [w for w in ("rule_status_fails", "kube_permission_missing") if w in said] == []


def test_definitions_that_are_deleted_take_nothing_out_of_force(objects):
    objects.write("owner")
    objects.start(FIRST_PORT)
    objects.await_said(FIRST_PORT, "listening on")
    objects.cluster.register_webhook((objects.dir / f"ca-{FIRST_PORT}").read_text(), port=FIRST_PORT)
    objects.await_denied_by("has-owner")
    eventually(lambda: len(objects.last_good()) == 2, "the last good versions")
    crds = [f"crd/{kind}.tidegate.dev" for kind in KINDS]
    objects.cluster.kubectl("delete", *crds, user="admin", check=True)
    eventually(lambda: objects.problems(FIRST_PORT) == 2, "both are lost")
    assert objects.denied_by() == ["has-owner"]
    command = f"kubectl -n {objects.home} delete configmap tidegate-rules.policy.{objects.shop}"
    assert f"apply it again, or take it out of force: {command}\n" in objects.get(FIRST_PORT, "/readyz?verbose")[1]

    # nor do those that start, nor the definitions when they come back
    objects.stop(FIRST_PORT)
    objects.start(FIRST_PORT)
    eventually(lambda: objects.said(FIRST_PORT).count("listening on") == 2, "it listens again")
    objects.cluster.register_webhook((objects.dir / f"ca-{FIRST_PORT}").read_text(), port=FIRST_PORT)
    objects.await_denied_by("has-owner")
    objects.cluster.kubectl("apply", "-f", "-", user="admin", input=definitions(), check=True)
    eventually(lambda: "[+] policies: follows 0\n" in objects.get(FIRST_PORT, "/readyz?verbose")[1], "they are followed")
    assert objects.denied_by() == ["has-owner"]

    # until a person says so
    objects.cluster.kubectl(*command.split()[1:], user="admin", check=True)
    objects.await_denied_by()
