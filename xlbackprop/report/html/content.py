"""All that stands on the page, in its order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlbackprop.equation import Tensor
from xlbackprop.equation.indices import entry_name
from xlbackprop.errors import one_line
from xlbackprop.judge.judgement import Status
from xlbackprop.judge.review import Review
from xlbackprop.report.hints import Hints
from xlbackprop.report.html.legend import NOT_ALL_JUDGED, VERDICTS, LegendEntry, legend
from xlbackprop.report.html.records import Records
from xlbackprop.report.html.sections import Section, draw_page, in_order
from xlbackprop.report.notes import on_not_judged
from xlbackprop.report.report import CellResult, Report

# So many cells of a status are listed; carried ones need no mending.
_MOST_LISTED, _MOST_CARRIED_LISTED = 40, 10


@dataclass(frozen=True)
class Listed:
    """One of the listed cells; `number` and `entry` say where it is drawn, if it is."""

    cell: CellResult
    name: str
    found: str
    expected: str
    from_your_cells: str
    number: int
    entry: int


@dataclass(frozen=True)
class Content:
    """The page; `data` is for its script, `unlisted` and `undrawn` are how many were left out."""

    file: str
    network: str
    about: str
    verdict: str
    verdict_sentence: str
    sign: str
    tells_answers: bool
    counts: Mapping[str, int]
    notes: tuple[str, ...]
    not_judged: tuple[str, ...]
    diagnosis: tuple[tuple[int, str, str], ...]  # a tensor's number and name, and a sentence
    listed: tuple[Listed, ...]
    unlisted: int
    empty: tuple[tuple[int, str], ...]
    legend: tuple[LegendEntry, ...]
    sections: tuple[Section, ...]
    undrawn: int
    data: Mapping[str, Any]


def page_content(review: Review, report: Report, hints: Hints) -> Content:
    """Return what the page of a review shows; `report` holds no more than may be told."""
    drawing = draw_page(review, report)
    records = Records(review, report, hints)
    for name, tensor in drawing.tensors.items():
        if tensor.entries:
            records.add(review.found[name], tensor.entries)
    numbers = {name: number for number, name in enumerate(review.tensors)}
    empty = [tensor.name for tensor in report.tensors if set(tensor.counts) == {"blank"}]
    in_question = [cell for cell in report.cells if cell.tensor not in empty]
    listed = list(_worth_listing(in_question))
    sign, sentence = VERDICTS[report.verdict]
    if report.verdict == "incomplete" and Status.BLANK.word not in report.counts:
        sentence = NOT_ALL_JUDGED
    return Content(
        file=one_line(Path(review.workbook).name),
        network=review.title,
        about=review.about,
        verdict=report.verdict,
        verdict_sentence=sentence,
        sign=sign,
        tells_answers=hints >= Hints.ANSWER,
        counts=in_order([report.counts]),
        notes=report.notes,
        not_judged=tuple(on_not_judged(report.not_judged)),
        diagnosis=tuple(_sentences(report, numbers)),
        listed=tuple(_listed(cell, review, numbers) for cell in listed),
        unlisted=len(in_question) - len(listed),
        empty=tuple((numbers[name], name) for name in empty),
        legend=tuple(legend(report.counts, {t.kind for t in review.tensors.values()})),
        sections=drawing.sections,
        undrawn=len(review.tensors) - len(drawing.tensors),
        data=records.data(),
    )


def _sentences(report: Report, numbers: Mapping[str, int]) -> Iterator[tuple[int, str, str]]:
    for tensor in report.tensors:
        for diagnosis in tensor.diagnosis:
            sentence = diagnosis["message"] or diagnosis["slip"]
            yield numbers[tensor.name], tensor.name, sentence


def _worth_listing(cells: Iterable[CellResult]) -> Iterator[CellResult]:
    numbers: Counter[str] = Counter()
    for cell in cells:
        numbers[cell.status] += 1
        is_carried = cell.status == Status.CARRIED.word
        if numbers[cell.status] <= (_MOST_CARRIED_LISTED if is_carried else _MOST_LISTED):
            yield cell


def _listed(cell: CellResult, review: Review, numbers: Mapping[str, int]) -> Listed:
    tensor = review.tensors[cell.tensor]
    return Listed(
        cell,
        entry_name(cell.tensor, cell.index),
        _value(cell.found),
        # What is not there yet is not given away in passing.
        "" if cell.status == Status.BLANK.word else _value(cell.expected),
        "" if cell.status == Status.BLANK.word else _value(cell.from_your_cells),
        numbers[cell.tensor],
        _entry(tensor, cell),
    )


def _entry(tensor: Tensor, cell: CellResult) -> int:
    number = 0
    for size, position in zip(tensor.shape, cell.index, strict=True):
        number = number * size + position
    return number


def _value(value: float | str | None) -> str:
    if value is None:
        return ""
    return one_line(value, 40) if isinstance(value, str) else f"{value:.6g}"
