"""Slow, idle and many connections hold nobody up."""

import concurrent.futures
import contextlib
import resource
import select
import socket
import time

import pytest
from conftest import INSTRUMENTED, JSON, PATIENCE, Load, eventually, limit, review
from test_bad_input import padded

IDLE = 500
LIMIT_CONNECTIONS = limit("connections")
LIMIT_CALLER_CONNECTIONS = limit("caller-connections")
LIMIT_FIRST_TIME = limit("first-time")
LIMIT_BODY_TIME = limit("body-time")
LIMIT_IDLE_TIME = limit("idle-time")
LIMIT_BODY = limit("body")
LIMIT_BODIES = limit("bodies")
MOST_RESIDENT = 64 * 1024 * 1024


def begin(door, announced=10_000, sent=b'{"apiVersion":'):
    """A request whose body has begun."""
    connection = door.connect()
    connection.putrequest("POST", "/validate")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(announced))
    connection.endheaders()
    connection.send(sent)
    return connection


def readable(connection, seconds):
    return connection.sock.pending() or select.select([connection.sock], [], [], seconds)[0]


def test_slow_bodies_end_in_time_with_a_408_while_others_are_served(door):
    """One body drips, one stands still, one never begins; the clock of each is its own. Meanwhile a
    connection that was used may be idle."""
    assert LIMIT_BODY_TIME < LIMIT_IDLE_TIME
    used = door.connect()
    used.request("GET", "/livez")
    used.getresponse().read()
    used.auto_open = 0  # one that was closed is not opened again
    began = time.monotonic()
    dripping, standing, absent = begin(door), begin(door), begin(door, sent=b"")
    answered = 0
    while not readable(dripping, 0.1):
        dripping.send(b" ")
        assert door.admit(review(3))["allowed"] is False
        answered += 1
        assert time.monotonic() - began < PATIENCE
    for connection in (dripping, standing, absent):
        response = connection.getresponse()
        assert response.status == 408
        assert response.read() == f"the body did not arrive within {LIMIT_BODY_TIME} seconds\n".encode()
    assert answered > 2
    used.request("GET", "/livez")
    assert used.getresponse().read() == b"alive\n"
    assert door.metric('tidegate_http_requests_total{path="/validate",code="408"}') == 3


def test_connections_that_never_ask_are_closed(door):
    connection = door.connect()
    connection.connect()
    assert readable(connection, 6 * LIMIT_FIRST_TIME) and connection.sock.recv(1) == b""


def test_a_connection_serves_one_review_after_the_other(door):
    connection = door.connect()
    for number in (3, 4, 16, 22, 30) * 20:
        connection.request("POST", "/validate?timeout=7s", review(number), JSON)
        response = connection.getresponse()
        assert response.status == 200 and not response.will_close
        response.read()


def test_an_error_does_not_cost_the_connection(door):
    connection = door.connect()
    for body, status in ((b"{", 400), (review(3), 200), (b"", 400), (review(3), 200)):
        connection.request("POST", "/validate", body, JSON)
        response = connection.getresponse()
        assert response.status == status
        response.read()


@pytest.mark.memory
def test_500_idle_connections_hold_nobody_up_and_cost_little(start):
    door = start()
    context = door.tls()
    idle = []
    for number in range(IDLE):
        connection = door.connect(context)
        connection.connect()
        if number % 2:
            connection.request("POST", "/validate?timeout=7s", review(22), JSON)
            assert connection.getresponse().read()
        idle.append(connection)
    with Load(door, context=context) as load:
        load.await_more(400)
    assert load.failures == []
    resident = door.resident()
    print(f"resident with {IDLE} connections: {resident / 2**20:.1f} MiB")
    assert INSTRUMENTED or resident <= MOST_RESIDENT
    for connection in idle:
        connection.close()


@pytest.mark.memory
def test_large_bodies_give_their_memory_back(start):
    door = start()
    for _ in range(10):
        door.admit(padded(7 * 1024 * 1024))
    assert INSTRUMENTED or door.resident() <= MOST_RESIDENT


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def silent(door, stack, count, address):
    """Connections that say nothing."""
    for _ in range(count):
        last = stack.enter_context(socket.create_connection((door.host, door.port), timeout=60,
                                                            source_address=(address, 0)))
    return last


def test_one_caller_cannot_take_all_connections(start, many_descriptors):
    """Its further ones are closed at once, and another caller's review does not wait."""
    door = start()
    before = door.sockets()
    with contextlib.ExitStack() as stack:
        for count in (LIMIT_CALLER_CONNECTIONS - 1, 1):
            silent(door, stack, count, "127.0.0.2")
        eventually(lambda: door.sockets() == before + LIMIT_CALLER_CONNECTIONS, "all of them")
        with contextlib.suppress(ConnectionResetError):
            assert silent(door, stack, 1, "127.0.0.2").recv(1) == b""
        assert door.sockets() == before + LIMIT_CALLER_CONNECTIONS
        assert door.admit(review(3))["allowed"] is False
    door.events.await_line(lambda text: "connection limit" in text)


def test_more_silent_connections_than_there_is_room_for_end_by_themselves(start, many_descriptors):
    """Who says nothing is shown out after a while; a review waits that long at most. One thread, for
    several share the room among them."""
    door = start("--threads", "1")
    before = door.sockets()
    with contextlib.ExitStack() as stack:
        silent(door, stack, LIMIT_CALLER_CONNECTIONS, "127.0.0.2")
        silent(door, stack, LIMIT_CONNECTIONS - LIMIT_CALLER_CONNECTIONS - 1, "127.0.0.3")
        assert door.admit(review(3))["allowed"] is False
        silent(door, stack, 1, "127.0.0.4")
        eventually(lambda: door.sockets() == before + LIMIT_CONNECTIONS, "all of them")
        silent(door, stack, 1, "127.0.0.4")
        assert door.sockets() == before + LIMIT_CONNECTIONS
        assert door.admit(review(3))["allowed"] is False
    eventually(lambda: door.sockets() == before, "closed connections")


def raw(door, source="127.0.0.1"):
    """A TLS connection without HTTP."""
    plain = socket.create_connection((door.host, door.port), timeout=60, source_address=(source, 0))
    return door.tls().wrap_socket(plain, server_hostname=door.host)


def drip(connection, head):
    """Sends what has no end, a byte at a time after its head. Returns how long that was taken."""
    began = time.monotonic()
    with contextlib.suppress(OSError):
        connection.sendall(head)
        while not select.select([connection], [], [], 0.2)[0]:
            connection.sendall(b"x")
            assert time.monotonic() - began < 6 * LIMIT_FIRST_TIME, "it drips for ever"
    return time.monotonic() - began


def test_what_drips_ends_in_time(door):
    """A handshake, the headers of a first request, and those of one on a connection that was used."""
    used, fresh = raw(door), raw(door)
    used.sendall(b"GET /livez HTTP/1.1\r\nHost: door\r\n\r\n")
    answer = b""
    while not answer.endswith(b"alive\n"):
        answer += used.recv(4096)
    hello = socket.create_connection((door.host, door.port), timeout=60)
    headers = b"GET /livez HTTP/1.1\r\nHost: door\r\nX: "
    # A record of 8 KiB that begins with a ClientHello of nearly as much.
    heads = [(fresh, headers), (used, headers), (hello, b"\x16\x03\x01\x20\x00\x01\x00\x1f\xf0")]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for dripping in [pool.submit(drip, *one) for one in heads]:
            assert dripping.result() >= LIMIT_FIRST_TIME - 2


def test_one_callers_bodies_leave_room_for_anothers(start):
    """It sends as many of the largest bodies as it can, and ends none of them."""
    door = start()
    head = f"POST /validate HTTP/1.1\r\nHost: door\r\nContent-Type: application/json\r\nContent-Length: {LIMIT_BODY}\r\n\r\n"
    part = b" " * (LIMIT_BODY - 1)
    with contextlib.ExitStack() as stack:
        for _ in range(LIMIT_BODIES // LIMIT_BODY + 1):
            hoard = stack.enter_context(raw(door, "127.0.0.2"))
            hoard.sendall(head.encode() + part)
        assert door.admit(padded(LIMIT_BODY))["allowed"] is False
