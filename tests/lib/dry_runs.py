"""Writes without a pause, each of which the API server asks its webhooks about."""

import http.client
import threading

from door import connect

PATHS = {"ConfigMap": "/api/v1/namespaces/{}/configmaps", "Deployment": "/apis/apps/v1/namespaces/{}/deployments"}


class DryRuns:
    """Makes an object again and again, as dry runs, for as long as the block lasts. `good` counts those
    that were taken, `failures` has what came of the others."""

    def __init__(self, cluster, namespace, obj, threads=2):
        self.cluster, self.obj = cluster, obj
        self.path = PATHS[obj["kind"]].format(namespace) + "?dryRun=All"
        self.good, self.failures, self.over = 0, [], False
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def ask(self, connection=None):
        """One: status and text."""
        return (connection or connect(self.cluster)).ask("POST", self.path, self.obj)

    def run(self):
        connection = connect(self.cluster)
        while not self.over:
            try:
                status, text = self.ask(connection)
            except (OSError, http.client.HTTPException) as error:
                status, text = 0, repr(error)
                connection.close()
            if status == 201:
                self.good += 1
            else:
                self.failures.append(text)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        for thread in self.threads:
            thread.join()
