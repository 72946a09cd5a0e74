"""What tests deploy on a cluster with a node, and how they watch it. README.md shows how."""

import contextlib
import http.client
import threading
import time

from testbed import eventually

IMAGES = "registry.test/app"

# --- manifests


def container(name, image="v1", **env):
    """A container of the image's tag (or of another image); env is what images/app.c reads."""
    return {
        "name": name,
        "image": image if "/" in image else f"{IMAGES}:{image}",
        "env": [{"name": key, "value": str(value)} for key, value in env.items()],
        "resources": {"limits": {"memory": "64Mi"}},
    }


def server(image="v1", **env):
    """The container `app`, which serves, and is asked each second whether it is ready."""
    return {
        **container("app", image, **env),
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 1,
                           "failureThreshold": 1},
    }


def worker(name, image="v1", **env):
    """A container that listens nowhere: an init container, or one beside the server."""
    return container(name, image, HANG=1, **env)


def workload(kind, name, containers, pod, spec):
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers, **(pod or {})}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def deployment(name, *containers, pod=None, **spec):
    """Two pods of containers, of which none is taken away before another one is ready. pod adds
    to the pod's spec (pod={"initContainers": [...]}), spec to the Deployment's (replicas=3)."""
    update = {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    return workload("Deployment", name, list(containers), pod,
                    {"replicas": 2, "strategy": update, **spec})


def stateful_set(name, *containers, pod=None, **spec):
    """Two pods of containers, which come one after the other. It needs a service of its name."""
    return workload("StatefulSet", name, list(containers), pod,
                    {"replicas": 2, "serviceName": name, **spec})


def daemon_set(name, *containers, pod=None, **spec):
    """One pod of containers, as there is one node, not taken away before the new one is ready."""
    update = {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    return workload("DaemonSet", name, list(containers), pod, {"updateStrategy": update, **spec})


def service(name):
    """Port 80 of the pods that the workload of this name makes."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name},
                 "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    }


# --- watching


class Pods:
    """The workloads of one namespace. What is said of an app is said of the pods labelled so."""

    def __init__(self, cluster, namespace):
        self.cluster, self.namespace = cluster, namespace
        eventually(lambda: self.get("serviceaccount", "default"), "the namespace's service account")

    def kubectl(self, *args, user="alice", check=True):
        return self.cluster.kubectl(*args, "-n", self.namespace, user=user, check=check)

    def get(self, *args):
        return self.cluster.get(*args, "-n", self.namespace)

    def items(self, *args):
        return self.cluster.items(*args, "-n", self.namespace)

    def apply(self, *objects, user="alice"):
        self.cluster.apply(*objects, user=user, namespace=self.namespace)

    def roll_out(self, *objects, within=60):
        """Applies objects and returns when the workloads among them have rolled out, and each
        service among them answers: kube-proxy takes a second or more to hear of a new one."""
        self.apply(*objects)
        for it in objects:
            if "template" in it["spec"]:
                self.kubectl("rollout", "status", f"{it['kind']}/{it['metadata']['name']}",
                             f"--timeout={within}s")
        for it in objects:
            if it["kind"] == "Service":
                name = it["metadata"]["name"]
                eventually(lambda name=name: self.ask(name)[0], f"an answer of service {name}", within)

    def list(self, app):
        """The pods of app that are not on their way out."""
        found = self.items("pods", "-l", f"app={app}")
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def statuses(self, app, name="app"):
        """What the kubelet says of the container name, an init container too, in each pod."""
        return [status for pod in self.list(app)
                for key in ("initContainerStatuses", "containerStatuses")
                for status in pod["status"].get(key, []) if status["name"] == name]

    def await_status(self, app, what, condition, name="app", within=60):
        """The status of the first container for which condition holds."""
        def found():
            return [status for status in self.statuses(app, name) if condition(status)]

        return eventually(found, f"{app}: {what}", within)[0]

    def await_waiting(self, app, reason, name="app", within=60):
        """Until a container waits for this reason: CrashLoopBackOff, ErrImagePull, ..."""
        return self.await_status(
            app, reason, lambda s: s["state"].get("waiting", {}).get("reason") == reason, name, within)

    def events(self, reason=None):
        """The events of the namespace, each with involvedObject, reason, message, count."""
        found = self.items("events")
        return [event for event in found if reason in (None, event["reason"])]

    def address(self, name):
        """The address of the service."""
        return self.get("service", name)["spec"]["clusterIP"]

    def ask(self, name, path="/"):
        """Status and text of one request to the service; status 0 and the reason without one."""
        return ask(self.cluster, self.address(name), path)

    def client(self, name, path="/"):
        return Client(self.cluster, self.address(name), path)


def ask(cluster, address, path):
    try:
        return cluster.http_get(address, 80, path, timeout=10)
    except (OSError, http.client.HTTPException) as e:
        return 0, f"{type(e).__name__}: {e}"


def ask_from_inside(address, path):
    """The same of a thread that is in the cluster's network."""
    connection = http.client.HTTPConnection(address, 80, timeout=10)
    try:
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException) as e:
        return 0, f"{type(e).__name__}: {e}"


class Client(contextlib.AbstractContextManager):
    """Asks a service ten times a second for as long as the block lasts, and keeps every answer
    as (instant of the question by time.monotonic(), status, text); see ask()."""

    def __init__(self, cluster, address, path="/"):
        self.cluster, self.address, self.path = cluster, address, path
        self.answers = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._ask_all_along)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._done.set()
        self._thread.join()

    def _ask_all_along(self):
        self.cluster.enter_network()
        due = time.monotonic()
        while not self._done.wait(max(0, due - time.monotonic())):
            instant = time.monotonic()
            self.answers.append((instant, *ask_from_inside(self.address, self.path)))
            due = max(due + 0.1, instant)

    @property
    def failures(self):
        return [answer for answer in self.answers if answer[1] != 200]

    def versions(self):
        """The texts that came, each once, in the order in which they came first."""
        return list(dict.fromkeys(text.strip() for _, status, text in self.answers if status == 200))

    def await_version(self, version, within=60):
        """Until an answer to a question from now on is version."""
        seen = len(self.answers)
        eventually(lambda: any(text.strip() == version for _, _, text in self.answers[seen:]),
                   f"an answer {version}", within)
