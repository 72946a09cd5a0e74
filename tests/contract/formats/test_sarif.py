"""SARIF 2.1.0: what the specification asks beyond its schema, which tests/contract/oracle/sarif_test.go has."""

import json
import urllib.parse

import pytest


def run_of(out):
    [run] = json.loads(out)["runs"]
    return run


def place(located):
    [location] = located["locations"]
    return location["physicalLocation"]


def test_results_name_their_rules(evaluate):
    evaluate.write("a.json", ("a", {"warn": "x", "deny": "x"}), ("b", {"deny": "x", "audit": "x"}))
    code, out = evaluate("--format", "sarif", "a.json")
    run = run_of(out)
    rules = run["tool"]["driver"]["rules"]
    assert code == 1
    assert len({rule["id"] for rule in rules}) == len(rules)  # 3.19.23
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]  # 3.27.6
    assert [(r["ruleId"], r["level"], place(r)["region"]["startLine"]) for r in run["results"]] == [
        ("shop/denies", "error", 1), ("shop/denies-too", "error", 1), ("shop/warns", "warning", 1),
        ("shop/denies", "error", 2), ("shop/denies-too", "error", 2), ("shop/audits", "note", 2)]
    assert {r["id"]: r["defaultConfiguration"]["level"] for r in rules} == {
        "shop/denies": "error", "shop/denies-too": "error", "shop/warns": "warning", "shop/audits": "note"}


def test_fields_are_logical_locations(evaluate):
    evaluate.write("a.json", ("a", {"deny": "x"}))
    for result in run_of(evaluate("--format", "sarif", "a.json")[1])["results"]:
        assert result["locations"][0]["logicalLocations"] == [
            {"fullyQualifiedName": "data.deny", "kind": "property"}]
        assert result["message"]["text"] == "ConfigMap shop/a: data.deny: found x, needs nothing here"


def test_what_cannot_be_answered_is_what_it_does(evaluate):
    (evaluate.folder / "a.yaml").write_text(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: unknown}, data: {}}\n")
    code, out = evaluate("--format", "sarif", "a.yaml")
    [result] = run_of(out)["results"]
    assert (code, result["ruleId"], result["level"]) == (0, "shop/cannot-tell", "warning")


def test_what_cannot_be_used_is_a_notification(evaluate):
    (evaluate.folder / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\n")
    code, out = evaluate("--format", "sarif", "a.yaml")
    run = run_of(out)
    [invocation] = run["invocations"]
    [problem] = invocation["toolExecutionNotifications"]
    assert code == 2
    assert invocation["executionSuccessful"] is False  # 3.20.14
    assert problem["level"] == "error"
    assert problem["message"]["text"] == 'the document has no "metadata.name"'
    assert place(problem) == {"artifactLocation": {"uri": "a.yaml"}, "region": {"startLine": 1}}
    assert run["results"] == []


@pytest.mark.parametrize("name", [
    "a b/c%d.json", "x:y.json", "é&<>\"'\\^`{|}.json", "#?[]@!$()*+,;=.json", "-._~.json", "tab\tline\n.json"])
def test_uris_lead_back_to_the_file(evaluate, name):
    evaluate.write(name, ("a", {"deny": "x"}))
    for path, scheme in (f"./{name}", ""), (str(evaluate.folder / name), "file"):
        for result in run_of(evaluate("--format", "sarif", path)[1])["results"]:
            uri = place(result)["artifactLocation"]["uri"]
            parts = urllib.parse.urlsplit(uri)
            assert uri.isascii() and parts.scheme == scheme and not parts.query and not parts.fragment
            assert urllib.parse.unquote(parts.path) == (path if scheme else name)
