"""Tables with a line for each training step or sample: rows, or columns, that are alike.

All lines keep the same cells, so it is enough to find the tensors on the first one. The steps that
differentiating the page has found are such a table. Elsewhere shapes tell: cells with texts above
them, or formulas that are those of the line before, moved by one, are no matrix.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.find.locate.page.page import ACROSS, DOWN, NEXT_SHEET, Keys, Page, split
from xlbackprop.find.locate.steps.told import ToldSteps
from xlbackprop.formula.moving import MovableFormula

_FEWEST_CELLS = 5  # in a line
_FEWEST_LINES = 2
_MOSTLY = 0.5


@dataclass(frozen=True)
class Lines:
    """The first line of a table, and how many there are; `step` leads from a cell to the next."""

    first: Keys
    count: int
    step: int  # DOWN where rows follow each other, ACROSS where columns do
    is_told: bool = False  # by the page's own derivatives, which know a line's every cell

    @property
    def distance(self) -> tuple[int, int]:
        """How many rows and columns a line is from the one before."""
        return (1, 0) if self.step == DOWN else (0, 1)


def tables_of(page: Page, steps: ToldSteps | None) -> Iterator[Lines]:
    """Yield the tables of a page: that of the steps, then those with most cells in a line."""
    if steps is not None and page.find(np.array(steps.loss)) >= 0:
        on_line = _line(page.keys, steps.step) == _line(np.array(steps.loss), steps.step)
        yield Lines(page.keys[on_line], steps.count, steps.step, is_told=True)
    found = [
        table
        for step in (DOWN, ACROSS)
        for table in _aligned(page.keys, step)
        if _has_headings(page, table) or _is_repeated(page, table)
    ]
    yield from sorted(found, key=lambda table: -len(table.first))


def first_line(page: Page, table: Lines) -> Page:
    """Return the page without a table's lines, but for the first; what stands beside it stays."""
    if table.is_told:
        return _without_later_lines(page, table)
    later = table.first[:, None] + table.step * np.arange(1, table.count)
    return page.only(~np.isin(page.keys, later))


def _without_later_lines(page: Page, table: Lines) -> Page:
    """Return the page without anything that stands on the lines of later steps."""
    lines = [_line(table.first[:1], table.step) + at * table.step for at in range(1, table.count)]
    texts = np.array([*page.texts], dtype=np.int64)
    later = frozenset(texts[np.isin(_line(texts, table.step), lines)].tolist())
    kept = {key: text for key, text in page.texts.items() if key not in later}
    return replace(page.only(~np.isin(_line(page.keys, table.step), lines)), texts=kept)


def _line(keys: Keys, step: int) -> Keys:
    """Return the key of the first cell of each cell's row, or column, of its sheet."""
    sheets, rows, columns = split(keys)
    return sheets * NEXT_SHEET + (rows * DOWN if step == DOWN else columns)


def _aligned(keys: Keys, step: int) -> Iterator[Lines]:
    """Yield the sets of runs of cells that begin on one line and are equally long.

    A run may lack its first cell: the first of several steps has none before it.
    """
    starts, lengths = _runs(keys, step)
    sheets, rows, columns = split(starts)
    lines = rows if step == DOWN else columns
    places = list(zip(sheets.tolist(), lines.tolist(), lengths.tolist(), strict=True))
    for (sheet, line, length), count in Counter(places).items():
        if count < _FEWEST_CELLS or length < _FEWEST_LINES:
            continue
        own = (sheets == sheet) & (lines == line) & (lengths == length)
        late = (sheets == sheet) & (lines == line + 1) & (lengths == length - 1)
        first = np.concatenate([starts[own], starts[late] - step])
        yield Lines(np.sort(first), length, step)


def _runs(keys: Keys, step: int) -> tuple[Keys, Keys]:
    """Return the first keys of unbroken runs along a direction, and how long these are."""
    is_first = ~np.isin(keys - step, keys)
    is_last = ~np.isin(keys + step, keys)
    sheets, rows, columns = split(keys)
    across = columns if step == DOWN else rows
    along = rows if step == DOWN else columns
    order = np.lexsort((along, across, sheets))
    starts, ends = keys[order][is_first[order]], keys[order][is_last[order]]
    return starts, (ends - starts) // step + 1


def _has_headings(page: Page, table: Lines) -> bool:
    return _share(key - table.step in page.texts for key in table.first.tolist()) > _MOSTLY


def _is_repeated(page: Page, table: Lines) -> bool:
    """Return whether most formulas of the first line are those of the second, moved by one."""
    formulas = [key for key in table.first.tolist() if key in page.formulas]
    if len(formulas) < _FEWEST_CELLS:
        return False
    moved = (MovableFormula(page.formulas[key]).moved(*table.distance) for key in formulas)
    following = (page.formulas.get(key + table.step) for key in formulas)
    return _share(one == other for one, other in zip(moved, following, strict=True)) > _MOSTLY


def _share(answers: Iterator[bool]) -> float:
    known = list(answers)
    return sum(known) / max(1, len(known))
