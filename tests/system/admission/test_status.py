"""`tidegate status`, asked of an API server that does as it is told."""

import json
import os
import pathlib
import pty
import re
import subprocess
import time

import pytest

from api_server import ApiServer
from conftest import TIDEGATE, Lines, limit

DOCS = pathlib.Path(__file__).parents[3] / "docs"
V1, V2, V3 = "1" * 64, "2" * 64, "3" * 64
PATH = "/behind/a/proxy/api/v1/namespaces/tidegate-system/configmaps"


def good(hash, images):
    return {"hash": hash, "images": images, "at": 1000}


def failure(hash, images, **fields):
    return {"hash": hash, "images": images, "cause": "CrashLoop", "at": 2000, **fields}


def record(name, state, since=0, **fields):
    """A ConfigMap with the record of a Deployment of the namespace shop."""
    text = {"version": 1, "kind": "Deployment", "namespace": "shop", "name": name, "guard": "production",
            "hash": V2, "images": "api:v2", "state": state, "since": since, **fields}
    return {"metadata": {"name": f"rollout.{text['kind'].lower()}.{text['namespace']}.{name}",
                         "labels": {"tidegate.dev/record": "rollout"}, "resourceVersion": "5"},
            "data": {"record": json.dumps(text)}}


def page(*items, next=""):
    return 200, {}, {"metadata": {"resourceVersion": "7", "continue": next}, "items": list(items)}


def refusal(status, reason, message):
    return status, {}, {"kind": "Status", "status": "Failure", "reason": reason, "message": message}


@pytest.fixture
def asked(authority, tmp_path):
    """Starts an API server that does these acts; returns it and what runs a command of tidegate."""
    servers = []

    def start(*acts):
        ca = authority("cluster-ca")
        server = ApiServer(*ca.issue("cluster"), acts)
        server.write_kubeconfig(tmp_path / "config", ca)
        servers.append(server)

        def run(*arguments):
            done = subprocess.run([TIDEGATE, *arguments, "--kubeconfig", tmp_path / "config"],
                                  text=True, capture_output=True, timeout=60)
            return done.returncode, done.stdout, done.stderr
        return server, run

    start.config = tmp_path / "config"
    yield start
    for server in servers:
        server.end()


def test_all_of_them(asked):
    now = int(time.time())
    server, run = asked(page(
        record("web", "Failed", now - 2 * 3600, words="api crashed 3 times\nand more", failed=[
            failure(V2, "web:v2", quarantined=True), failure(V3, "web:v3", quarantined=True),
            failure(V1, "web:v1")]), next="more"), page(
        record("api", "Healthy", now - 2 * 86400 - 3700, healthy=[good(V1, "api:v1"), good(V2, "api:v2")]),
        record("db", "Soaking", 0, kind="StatefulSet", namespace="data", healthy=[good(V1, "db:größer\x1b[2J")])))
    assert run("status") == (1, """\
NAMESPACE   WORKLOAD         VERSION   STATE     SINCE   LAST HEALTHY    QUARANTINE
data        statefulset/db   api:v2    Soaking   -       db:größer [2J   -
shop        deployment/api   api:v2    Healthy   2d1h    this version    -
shop        deployment/web   api:v2    Failed    120m    -               web:v2, web:v3
  api crashed 3 times
""", "")
    first, second = server.calls
    assert (first["path"], first["labelSelector"]) == (PATH, "tidegate.dev/record=rollout")
    assert first["limit"] == str(limit("kube-page-whole")) and second["continue"] == "more"


def test_the_page_shows_what_is_printed(asked):
    ago, of = int(time.time()) - 12 * 60 - 5, {"namespace": "smarthr360", "hash": V2}
    api = "ghcr.io/your-org/smarthr360-api:"
    _, run = asked(page(
        record("smarthr360-api", "Healthy", ago, **of, images=api + "v2.4.0", healthy=[good(V2, api + "v2.4.0")],
               failed=[failure(V3, api + "v2.4.1", quarantined=True)]),
        record("postgres", "Degraded", ago, **of, kind="StatefulSet", images="postgres:16",
               healthy=[good(V2, "postgres:16")], words="pod postgres-0 is not ready")))
    shown = re.search(r"```text\n(NAMESPACE .*?)```", (DOCS / "commands.md").read_text(), re.S)[1]
    assert run("status")[1] == shown


@pytest.mark.parametrize("state, status", [
    ("Progressing", 0), ("Soaking", 0), ("Healthy", 0), ("Suspended", 0), ("Degraded", 1),
    ("RollingBack", 1), ("Failed", 1)])
def test_the_exit_code_says_whether_all_are_fine(asked, state, status):
    _, run = asked(page(record("api", state)))
    assert run("status")[0] == status


def test_in_a_namespace(asked):
    items = record("api", "Healthy"), record("api", "Failed", namespace="data")
    _, run = asked(page(*items), page(*items), page(*items))
    assert run("status", "-n", "shop")[:2] == (0, """\
NAMESPACE   WORKLOAD         VERSION   STATE     SINCE   LAST HEALTHY   QUARANTINE
shop        deployment/api   api:v2    Healthy   -       -              -
""")
    assert "data" in run("status", "-n", "shop", "-A")[1]
    assert run("status", "-n", "nowhere") == (0, "", "no workload is guarded there\n")


@pytest.mark.parametrize("words", [["deployment/api"], ["deploy", "api"], ["Deployments.apps/api"]])
def test_one_of_them(asked, words):
    server, run = asked((200, {}, record("api", "Healthy")))
    status, out, err = run("status", "-n", "shop", *words)
    assert (status, len(out.splitlines()), err) == (0, 2, "")
    assert server.calls[0]["path"] == PATH + "/rollout.deployment.shop.api"


def test_one_that_is_not_guarded(asked):
    _, run = asked(refusal(404, "NotFound", "no such thing"))
    assert run("status", "sts/db") == (1, "", (
        "tidegate status: statefulset/db in namespace default is not guarded: tidegate-system has no "
        "record of it; a RolloutGuard has to match it\n"))


def test_without_the_right_to_read_records(asked):
    _, run = asked(*[refusal(403, "Forbidden", 'configmaps is forbidden: User "alice" cannot')] * 2)
    told = "tidegate status: the records in namespace elsewhere cannot be read: 403: configmaps is " \
           'forbidden: User "alice" cannot\n  this requires a Role in namespace elsewhere with the rule ' \
           '{apiGroups: [""], resources: [configmaps], verbs: [VERB]}\n'
    assert run("status", "--own-namespace", "elsewhere") == (2, "", told.replace("VERB", "list"))
    assert run("status", "--own-namespace", "elsewhere", "ds/x") == (2, "", told.replace("VERB", "get"))


def test_a_record_that_cannot_be_read(asked):
    odd = record("web", "Healthy")
    odd["data"]["record"] = "{}"
    _, run = asked(page(odd, record("api", "Healthy")))
    status, out, err = run("status")
    assert "deployment/api" in out
    assert (status, err) == (2, "tidegate status: the ConfigMap tidegate-system/rollout.deployment.shop.web "
                                "is of another version\n")


def test_json(asked):
    _, run = asked(page(record("api", "Failed", 1700000000, words="why", healthy=[good(V1, "api:v1")],
                               failed=[failure(V2, "api:v2", quarantined=True)])), page())
    status, out, err = run("status", "--format", "json")
    assert (status, err) == (1, "")
    assert json.loads(out) == {"workloads": [{
        "namespace": "shop", "kind": "Deployment", "name": "api", "guard": "production", "images": "api:v2",
        "templateHash": V2, "state": "Failed", "since": "2023-11-14T22:13:20Z", "reason": "why",
        "lastHealthy": {"images": "api:v1", "templateHash": V1, "at": "1970-01-01T00:16:40Z"},
        "quarantine": [{"images": "api:v2", "templateHash": V2, "cause": "CrashLoop",
                        "at": "1970-01-01T00:33:20Z"}]}]}
    assert json.loads(run("status", "--format", "json")[1]) == {"workloads": []}


def watching():
    """The acts of a watch: the first list, that of the watch itself, and its events."""
    items = [record("web", "Healthy", 1700000000), record("api", "Progressing", 1700000000)]
    unchanged, changed = record("web", "Healthy", 1700000000), record("web", "Degraded", 1700000060, words="sick")
    events = [{"type": "MODIFIED", "object": {"kind": "ConfigMap", "apiVersion": "v1", **one}}
              for one in [unchanged, changed]]
    return page(*items), page(*items), (200, {}, [*events, None])


def watch(config, *arguments, **kw):
    env = {**os.environ, "TERM": "xterm", "NO_COLOR": ""}
    return subprocess.Popen([TIDEGATE, "status", "--watch", "--kubeconfig", config, *arguments], env=env, **kw)


def test_a_line_for_each_change(asked):
    asked(*watching())
    process = watch(asked.config, stdout=subprocess.PIPE)
    lines = Lines(process.stdout)
    lines.await_line(lambda line: line.endswith("sick"))
    process.terminate()
    process.wait(20)
    assert lines.lines == [
        "2023-11-14T22:13:20Z  shop  deployment/api  api:v2  Progressing",
        "2023-11-14T22:13:20Z  shop  deployment/web  api:v2  Healthy",
        "2023-11-14T22:14:20Z  shop  deployment/web  api:v2  Degraded: sick"]


def test_json_for_each_change(asked):
    asked(*watching())
    process = watch(asked.config, "--format", "json", "-n", "shop", stdout=subprocess.PIPE)
    lines = Lines(process.stdout)
    lines.await_line(lambda line: "sick" in line)
    process.terminate()
    process.wait(20)
    assert [json.loads(line)["state"] for line in lines.lines] == ["Progressing", "Healthy", "Degraded"]


def test_a_terminal_is_drawn_anew(asked):
    asked(*watching())
    mine, its = pty.openpty()
    process = watch(asked.config, stdout=its)
    os.close(its)
    seen = b""
    while b"sick" not in seen:
        seen += os.read(mine, 65536)
    process.terminate()
    process.wait(20)
    os.close(mine)
    last = seen.decode().split("\x1b[H\x1b[J")[-1]
    assert re.search("shop +deployment/web +api:v2 +\x1b\\[31mDegraded\x1b\\[0m ", last), last


def test_a_watch_that_is_cut_is_told_of(asked):
    server, _ = asked(page(), page(), *[refusal(403, "Forbidden", "no more")] * 9)
    process = watch(asked.config, stderr=subprocess.PIPE)
    line = Lines(process.stderr).await_line(lambda line: "no more" in line)
    process.terminate()
    process.wait(20)
    assert line.startswith("tidegate status: this may be old: 403: no more; ")
