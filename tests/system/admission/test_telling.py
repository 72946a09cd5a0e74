"""Metrics and the decision log."""

import datetime
import json
import signal
import subprocess
import time

from conftest import HERE, JSON, TIDEGATE, Lines, eventually, review

WIDE = "".join(f"""
    - id: label-{number:02}-{'x' * 40}
      mode: audit
      fields:
        - path: metadata.labels.l{number}
          exists: true""" for number in range(30))


def decisions(door):
    return [json.loads(line) for line in door.decisions.lines]


def test_promtool_has_nothing_to_say(start):
    door = start()
    door.admit(review(3))
    door.get("/readyz")
    door.ask("POST", "/validate", b"{", JSON)
    text = door.get("/metrics")[1]
    done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), done


def test_reviews_are_counted_by_verdict_operation_and_dry_run(start):
    door = start()
    for number in (3, 3, 4, 33, 27, 23):
        door.admit(review(number))

    def count(verdict, operation, dry_run="false"):
        return door.metric(f'tidegate_reviews_total{{verdict="{verdict}",operation="{operation}",'
                           f'dry_run="{dry_run}"}}')

    assert count("denied", "CREATE") == 2 and count("allowed", "UPDATE") == 1
    assert count("allowed", "DELETE") == 1 and count("allowed", "CONNECT") == 1
    assert sum(count(v, o, "true") for v in ("allowed", "denied")
               for o in ("CREATE", "UPDATE")) == 1
    assert door.metric("tidegate_review_duration_seconds_count") == 6
    assert door.metric('tidegate_review_duration_seconds_bucket{le="+Inf"}') == 6
    assert door.metric('tidegate_http_requests_total{path="/validate",code="200"}') == 6


def test_each_decision_is_one_line(start):
    door = start()
    door.admit(review(3))
    line = json.loads(door.decisions.await_line(lambda text: '"denied"' in text))
    request = json.loads(review(3))["request"]
    assert line["uid"] == request["uid"] and line["user"] == "alice"
    assert (line["operation"], line["kind"]) == ("CREATE", "Deployment")
    assert (line["namespace"], line["name"]) == ("shop", "api")
    assert line["verdict"] == "denied" and line["dryRun"] is False
    assert 0 < line["durationSeconds"] < 60
    assert [(r["policy"], r["rule"], r["mode"], r["result"]) for r in line["rules"]] == [
        ("base", "non-root", "deny", "broken"), ("base", "owner", "warn", "broken")]


def test_control_characters_stay_on_their_line(start):
    door = start()
    body = review(3).replace(b'"alice"', b'"al\\u0000\\nice\\u001b[31m"')
    door.admit(body)
    line = door.decisions.await_line(lambda text: "ice" in text)
    assert json.loads(line)["user"] == "al\0\nice\x1b[31m"
    assert "\x1b" not in line and "\0" not in line


def test_reviews_that_no_rule_speaks_of_can_be_sampled(start):
    for sample, logged in (("all", 40), ("1/4", 10), ("none", 0)):
        door = start("--log-allowed", sample)
        for _ in range(40):
            door.admit(review(16))
        door.admit(review(3))
        door.decisions.await_line(lambda text: '"denied"' in text)
        verdicts = [line["verdict"] for line in decisions(door)]
        assert verdicts.count("allowed") == logged and verdicts.count("denied") == 1


def test_events_can_be_json():
    process = subprocess.Popen([TIDEGATE, "serve", "--rules", str(HERE / "rules"), "--listen",
                         "127.0.0.1:0", "--log-format", "json", "--shutdown-delay", "0"],
                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    events = Lines(process.stderr)
    first = json.loads(events.await_line(lambda text: "listening" in text))
    assert first["event"] == "listening" and first["address"].startswith("127.0.0.1:")
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert all(json.loads(line)["level"] == "info" for line in events.lines)


def test_a_blocked_reader_of_the_decisions_blocks_no_review(start):
    """More than the pipe and the queue hold: each line has thirty broken rules."""
    door = start(read_stdout=False)
    policy = (door.rules / "base.yaml").read_text().split("    - id: non-root")[0]
    (door.rules / "base.yaml").write_text(policy + WIDE.lstrip("\n") + "\n")
    eventually(lambda: door.metric("tidegate_rules") == 30, "the wide rules")
    connection = door.connect()

    def dropped():
        for _ in range(100):
            connection.request("POST", "/validate", review(3), JSON)
            response = connection.getresponse()
            assert response.status == 200
            response.read()
        return door.metric("tidegate_log_dropped_total")

    eventually(dropped, "a line that was dropped")
    lost = door.metric("tidegate_log_dropped_total")
    told = 0
    for line in door.process.stdout:
        told += json.loads(line).get("count", 0)
        if told:
            break
    assert told == lost


FREEZE = """
apiVersion: tidegate.dev/v1alpha1
kind: Environment
metadata: {name: production}
spec: {namespaces: [shop], timeZone: Europe/Paris}
---
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: hours}
spec:
  match: {environments: [production], workloads: all}
  rules:
    - id: always
      freeze:
        deny: [{schedule: "0 * * * *", duration: 30m}]
"""


def test_freezes_are_gauges_that_agree_with_windows(start):
    """The same question, asked of the metrics and of `tidegate windows`."""
    door = start()
    (door.rules / "freeze.yaml").write_text(FREEZE)
    sample = 'tidegate_freeze_active{environment="production"}'
    eventually(lambda: door.metric(sample) is not None, "the freeze")

    def windows():
        done = subprocess.run([TIDEGATE, "windows", "--rules", str(door.rules), "--format", "json"],
                              check=True, capture_output=True)
        [told] = [e for e in json.loads(done.stdout)["environments"] if e["name"] == "production"]
        change = datetime.datetime.fromisoformat(told["next_change"]).timestamp()
        return told["frozen"], change

    def agree():
        change = door.metric('tidegate_freeze_next_change_timestamp_seconds'
                             '{environment="production"}')
        return (door.metric(sample) == 1, change) == windows()

    eventually(agree, "the same answer")
    assert windows()[1] > time.time() - 60
