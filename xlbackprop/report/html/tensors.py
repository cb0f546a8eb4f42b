"""A tensor as it is drawn: its title, its equation, and its entries in small tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
from markupsafe import Markup

from xlbackprop.equation import Mask, Math, Tensor
from xlbackprop.equation.indices import index_at
from xlbackprop.errors import one_line
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.notation import to_mathml
from xlbackprop.notation.numbers import number_writer
from xlbackprop.report.html.colours import colours
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
    is_coloured: bool

    @property
    def style(self) -> str:
        """What the style knows of it: whether paper has room for it only in small print."""
        wide = "wide" if len(self.columns or ()) > _MANY_COLUMNS else ""
        return " ".join(filter(None, (wide, "seen" if self.is_coloured else "")))


@dataclass(frozen=True)
class DrawnTensor:
    """All that is shown of a tensor; `entries` are the numbers of its cells in their order."""

    number: int
    name: str
    title: str
    about: str
    shape: str
    kind: str
    chain: str  # what the chain rule makes of a gradient, as a step before the equation
    equation: Markup | str | None
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
    rule: Math | str | None  # what makes it, where it may be told: an equation, or words
    found: Found | None
    judgement: Judgement | None
    result: TensorResult | None
    is_seen: bool = False  # better than read, as images are


def draw(entry: Entry, limit: int) -> DrawnTensor:
    """Return a tensor with at most about `limit` of its cells, those not right first."""
    pieces = select(entry.tensor, trouble_in(entry), limit) if entry.found else []
    write = cell_writer(entry)
    entries = tuple(chain.from_iterable(piece.entries.ravel().tolist() for piece in pieces))
    return describe(entry, entries, tuple(_table(piece, write, entry) for piece in pieces))


def describe(entry: Entry, entries: tuple[int, ...], tables: tuple[Table, ...] = ()) -> DrawnTensor:
    """Return what is said of a tensor, of which those entries are drawn in tables, or elsewhere."""
    tensor, result, rule = entry.tensor, entry.result, entry.rule
    return DrawnTensor(
        number=entry.number,
        name=tensor.name,
        title=tensor.title,
        about=tensor.about,
        shape=" × ".join(map(str, tensor.shape)) or "1",
        kind=tensor.kind.value,
        chain=f"{tensor.title} = {rule.chain}" if isinstance(rule, Math) and rule.chain else "",
        equation=_markup(rule) if isinstance(rule, Math) else rule,
        why=rule.why if isinstance(rule, Math) else "",
        counts=result.counts if result else {},
        diagnosis=result.diagnosis if result else (),
        tables=tables,
        remark=_remark(entry, len(entries)),
        entries=entries,
    )


def _markup(rule: Math) -> Markup:
    return Markup(to_mathml(rule.full or rule.text))  # noqa: S704


def trouble_in(entry: Entry) -> Mask:
    """Return where the tensor of an entry is not right."""
    if entry.judgement is None:
        return np.zeros(entry.tensor.shape, dtype=np.bool_)
    return np.asarray(entry.judgement.statuses != Status.RIGHT)


def _table(piece: Piece, write: Callable[[int], Cell], entry: Entry) -> Table:
    cells = [tuple(map(write, row)) for row in piece.entries.tolist()]
    rows = tuple(zip(piece.rows or [None] * len(cells), cells, strict=True))
    return Table(piece.label, piece.corner, piece.columns, rows, entry.is_seen)


def cell_writer(entry: Entry) -> Callable[[int], Cell]:
    """Return what makes a cell of an entry's tensor from its number in C order."""
    found = entry.found
    if found is None:
        return lambda _: Cell("", "")
    write_number = number_writer(found.numbers)
    numbers, states = found.numbers.ravel().tolist(), found.states.ravel().tolist()
    styles = _styles(entry, found)

    def write(number: int) -> Cell:
        if states[number] == State.NUMBER:
            return Cell(styles[number], write_number(numbers[number]))
        index = index_at(number, entry.tensor.shape)
        return Cell(styles[number], one_line(found.text(index) or "", _LONGEST_TEXT))

    return write


def _styles(entry: Entry, found: Found) -> list[str]:
    plain = "right" if entry.tensor.kind.is_computed else entry.tensor.kind.value
    styles = np.full(entry.tensor.shape, entry.tensor.kind.value, dtype=object)
    is_plain = ~trouble_in(entry)
    if entry.judgement is not None:
        words = {status.value: status.word for status in Status} | {Status.RIGHT.value: plain}
        styles = np.vectorize(words.__getitem__, otypes=[object])(entry.judgement.statuses)
    further = colours(found.numbers, is_plain) if entry.is_seen else None
    if further is not None:
        styles = styles + further
    return list(styles.ravel().tolist())


def _remark(entry: Entry, drawn: int) -> str:
    size = entry.tensor.size
    if entry.found is None:
        origin = "computed from what is" if entry.tensor.kind.is_computed else "taken from the spec"
        return f"not found in this workbook: {origin}"
    if drawn < size:
        return f"{drawn:,} of {size:,} cells are drawn, first those that are not right"
    return ""
