"""All that stands on the page, in its order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlbackprop.errors import one_line
from xlbackprop.judge.judgement import Status
from xlbackprop.judge.review import Review
from xlbackprop.report.hints import Hints
from xlbackprop.report.html.causes import ListedCause, listed_causes
from xlbackprop.report.html.legend import NOT_ALL_JUDGED, VERDICTS, LegendEntry, legend
from xlbackprop.report.html.loss_chart import LossChart, loss_chart
from xlbackprop.report.html.records import Records
from xlbackprop.report.html.sections import Drawing, Section, draw_page, in_order
from xlbackprop.report.notes import on_not_judged, sentence
from xlbackprop.report.report import Report


@dataclass(frozen=True)
class Judged:
    """What was judged, and what came of it; `more_causes` says how many are left out."""

    verdict: str
    verdict_sentence: str
    sign: str
    tells_answers: bool
    counts: Mapping[str, int]
    not_judged: tuple[str, ...]
    yours: str  # how much of what was left to the user is right
    ties: tuple[tuple[int, str, str], ...]  # a tensor's number and name, and a sentence
    causes: tuple[ListedCause, ...]
    more_causes: int
    empty: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Content:
    """The page; `data` is for its script, and `undrawn` says how many tensors are left out."""

    file: str
    network: str
    about: str
    notes: tuple[str, ...]
    judged: Judged | None
    walk: tuple[int, ...]  # the computed tensors' numbers, in the order in which they are computed
    legend: tuple[LegendEntry, ...]
    loss: LossChart | None
    sections: tuple[Section, ...]
    undrawn: int
    data: Mapping[str, Any]


def page_content(review: Review, report: Report | None, hints: Hints) -> Content:
    """Return what the page of a review shows; `report` holds no more than may be told.

    Without a report nothing is judged, and the page has the walk through the network instead.
    """
    drawing = draw_page(review, report)
    records = Records(review, report, hints)
    for name, tensor in drawing.tensors.items():
        if tensor.entries:
            records.add(review.found[name], tensor.entries)
    kinds = {tensor.kind for tensor in review.tensors.values()}
    return Content(
        file=one_line(Path(review.workbook).name),
        network=review.title,
        about=review.about,
        notes=report.notes if report else tuple(map(sentence, review.notes)),
        judged=_judged(review, report, hints) if report else None,
        walk=() if report else tuple(_walk(review, drawing)),
        legend=tuple(
            legend(report.counts if report else None, kinds, has_images=drawing.has_images)
        ),
        loss=loss_chart(review),
        sections=drawing.sections,
        undrawn=len(review.tensors) - len(drawing.tensors),
        data=records.data(),
    )


def _walk(review: Review, drawing: Drawing) -> Iterator[int]:
    numbers = {name: number for number, name in enumerate(review.tensors)}
    for equation in review.network.equations if review.network else ():
        if equation.target.name in drawing.tensors:
            yield numbers[equation.target.name]


def _judged(review: Review, report: Report, hints: Hints) -> Judged:
    numbers = {name: number for number, name in enumerate(review.tensors)}
    empty = [tensor.name for tensor in report.tensors if set(tensor.counts) == {"blank"}]
    causes = tuple(listed_causes(review, report))
    sign, told = VERDICTS[report.verdict]
    if report.verdict == "incomplete" and Status.BLANK.word not in report.counts:
        told = NOT_ALL_JUDGED
    return Judged(
        verdict=report.verdict,
        verdict_sentence=told,
        sign=sign,
        tells_answers=hints >= Hints.ANSWER,
        counts=in_order([report.counts]),
        not_judged=tuple(on_not_judged(report.not_judged)),
        yours=f"{report.yours}" if report.yours else "",
        ties=tuple(_ties(report, numbers)),
        causes=causes,
        more_causes=sum(not cause.is_empty for cause in report.causes) - len(causes),
        empty=tuple((numbers[name], name) for name in empty),
    )


def _ties(report: Report, numbers: Mapping[str, int]) -> Iterator[tuple[int, str, str]]:
    for tensor in report.tensors:
        for tie in tensor.ties:
            yield numbers[tensor.name], tensor.name, tie
