"""A real Prometheus in the cluster's network, as tests use it. README.md shows how."""

import contextlib
import json
import os
import pathlib
import subprocess
import threading
import urllib.parse

from testbed import NODE, eventually

HERE = pathlib.Path(__file__).parent
DEPS = pathlib.Path(os.environ.get("DEPS", HERE.parent.parent / "build" / "deps"))
PORT = 9090

CONFIG = """
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s, query_log_file: QUERIES}
scrape_configs:
  - job_name: pods
    file_sd_configs: [{files: [targets.json]}]
"""


def targets(pods):
    """The running pods that have a port named http, as file_sd_configs wants them."""
    return [
        {"targets": [f"{pod['status']['podIP']}:{port['containerPort']}"],
         "labels": {"namespace": pod["metadata"]["namespace"], "pod": pod["metadata"]["name"],
                    "app": pod["metadata"]["labels"]["app"]}}
        for pod in pods if "podIP" in pod["status"]
        for container in pod["spec"]["containers"]
        for port in container.get("ports", []) if port.get("name") == "http"
    ]


class Prometheus(contextlib.AbstractContextManager):
    """Scrapes each second the port named http of every pod with a label app, for as long as the
    block lasts. The samples have the labels namespace, app and pod. Debian's has no discovery by
    the Kubernetes API, so a thread writes the pods into a file; a new one is found within some 6 s.
    """

    url = f"http://{NODE}:{PORT}"

    def __init__(self, cluster, folder):
        self.cluster, self.dir = cluster, folder
        self._done = threading.Event()
        self._follower = threading.Thread(target=self._follow_pods)

    def __enter__(self):
        config = self.dir / "prometheus.yml"
        config.write_text(CONFIG.replace("QUERIES", str(self.dir / "queries")))
        self._write_targets()
        argv = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.dir / 'tsdb'}",
                f"--web.listen-address={NODE}:{PORT}"]
        path = f"{os.environ['PATH']}:{DEPS / 'bin'}"
        with open(self.dir / "prometheus.log", "wb") as log:
            self._process = self.cluster.popen_inside(argv, env={**os.environ, "PATH": path},
                                                      stdout=log, stderr=subprocess.STDOUT)
        self._follower.start()
        try:
            eventually(self._ready, "Prometheus is ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        self._done.set()
        self._follower.join()
        self._process.kill()
        self._process.wait()

    def _write_targets(self):
        found = self.cluster.items("pods", "--all-namespaces", "-l", "app")
        (self.dir / "targets.new").write_text(json.dumps(targets(found)))
        (self.dir / "targets.new").rename(self.dir / "targets.json")

    def _follow_pods(self):
        while not self._done.wait(0.5):
            with contextlib.suppress(AssertionError):  # while there is no API server
                self._write_targets()

    def _ready(self):
        assert self._process.poll() is None, (self.dir / "prometheus.log").read_text()
        with contextlib.suppress(OSError):
            return self.cluster.http_get(NODE, PORT, "/-/ready")[0] == 200

    def queries(self, expression):
        """When each query of this expression was answered, RFC 3339, and what time it asked for."""
        with open(self.dir / "queries", encoding="utf-8") as log:
            found = [json.loads(line) for line in log]
        return [(it["ts"], it["params"]["start"]) for it in found if it["params"]["query"] == expression]

    def query(self, expression, **more):
        """What an instant query answers: a list of (labels, value). more: time=..."""
        query = urllib.parse.urlencode({"query": expression, **more})
        status, text = self.cluster.http_get(NODE, PORT, f"/api/v1/query?{query}")
        assert status == 200, text
        return [(it["metric"], float(it["value"][1])) for it in json.loads(text)["data"]["result"]]
