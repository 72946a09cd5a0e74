"""The JSON Schema that the program prints says what the program says: editors rely on it."""

import copy
import json
import os
import pathlib
import subprocess

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("TIDEGATE", ROOT / "build" / "tidegate")


class Loader(yaml.SafeLoader):
    """Dates are text, as in rule files."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}

GOOD = """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: shop}
spec:
  match: {namespaces: [shop], workloads: all}
  rules:
    - {id: hours, freeze: {timeZone: UTC, deny: [{schedule: "0 8 * * 1-5", duration: 10h}]}}
    - {id: three, fields: [{path: spec.replicas, min: 3}]}
"""


GUARD = """
apiVersion: tidegate.dev/v1alpha1
kind: RolloutGuard
metadata: {name: shop}
spec:
  deadline: 10m
  soak: 5m
  fail:
    crashLoop: {restarts: 3}
    http: [{service: api, port: 80, status: [200]}]
    prometheus: [{query: up, min: 1}]
  onFailure: {rollback: lastHealthy}
"""


def probes(document, count):
    document["spec"]["fail"]["http"] *= count


def rule(document, number):
    return document["spec"]["rules"][number]


MISTAKES = {
    "an unknown key": lambda d: d["spec"].update(rule=1),
    "an unknown kind": lambda d: d.update(kind="Polizy"),
    "no name": lambda d: d["metadata"].clear(),
    "no rules": lambda d: d["spec"].update(rules=[]),
    "no id": lambda d: rule(d, 0).pop("id"),
    "no check": lambda d: rule(d, 0).pop("freeze"),
    "two checks": lambda d: rule(d, 0).update(fields=[{"path": "a", "exists": True}]),
    "an unknown mode": lambda d: rule(d, 0).update(mode="enforce"),
    "an unknown key of a window": lambda d: rule(d, 0)["freeze"]["deny"][0].update(until_=1),
    "a map where a list is meant": lambda d: rule(d, 1).update(fields={"path": "a"}),
    "an empty list of namespaces": lambda d: d["spec"]["match"].update(namespaces=[]),
}

GUARD_MISTAKES = {
    "no deadline": lambda d: d["spec"].pop("deadline"),
    "no act": lambda d: d["spec"].pop("onFailure"),
    "an unknown act": lambda d: d["spec"].update(onFailure="pauze"),
    "an unknown key of an act": lambda d: d["spec"]["onFailure"].update(pause=True),
    "a match of users": lambda d: d["spec"].update(match={"users": ["alice"]}),
    "a kind that has no rollout": lambda d: d["spec"].update(match={"kinds": ["Job"]}),
    "too few restarts": lambda d: d["spec"]["fail"]["crashLoop"].update(restarts=0),
    "too many requests": lambda d: probes(d, 17),
    "a status that is none": lambda d: d["spec"]["fail"]["http"][0].update(status=[99]),
    "a bound that is not a number": lambda d: d["spec"]["fail"]["prometheus"][0].update(max="1"),
}


@pytest.fixture(scope="module")
def validator():
    text = subprocess.run([PROGRAM, "schema"], check=True,
                          capture_output=True).stdout
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", sorted((ROOT / "rules").glob("*/*.yaml")), ids=lambda p: p.name)
def test_every_pack_fits(validator, path):
    for document in yaml.load_all(path.read_text(), Loader):
        validator.validate(document)


@pytest.mark.parametrize("text", [GOOD, GUARD, GUARD.replace("{rollback: lastHealthy}", "pause")])
def test_a_good_document_fits(validator, text, tmp_path):
    validator.validate(yaml.load(text, Loader))
    (tmp_path / "rules.yaml").write_text(text)
    assert subprocess.run([PROGRAM, "check", "--rules", tmp_path], capture_output=True).returncode == 0


@pytest.mark.parametrize("text, mistake", [
    *(pytest.param(GOOD, mistake, id=name) for name, mistake in MISTAKES.items()),
    *(pytest.param(GUARD, mistake, id=name) for name, mistake in GUARD_MISTAKES.items())])
def test_a_mistake_does_not(validator, text, mistake, tmp_path):
    document = yaml.load(text, Loader)
    before = copy.deepcopy(document)
    mistake(document)
    assert document != before and not validator.is_valid(document)
    (tmp_path / "rules.json").write_text(json.dumps(document))
    assert subprocess.run([PROGRAM, "check", "--rules", tmp_path], capture_output=True).returncode == 2
