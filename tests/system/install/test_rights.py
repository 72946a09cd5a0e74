"""What it may do, as the chart gives it, beside what it does: nothing is missing, and nothing is too much."""

import itertools
import json

import pytest

import yaml
from guarding import ACCOUNT, guard_of
from pods import daemon_set, deployment, server, service, stateful_set

# What no test can await.
RARE = {
    ("delete", "", "configmaps", ""): "a record goes 30 days after its workload",
    ("get", "", "configmaps", ""): "a record that somebody else wrote meanwhile is read again",
    ("get", "apps", "daemonsets", ""): "what is undone is read again when somebody else wrote it meanwhile",
    ("get", "apps", "statefulsets", ""): "the same",
    ("get", "apps", "deployments", ""): "the same",
    ("get", "apps", "replicasets", ""): "a revision whose template the store had no room for",
    ("get", "apps", "controllerrevisions", ""): "the same",
    ("get", "", "events", ""): "one that is written again within the hour is counted",
    ("patch", "", "events", ""): "the same",
}

# What whoever has an account may ask: the role system:basic-user.
EVERYBODY = ("create", "authorization.k8s.io", "selfsubjectaccessreviews")


def granted(release):
    """(verb, group, resource, name) of each right in the chart's roles."""
    rights = set()
    for role in yaml.safe_load_all(release.helm("get manifest tidegate")):
        if role and role["kind"] in ("Role", "ClusterRole"):
            for rule in role["rules"]:
                rights |= set(itertools.product(rule["verbs"], rule["apiGroups"], rule["resources"],
                                                rule.get("resourceNames", [""])))
    return rights


def used(release):
    """The same of each call of its account that the API server has on record, and those that it refused. An earlier
    release lost its rights amid its end: what it did then does not count."""
    calls, refused = set(), []
    for event in release.cluster.audit_events()[release.recorded:]:
        if event["user"].get("username") != ACCOUNT or "objectRef" not in event:
            continue
        ref = event["objectRef"]
        resource = "/".join(filter(None, (ref["resource"], ref.get("subresource"))))
        calls.add((event["verb"], ref.get("apiGroup", ""), resource, ref.get("name", "")))
        if event["responseStatus"].get("code") == 403:
            refused.append(event["responseStatus"]["message"])
    return calls, refused


@pytest.fixture
def exercised(installed, pods):
    """One of each kind fails and goes back, with last words and a smoke request."""
    names = {"Deployment": "web", "StatefulSet": "db", "DaemonSet": "agent"}
    makers = {"Deployment": deployment, "StatefulSet": stateful_set, "DaemonSet": daemon_set}
    smoke = [{"service": "web", "port": 80, "path": "/", "delay": "1s", "period": "1s", "failures": 3}]
    guards = [guard_of(pods.namespace, name, fail={"crashLoop": {"restarts": 2},
                                                   **({"http": smoke} if name == "web" else {})})
              for name in names.values()]
    pods.roll_out(*(service(name) for name in names.values()),
                  *(makers[kind](name, server("v1")) for kind, name in names.items()))
    installed.use("guards", {"guards.yaml": "---\n".join(json.dumps(it) + "\n" for it in guards)})
    for kind, name in names.items():
        installed.await_state(pods, name, "Healthy", kind)
    pods.apply(*(makers[kind](name, server("v2", EXIT_AFTER=0)) for kind, name in names.items()))
    for kind, name in names.items():
        installed.await_back(pods, name, kind)
        installed.await_event(pods, name, "RolledBack")
    yield
    installed.forget("guards")


def covers(right, call):
    return right[:3] == call[:3] and right[3] in ("", call[3])


@pytest.mark.usefixtures("exercised")
def test_rights_are_what_is_used(installed):
    rights = granted(installed)
    calls, refused = used(installed)
    assert refused == []
    assert {call for call in calls if call[:3] != EVERYBODY and not any(covers(it, call) for it in rights)} == set()
    assert {it for it in rights - set(RARE) if not any(covers(it, call) for call in calls)} == set()
    assert set(RARE) <= rights
