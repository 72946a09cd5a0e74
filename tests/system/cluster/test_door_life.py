"""The life of a Tidegate that the API server asks: away and back, new rules, an end under load."""

import itertools
import json
import signal
import threading

import pytest

from door import EVERYTHING, Door, connect
from testbed import eventually
from test_door_rules import NON_ROOT, PROVENANCE, WORKLOADS, deployment, pod, policy

CALLERS = 4
DELAY = "3"
numbers = itertools.count(1)
PATH = "/apis/apps/v1/namespaces/{}/deployments?dryRun=All"


@pytest.fixture
def own_door(cluster, tmp_path):
    """A Tidegate of the test's own, that it may end."""
    door = Door(cluster, tmp_path)
    door.start("--shutdown-delay", DELAY)
    try:
        door.register(rules=EVERYTHING, namespaceSelector={"matchLabels": {"gate": "life"}})
        yield door
        cluster.unregister_webhook()
    finally:
        if door.process.poll() is None:
            door.stop()


@pytest.fixture
def place(own_door):
    with own_door.namespace(f"life-{next(numbers)}") as name:
        own_door.cluster.kubectl("label", "namespace", name, "gate=life", user="admin", check=True)
        yield name
        own_door.cluster.kubectl("label", "namespace", name, "gate-", user="admin", check=True)


class Load:
    """Callers that ask for the same dry run over and over, each on its own connection."""

    def __init__(self, cluster, namespace, manifest):
        self.answers = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(cluster, namespace, manifest))
                         for _ in range(CALLERS)]

    def _call(self, cluster, namespace, manifest):
        api = connect(cluster)
        while not self._stop.is_set():
            self.answers.append(api.ask("POST", PATH.format(namespace), manifest))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def await_more(self, count):
        """Until so many more answers have come."""
        wanted = len(self.answers) + count
        eventually(lambda: len(self.answers) >= wanted, f"{count} more answers")


def test_away_and_back(own_door, place):
    cluster = own_door.cluster
    own_door.use(policy(place, [PROVENANCE], **WORKLOADS))
    make = ("create", "deployment", "api", "-n", place, "--image=ghcr.io/acme/api:v1")
    own_door.stop()
    done = cluster.kubectl(*make)
    assert done.returncode == 1
    assert 'failed calling webhook "gate.tidegate.dev"' in done.stderr
    assert "connect: connection refused" in done.stderr
    own_door.start("--shutdown-delay", DELAY)
    own_door.register(rules=EVERYTHING, namespaceSelector={"matchLabels": {"gate": "life"}})
    cluster.kubectl(*make, check=True)
    assert "breaks 1 rule" in cluster.kubectl("set", "image", "-n", place, "deployment/api",
                                              "api=busybox").stderr


def test_rules_change_while_requests_run(own_door, place):
    """Each answer is of one set or of the other, whole; once a set is in force, of that one."""
    sets = {"provenance": policy(place, [PROVENANCE], **WORKLOADS),
            "non-root": policy(place, [NON_ROOT], **WORKLOADS)}
    own_door.use(sets["provenance"])
    with Load(own_door.cluster, place, deployment(template=pod("busybox"))) as load:
        for _ in range(5):
            for rule, files in sets.items():
                own_door.use(files)
                at = len(load.answers)
                load.await_more(3 * CALLERS)
                later = load.answers[at + CALLERS:]
                assert all(f"breaks 1 rule: {rule}" in text for _, text in later), later[0]
    assert {status for status, _ in load.answers} == {403}
    causes = {json.loads(text)["message"].splitlines()[0].split(": ")[-1]
              for _, text in load.answers}
    assert causes == set(sets)


def test_bad_rules_keep_the_good(own_door, place):
    own_door.use(policy(place, [PROVENANCE], **WORKLOADS))
    own_door.link_rules({"rules.yaml": "apiVersion: tidegate.dev/v1alpha1\nkind: Polizy\n"
                                       "metadata: {name: shop}\nspec: {}\n"})
    own_door.reload("rules_kept")
    status, text = connect(own_door.cluster).ask("POST", PATH.format(place),
                                                 deployment(template=pod("busybox")))
    assert status == 403 and "breaks 1 rule: provenance" in text
    status, text = own_door.get("/readyz?verbose")
    assert status == 200 and "rules.yaml:2:7: error:" in text
    assert own_door.metric('tidegate_rules_reloads_total{result="failure"}') >= 1
    own_door.use(policy(place, [NON_ROOT], **WORKLOADS))
    assert "rules.yaml" not in own_door.get("/readyz?verbose")[1]


def test_new_rules_come_without_a_signal(own_door, place):
    """Files are looked at each second, also behind the link that a kubelet turns."""
    own_door.use(policy(place, [PROVENANCE], **WORKLOADS))
    before = own_door.said("rules_reloaded")
    own_door.link_rules(policy(place, [NON_ROOT], **WORKLOADS))
    eventually(lambda: own_door.said("rules_reloaded") > before, "the new rules")
    status, text = connect(own_door.cluster).ask("POST", PATH.format(place), deployment())
    assert status == 403 and "breaks 1 rule: non-root" in text


def test_the_end_under_load(own_door, place):
    """Between SIGTERM and its end it answers on and says that it is not ready. Each review that it
    has judged is answered; in its last instant a caller may find a connection just opened closed."""
    own_door.use(policy(place, [PROVENANCE], **WORKLOADS))
    with Load(own_door.cluster, place, deployment(template=pod("busybox"))) as load:
        load.await_more(2 * CALLERS)
        own_door.process.send_signal(signal.SIGTERM)
        eventually(lambda: own_door.get("/readyz")[0] == 503, "not ready")
        load.await_more(2 * CALLERS)
        assert own_door.process.wait(20) == 0
        judged = len(own_door.decisions(namespace=place, kind="Deployment"))
        eventually(lambda: load.answers[-1][0] == 500, "the API server's own answer")
    answered = [text for status, text in load.answers if status == 403]
    assert all("breaks 1 rule: provenance" in text for text in answered)
    assert len(answered) == judged
    failed = [text for status, text in load.answers if status != 403]
    cut = [text for text in failed if "connection refused" not in text]
    gone = "EOF", "reset", "broken pipe", "closed"  # as Go words it
    assert all(any(word in text for word in gone) for text in cut), cut
