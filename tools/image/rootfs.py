"""What is in the image: files, folders and links, each with the package that it came with."""

import dataclasses
import pathlib
import re

import debian

USER = 65532
RULES = "etc/tidegate/rules"
AUTHORITIES = "/usr/share/ca-certificates"
CA_BUNDLE = "etc/ssl/certs/ca-certificates.crt"
ZONES = pathlib.Path("/usr/share/zoneinfo")
NOT_ZONES = "localtime", "posix", "right"
NAMES = {
    "etc/passwd": f"root:x:0:0:root:/:/sbin/nologin\ntidegate:x:{USER}:{USER}::/:/sbin/nologin\n",
    "etc/group": f"root:x:0:\ntidegate:x:{USER}:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


@dataclasses.dataclass
class Entry:
    """A file with its bytes, a link with its target, or a folder with neither."""

    data: bytes | None = None
    link: str | None = None
    mode: int = 0o755
    package: debian.Package | None = None  # None: ours


class Tree(dict):
    """{path without a leading slash: Entry}; folders come with what is in them."""

    def add(self, path, entry):
        path = str(path).lstrip("/")
        for folder in reversed(pathlib.PurePath(path).parents[:-1]):
            self.setdefault(str(folder), Entry())
        assert path not in self or self[path] == entry, path
        self[path] = entry

    def add_file(self, path, data, package=None, mode=0o644):
        self.add(path, Entry(data=data, mode=mode, package=package))

    def packages(self):
        return sorted({id(e.package): e.package for e in self.values() if e.package}.values())


def base(program, deps):
    """What the program stands on: it changes only when Debian's packages do."""
    tree, packages = Tree(), debian.Packages(deps)
    add_libraries(tree, packages, program)
    add_zones(tree, packages)
    add_authorities(tree, packages)
    release = packages.named("base-files")
    tree.add_file("usr/lib/os-release", pathlib.Path("/usr/lib/os-release").read_bytes(), release)
    tree.add("etc/os-release", Entry(link="../usr/lib/os-release", mode=0o777, package=release))
    for path, text in NAMES.items():
        tree.add_file(path, text.encode())
    add_records(tree, release)
    return tree


def own(program, source):
    """The program, the starter rules and the licence."""
    tree = Tree()
    tree.add_file("usr/bin/tidegate", program.read_bytes(), mode=0o755)
    for file in sorted((source / "rules/starter").glob("*.yaml")):
        tree.add_file(f"{RULES}/{file.name}", file.read_bytes())
    tree.add_file("usr/share/doc/tidegate/LICENSE", (source / "LICENSE").read_bytes())
    return tree


def add_libraries(tree, packages, program):
    """The libraries, by the names that programs ask for, where the loader looks by itself."""
    found, loader = debian.libraries(program, packages.deps / "yyjson/lib")
    home = pathlib.Path("usr/lib") / found["libc.so.6"].resolve().parent.name
    for name, path in found.items():
        tree.add_file(home / name, path.read_bytes(), packages.owner(path))
    # Programs name their loader by a path: /lib64/ld-linux-x86-64.so.2, /lib/ld-linux-aarch64.so.1
    tree.add_file(f"usr{loader}", loader.read_bytes(), packages.owner(loader), mode=0o755)
    for folder in {"lib", loader.parts[1]}:
        tree.add(folder, Entry(link=f"usr/{folder}", mode=0o777))


def add_zones(tree, packages):
    """Every zone by every name. Left out are the doubles, those with leap seconds, the machine's
    own, and tables for programs that ask people where they are."""
    for name in ("tzdata", "tzdata-legacy"):
        if name == "tzdata-legacy" and not (debian.DOC / name).exists():
            continue
        package = packages.named(name)
        for path in packages.files(name):
            if not path.is_relative_to(ZONES) or path.relative_to(ZONES).parts[0] in NOT_ZONES:
                continue
            if path.is_symlink():
                tree.add(path, Entry(link=str(path.readlink()), mode=0o777, package=package))
            elif (data := path.read_bytes()).startswith(b"TZif"):
                tree.add_file(path, data, package)


def add_authorities(tree, packages):
    """The bundle of the package's certificates alone: that of this machine may hold others."""
    package = packages.named("ca-certificates")
    found = [path for path in packages.files("ca-certificates") if path.is_relative_to(AUTHORITIES)]
    texts = (path.read_bytes().strip() + b"\n" for path in sorted(found))
    tree.add_file(CA_BUNDLE, b"".join(texts), package)


def add_records(tree, base_files):
    """Of each package what dpkg says of it, where scanners look for it, and its licences."""
    licences = set()
    for package in tree.packages():
        tree.add_file(f"var/lib/dpkg/status.d/{package.name}", package.control.encode(), package)
        tree.add_file(f"usr/share/doc/{package.name}/copyright", package.copyright.encode(), package)
        licences |= set(re.findall(r"/usr/share/common-licenses/([\w.-]*\w)", package.copyright))
    for name in sorted(licences):
        path = pathlib.Path("/usr/share/common-licenses") / name
        if path.exists() and not path.is_dir():
            tree.add_file(path, path.read_bytes(), base_files)
