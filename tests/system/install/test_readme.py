"""What the README says that people type, from `helm install` to `helm uninstall`."""

import re
import time

from conftest import CHART, GOLDEN, ROOT
from fixtures import figures
from guarding import hold_to_golden
from testbed import eventually

# What the API server or its controllers put into each namespace, or renew by themselves.
OTHERS = re.compile(r"events?(\.events\.k8s\.io)?/|endpointslices.*/|namespaces?/tidegate-system|pods?/"
                    r"|serviceaccounts?/.*/default$|configmaps?/.*/kube-root-ca.crt$|leases.*/kube-node-lease/")


def commands():
    """The lines of the section that are typed one after the other, but for what builds the image."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    section = page.partition("\n## Install\n")[2].partition("\n## ")[0]
    [block] = re.findall(r"(?s)```sh\n(.*?)```", section)
    return [line for line in block.splitlines() if not line.startswith("make ")]


def inventory(cluster):
    """All objects of the cluster, as KIND/NAMESPACE/NAME."""
    kinds = cluster.kubectl("api-resources", "--verbs=list", "-o", "name", user="admin", check=True).stdout.split()
    found = cluster.kubectl(
        "get", ",".join(kinds), "-A", "-o", "go-template={{range .items}}{{.kind}}s/{{.metadata.namespace}}/"
        "{{.metadata.name}}{{\"\\n\"}}{{end}}", user="admin", check=True).stdout.lower()
    return {line for line in found.replace("<no value>/", "").splitlines() if not OTHERS.match(line)}


def await_nothing_left(cluster, before):
    left = set()

    def is_clean():
        left.clear()
        left.update(inventory(cluster) - before)
        return not left

    try:
        eventually(is_clean, "nothing is left")
    except AssertionError:
        raise AssertionError(f"left behind: {left}") from None


def test_as_the_readme_says(cluster, release):
    before = inventory(cluster)
    began, denied = time.monotonic(), None
    for line in commands():
        if line.endswith("# is denied"):
            denied = denied or eventually(lambda: "denied the request" in (said := release.shell(line).stderr)
                                          and said, line)
            continue
        done = release.shell(line)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}{release.said()}"
        if line.startswith("helm install"):
            figures.append(f"helm install --wait: {time.monotonic() - began:.1f} s")
        if line.endswith("# warns"):
            assert "Warning: " in done.stderr, done.stderr
    hold_to_golden("readme", denied.partition("error: ")[2], GOLDEN)
    eventually(lambda: release.pods() == [], "its pods are gone")
    release.forget("smarthr360")
    await_nothing_left(cluster, before)


def test_the_first_denial(release):
    """From `helm install` on, with rules that deny, and without waiting for anything but that."""
    began = time.monotonic()
    release.helm("install tidegate", CHART, "--set rules.starter=deny")
    line = "kubectl create deployment first --image=nginx --dry-run=server"
    eventually(lambda: "breaks 3 rules" in release.shell(line).stderr, "the first denial")
    figures.append(f"from helm install to the first denial: {time.monotonic() - began:.1f} s")
