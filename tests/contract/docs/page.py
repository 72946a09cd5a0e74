"""Pages of documentation, as far as they can be executed.

A page may hold, in HTML comments that a reader does not see:

    <!-- file NAME -->      the block that follows is the file NAME in the page's folder
    <!-- $ COMMAND -->      the block that follows is what COMMAND prints, to both outputs
    <!-- status N -->       ... with this exit code (else any)

Commands run one after the other in one folder a page, which holds a link `rules` to the rule packs
and a link `docs` to this documentation; `tidegate` is the program. Blocks of YAML that no comment
speaks of are rule files, single rules, or objects of Kubernetes: test_docs.py tries them.
"""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = pathlib.Path(os.environ.get("TIDEGATE", ROOT / "build" / "tidegate")).resolve()
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md",
                *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"(?P<comments>(?:<!--(?:(?!-->).)*-->\n)*)"
                   r"(?P<fence>```+)(?P<language>\w*)\n(?P<text>.*?)(?P=fence)\n", re.S)
COMMENT = re.compile(r"<!-- (file|\$|status) (.*?) -->", re.S)


class Block:
    def __init__(self, match, text):
        said = dict(COMMENT.findall(match["comments"]))
        self.file, self.command = said.get("file"), said.get("$")
        self.status = said.get("status")
        self.language, self.text = match["language"], match["text"]
        self.start, self.end = match.span("text")
        self.line = text.count("\n", 0, self.start)


def blocks(text):
    return [Block(match, text) for match in BLOCK.finditer(text)]


def prepare(folder):
    (folder / ".bin").mkdir()
    (folder / ".bin" / "tidegate").symlink_to(PROGRAM)
    (folder / "rules").symlink_to(ROOT / "rules")
    (folder / "docs").symlink_to(ROOT / "docs")


def run(command, folder):
    """What the command printed, and its exit code."""
    env = {"PATH": f"{folder}/.bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC",
           "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
    done = subprocess.run(["/bin/bash", "-c", command], cwd=folder, env=env, timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.stdout, done.returncode


def execute(text, folder):
    """Yields each block that has a command, with what came of it. The files are there from the start."""
    prepare(folder)
    for block in blocks(text):
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
    for block in blocks(text):
        if block.command:
            yield block, *run(block.command, folder)


def prose(text):
    """The page without its blocks."""
    return BLOCK.sub("\n", text)


def anchors(text):
    """The fragments of a page's headings, as GitHub makes them."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", prose(text), re.M):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found
