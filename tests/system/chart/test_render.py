"""What Helm makes of the chart, without a cluster."""

import json
import re
import subprocess

import jsonschema
import pytest
import yaml

from chart import CHART, PROGRAM, ROOT, VARIANTS, VERSION, helm, hold_to_golden, namespace_of, \
    objects, one, render, values_of

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
WRONG = [
    "--set replica=2",
    "--set replicas=three",
    "--set replicas=0",
    "--set webhook.failurePolicy=fail",
    "--set webhook.timeoutSeconds=31",
    """--set-json webhook.extraRules=[{"resources":["configmaps"]}]""",
    """--set-json webhook.extraRules=[{"apiGroups":[""],"apiVersions":["v1"],"operations":["READ"],"resources":["configmaps"]}]""",
    """--set-json webhook.extraRules=[{"apiGroups":["*"],"apiVersions":["*"],"operations":["CREATE"],"resources":["*/*"]}]""",
    "--set webhook.objectSelector.gate=open",
    "--set port=0",
    "--set extraArgs[0]=threads=4",
    "--set rules.starter=off",
    "--set rules.files.shop=text",
    r"--set rules.files.shop\.yaml=5",
    r"--set rules.files.starter\.yaml=text",
    "--set certificates.mode=self",
    "--set certificates.mode=cert-manager",
    "--set certificates.own.leafLife=90d",
    "--set guard.prometheus.url=prometheus:9090",
    "--set image.tag=1",
    "--set image.digest=sha256:abc",
    "--set log.format=yaml",
    "--set log.allowed=1/0",
    "--set shutdownDelay=601",
    "--set threads=0",
    "--kube-version 1.29.9",
    "--set podLabels.app\\.kubernetes\\.io/name=gate",
]


@pytest.mark.parametrize("variant", VARIANTS)
def test_lint(variant):
    done = helm("lint", "--strict", "--quiet", "-f", values_of(variant), CHART)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("variant", VARIANTS)
def test_golden(variant):
    hold_to_golden(f"{variant}.yaml", render(variant))


@pytest.mark.parametrize("variant", ["default", "guard-off", "minimal", "other-namespace", "own-rules"])
def test_notes(variant):
    done = helm("install", "tidegate", CHART, "--dry-run=client", "-n", namespace_of(variant), "-f",
                values_of(variant))
    assert done.returncode == 0, done.stderr
    hold_to_golden(f"notes-{variant}.txt", done.stdout.partition("\nNOTES:\n")[2])


def test_wrong_values_are_told():
    told = []
    for wrong in WRONG:
        done = helm("template", "tidegate", CHART, "-n", "tidegate-system", *wrong.split(" "))
        assert done.returncode != 0 and done.stdout == "", wrong
        told.append(f"$ helm template {wrong}\n{done.stderr.strip()}\n")
    hold_to_golden("wrong-values.txt", "\n".join(told))


# --- one thing said in two places


def test_the_readme_is_that_of_the_values():
    made = subprocess.run([ROOT / "tools/chart-readme"], text=True, capture_output=True, check=True).stdout
    assert made == (CHART / "README.md").read_text(), "make reference writes it again"
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for path in leaves(values):
        names = {".".join(path[:n]) for n in range(1, len(path) + 1)}
        assert names & set(re.findall(r"^\*\*`([^`]+)`\*\*", made, re.M)), f"nothing is said of {path}"


def test_what_artifact_hub_reads():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert {"home", "icon", "sources", "maintainers"} <= set(chart)
    assert chart["annotations"]["artifacthub.io/license"] == "Apache-2.0"
    assert (ROOT / chart["icon"].removeprefix("https://tidegate.dev/")).read_text().startswith("<svg ")


def test_versions_are_the_program_s():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == VERSION


def test_starter_rules_are_the_pack():
    assert (CHART / "files/starter.yaml").read_text() == (ROOT / "rules/starter/starter.yaml").read_text()


def test_webhooks_are_those_of_the_documentation():
    documented = {w["name"]: w for block in re.findall(r"```yaml\n(.*?)```", OPERATIONS, re.S)
                  for o in yaml.safe_load_all(block) if o["kind"] == "ValidatingWebhookConfiguration"
                  for w in o["webhooks"] if "service" in w["clientConfig"]}
    made = one("default", "ValidatingWebhookConfiguration")["webhooks"]
    assert [w["name"] for w in made] == ["gate.tidegate.dev", "rules.tidegate.dev"]
    for webhook in made:
        expected = documented[webhook["name"]]
        assert webhook["clientConfig"]["service"] == expected["clientConfig"]["service"]
        assert webhook["failurePolicy"] == expected["failurePolicy"]
        assert [{**rule, "scope": "*"} for rule in webhook["rules"]] == [{**rule, "scope": "*"} for rule in expected["rules"]]


def leaves(value, path=()):
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path


def allowed_by(schema, path, root):
    for key in path:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        more = schema.get("additionalProperties")
        schema = schema.get("properties", {}).get(key) or (more if isinstance(more, dict) else None)
        if schema is None:
            return False
        if schema == {"type": "object"}:  # Kubernetes' own
            return True
    return True


def test_values_and_schema_know_the_same():
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)

    def properties(schema, path=()):
        for key, inner in schema.get("properties", {}).items():
            yield from properties(inner, (*path, key)) if "properties" in inner else [(*path, key)]

    for path in leaves(values):
        assert allowed_by(schema, path, schema), ".".join(path)
    for path in properties(schema):
        inner = values
        for key in path:
            assert key in inner, f"values.yaml lacks {'.'.join(path)}"
            inner = inner[key]


def test_each_value_is_explained():
    explained, before = {}, None  # a key's depth: whether a comment speaks of it
    for line in (CHART / "values.yaml").read_text().splitlines():
        key = re.match(r"( *)[A-Za-z]+:", line)
        if key:
            depth = len(key[1])
            above = next((explained[d] for d in sorted(explained, reverse=True) if d < depth), False)
            sibling = before == depth and explained.get(depth)
            explained = {d: said for d, said in explained.items() if d < depth}
            explained[depth] = before == "#" or above or sibling
            if not line.endswith(":"):
                assert explained[depth], f"values.yaml: nothing is said of {line}"
        before = depth if key else "#" if line.strip().startswith("# ") else None


def test_examples_of_the_values_are_good(tmp_path):
    text = (CHART / "values.yaml").read_text()
    examples = re.findall(r"^ *# {3}(extraRules|egress):\n((?: *# {5}.*\n)+)", text, re.M)
    assert [name for name, _ in examples] == ["extraRules", "egress"]
    rules, egress = [yaml.safe_load(re.sub(r"^ *# {5}", "", lines, flags=re.M)) for _, lines in examples]
    values = {"webhook": {"extraRules": rules}, "networkPolicy": {"egress": egress}}
    (tmp_path / "values.yaml").write_text(json.dumps(values))
    done = helm("template", "tidegate", CHART, "-f", tmp_path / "values.yaml")
    assert done.returncode == 0, done.stderr


# --- what it means to the program


@pytest.mark.parametrize("variant", VARIANTS)
def test_options_are_the_program_s(variant):
    for o in objects(variant):
        if o["kind"] not in ("Deployment", "Pod"):
            continue
        pod = o["spec"]["template"]["spec"] if o["kind"] == "Deployment" else o["spec"]
        command = [a for a in pod["containers"][0]["args"] if not a.startswith("--")]
        given = [a for a in pod["containers"][0]["args"] if a.startswith("--")]
        known = subprocess.run([PROGRAM, command[0], "--help"], capture_output=True, text=True).stdout
        for option in given:
            name = re.escape(option.partition("=")[0])
            row = re.search(rf"^  (?:-\w, )?{name}( \S+)?(?: |$)", known, re.M)
            assert row, f"tidegate {command[0]} has no option {option}"
            assert bool(row[1]) == ("=" in option), option


@pytest.mark.parametrize("variant", VARIANTS)
def test_rules_compile(variant, tmp_path):
    texts = [o["data"] for o in objects(variant)
             if o["kind"] == "ConfigMap" and o["metadata"]["labels"].get("tidegate.dev/rules") == "true"]
    assert len(texts) == (variant != "minimal")
    for name, text in (texts or [{}])[0].items():
        (tmp_path / name).write_text(text)
    if texts:
        done = subprocess.run([PROGRAM, "check", "--rules", tmp_path], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.mark.parametrize("variant, verdict", [("default", 0), ("everything", 1)])
def test_starter_rules_warn_until_they_are_to_deny(variant, verdict, tmp_path):
    [rules] = [o["data"] for o in objects(variant)
               if (o["kind"], o["metadata"]["name"]) == ("ConfigMap", "tidegate-rules")]
    (tmp_path / "starter.yaml").write_text(rules["starter.yaml"])
    bad = ROOT / "rules/starter/examples/bad-non-root.yaml"
    done = subprocess.run([PROGRAM, "eval", "--rules", tmp_path, bad], capture_output=True, text=True)
    assert done.returncode == verdict and "non-root" in done.stdout + done.stderr


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_is_let_go_for_as_long_as_it_takes(variant):
    pod = one(variant, "Deployment")["spec"]["template"]["spec"]
    delay = int(next(a for a in pod["containers"][0]["args"]
                     if a.startswith("--shutdown-delay=")).partition("=")[2])
    drain = re.search(r"^drain-time +(\d+) seconds", subprocess.run(
        [PROGRAM, "limits"], capture_output=True, text=True, check=True).stdout, re.M)
    assert pod["terminationGracePeriodSeconds"] > delay + int(drain[1])


@pytest.mark.parametrize("variant", VARIANTS)
def test_services_and_budgets_select_the_gate_alone(variant):
    made = {o["kind"]: o for o in objects(variant)}
    labels = made["Deployment"]["spec"]["template"]["metadata"]["labels"]
    selectors = [made["Service"]["spec"]["selector"],
                 made["Deployment"]["spec"]["selector"]["matchLabels"],
                 made["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]]
    if "NetworkPolicy" in made:
        selectors.append(made["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"])
    for selector in selectors:
        assert selector.items() <= labels.items()
        assert not selector.items() <= made["Pod"]["metadata"]["labels"].items()


# --- rights


def rights(variant):
    """What the chart gives, a row for each resource: (where, group, resource, names, verbs)."""
    found = {}
    for o in objects(variant):
        for rule in o.get("rules", []) if o["kind"] in ("ClusterRole", "Role") else []:
            where = "everywhere" if o["kind"] == "ClusterRole" else "own"
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    key = where, group, resource, ", ".join(rule.get("resourceNames", []))
                    found.setdefault(key, set()).update(rule["verbs"])
    return found


def documented_rights(column):
    """The same, of the tables of docs/rbac.md: | resource | verbs | with | what for |."""
    found = {}
    page = (ROOT / "docs" / "rbac.md").read_text()
    for title, where in (("In every namespace", "everywhere"), ("In its own", "own")):
        table = page.split(f"## {title}")[1].split("\n## ")[0]
        for resource, names, verbs, needs, _ in re.findall(
                r"^\| `([^`]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", table, re.M):
            if needs.strip() in ("always", *column):
                name, _, group = resource.partition(".")
                name, _, sub = name.partition("/")
                key = where, group, f"{name}/{sub}" if sub else name, names.strip(" `")
                found.setdefault(key, set()).update(v.strip() for v in verbs.split(","))
    return found


OWN, GUARD = "`certificates.mode: own`", "`guard.enabled`"
SETTINGS = {
    "default": (OWN, GUARD, "`guard.deletePods`", "`guard.podLogs`", "`guard.smokeRequests`"),
    "other-namespace": (OWN, GUARD),
    "guard-off": (OWN,),
    "everything": (OWN, GUARD, "`rules.objects`", "`guard.deletePods`", "`guard.podLogs`", "`guard.smokeRequests`"),
    "cert-manager": (GUARD, "`guard.deletePods`", "`guard.podLogs`", "`guard.smokeRequests`"),
}


@pytest.mark.parametrize("variant", SETTINGS)
def test_the_page_on_rights_has_what_the_chart_gives(variant):
    assert documented_rights(SETTINGS[variant]) == rights(variant)


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_right_is_wide(variant):
    for (where, group, resource, names), verbs in rights(variant).items():
        assert "*" not in {group, resource, *verbs}
        if resource == "secrets":
            assert names == "tidegate-tls" and where == "own"
        if resource in ("leases", "validatingwebhookconfigurations"):
            assert names and "create" not in verbs


# --- make


def test_manifests(tmp_path):
    done = subprocess.run(["make", "-s", "manifests", f"BUILD={tmp_path}"], cwd=ROOT, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    made = [o for o in yaml.safe_load_all((tmp_path / "manifests/tidegate.yaml").read_text()) if o]
    assert made[0]["kind"] == "Namespace" and made[0]["metadata"]["name"] == "tidegate-system"
    assert made[1:] == objects("default", "--skip-tests")


def test_package(tmp_path):
    done = subprocess.run(["make", "-s", "chart", f"BUILD={tmp_path}"], cwd=ROOT, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    packed = helm("template", "tidegate", tmp_path / f"tidegate-{VERSION}.tgz", "-n", "tidegate-system")
    assert packed.stdout == render("default")
