"""Colour is for a terminal that wants it: text through a pseudo-terminal."""

import os
import pty
import subprocess

import pytest

COLOURED = ("a.json:1: \033[32mallowed\033[0m: ConfigMap shop/fine\n"
            "a.json:2: \033[32mallowed\033[0m: ConfigMap shop/loud\n"
            "a.json:2: \033[33mwarning\033[0m: warns: data.warn: found x, needs nothing here\n"
            "a.json:3: \033[31mdenied\033[0m: ConfigMap shop/bad breaks 2 rules: denies, denies-too\n")


def on_terminal(evaluate, environment, *arguments):
    """What a person sees, line ends as the program wrote them."""
    evaluate.write("a.json", ("fine", {}), ("loud", {"warn": "x"}), ("bad", {"deny": "x"}))
    master, slave = pty.openpty()
    try:
        child = subprocess.Popen(evaluate.command(*arguments, "a.json"), cwd=evaluate.folder,
                                 stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        seen = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            seen += part
        assert child.wait() == 1
    finally:
        os.close(master)
    return seen.decode().replace("\r\n", "\n")


def test_a_terminal_is_coloured(evaluate):
    assert on_terminal(evaluate, {"TERM": "xterm"}).startswith(COLOURED)
    assert on_terminal(evaluate, {"TERM": "xterm", "NO_COLOR": ""}).startswith(COLOURED)


@pytest.mark.parametrize("environment", [{"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}])
def test_not_when_it_is_not_wanted(evaluate, environment):
    seen = on_terminal(evaluate, environment)
    assert "\033" not in seen
    assert "a.json:3: denied: ConfigMap shop/bad breaks 2 rules" in seen


@pytest.mark.parametrize("name", ["json", "junit", "sarif"])
def test_reports_are_never_coloured(evaluate, name):
    assert "\033" not in on_terminal(evaluate, {"TERM": "xterm"}, "--format", name)


def test_a_pipe_is_not_coloured(evaluate):
    evaluate.write("a.json", ("fine", {}))
    assert evaluate("a.json") == (0, b"a.json:1: allowed: ConfigMap shop/fine\n")
