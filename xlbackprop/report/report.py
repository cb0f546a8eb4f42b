"""Verdicts as data: what `check` found, to be printed, written as JSON, or made a DataFrame."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xlbackprop.equation import Index
from xlbackprop.equation.indices import indices
from xlbackprop.judge.diagnosis import UNKNOWN, Diagnosis
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.review import GivensChanged, Review
from xlbackprop.report.hints import Hints
from xlbackprop.report.notes import note_on_origin, sentence
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.numerals import read_numeral

if TYPE_CHECKING:
    import pandas as pd

# More decimals than these nobody counts.
_MOST_DECIMALS = 9


@dataclass(frozen=True)
class CellResult:
    """One graded cell that is not right; None stands for what is not there, known, or told.

    `slip` is the name of the mistake that explains the cell, and `hint` the whole message of the
    diagnosis: the name, where it was made, and what to do about it.
    """

    sheet: str
    cell: str
    tensor: str
    index: Index
    status: str
    found: float | str | None
    expected: float | None
    from_your_cells: float | None
    formula: str | None
    note: str
    slip: str = ""
    hint: str = ""

    @property
    def why(self) -> str:
        """The slip's name and the note, in one line."""
        return "; ".join(filter(None, (self.slip, self.note)))


@dataclass(frozen=True)
class TensorResult:
    """How many cells of a tensor have each status, and what explains them.

    `rule` is the equation as one line of text. Each entry of `diagnosis` has a "slip" and a
    "message". The slip is the name of a well-known mistake, "one of: …" where several give the
    same numbers, "unknown" where none explains wrong cells, or "none: a tie" where another valid
    answer was accepted.
    """

    name: str
    counts: Mapping[str, int]
    rule: str = ""
    diagnosis: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Report:
    """The outcome of a check.

    `verdict` is "right", "wrong" (something is wrong or invalid, or overflows) or "incomplete"
    (cells are blank and nothing is wrong). `cells` lists every graded cell that is not right:
    wrong ones first, carried ones last. `notes` are on the workbook as a whole, and
    `givens_changed` says which givens and parameters are not those that were handed out.
    """

    workbook: str
    verdict: str
    counts: Mapping[str, int]
    tensors: tuple[TensorResult, ...]
    cells: tuple[CellResult, ...]
    notes: tuple[str, ...] = ()
    givens_changed: tuple[GivensChanged, ...] = ()

    def told(self, hints: Hints) -> Report:
        """Return the report with no more in it than the level of hints allows."""
        return replace(
            self,
            tensors=tuple(_tensor_told(tensor, hints) for tensor in self.tensors),
            cells=tuple(_cell_told(cell, hints) for cell in self.cells),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain lists and dictionaries."""
        return asdict(self)

    def to_json(self) -> str:
        """Return the report as one JSON document, ASCII only."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the cells as a DataFrame: a row for each, a column for each field."""
        import pandas as pd  # noqa: PLC0415  (half a second that not every check needs)

        return pd.DataFrame(
            [vars(cell) for cell in self.cells], columns=list(CellResult.__dataclass_fields__)
        )


def _tensor_told(tensor: TensorResult, hints: Hints) -> TensorResult:
    if hints >= Hints.RULE:
        return tensor
    named = tuple({**one, "message": ""} for one in tensor.diagnosis)
    return replace(tensor, rule="", diagnosis=named if hints >= Hints.KIND else ())


def _cell_told(cell: CellResult, hints: Hints) -> CellResult:
    if hints >= Hints.ANSWER:
        return cell
    told = replace(cell, expected=None, from_your_cells=None)
    if hints >= Hints.RULE:
        return told
    told = replace(told, hint="")
    return told if hints >= Hints.KIND else replace(told, note="", slip="")


def make_report(review: Review) -> Report:
    """Return the report of a judged workbook, with all that can be told."""
    judgements = review.judgements
    equation_of = review.network.equation_of
    tensors = tuple(
        TensorResult(
            name,
            _counts(one.statuses),
            equation_of[name].math.text if name in equation_of else "",
            (*_ties(one), *_slips(review.diagnoses.get(name, ()))),
        )
        for name, one in judgements.items()
    )
    counts: dict[str, int] = {}
    for tensor in tensors:
        for status, number in tensor.counts.items():
            counts[status] = counts.get(status, 0) + number
    cells = [
        cell
        for name, judgement in judgements.items()
        for cell in _cells(judgement, review.diagnoses.get(name, ()))
    ]
    cells.sort(key=lambda cell: Status[cell.status.upper()])
    notes = tuple(map(sentence, review.notes))
    return Report(
        review.workbook,
        _verdict(counts),
        counts,
        tensors,
        tuple(cells),
        notes,
        review.givens_changed,
    )


def _verdict(counts: Mapping[str, int]) -> str:
    if any(counts.get(status.word) for status in (Status.WRONG, Status.INVALID, Status.TYPED)):
        return "wrong"
    if counts.get(Status.BLANK.word):
        return "incomplete"
    # Numbers so large that errors follow from them: nothing is wrong, and nothing right.
    return "wrong" if counts.get(Status.CARRIED.word) else "right"


def _counts(statuses: np.ndarray[Any, Any]) -> dict[str, int]:
    numbers = np.bincount(statuses.ravel(), minlength=len(Status))
    return {status.word: int(numbers[status]) for status in reversed(Status) if numbers[status]}


def _cells(judgement: Judgement, diagnoses: Sequence[Diagnosis]) -> Iterator[CellResult]:
    found = judgement.found
    explained = [one for one in diagnoses if one.slip != UNKNOWN]
    for index in indices(judgement.statuses != Status.RIGHT):
        sheet, cell = found.places.at(index)
        number = _finite(found.numbers[index])
        why = next((one for one in explained if one.where[index]), None)
        yield CellResult(
            sheet=sheet,
            cell=cell,
            tensor=judgement.tensor.name,
            index=index,
            status=Status(judgement.statuses[index]).word,
            found=found.text(index) if number is None else number,
            expected=_finite(judgement.expected[index]),
            from_your_cells=_finite(judgement.from_user[index]),
            formula=found.formula(index),
            note="; ".join(filter(None, _notes(judgement, index))),
            slip=why.slip if why else "",
            hint=why.message if why else "",
        )


def _slips(diagnoses: Sequence[Diagnosis]) -> tuple[dict[str, str], ...]:
    return tuple({"slip": one.slip, "message": one.message} for one in diagnoses)


def _ties(judgement: Judgement) -> tuple[dict[str, str], ...]:
    if not judgement.tie_rule:
        return ()
    accepted = f"another valid answer than the page's was accepted; its rule: {judgement.tie_rule}"
    return ({"slip": "none: a tie", "message": accepted},)


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


def _notes(judgement: Judgement, index: Index) -> Iterator[str]:
    yield judgement.notes.get(index) or _note(judgement, index)
    yield note_on_origin(judgement.found, index)


def _note(judgement: Judgement, index: Index) -> str:
    status = judgement.statuses[index]
    if judgement.uncredited[index]:
        return "follows only from cells that are blank, invalid or all equal: no credit"
    if status == Status.INVALID:
        return _note_on_invalid(judgement, index)
    if judgement.rounded[index]:
        return _note_on_rounding(judgement, index)
    return ""


def _note_on_invalid(judgement: Judgement, index: Index) -> str:
    found = judgement.found
    match found.states[index]:
        case State.NUMBER:
            return f"expected {found.tensor.domain.expected}"
        case State.BLANK:
            return "a formula without a saved value: open the workbook, let it calculate, save it"
        case State.ERROR:
            return "an error value"
        case State.BOOLEAN:
            return "true or false, where a number belongs"
    number = read_numeral(found.text(index) or "")
    if number is None:
        return "text, where a number belongs"
    return f"a number typed as text: enter it as the number {number:g}"


def _note_on_rounding(judgement: Judgement, index: Index) -> str:
    if judgement.statuses[index] == Status.CARRIED:
        return "follows from an earlier cell that was rounded too early: keep more decimals there"
    needed = judgement.decimals
    if not needed:
        return (
            "one number in all cells, or a copy of an earlier tensor, and should be neither: type"
            " as many decimals as tell them apart"
        )
    decimals = f"at least {needed} decimals" if needed <= _MOST_DECIMALS else "more digits"
    return f"rounded too much: type {decimals}"
