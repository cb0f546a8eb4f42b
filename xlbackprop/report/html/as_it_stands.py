"""A sheet drawn as it stands: the judged cells in their own rows and columns, and what is beside.

That is how a sheet is shown of which no network is known, only what its own formulas compute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xlbackprop.errors import one_line
from xlbackprop.formula.addresses import column_name
from xlbackprop.report.html.selection import first_wanted
from xlbackprop.report.html.tensors import Cell, Entry, cell_writer, trouble_in
from xlbackprop.workbook.read.cells import Cells, State
from xlbackprop.workbook.read.found import Found

# Wider sheets are drawn with these columns alone, those in which something is not right first.
MOST_COLUMNS = 200
# So many rows above judged cells may hold their heads; and so much stands beside at most.
_HEADS = 3
_MOST_BESIDE = 20_000
_LONGEST_TEXT = 16

Place = tuple[int, int]


@dataclass(frozen=True)
class Spot:
    """A cell of the drawing: what is written there, of which tensor; `is_first` of its cells.

    The number is None for a cell that is no tensor's.
    """

    cell: Cell
    number: int | None
    is_first: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet's drawing, row by row with the labels that the sheet has; None is no tensor's."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Spot | None, ...]], ...]
    remark: str
    numbers: tuple[int, ...]  # of the tensors that have cells on it


@dataclass(frozen=True)
class _Stored:
    """A tensor's cell: where it stands on the sheet, and whether something is not right there."""

    row: int
    column: int
    number: int  # of the tensor
    entry: int
    is_trouble: bool


def draw_sheets(
    entries: Sequence[Entry], most: int
) -> tuple[tuple[Sheet, ...], dict[str, list[int]]]:
    """Return the drawings, with at most about `most` cells, and each tensor's entries in order."""
    on = _by_sheet(entries)
    by_number = {entry.number: entry for entry in entries}
    writers = {entry.number: cell_writer(entry) for entry in entries}
    drawn: dict[int, list[int]] = defaultdict(list)
    found = {name: one for e in entries if (one := e.found) for name in one.places.sheets}
    sheets = [_draw(name, on[name], found[name], writers, drawn, most // len(on)) for name in on]
    return tuple(sheets), {by_number[n].tensor.name: own for n, own in drawn.items()}


def _by_sheet(entries: Sequence[Entry]) -> dict[str, list[_Stored]]:
    on: dict[str, list[_Stored]] = defaultdict(list)
    for entry in entries:
        if entry.found is None:
            continue
        places = entry.found.places
        flat = (places.sheet, places.rows, places.columns, trouble_in(entry))
        columns = zip(*(part.ravel().tolist() for part in flat), strict=True)
        for position, (sheet, row, column, is_trouble) in enumerate(columns):
            stored = _Stored(row, column, entry.number, position, is_trouble)
            on[places.sheets[sheet]].append(stored)
    return on


def _draw(
    name: str,
    cells: Sequence[_Stored],
    found: Found,
    writers: Mapping[int, Callable[[int], Cell]],
    drawn: dict[int, list[int]],
    most: int,
) -> Sheet:
    at: dict[tuple[int, int], _Stored] = {}
    for one in cells:
        at.setdefault((one.row, one.column), one)
    beside = _beside(found.sheet_cells(name), at)
    others = [(column, False) for _, column in beside]
    columns = _lines([(o.column, o.is_trouble) for o in at.values()] + others, MOST_COLUMNS)
    rows = _lines([(o.row, o.is_trouble) for o in at.values()], max(1, most // len(columns)))
    heads = sorted({row for row, _ in beside} - {row for row, _ in at})

    def spot(row: int, column: int) -> Spot | None:
        one = at.get((row, column))
        if one is None:
            text = beside.get((row, column))
            return Spot(Cell("none", text), None) if text else None
        is_first = not drawn[one.number]
        drawn[one.number].append(one.entry)
        return Spot(writers[one.number](one.entry), one.number, is_first)

    lines = tuple(
        (str(row + 1), tuple(spot(row, column) for column in columns)) for row in [*heads, *rows]
    )
    shown = sum(one is not None and one.number is not None for _, line in lines for one in line)
    remark = ""
    if shown < len(at):
        remark = f"{shown:,} of {len(at):,} cells are drawn, first those that are not right"
    numbers = tuple(sorted({one.number for one in cells}))
    return Sheet(name, tuple(map(column_name, columns)), lines, remark, numbers)


def _beside(cells: Cells | None, at: Mapping[tuple[int, int], _Stored]) -> dict[Place, str]:
    """Return what stands in the rows of judged cells, and what heads their columns."""
    if cells is None:
        return {}
    rows, columns = ({place[axis] for place in at} for axis in (0, 1))
    first = min(rows)
    above = (cells.rows < first) & (cells.rows >= first - _HEADS) & (cells.states == State.TEXT)
    above &= np.isin(cells.columns, list(columns))
    level = np.isin(cells.rows, list(rows)) | (np.isin(cells.rows, cells.rows[above]))
    is_shown = np.isin(cells.states, (State.NUMBER, State.TEXT)) & level
    texts = {}
    for position in np.flatnonzero(is_shown)[:_MOST_BESIDE].tolist():
        place = int(cells.rows[position]), int(cells.columns[position])
        number = cells.numbers[position]
        text = f"{number:.4g}" if np.isfinite(number) else cells.texts.get(position) or ""
        if place not in at:
            texts[place] = one_line(text, _LONGEST_TEXT)
    return texts


def _lines(lines: Sequence[tuple[int, bool]], most: int) -> list[int]:
    """Return the rows, or columns, that are drawn: all, or those with trouble and the first."""
    known = sorted({line for line, _ in lines})
    trouble = {line for line, is_trouble in lines if is_trouble}
    wanted = np.array([line in trouble for line in known])
    return [known[position] for position in first_wanted(wanted, most)]
