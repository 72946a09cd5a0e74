"""How long the guard takes, by the API server's own clock: from the write that a watch shows and
that meets a signal's condition to the guard's patch. README.md of tests/system/cluster shows how."""

import datetime
import json

from fixtures import figures
from guarding import ACCOUNT

PULL = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName"}

# Of `figures` each: trial, signal, seconds from the write to the patch, seconds that the signal has to last.


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Trail:
    """What the audit log has of one workload (a Deployment unless told) since an instant."""

    def __init__(self, cluster, namespace, name, since=0, kind="deployments"):
        self.name, self.kind, self.events = name, kind, []
        with open(cluster.dir / "logs" / "audit.log", encoding="utf-8") as log:
            for line in log:
                if f'"{namespace}"' in line and line.endswith("\n"):
                    event = json.loads(line)
                    if self._at(event) >= since and event["stage"] == "ResponseComplete":
                        self.events.append(event)
        self.events.sort(key=self._at)

    @staticmethod
    def _at(event):
        """When the answer was complete: the write is done, watches show it."""
        return instant(event["stageTimestamp"])

    def _of(self, resource, subresource=None, verbs=("patch", "update"), code=200):
        for event in self.events:
            ref = event["objectRef"]
            if (ref["resource"] == resource and ref.get("subresource") == subresource
                    and event["verb"] in verbs and event["responseStatus"]["code"] == code):
                yield event

    def patches(self, code=200):
        """When each patch of the workload's template by the guard was received that was answered so."""
        return [instant(event["requestReceivedTimestamp"])
                for event in self._of(self.kind, code=code)
                if event["objectRef"]["name"] == self.name
                and event["user"]["username"] == ACCOUNT
                and "/metadata/managedFields" not in json.dumps(event.get("requestObject"))]

    def written(self, user="alice"):
        """When the user wrote the workload last."""
        return [self._at(event) for event in self._of(self.kind)
                if event["objectRef"]["name"] == self.name
                and event["user"]["username"] == user][-1]

    def pods(self):
        """Each status of its pods that was written: when, and the pod."""
        for event in self._of("pods", "status"):
            pod = event.get("responseObject", {})
            if pod.get("metadata", {}).get("labels", {}).get("app") == self.name:
                yield self._at(event), pod

    def first_pod(self, condition):
        """When the first status was written for which condition holds."""
        return next(at for at, pod in self.pods() if condition(pod))

    def placed(self, image):
        """When the first pod with that image was bound to its node."""
        names = {pod["metadata"]["name"] for _, pod in self.pods()
                 if pod["spec"]["containers"][0]["image"].endswith(f":{image}")}
        return next(self._at(event) for event in self._of("pods", "binding", ["create"], 201)
                    if event["objectRef"]["name"] in names)

    def refused(self):
        """When its controller wrote that pods are refused."""
        for event in self._of("deployments", "status"):
            if event["objectRef"]["name"] == self.name:
                for it in event["responseObject"]["status"].get("conditions", []):
                    if it["type"] == "ReplicaFailure" and it["status"] == "True":
                        return self._at(event)
        raise AssertionError("nothing was refused")

    def deleted_by_guard(self):
        """The pods that the guard deleted."""
        return [event["objectRef"]["name"] for event in self._of("pods", None, ["delete"])
                if event["user"]["username"] == ACCOUNT]

    def failed_requests(self, in_a_row):
        """When the last of so many smoke requests of the guard in a row was answered with 500."""
        count = 0
        for event in self.events:
            ref = event["objectRef"]
            if (event["user"]["username"] == ACCOUNT and ref.get("subresource") == "proxy"
                    and ref["name"].split(":")[0] == self.name):
                count = count + 1 if event["responseStatus"]["code"] == 500 else 0
                if count == in_a_row:
                    return self._at(event)
        raise AssertionError(f"no {in_a_row} requests in a row failed")

    def turned_unready(self, times):
        """When a pod had been ready and then not so often."""
        was, count = {}, {}
        for at, pod in self.pods():
            uid, now = pod["metadata"]["uid"], is_ready(pod)
            count[uid] = count.get(uid, 0) + (was.get(uid, False) and not now)
            was[uid] = now
            if count[uid] == times:
                return at
        raise AssertionError(f"no pod was ready and then not {times} times")


def statuses(pod):
    """Of all its containers, with the time none of them has."""
    status = pod["status"]
    return status.get("initContainerStatuses", []) + status.get("containerStatuses", [])


def is_ready(pod):
    return any(it["type"] == "Ready" and it["status"] == "True"
               for it in pod["status"].get("conditions", []))


def ended(times, reason=None):
    """A container ended that often; its last end, and so all of them, for that reason."""
    def condition(pod):
        for status in statuses(pod):
            down = "running" not in status["state"]
            end = status["state"].get("terminated") or status["lastState"].get("terminated") or {}
            if (end and status["restartCount"] + down >= times
                    and reason in (None, end["reason"])):
                return True
        return False
    return condition


def waits(*reasons):
    def condition(pod):
        return any(status["state"].get("waiting", {}).get("reason") in reasons
                   for status in statuses(pod))
    return condition


def is_unschedulable(pod):
    return any(it["type"] == "PodScheduled" and it.get("reason") == "Unschedulable"
               for it in pod["status"].get("conditions", []))


def report(write):
    """The table of all figures, for the end of a run."""
    if not figures:
        return
    write("from what a watch shows to the guard's patch, in seconds")
    for trial, signal, took, lasting in sorted(figures):
        what = f"{signal}, for {lasting} s" if lasting else signal
        write(f"  {trial:<18} {took - lasting:6.3f}  {what}")
    instant_ones = sorted(took for _, _, took, lasting in figures if not lasting)
    if instant_ones:
        write(f"  at once: {len(instant_ones)} of them, median "
              f"{instant_ones[len(instant_ones) // 2]:.3f}, most {instant_ones[-1]:.3f}")
