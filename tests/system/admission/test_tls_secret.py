"""What of `serve --tls-secret` takes no real API server; tests/system/cluster/test_certificates.py has the rest."""

import signal
import subprocess

import pytest

from api_server import ApiServer
from conftest import HERE, PATIENCE, TIDEGATE, limit

LIMIT_WEBHOOK_CONFIGURATIONS = limit("webhook-configurations")
LIMIT_TLS_SECRET_TIME = limit("tls-secret-time")
NOTHING = (404, {}, {"kind": "Status", "reason": "NotFound", "message": "not there"})


def command(*options):
    return [TIDEGATE, "serve", "--rules", str(HERE / "rules"), "--listen", "127.0.0.1:0",
            "--tls-secret", "tidegate-tls", *options]


def run(*options, **how):
    done = subprocess.run(command(*options), text=True, capture_output=True, **how)
    return done.returncode, done.stderr


@pytest.mark.parametrize("more, problem", [(0, "--tls-secret requires a cluster"),
                                           (1, f"at most {LIMIT_WEBHOOK_CONFIGURATIONS}")])
def test_how_many_configurations(more, problem):
    options = ["--webhook-configuration", "tidegate"] * (LIMIT_WEBHOOK_CONFIGURATIONS + more)
    status, said = run(*options, env={})
    assert status == 2 and problem in said


@pytest.fixture
def kubeconfig(authority, tmp_path):
    """Of an API server that has nothing."""
    ca = authority("cluster-ca")
    server = ApiServer(*ca.issue("cluster"), [NOTHING] * 1000)
    server.write_kubeconfig(tmp_path / "config", ca)
    yield str(tmp_path / "config")
    server.end()


def test_a_secret_that_does_not_come(kubeconfig):
    status, said = run("--kubeconfig", kubeconfig, "--tls-follow", timeout=2 * LIMIT_TLS_SECRET_TIME)
    assert status == 2 and "there is no certificate in Secret tidegate-system/tidegate-tls" in said


def test_the_wait_ends_when_it_is_told_to(kubeconfig):
    process = subprocess.Popen(command("--kubeconfig", kubeconfig), stderr=subprocess.PIPE)
    process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 2
    process.stderr.close()
