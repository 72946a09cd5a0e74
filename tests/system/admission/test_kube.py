"""Calls of the Kubernetes API, by tests/system/probe/kube and an API server that does as it is told."""

import pathlib
import subprocess

import pytest

from api_server import ApiServer
from conftest import TIDEGATE, eventually, limit

PROBE = pathlib.Path(TIDEGATE).parent / "tests/system/probe/kube"
LIMIT_KUBE_ANSWER = limit("kube-answer")
LIMIT_KUBE_PAGE_WHOLE = limit("kube-page-whole")
LIMIT_KUBE_PAGE = limit("kube-page")
LIMIT_KUBE_EVENT = limit("kube-event")
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
        assert lines[3:] == ["the answer is not JSON, or there is no memory for it", "null"]


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


def pod(name, size=0, version="1"):
    """As an API server writes it: what names an object comes first. '<' is six times as large there."""
    spec = '"' + "\\u003c" * (size // 6) + '"'
    return (f'{{"metadata":{{"name":"{name}","namespace":"n","uid":"u-{name}","resourceVersion":"{version}"}},'
            f'"spec":{{"value":{spec}}}}}').encode()


def event(kind, *of, **more):
    return b'{"type":"%s","object":%s}\n' % (kind.encode(), pod(*of, **more))


class LargePods(ApiServer):
    """A list of pods, in pages of as many as are asked for."""

    pods = []

    def act(self, call):
        if "watch" in call:
            return self.acts.pop(0)
        start = int(call.get("continue", "0"))
        end = start + int(call["limit"])
        more = b',"continue":"%d"' % end if end < len(self.pods) else b""
        return 200, {}, (b'{"kind":"PodList","metadata":{"resourceVersion":"7"%s},"items":[' % more +
                         b",".join(self.pods[start:end]) + b"]}")


def watched(authority, tmp_path, pods, acts, lines):
    """What the watch of these pods tells."""
    ca = authority("cluster-ca")
    server = LargePods(*ca.issue("cluster"), acts)
    server.pods = pods
    server.write_kubeconfig(tmp_path / "config", ca)
    argv = [PROBE, tmp_path / "config", "watch", "/api/v1/pods", "pods", "whole"]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    told = [process.stdout.readline() for _ in range(lines)]
    process.communicate("")
    server.end()
    return [line.rstrip("\n") for line in told], server.calls


def test_objects_that_are_too_large_are_skipped_and_the_rest_is_followed(authority, tmp_path):
    """In a list, of which the pages shrink and grow again, and in a watch, which is not begun again."""
    large = LIMIT_KUBE_PAGE + 6
    pods = [pod("a"), pod("b", large), pod("c")] + [pod(f"d{n}") for n in range(6)]
    events = [event("MODIFIED", "a", LIMIT_KUBE_EVENT // 2), event("ADDED", "e", LIMIT_KUBE_EVENT),
              event("DELETED", "c", LIMIT_KUBE_EVENT), event("ADDED", "f"), None]
    told, calls = watched(authority, tmp_path, pods, [(200, {}, events)], 15)
    assert told == ["begin ", "put a whole", "skip b", "put c whole",
                    *(f"put d{n} whole" for n in range(6)), "end ",
                    "put a whole", "skip e", "drop c", "put f whole"]
    assert [call.get("limit") for call in calls][-3:] == ["2", "4", None]


def test_a_list_of_the_largest_objects(authority, tmp_path):
    """Of those that etcd takes: 1.5 MiB, which JSON can make six times as large."""
    pods = [pod(f"p{n}", 9 * 1024 * 1024) for n in range(40)]
    told, calls = watched(authority, tmp_path, pods, [(200, {}, [event("MODIFIED", "p7", 9 * 1024 * 1024), None])], 43)
    assert told == ["begin ", *(f"put p{n} whole" for n in range(40)), "end ", "put p7 whole"]
    assert len(calls) < 30
