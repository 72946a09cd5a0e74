"""The image as `make image` left it, and a cluster with a node that has it."""

import json
import os
import pathlib
import subprocess
import tarfile

import pytest

from fixtures import namespace, pytest_runtest_makereport, running_cluster  # noqa: F401
from pods import Pods

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILT = pathlib.Path(os.environ.get("BUILT", ROOT / "build" / "image"))
NAME = os.environ["IMAGE"]


class Image:
    """What is in an archive of `make image`."""

    def __init__(self, archive):
        self.archive = archive
        with tarfile.open(archive) as tar:
            self.contents = {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}
        self.index = json.loads(self.contents["index.json"])
        self.digest = self.index["manifests"][0]["digest"]
        self.manifest = json.loads(self.blob(self.digest))
        self.config = json.loads(self.blob(self.manifest["config"]["digest"]))
        self.layers = [layer["digest"] for layer in self.manifest["layers"]]

    def blob(self, digest):
        return self.contents["blobs/" + digest.replace(":", "/")]


@pytest.fixture(scope="session")
def image():
    return Image(BUILT / "tidegate.tar")


@pytest.fixture(scope="session")
def sbom():
    return json.loads((BUILT / "tidegate.spdx.json").read_text())


@pytest.fixture(scope="session")
def root(image, tmp_path_factory):
    """The image's files, unpacked."""
    folder = tmp_path_factory.mktemp("root")
    folder.chmod(0o755)
    for digest in image.layers:
        subprocess.run(["tar", "-C", folder, "-xpzf", "-"], input=image.blob(digest), check=True)
    return folder


@pytest.fixture(scope="session")
def cluster(tmp_path_factory, image):
    """A cluster with a node that has the image."""
    with running_cluster(tmp_path_factory.mktemp("cluster"), "--node") as made:
        made.import_images(image.archive)
        yield made


@pytest.fixture
def pods(cluster, namespace):  # noqa: F811
    return Pods(cluster, namespace)
