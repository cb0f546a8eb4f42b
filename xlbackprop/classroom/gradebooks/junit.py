"""JUnit XML, for those who mark in a code host: a suite a student, a case a tensor."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as Xml

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(name: str, results: Sequence[Mapping[str, object]]) -> bytes:
    """Return the results, as in results.json, as JUnit XML.

    A tensor without all its points is a failure that says why; what could not be marked is an
    error, and what is missing is skipped.
    """
    root = Xml.Element("testsuites", name=_text(name))
    for result in results:
        _suite(root, result)
    totals = ("tests", "failures", "errors", "skipped")
    for key in totals:
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(root: Xml.Element, result: Mapping[str, object]) -> None:
    tensors = result["tensors"]
    assert isinstance(tensors, Mapping)  # noqa: S101
    suite = Xml.SubElement(root, "testsuite", name=_text(result["id"]))
    counts = dict.fromkeys(("failures", "errors", "skipped"), 0)
    for tensor, own in tensors.items():
        case = Xml.SubElement(suite, "testcase", classname=_text(result["id"]), name=_text(tensor))
        status, note = str(result["status"]), _text(result["note"])
        if status == "missing":
            Xml.SubElement(case, "skipped", message=note or "nothing was handed in")
            counts["skipped"] += 1
        elif status not in ("graded", "late"):
            Xml.SubElement(case, "error", message=note).text = note
            counts["errors"] += 1
        elif own["points"] < own["max_points"]:
            said = f"{own['points']:g} of {own['max_points']:g} points: {_text(own['reason'])}"
            said += f"; {note}" if note else ""
            Xml.SubElement(case, "failure", message=said).text = said
            counts["failures"] += 1
    suite.set("tests", str(len(tensors)))
    for key, count in counts.items():
        suite.set(key, str(count))
    suite.set("time", "0")


def _text(value: object) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(value))
