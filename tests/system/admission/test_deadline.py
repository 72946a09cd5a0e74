"""A review that would take longer than its caller waits, or more of a processor than it may, is answered by
policy before that."""

import json
import threading

import pytest

from conftest import JSON, PATIENCE, review

# Backtracks for a good while on every value, though never up to the limit of one match.
RULES = """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: slow}
spec:
  match: {namespaces: [shop]}
  rules:
    - id: backtracks
      onError: %s
      fields:
        - {path: "metadata.annotations.*", matches: '(?s)(a+)+b|.*'}
    - id: harmless
      fields:
        - {path: metadata.name, matches: '[a-z]+'}
"""
VALUES = 20000


def slow_review():
    body = json.loads(review(3))
    body["request"]["object"]["metadata"]["annotations"] = {
        f"note-{number}": "a" * 13 for number in range(VALUES)}
    return json.dumps(body).encode()


@pytest.fixture
def slow(start, tmp_path):
    def start_slow(on_error, *options):
        rules = tmp_path / "slow-rules"
        rules.mkdir()
        (rules / "slow.yaml").write_text(RULES % on_error)
        return start(*options, rules=rules)
    return start_slow


def test_it_is_denied_where_the_rule_says_nothing_else(slow):
    door = slow("deny")
    answer = door.admit(slow_review(), query="?timeout=30s")
    assert answer["allowed"] is False
    assert answer["status"]["message"].splitlines()[0] == (
        "Deployment shop/api breaks 2 rules: backtracks, harmless")
    assert answer["status"]["message"].count("the review takes more processor time than is allowed") == 2
    assert door.admit(review(3))["allowed"] is True


def test_it_is_admitted_where_the_rule_lets_errors_pass(slow):
    door = slow("allow")
    answer = door.admit(slow_review(), query="?timeout=1s")
    # The rule behind it has no answer either, and denies as every rule does that says nothing.
    assert answer["allowed"] is False
    assert answer["status"]["message"].splitlines()[0] == "Deployment shop/api breaks 1 rule: harmless"
    assert "backtracks" in answer["auditAnnotations"]["audited"]


def test_those_that_wait_for_a_thread_are_answered_in_time_too(slow):
    """One thread, and more than it can do: the caller's time runs while a review waits for its turn, and
    those whose time is over cost next to nothing."""
    door = slow("deny", "--threads", "1")
    answers, seconds, callers_count = [], 1, 32
    connected = threading.Barrier(callers_count)

    def ask():
        connection = door.connect()
        connection.timeout = PATIENCE
        connection.connect()
        connected.wait()
        try:
            connection.request("POST", f"/validate?timeout={seconds}s", slow_review(), JSON)
            answers.append(json.loads(connection.getresponse().read())["response"])
        except OSError as error:
            answers.append(repr(error))
        finally:
            connection.close()

    callers = [threading.Thread(target=ask) for _ in range(callers_count)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    said = [answer["status"]["message"] if isinstance(answer, dict) else answer for answer in answers]
    late = [text for text in said if "the timeout that the caller sets for a review has passed" in text]
    spent = [text for text in said if "more processor time than is allowed" in text]
    assert late and len(late) + len(spent) >= callers_count, said
    assert door.admit(review(3))["allowed"] is True


@pytest.mark.parametrize("count", [20000, 40000])
def test_containers_by_the_thousand_are_answered(start, tmp_path, count):
    """40,000 once took 98 s, whatever the caller's timeout was."""
    rules = tmp_path / "containers"
    rules.mkdir()
    (rules / "rules.yaml").write_text("""
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: containers}
spec:
  match: {workloads: all}
  rules:
    - {id: non-root, podSecurity: {controls: [runAsNonRoot, runAsUser]}}
    - {id: limits, resources: {require: [limits.cpu, limits.memory]}}
    - {id: images, images: {allow: ["ghcr.io/acme/*"], tag: 'v.*'}}
    - {id: env, fields: [{path: "container.env[name=x].value", exists: true}]}
""")
    body = json.loads(review(3))
    body["request"]["object"]["spec"]["template"]["spec"]["containers"] = [
        {"name": f"c{n}", "env": [{"name": "x"}], "image": "ghcr.io/acme/c:v1"} for n in range(count)]
    door = start(rules=rules)
    used = door.processor_seconds()
    assert door.admit(json.dumps(body).encode(), query="?timeout=5s")["allowed"] is False
    assert door.processor_seconds() - used < 1
    assert door.admit(review(3))["uid"]
