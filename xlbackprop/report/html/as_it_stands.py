"""A sheet drawn as it stands: the judged cells in their own rows and columns.

That is how a sheet is shown of which no network is known, only what its own formulas compute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xlbackprop.formula.addresses import column_name
from xlbackprop.report.html.selection import first_wanted
from xlbackprop.report.html.tensors import Cell, Entry, cell_writer, trouble_in

# Wider sheets are drawn with these columns alone, those in which something is not right first.
MOST_COLUMNS = 200


@dataclass(frozen=True)
class Spot:
    """A cell of the drawing: what is written there, of which tensor; `is_first` of its cells."""

    cell: Cell
    number: int
    is_first: bool


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
    sheets = [_draw(name, on[name], writers, drawn, most // len(on)) for name in on]
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
    writers: Mapping[int, Callable[[int], Cell]],
    drawn: dict[int, list[int]],
    most: int,
) -> Sheet:
    at: dict[tuple[int, int], _Stored] = {}
    for one in cells:
        at.setdefault((one.row, one.column), one)
    columns = _lines([(one.column, one.is_trouble) for one in at.values()], MOST_COLUMNS)
    rows = _lines([(o.row, o.is_trouble) for o in at.values()], max(1, most // len(columns)))

    def spot(row: int, column: int) -> Spot | None:
        one = at.get((row, column))
        if one is None:
            return None
        is_first = not drawn[one.number]
        drawn[one.number].append(one.entry)
        return Spot(writers[one.number](one.entry), one.number, is_first)

    lines = tuple((str(row + 1), tuple(spot(row, column) for column in columns)) for row in rows)
    shown = sum(one is not None for _, line in lines for one in line)
    remark = ""
    if shown < len(at):
        remark = f"{shown:,} of {len(at):,} cells are drawn, first those that are not right"
    numbers = tuple(sorted({one.number for one in cells}))
    return Sheet(name, tuple(map(column_name, columns)), lines, remark, numbers)


def _lines(lines: Sequence[tuple[int, bool]], most: int) -> list[int]:
    """Return the rows, or columns, that are drawn: all, or those with trouble and the first."""
    known = sorted({line for line, _ in lines})
    trouble = {line for line, is_trouble in lines if is_trouble}
    wanted = np.array([line in trouble for line in known])
    return [known[position] for position in first_wanted(wanted, most)]
