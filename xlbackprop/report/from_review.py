"""A review made into a report: counts, verdict, and a result for each cell that is not right."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from xlbackprop.equation.indices import indices
from xlbackprop.judge.diagnosis import UNKNOWN, Diagnosis
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.review import Review
from xlbackprop.report.cell_notes import note_on_cell
from xlbackprop.report.cell_result import CellResult
from xlbackprop.report.notes import sentence
from xlbackprop.report.report import TIE, Report, TensorResult, Yours
from xlbackprop.workbook.notes import UNTRIED

# Right ones first, then in the order in which reports list them.
_IN_ORDER = (Status.RIGHT, *(status for status in Status if status != Status.RIGHT))


def make_report(review: Review) -> Report:
    """Return the report of a judged workbook, with all that can be told."""
    judgements = review.judgements
    tensors = tuple(
        TensorResult(
            name,
            _counts(judgement.statuses),
            rule.text if (rule := review.rule(name)) else "",
            (*_ties(judgement), *_slips(review.diagnoses.get(name, ()))),
        )
        for name, judgement in judgements.items()
    )
    counts: dict[str, int] = {}
    for tensor in tensors:
        for status, number in tensor.counts.items():
            counts[status] = counts.get(status, 0) + number
    counts = {one.word: counts[one.word] for one in _IN_ORDER if one.word in counts}
    cells = [
        cell
        for name, judgement in judgements.items()
        for cell in _cells(judgement, review.diagnoses.get(name, ()))
    ]
    cells.sort(key=lambda cell: Status[cell.status.upper()])
    notes = tuple(map(sentence, review.notes))
    report = Report(
        review.workbook,
        _verdict(counts, review),
        counts,
        tensors,
        tuple(cells),
        notes,
        review.givens_changed,
        review.not_judged,
        tuple(sentence(note) for note in review.notes if note.kind in UNTRIED),
        yours=_yours(review),
    )
    return report.with_causes()


def _verdict(counts: Mapping[str, int], review: Review) -> str:
    wrong = sum(counts.get(s.word, 0) for s in (Status.WRONG, Status.INVALID, Status.TYPED))
    if wrong > review.uncomputed:
        return "wrong"
    if counts.get(Status.BLANK.word) or review.is_incomplete:
        return "incomplete"
    # Numbers so large that errors follow from them: nothing is wrong, and nothing right.
    return "wrong" if counts.get(Status.CARRIED.word) else "right"


def _yours(review: Review) -> Yours | None:
    if review.yours is None:
        return None
    own = [one.statuses for name, one in review.judgements.items() if name in review.yours]
    right = sum(int((statuses == Status.RIGHT).sum()) for statuses in own)
    return Yours(sum(statuses.size for statuses in own), right)


def _counts(statuses: np.ndarray[Any, Any]) -> dict[str, int]:
    numbers = np.bincount(statuses.ravel(), minlength=len(Status))
    return {status.word: int(numbers[status]) for status in reversed(Status) if numbers[status]}


def _cells(judgement: Judgement, diagnoses: Sequence[Diagnosis]) -> Iterator[CellResult]:
    found = judgement.found
    explained = [diagnosis for diagnosis in diagnoses if diagnosis.slip != UNKNOWN]
    for index in indices(judgement.statuses != Status.RIGHT):
        sheet, cell = found.places.at(index)
        number = _finite(found.numbers[index])
        why = next((diagnosis for diagnosis in explained if diagnosis.where[index]), None)
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
            note=note_on_cell(judgement, index),
            slip=why.slip if why else "",
            hint=why.message if why else "",
        )


def _slips(diagnoses: Sequence[Diagnosis]) -> tuple[dict[str, str], ...]:
    return tuple({"slip": diagnosis.slip, "message": diagnosis.message} for diagnosis in diagnoses)


def _ties(judgement: Judgement) -> tuple[dict[str, str], ...]:
    if not judgement.tie_rule:
        return ()
    accepted = f"another valid answer than the page's was accepted; its rule: {judgement.tie_rule}"
    return ({"slip": TIE, "message": accepted},)


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None
