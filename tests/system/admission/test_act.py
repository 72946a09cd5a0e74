"""What the guard does to a workload, by tests/system/probe/act and an API server that does as it is told.
tests/system/cluster/test_act.py has what a real one makes of it."""

import copy
import json
import pathlib
import subprocess

import pytest

from api_server import ApiServer
from conftest import TIDEGATE, limit

PROBE = pathlib.Path(TIDEGATE).parent / "tests/system/probe/act"
LIMIT_LOG_TAIL = limit("log-tail")
LIMIT_LOG_TAIL_TIME = limit("log-tail-time")
LIMIT_LAST_WORDS = limit("last-words")

DEPLOYMENTS = "/behind/a/proxy/apis/apps/v1/namespaces/shop/deployments/api"


def template(image):
    return {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": [{"name": "api", "image": image}]}}


def deployment(version="7", image="api:v2", uid="u1", **fields):
    return {"kind": "Deployment", "metadata": {"name": "api", "uid": uid, "resourceVersion": version,
                                               **fields.pop("metadata", {})},
            "spec": {"template": template(image), **fields}}


def replicaset(image="api:v1", owner="u1", controller=True):
    return {"kind": "ReplicaSet", "spec": {"template": template(image)},
            "metadata": {"name": "api-1", "ownerReferences": [{"uid": owner, "controller": controller}]}}


def ok(body):
    return 200, {}, body


def status(code, message, reason=""):
    return code, {}, {"kind": "Status", "reason": reason, "message": message}


TEST_FAILED = status(422, "the server rejected our request due to an error in our request", "Invalid")
CONFLICT = status(409, "the object has been modified", "Conflict")
DENIED = status(403, 'admission webhook "gate.tidegate.dev" denied the request: Deployment shop/api '
                     'breaks 1 rule: no-root\n\n  no-root   spec', "Forbidden")
SEEN = ok(deployment())
REVISION = ok(replicaset())


@pytest.fixture
def act(authority, tmp_path):
    """Runs the probe against an API server that does these acts; returns the server and the lines."""
    servers = []

    def run(acts, *arguments):
        ca = authority("cluster-ca")
        server = ApiServer(*ca.issue("cluster"), copy.deepcopy(acts))
        servers.append(server)
        server.write_kubeconfig(tmp_path / "config", ca)
        done = subprocess.run([PROBE, tmp_path / "config", *arguments], input="\n", text=True,
                              capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return server, done.stdout.splitlines()

    yield run
    for server in servers:
        server.end()


def methods(server):
    return [call["method"] for call in server.calls]


# What the API server answers once the workload and the revision were seen.
UNDO = {
    "nothing in the way": ([SEEN, REVISION, SEEN], "done", "", 1),
    "a scaling in between": ([SEEN, REVISION, TEST_FAILED, ok(deployment("8", replicas=3)), SEEN], "done", "", 2),
    "a conflict in between": ([SEEN, REVISION, CONFLICT, ok(deployment("8")), SEEN], "done", "", 2),
    "a new template in between": ([SEEN, REVISION, TEST_FAILED, ok(deployment("8", "api:v3"))],
                                  "superseded", "its template was changed", 1),
    "a new template": ([ok(deployment("8", "api:v3"))], "superseded", "its template was changed", 0),
    "paused": ([ok(deployment("8", paused=True))], "superseded", "it is paused", 0),
    "being deleted": ([ok(deployment("8", metadata={"deletionTimestamp": "now"}))], "superseded",
                      "it is being deleted", 0),
    "deleted": ([status(404, "gone")], "superseded", "404: gone", 0),
    "created again": ([ok(deployment("8", uid="u2"))], "superseded", "it was deleted and created again", 0),
    "deleted in between": ([SEEN, REVISION, status(404, "gone")], "superseded", "404: gone", 1),
    "written again and again": ([SEEN, REVISION, CONFLICT] + [act for n in "ABC" for act in (ok(deployment(n)), CONFLICT)],
                                "unreachable", "others write it all the time", 4),
    "the revision is gone": ([SEEN, status(404, "gone")], "refused", 'ReplicaSet "api-1" is gone', 0),
    "the revision holds something else": ([SEEN, ok(replicaset("evil:v1"))], "refused",
                                          'ReplicaSet "api-1" no longer holds the template that was healthy', 0),
    "the revision is of something else": ([SEEN, ok(replicaset(owner="u2"))], "refused",
                                          'ReplicaSet "api-1" no longer holds the template that was healthy', 0),
    "the revision is not controlled": ([SEEN, ok(replicaset(controller=False))], "refused",
                                       'ReplicaSet "api-1" no longer holds the template that was healthy', 0),
    "our own door denies it": ([SEEN, REVISION, DENIED], "refused",
                               '403: admission webhook "gate.tidegate.dev" denied the request: '
                               'Deployment shop/api breaks 1 rule: no-root', 1),
    "it is invalid": ([SEEN, REVISION, status(422, "no such field", "Invalid"), SEEN], "refused", "422: no such field", 1),
    "not permitted to look": ([status(403, "no")], "refused", "403: no", 0),
    "busy": ([SEEN, REVISION, status(429, "later")], "unreachable", "429: later", 1),
    "a webhook fails": ([SEEN, REVISION, status(500, "failed calling webhook")], "unreachable",
                        "500: failed calling webhook", 1),
    "the revision cannot be read": ([SEEN, status(503, "starting")], "unreachable", "503: starting", 0),
}


@pytest.mark.parametrize("acts, outcome, words, patches", UNDO.values(), ids=UNDO)
def test_undo(act, acts, outcome, words, patches):
    server, lines = act([SEEN, REVISION, *acts], "undo", "Deployment", "shop", "api", "api-1")
    assert lines == ["ready", outcome, words]
    assert server.acts == []
    assert methods(server).count("PATCH") == patches


def test_what_undo_sends(act):
    server, _ = act([SEEN, REVISION, SEEN, REVISION, SEEN], "undo", "Deployment", "shop", "api", "api-1")
    call = server.calls[-1]
    assert (call["path"], call["headers"]["Content-Type"]) == (DEPLOYMENTS, "application/json-patch+json")
    assert [(op["op"], op["path"]) for op in json.loads(call["sent"])] == [
        ("test", "/metadata/uid"), ("test", "/metadata/resourceVersion"), ("add", "/spec/template"),
        ("add", "/metadata/annotations")]


@pytest.mark.parametrize("acts, outcome", [
    ([SEEN, SEEN], "done"),
    ([SEEN, TEST_FAILED, ok(deployment("8")), SEEN], "done"),
    ([ok(deployment("8", paused=True))], "superseded"),
    ([SEEN, DENIED], "refused"),
])
def test_pause(act, acts, outcome):
    server, lines = act([SEEN, *acts], "pause", "Deployment", "shop", "api")
    assert (lines[1], server.acts) == (outcome, [])
    if outcome == "done":
        assert json.loads(server.calls[-1]["sent"])[-1] == {"op": "add", "path": "/spec/paused", "value": True}


@pytest.mark.parametrize("answer, outcome", [
    (ok({}), "done"), ((202, {}, {}), "done"), (CONFLICT, "superseded"), (status(404, "gone"), "superseded"),
    (status(403, "no"), "refused"), (status(429, "a PodDisruptionBudget"), "unreachable")])
def test_delete_pod(act, answer, outcome):
    server, lines = act([answer], "delete-pod", "shop", "db-0", "p1")
    [call] = server.calls
    assert lines[1] == outcome
    assert (call["method"], call["path"]) == ("DELETE", "/behind/a/proxy/api/v1/namespaces/shop/pods/db-0")
    assert json.loads(call["sent"]) == {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": "p1"}}


@pytest.mark.parametrize("log, words", [
    (b"starting\npanic: no \x1b[31mdatabase\n\n", ["starting", "panic: no  [31mdatabase"]),
    (b"a" * 10 + b"\n" + b"b" * LIMIT_LAST_WORDS + b"\n", ["b" * LIMIT_LAST_WORDS]),
    (b"line\n" * (LIMIT_LOG_TAIL // 5), ["line"] * ((LIMIT_LAST_WORDS + 1) // 5)),
    (b"x" * (LIMIT_LOG_TAIL - 1), ["x" * (LIMIT_LAST_WORDS - 3) + "..."]),
    (b"x" * LIMIT_LOG_TAIL, ["x" * (LIMIT_LAST_WORDS - 3) + "..."]),
    (b"x" * (LIMIT_LOG_TAIL + 1), ["x" * (LIMIT_LAST_WORDS - 3) + "..."]),
    (b"", [""]),
])
def test_last_words(act, log, words):
    server, lines = act([(200, {"Content-Type": "text/plain"}, log)], "last-words", "shop", "api-1-x", "api", "previous")
    assert lines == words
    [call] = server.calls
    assert call["path"] == "/behind/a/proxy/api/v1/namespaces/shop/pods/api-1-x/log"
    assert {key: call.get(key) for key in ("container", "previous", "tailLines", "limitBytes")} == {
        "container": "api", "previous": "true", "tailLines": "20", "limitBytes": str(LIMIT_LOG_TAIL)}


@pytest.mark.parametrize("answer", [status(400, "previous terminated container not found"), status(404, "gone"),
                                    (200, {}, [b"half a line", None])])
def test_last_words_that_do_not_come(act, answer):
    """The last one holds the connection open, past LIMIT_LOG_TAIL_TIME."""
    assert LIMIT_LOG_TAIL_TIME < 60
    server, lines = act([answer], "last-words", "shop", "api-1-x", "api", "now")
    assert lines == [""]
    assert "previous" not in server.calls[0]
