"""Pods that nobody runs: they have the status that a kubelet would write, at once and as told.

What a trial is about is then the guard and not Kubernetes' back-off, and a hundred rollouts cost as
much as one. README.md of tests/system/cluster shows how."""

import contextlib
import http.client
import json
import threading
import urllib.parse

from door import connect

# No scheduler answers to this name, so no kubelet ever sees the pod.
NOBODY = "played"
PATCH = "application/strategic-merge-patch+json"
STARTED = "2026-01-01T00:00:00Z"
READY_TYPES = "Ready", "ContainersReady"


def app(image):
    """A container for deployment() and its like. How it does is PlayedNode's."""
    return {"name": "app", "image": f"app:{image}"}


def played(workload):
    """The workload of pods.py, its pods for PlayedNode only."""
    workload["spec"]["template"]["spec"]["schedulerName"] = NOBODY
    return workload


def well(uid):
    return True, {"ready": True, "restartCount": 0, "state": {"running": {"startedAt": STARTED}}}


def slow(uid):
    """Runs, and is not ready."""
    return False, {"ready": False, "restartCount": 0, "state": {"running": {"startedAt": STARTED}}}


def crash(uid):
    """Has ended three times, and waits for its next start."""
    end = {"exitCode": 1, "reason": "Error", "startedAt": STARTED, "finishedAt": STARTED,
           "containerID": f"containerd://{uid}-2"}
    return False, {"ready": False, "restartCount": 2, "lastState": {"terminated": end},
                   "state": {"waiting": {"reason": "CrashLoopBackOff"}}}


def status_of(pod, how):
    ready, container = how(pod["metadata"]["uid"])
    conditions = [{"type": it, "status": str(ready)} for it in READY_TYPES]
    statuses = [{"name": it["name"], "image": it["image"], "imageID": "", "started": ready,
                 "containerID": f"containerd://{pod['metadata']['uid']}-3", **container}
                for it in pod["spec"]["containers"]]
    return {"status": {"phase": "Running", "startTime": STARTED, "containerStatuses": statuses,
                       "conditions": [{"type": "PodScheduled", "status": "True"},
                                      {"type": "Initialized", "status": "True"}, *conditions]}}


class PlayedNode(contextlib.AbstractContextManager):
    """Writes the status of each played pod of the cluster for as long as the block lasts: that of
    its image, `well` where nothing else is told. Without an API server it tries again."""

    def __init__(self, cluster, **hows):
        """By the image's tag: v2=crash."""
        self.cluster = cluster
        self.hows = hows
        self._lock = threading.RLock()
        self._pods = {}  # by uid: pod, and how it was written last
        self._patches = self._watch = None
        self._ended = False
        self._away = threading.Event()
        self._thread = threading.Thread(target=self._follow)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._ended = True
        self._away.set()
        with contextlib.suppress(OSError, AttributeError):
            self._watch.sock.shutdown(2)
        self._thread.join()

    def play(self, **hows):
        """From now on pods of these images do so, those that are there too."""
        with self._lock:
            self.hows.update(hows)
            for uid in list(self._pods):
                self._write(uid)

    # --- following

    def _follow(self):
        while not self._ended:
            try:
                self._list_and_watch()
            except (OSError, http.client.HTTPException, ValueError):
                self._patches = None
            self._away.wait(0.1)

    def _list_and_watch(self):
        what = "/api/v1/pods?fieldSelector=" + urllib.parse.quote(f"spec.schedulerName={NOBODY}")
        self._watch = connect(self.cluster, "admin")
        with contextlib.closing(self._watch):
            status, text = self._watch.ask("GET", what)
            listed = json.loads(text)
            if status != 200:
                return
            with self._lock:
                self._pods = {pod["metadata"]["uid"]: self._pods.get(pod["metadata"]["uid"], (pod, None))
                              for pod in listed["items"]}
                self.play()
            version = listed["metadata"]["resourceVersion"]
            self._watch.request("GET", f"{what}&watch=1&timeoutSeconds=5&resourceVersion={version}")
            for line in self._watch.getresponse():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                self._saw(event["type"], event["object"])

    def _saw(self, kind, pod):
        uid = pod["metadata"]["uid"]
        with self._lock:
            if kind == "DELETED":
                self._pods.pop(uid, None)
            elif uid not in self._pods:
                self._pods[uid] = pod, None
                self._write(uid)

    def _write(self, uid):
        pod, before = self._pods[uid]
        tag = pod["spec"]["containers"][0]["image"].partition(":")[2]
        how = self.hows.get(tag, well)
        if how is before:
            return
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/status"
        try:
            self._patches = self._patches or connect(self.cluster, "admin")
            status, text = self._patches.ask("PATCH", path, status_of(pod, how), PATCH)
        except (OSError, http.client.HTTPException):
            self._patches = None  # the watch ends too, and all is listed again
            return
        assert status != 422, text
        if status == 200:
            self._pods[uid] = pod, how
