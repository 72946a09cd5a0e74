"""Rules in ConfigMaps, of an API server whose watch shows what a test puts there;
tests/system/cluster/test_rule_configmaps.py has a real one."""

import json
import queue
import signal
import subprocess
import threading

import pytest

from api_server import ApiServer
from conftest import PATIENCE, TIDEGATE, eventually, limit

LIMIT_RULES_TIME = limit("rules-time")
LIMIT_RULES_CONFIGMAPS = limit("rules-configmaps")
LABEL = "tidegate.dev/rules=true"
PLACE = f"the ConfigMaps of tidegate-system with {LABEL}"
HEAD = "apiVersion: tidegate.dev/v1alpha1\nkind: "
BAD = "kind: Polcy\n"
BAD_ERRORS = "".join(f"{{0}}:1:1: error: a document has no \"{field}\"\n  | kind: Polcy\n  | ^\n"
                     for field in ("apiVersion", "metadata", "spec")) \
    + '{0}:1:7: error: unknown kind "Polcy"\n  | kind: Polcy\n  |       ^\n  = did you mean "Policy"?\n'


def policy(name, label="never"):
    """Denies what has no label of that name."""
    return {"rules.yaml": f"{HEAD}Policy\nmetadata: {{name: {name}}}\nspec:\n"
                          "  match: {workloads: all}\n"
                          f"  rules: [{{id: {name}, fields: [{{path: metadata.labels.{label}, exists: true}}]}}]\n"}


class Stream(list):
    """The events of a watch, as they come."""

    def __init__(self):
        super().__init__()
        self.queue = queue.Queue()

    def __iter__(self):
        return iter(self.queue.get, None)


class Cluster(ApiServer):
    """Has ConfigMaps with rules."""

    def __init__(self, certificate, key):
        super().__init__(certificate, key, [])
        self.objects, self.streams, self.events = {}, [], []
        self.changes = []  # of all time: version, event
        self.version = 10
        self.refuses, self.holds = set(), {}
        self.changing = threading.Lock()

    def put(self, name, data, binary=None, uid=None):
        with self.changing:
            self.version += 1
            new = {"metadata": {"name": name, "uid": uid or f"uid-{name}",
                                "resourceVersion": str(self.version)}, "data": data}
            if binary:
                new["binaryData"] = binary
            self.objects[name] = new
            self._show({"type": "MODIFIED", "object": new})

    def drop(self, name):
        with self.changing:
            self.version += 1
            old = self.objects.pop(name)
            old["metadata"]["resourceVersion"] = str(self.version)
            self._show({"type": "DELETED", "object": old})

    def _show(self, event):
        self.changes.append((self.version, event))
        for stream in self.streams:
            stream.queue.put(event)

    def _stream(self, since):
        """What changed since that version, and what will."""
        stream = Stream()
        for version, event in self.changes:
            if version > since:
                stream.queue.put(event)
        self.streams.append(stream)
        return stream

    def act(self, call):
        resource = call["path"].rsplit("/", 1)[1]
        if resource in self.holds:
            self.holds[resource].wait()
        if resource in self.refuses:
            return 403, {}, {"kind": "Status", "message": "no"}
        if resource == "events":
            self.events.append(json.loads(call["sent"]))
            return 201, {}, self.events[-1]
        if resource == "selfsubjectaccessreviews":
            return 201, {}, {"status": {"allowed": False}}
        if resource != "configmaps":
            return 200, {}, [None] if "watch" in call else {"items": [], "metadata": {"resourceVersion": "1"}}
        assert call["labelSelector"] == LABEL
        assert call["path"] == "/behind/a/proxy/api/v1/namespaces/tidegate-system/configmaps"
        with self.changing:
            if "watch" in call:
                return 200, {}, self._stream(int(call["resourceVersion"]))
            return 200, {}, {"items": list(self.objects.values()),
                             "metadata": {"resourceVersion": str(self.version)}}

    def end(self):
        for stream in self.streams:
            stream.queue.put(None)
        super().end()


@pytest.fixture
def cluster(authority, tmp_path):
    ca = authority("cluster-ca")
    server = Cluster(*ca.issue("cluster"))
    server.write_kubeconfig(tmp_path / "config", ca)
    server.options = ["--kubeconfig", str(tmp_path / "config"), "--rules-configmaps", LABEL]
    yield server
    for held in server.holds.values():
        held.set()
    server.end()


def rules_in_force(door):
    """The ids of the rules that deny a Pod without labels."""
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u", "operation": "CREATE", "namespace": "shop", "name": "p",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "userInfo": {"username": "alice"}, "dryRun": False, "oldObject": None,
        "object": {"metadata": {"name": "p"}, "spec": {"containers": []}}}}
    response = door.admit(json.dumps(body))
    found = [] if response["allowed"] else response["status"]["details"]["causes"]
    return " ".join(sorted(cause["message"].split(":")[0] for cause in found))


def await_rules(door, wanted):
    eventually(lambda: rules_in_force(door) == wanted, wanted)


def told(door, event):
    return [line.split(f" {event} ", 1)[1] for line in door.events.lines if f" {event} " in line]


def event_of(cluster, number):
    """The reason, type and note of an Event once it is there."""
    event = eventually(lambda: len(cluster.events) > number and cluster.events[number], "an Event")
    assert event["involvedObject"] == {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "tidegate-system",
                                  "name": event["involvedObject"]["name"], "uid": event["involvedObject"]["uid"]}
    assert event["reportingComponent"] == "tidegate.dev/rules" and event["action"] == "Load"
    return event["reason"], event["type"], event["message"], event["involvedObject"]["name"]


def test_the_life_of_a_configmap(cluster, start):
    cluster.put("a", policy("a"))
    door = start(*cluster.options, rules="")
    assert rules_in_force(door) == "a"
    eventually(lambda: f"[+] configmaps: follows 1 with {LABEL}\n" in door.get("/readyz?verbose")[1],
               "it follows them")
    cluster.put("b", policy("b"))
    await_rules(door, "a b")
    cluster.put("b", policy("b2"))
    await_rules(door, "a b2")
    cluster.drop("b")
    await_rules(door, "a")
    eventually(lambda: told(door, "rules_reloaded") == [f'configmaps="{LABEL}"'] * 3, "three reloads")
    assert told(door, "rules_kept") == [] and cluster.events == []
    assert door.metric("tidegate_rules_problem") == 0
    assert door.metric('tidegate_rules_reloads_total{result="success"}') == 3
    assert door.metric('tidegate_rules_reloads_total{result="failure"}') == 0


def test_a_bad_one_keeps_its_last_good_version(cluster, start):
    cluster.put("a", policy("a"))
    cluster.put("b", policy("b"))
    door = start(*cluster.options, rules="")
    cluster.put("b", {"rules.yaml": BAD})
    line = door.events.await_line(lambda text: "rules_kept" in text)
    errors = BAD_ERRORS.format("configmap/b/rules.yaml")
    assert line.endswith(f' error rules_kept configmap="b" error={json.dumps(errors)}')
    assert rules_in_force(door) == "a b" and told(door, "rules_reloaded") == []
    page = door.get("/readyz?verbose")
    assert page[0] == 200 and page[1].startswith(
        f"[+] rules: the newest files are not in force:\n{errors}[+] certificate\n")
    eventually(lambda: door.metric('tidegate_rules_configmap_problem{configmap="b"}') == 1, "the metric")
    metrics = door.get("/metrics")[1]
    assert 'tidegate_rules_problem 1\n' in metrics
    assert f'tidegate_kube_objects{{resource="configmaps",selector="{LABEL}"}} 2\n' in metrics
    assert door.metric(f'tidegate_kube_watch_age_seconds{{resource="configmaps",selector="{LABEL}"}}') >= 0
    done = subprocess.run(["promtool", "check", "metrics"], input=metrics, text=True, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert event_of(cluster, 0) == (
        "RulesRejected", "Warning",
        "its last good version stays in force, for this one has errors:\n" + errors.strip(), "b")

    cluster.put("a", policy("a2"))
    await_rules(door, "a2 b")
    cluster.put("b", {"rules.yaml": "kind: [Polcy\n"})
    eventually(lambda: len(told(door, "rules_kept")) == 2, "another problem")
    assert event_of(cluster, 1)[0] == "RulesRejected"
    assert cluster.events[0]["metadata"]["name"] != cluster.events[1]["metadata"]["name"]

    cluster.put("b", policy("b2"))
    await_rules(door, "a2 b2")
    assert event_of(cluster, 2) == ("RulesAccepted", "Normal", "its rules are in force", "b")
    eventually(lambda: told(door, "rules_accepted") == ['configmap="b"'], "the log")
    assert "not in force" not in door.get("/readyz?verbose")[1]
    assert door.metric("tidegate_rules_problem") == 0
    eventually(lambda: door.metric('tidegate_rules_configmap_problem{configmap="b"}') is None, "the metric")
    assert len(cluster.events) == 3 and len(told(door, "rules_kept")) == 2


def test_what_is_no_rule_file(cluster, start):
    cluster.put("a", policy("a"))
    door = start(*cluster.options, rules="")
    cluster.put("a", {**policy("a2"), "README": "x"}, binary={"image.yaml": "/w=="})
    line = door.events.await_line(lambda text: "rules_kept" in text)
    assert json.loads(line.split(" error=")[1]) == (
        "configmap/a/README: error: this is not a rule file\n"
        "  = give it a name that ends in .yaml, .yml or .json\n"
        "configmap/a/image.yaml: error: this is not UTF-8 text\n")
    assert rules_in_force(door) == "a"


def test_a_directory_and_configmaps(cluster, start, tmp_path):
    rules = tmp_path / "dir"
    rules.mkdir()
    (rules / "d.yaml").write_text(policy("d")["rules.yaml"])
    cluster.put("a", policy("a"))
    door = start(*cluster.options, rules=rules)
    assert rules_in_force(door) == "a d"
    cluster.put("b", policy("d"))
    line = door.events.await_line(lambda text: "rules_kept" in text)
    assert f'Policy \\"d\\" is there twice, first in {rules}/d.yaml line 1' in line
    (rules / "d.yaml").write_text(policy("d2")["rules.yaml"])
    await_rules(door, "a d d2")
    (rules / "d.yaml").write_text(BAD)
    cluster.put("a", policy("a2"))
    line = door.events.await_line(lambda text: f"rules_kept dir=\"{rules}\"" in text)
    assert f'rules_kept dir="{rules}" configmaps="{LABEL}" error=' in line
    assert rules_in_force(door) == "a d d2"
    (rules / "d.yaml").write_text(policy("d3")["rules.yaml"])
    await_rules(door, "a2 d d3")
    eventually(lambda: door.metric("tidegate_rules_problem") == 0, "the metric")


def test_the_last_rules_stay(cluster, start):
    cluster.put("a", policy("a"))
    door = start(*cluster.options, rules="")
    cluster.drop("a")
    line = door.events.await_line(lambda text: "rules_kept" in text)
    problem = f"{PLACE}: error: there is no Policy and no RolloutGuard in it\n1 error\n"
    assert line.endswith(f'rules_kept configmaps="{LABEL}" error={json.dumps(problem)}')
    assert rules_in_force(door) == "a"
    assert door.metric("tidegate_rules_problem") == 1
    cluster.put("c", policy("c"))
    await_rules(door, "c")
    eventually(lambda: door.metric("tidegate_rules_problem") == 0, "the metric")


def test_rules_stay_while_the_api_server_is_away(cluster, start):
    cluster.put("a", policy("a"))
    door = start(*cluster.options, rules="")
    eventually(lambda: cluster.streams, "the watch")
    cluster.end()
    eventually(lambda: f"[-] configmaps: those with {LABEL} are not followed: " in
               door.get("/readyz?verbose")[1], "it says so")
    door.signal(signal.SIGHUP)
    door.events.await_line(lambda text: "rules_reloaded" in text)
    assert rules_in_force(door) == "a"


def test_an_event_holds_nobody_up(cluster, start):
    cluster.holds["events"] = threading.Event()
    cluster.put("a", policy("a"))
    cluster.put("b", policy("b"))
    door = start(*cluster.options, rules="")
    cluster.put("b", {"rules.yaml": BAD})
    eventually(lambda: [call for call in cluster.calls if call["path"].endswith("/events")], "an Event")
    cluster.put("a", policy("a2"))
    await_rules(door, "a2 b")
    assert cluster.events == []


def test_an_event_that_rbac_does_not_allow(cluster, start):
    cluster.refuses.add("events")
    cluster.put("a", policy("a"))
    door = start(*cluster.options, rules="")
    cluster.put("a", {"rules.yaml": BAD})
    line = door.events.await_line(lambda text: "kube_permission_missing" in text)
    assert json.loads(line.split(" error=")[1]) == (
        "may not create, get, patch events in namespace tidegate-system; its Role there "
        'lacks the rule {apiGroups: [""], resources: [events], verbs: [create, get, patch]}')
    [line] = told(door, "event_fails")  # came before
    assert line == 'kind="ConfigMap" namespace="tidegate-system" name="a" error="403: no"'


def test_one_that_was_made_anew_hears_of_its_errors(cluster, start):
    cluster.put("a", policy("a"))
    cluster.put("b", {"rules.yaml": ""})
    door = start(*cluster.options, rules="")
    cluster.put("b", {"rules.yaml": BAD})
    assert event_of(cluster, 0)[0] == "RulesRejected"
    cluster.put("b", {"rules.yaml": BAD}, uid="another")
    assert event_of(cluster, 1)[0] == "RulesRejected"
    assert [event["involvedObject"]["uid"] for event in cluster.events] == ["uid-b", "another"]
    assert rules_in_force(door) == "a"


def test_how_much_is_kept(cluster, start):
    """What is kept beside the texts is less than what is left here."""
    piece = 1024 * 1024
    count = LIMIT_RULES_CONFIGMAPS // piece
    text = "#".ljust(piece - 1024, "x") + "\n"
    cluster.put("a", policy("a"))
    for i in range(count - 1):
        cluster.put(f"m{i}", {"rules.yaml": text})
    door = start(*cluster.options, rules="")
    assert rules_in_force(door) == "a"
    cluster.put("last", {"rules.yaml": text})
    cluster.put("over", {"rules.yaml": text})
    line = door.events.await_line(lambda text: "rules_kept" in text)
    assert json.loads(line.split(" error=")[1]) == (
        f"{PLACE}: error: they are larger than the limit of {count} MiB for all of them, or one of them "
        "cannot be read\n")
    assert rules_in_force(door) == "a"


# --- the start


def begin(cluster):
    return subprocess.Popen([TIDEGATE, "serve", "--listen", "127.0.0.1:0", *cluster.options],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def test_it_does_not_start_with_less_than_all_rules(cluster, authority, tmp_path):
    """One sees a bad ConfigMap, one may not see any, for as long as they wait."""
    cluster.put("a", policy("a"))
    cluster.put("b", {"rules.yaml": BAD})
    bad = begin(cluster)
    event_of(cluster, 0)
    cluster.refuses.add("configmaps")
    blind = begin(cluster)
    said = [process.communicate(timeout=LIMIT_RULES_TIME + PATIENCE)[1] for process in (bad, blind)]
    assert [bad.returncode, blind.returncode] == [2, 2]
    errors = BAD_ERRORS.format("configmap/b/rules.yaml")
    assert said[0].endswith("\n" + errors + "4 errors\n")
    assert f' error rules_rejected configmap="b" error={json.dumps(errors)}\n' in said[0]
    assert said[0].count("rules_rejected") == 1
    assert said[1].endswith(
        f"{PLACE}: error: they are not known: 403: no; its Role lacks the rule "
        '{apiGroups: [""], resources: [configmaps], verbs: [list, watch]}\n')
    assert [event_of(cluster, 0)[:2], len(cluster.events)] == [("RulesRejected", "Warning"), 1]
    assert event_of(cluster, 0)[2] == ("its rules are not in force, for there are errors:\n" + errors.strip())


def test_one_that_is_mended_in_time(cluster, start):
    cluster.put("a", {"rules.yaml": BAD})
    threading.Thread(target=lambda: event_of(cluster, 0) and cluster.put("a", policy("a"))).start()
    door = start(*cluster.options, rules="")
    assert rules_in_force(door) == "a"
    assert event_of(cluster, 1)[:2] == ("RulesAccepted", "Normal")


def test_a_list_that_is_not_whole_yet(cluster, start):
    cluster.holds["configmaps"] = threading.Event()
    cluster.put("a", policy("a"))
    process = begin(cluster)
    eventually(lambda: [call for call in cluster.calls if call["path"].endswith("/configmaps")], "the list")
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 2
    assert f"{PLACE}: error: they are not known: the first list is underway" in said.splitlines()
