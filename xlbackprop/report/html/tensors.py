"""A tensor as it is drawn: its title, its equation, and its entries in small tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
from markupsafe import Markup

from xlbackprop.equation import Equation, Mask, Math, Tensor
from xlbackprop.equation.indices import index_at
from xlbackprop.errors import one_line
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.notation import to_mathml
from xlbackprop.report.html.numbers import number_writer
from xlbackprop.report.html.selection import Piece, select
from xlbackprop.report.report import TensorResult
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found

_LONGEST_TEXT = 10
_MANY_COLUMNS = 18


@dataclass(frozen=True)
class Cell:
    """One cell: its status, or its kind where it has none, and what is written in it."""

    style: str
    text: str


@dataclass(frozen=True)
class Table:
    """A piece of a tensor, row by row."""

    label: str
    corner: str
    columns: tuple[int, ...] | None
    rows: tuple[tuple[int | None, tuple[Cell, ...]], ...]

    @property
    def is_wide(self) -> bool:
        """Whether paper has room for it only in small print."""
        return len(self.columns or ()) > _MANY_COLUMNS


@dataclass(frozen=True)
class DrawnTensor:
    """All that is shown of a tensor; `entries` are the numbers of its cells in their order."""

    number: int
    name: str
    title: str
    about: str
    shape: str
    kind: str
    equation: Markup | None
    why: str
    counts: Mapping[str, int]
    diagnosis: tuple[Mapping[str, str], ...]
    tables: tuple[Table, ...]
    remark: str
    entries: tuple[int, ...]


@dataclass(frozen=True)
class Entry:
    """What there is to draw a tensor from; None where the workbook does not have it."""

    number: int
    tensor: Tensor
    equation: Equation | None
    found: Found | None
    judgement: Judgement | None
    result: TensorResult | None


def draw(entry: Entry, limit: int) -> DrawnTensor:
    """Return a tensor with at most about `limit` of its cells, those not right first."""
    tensor, result, rule = entry.tensor, entry.result, _rule(entry)
    pieces = select(tensor, _is_trouble(entry), limit) if entry.found else []
    write = _cell_writer(entry)
    entries = tuple(chain.from_iterable(piece.entries.ravel().tolist() for piece in pieces))
    return DrawnTensor(
        number=entry.number,
        name=tensor.name,
        title=tensor.title,
        about=tensor.about,
        shape=" × ".join(map(str, tensor.shape)) or "1",
        kind=tensor.kind.value,
        equation=Markup(to_mathml(rule.full or rule.text)) if rule else None,  # noqa: S704
        why=rule.why if rule else "",
        counts=result.counts if result else {},
        diagnosis=result.diagnosis if result else (),
        tables=tuple(_table(piece, write) for piece in pieces),
        remark=_remark(entry, len(entries)),
        entries=entries,
    )


def _rule(entry: Entry) -> Math | None:
    """Return the equation where it may be told, which the report decides."""
    is_told = entry.equation and entry.result and entry.result.rule
    return entry.equation.math if entry.equation and is_told else None


def _is_trouble(entry: Entry) -> Mask:
    if entry.judgement is None:
        return np.zeros(entry.tensor.shape, dtype=np.bool_)
    return np.asarray(entry.judgement.statuses != Status.RIGHT)


def _table(piece: Piece, write: Callable[[int], Cell]) -> Table:
    cells = [tuple(map(write, row)) for row in piece.entries.tolist()]
    labels = piece.rows or [None] * len(cells)
    return Table(piece.label, piece.corner, piece.columns, tuple(zip(labels, cells, strict=True)))


def _cell_writer(entry: Entry) -> Callable[[int], Cell]:
    """Return what makes the cell of an entry from its number in C order."""
    found = entry.found
    if found is None:
        return lambda _: Cell("", "")
    write_number = number_writer(found.numbers)
    numbers, states = found.numbers.ravel().tolist(), found.states.ravel().tolist()
    styles = _styles(entry)

    def write(number: int) -> Cell:
        if states[number] == State.NUMBER:
            return Cell(styles[number], write_number(numbers[number]))
        index = index_at(number, entry.tensor.shape)
        return Cell(styles[number], one_line(found.text(index) or "", _LONGEST_TEXT))

    return write


def _styles(entry: Entry) -> list[str]:
    plain = "right" if entry.tensor.kind.is_computed else entry.tensor.kind.value
    if entry.judgement is None:
        return [entry.tensor.kind.value] * entry.tensor.size
    words = {status.value: status.word for status in Status} | {Status.RIGHT.value: plain}
    return [words[status] for status in entry.judgement.statuses.ravel().tolist()]


def _remark(entry: Entry, drawn: int) -> str:
    size = entry.tensor.size
    if entry.found is None:
        origin = "computed from what is" if entry.tensor.kind.is_computed else "taken from the spec"
        return f"not found in this workbook: {origin}"
    if drawn < size:
        return f"{drawn:,} of {size:,} cells are drawn, first those that are not right"
    return ""
