"""The verdicts as JUnit: a suite for each gateway, a case for each operation."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tests.contract.book import GATEWAY
from tests.contract.report.view import WORDS, Column, Run, resource
from tests.contract.results import Finding

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(every: Sequence[Column]) -> str:
    """The last run of each gateway; it has a failure or an error exactly if the run's exit status is not 0."""
    root = Element("testsuites", name="contract")
    for column in every:
        _suite(root, column.latest)
    for each in root.iter("testsuite"):
        counts = {"tests": "testcase", "failures": "*/failure", "errors": "*/error", "skipped": "*/skipped"}
        each.attrib |= {name: str(len(each.findall(path))) for name, path in counts.items()}
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, run: Run) -> None:
    results, unexpected = run.results, frozenset(run.results.unexpected)
    suite = SubElement(root, "testsuite", name=_xml(results.gateway), time=f"{results.seconds:.1f}")
    properties = SubElement(suite, "properties")
    for name, value in {"seed": results.seed, "depth": results.depth, **results.document}.items():
        SubElement(properties, "property", name=_xml(name), value=_xml(str(value)))
    whole = _case(suite, results.gateway, "the gateway as a whole")
    if results.missing:
        _outcome(whole, "error", "a prerequisite is missing", "\n".join(results.missing))
    _found(whole, run.findings.get(GATEWAY, []), unexpected)
    for each in results.operations:
        case = _case(suite, f"{results.gateway}.{resource(each.name)}", f"{each.operation} ({each.name})")
        if each.verdict == "unimplemented":
            _outcome(case, "skipped", f"{WORDS['absent']}: {each.why}", "")
        elif each.verdict == "not testable":
            _outcome(case, "error", f"{WORDS['unrun']}: {each.why}", "")
        _found(case, run.findings.get(each.operation, []), unexpected)
    for gone in results.gone:
        case = _case(suite, f"{results.gateway}.expected", f"{gone.operation}: {gone.check}")
        _outcome(case, "failure", "expected, and no longer occurs", gone.reason)


def _case(suite: Element, of: str, name: str) -> Element:
    return SubElement(suite, "testcase", classname=_xml(of), name=_xml(name))


def _found(case: Element, found: list[Finding], unexpected: Collection[Finding]) -> None:
    """The failures that the profile does not list as one failure; all else that was found as output."""
    failed = [each for each in found if each in unexpected]
    rest = [each for each in found if each not in unexpected]
    if failed:
        _outcome(
            case, "failure", ", ".join(dict.fromkeys(each.check for each in failed)), "\n\n".join(map(str, failed))
        )
    if rest:
        told = [f"{f'expected: {each.expected}' if each.expected else each.weight}\n{each}" for each in rest]
        SubElement(case, "system-out").text = _xml("\n\n".join(told))


def _outcome(case: Element, kind: str, message: str, text: str) -> None:
    SubElement(case, kind, message=_xml(message)).text = _xml(text) or None


def _xml(text: str) -> str:
    """The text; characters that XML cannot hold are written as escapes."""
    return _NO_XML.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
