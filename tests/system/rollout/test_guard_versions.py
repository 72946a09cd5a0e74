"""What comes after a failure: the next version, the same one again, a person's word, the brake."""

import json
import time

import timing
from door import PROGRAM
from guarding import guard_of, hold_to_golden, order, roll_back, told
from pods import deployment, server, service
from testbed import eventually

CRASHES = {"crashLoop": {"restarts": 2}}
BROKEN = {"waiting": {"for": "1s"}}


def good(name, image="v1", **spec):
    return deployment(name, server(image), **{"replicas": 1, **spec})


def bad(name, image="v2", **spec):
    """Ends at once; the guards here wait for it to end twice."""
    return deployment(name, server(image, EXIT_AFTER=0), **{"replicas": 1, **spec})


def wants_settings(name, image="v2"):
    """Cannot start before somebody makes the ConfigMap `settings`."""
    made = server(image)
    made["env"].append({"name": "COLOUR", "valueFrom": {
        "configMapKeyRef": {"name": "settings", "key": "colour"}}})
    return deployment(name, made, replicas=1)


def begin(guard, pods, *guards, names):
    """v1 of each of the names is healthy, and known to be."""
    pods.roll_out(*(service(it) for it in names), *(good(it) for it in names), within=60)
    guard.guard(*guards)
    for name in names:
        guard.await_state(pods, name, "Healthy")


def apply(pods, manifest, user="alice"):
    return pods.cluster.kubectl("apply", "-n", pods.namespace, "-f", "-", user=user,
                                input=json.dumps(manifest))


def release(pods, name, user):
    """As the denial says."""
    return pods.cluster.run_inside([PROGRAM, "release", "-n", pods.namespace, f"deployment/{name}"], user)


def image_of(guard, pods, name):
    spec = guard.api.workload(pods, name)["spec"]["template"]["spec"]
    return spec["containers"][0]["image"].rpartition(":")[2]


def test_bad_after_bad(guard, pods):
    """v1 good, v2 bad, v3 bad: back to v1, whether v3 comes after v2 was undone or before."""
    begin(guard, pods, guard_of(pods.namespace, fail=CRASHES), names=["later", "sooner"])
    with pods.client("later") as client:
        pods.apply(bad("later"), bad("sooner"))
        guard.await_status(pods, "sooner", "v2 is seen", lambda r: r["images"] == "app:v2")
        pods.apply(bad("sooner", "v3"))
        guard.await_back(pods, "later")
        pods.apply(bad("later", "v3"))
        for name in "later", "sooner":
            status = guard.await_status(
                pods, name, "is back from v3", lambda r: r["state"] == "Healthy"
                and [it["images"] for it in r["failed"]][-1:] == ["app:v3"])
            assert status["images"] == "app:v1"
            assert image_of(guard, pods, name) == "v1"
    assert client.failures == [] and client.versions() == ["v1"]
    assert [it["images"] for it in guard.status(pods, "later")["failed"]] == ["app:v2", "app:v3"]


def test_a_template_that_is_never_taken_up(guard, pods):
    """No ReplicaSet is made of it: its controller does not get beyond that, and the rollout ends all the same."""
    begin(guard, pods, guard_of(pods.namespace, deadline="10s"), names=["stuck"])
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "full"},
             "spec": {"hard": {"count/replicasets.apps": "1"}}}
    pods.apply(quota, user="admin")
    eventually(lambda: pods.get("resourcequota", "full").get("status", {}).get("used"), "the quota counts")
    pods.apply(good("stuck", "v2"))
    status = guard.await_back(pods, "stuck")
    assert image_of(guard, pods, "stuck") == "v1"
    [failed] = status["failed"]
    assert (failed["cause"], failed["images"]) == ("Deadline", "app:v2")
    assert "its controller has not seen the template yet" in failed["words"]


def test_never_twice_for_one_template(guard, pods):
    """With the quarantine off the failed version can come again, and then it stays."""
    act = roll_back(quarantine=False)
    begin(guard, pods, guard_of(pods.namespace, fail=CRASHES, onFailure=act), names=["shop"])
    pods.apply(bad("shop"))
    guard.await_back(pods, "shop")
    pods.apply(bad("shop"))
    status = guard.await_state(pods, "shop", "Failed")
    assert "it was rolled back before, and was deployed again" in status["words"]
    first, again = eventually(lambda: len(guard.events(pods, "shop", "RolloutFailed")) == 2
                              and guard.events(pods, "shop", "RolloutFailed"), "it is told")
    assert "failed and is rolled back to app:v1" in first["note"]
    assert "failed and is not rolled back: it was rolled back before" in again["note"]
    assert image_of(guard, pods, "shop") == "v2"
    assert len(timing.Trail(pods.cluster, pods.namespace, "shop").patches()) == 1


def test_who_applies_it_again_and_again(guard, pods):
    """As Argo CD's selfHeal does, every 5 s; meanwhile the healthy version can be restarted."""
    begin(guard, pods, guard_of(pods.namespace, fail=CRASHES), names=["shop"])
    with pods.client("shop") as client:
        pods.apply(bad("shop"))
        guard.await_back(pods, "shop")
        for _ in range(4):
            done = apply(pods, bad("shop"))
            assert done.returncode == 1 and "denied the request" in done.stderr
            assert image_of(guard, pods, "shop") == "v1"
            assert guard.status(pods, "shop")["state"] == "Healthy"
            time.sleep(5)
        pods.kubectl("rollout", "restart", "deployment/shop")
        pods.kubectl("rollout", "status", "deployment/shop", "--timeout=30s")
        client.await_version("v1")
    assert client.failures == [] and client.versions() == ["v1"]
    guard.await_state(pods, "shop", "Healthy")
    assert len(guard.events(pods, "shop", "RolloutFailed")) == 1
    hold_to_golden("denied", done.stderr)


def test_release(guard, pods):
    """Once released, the same template can be deployed, and is judged like any other."""
    act = roll_back(release={"groups": ["release-managers"]})
    begin(guard, pods, guard_of(pods.namespace, fail={**CRASHES, **BROKEN}, onFailure=act),
          names=["mended", "bad"])
    versions = {"mended": wants_settings("mended"), "bad": bad("bad")}
    pods.apply(*versions.values())
    for name in versions:
        guard.await_back(pods, name)
    pods.kubectl("create", "configmap", "settings", "--from-literal=colour=blue")

    assert release(pods, "mended", "alice").returncode == 1
    for name, manifest in versions.items():
        assert apply(pods, manifest).returncode == 1
        assert release(pods, name, "bob").returncode == 0
        guard.await_event(pods, name, "Released")
        assert apply(pods, manifest).returncode == 0
    guard.await_state(pods, "mended", "Healthy", images="app:v2")
    guard.await_status(pods, "bad", "failed twice", lambda r: [
        it["what"] for it in r["history"]].count("RolledBack") == 2 and r["state"] == "Healthy")
    assert image_of(guard, pods, "bad") == "v1"
    assert apply(pods, versions["bad"]).returncode == 1


def test_milder_acts(guard, pods):
    """mode: audit, onFailure: pause and notify, and nothing healthy to go back to."""
    ns = pods.namespace
    begin(guard, pods, guard_of(ns, "audits", fail=CRASHES, mode="audit"),
          guard_of(ns, "pauses", fail=CRASHES, onFailure="pause"),
          guard_of(ns, "notifies", fail=CRASHES, onFailure="notify"),
          guard_of(ns, "first", fail=CRASHES), names=["audits", "pauses", "notifies"])
    told_of = {
        "audits": "failed and would go back to revision 1 (app:v1) (mode: audit)",
        "pauses": "is paused",
        "notifies": "onFailure is notify",
        "first": "there is nothing healthy to go back to",
    }
    pods.apply(*(bad(name) for name in told_of))
    for name, words in told_of.items():
        guard.await_state(pods, name, "Failed")
        note = guard.await_event(pods, name, "RolloutFailed")["note"]
        assert words in note and "app v2 ends with code 1" in note
        assert image_of(guard, pods, name) == "v2"
        trail = timing.Trail(pods.cluster, ns, name)
        assert len(trail.patches()) == (name == "pauses")
        assert apply(pods, bad(name)).returncode == 0  # nothing is in quarantine
        assert not guard.events(pods, name, "RolledBack")
    assert guard.api.workload(pods, "pauses")["spec"]["paused"] is True
    [line] = guard.news(pods, "audits", news="RolloutFailed")
    assert line["audit"] is True
    hold_to_golden("describe-audit", told(pods.kubectl("describe", "deployment", "audits").stdout))


def test_brake(guard, pods):
    """Three fail at once, two are rolled back, and the third calls for a person."""
    names = ["one", "two", "three"]
    act = roll_back(brake={"namespace": 2, "all": 1000})
    begin(guard, pods, guard_of(pods.namespace, fail=CRASHES, onFailure=act), names=names)
    pods.apply(*(bad(name) for name in names))
    for name in names:
        guard.await_step(pods, name, "Failed")

    def by_state():
        states = [guard.status(pods, name)["state"] for name in names]
        return sorted(states) == ["Failed", "Healthy", "Healthy"] and states
    states = eventually(by_state, "two are back", 30)
    [left] = [name for name, state in zip(names, states) if state == "Failed"]
    note = guard.await_event(pods, left, "RolloutFailed")["note"]
    assert "2 rollbacks in" in note and "a person has to decide" in note
    assert image_of(guard, pods, left) == "v2"
    # A person's order passes the brake.
    pods.kubectl("annotate", "deployment", left,
                 f"tidegate.dev/rollback={order(guard.status(pods, left)['hash'])}")
    guard.await_back(pods, left)
    assert image_of(guard, pods, left) == "v1"
