"""Calls of the Kubernetes API, by tests/probe/kube and an API server that does as it is told."""

import pathlib
import subprocess

import pytest

from api_server import ApiServer
from conftest import TIDEGATE, eventually, limit

PROBE = pathlib.Path(TIDEGATE).parent / "tests/probe/kube"
LIMIT_KUBE_ANSWER = limit("kube-answer")
LIMIT_KUBE_PAGE_WHOLE = limit("kube-page-whole")
ACCEPTED = (200, {}, {"kind": "ConfigMap"})
BUSY = (429, {"Retry-After": "1"}, {"kind": "Status", "reason": "TooManyRequests", "message": "later"})


@pytest.fixture
def probe(authority, tmp_path):
    """Starts an API server that does these acts; returns it and what runs the probe."""
    servers = []

    def start(*acts):
        ca = authority("cluster-ca")
        server = ApiServer(*ca.issue("cluster"), acts)
        server.write_kubeconfig(tmp_path / "config", ca)
        servers.append(server)

        def run(*arguments):
            argv = [str(PROBE), str(tmp_path / "config"), *arguments]
            done = subprocess.run(argv, text=True, capture_output=True, timeout=60)
            assert done.returncode == 0, done.stderr
            return done.stdout.splitlines()
        return server, run

    yield start
    for server in servers:
        server.end()


@pytest.mark.parametrize("verb, method, media, status", [
    ("get", "GET", None, 200),
    ("create", "POST", "application/json", 201),
    ("update", "PUT", "application/json", 200),
    ("patch", "PATCH", "application/json-patch+json", 200),
    ("patch", "PATCH", "application/strategic-merge-patch+json", 200),
    ("delete", "DELETE", "application/json", 202),
    ("delete", "DELETE", None, 200),
])
def test_what_is_sent(probe, verb, method, media, status):
    server, run = probe((status, {}, {"kind": "ConfigMap"}))
    body = '{"a": [1]}'
    if verb == "update":
        body = '{"text": "' + "ü" * 50000 + '"}'
    lines = run("call", verb, "configmaps", "/api/v1/namespaces/n/configmaps/c",
                *([media, body] if media else []))
    assert lines == [str(status), "", "0", "", '{"kind":"ConfigMap"}']
    [call] = server.calls
    assert (call["method"], call["path"]) == (method, "/behind/a/proxy/api/v1/namespaces/n/configmaps/c")
    assert call["headers"]["Accept"] == "application/json"
    assert call["headers"].get("Content-Type") == media
    assert call["headers"].get("Expect") is None
    assert call["sent"].decode() == (body if media else "")


@pytest.mark.parametrize("status, reason", [(409, "Conflict"), (422, "Invalid"), (404, "NotFound"),
                                            (204, ""), (302, "")])
def test_what_is_refused_is_tried_once(probe, status, reason):
    body = {"kind": "Status", "reason": reason, "message": "no\nway"} if reason else b""
    server, run = probe((status, {}, body))
    lines = run("call", "patch", "pods", "/api/v1/pods", "application/json-patch+json", "[]", "30")
    assert lines == [str(status), reason, "0", f"{status}: no" if reason else str(status), "null"]
    assert len(server.calls) == 1


@pytest.mark.parametrize("trouble", [BUSY, (500, {}, b"oh"), (504, {}, b""), (200, {"Content-Length": "9"}, [b"{"])],
                         ids=["busy", "500", "504", "cut"])
def test_trouble_that_passes(probe, trouble):
    server, run = probe(trouble, trouble, ACCEPTED)
    lines = run("call", "create", "pods", "/api/v1/pods", "application/json", "{}", "30")
    assert lines == ["200", "", "0", "", '{"kind":"ConfigMap"}']
    assert [call["sent"] for call in server.calls] == [b"{}"] * 3
    if trouble is BUSY:
        first, second, third = [call["at"] for call in server.calls]
        assert second - first >= 1 and third - second >= 1


def test_a_wait_that_is_too_long_is_not_begun(probe):
    """It would end behind the call's, and behind the patience of run()."""
    server, run = probe((429, {"Retry-After": "110"}, b""))
    lines = run("call", "get", "pods", "/api/v1/pods", "", "", "100")
    assert (lines[0], lines[2], len(server.calls)) == ("429", "110000", 1)


def test_an_answer_that_does_not_come_is_awaited_until_then(probe):
    server, run = probe((200, {}, [None]))
    lines = run("call", "get", "pods", "/api/v1/pods", "", "", "1")
    assert (lines[1], lines[4], len(server.calls)) == ("", "null", 1)
    assert lines[3].endswith("cannot be asked: Timeout was reached")


def test_answers_that_are_no_json(probe):
    server, run = probe((200, {}, b"{"), (200, {}, b""))
    for _ in range(2):
        lines = run("call", "get", "pods", "/api/v1/pods")
        assert lines[3:] == ["the answer is no JSON, or there is no memory for it", "null"]


def test_the_longest_answer(probe):
    text = b'{"kind":"PodList"}'
    server, run = probe((200, {}, text.ljust(LIMIT_KUBE_ANSWER)), (200, {}, text.ljust(LIMIT_KUBE_ANSWER + 1)))
    assert run("call", "list", "pods", "/api/v1/pods")[4] == text.decode()
    assert run("call", "list", "pods", "/api/v1/pods", "", "", "30")[3:] == [
        f"the answer is larger than {LIMIT_KUBE_ANSWER} bytes", "null"]


def test_a_watch_of_whole_objects(probe, tmp_path):
    pods = {"metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "a"}, "spec": {}}]}
    server, run = probe((200, {}, pods), (200, {}, [None]))
    argv = [PROBE, tmp_path / "config", "watch", "/api/v1/pods", "pods", "whole", "app in (a,b),!c"]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    eventually(lambda: len(server.calls) == 2, "a list and a watch")
    assert process.communicate("")[0] == "begin \nput a whole\nend \n"
    assert process.returncode == 0
    assert server.calls[0]["limit"] == str(LIMIT_KUBE_PAGE_WHOLE)
    for call in server.calls:
        assert call["labelSelector"] == "app in (a,b),!c"
        assert call["headers"]["Accept"] == "application/json"


def test_a_watch_of_one_object(probe, tmp_path):
    secrets = {"metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "a"}}]}
    server, _ = probe((200, {}, secrets), (200, {}, [None]))
    argv = [PROBE, tmp_path / "config", "watch", "/api/v1/namespaces/n/secrets", "secrets", "whole", "", "a"]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    eventually(lambda: len(server.calls) == 2, "a list and a watch")
    assert process.communicate("")[0] == "begin \nput a\nend \n"
    for call in server.calls:
        assert call["fieldSelector"] == "metadata.name=a" and "labelSelector" not in call
