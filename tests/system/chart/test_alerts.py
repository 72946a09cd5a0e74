"""The alerts and the dashboard: what fires when, and that what they ask for is there."""

import json
import re
import subprocess

import pytest
import yaml

from chart import CHART, HERE, ROOT, objects

ALERTS = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
NAMES = [rule["alert"] for rule in RULES]
DASHBOARD = json.loads((CHART / "files" / "dashboard.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
FOREIGN = {"up", "kube_deployment_spec_replicas", "kube_deployment_status_replicas_available",
           "apiserver_admission_webhook_rejection_count", "apiserver_admission_webhook_fail_open_count"}


def promtool(*args):
    done = subprocess.run(["promtool", *map(str, args)], cwd=HERE, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should_and_else_not():
    promtool("check", "rules", CHART / "files" / "alerts.yaml")
    promtool("test", "rules", "alerts.yaml")


def test_each_alert_is_tried_both_ways():
    cases = [case for test in yaml.safe_load((HERE / "alerts.yaml").read_text())["tests"]
             for case in test["alert_rule_test"]]
    for name in NAMES:
        assert {bool(c.get("exp_alerts")) for c in cases if c["alertname"] == name} == {True, False}, name


def metrics_of(query):
    """The names of metrics in a query: those that are not a label, function, keyword or number."""
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\b(by|on|without|ignoring) *\([^)]*\)|\"[^\"]*\"", " ", query)
    words = re.findall(r"[a-z_:][a-z0-9_:]*(?! *\()\b", bare)
    return {re.sub("_bucket$", "", w) for w in words} - {"and", "or", "unless", "by"}


@pytest.mark.parametrize("query", [rule["expr"] for rule in RULES] + QUERIES)
def test_metrics_are_there(query):
    page = (ROOT / "docs" / "operations.md").read_text().partition("## Metrics")[2]
    table = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    asked = metrics_of(query)
    assert asked and asked <= FOREIGN | set(re.findall(r"`(\w+)`", table))


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_has_a_page(name):
    [rule] = [rule for rule in RULES if rule["alert"] == name]
    assert rule["annotations"]["runbook_url"] == f"https://tidegate.dev/docs/runbook/{name}.md"
    assert (ROOT / "docs" / "runbook" / f"{name}.md").exists()


def test_the_rule_object_is_the_file():
    [rule] = [o for o in objects("everything") if o["kind"] == "PrometheusRule"]
    told = json.dumps(rule["spec"])
    assert json.loads(told.replace("https://docs.example.com/tidegate", "https://tidegate.dev/docs/runbook")) \
        == ALERTS
    assert "tidegate.dev/docs" not in told


def test_queries_of_the_dashboard_are_some(tmp_path):
    rules = [{"record": f"panel:{i}", "expr": query.replace("$__rate_interval", "5m")}
             for i, query in enumerate(QUERIES)]
    (tmp_path / "queries.yaml").write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    promtool("check", "rules", tmp_path / "queries.yaml")


def test_panels_lie_side_by_side():
    taken = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
