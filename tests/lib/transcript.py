"""Transcripts: what a person types and every word that comes back, in golden/*.txt.

A transcript has the form of tests/golden/run: files after lines `-- NAME --`, then commands with what
they print. Files below `rules/` are put in force first, the others lie in the folder where the
commands run. A command is alice's, who works in a namespace named like the transcript; beside kubectl
there are

    as USER COMMAND...        as somebody else
    await TEXT COMMAND...     repeats COMMAND until it prints TEXT; prints nothing itself
    running POD               says, as a kubelet would, that the pod runs
    tidegate ...              is the program

In rule files `<now-1h>` and its like is the cron minute and hour of then, in UTC.
What differs from run to run is written <TIME>, <WAIT>, <HASH>, ... in what comes back.
TIDEGATE_UPDATE=1 writes what comes back into the transcripts.
"""

import datetime
import importlib.machinery
import importlib.util
import os
import pathlib
import re
import subprocess

from door import PROGRAM

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE.parent / "system" / "cluster" / "golden"
UPDATE = os.environ.get("TIDEGATE_UPDATE") == "1"


def load_golden_run():
    path = str(HERE.parent / "golden" / "run")
    loader = importlib.machinery.SourceFileLoader("golden_run", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("golden_run", loader))
    loader.exec_module(module)
    return module


golden = load_golden_run()

COMMANDS = """
as() { KUBECONFIG=$KUBE/$1 "${@:2}"; }
await() {
    local text=$1 deadline=$((SECONDS + 60)) seen
    shift
    while seen=$("$@" 2>&1); [[ $seen != *$text* ]]; do
        ((SECONDS < deadline)) || { echo "await: $seen"; return 1; }
        sleep 0.05
    done
}
running() {
    as admin kubectl patch pod "$1" --subresource=status --patch \
        '{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}' >/dev/null
}
"""

VARYING = [
    (r"\S*/kubectl-edit-\d+", "<EDITED>"),
    (r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ [A-Z][a-z]{2}(?: \d{4})? \d\d:\d\d [A-Z]{3,4}\b", "<TIME>"),
    (r"\bin (?:\d+ (?:d|h|min|s) ?)+(?<! )", "in <WAIT>"),
    (r"\d\d:\d\d-\d\d:\d\d", "<HOURS>"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<INSTANT>"),
    (r"\btg1:[0-9a-f]+\b|\b[0-9a-f]{32,64}\b", "<HASH>"),
    (r'("resourceVersion": ?)"\d+"', r'\1"<NUMBER>"'),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<UID>"),
    (r"-[bcdf-hj-np-tv-z2456789]{8,10}-[bcdf-hj-np-tv-z2456789]{5}\b", "-<POD>"),
]


def normalise(text):
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return text


def at(match):
    """<now-1h> as cron's minute and hour."""
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=int(match[1]))
    return f"{then.minute} {then.hour}"


def with_times(text):
    return re.sub(r"<now([+-]\d+)h>", at, text)


class Transcript:
    """One transcript, played in a folder of its own against a cluster."""

    def __init__(self, path):
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.comments, self.files, self.commands = golden.parse(self.text)

    def rules(self):
        return {pathlib.Path(name).name: with_times("".join(lines))
                for name, lines in self.files.items() if name.startswith("rules/")}

    def play(self, cluster, folder):
        """The transcript with what comes back now."""
        for name, lines in self.files.items():
            if not name.startswith("rules/"):
                (folder / name).write_text("".join(lines))
        kube = self._kubeconfigs(cluster, folder)
        env = {**cluster.env("alice"), "KUBE": str(kube), "KUBECONFIG": str(kube / "alice"), "TMPDIR": str(folder)}
        (folder / ".bin").mkdir()
        (folder / ".bin" / "tidegate").symlink_to(PROGRAM.resolve())
        env["PATH"] = f"{folder / '.bin'}:{env['PATH']}"
        results = [self._run(cluster, command, folder, env) for command in self.commands]
        inputs = "".join(f"-- {name} --\n{''.join(lines)}" for name, lines in self.files.items())
        return "".join(self.comments) + inputs + "".join(results)

    def _kubeconfigs(self, cluster, folder):
        """Each user's, with the transcript's namespace as the one they work in."""
        kube = folder / ".kube"
        kube.mkdir()
        for config in (cluster.dir / "kube").iterdir():
            text = config.read_text()
            context = f"cluster: tidegate, namespace: {self.path.stem}"
            (kube / config.name).write_text(text.replace("cluster: tidegate", context, 1))
        return kube

    def _run(self, cluster, command, folder, env):
        done = subprocess.run(
            [*cluster.inside, "bash", "-c", COMMANDS + command], cwd=folder, env=env, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
        )
        out = golden.prefixed(">", normalise(done.stdout))
        err = golden.prefixed("!", normalise(done.stderr))
        return f"$ {command}\n{out}{err}= {done.returncode}\n"
