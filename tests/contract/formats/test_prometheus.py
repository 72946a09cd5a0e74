"""What a guard makes of the answers of a real Prometheus, by tests/system/probe/query."""

import pathlib
import socket
import subprocess
import time
import urllib.request

import pytest

from conftest import PROGRAM

PROBE = pathlib.Path(PROGRAM).parent / "tests/system/probe/query"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    """A Prometheus that scrapes nothing."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "prometheus.yml").write_text("global: {}\n")
    url = f"http://127.0.0.1:{free_port()}"
    argv = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb",
            f"--web.listen-address={url.removeprefix('http://')}"]
    with open(folder / "log", "wb") as log, \
            subprocess.Popen(argv, cwd=folder, stdout=log, stderr=log) as process:
        try:
            until = time.monotonic() + 60
            while not is_ready(url):
                assert process.poll() is None and time.monotonic() < until, \
                    (folder / "log").read_text()
                time.sleep(0.05)
            yield url
        finally:
            process.terminate()


def is_ready(url):
    try:
        with urllib.request.urlopen(url + "/-/ready", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def ask(url, query, most):
    done = subprocess.run([str(PROBE), url, query, most], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.removesuffix("\n")


@pytest.mark.parametrize("query, most, answer", [
    ("vector(0.01)", "0.05", "ok: 0.01"),
    ("vector(0)", "0.05", "ok: 0"),
    ("vector(0.31)", "0.05", "fails: 0.31 > 0.05"),
    ("0.31", "0.05", "fails: 0.31 > 0.05"),
    ('label_replace(vector(0.31), "pod", "x", "", "")', "0.05", 'fails: 0.31 > 0.05 {pod="x"}'),
    ("vector(1) / 0", "0.05", "fails: +Inf > 0.05"),
    ("vector(1e-9)", "0.05", "ok: 1e-09"),
    ("vector(-1) / 0", "0.05", "ok: -Inf"),
    ("vector(0) / 0", "0.05", "nothing: no data: NaN"),
    ("scalar(missing)", "0.05", "nothing: no data: NaN"),
    ("missing", "0.05", "nothing: no data: no series"),
    ('"text"', "0.05", "nothing: the query gives no number but a string"),
    ("missing[5m]", "0.05", "nothing: the query gives no number but a matrix"),
])
def test_a_query(prometheus, query, most, answer):
    assert ask(prometheus, query, most) == answer


def test_a_query_that_is_none(prometheus):
    answer = ask(prometheus, "sum(", "0.05")
    assert answer.startswith('nothing: Prometheus says: invalid parameter "query": 1:')
    assert answer.endswith("parse error: unclosed left parenthesis")
