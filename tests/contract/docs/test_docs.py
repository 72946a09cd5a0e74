"""What the documentation says is so: its rules compile, its commands print what stands there, its
links lead somewhere."""

import functools
import re
import subprocess

import pytest
import yaml

from page import PAGES, PROGRAM, ROOT, anchors, blocks, execute, prepare, prose, run

NAMES = [str(path.relative_to(ROOT)) for path in PAGES]

ENVIRONMENT = """apiVersion: tidegate.dev/v1alpha1
kind: Environment
metadata: {name: production}
spec: {namespaces: [shop], timeZone: Europe/Paris}
---
"""
POLICY = """apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: of-the-test}
spec:
  match: {environments: [production], workloads: all}
  rules:
"""
RULE = """    - id: of-the-test
      fields: [{path: spec.paused, exists: true}]
"""


def indented(text):
    lines = text.splitlines(keepends=True)
    if not text.startswith("- "):
        lines = ["- " + lines[0]] + ["  " + line for line in lines[1:]]
    return "".join("    " + line for line in lines)


def rule_file(text):
    """The block as a rule file that stands by itself; None when it is none."""
    if re.match(r"(- )?id:", text):
        return ENVIRONMENT + POLICY + indented(text)
    if "apiVersion: tidegate.dev/" not in text:
        return None
    if "kind: Environment" not in text:
        text = ENVIRONMENT + text
    return text if re.search("kind: (Policy|RolloutGuard)", text) else text + "---\n" + POLICY.replace("production", (
        re.search(r"kind: Environment\nmetadata:\n  name: (\S+)", text)[1])) + RULE


def test_there_are_pages():
    assert len(PAGES) > 5


@pytest.mark.parametrize("name", NAMES)
def test_yaml_compiles(name, tmp_path):
    for block in blocks((ROOT / name).read_text()):
        if block.language != "yaml" or block.command:
            continue
        documents = [d for d in yaml.safe_load_all(block.text)]
        text = rule_file(block.text)
        if text is None:
            assert all("kind" in d for d in documents), f"{name}:{block.line}: what is this block?"
            continue
        folder = tmp_path / str(block.line)
        folder.mkdir()
        (folder / "block.yaml").write_text(text)
        done = subprocess.run([PROGRAM, "check", "--rules", folder], capture_output=True, text=True)
        assert done.returncode == 0 and done.stderr == "", \
            f"{name}:{block.line}:\n{text}\n{done.stderr}"


@pytest.mark.parametrize("name", NAMES)
def test_commands_print_what_stands_there(name, tmp_path):
    for block, output, status in execute((ROOT / name).read_text(), tmp_path):
        assert output == block.text, \
            f"{name}:{block.line}: $ {block.command}\n(tests/contract/docs/refresh writes what is printed now)"
        assert block.status is None or status == int(block.status), f"{name}:{block.line}"


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    page = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{name}: {target}"
        assert not fragment or fragment in anchors(there.read_text()), f"{name}: {target}"


@pytest.mark.parametrize("name", NAMES)
def test_paths_and_targets_exist(name):
    text = (ROOT / name).read_text()
    makefiles = "".join(it.read_text() for it in (ROOT / "Makefile", *ROOT.glob("mk/*.mk")))
    targets = set(" ".join(re.findall(r"^([a-z][a-z -]*):", makefiles, re.M)).split())
    families = tuple(re.findall(r"^([a-z]+-)%:", makefiles, re.M))
    for quoted, plain in re.findall(r"`make ([a-z-]+)[`\s]|^make ([a-z-]+)", text, re.M):
        target = quoted or plain
        family = next((it for it in families if target.startswith(it)), "")
        assert target.removeprefix(family) in targets, f"{name}: make {target}"
    folders = "base|certs|cli|docs|kube|policy|rules|server|tests|tools"
    for path in re.findall(rf"`((?:{folders})/[\w./-]+)`", prose(text)):
        assert (ROOT / path).exists(), f"{name}: {path}"


def test_reference_is_up_to_date(tmp_path):
    done = subprocess.run([PROGRAM, "rules", "--format", "markdown"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout == (ROOT / "docs/checks.md").read_text(), "make reference writes it again"


def test_every_check_and_kind_has_a_section():
    done = subprocess.run([PROGRAM, "rules"], capture_output=True, text=True)
    checks, kinds = [[line.split()[0] for line in part.splitlines()]
                     for part in done.stdout.split("\n\n")]
    text = (ROOT / "docs/rules.md").read_text()
    for check in checks:
        assert check.lower() in anchors(text), f"docs/rules.md says nothing of {check}"
    for kind in kinds:
        assert f"kind: {kind}\n" in text, f"docs/rules.md says nothing of {kind}"


def test_every_option_of_serve_is_told():
    done = subprocess.run([PROGRAM, "serve", "--help"], capture_output=True, text=True)
    text = (ROOT / "docs/operations.md").read_text()
    options = re.findall(r"^  (--[a-z-]+)", done.stdout, re.M)
    assert len(options) > 5
    assert [o for o in options if f"`{o}" not in text] == []


def metrics():
    """Those that the program makes."""
    sources = "".join(path.read_text() for path in (ROOT / "server").rglob("*.c"))
    return set(re.findall(r'"((?:tidegate|process)_[a-z_]+)[" {]', sources))


def test_every_metric_is_told():
    told = set(re.findall(r"`((?:tidegate|process)_\w+)", (ROOT / "docs/operations.md").read_text()))
    assert len(metrics()) > 10
    assert metrics() == told


@pytest.mark.parametrize("name", NAMES)
def test_metrics_that_are_named_exist(name):
    """Of a histogram also its parts."""
    made = metrics()
    named = set(re.findall(r"\btidegate_[a-z_]+", (ROOT / name).read_text()))
    assert [m for m in named if m not in made and re.sub("_(bucket|sum|count)$", "", m) not in made] == []


def help_of(command):
    return subprocess.run([PROGRAM, "help", command], capture_output=True, text=True).stdout


CLUSTER = {"status", "wait", "history", "rollback", "release"}


def test_examples_of_the_help_work(tmp_path):
    """Those that ask a cluster get as far as to one that does not answer."""
    prepare(tmp_path)
    (tmp_path / "config").write_text("""apiVersion: v1
kind: Config
current-context: a
contexts: [{name: a, context: {cluster: a, user: a}}]
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: a, user: {token: t}}]
""")
    for command in options():
        call = re.search(r"\nfor example:\n  (tidegate .*)\n\Z", help_of(command))[1]
        assert call.startswith(f"tidegate {command}"), call
        if command == "serve":
            call = f"timeout -s INT 1 {call.replace(':8443', ':0')}; [ $? = 124 ]"
        output, status = run(f"KUBECONFIG=$PWD/config {call}", tmp_path)
        if command in CLUSTER:
            assert status == 2 and "127.0.0.1:1" in output and "see tidegate" not in output, (call, output)
        else:
            assert status == 0, (call, output)


OPTION = r"(?<![\w-])--[a-z][a-z-]+"
# Of other programs, where they stand by themselves.
OTHERS = {"--max-request-bytes", "--set", "--dry-run", "--force-conflicts", "--to-revision"}


def helped(*command):
    return subprocess.run([PROGRAM, *command, "--help"], capture_output=True, text=True).stdout


@functools.cache
def options():
    """Of each command."""
    commands = re.findall(r"^  ([a-z]+) ", helped(), re.M)
    return {command: {"--help", *re.findall(OPTION, helped(command))} for command in commands}


@pytest.mark.parametrize("name", NAMES)
def test_options_that_are_named_exist(name):
    """Those of a call, in it; those that stand by themselves, in any command."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    have = options()
    for command, rest in re.findall(rf"(?<![\w/.-])tidegate ({'|'.join(have)})\b([^\n`|;&)]*)", text):
        assert set(re.findall(OPTION, rest)) <= have[command], f"{name}: tidegate {command}{rest}"
    for option in re.findall(rf"`({OPTION})", text):
        assert option in OTHERS.union(*have.values()), f"{name}: {option}"


def log_events():
    """Of the program's own log, and of the decision log."""
    sources = "".join(path.read_text() for path in ROOT.glob("[a-z]*/**/*.c") if path.relative_to(ROOT).parts[0] not in ("build", "tests"))
    heads = [re.split(r"LOG_(?:STR|VIEW|INT)\(", call)[0] for call in re.findall(r"\bLOG\((.*?)\);", sources, re.S)]
    levels = re.findall(r'LOG_LEVEL_\w+,\s*"([a-z_]+)"', sources)
    return set(re.findall(r'"([a-z_]+)"', "".join(heads))) | set(levels) \
        | set(re.findall(r'\\"event\\":\\"(\w+)', sources))


RUNBOOK = sorted((ROOT / "docs/runbook").glob("*.md"))


@pytest.mark.parametrize("page", RUNBOOK, ids=lambda page: page.stem)
def test_log_events_that_the_runbook_names_exist(page):
    """As words with an underscore that are not metrics, and as what `logs ... | grep` looks for: the
    beginning of an event will do."""
    events, text = log_events(), page.read_text()
    assert len(events) > 20
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text))
    assert {w for w in words if not re.match("tidegate_|apiserver_|error_type|no_error", w)} <= events
    for line in re.findall(r" logs .*grep (?:-E )?(.*)$", text, re.M):
        for part in line.strip("'`").split("|"):
            if re.fullmatch("[a-z_]+", part):
                assert any(event.startswith(part) for event in events), f"{page.name}: {part}"


def test_the_runbook_has_an_index_and_one_form():
    listed = re.findall(r"\]\((\w[\w-]*\.md)\)", (ROOT / "docs/runbook/README.md").read_text())
    assert set(listed) == {page.name for page in RUNBOOK} - {"README.md"}
    for page in RUNBOOK:
        if page.name.startswith("Tidegate"):
            assert page.read_text().startswith(f"# {page.stem}\n")
            assert re.findall("^## (.*)$", page.read_text(), re.M) == \
                ["Who is hurt", "Look", "Do", "It is over when"], page.name


def test_the_rights_of_the_guard_are_those_of_the_page_on_rights():
    """tests/unit/rollout/test_preflight.c holds that page against what is asked for."""
    asked = {("", "configmaps", "list"), ("", "configmaps", "watch")}
    for name, verbs in re.findall(r"^\| `([^`]+)` \| [^|]* \| ([^|]+) \| `guard\.", (ROOT / "docs/rbac.md").read_text(),
                                  re.M):
        resource, _, group = name.partition(".")
        asked |= {(group, resource, verb.strip()) for verb in verbs.split(",")}
    page = (ROOT / "docs/guard.md").read_text()
    roles = [d for block in blocks(page) if "kind: ClusterRole\n" in block.text
             for d in yaml.safe_load_all(block.text) if "rules" in d]
    given = {(group, resource, verb) for role in roles for rule in role["rules"] for group in rule["apiGroups"]
             for resource in rule["resources"] for verb in rule["verbs"]}
    # The Lease need not be created where a chart has made it.
    assert len(asked) > 20 and given == asked | {("coordination.k8s.io", "leases", "create")}


def test_every_command_is_told():
    text = "".join(path.read_text() for path in PAGES)
    for command in options():
        assert f"tidegate {command}" in text, command


def test_readme_has_the_lines_that_make_run_prints():
    done = subprocess.run(["tools/run", "true"], cwd=ROOT, capture_output=True, text=True)
    lines = [line.strip().replace("true eval", "build/tidegate eval")
             for line in done.stdout.splitlines() if line.startswith("  ")]
    assert len(lines) == 3
    assert "\n".join(lines) in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name, text", [
    ("docs/admission.md", "at most {causes}, with the field's path"),
    ("docs/admission.md", "at most\n{warning-count} and {warnings:,} bytes together"),
    ("docs/admission.md", "nested deeper than {json-depth} levels"),
    ("docs/admission.md", "not a duration of up to {review-time} s"),
    ("docs/admission.md", "did not arrive within {body-time} s"),
    ("docs/admission.md", "larger than {body:MiB}, or the review needs more memory than {arena:MiB}"),
    ("docs/rules.md", "After {message-findings} findings"),
    ("docs/time.md", "at most {window-days} days"),
    ("docs/operations.md", "requests have {drain-time} s to end"),
])
def test_limits_are_as_told(name, text):
    done = subprocess.run([PROGRAM, "limits"], capture_output=True, text=True)
    limits = {line.split()[0]: int(line.split()[1]) for line in done.stdout.splitlines()}

    def value(match):
        limit = limits[match[1]]
        return {None: f"{limit}", ",": f"{limit:,}", "MiB": f"{limit >> 20} MiB"}[match[2]]

    assert re.sub(r"\{([a-z-]+):?(,|MiB)?\}", value, text) in (ROOT / name).read_text()
