"""Tidegate as the webhook of a running cluster, as tests use it. README.md shows how."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import ssl

from testbed import API_PORT, NODE, SERVER_NAME, eventually, rule

HERE = pathlib.Path(__file__).parent
PROGRAM = pathlib.Path(os.environ.get("TIDEGATE", HERE.parent.parent / "build" / "tidegate"))
PORT = 8443

# Everything, in every namespace: what must not be in the way has to be seen by the gate.
EVERYTHING = [{**rule("*"), "apiVersions": ["*"], "resources": ["*/*"]}]

# Something has to be in force before the first test puts its own rules there.
IDLE = {"idle.yaml": """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: idle}
spec:
  match: {namespaces: [nowhere], workloads: all}
  rules: [{id: nothing, podSecurity: {controls: [runAsUser]}}]
"""}


class Door:
    """A Tidegate that the API server asks. Its rule files are replaced by use()."""

    port = PORT

    def __init__(self, cluster, folder):
        self.cluster, self.dir = cluster, folder
        self.process = None
        self._sets = 0
        self.link_rules(IDLE)

    # --- the process

    def start(self, *options, wrapped_by=()):
        argv = [*wrapped_by, PROGRAM.resolve(), "serve", "--rules", self.dir / "rules", "--listen",
                f"{NODE}:{self.port}", "--ca-out", self.dir / "ca.pem", *options]
        with open(self.dir / "decisions", "ab") as out, open(self.dir / "stderr", "ab") as err:
            before = self.said("listening on")
            self.process = self.cluster.popen_inside(argv, stdout=out, stderr=err)

        def is_up():
            assert self.process.poll() is None, (self.dir / "stderr").read_text()
            return self.said("listening on") > before

        eventually(is_up, "tidegate listens")

    def stop(self):
        """Ends it as an impatient person does, by a second signal; it must end well."""
        before = self.said("info stopping")
        self.process.terminate()
        eventually(lambda: self.said("info stopping") > before or self.process.poll() is not None,
                   "the first signal is heard")
        self.process.terminate()
        assert self.process.wait(20) == 0, (self.dir / "stderr").read_text()

    def register(self, **fields):
        self.cluster.register_webhook((self.dir / "ca.pem").read_text(), port=self.port, **fields)

    def said(self, text):
        """How many lines of its standard error have text."""
        try:
            return (self.dir / "stderr").read_text().count(text)
        except FileNotFoundError:
            return 0

    @contextlib.contextmanager
    def namespace(self, name):
        """A namespace for as long as the block lasts."""
        admin = {"user": "admin", "check": True}
        self.cluster.kubectl("create", "namespace", name, **admin)
        try:
            yield name
        finally:
            self.cluster.kubectl("delete", "namespace", name, "--wait=false", **admin)

    # --- rules

    def link_rules(self, files):
        """Puts a new folder of rule files in place, at once, as the kubelet does with a ConfigMap."""
        self._sets += 1
        folder = self.dir / f"rules-{self._sets}"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
        (self.dir / "next").symlink_to(folder)
        (self.dir / "next").rename(self.dir / "rules")

    def use(self, files):
        """Puts rule files (name to text) in force and returns when they are."""
        self.link_rules(files)
        for _ in range(2):  # a reload that began before the files were there may end after it
            self.reload("rules_reloaded")

    def reload(self, outcome):
        """Asks for a reload and awaits what comes of it: rules_reloaded or rules_kept."""
        before = self.said(outcome)
        self.process.send_signal(signal.SIGHUP)
        try:
            eventually(lambda: self.said(outcome) > before, outcome)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{(self.dir / 'stderr').read_text()}") from None

    # --- what it tells

    def decisions(self, **wanted):
        """The lines of its decision log in which each key has the value wanted."""
        lines = (self.dir / "decisions").read_text(encoding="utf-8").split("\n")[:-1]
        found = [json.loads(line) for line in lines]
        return [d for d in found if all(d.get(k) == v for k, v in wanted.items())]

    def await_decision(self, **wanted):
        """The newest such line: the log may come just after the answer."""
        return eventually(lambda: self.decisions(**wanted), f"a decision {wanted}")[-1]

    def get(self, path):
        """Its own pages, as Prometheus or a kubelet reads them: status and text."""
        context = ssl.create_default_context(cafile=self.dir / "ca.pem")
        return Https(self.cluster, self.port, context, SERVER_NAME).ask("GET", path)

    def metric(self, sample):
        """The value of a sample, named with its labels as /metrics writes it; 0 without one."""
        return read_sample(self.get("/metrics")[1], re.escape(sample))


def read_sample(text, pattern):
    """The sum of the samples of a metrics page whose name and labels match."""
    return sum(float(value) for value in re.findall(rf"(?m)^{pattern} (\S+)$", text))


def reviews_answered(cluster):
    """How many reviews the API server has had answered, by the gate and by the probe beside it."""
    page = cluster.kubectl("get", "--raw", "/metrics", user="admin", check=True).stdout
    return int(read_sample(page, r"apiserver_admission_webhook_request_total"
                                 r'\{code="(?:200|403)",name="(?:probe\.)?gate\.tidegate\.dev".*\}'))


class Https(http.client.HTTPSConnection):
    """A connection to the node, made inside the cluster's network."""

    def __init__(self, cluster, port, context, name):
        super().__init__(name, port, context=context, timeout=30)
        self.cluster = cluster

    def connect(self):
        plain = self.cluster.connect(NODE, self.port, self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)

    def ask(self, method, path, body=None, content="application/json"):
        text = None if body is None else json.dumps(body)
        self.request(method, path, body=text, headers={"Content-Type": content})
        answer = self.getresponse()
        return answer.status, answer.read().decode()


def connect(cluster, user="alice"):
    """A connection to the API server as user, for what kubectl is too slow or too careful for."""
    certs = cluster.dir / "certs"
    context = ssl.create_default_context(cafile=certs / "ca.crt")
    context.load_cert_chain(certs / f"{user}.crt", certs / f"{user}.key")
    return Https(cluster, API_PORT, context, NODE)
