"""Helm, and the chart in the variants that are tested: values in variants/, what comes of them in golden/."""

import os
import pathlib
import subprocess

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CHART = ROOT / "helm" / "tidegate"
PROGRAM = pathlib.Path(os.environ.get("TIDEGATE", ROOT / "build" / "tidegate")).resolve()
VERSION = (ROOT / "VERSION").read_text().strip()
UPDATE = os.environ.get("TIDEGATE_UPDATE") == "1"
VARIANTS = sorted(path.stem for path in (HERE / "variants").glob("*.yaml"))
NAMESPACES = {"other-namespace": "gates"}  # else tidegate-system
HELM = pathlib.Path(subprocess.run([ROOT / "tools" / "build-go", HERE], check=True, text=True,
                                   stdout=subprocess.PIPE).stdout.strip()) / "helm"


def namespace_of(variant):
    return NAMESPACES.get(variant, "tidegate-system")


def helm(*args):
    """Runs Helm where it finds no cluster, and no files of who runs the tests."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    return subprocess.run([HELM, *map(str, args)], cwd=ROOT, env=env, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL)


def values_of(variant):
    return HERE / "variants" / f"{variant}.yaml"


def render(variant, *options):
    """What `helm template` prints for a variant, the test of `helm test` included."""
    done = helm("template", "tidegate", CHART, "-n", namespace_of(variant), "-f", values_of(variant),
                *options)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def objects(variant, *options):
    return [o for o in yaml.safe_load_all(render(variant, *options)) if o]


def one(variant, kind):
    [found] = [o for o in objects(variant) if o["kind"] == kind]
    return found


def hold_to_golden(name, text):
    """Compares with golden/NAME, or writes it with TIDEGATE_UPDATE=1."""
    path = HERE / "golden" / name
    text = text.replace(VERSION, "<VERSION>")
    if UPDATE:
        path.write_text(text)
    assert text == path.read_text(), f"{path} (TIDEGATE_UPDATE=1 writes what is printed now)"
