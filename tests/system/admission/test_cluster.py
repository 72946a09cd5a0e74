"""What a real API server does too rarely to wait for: an API server that does as it is told."""

import json
import subprocess

import pytest

from api_server import ApiServer
from conftest import eventually, limit

RULES = """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  match: {namespaceLabels: {stage: production}}
  rules: [{id: never, fields: [{path: spec, absent: true}]}]
"""
LIMIT_TOKEN = limit("token")
LIMIT_KUBE_URL = limit("kube-url")
LIMIT_KUBE_TIME = limit("kube-time")
LIMIT_KUBE_ERROR = limit("kube-error")
LIMIT_KUBE_PAGE = limit("kube-page")
LIMIT_KUBE_PAGE_OBJECTS = limit("kube-page-objects")
LIMIT_KUBE_SILENCE = limit("kube-silence")
LIMIT_KUBE_RESUME = limit("kube-resume")
LIMIT_KUBE_WAIT = limit("kube-wait")
LIMIT_KUBE_RETRY_AFTER = limit("kube-retry-after")
LIMIT_NAMESPACES_AGE = limit("namespaces-age")
BOOKMARKS = 60
FOLLOWS = "[+] cluster: follows "


def item(name, version, **labels):
    return {"metadata": {"name": name, "resourceVersion": str(version), "labels": labels}}


def event(kind, name, version, **labels):
    return {"type": kind, "object": item(name, version, **labels)}


def page(*items, version=10, **metadata):
    return {"kind": "PartialObjectMetadataList", "items": list(items),
            "metadata": {"resourceVersion": str(version), **metadata}}


QUIET = (200, {}, [None])


@pytest.fixture
def cluster(authority, start, tmp_path):
    """Starts an API server that does these acts, and a door that follows it."""
    servers = []

    def start_both(*acts, user=None):
        ca = authority("cluster-ca")
        server = ApiServer(*ca.issue("cluster"), acts)
        servers.append(server)
        server.write_kubeconfig(tmp_path / "config", ca, user)
        rules = tmp_path / "labels"
        rules.mkdir()
        (rules / "rules.yaml").write_text(RULES)
        return server, start("--kubeconfig", str(tmp_path / "config"), rules=rules)

    yield start_both
    for server in servers:
        server.end()


def state(door):
    [line] = [s for s in door.get("/readyz?verbose")[1].splitlines() if "] cluster: " in s]
    return line


def verdict(door, namespace):
    """Whether the rule holds there: "production", "other" or "unknown"."""
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u", "operation": "CREATE", "namespace": namespace, "name": "p",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "userInfo": {"username": "alice"}, "dryRun": False, "oldObject": None,
        "object": {"metadata": {"name": "p"}, "spec": {"containers": []}}}}
    response = door.admit(json.dumps(body))
    if response["allowed"]:
        return "other"
    return "unknown" if "not known" in response["status"]["message"] else "production"


def await_calls(server, count):
    eventually(lambda: len(server.calls) >= count, f"{count} calls")


def test_pages_and_what_is_asked(cluster):
    server, door = cluster(
        (200, {}, page(item("a", 1, stage="production"), **{"continue": "n/2+"})),
        (200, {}, page(item("b", 2, stage="dev"), item("c", 3))),
        QUIET)
    eventually(lambda: state(door) == FOLLOWS + "3 namespaces", "both pages")
    page_of_metrics = door.get("/metrics")[1]
    done = subprocess.run(["promtool", "check", "metrics"], input=page_of_metrics, text=True,
                          capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert 'tidegate_kube_objects{resource="namespaces"} 3' in page_of_metrics
    assert [verdict(door, name) for name in "abcd"] == ["production", "other", "other", "unknown"]
    first, second, watch = server.calls
    assert {call["path"] for call in server.calls} == {"/behind/a/proxy/api/v1/namespaces"}
    assert first["limit"] == str(LIMIT_KUBE_PAGE_OBJECTS)
    assert (first.get("continue"), second["continue"]) == (None, "n/2+")
    assert (watch["watch"], watch["allowWatchBookmarks"]) == ("true", "true")
    assert watch["resourceVersion"] == "10" and 240 <= int(watch["timeoutSeconds"]) < 300
    assert first["headers"]["Authorization"] == "Bearer s3cret"
    assert first["headers"]["User-Agent"].startswith("tidegate/")
    assert "as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" in first["headers"]["Accept"]
    assert "as=PartialObjectMetadata;g=meta.k8s.io;v=v1" in watch["headers"]["Accept"]


def test_a_watch_goes_on_where_it_was(cluster):
    server, door = cluster(
        (200, {}, page(item("a", 1))),
        (200, {}, [event("MODIFIED", "a", 11, stage="production"), event("BOOKMARK", "", 17)]),
        (200, {}, [event("ADDED", "b", 18, stage="production"), event("DELETED", "a", 19), None]))
    eventually(lambda: verdict(door, "b") == "production", "the second watch")
    assert verdict(door, "a") == "unknown"
    assert server.calls[2]["resourceVersion"] == "17"


@pytest.mark.parametrize("gone", [
    (410, {}, {"kind": "Status", "code": 410, "message": "too old resource version"}),
    (200, {}, [{"type": "ERROR", "object": {"kind": "Status", "code": 410}}]),
    (200, {}, [{"type": "ERROR", "object": {"kind": "Status", "code": 500}}]),
    (200, {}, [event("ADDED", "a", 11), b"{\n"]),
], ids=["status", "event", "other event", "no event"])
def test_a_watch_that_cannot_go_on(cluster, gone):
    server, door = cluster((200, {}, page(item("a", 1), item("b", 2))), gone,
                           (200, {}, page(item("b", 20, stage="production"), version=20)), QUIET)
    eventually(lambda: verdict(door, "b") == "production", "the second list")
    assert verdict(door, "a") == "unknown"
    await_calls(server, 4)
    assert server.calls[3]["resourceVersion"] == "20"


def test_it_does_not_follow_while_it_lists_anew(cluster):
    gone = (200, {}, [{"type": "ERROR", "object": {"kind": "Status", "code": 410}}])
    server, door = cluster((200, {}, page(item("a", 1))), gone, QUIET)
    await_calls(server, 3)
    eventually(lambda: "not followed: it is listed again" in door.get("/readyz?verbose")[1], "the state")


@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_long_as_it_is_asked_to(cluster, status):
    server, door = cluster((status, {"Retry-After": "2"}, {"kind": "Status", "message": "too many"}),
                           (200, {}, page()), QUIET)
    eventually(lambda: state(door) == FOLLOWS + "0 namespaces", "the list")
    assert server.calls[1]["at"] - server.calls[0]["at"] >= 2
    assert door.metric('tidegate_kube_requests_total{verb="list",resource="namespaces",'
                       f'code="{status}"}}') == 1
    assert "error=\"%d: too many\"" % status in "\n".join(door.events.lines)


def test_what_is_refused_is_told(cluster):
    answers = [
        ((302, {"Location": "https://127.0.0.1:1/"}, b""), "302"),
        ((500, {}, b"<html>\n"), "500: <html>"),
        ((401, {}, {"kind": "Status", "message": "Unauthorized"}), "401: Unauthorized"),
        ((200, {}, b"[]"), "the list of namespaces cannot be read"),
        ((200, {}, {"items": [], "metadata": {}}), "the list of namespaces cannot be read"),
    ]
    server, door = cluster(*[act for act, _ in answers], (200, {}, page()), QUIET)
    eventually(lambda: state(door) == FOLLOWS + "0 namespaces", "the list")
    told = [line.split("error=")[1].split(" retry_ms=")[0] for line in door.events.lines if "kube_watch_fails" in line]
    assert told == [json.dumps(text) for text in dict.fromkeys(text for _, text in answers)]
    assert "s3cret" not in "\n".join(door.events.lines)


def test_a_page_that_is_too_large_is_asked_for_in_parts(cluster):
    text = json.dumps(page(item("a", 1))).encode()
    large = text.ljust(LIMIT_KUBE_PAGE + 1)
    server, door = cluster((200, {}, large), (200, {}, large[:-1]), QUIET)
    eventually(lambda: state(door) == FOLLOWS + "1 namespaces", "the list")
    assert [call["limit"] for call in server.calls[:2]] == [
        str(LIMIT_KUBE_PAGE_OBJECTS), str(LIMIT_KUBE_PAGE_OBJECTS // 2)]
    assert "kube_watch_fails" not in "\n".join(door.events.lines)


def test_the_longest_continue(cluster):
    most = LIMIT_KUBE_URL // 2
    server, door = cluster((200, {}, page(**{"continue": "x" * (most + 1)})),
                           (200, {}, page(**{"continue": "x" * most})), (200, {}, page()), QUIET)
    eventually(lambda: state(door) == FOLLOWS + "0 namespaces", "the list")
    assert [len(call.get("continue", "")) for call in server.calls[:3]] == [0, 0, most]
    assert "goes on with too long a token" in "\n".join(door.events.lines)


def test_the_longest_error(cluster):
    def error(size):
        return b'{"details": "' + b'", "message": "told"}'.rjust(size - 13, b"x")

    server, door = cluster((500, {}, error(LIMIT_KUBE_ERROR)), (501, {}, error(LIMIT_KUBE_ERROR + 1)),
                           (200, {}, page()), QUIET)
    eventually(lambda: state(door) == FOLLOWS + "0 namespaces", "the list")
    told = "\n".join(door.events.lines)
    assert 'error="500: told"' in told
    assert 'error="501: {\\"details\\": \\"xxx' in told


def test_the_longest_token(cluster, tmp_path):
    (tmp_path / "token").write_text("t" * (LIMIT_TOKEN + 1))
    server, door = cluster((200, {}, page()), QUIET, user={"tokenFile": "token"})
    eventually(lambda: "the token is empty, larger than" in state(door), "no token")
    assert server.calls == []
    (tmp_path / "token").write_text("t" * LIMIT_TOKEN)
    eventually(lambda: state(door) == FOLLOWS + "0 namespaces", "the list")
    assert server.calls[0]["headers"]["Authorization"] == "Bearer " + "t" * LIMIT_TOKEN


def test_no_api_server_is_left_alone_for_long(cluster):
    server, door = cluster((429, {"Retry-After": str(LIMIT_KUBE_RETRY_AFTER + 1)}, b""))
    line = door.events.await_line(lambda text: "kube_watch_fails" in text)
    assert LIMIT_KUBE_RETRY_AFTER * 1000 <= int(line.split("retry_ms=")[1]) < (
        LIMIT_KUBE_RETRY_AFTER + 1) * 1000


def test_a_list_that_does_not_come(cluster):
    server, door = cluster(QUIET, (200, {}, page()), QUIET)
    eventually(lambda: state(door) == FOLLOWS + "0 namespaces", "the second list")
    assert server.calls[1]["at"] - server.calls[0]["at"] >= LIMIT_KUBE_TIME


def test_a_dead_watch_is_replaced_before_labels_are_too_old():
    assert BOOKMARKS < LIMIT_KUBE_SILENCE
    assert BOOKMARKS <= LIMIT_KUBE_RESUME < LIMIT_KUBE_SILENCE
    assert LIMIT_KUBE_SILENCE + LIMIT_KUBE_WAIT + 2 * LIMIT_KUBE_TIME < LIMIT_NAMESPACES_AGE


def test_watches_that_end_at_once_are_not_hurried(cluster):
    server, door = cluster((200, {}, page()), *[(200, {}, [])] * 3, QUIET)
    await_calls(server, 5)
    waits = [b["at"] - a["at"] for a, b in zip(server.calls[1:], server.calls[2:])]
    assert all(wait >= least for wait, least in zip(waits, [0.25, 0.5, 1]))
    assert "the watch ended at once" in "\n".join(door.events.lines)


def test_one_failure_is_told_once(cluster):
    server, door = cluster((200, {}, page()), (200, {}, [event("ADDED", "a", 11), None]))
    eventually(lambda: state(door) == FOLLOWS + "1 namespaces", "the watch")
    server.shutdown()
    server.server_close()
    server.over.set()
    failed = 'tidegate_kube_requests_total{verb="watch",resource="namespaces",code="none"}'
    eventually(lambda: (door.metric(failed) or 0) >= 4, "four tries")
    told = [line for line in door.events.lines if "cannot be asked: Couldn't connect" in line]
    assert len(told) == 1


def test_the_end_does_not_wait_for_the_api_server(cluster):
    server, door = cluster(QUIET)
    await_calls(server, 1)
    assert state(door) == "[-] cluster: namespaces are not followed: the first list is underway"
    assert verdict(door, "a") == "unknown"
    assert door.get("/readyz")[0] == 200
    assert door.stop() == 0


def test_a_kubeconfig_that_is_none(start, tmp_path):
    (tmp_path / "config").write_text("token: [s3cret\n")
    with pytest.raises(AssertionError) as told:
        start("--kubeconfig", str(tmp_path / "config"))
    assert "config:2:1: error: this is not YAML" in str(told.value) and "s3cret" not in str(told.value)
