"""JUnit XML as its readers see it: an XML parser, and a library for reports of this kind."""

import xml.etree.ElementTree as ElementTree

import junitparser

MIXED = [("fine", {}), ("bad", {"deny": "x"}), ("loud", {"warn": "x", "audit": "x"})]


def cases(out):
    return {case.get("name"): case for case in ElementTree.fromstring(out).iter("testcase")}


def test_a_library_reads_it(evaluate, tmp_path):
    evaluate.write("a.json", *MIXED)
    evaluate.write("b.json", ("bad", {"deny": "x"}))
    code, out = evaluate("--format", "junit", "a.json", "b.json", "none.json")
    assert code == 2
    (tmp_path / "report.xml").write_bytes(out)
    report = junitparser.JUnitXml.fromfile(str(tmp_path / "report.xml"))
    suites = {suite.name: suite for suite in report}
    assert list(suites) == ["a.json", "b.json", "none.json"]
    counts = {name: (s.tests, s.failures, s.errors) for name, s in suites.items()}
    assert counts == {"a.json": (3, 1, 0), "b.json": (1, 1, 0), "none.json": (1, 0, 1)}
    report.update_statistics()  # what the library counts itself
    assert (report.tests, report.failures, report.errors) == (5, 2, 1)
    assert counts == {name: (s.tests, s.failures, s.errors) for name, s in suites.items()}
    fine, bad, loud = suites["a.json"]
    assert fine.result == [] and loud.result == []
    [failure] = bad.result
    assert isinstance(failure, junitparser.Failure)
    assert failure.type == "shop/denies"
    assert failure.message == "ConfigMap shop/bad breaks 2 rules: denies, denies-too"
    assert "needs  nothing here" in failure.text
    [case] = suites["none.json"]
    assert isinstance(case.result[0], junitparser.Error)
    assert case.result[0].message == "cannot be read: No such file or directory"


def test_totals_are_of_all_suites(evaluate):
    evaluate.write("a.json", *MIXED)
    evaluate.write("b.json", *MIXED)
    root = ElementTree.fromstring(evaluate("--format", "junit", "a.json", "b.json", "none.json")[1])
    assert root.tag == "testsuites"
    for count in "tests", "failures", "errors":
        assert int(root.get(count)) == sum(int(suite.get(count)) for suite in root)


def test_warnings_and_audit_findings_fail_nothing(evaluate):
    evaluate.write("a.json", *MIXED)
    case = cases(evaluate("--format", "junit", "a.json")[1])["ConfigMap shop/loud"]
    assert [child.tag for child in case] == ["system-out"]
    assert case.find("system-out").text.splitlines() == [
        "warning: shop/warns: data.warn: found x, needs nothing here",
        "audit: shop/audits: data.audit: found x, needs nothing here",
    ]


def test_what_cannot_be_answered_is_what_it_does(evaluate):
    (evaluate.folder / "a.yaml").write_text(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: unknown}, data: {}}\n")
    code, out = evaluate("--format", "junit", "a.yaml")
    assert code == 0
    case = cases(out)["ConfigMap unknown/a"]
    assert case.find("failure") is None
    assert case.find("system-out").text.startswith("warning: shop/cannot-tell: could not be answered")


def test_each_case_has_its_line(evaluate):
    evaluate.write("a.json", *MIXED)
    lines = [case.get("line") for case in cases(evaluate("--format", "junit", "a.json")[1]).values()]
    assert lines == ["1", "2", "3"]


def test_every_character_can_be_read(evaluate):
    """Whatever stands in a document or a file's name, the report is XML and shows it or an escape."""
    odd = [*range(1, 0x100), 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x10FFFF]
    for start in range(0, len(odd), 16):
        text = "".join(map(chr, odd[start:start + 16]))
        name = evaluate.write("a&<b>\"'\t\n\x01\x1f.json", (f"n{text}", {"deny": text}))
        code, out = evaluate("--format", "junit", name)
        assert code == 1
        root = ElementTree.fromstring(out)
        [failure] = root.iter("failure")
        assert failure.get("message") == failure.text.split("\n")[0]
        for c in text:
            if c.isprintable() and c != "\\":
                assert c in failure.text
        # In an attribute a reader makes spaces of line ends and tabs.
        assert root.find("testsuite").get("name") == "a&<b>\"'  \\x01\\x1f.json"


def test_nothing_is_a_report_too(evaluate):
    (evaluate.folder / "a.yaml").write_text("# nothing\n")
    code, out = evaluate("--format", "junit", "a.yaml")
    assert code == 2
    assert ElementTree.fromstring(out).attrib == {
        "name": "tidegate", "tests": "0", "failures": "0", "errors": "0"}
