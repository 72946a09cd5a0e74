"""Tidegate as guard and door of a cluster with real pods, as trials use it. README.md of
tests/system/cluster shows how."""

import contextlib
import datetime
import http.server
import json
import pathlib
import re
import socket
import threading

import yaml

from door import PORT, Door, connect
from prometheus import Prometheus
from testbed import NODE, RULES, SYSTEM, eventually, in_namespaces, rule, service
from transcript import UPDATE, normalise

HERE = pathlib.Path(__file__).parent
DOCS = HERE.parent.parent / "docs"
GOLDEN = HERE.parent / "system" / "rollout" / "golden"
ACCOUNT = f"system:serviceaccount:{SYSTEM}:tidegate"

# What the guard reads in a status and a person can write there: docs/operations.md.
STATUSES = rule("apps", "deployments/status", "statefulsets/status", "daemonsets/status")

PLURALS = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}

# --- rule files

DEFAULTS = {"deadline": "60s", "soak": "2s"}


def guard_of(namespace, *names, name=None, kinds=None, **spec):
    """A RolloutGuard of the workloads named (globs), of all without names."""
    match = {"namespaces": [namespace]}
    if names:
        match["names"] = list(names)
    if kinds:
        match["kinds"] = kinds
    return {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "RolloutGuard",
        "metadata": {"name": name or (names[0] if names else namespace)},
        "spec": {"match": match, **DEFAULTS, "onFailure": roll_back(), **spec},
    }


def roll_back(**more):
    """`onFailure`. The brake counts what all trials of an hour do, so it lets that pass."""
    return {"rollback": "lastHealthy", "brake": {"namespace": 1000, "all": 1000}, **more}


def permissions():
    """The RBAC objects that the documentation tells people to apply."""
    found = []
    for page in "operations.md", "guard.md":
        for block in re.findall(r"(?s)```yaml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8")):
            if "rbac.authorization.k8s.io" in block:
                found += [it for it in yaml.safe_load_all(block) if it]
    return found


# --- the guard


class Records:
    """What the guard of a cluster knows of workloads, which are named by a Pods and a name, and the
    Events that it wrote."""

    def __init__(self, cluster):
        self.api = Api(cluster)

    def status(self, pods, name, kind="Deployment"):
        """The record of a workload; empty while there is none."""
        wanted = f"rollout.{kind}.{pods.namespace}.{name}".lower()
        found = self.api.get(f"/api/v1/namespaces/{SYSTEM}/configmaps/{wanted}")
        return json.loads(found["data"]["record"]) if found else {}

    def await_status(self, pods, name, what, condition, kind="Deployment", within=60):
        """Its record as soon as condition holds of it."""
        last = {}

        def seen():
            nonlocal last
            last = self.status(pods, name, kind)
            return bool(last) and condition(last)

        try:
            eventually(seen, f"{name}: {what}", within)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{json.dumps(last, indent=1)}") from None
        return last

    def await_state(self, pods, name, state, kind="Deployment", images=None, within=60):
        return self.await_status(
            pods, name, f"{state} {images or ''}",
            lambda r: r["state"] == state and images in (None, r["images"]), kind, within)

    def await_back(self, pods, name, kind="Deployment", within=90):
        """Until the newest failure is undone and what it went back to is healthy."""
        return self.await_status(
            pods, name, "is back",
            lambda r: r["failed"] and r["failed"][-1].get("undone") and r["state"] == "Healthy"
            and r["hash"] == r["failed"][-1]["target"], kind, within)

    def await_undone(self, pods, name, kind="Deployment", within=90):
        """Until the newest failure is seen to be undone."""
        return self.await_status(pods, name, "is undone", lambda r: bool(
            r["failed"] and r["failed"][-1].get("undone")), kind, within)

    def await_step(self, pods, name, what, kind="Deployment", within=60):
        """Until its history has such a line: Failed, Degraded, ..."""
        return self.await_status(pods, name, what, lambda r: any(
            step["what"] == what for step in r["history"]), kind, within)

    def events(self, pods, name, reason=None):
        """Its Events of a workload, oldest first: each has reason, type, note."""
        path = f"/apis/events.k8s.io/v1/namespaces/{pods.namespace}/events"
        found = [it for it in self.api.get(path)["items"]
                 if it.get("regarding", {}).get("name") == name
                 and it.get("reportingController", "").startswith("tidegate")]
        found.sort(key=lambda it: it["eventTime"] or it["metadata"]["creationTimestamp"])
        return [it for it in found if reason in (None, it["reason"])]

    def await_event(self, pods, name, reason, within=60):
        return eventually(lambda: self.events(pods, name, reason), f"an Event {reason}", within)[-1]


class Guard(Door, Records):
    """A Tidegate that the API server asks, and that guards rollouts with no more permissions than
    docs/guard.md gives it."""

    def __init__(self, cluster, folder):
        Door.__init__(self, cluster, folder)
        Records.__init__(self, cluster)
        self.notifiers = folder / "notifiers"
        self.notifiers.mkdir()

    def start(self, *options, **kw):
        self._make_account()
        super().start("--shutdown-delay", "0", "--kubeconfig", self._kubeconfig(),
                      "--notifiers", self.notifiers, "--prometheus", Prometheus.url, *options, **kw)

    def guard(self, *guards, **files):
        """Puts these RolloutGuards in force and returns when they are."""
        text = "---\n".join(json.dumps(it) + "\n" for it in guards)
        self.use({"guards.yaml": text, **files})

    def _make_account(self):
        self.cluster.apply(*service(PORT))
        self.cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount",
                            "metadata": {"name": "tidegate", "namespace": SYSTEM}}, *permissions())

    def _kubeconfig(self):
        (self.dir / "token").write_text(self.cluster.token())
        return self.cluster.write_kubeconfig(self.dir / "kubeconfig", {"tokenFile": str(self.dir / "token")})

    def news(self, pods, name, **wanted):
        """Its decision lines about a workload's rollouts."""
        return self.decisions(event="rollout", namespace=pods.namespace, name=name, **wanted)


@contextlib.contextmanager
def running_guard(cluster, folder, *options):
    """A Guard that is the webhook of the cluster, for as long as the block lasts. Its brake knows nothing of
    what was rolled back before."""
    cluster.kubectl("delete", "configmaps", "-n", SYSTEM, "-l", "tidegate.dev/record", user="admin",
                    check=True)
    guard = Guard(cluster, folder)
    guard.start(*options)
    try:
        guard.register(rules=[*RULES, STATUSES],
                       namespaceSelector=in_namespaces("NotIn", "kube-system", SYSTEM))
        yield guard
        cluster.unregister_webhook()
    finally:
        guard.stop()


class Api:
    """Reads objects from the API server on one connection: kubectl costs 80 ms of a core a call."""

    def __init__(self, cluster):
        self.cluster = cluster
        self._connection = None

    def get(self, path):
        for _ in range(2):  # the API server may have closed it meanwhile
            try:
                self._connection = self._connection or connect(self.cluster, "admin")
                status, text = self._connection.ask("GET", path)
                break
            except (OSError, http.client.HTTPException):
                self._connection = None
        else:
            raise AssertionError(f"no answer to GET {path}")
        assert status in (200, 404), text
        return json.loads(text) if status == 200 else None

    def workload(self, pods, name, kind="Deployment"):
        return self.get(f"/apis/apps/v1/namespaces/{pods.namespace}/{PLURALS[kind]}/{name}")


# --- orders


def order(hash_, user="alice", reason=None, at=None):
    """What `tidegate rollback` and `tidegate release` write."""
    at = at or datetime.datetime.now(datetime.timezone.utc)
    return f"{hash_} by {user} at {at:%Y-%m-%dT%H:%M:%SZ}" + (f": {reason}" if reason else "")


# --- transcripts

MASKS = [
    (r"(?m)^(CreationTimestamp:\s+).*$", r"\1<TIME>"),
    (r"(?m)^  (Normal|Warning)( +\S+ +)(?:<invalid>|[0-9smh]+)(?: \(x\d+ over [0-9smh]+\))?( +)",
     r"  \1\2<AGE>\3"),
    (r"\b[a-z]+-(?=[bcdf-hj-np-tv-z2456789]*\d)[bcdf-hj-np-tv-z2456789]{8,10}(-[bcdf-hj-np-tv-z2456789]{5})?\b",
     lambda m: m[0].split("-")[0] + ("-<POD>" if m[1] else "-<REVISION>")),
    (r"\btest-\d+\b", "<NAMESPACE>"),
    # The controllers give a revision that is gone back to a new number, some time.
    (r"(rolled back to \S+ \(revision )\d+", r"\1<N>"),
]


def masked(text):
    for pattern, name in MASKS:
        text = re.sub(pattern, name, text)
    text = normalise(text)
    return re.sub(r"[ \t]+$", "", re.sub(r" {2,}", "  ", text), flags=re.M)


def hold_to_golden(name, text, folder=GOLDEN):
    """Compares text, with its varying parts masked, with NAME.txt of the folder, word for word."""
    path, text = folder / f"{name}.txt", masked(text)
    if UPDATE:
        folder.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def told(text, source="tidegate"):
    """Of what `kubectl describe` prints the events that the source wrote, with all their lines, in its order."""
    found = re.split(r"(?m)^(?=  (?:Normal|Warning) )", text.partition("\nEvents:")[2])
    return "".join(it for it in found if f" {source}" in it.split("\n")[0])


# --- a receiver of notifications


class Receiver(contextlib.AbstractContextManager):
    """Takes POSTs in the cluster's network, as (path, headers, body). The first `refusals` of them
    it answers with 503."""

    port = 8099

    def __init__(self, cluster, refusals=0):
        self.cluster, self.got, self.refusals = cluster, [], refusals

    def url(self, path):
        return f"http://{NODE}:{self.port}/{path}"

    def __enter__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, self.headers, body))
                outer.refusals -= 1
                self.send_response(503 if outer.refusals >= 0 else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = http.server.ThreadingHTTPServer((NODE, self.port), Handler, False)
        self._server.socket.close()
        self._server.socket = self.cluster.make_inside(
            lambda: socket.create_server((NODE, self.port)))
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
