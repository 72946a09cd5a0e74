"""Whose a file of this machine is: the Debian packages that the image is made of."""

import os
import pathlib
import platform
import re
import subprocess

DOC = pathlib.Path("/usr/share/doc")


class Package:
    """A package by its control paragraph, and its copyright file. The release is the codename of
    that which it is of, None where nothing says it."""

    def __init__(self, control, copyright_file, release=None):
        self.release = release
        self.control = control.strip() + "\n"
        self.copyright_file = copyright_file
        self.fields = dict(re.findall(r"^([\w-]+): (.*)$", self.control, re.M))
        self.name = self.fields["Package"]
        self.version = self.fields["Version"]
        self.architecture = self.fields["Architecture"]

    @property
    def copyright(self):
        return self.copyright_file.read_text(encoding="utf-8", errors="replace")

    def __lt__(self, other):
        return self.name < other.name


class Packages:
    """The packages of this machine, and those that tools/deps unpacked below the folder deps."""

    def __init__(self, deps):
        self.deps = deps.resolve()
        self._known = {}
        system = platform.freedesktop_os_release()
        if system["ID"] != "debian":
            raise SystemExit(f'image: this is "{system["ID"]}", it takes Debian')
        self.release = system["VERSION_CODENAME"]

    def named(self, name):
        if name not in self._known:
            control = run("dpkg-query", "--status", name)
            control = re.sub(r"^Conffiles:\n( .*\n)*", "", control, flags=re.M)
            self._known[name] = Package(control, DOC / name.partition(":")[0] / "copyright",
                                        self.release)
        return self._known[name]

    def owner(self, path):
        """The package that path came with."""
        path = path.resolve()
        if path.is_relative_to(self.deps):
            return self._unpacked(self.deps / path.relative_to(self.deps).parts[0])
        for name in spellings(path):
            found = subprocess.run(["dpkg-query", "--search", name], text=True, capture_output=True)
            if found.returncode == 0:
                return self.named(found.stdout.partition(": ")[0])
        raise SystemExit(f'image: "{path}" is of no Debian package')

    def _unpacked(self, folder):
        if folder not in self._known:
            self._known[folder] = Package((folder / "control").read_text(), folder / "copyright")
        return self._known[folder]

    def files(self, name):
        """The files of package name as they are on this machine, links included."""
        listed = run("dpkg-query", "--listfiles", name).splitlines()
        return [p for p in map(pathlib.Path, listed) if p.is_symlink() or p.is_file()]


def spellings(path):
    """The name of a file before and after /lib moved into /usr."""
    other = str(path).removeprefix("/usr") if str(path).startswith("/usr/lib") else f"/usr{path}"
    return str(path), other


def libraries(program, search):
    """The shared libraries that program needs, and its loader: {name in the program: path}."""
    listed = run("ldd", str(program), LD_LIBRARY_PATH=str(search))
    if "not found" in listed:
        raise SystemExit(f"image: a library is missing:\n{listed}")
    found = dict(re.findall(r"^\t(\S+) => (/\S+) \(0x", listed, re.M))
    loader = re.search(r"^\t(/\S+) \(0x", listed, re.M)[1]
    return {name: pathlib.Path(path) for name, path in found.items()}, pathlib.Path(loader)


def run(*argv, **env):
    return subprocess.run(argv, check=True, text=True, stdout=subprocess.PIPE,
                          env={**os.environ, "LC_ALL": "C.UTF-8", **env}).stdout
