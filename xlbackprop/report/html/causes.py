"""What is not right as the page lists it: a line for each cause, its cells folded below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlbackprop.equation import Tensor
from xlbackprop.equation.indices import entry_name
from xlbackprop.errors import one_line
from xlbackprop.judge.judgement import Status
from xlbackprop.judge.review import Review
from xlbackprop.report.causes import Cause
from xlbackprop.report.cell_result import CellResult
from xlbackprop.report.report import Report

MOST_CAUSES = 100
# Of a cause so many cells are listed, where they need mending; few of them are not folded away.
_MOST_LISTED, _MOST_CARRIED_LISTED, _FEW = 40, 10, 6


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
class ListedCause:
    """A cause with some of its cells; `number` is the first tensor's, `unlisted` those left out."""

    cause: Cause
    number: int
    listed: tuple[Listed, ...]
    unlisted: int

    @property
    def is_open(self) -> bool:
        """Whether its cells are so few that nobody needs to unfold them."""
        return self.cause.cells <= _FEW


def listed_causes(review: Review, report: Report) -> Iterator[ListedCause]:
    """Yield the causes but those of tensors that are still empty."""
    numbers = {name: number for number, name in enumerate(review.tensors)}
    cells: list[list[CellResult]] = [[] for _ in report.causes]
    for cell in report.cells:
        cells[cell.cause - 1].append(cell)
    kept = [cause for cause in zip(report.causes, cells, strict=True) if not cause[0].is_empty]
    for cause, own in kept[:MOST_CAUSES]:
        is_carried = cause.status == Status.CARRIED.word
        most = _MOST_CARRIED_LISTED if is_carried else _MOST_LISTED
        listed = tuple(_listed(cell, review, numbers) for cell in own[:most])
        yield ListedCause(cause, numbers[cause.tensors[0]], listed, len(own) - len(listed))


def _listed(cell: CellResult, review: Review, numbers: Mapping[str, int]) -> Listed:
    # What is not there yet is not given away in passing.
    is_blank = cell.status == Status.BLANK.word
    return Listed(
        cell,
        entry_name(cell.tensor, cell.index),
        _value(cell.found),
        "" if is_blank else _value(cell.expected),
        "" if is_blank else _value(cell.from_your_cells),
        numbers[cell.tensor],
        _entry(review.tensors[cell.tensor], cell),
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
