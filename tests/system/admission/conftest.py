"""Starts the program as an operator would and talks to it over real TLS."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import threading
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TIDEGATE = os.environ.get("TIDEGATE", str(HERE.parents[2] / "build/tidegate"))
PATIENCE = 60
LONG = os.environ.get("TIDEGATE_LONG") == "1"  # `make test-long`: on a machine that has nothing else to do
# A sanitizer's shadow memory is not memory of ours.
INSTRUMENTED = any(it in pathlib.Path(TIDEGATE).read_bytes() for it in (b"__asan_init", b"__tsan_init"))
JSON = {"Content-Type": "application/json"}


def pytest_configure(config):
    config.addinivalue_line("markers", "memory: measures memory, so it runs without a sanitizer, too")


def limit(name):
    """The value of a row of `tidegate limits`."""
    rows = subprocess.run([TIDEGATE, "limits"], check=True, capture_output=True).stdout.decode()
    [row] = [row for row in rows.splitlines() if row.split()[0] == name]
    return int(row.split()[1])


def eventually(condition, what):
    """Waits until condition() is true and returns what it gave."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


def review(name):
    """The body of a recorded review, by the number that its file begins with."""
    [path] = (HERE / "reviews").glob(f"{name:02}-*.json")
    return path.read_bytes()


class Lines:
    """The lines of a stream, read by a thread as they come."""

    def __init__(self, stream):
        self.lines = []
        self.changed = threading.Condition()
        self.ended = False
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream):
        for line in stream:
            with self.changed:
                self.lines.append(line.decode().rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def await_line(self, wanted):
        """The first line for which wanted(line) is true."""
        with self.changed:
            found = []

            def look():
                found[:] = [line for line in self.lines if wanted(line)]
                return found or self.ended

            assert self.changed.wait_for(look, PATIENCE) and found, "\n".join(self.lines)
            return found[0]


class Door:
    """A running `tidegate serve`; no rules: it has no --rules."""

    def __init__(self, rules, directory, arguments=(), own_certificate=True, read_stdout=True):
        self.rules = rules
        self.ca = directory / "ca.crt"
        command = [TIDEGATE, "serve", "--listen", "127.0.0.1:0"]
        if rules:
            command += ["--rules", str(rules)]
        if own_certificate:
            command += ["--ca-out", str(self.ca)]
        if "--shutdown-delay" not in arguments:
            command += ["--shutdown-delay", "0"]
        self.process = subprocess.Popen(command + list(arguments), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.events = Lines(self.process.stderr)
        self.decisions = Lines(self.process.stdout) if read_stdout else None
        line = self.events.await_line(lambda text: text.startswith("listening on https://"))
        self.host, port = line.removeprefix("listening on https://").rsplit(":", 1)
        self.port = int(port)

    def tls(self):
        return ssl.create_default_context(cafile=str(self.ca))

    def connect(self, context=None):
        return http.client.HTTPSConnection(self.host, self.port, context=context or self.tls(),
                                           timeout=PATIENCE)

    def ask(self, method, path, body=None, headers=None, context=None):
        """One request on a connection of its own: status, headers, body."""
        connection = self.connect(context)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path):
        status, _, body = self.ask("GET", path)
        return status, body.decode()

    def admit(self, body, context=None, query="?timeout=10s"):
        """The response of a review."""
        status, headers, answer = self.ask("POST", "/validate" + query, body, JSON, context)
        assert status == 200, answer
        assert headers["Content-Type"] == "application/json"
        return json.loads(answer)["response"]

    def metric(self, sample):
        """The value of a sample, by its name with labels; None when it is not there."""
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(sample + " "):
                return float(line.rsplit(" ", 1)[1])
        return None

    def sockets(self):
        """How many sockets the process holds."""
        links = []
        for descriptor in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                links.append(os.readlink(descriptor))
        return len([link for link in links if link.startswith("socket:")])

    def resident(self):
        """Bytes of resident memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024

    def processor_seconds(self):
        """What it has used of processors."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Ends it and returns how it went."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


class Load:
    """Reviews without a pause on keep-alive connections, until it is left; remembers what failed."""

    def __init__(self, door, threads=4, body=None, context=None):
        self.door, self.body = door, body or review(3)
        self.context = context or door.tls()
        self.answered, self.failures = 0, []
        self.lock = threading.Condition()
        self.stopping = False
        self.threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def _run(self):
        connection = self.door.connect(self.context)
        while not self.stopping:
            try:
                connection.request("POST", "/validate?timeout=10s", self.body, JSON)
                answer = connection.getresponse()
                text = answer.read()
                good = answer.status == 200 and json.loads(text)["response"]["uid"]
                if answer.will_close:
                    connection.close()
                problem = None if good else text
            except (OSError, http.client.HTTPException) as error:
                problem = repr(error)
                connection.close()
            with self.lock:
                self.answered += problem is None
                if problem is not None:
                    self.failures.append(problem)
                self.lock.notify_all()
        connection.close()

    def await_more(self, count=50):
        with self.lock:
            goal = self.answered + count
            assert self.lock.wait_for(lambda: self.answered >= goal or self.failures, PATIENCE)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.await_more()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join(PATIENCE)


@pytest.fixture
def start(tmp_path):
    """Starts doors with a copy of the rules; they are ended afterwards, and must end well."""
    doors = []

    def start_door(*arguments, **options):
        rules = options.pop("rules", None)
        if rules is None:
            rules = tmp_path / f"rules{len(doors)}"
            shutil.copytree(HERE / "rules", rules)
        door = Door(rules, tmp_path, arguments, **options)
        doors.append(door)
        return door

    yield start_door
    for door in doors:
        assert door.stop() == 0, "\n".join(door.events.lines)


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    """One door for all tests of a file that change nothing."""
    one = Door(HERE / "rules", tmp_path_factory.mktemp("door"))
    yield one
    assert one.stop() == 0, "\n".join(one.events.lines)


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """A certificate authority of a test's own."""

    def __init__(self, directory, name):
        self.directory = directory
        self.cert, self.key = directory / f"{name}.crt", directory / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.key, "-out", self.cert, "-subj", f"/CN={name}", "-days", "2",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # Python 3.13 asks for it

    def issue(self, name, usage="serverAuth", cert=None, key=None):
        """Writes a leaf for 127.0.0.1 and returns the files of certificate and key."""
        cert = cert or self.directory / f"{name}.crt"
        key = key or self.directory / f"{name}.key"
        request = self.directory / f"{name}.csr"
        extensions = self.directory / f"{name}.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n"
                              f"extendedKeyUsage={usage}\nauthorityKeyIdentifier=keyid\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key,
                "-CAcreateserial", "-out", cert, "-days", "1", "-extfile", extensions)
        return cert, key


@pytest.fixture
def authority(tmp_path):
    return lambda name: Authority(tmp_path, name)
