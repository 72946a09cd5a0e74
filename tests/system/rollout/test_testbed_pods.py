"""The test bed's node: what trials deploy on it really runs, and fails in the ways they need."""

import contextlib
import pathlib
import subprocess

from fixtures import CLUSTER, running_cluster
from pods import Pods, daemon_set, deployment, server, service, stateful_set, worker
from prometheus import Prometheus
from testbed import eventually

PULLED_NEVER = "registry.test/app:no-such-tag"


def terminated(status):
    """How the container ended last, whether it waits, runs again or is down."""
    return status["state"].get("terminated") or status["lastState"].get("terminated") or {}


def test_rollout_loses_no_request(pods):
    pods.roll_out(service("shop"), deployment("shop", server("v1")))
    assert pods.ask("shop") == (200, "v1\n")
    with pods.client("shop") as client:
        pods.roll_out(deployment("shop", server("v2")))
        client.await_version("v2")
        eventually(lambda: len(pods.items("pods")) == 2, "v1's pods are gone")
    assert client.failures == []
    assert client.versions() == ["v1", "v2"]


def test_client_sees_failures(pods):
    pods.roll_out(service("shop"), deployment("shop", server("v1", STATUS=500)))
    with pods.client("shop") as client:
        eventually(lambda: client.failures, "a failed answer")
        pods.kubectl("delete", "deployment", "shop")
        eventually(lambda: client.failures[-1][1] == 0, "no connection")
    assert client.failures[0][1:] == (500, "v1\n")


def test_stateful_set_and_daemon_set(pods):
    pods.roll_out(service("db"), stateful_set("db", server("v1")), daemon_set("agent", server("v2")))
    assert pods.ask("db") == (200, "v1\n")
    assert [pod["metadata"]["name"] for pod in pods.list("db")] == ["db-0", "db-1"]
    assert len(pods.list("agent")) == 1


def test_crash_loop(pods):
    pods.apply(deployment("shop", server(EXIT_AFTER=0, EXIT_CODE=3), replicas=1))
    pods.await_waiting("shop", "CrashLoopBackOff")
    status = pods.await_status("shop", "a restart", lambda s: s["restartCount"] >= 2)
    assert (terminated(status)["reason"], terminated(status)["exitCode"]) == ("Error", 3)
    [pod] = pods.list("shop")
    log = pods.kubectl("logs", pod["metadata"]["name"]).stdout
    assert log.splitlines()[-1] == "app v1 ends with code 3"


def test_out_of_memory(pods):
    pods.apply(deployment("shop", server(EAT_AFTER=0), replicas=1))
    status = pods.await_status("shop", "an end", terminated)
    assert (terminated(status)["reason"], terminated(status)["exitCode"]) == ("OOMKilled", 137)


def test_failed_pull(pods):
    pods.apply(deployment("shop", server(PULLED_NEVER), replicas=1))
    status = pods.await_waiting("shop", "ErrImagePull")
    assert PULLED_NEVER in status["state"]["waiting"]["message"]


def test_unschedulable(pods):
    pods.apply(deployment("shop", server(), replicas=1, pod={"nodeSelector": {"disk": "ssd"}}))
    [event] = eventually(lambda: pods.events("FailedScheduling"), "an event")
    assert "didn't match Pod's node affinity/selector" in event["message"]


def test_quota_denial(pods):
    pods.kubectl("create", "quota", "one", "--hard=pods=1")
    eventually(lambda: pods.get("quota", "one")["status"].get("used"), "the quota is in force")
    pods.apply(deployment("shop", server()))
    event = eventually(lambda: pods.events("FailedCreate"), "an event")[0]
    assert "exceeded quota: one" in event["message"]


def test_failing_init_container(pods):
    pods.apply(deployment("shop", server(), replicas=1,
                          pod={"initContainers": [worker("migrate", EXIT_AFTER=0, EXIT_CODE=2)]}))
    status = pods.await_status("shop", "an end", terminated, name="migrate")
    assert terminated(status)["exitCode"] == 2


def test_failing_sidecar(pods):
    sidecar = {**worker("proxy", EXIT_AFTER=0), "restartPolicy": "Always"}
    pods.apply(deployment("shop", server(), replicas=1, pod={"initContainers": [sidecar]}))
    pods.await_status("shop", "a restart", lambda s: s["restartCount"] >= 1, name="proxy")


def test_readiness(pods):
    pods.apply(deployment("never", server(READY=503)), deployment("hangs", server(HANG=1)))
    pods.roll_out(deployment("flaps", server(FLAP=3), replicas=1))
    for ready in False, True:
        pods.await_status("flaps", f"ready is {ready}", lambda s: s["ready"] is ready)
    for app in "never", "hangs":
        assert [s["ready"] for s in pods.statuses(app)] == [False, False]


def test_service_proxy_of_the_api_server(cluster, pods):
    pods.roll_out(service("shop"), deployment("shop", server("v3", HEALTH=500), replicas=1))
    url = f"/api/v1/namespaces/{pods.namespace}/services/shop:http/proxy"
    assert cluster.kubectl("get", "--raw", f"{url}/").stdout == "v3\n"
    assert cluster.kubectl("get", "--raw", f"{url}/health").returncode == 1


def test_prometheus_scrapes_pods(cluster, pods, tmp_path):
    pods.roll_out(deployment("shop", server(ERROR_PERCENT=20), replicas=1))
    share = (f'sum(rate(http_errors_total{{namespace="{pods.namespace}",app="shop"}}[10s]))'
             f' / sum(rate(http_requests_total{{namespace="{pods.namespace}",app="shop"}}[10s]))')
    with Prometheus(cluster, tmp_path) as prometheus:
        assert prometheus.query("no_such_metric") == []
        eventually(lambda: any(0.1 < value < 0.3 for _, value in prometheus.query(share)),
                   "the share of errors")


def left_of(folder, netns):
    """What of a cluster's node shows on the machine."""
    named = [it for root in ("/sys/fs/cgroup", "/run/netns") for level in ("", "*/")
             for it in pathlib.Path(root).glob(level + netns)]
    mounts = pathlib.Path("/proc/mounts").read_text().splitlines()
    return [*named, *(it for it in (*commands(), *mounts) if str(folder) in it)]


def commands():
    """The command lines of all processes of the machine."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            yield (process / "cmdline").read_text(errors="replace")


def test_two_nodes(pods, tmp_path):
    """A second cluster comes and goes, and the first one's pods answer all along."""
    pods.roll_out(service("shop"), deployment("shop", server("v1")))
    folder = tmp_path / "second"
    with pods.client("shop") as client:
        with running_cluster(folder, "--node") as second:
            netns = (folder / "netns").read_text().strip()
            Pods(second, "default").roll_out(deployment("shop", server("v2")))
            assert left_of(folder, netns)
        assert not folder.exists() and left_of(folder, netns) == []
        client.await_version("v1")
    assert client.failures == [] and client.versions() == ["v1"]


def test_down_after_killed_up(tmp_path):
    """up is killed when the kubelet runs already, down leaves nothing."""
    folder = tmp_path / "killed"
    with subprocess.Popen([CLUSTER / "up", "--node", folder], stderr=subprocess.DEVNULL) as up:
        kubelet = folder / "node" / "var" / "lib" / "kubelet" / "pods"
        eventually(kubelet.exists, "the kubelet runs", within=60)
        up.kill()
    netns = (folder / "netns").read_text().strip()
    assert left_of(folder, netns)
    subprocess.run([CLUSTER / "down", folder], check=True)
    assert not folder.exists() and left_of(folder, netns) == []
