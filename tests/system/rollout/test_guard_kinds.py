"""StatefulSets and DaemonSets, whose controllers wait for their broken pods."""

import json

import timing
from guarding import guard_of, hold_to_golden, told
from pods import daemon_set, server, service, stateful_set
from testbed import promised

CRASHES = {"crashLoop": {"restarts": 2}}


def test_stateful_set_and_daemon_set(guard, pods):
    """A StatefulSet does not replace a pod that never became ready, so the guard deletes it."""
    made = {"StatefulSet": ("db", stateful_set), "DaemonSet": ("agent", daemon_set)}
    pods.roll_out(*(service(name) for name, _ in made.values()),
                  *(make(name, server("v1")) for name, make in made.values()), within=60)
    guard.guard(guard_of(pods.namespace, fail=CRASHES))
    before = {kind: guard.await_state(pods, name, "Healthy", kind)
              for kind, (name, _) in made.items()}
    # db-1 is the one that is replaced first: db-0 answers all along.
    with pods.client("db") as db, pods.client("agent") as agent:
        pods.apply(*(make(name, server("v2", EXIT_AFTER=0)) for name, make in made.values()))
        for kind, (name, _) in made.items():
            status = guard.await_back(pods, name, kind)
            assert status["hash"] == before[kind]["hash"]
            now = guard.api.workload(pods, name, kind)["status"]
            assert now.get("numberReady", now.get("readyReplicas")) == len(pods.list(name))
        for client in db, agent:
            client.await_version("v1")
    assert db.failures == [] and db.versions() == ["v1"]
    assert agent.failures == [] and agent.versions() == ["v1"]
    for kind, (name, make) in made.items():
        manifest = json.dumps(make(name, server("v2", EXIT_AFTER=0)))
        done = pods.cluster.kubectl("apply", "-n", pods.namespace, "-f", "-", input=manifest)
        assert done.returncode == 1 and "this template failed at" in done.stderr
        trail = timing.Trail(pods.cluster, pods.namespace, name, kind=f"{kind.lower()}s")
        [patch] = trail.patches()
        took = patch - trail.first_pod(timing.ended(2))
        timing.figures.append((kind, "CrashLoop", took, 0))
        assert 0 <= took < promised(2)
    assert timing.Trail(pods.cluster, pods.namespace, "db").deleted_by_guard() == ["db-1"]
    hold_to_golden("describe-statefulset", told(pods.kubectl("describe", "statefulset", "db").stdout))
