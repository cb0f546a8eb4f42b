"""One submission marked: what is known of it, as a record; its page; its marked copy.

A record has no name, no path and no points in it. So it is the same for the same file, and stays
good when names and rules change.
"""

from __future__ import annotations

import hmac
import zlib
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from markupsafe import Markup

from xlbackprop.classroom.assignments.assignment import digest_of
from xlbackprop.equation import Array
from xlbackprop.equation.indices import indices
from xlbackprop.errors import WorkbookError, XlbackpropError, one_line
from xlbackprop.find.subject import MAX_DESCRIPTION_CELLS
from xlbackprop.judge.checker import review_workbook
from xlbackprop.judge.options import CheckOptions
from xlbackprop.judge.review import Review
from xlbackprop.network import Network, build_network
from xlbackprop.report.from_review import make_report
from xlbackprop.report.hints import Hints
from xlbackprop.report.report import Report
from xlbackprop.spec import Spec, parse_spec
from xlbackprop.workbook import description
from xlbackprop.workbook.engine.settings import Limits
from xlbackprop.workbook.read.found import Found
from xlbackprop.workbook.read.properties import read_properties
from xlbackprop.workbook.read.workbook import open_workbook

# Where a student's points stand on the page, once they are known.
PLACE_OF_POINTS = b"<!-- points -->"
UNREADABLE, JUDGED = "unreadable", "judged"
_SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".xltm", ".ods", ".xls", ".csv")

Record = dict[str, Any]


@dataclass(frozen=True)
class Setup:
    """How the submissions of an assignment are marked; sent to each worker once."""

    name: str
    spec: str
    blank: tuple[str, ...]
    hints: int = Hints.RULE
    prove: int = 0
    formulas: bool = False
    with_files: bool = True
    seconds: float = 30.0
    megabytes: int = 1_000
    pepper: str = ""  # hides the names of authors, where students are not named


@dataclass(frozen=True)
class Marked:
    """What came of a submission; page and copy are empty where there are none."""

    record: Record
    page: bytes = b""
    copy: bytes = b""


def unreadable(reason: str) -> Marked:
    """Return what is said of a file that could not be marked."""
    return Marked({"status": UNREADABLE, "reason": one_line(reason, 300)})


class Marker:
    """Marks the submissions of an assignment, one after the other."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._spec = _without_numbers(parse_spec(setup.spec))
        self._network = build_network(self._spec)

    def mark(self, content: bytes, suffix: str) -> Marked:
        """Return what is to be said of a file's bytes; whatever they are, nothing is raised."""
        with TemporaryDirectory(prefix="marking") as folder:
            ending = suffix if suffix in _SUFFIXES else ".xlsx"
            path = Path(folder, f"{self._setup.name}{ending}")
            path.write_bytes(content)
            try:
                return self._marked(path)
            except XlbackpropError as error:
                return unreadable(str(error).replace(f"{path}: ", "").replace(str(path), path.name))
            except MemoryError:
                return unreadable("it needs more memory than a workbook may")
            except Exception as error:  # one bad file must not cost the others
                return unreadable(f"the program cannot cope with it ({type(error).__name__})")

    def _marked(self, path: Path) -> Marked:
        claim, is_described = _claim(path)
        review = self._reviewed(path, is_described=is_described)
        report = make_report(review)
        record = {
            **_identity(review, self._network, claim),
            **_findings(review, report, self._setup.blank),
            "properties": self._properties(path),
        }
        if not self._setup.with_files:
            return Marked(record)
        return self._with_files(record, review, report, path)

    def _properties(self, path: Path) -> dict[str, str]:
        own = read_properties(path)
        if self._setup.pepper:
            last = self._hidden(own.last_modified_by)
            own = replace(own, creator=self._hidden(own.creator), last_modified_by=last)
        return asdict(own)

    def _hidden(self, author: str) -> str:
        """Return a word that is the same for the same author, and tells nobody who that is."""
        key = self._setup.pepper.encode()
        return hmac.digest(key, author.encode("utf-8", "replace"), "sha256").hex()[:16] * bool(
            author
        )

    def _reviewed(self, path: Path, *, is_described: bool) -> Review:
        setup = self._setup
        limits = Limits(setup.seconds, setup.megabytes)
        options = CheckOptions(limits=limits, prove=setup.prove, formulas=setup.formulas)
        if not is_described:
            return review_workbook(path, replace(options, spec=self._spec))
        review = review_workbook(path, options)
        if review.network is None or review.network.spec.to_toml() != self._spec.to_toml():
            raise WorkbookError("it is a workbook of another network than was handed out")
        return review

    def _with_files(self, record: Record, review: Review, report: Report, path: Path) -> Marked:
        from xlbackprop.report.annotation import marked_copy  # noqa: PLC0415
        from xlbackprop.report.html import html_report  # noqa: PLC0415  (only with files)
        from xlbackprop.workbook.annotate.authors import without_authors  # noqa: PLC0415

        hints = Hints(self._setup.hints)
        place = Markup(PLACE_OF_POINTS.decode())  # noqa: S704  (a comment of ours)
        page = html_report(review, hints, preface=place).encode()
        copy = b""
        if path.suffix in (".xlsx", ".xlsm", ".xltx", ".xltm"):
            with suppress(XlbackpropError):  # a workbook that allows no copy has a page, at least
                copy = marked_copy(report.told(hints), path, path.with_stem("marked"))
                copy = without_authors(copy) if self._setup.pepper else copy
        return Marked(record, page, copy)


def _without_numbers(spec: Spec) -> Spec:
    return parse_spec(spec.to_toml())


def _claim(path: Path) -> tuple[description.Handout | None, bool]:
    """Return to whom a workbook says that it was handed out, and whether it describes itself."""
    try:
        with open_workbook(path) as workbook:
            if description.SHEET not in workbook.sheets:
                return None, False
            cells = workbook.cells(description.SHEET)
            if cells.seen > MAX_DESCRIPTION_CELLS:
                return None, True
            return description.read_handout(cells.by_place), True
    except WorkbookError:  # another kind of file, which is converted first
        return None, path.suffix != ".csv"


def _identity(review: Review, network: Network, claim: description.Handout | None) -> Record:
    inputs = [one.name for one in network.inputs]
    found = {name: review.found[name].numbers for name in inputs if name in review.found}
    record: Record = {"status": JUDGED, "claim": asdict(claim) if claim else None, "numbers": ""}
    if len(found) == len(inputs):
        record["numbers"] = digest_of(network, found)
        record["givens"] = packed(np.concatenate([found[name].ravel() for name in inputs]))
    return record


def _findings(review: Review, report: Report, blank: tuple[str, ...]) -> Record:
    asked = {}
    for tensor in report.tensors:
        if tensor.name in blank:
            judgement = review.judgements[tensor.name]
            asked[tensor.name] = {
                "counts": dict(tensor.counts),
                "diagnosis": [dict(one) for one in tensor.diagnosis],
                "statuses": packed(judgement.statuses.astype(np.float64)),
                "found": packed(judgement.found.numbers),
                **_formulas(judgement.found),
            }
    spoilt = {
        one.name: sum(one.counts.get(status, 0) for status in ("wrong", "invalid", "blank"))
        for one in report.tensors
        if one.name not in blank and review.judgements[one.name].tensor.kind.is_computed
    }
    return {
        "tensors": asked,
        "spoilt": {name: count for name, count in spoilt.items() if count},
        "not_judged": [[one.tensor, one.reason] for one in report.not_judged],
        "notes": list(report.notes),
        "not_tried": list(report.not_tried),
        "uncomputed": review.uncomputed,
    }


def _formulas(found: Found) -> dict[str, str]:
    """Return the first of a tensor's formulas, and a digest of all; none where there is none."""
    texts = [found.formula(index) or "" for index in indices(found.has_formula)]
    if not texts:
        return {}
    digest = sha256("\n".join(texts).encode("utf-8", "replace")).hexdigest()[:24]
    return {"formula": one_line(texts[0], 200), "forms": digest}


def packed(array: Array) -> str:
    """Return an array's numbers as a text for a record."""
    return b64encode(zlib.compress(array.astype("<f8").tobytes(), 6)).decode()


def unpacked(text: str) -> Array:
    """Return the numbers of a text of a record, flat."""
    return np.frombuffer(zlib.decompress(b64decode(text)), "<f8").copy()
