"""What is in the image, and that it is the same wherever it is built."""

import gzip
import hashlib
import io
import os
import pathlib
import re
import shutil
import ssl
import stat
import subprocess
import tarfile

from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from conftest import BUILT, NAME, ROOT, Image

USER = 65532


def members(image):
    for digest in image.layers:
        with tarfile.open(fileobj=io.BytesIO(image.blob(digest))) as tar:
            yield from tar


def entries(root):
    """Everything below root as (path in the image, lstat)."""
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = pathlib.Path(folder, name)
            yield path.relative_to(root), path.lstat()


# --- the archive


def test_blobs_are_what_their_names_say(image):
    for path, data in image.contents.items():
        if path.startswith("blobs/sha256/"):
            assert hashlib.sha256(data).hexdigest() == pathlib.PurePath(path).name
    assert [len(image.blob(layer["digest"])) for layer in image.manifest["layers"]] == \
        [layer["size"] for layer in image.manifest["layers"]]
    assert image.config["rootfs"]["diff_ids"] == [
        "sha256:" + hashlib.sha256(gzip.decompress(image.blob(d))).hexdigest() for d in image.layers]


def test_the_folder_is_the_archive(image):
    layout = BUILT / "oci"
    found = {str(p.relative_to(layout)): p.read_bytes() for p in layout.rglob("*") if p.is_file()}
    assert found == image.contents


def test_the_configuration(image):
    config = image.config["config"]
    assert config["User"] == f"{USER}:{USER}"
    assert config["Entrypoint"] == ["/usr/bin/tidegate"]
    assert config["Cmd"][:3] == ["serve", "--rules", "/etc/tidegate/rules"]
    assert config["ExposedPorts"] == {"8443/tcp": {}}
    assert config["StopSignal"] == "SIGTERM"
    assert "Env" not in config
    labels = {key.removeprefix("org.opencontainers.image."): value
              for key, value in config["Labels"].items()}
    assert labels["version"] == (ROOT / "VERSION").read_text().strip()
    assert labels["licenses"] == "Apache-2.0"
    assert labels["created"] == image.config["created"]
    assert image.manifest["annotations"] == config["Labels"]


def test_another_checkout_makes_the_same(image, tmp_path):
    """Elsewhere, under another umask and zone, in another language: of the same commit."""
    there = tmp_path / "a folder of another name" / "checkout"
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, there / name)
    git = subprocess.run(["git", "-C", ROOT, "rev-parse", "--absolute-git-dir"], check=True,
                         text=True, capture_output=True).stdout.strip()
    (there / "build").mkdir()
    (there / "build" / "deps").symlink_to(ROOT / "build" / "deps")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    environment |= {"GIT_DIR": git, "GIT_WORK_TREE": str(there), "TZ": "Asia/Kolkata", "LANG": "C"}
    subprocess.run(["make", "-s", f"-j{os.cpu_count()}", "image", f"IMAGE={NAME}"], cwd=there, env=environment,
                   check=True, umask=0o077)
    other = Image(there / "build" / "image" / "tidegate.tar")
    assert other.digest == image.digest
    for name in ("tidegate.tar", "tidegate.spdx.json"):
        assert (there / "build/image" / name).read_bytes() == (BUILT / name).read_bytes()
    objects = "build/libtidegate.a"  # which are not stripped
    assert (there / objects).read_bytes() == (ROOT / objects).read_bytes()


# --- the files


def test_owners_modes_and_kinds(image):
    for member in members(image):
        assert (member.uid, member.gid) == (0, 0), member.name
        assert member.isfile() or member.isdir() or member.issym(), member.name
        assert not member.mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX), member.name
        assert member.issym() or not member.mode & (stat.S_IWGRP | stat.S_IWOTH), member.name


def test_only_the_program_and_the_loader_are_executable(root):
    found = {str(path) for path, is_ in entries(root) if stat.S_ISREG(is_.st_mode) and is_.st_mode & 0o111}
    assert len(found) == 2
    assert "usr/bin/tidegate" in found
    assert any("/ld-linux" in path for path in found)


def test_links_stay_inside(root):
    for path, is_ in entries(root):
        if stat.S_ISLNK(is_.st_mode):
            assert (root / path).resolve().is_relative_to(root), path
            assert (root / path).exists(), path


def test_nothing_of_this_machine(image):
    """No certificate of its own, no path of the checkout."""
    for digest in image.layers:
        data = gzip.decompress(image.blob(digest))
        assert str(ROOT).encode() not in data
    for path in pathlib.Path("/usr/local/share/ca-certificates").glob("*.crt"):
        body = path.read_bytes().strip().splitlines()[1]
        assert all(body not in gzip.decompress(image.blob(d)) for d in image.layers), path


def inside(root, *argv):
    return subprocess.run(["/usr/sbin/chroot", f"--userspec={USER}:{USER}", root, "/usr/bin/tidegate", *argv],
                          text=True, capture_output=True, env={})


def test_it_runs_from_its_own_files(root):
    assert inside(root, "--version").stdout.startswith("tidegate ")
    checked = inside(root, "check", "--rules", "/etc/tidegate/rules")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_ca_that_cannot_be_written_is_told(root):
    served = inside(root, "serve", "--rules", "/etc/tidegate/rules")
    assert (served.returncode, served.stderr) == (2, 'tidegate serve: the CA of its own certificate cannot '
        'be written to "/tmp": No such file or directory; --ca-out takes another file, or /dev/stderr\n')


def test_authorities_can_be_read(root):
    found = ssl.create_default_context(cafile=root / "etc/ssl/certs/ca-certificates.crt").get_ca_certs()
    assert len(found) > 100


def test_zones_by_every_name(root):
    here = pathlib.Path("/usr/share/zoneinfo")
    for name in ("UTC", "Europe/Paris", "US/Eastern", "Asia/Calcutta", "America/Argentina/Ushuaia"):
        if (here / name).exists():
            assert (root / "usr/share/zoneinfo" / name).read_bytes() == (here / name).read_bytes()


# --- what is said of them


def test_the_sbom_is_valid(sbom):
    said = validate_full_spdx_document(JsonLikeDictParser().parse(sbom))
    assert [message.validation_message for message in said] == []


def test_the_sbom_has_the_codes_of_what_packages_hold(sbom):
    """SPDX 2.3, section 7.9.1"""
    sums = {f["SPDXID"]: f["checksums"][0]["checksumValue"] for f in sbom["files"]}
    for package in sbom["packages"]:
        held = sorted(sums[it["relatedSpdxElement"]] for it in sbom["relationships"]
                      if it["spdxElementId"] == package["SPDXID"] and it["relatedSpdxElement"] in sums)
        code = hashlib.sha1("".join(held).encode()).hexdigest()
        assert bool(held) == package["filesAnalyzed"]
        assert not held or package["packageVerificationCode"] == {"packageVerificationCodeValue": code}


def test_the_sbom_names_every_file_and_whose_it_is(sbom, root, image):
    files = {f["SPDXID"]: f for f in sbom["files"]}
    named = {f["fileName"].removeprefix("./"): f["checksums"][1]["checksumValue"] for f in sbom["files"]}
    there = {str(path): hashlib.sha256((root / path).read_bytes()).hexdigest()
             for path, is_ in entries(root) if stat.S_ISREG(is_.st_mode)}
    assert named == there
    holders = {}
    for it in sbom["relationships"]:
        if it["relationshipType"] == "CONTAINS" and it["relatedSpdxElement"] in files:
            holders.setdefault(it["relatedSpdxElement"], []).append(it["spdxElementId"])
    assert set(holders) == set(files)
    assert all(len(of) == 1 for of in holders.values())
    whole = next(p for p in sbom["packages"] if p["SPDXID"] == "SPDXRef-Image")
    assert whole["checksums"][0]["checksumValue"] == image.digest.removeprefix("sha256:")


def test_every_package_has_its_licence_and_its_record(sbom, root):
    names = {p["name"] for p in sbom["packages"]} - {NAME, "tidegate"}
    assert {"libc6", "tzdata", "ca-certificates", "base-files"} <= names
    for name in names:
        assert (root / "usr/share/doc" / name / "copyright").read_text()
        record = (root / "var/lib/dpkg/status.d" / name).read_text()
        version = next(p["versionInfo"] for p in sbom["packages"] if p["name"] == name)
        assert f"Package: {name}\n" in record and f"Version: {version}\n" in record


def test_licences_that_are_named_are_there(root):
    for file in (root / "usr/share/doc").glob("*/copyright"):
        for name in re.findall(r"/usr/share/common-licenses/([A-Z][\w.-]*\w)", file.read_text()):
            assert (root / "usr/share/common-licenses" / name).exists(), f"{file.parent.name}: {name}"
