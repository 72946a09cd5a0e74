"""What a real API server sent, sent again."""

import json
import select

import pytest
from conftest import HERE, JSON, review

RECORDED = sorted((HERE / "reviews").glob("*.json"))


def test_all_sixty_are_there():
    assert len(RECORDED) == 60


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_each_recorded_review_is_answered(door, path):
    body = path.read_bytes()
    status, headers, answer = door.ask("POST", "/validate?timeout=7s", body, JSON)
    told = json.loads(answer)
    assert status == 200 and headers["Content-Type"] == "application/json"
    assert told["apiVersion"] == "admission.k8s.io/v1" and told["kind"] == "AdmissionReview"
    assert told["response"]["uid"] == json.loads(body)["request"]["uid"]
    assert isinstance(told["response"]["allowed"], bool)
    assert "patch" not in told["response"] and "patchType" not in told["response"]


def test_a_denial_has_what_kubectl_and_machines_need(door):
    response = door.admit(review(3))
    status = response["status"]
    assert response["allowed"] is False
    assert status["code"] == 403 and status["reason"] == "Forbidden"
    assert status["message"].splitlines()[0] == "Deployment shop/api breaks 1 rule: non-root"
    causes = status["details"]["causes"]
    path = "spec.template.spec.containers[api].securityContext.runAsNonRoot"
    assert causes[0]["field"] == path and causes[0]["message"].startswith("non-root: found nothing")
    assert response["warnings"] == ["owner: metadata.labels.owner: found nothing, needs a value"]
    assert response["auditAnnotations"] == {"denied": "base/non-root", "warned": "base/owner"}


def test_a_warning_admits(door):
    body = json.loads(review(3))
    body["request"]["object"]["spec"]["template"]["spec"]["securityContext"] = {"runAsNonRoot": True}
    response = door.admit(json.dumps(body))
    assert response["allowed"] is True and len(response["warnings"]) == 1


def test_a_dry_run_has_the_same_verdict(door):
    body = json.loads(review(3))
    wet = door.admit(json.dumps(body))
    body["request"]["dryRun"] = True
    assert door.admit(json.dumps(body)) == wet


def test_a_review_beyond_its_time_is_answered_by_policy(door):
    """Its clock begins with the headers; here the body takes longer than the caller would wait."""
    body = review(3)
    connection = door.connect()
    connection.putrequest("POST", "/validate?timeout=1s")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:-1])
    assert select.select([connection.sock], [], [], 1)[0] == []
    connection.send(body[-1:])
    response = json.loads(connection.getresponse().read())["response"]
    assert response["allowed"] is False
    assert "non-root" in response["status"]["message"].splitlines()[0]
    assert "time" in response["status"]["message"]
