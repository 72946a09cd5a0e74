"""A rule set with a rule of each mode, and `tidegate eval` over what a test writes."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("TIDEGATE", str(ROOT / "build" / "tidegate"))

RULES = """apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata: {name: shop}
spec:
  match: {kinds: [ConfigMap]}
  rules:
    - {id: denies, fields: [{path: data.deny, absent: true}]}
    - {id: denies-too, fields: [{path: data.deny, absent: true}]}
    - {id: warns, mode: warn, fields: [{path: data.warn, absent: true}]}
    - {id: audits, mode: audit, fields: [{path: data.audit, absent: true}]}
    - id: cannot-tell
      onError: warn
      match: {namespaces: [unknown], namespaceLabels: {team: red}}
      fields: [{path: data, absent: true}]
"""


class Eval:
    def __init__(self, folder):
        self.folder = folder
        (folder / "rules").mkdir()
        (folder / "rules" / "shop.yaml").write_text(RULES)

    def command(self, *arguments):
        return [PROGRAM, "eval", "--rules", "rules", *arguments]

    def write(self, name, *configmaps):
        """A file of ConfigMaps, each (name, data), one JSON document a line."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(
            json.dumps({"apiVersion": "v1", "kind": "ConfigMap",
                        "metadata": {"name": n, "namespace": "shop"}, "data": data}) + "\n"
            for n, data in configmaps))
        return name

    def __call__(self, *arguments):
        """The exit code and standard output."""
        done = subprocess.run(self.command(*arguments), cwd=self.folder, capture_output=True,
                              env={"TERM": "xterm", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")})
        return done.returncode, done.stdout


@pytest.fixture
def evaluate(tmp_path):
    return Eval(tmp_path)
