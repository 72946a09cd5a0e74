"""The rule packs hold at a real API server what their examples say: each good one is admitted, and so
are the pods that come of it; each bad one is denied by the rules that it names.

The clock is the real one, so the windows of the packs are moved: open, but for those of the rule
that an example breaks. The approvals in the examples keep their template hashes, which eval computed
of the manifest and the API server's defaults are to lead to as well; only their time is moved.
"""

import datetime
import pathlib
import re

import pytest

from testbed import eventually
from transcript import with_times

RULES = pathlib.Path(__file__).resolve().parents[3] / "rules"
EXAMPLES = sorted(RULES.glob("*/examples/*.yaml"))
GOOD = [path for path in EXAMPLES if path.name.startswith("good")]
BAD = [path for path in EXAMPLES if path.name.startswith("bad-")]

# Windows around now and far from it, by what they are to do: (key, is it to be closed).
WINDOWS = {
    ("deny", True): '{schedule: "<now-2h> * * *", duration: 5h, timeZone: UTC}',
    ("deny", False): '{schedule: "<now+6h> * * *", duration: 5h, timeZone: UTC}',
    ("allow", True): '{schedule: "<now+6h> * * *", duration: 5h, timeZone: UTC}',
    ("allow", False): '{schedule: "<now-2h> * * *", duration: 5h, timeZone: UTC}',
}


def name(path):
    return str(path.relative_to(RULES).with_suffix("")).replace("/examples", "")


def asked(text):
    """What the comments at the head of an example say: breaks, by."""
    return dict(re.findall(r"^# (breaks|by): (.*)$", text, re.M))


def move_windows(text, closed):
    """The rule file with every window open now, but for those of the rules that are to be closed."""
    lines, rule, key = [], "", ""
    for line in text.splitlines(keepends=True):
        rule = (re.match(r" *- id: (\S+)", line) or [0, rule])[1]
        key = (re.match(r" *(deny|allow):", line) or [0, key])[1]
        if "{schedule:" in line:
            line = re.sub(r"\{schedule:.*\}", WINDOWS[key, rule in closed], line)
        lines.append(line)
    return with_times("".join(lines))


def pack_of(path, closed):
    return {file.name: move_windows(file.read_text(), closed)
            for file in sorted(path.parent.parent.glob("*.yaml"))}


def manifest_of(path):
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=10)
    return re.sub(r"until \S+", f"until {until:%Y-%m-%dT%H:%M:%SZ}", path.read_text())


def make_places(cluster, text):
    """The namespaces and service accounts that a manifest speaks of."""
    accounts = set(re.findall(r"serviceAccountName: (\S+)", text))
    for place in set(re.findall(r"^  namespace: (\S+)", text, re.M)):
        if not cluster.get("namespace", place):
            cluster.kubectl("create", "namespace", place, user="admin", check=True)
        for account in accounts | {"default"}:
            if not cluster.get("serviceaccount", account, "-n", place):
                cluster.kubectl("create", "serviceaccount", account, "-n", place, user="admin")


def create(cluster, text):
    """What the example's person gets of `kubectl create`; RBAC lets this person do anything."""
    user, *groups = asked(text).get("by", "alice deployers").split()
    who = [f"--as={user}", *(f"--as-group={group}" for group in [*groups, "system:masters"])]
    return cluster.kubectl("create", "-f", "-", *who, user="admin", input=text)


def has_its_pods(item):
    """Whether a ReplicaSet or StatefulSet has as many pods as it wants."""
    return item["status"].get("replicas") == item["spec"]["replicas"]


def await_pods(cluster, place):
    """The controllers make the pods that a Deployment asks for: no rule is in their way."""
    def complete():
        found = cluster.items("deployments,replicasets,statefulsets", "-n", place)
        return all(has_its_pods(item) for item in found)

    eventually(complete, f"the pods of {place}")


@pytest.mark.parametrize("path", GOOD, ids=name)
def test_good_example_is_admitted(door, path):
    text = manifest_of(path)
    door.use(pack_of(path, ()))
    make_places(door.cluster, text)
    done = create(door.cluster, text)
    try:
        assert done.returncode == 0 and "Warning" not in done.stderr, done.stderr
        await_pods(door.cluster, re.search(r"^  namespace: (\S+)", text, re.M)[1])
    finally:
        remove(door.cluster, text)


def remove(cluster, text):
    cluster.kubectl("delete", "--ignore-not-found", "-f", "-", user="admin", input=text, check=True)


@pytest.mark.parametrize("path", BAD, ids=name)
def test_bad_example_is_denied(door, path):
    text = manifest_of(path)
    broken = set(asked(text)["breaks"].split(", "))
    door.use(pack_of(path, broken))
    make_places(door.cluster, text)
    done = create(door.cluster, text)
    denied = re.findall(r"breaks \d+ rules?: (.*)$", done.stderr, re.M)
    warned = re.findall(r"^Warning: ([\w-]+): ", done.stderr, re.M)
    assert {rule for part in denied for rule in part.split(", ")} | set(warned) == broken, done.stderr
    assert done.returncode == (1 if denied else 0)
    remove(door.cluster, text)
