"""What is not a review: the right status, one line that says why, and the process goes on."""

import http.client
import json
import socket

import pytest
from conftest import JSON, limit, review

LIMIT_BODY = limit("body")
LIMIT_BODY_IGNORED = limit("body-ignored")
LIMIT_CONNECTION_POOL = limit("connection-pool")


def with_request(**changes):
    body = json.loads(review(3))
    body["request"].update(changes)
    return json.dumps(body).encode()


def without(*path):
    body = json.loads(review(3))
    at = body
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return json.dumps(body).encode()


def replaced(old, new):
    body = review(3)
    assert old in body
    return body.replace(old, new, 1)


def nested(levels):
    return replaced(b'"request":', b'"x":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b',"request":')


def with_template_notes(value):
    """On both sides of an UPDATE, so that the templates are compared and hashed."""
    body = json.loads(review(11))
    for side in ("object", "oldObject"):
        body["request"][side]["spec"]["template"]["metadata"]["managedFields"] = "HERE"
    return json.dumps(body).encode().replace(b'"HERE"', value)


def padded(size):
    """A review of exactly that many bytes, most of them in one annotation."""
    body = json.loads(review(3))
    metadata = body["request"]["object"]["metadata"]
    metadata["annotations"] = {"pad": ""}
    empty = len(json.dumps(body))
    metadata["annotations"]["pad"] = "x" * (size - empty)
    text = json.dumps(body).encode()
    assert len(text) == size
    return text


BAD = {
    "not JSON": (b"hello", 400, "not JSON"),
    "YAML": (b"apiVersion: admission.k8s.io/v1", 400, "not JSON"),
    "truncated": (review(3)[:5000], 400, "ends too early"),
    "two documents": (review(3) + review(3), 400, "something follows"),
    "empty": (b"", 400, "no body"),
    "a list": (b"[]", 400, "not a JSON object"),
    "wrong apiVersion": (replaced(b"admission.k8s.io/v1", b"admission.k8s.io/v1beta1"), 400,
                         'apiVersion is "admission.k8s.io/v1beta1"'),
    "no apiVersion": (without("apiVersion"), 400, "no apiVersion"),
    "wrong kind": (replaced(b'"AdmissionReview"', b'"Pod"'), 400, 'kind is "Pod"'),
    "no request": (without("request"), 400, "no request"),
    "no uid": (without("request", "uid"), 400, "no uid"),
    "an empty uid": (with_request(uid=""), 400, "no uid"),
    "an unknown operation": (with_request(operation="EAT"), 400, "operation"),
    "1,000 nested levels": (nested(1000), 400, "deeper than 512"),
    "one level too many": (nested(513), 400, "deeper than 512"),
    "43,000 lists in a template's managedFields": (
        with_template_notes(b"[" * 43000 + b"]" * 43000), 400, "deeper than 512"),
    "43,000 maps in a template's managedFields": (
        with_template_notes(b'{"a":' * 43000 + b"1" + b"}" * 43000), 400, "deeper than 512"),
    "200,000 lists in an object's managedFields": (
        replaced(b'"managedFields":', b'"managedFields":' + b"[" * 200000 + b"]" * 200000 + b',"x":'),
        400, "deeper than 512"),
    "a key twice in a template's managedFields": (
        with_template_notes(b'[{"f:a":1,"f:a":2}]'), 400, "stands twice"),
    "a key twice": (replaced(b'"request":', b'"request":{},"request":'), 400, "stands twice"),
    "a lone surrogate": (replaced(b'"alice"', b'"\\ud800"'), 400, "not Unicode text"),
    "bytes that are not UTF-8": (replaced(b'"alice"', b'"\xff\xfe"'), 400, "not Unicode text"),
    "7 MiB + 1": (padded(LIMIT_BODY + 1), 413, "larger than 7340032"),
    "20 MB": (padded(20_000_000), 413, "larger than 7340032"),
}

GOOD = {
    "a NUL in a string": replaced(b'"alice"', b'"al\\u0000ice"'),
    "a pair of surrogates": replaced(b'"alice"', b'"\\ud83d\\ude00"'),
    "the deepest level": nested(512),
    "a key twice in an object's managedFields":
        replaced(b'"managedFields":', b'"managedFields":[{"f:a":1,"f:a":2}],"x":'),
    "7 MiB - 1": padded(LIMIT_BODY - 1),
    "7 MiB": padded(LIMIT_BODY),
}


def expect_line(body, part):
    text = body.decode()
    assert text.endswith("\n") and text.count("\n") == 1, text
    assert part in text


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_one_line(door, name):
    body, status, line = BAD[name]
    found, headers, answer = door.ask("POST", "/validate", body, JSON)
    assert found == status, answer
    assert headers["Content-Type"].startswith("text/plain")
    expect_line(answer, line)
    assert door.admit(review(3))["allowed"] is False


@pytest.mark.parametrize("name", GOOD)
def test_what_is_only_unusual_is_answered(door, name):
    assert door.admit(GOOD[name])["uid"] == json.loads(review(3))["request"]["uid"]


@pytest.mark.parametrize("chunks", [1, 3])
def test_a_body_without_a_length_is_taken(door, chunks):
    body = review(3)
    size = len(body) // chunks + 1
    parts = iter([body[i:i + size] for i in range(0, len(body), size)])
    assert door.admit(parts)["allowed"] is False


def test_a_chunked_body_has_the_same_limit(door):
    whole = padded(LIMIT_BODY + 1)
    parts = iter([whole[i:i + 65536] for i in range(0, len(whole), 65536)])
    status, _, answer = door.ask("POST", "/validate", parts, JSON)
    assert status == 413
    expect_line(answer, "larger than 7340032")


def test_a_caller_that_asks_first_is_told_before_it_sends(door):
    connection = door.connect()
    connection.putrequest("POST", "/validate")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(LIMIT_BODY + 1))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    assert connection.getresponse().status == 413


def announce(door, size):
    """A request that says how long its body will be."""
    connection = door.connect()
    connection.putrequest("POST", "/validate")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    return connection


@pytest.mark.parametrize("over", [-1, 0])
def test_a_body_that_is_much_too_large_is_read_so_that_its_caller_gets_the_answer(door, over):
    connection = announce(door, LIMIT_BODY_IGNORED + over)
    connection.send(bytes(LIMIT_BODY_IGNORED + over))
    assert connection.getresponse().status == 413


def test_one_that_is_larger_still_is_refused_before_it_is_sent(door):
    connection = announce(door, LIMIT_BODY_IGNORED + 1)
    assert connection.getresponse().status == 413


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_a_chunked_body_is_read_as_far(door, over):
    size, piece = LIMIT_BODY_IGNORED + over, 1 << 20
    parts = (bytes(min(piece, size - at)) for at in range(0, size, piece))
    if over <= 0:
        assert door.ask("POST", "/validate", parts, JSON)[0] == 413
    else:
        with pytest.raises((OSError, http.client.HTTPException)):
            door.ask("POST", "/validate", parts, JSON)


@pytest.mark.parametrize("headers, status", [
    ({}, 415), ({"Content-Type": "text/plain"}, 415), ({"Content-Type": "application/jsonx"}, 415),
    ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ({"Content-Type": "application/json"}, 200), ({"Content-Type": "Application/JSON"}, 200),
    ({"Content-Type": "application/json; charset=utf-8"}, 200),
])
def test_content_types(door, headers, status):
    found, _, answer = door.ask("POST", "/validate", review(3), headers)
    assert found == status
    if status == 415:
        expect_line(answer, "application/json")


@pytest.mark.parametrize("query, status", [
    ("", 200), ("?timeout=7s", 200), ("?timeout=30s", 200), ("?timeout=500ms", 400),
    ("?timeout=0m30s", 200), ("?timeout=31s", 400), ("?timeout=0s", 400), ("?timeout=7", 400),
    ("?timeout=-7s", 400), ("?timeout=", 400), ("?timeout=7h", 400), ("?other=1", 200),
])
def test_timeouts(door, query, status):
    found, _, answer = door.ask("POST", "/validate" + query, review(3), JSON)
    assert found == status
    if status == 400:
        expect_line(answer, "it must be a duration up to 30s")


@pytest.mark.parametrize("method, path, status, allow", [
    ("GET", "/validate", 405, "POST"), ("PUT", "/validate", 405, "POST"),
    ("DELETE", "/validate", 405, "POST"), ("POST", "/livez", 405, "GET, HEAD"),
    ("POST", "/metrics", 405, "GET, HEAD"), ("GET", "/", 404, None),
    ("POST", "/validate/", 404, None), ("POST", "/mutate", 404, None),
])
def test_routes(door, method, path, status, allow):
    found, headers, answer = door.ask(method, path, b"{}" if method != "GET" else None, JSON)
    assert found == status and headers["Allow"] == allow
    expect_line(answer, "takes" if status == 405 else "/validate")


def test_headers_have_a_limit(door):
    """They share their memory with what the library notes of them: it takes less than a KiB. Without a
    body: the connection may be closed by the time it would be sent."""
    for size, status in ((LIMIT_CONNECTION_POOL - 1024, 200), (LIMIT_CONNECTION_POOL, 431)):
        assert door.ask("GET", "/livez", None, {"X-Long": "x" * size})[0] == status
    assert door.get("/livez")[0] == 200


def test_bytes_that_are_no_tls_do_no_harm(door):
    with socket.create_connection((door.host, door.port)) as plain:
        plain.sendall(b"POST /validate HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(4096):
                pass
        except OSError:
            pass
    assert door.get("/livez")[0] == 200


def test_callers_that_hang_up_do_no_harm(door):
    for cut in (0, 1, 100, 5000):
        connection = door.connect()
        connection.putrequest("POST", "/validate")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(review(3))))
        connection.endheaders()
        connection.send(review(3)[:cut])
        connection.sock.close()
    assert door.admit(review(3))["allowed"] is False
