"""Each way in which a rollout fails: v1 is healthy, v2 is not, and the guard goes back to v1.

All trials run in one namespace, one wave after the other, since what they take is Kubernetes'
back-off, not work; the tests below look at what came of each.
"""

import dataclasses
import time
import types
from typing import Any

import pytest

import timing
from guarding import guard_of, hold_to_golden, order, told
from pods import Pods, deployment, server, service, worker
from prometheus import Prometheus
from testbed import eventually, promised

NO_SUCH_TAG = "registry.test/app:no-such-tag"
LAST_WORDS = "app v2 ends with code 1"
NAMESPACE = "failures"

# Of the error rate that ERROR_PERCENT=20 makes. The window is shorter than the delay of the query, or
# v1 would be blamed for what v2 did in it.
RATE = (f'sum(rate(http_errors_total{{namespace="{NAMESPACE}",app="error-rate"}}[5s]))'
        f' / sum(rate(http_requests_total{{namespace="{NAMESPACE}",app="error-rate"}}[5s]))')


@dataclasses.dataclass
class Trial:
    """A Deployment whose v2 fails. `met` says when the write came that met the signal's condition,
    `lasting` how long it then has to last. Reading logs holds up a round of the guard for two seconds
    at most, and a log that was not read by then is gone: so in a wave one log is told of at a time."""

    wave: int
    name: str
    cause: str
    met: Any
    containers: list
    words: str
    fail: dict = dataclasses.field(default_factory=dict)
    lasting: int = 0
    last_words: str = ""
    pod: dict = dataclasses.field(default_factory=dict)
    guard: dict = dataclasses.field(default_factory=dict)
    spec: dict = dataclasses.field(default_factory=dict)

    def good(self):
        return deployment(self.name, server("v1"), **{"replicas": 1, **self.spec})

    def bad(self):
        return deployment(self.name, *self.containers, pod=self.pod, **{"replicas": 1, **self.spec})

    def rollout_guard(self):
        return guard_of(NAMESPACE, self.name, fail=self.fail, **self.guard)


def without_key():
    """A server that wants a key of a ConfigMap that is not there."""
    made = server("v2")
    made["env"].append({"name": "HOST", "valueFrom": {
        "configMapKeyRef": {"name": "kube-root-ca.crt", "key": "host"}}})
    return made


def greedy():
    """A server that wants what the namespace's quota has none of."""
    made = server("v2")
    made["resources"] = {"limits": {"memory": "64Mi", "example.com/gpu": "1"}}
    return made


TRIALS = [
    Trial(1, "crash-loop", "CrashLoop", lambda t: t.first_pod(timing.ended(2)),
          [server("v2", EXIT_AFTER=0)], 'container "app"', {"crashLoop": {"restarts": 2}},
          last_words=LAST_WORDS, spec={"replicas": 2}),
    Trial(1, "oom", "OOMKilled", lambda t: t.first_pod(timing.ended(2, "OOMKilled")),
          [server("v2", EAT_AFTER=0)], "OOMKilled, exit code 137", {"oomKilled": {"times": 2}}),
    Trial(3, "init", "CrashLoop", lambda t: t.first_pod(timing.ended(2)),
          [server("v2")], 'init container "migrate"', {"crashLoop": {"restarts": 2}},
          last_words=LAST_WORDS, pod={"initContainers": [worker("migrate", "v2", EXIT_AFTER=0)]}),
    Trial(2, "sidecar", "CrashLoop", lambda t: t.first_pod(timing.ended(2)),
          [server("v2")], '"proxy"', {"crashLoop": {"restarts": 2}}, last_words=LAST_WORDS,
          pod={"initContainers": [{**worker("proxy", "v2", EXIT_AFTER=0), "restartPolicy": "Always"}]}),
    Trial(2, "image-pull", "ImagePull", lambda t: t.first_pod(timing.waits(*timing.PULL)),
          [server(NO_SUCH_TAG)], "no-such-tag", {"imagePull": {"for": "2s"}}, 2),
    Trial(2, "config-error", "Waiting",
          lambda t: t.first_pod(timing.waits("CreateContainerConfigError")), [without_key()],
          "couldn't find key host in ConfigMap", {"waiting": {"for": "2s"}}, 2),
    Trial(2, "no-node", "Unschedulable", lambda t: t.first_pod(timing.is_unschedulable),
          [server("v2")], "didn't match Pod's node affinity/selector",
          {"unschedulable": {"for": "2s"}}, 2, pod={"nodeSelector": {"disk": "ssd"}}),
    Trial(2, "quota", "ReplicaFailure", lambda t: t.refused(), [greedy()], "exceeded quota: gpu",
          {"replicaFailure": {"for": "2s"}}, 2),
    Trial(3, "never-ready", "Readiness", lambda t: t.placed("v2"), [server("v2", READY=503)],
          "has not been ready for 5s", {"readiness": {"within": "5s"}}, 5,
          last_words="app v2 starts"),
    Trial(0, "hangs", "Deadline", lambda t: t.written(), [server("v2", HANG=1)], "runs and is not ready",
          {"crashLoop": {}}, 8, last_words="app v2 starts", guard={"deadline": "8s"}),
    # Its first pod has to stay, or nobody would answer while the new one is not ready.
    Trial(0, "flaps", "Readiness", lambda t: t.turned_unready(2), [server("v2", FLAP=2)],
          "stopped being ready 2 times", {"readiness": {"flaps": 2}}, spec={"minReadySeconds": 4}),
    Trial(3, "smoke", "HTTP", lambda t: t.failed_requests(2), [server("v2", HEALTH=500)],
          "failed 2 times in a row: 500",
          {"http": [{"service": "smoke", "port": "http", "path": "/health", "delay": "0s",
                     "period": "1s", "failures": 2}]}),
    Trial(0, "error-rate", "Prometheus", lambda t: t.queries[1], [server("v2", ERROR_PERCENT=20)],
          "failed 2 times in a row: 0.",
          {"prometheus": [{"query": RATE, "max": 0.05, "period": "1s", "failures": 2, "delay": "8s"}]},
          guard={"soak": "20s"}),
    Trial(0, "order", "Person", lambda t: t.written(), [server("v2")],
          "carts are empty", {"crashLoop": {}}),
]


def too_high(prometheus):
    """When each query of RATE was answered with too much."""
    for answered, asked in prometheus.queries(RATE):
        if any(value > 0.05 for _, value in prometheus.query(RATE, time=asked)):
            yield timing.instant(answered)


def give_order(guard, pods):
    """v2 is as good as any, but a person wants it gone."""
    status = guard.await_state(pods, "order", "Healthy", images="app:v2")
    pods.kubectl("annotate", "deployment", "order",
                 f"tidegate.dev/rollback={order(status['hash'], reason='carts are empty')}")


@pytest.fixture(scope="module")
def all_trials(guard, cluster, tmp_path_factory):
    """Runs them all. What there is to look at afterwards, by the name of the trial."""
    with guard.namespace(NAMESPACE), Prometheus(cluster, tmp_path_factory.mktemp("p")) as prometheus:
        pods, ran = Pods(cluster, NAMESPACE), {}
        pods.kubectl("create", "quota", "gpu", "--hard=requests.example.com/gpu=0")
        pods.roll_out(*(service(it.name) for it in TRIALS), *(it.good() for it in TRIALS), within=60)
        guard.guard(*(it.rollout_guard() for it in TRIALS))
        for it in TRIALS:
            guard.await_state(pods, it.name, "Healthy")
            ran[it.name] = types.SimpleNamespace(
                good=guard.api.workload(pods, it.name), client=pods.client(it.name))
        started = time.time()
        for it in ran.values():
            it.client.__enter__()
        try:
            run_waves(guard, pods, ran)
            await_end(pods, guard, ran)
        finally:
            for it in ran.values():
                it.client.__exit__()
        for name, it in ran.items():
            it.now = guard.api.workload(pods, name)
            it.trail = timing.Trail(cluster, NAMESPACE, name, started)
            it.trail.queries = list(too_high(prometheus)) if name == "error-rate" else []
        yield types.SimpleNamespace(pods=pods, ran=ran)


def run_waves(guard, pods, ran):
    """Applies each v2, the next wave when the guard has seen to the one before."""
    for wave in sorted({it.wave for it in TRIALS}):
        trials = [it for it in TRIALS if it.wave == wave]
        pods.apply(*(it.bad() for it in trials))
        if "order" in (it.name for it in trials):
            give_order(guard, pods)
        for it in trials:
            guard.await_undone(pods, it.name)
    for it in TRIALS:
        ran[it.name].status = guard.await_back(pods, it.name)


def await_end(pods, guard, ran):
    """Everything is told, and v1 answers."""
    for name, it in ran.items():
        guard.await_event(pods, name, "RolledBack")
        it.client.await_version("v1")


@pytest.fixture(params=TRIALS, ids=lambda it: it.name)
def trial(request):
    return request.param


@pytest.fixture
def ran(all_trials, trial):
    return all_trials.ran[trial.name]


def test_it_is_back(all_trials, trial, ran):
    pods = all_trials.pods
    assert ran.now["spec"]["template"] == ran.good["spec"]["template"]
    assert ran.now["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    history = pods.kubectl("rollout", "history", f"deployment/{trial.name}").stdout
    assert [line.split()[0] for line in history.splitlines()[2:] if line] == ["2", "3"]


def test_no_request_was_lost(trial, ran):
    assert ran.client.failures == []
    assert len(ran.client.answers) > 50
    assert ran.client.versions()[0] == "v1"


def test_it_was_quick(trial, ran):
    """`make test-long` holds it to its seconds."""
    patches, met = ran.trail.patches(), trial.met(ran.trail)
    assert len(patches) == 1
    took = patches[0] - met
    timing.figures.append((trial.name, trial.cause, took, trial.lasting))
    # What lasts is counted in whole seconds.
    least = -1 if trial.lasting else 0
    assert least <= took - trial.lasting < promised(2 + (1 if trial.lasting else 0))


def test_its_template_is_kept_out(all_trials, trial, ran, guard):
    failure = ran.status["failed"][-1]
    assert (failure["cause"], failure["quarantined"]) == (trial.cause, True)
    manifest = trial.bad()
    done = all_trials.pods.cluster.kubectl(
        "apply", "--dry-run=server", "-n", NAMESPACE, "-f", "-", input=timing.json.dumps(manifest))
    assert done.returncode == 1
    assert "this template failed at" in done.stderr and trial.words in done.stderr
    assert f"tidegate release -n {NAMESPACE} deployment/{trial.name}" in done.stderr


def test_describe_tells_the_story(all_trials, trial, ran, guard):
    failed = guard.events(all_trials.pods, trial.name, "RolloutFailed")
    assert [it["type"] for it in failed] == ["Warning"]
    assert trial.words in failed[0]["note"] and trial.last_words in failed[0]["note"]
    text = told(all_trials.pods.kubectl("describe", "deployment", trial.name).stdout)
    assert all(line in text for line in failed[0]["note"].split("\n"))
    if trial.name in ("crash-loop", "image-pull", "smoke"):
        hold_to_golden(f"describe-{trial.name}", text)


def test_decision_lines_and_metrics(all_trials, trial, ran, guard):
    [failed] = guard.news(all_trials.pods, trial.name, news="RolloutFailed")
    assert (failed["cause"], failed["audit"]) == (trial.cause, False)
    [back] = guard.news(all_trials.pods, trial.name, news="RolledBack")
    assert back["targetImages"] == "app:v1"


def test_permissions_suffice(all_trials, guard):
    """With the RBAC of the documentation, and no more."""
    status, text = guard.get("/readyz?verbose")
    assert status == 200 and "[-]" not in text, text
    assert "forbidden" not in (guard.dir / "stderr").read_text()
    eventually(lambda: guard.metric("tidegate_guard_leader") == 1, "it leads")
