"""The plugin of kubectl as krew takes it: https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/"""

import hashlib
import os
import pathlib
import re
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = pathlib.Path(os.environ.get("TIDEGATE", ROOT / "build" / "tidegate")).resolve()


def test_the_archive_is_what_the_manifest_says(tmp_path):
    uri = "https://example.com/kubectl-tidegate.tar.gz"
    for folder in "one", "other":
        subprocess.run([ROOT / "tools/krew-plugin", PROGRAM, uri, tmp_path / folder], check=True)
    archive = (tmp_path / "one" / "kubectl-tidegate.tar.gz").read_bytes()
    assert archive == (tmp_path / "other" / "kubectl-tidegate.tar.gz").read_bytes()
    plugin = yaml.safe_load((tmp_path / "one" / "tidegate.yaml").read_text())
    assert plugin["apiVersion"] == "krew.googlecontainertools.github.com/v1alpha2" and plugin["kind"] == "Plugin"
    assert re.fullmatch(r"v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", plugin["spec"]["version"])
    assert len(plugin["spec"]["shortDescription"]) <= 50
    [one] = plugin["spec"]["platforms"]
    assert one["uri"] == uri and one["sha256"] == hashlib.sha256(archive).hexdigest()
    subprocess.run(["tar", "-xzf", tmp_path / "one" / "kubectl-tidegate.tar.gz", "-C", tmp_path], check=True)
    assert sorted(it["from"] for it in one["files"]) == ["LICENSE", one["bin"]]
    # The libraries are where the build has them.
    env = {**os.environ, "LD_LIBRARY_PATH": str(ROOT / "build/deps/yyjson/lib")}
    done = subprocess.run([tmp_path / one["bin"], "help", "status"], env=env, capture_output=True, text=True)
    assert done.stdout.startswith("usage: kubectl tidegate status "), done
