"""Start, signals and the end."""

import signal
import socket
import subprocess

import pytest
from conftest import HERE, JSON, TIDEGATE, Load, eventually, review


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


def refuses(door):
    try:
        socket.create_connection((door.host, door.port), timeout=5).close()
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


def test_idle_connections_do_not_delay_the_end(start):
    door = start("--shutdown-delay", "0")
    connection = door.connect()
    connection.request("GET", "/livez")
    connection.getresponse().read()
    door.signal(signal.SIGTERM)
    assert door.process.wait(9) == 0


def test_an_interrupt_does_not_serve_on(start):
    """Ctrl-C is a person's: no balancer has to learn of it."""
    door = start("--shutdown-delay", "600")
    door.signal(signal.SIGINT)
    assert door.process.wait(60) == 0
