"""The rule packs: each compiles without a warning, admits its good examples, and each bad example
breaks the rule that it names. Comments at the head of an example say how it is asked:

    # breaks: RULE[, RULE]...   bad-*.yaml: the ids; more than one where they say the same twice
    # at: RFC 3339              when; else AN_OPEN_HOUR
    # by: USER [GROUP]...       who
"""

import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("TIDEGATE", ROOT / "build" / "tidegate")
PACKS = sorted(path for path in (ROOT / "rules").iterdir() if path.is_dir())
EXAMPLES = sorted((ROOT / "rules").glob("*/examples/*.yaml"))
GOOD = [path for path in EXAMPLES if path.name.startswith("good")]
BAD = [path for path in EXAMPLES if path.name.startswith("bad-")]
AN_OPEN_HOUR = "2026-11-24T02:30:00+01:00"  # a Tuesday, in SmartHR360's maintenance window


def name(path):
    return str(path.relative_to(ROOT / "rules"))


def asked(path):
    """What the comments at the head of an example say."""
    return dict(re.findall(r"^# (breaks|at|by): (.*)$", path.read_text(), re.M))


def rules_broken(path):
    return set(asked(path)["breaks"].split(", "))


def evaluate(path):
    said = asked(path)
    user, *groups = said.get("by", "alice deployers").split()
    command = [PROGRAM, "eval", "--rules", path.parent.parent, "--format", "json",
               "--now", said.get("at", AN_OPEN_HOUR), "--user", user]
    for group in groups:
        command += ["--group", group]
    done = subprocess.run([*command, path], capture_output=True, text=True)
    return json.loads(done.stdout)["results"], done


def test_examples_are_good_or_bad():
    assert len(PACKS) > 5 and EXAMPLES == sorted(GOOD + BAD)


@pytest.mark.parametrize("pack", PACKS, ids=name)
def test_pack_compiles_without_a_warning(pack):
    done = subprocess.run([PROGRAM, "check", "--rules", pack], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("pack", PACKS, ids=name)
def test_every_rule_has_an_example_that_breaks_it(pack):
    texts = [path.read_text() for path in sorted(pack.glob("*.yaml"))]
    rules = set(re.findall(r"^    - id: (\S+)$", "".join(texts), re.M))
    assert rules and rules == set().union(*(rules_broken(path) for path in pack.glob("examples/bad-*")))
    assert list(pack.glob("examples/good*"))


@pytest.mark.parametrize("path", GOOD, ids=name)
def test_good_example_is_admitted(path):
    results, done = evaluate(path)
    assert done.returncode == 0 and done.stderr == "", done.stdout + done.stderr
    assert results and all(r["allowed"] and not r["violations"] for r in results), done.stdout


@pytest.mark.parametrize("path", BAD, ids=name)
def test_bad_example_breaks_what_it_names(path):
    results, done = evaluate(path)
    violations = [v for r in results for v in r["violations"]]
    assert {v["rule"] for v in violations} == rules_broken(path), done.stdout + done.stderr
    denied = any(v["mode"] == "deny" for v in violations)
    assert done.returncode == (1 if denied else 0)
