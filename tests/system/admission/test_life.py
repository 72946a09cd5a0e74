"""Start, signals and the end."""

import contextlib
import signal
import socket
import subprocess

import pytest
from conftest import HERE, JSON, TIDEGATE, Load, eventually, limit, review

LIMIT_THREADS = limit("threads")
LIMIT_CONTROLLERS = limit("controllers")
LIMIT_TLS_NAMES = limit("tls-names")
OWN_NAMES = 4  # that are in the certificate without an option
LIMIT_SHUTDOWN_DELAY = limit("shutdown-delay")
LIMIT_DRAIN_TIME = limit("drain-time")
LIMIT_IDLE_TIME = limit("idle-time")


def test_it_is_ready_when_it_says_that_it_listens(start):
    door = start()
    assert door.get("/readyz") == (200, "ready\n")
    assert door.get("/livez") == (200, "alive\n")


def test_a_port_that_is_taken_is_said(start):
    door = start()
    done = subprocess.run([TIDEGATE, "serve", "--rules", str(HERE / "rules"), "--listen",
                           f"127.0.0.1:{door.port}"], capture_output=True)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{door.port}: Address already in use" in done.stderr.decode()


@pytest.mark.parametrize("over", [-1, 0, 1])
@pytest.mark.parametrize("option, arguments", [
    ("--threads", lambda over: ["--threads", str(LIMIT_THREADS + over)]),
    ("--shutdown-delay", lambda over: ["--shutdown-delay", str(LIMIT_SHUTDOWN_DELAY + over)]),
    ("--controller", lambda over: ["--controller", "u"] * (LIMIT_CONTROLLERS + over)),
    ("--tls-name", lambda over: ["--tls-name", "a"] * (LIMIT_TLS_NAMES - OWN_NAMES + over)),
], ids=lambda value: value if isinstance(value, str) else "")
def test_options_have_limits(option, arguments, over):
    done = subprocess.run([TIDEGATE, "serve", "--rules", "absent", "--listen", "127.0.0.1:0",
                           *arguments(over)], capture_output=True)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("tidegate serve: " if over > 0 else "absent: error: ")
    assert (option in done.stderr.decode()) == (over > 0)


def test_as_many_threads_as_there_may_be_serve(start):
    assert start("--threads", str(LIMIT_THREADS)).get("/livez") == (200, "alive\n")


def refuses(door):
    """Whether a new connection is turned away: refused, or closed before its handshake."""
    try:
        with socket.create_connection((door.host, door.port), timeout=5) as raw:
            door.tls().wrap_socket(raw, server_hostname=door.host).close()
        return False
    except OSError:
        return True


def test_sigterm_serves_on_and_sends_callers_elsewhere(start):
    door = start("--shutdown-delay", "600")
    with Load(door) as load:
        door.signal(signal.SIGTERM)
        eventually(lambda: door.get("/readyz") == (503, "not ready: stopping\n"), "not ready")
        load.await_more(200)
        status, headers, _ = door.ask("POST", "/validate", review(3), JSON)
        assert status == 200 and headers["Connection"].lower() == "close"
    assert load.failures == []
    door.signal(signal.SIGTERM)
    assert door.process.wait(60) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_review_that_is_underway_is_answered_before_the_end(start, number):
    door = start("--shutdown-delay", "0")
    body = review(3)
    connection = door.connect()
    connection.putrequest("POST", "/validate")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body[:100])
    eventually(lambda: door.metric("process_open_fds"), "the connection")
    door.signal(number)
    eventually(lambda: refuses(door), "the closed port")
    connection.send(body[100:])
    response = connection.getresponse()
    assert response.status == 200 and b'"allowed":false' in response.read()
    assert door.process.wait(60) == 0


def test_a_caller_that_does_not_take_its_answers_is_not_waited_for_without_end(start):
    """It asks for more than the kernel has room for, until no further answer is made."""
    door = start("--shutdown-delay", "0")
    pages = 'tidegate_http_requests_total{path="/metrics",code="200"}'

    def stands_still():
        counts = [door.metric(pages) or 0 for _ in range(10)]
        return counts == [counts[0] + n for n in range(10)]  # none but these

    with socket.socket() as narrow:
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        narrow.connect((door.host, door.port))
        caller = door.tls().wrap_socket(narrow, server_hostname=door.host)
        caller.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 2000)
        eventually(stands_still, "an answer that does not go away")
        door.signal(signal.SIGTERM)
        assert LIMIT_DRAIN_TIME < LIMIT_IDLE_TIME
        assert door.process.wait((LIMIT_DRAIN_TIME + LIMIT_IDLE_TIME) / 2) == 0
        answers = b""
        with contextlib.suppress(OSError):
            while part := caller.recv(65536):
                answers += part
    assert 0 < answers.count(b"HTTP/1.1 200") < 2000
    assert b"connection: close" not in answers.lower()  # all of them were made before the signal


def test_idle_connections_do_not_delay_the_end(start):
    door = start("--shutdown-delay", "0")
    connection = door.connect()
    connection.request("GET", "/livez")
    connection.getresponse().read()
    door.signal(signal.SIGTERM)
    assert door.process.wait(LIMIT_DRAIN_TIME - 1) == 0


def test_an_interrupt_does_not_serve_on(start):
    """Ctrl-C is a person's: no balancer has to learn of it."""
    door = start("--shutdown-delay", "600")
    door.signal(signal.SIGINT)
    assert door.process.wait(60) == 0
