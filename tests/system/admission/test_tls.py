"""TLS: versions, protocols, certificates of its own and given ones, callers' certificates."""

import pathlib
import shutil
import signal
import ssl
import subprocess

import pytest
from conftest import JSON, TIDEGATE, Load, eventually, limit, review


LIMIT_CHAIN = limit("chain")


def handshake(door, *arguments):
    """What `openssl s_client` says of a handshake."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"{door.host}:{door.port}",
                           "-CAfile", str(door.ca), *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True)
    return done.stdout.decode()


@pytest.mark.parametrize("arguments, name", [(["-tls1_2"], "TLSv1.2"), (["-tls1_3"], "TLSv1.3")])
def test_tls_1_2_and_1_3_are_spoken(door, arguments, name):
    said = handshake(door, *arguments)
    assert f"New, {name}, Cipher is " in said and "Verify return code: 0 (ok)" in said
    assert "GCM" in said or "POLY1305" in said


@pytest.mark.parametrize("arguments", [
    ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
    ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
    ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"],
    ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM"],
], ids=lambda arguments: " ".join(arguments))
def test_what_is_older_or_weaker_is_not(door, arguments):
    assert "Cipher is (NONE)" in handshake(door, *arguments)


@pytest.mark.parametrize("offered, chosen", [
    ("h2,http/1.1", "ALPN protocol: http/1.1"), ("http/1.1", "ALPN protocol: http/1.1"),
    ("h2", "No ALPN negotiated"), ("http/1.0", "No ALPN negotiated"),
])
def test_http_1_1_is_the_only_protocol(door, offered, chosen):
    assert chosen in handshake(door, "-alpn", offered)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "tidegate.tidegate-system.svc"])
def test_its_own_certificate_has_the_usual_names(door, name):
    option = "-verify_ip" if name[0].isdigit() else "-verify_hostname"
    assert "Verify return code: 0 (ok)" in handshake(door, option, name)


def test_further_names_can_be_given(start):
    door = start("--tls-name", "gate.example.svc", "--tls-name", "192.0.2.7")
    for option, name in (("-verify_hostname", "gate.example.svc"), ("-verify_ip", "192.0.2.7")):
        assert "Verify return code: 0 (ok)" in handshake(door, option, name)
    assert "Verify return code: 0 (ok)" not in handshake(door, "-verify_hostname", "other.svc")


def test_where_its_ca_is_is_told_and_kept_tidy(start):
    door = start(own_certificate=False)
    line = door.events.await_line(lambda text: text.startswith("its CA is in "))
    door.ca = pathlib.Path(line.removeprefix("its CA is in "))
    assert door.get("/livez")[0] == 200
    assert door.stop() == 0
    assert not door.ca.exists() and not door.ca.parent.exists()


# --- given certificates -------------------------------------------------------------------------

def start_with_pair(start, authority, *arguments):
    one = authority("one")
    cert, key = one.issue("leaf")
    door = start("--tls-cert", str(cert), "--tls-key", str(key), *arguments, own_certificate=False)
    door.ca = one.cert
    return door, cert, key


def replace_pair(door, authority, cert, key):
    """As a mounted Secret changes: complete new files take the places of the old ones."""
    two = authority("two")
    new_cert, new_key = two.issue("new")
    shutil.move(new_key, key)
    shutil.move(new_cert, cert)
    door.ca = two.cert


def test_a_new_pair_is_used_without_a_failed_request(start, authority):
    door, cert, key = start_with_pair(start, authority)
    before = door.tls()
    both = door.tls()
    with Load(door, context=both) as load:
        replace_pair(door, authority, cert, key)
        both.load_verify_locations(str(door.ca))
        door.events.await_line(lambda text: "certificate_reloaded" in text)
        load.await_more()
    assert load.failures == []
    assert door.get("/livez")[0] == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        door.ask("GET", "/livez", context=before)
    assert door.metric('tidegate_certificate_reloads_total{result="success"}') >= 1


def test_the_expiry_is_told(start, authority):
    door, cert, _ = start_with_pair(start, authority)
    end = subprocess.run(["openssl", "x509", "-in", str(cert), "-noout", "-enddate"], check=True,
                         capture_output=True).stdout.decode()
    seconds = ssl.cert_time_to_seconds(end.removeprefix("notAfter=").strip())
    assert door.metric('tidegate_certificate_expiry_timestamp_seconds{cert="serving"}') == seconds


@pytest.mark.parametrize("broken", ["empty", "truncated", "of another", "gone"])
def test_a_broken_pair_keeps_the_old_one(start, authority, broken):
    door, cert, key = start_with_pair(start, authority)
    with Load(door) as load:
        if broken == "empty":
            key.write_bytes(b"")
        elif broken == "truncated":
            cert.write_bytes(cert.read_bytes()[:200])
        elif broken == "of another":
            shutil.move(authority("other").issue("stranger")[1], key)
        else:
            cert.unlink()
        line = door.events.await_line(lambda text: "certificate_kept" in text)
        load.await_more()
    assert load.failures == []
    assert str(cert) in line
    assert door.get("/livez")[0] == 200
    ready, page = door.get("/readyz?verbose")
    assert ready == 200 and "the newest files are not in force" in page
    assert door.metric('tidegate_certificate_reloads_total{result="failure"}') >= 1


def test_a_mended_pair_is_used_again(start, authority):
    door, cert, key = start_with_pair(start, authority)
    good = cert.read_bytes()
    cert.write_bytes(b"nothing")
    door.events.await_line(lambda text: "certificate_kept" in text)
    cert.write_bytes(good)
    door.events.await_line(lambda text: "certificate_reloaded" in text)
    assert "not in force" not in door.get("/readyz?verbose")[1]


# --- callers' certificates ----------------------------------------------------------------------

def caller(door, pair=None):
    context = door.tls()
    if pair:
        context.load_cert_chain(*map(str, pair))
    return context


def refusal(door, pair=None):
    status, _, body = door.ask("POST", "/validate", review(3), JSON, caller(door, pair))
    return status, body.decode()


def test_callers_must_show_a_certificate_of_the_client_ca(start, authority):
    callers, strangers = authority("callers"), authority("strangers")
    door = start("--client-ca", str(callers.cert))
    good = caller(door, callers.issue("apiserver", "clientAuth"))
    assert door.admit(review(3), good)["allowed"] is False
    assert refusal(door) == (403, "a client certificate is required and none was shown\n")
    for wrong in (strangers.issue("mallory", "clientAuth"), callers.issue("server", "serverAuth")):
        status, line = refusal(door, wrong)
        assert status == 403 and line.startswith("the client certificate is not accepted")
        assert line.count("\n") == 1
    for path in ("/livez", "/readyz", "/metrics"):
        assert door.get(path)[0] == 200


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_the_chain_of_a_caller_has_a_limit(start, authority, over):
    callers = authority("callers")
    door = start("--client-ca", str(callers.cert))
    cert, key = callers.issue("apiserver", "clientAuth")
    cert.write_bytes(cert.read_bytes() + callers.cert.read_bytes() * (LIMIT_CHAIN + over - 1))
    status, line = refusal(door, (cert, key))
    if over <= 0:
        assert status == 200
    else:
        assert status == 403
        assert line == f"the client certificate has a chain of more than {LIMIT_CHAIN}\n"


def test_the_client_ca_is_reloaded(start, authority):
    first, second = authority("first"), authority("second")
    file = first.directory / "client-ca.crt"
    shutil.copy(first.cert, file)
    door = start("--client-ca", str(file))
    pair = second.issue("apiserver", "clientAuth")
    assert refusal(door, pair)[0] == 403
    shutil.copy(second.cert, file)
    door.events.await_line(lambda text: "certificate_reloaded" in text)
    assert refusal(door, pair)[0] == 200


def test_one_connection_keeps_the_material_it_began_with(start, authority):
    door, cert, key = start_with_pair(start, authority)
    connection = door.connect()
    connection.request("GET", "/livez")
    connection.getresponse().read()
    replace_pair(door, authority, cert, key)
    door.events.await_line(lambda text: "certificate_reloaded" in text)
    connection.request("GET", "/livez")
    assert connection.getresponse().status == 200
    eventually(lambda: door.get("/livez")[0] == 200, "a new connection")


# --- what `certs verify --connect` says of it


def verify(door, ca, *arguments):
    done = subprocess.run([TIDEGATE, "certs", "verify", "--ca", ca, "--connect",
                           f"{door.host}:{door.port}", *arguments], text=True, capture_output=True)
    return done.returncode, done.stdout.replace(f"{door.host}:{door.port}", "HERE")


def test_verify_reaches_it_by_its_name(door):
    for name in ([], ["--name", "tidegate.tidegate-system.svc"]):
        assert verify(door, door.ca, *name) == (0, "HERE: accepted, and ready\n")


def test_verify_says_why_it_does_not(start, authority, tmp_path):
    door = start("--shutdown-delay", "60")
    status, said = verify(door, door.ca, "--name", "other.svc")
    assert status == 1 and said.startswith("HERE: https://HERE cannot be asked: SSL")
    (tmp_path / "none.crt").write_text("")
    assert verify(door, tmp_path / "none.crt") == (1, "HERE: there is no CA to verify it by\n")
    other = authority("other").cert
    assert verify(door, other)[0] == 1 and "certificate" in verify(door, other)[1]
    door.signal(signal.SIGTERM)
    eventually(lambda: door.get("/readyz")[0] == 503, "it is stopping")
    assert verify(door, door.ca) == (1, "HERE: 503: not ready: stopping\n")
    door.signal(signal.SIGTERM)
