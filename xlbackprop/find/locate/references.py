"""What the formulas of a page refer to, as rectangles of cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.find.locate.page import NEXT_SHEET, Keys, Page, key_of
from xlbackprop.find.locate.tiles import Tile
from xlbackprop.formula.grid import MAX_COLUMNS, MAX_ROWS, column_number
from xlbackprop.workbook.read.workbook import parse_area

_TEXT = re.compile(r'"[^"]*"')
_REFERENCE = re.compile(
    r"(?:(?:'((?:[^']|'')+)'|([\w.]+))!)?"
    r"(?<![\w.$])\$?([A-Z]{1,3})\$?([1-9]\d{0,6})(?::\$?([A-Z]{1,3})\$?([1-9]\d{0,6}))?(?![\w(!])"
)
_NAME = re.compile(r"[^\W\d][\w.]*(?![\w(!.])")
_MOST_CELLS = 4_096  # in one range: a larger one is no tensor's
_MOST_REFERENCES = 400_000


class PageReferences:
    """Tells which cells a cell's formula refers to, and which cells are referred to at all."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._numbers = {sheet.lower(): number for number, sheet in enumerate(page.sheets)}

    @cached_property
    def of_cells(self) -> dict[int, tuple[Tile, ...]]:
        """The rectangles that each formula refers to, by the formula's cell."""
        found: dict[int, tuple[Tile, ...]] = {}
        total = 0
        for key, formula in self._page.formulas.items():
            found[key] = tuple(self._ranges(formula, key // NEXT_SHEET))
            total += len(found[key])
            if total > _MOST_REFERENCES:
                break
        return found

    @cached_property
    def ranges(self) -> tuple[Tile, ...]:
        """All rectangles of more than one cell that formulas refer to."""
        tiles = {tile: None for own in self.of_cells.values() for tile in own}
        return tuple(tile for tile in tiles if tile.height * tile.width > 1)

    @cached_property
    def used(self) -> Keys:
        """The keys of all cells that formulas refer to, in ascending order."""
        tiles = {tile for own in self.of_cells.values() for tile in own}
        keys = {key for tile in tiles for key in tile.keys().ravel().tolist()}
        return np.array(sorted(keys), dtype=np.int64)

    def are_used(self, keys: Keys) -> Mask:
        """Return which cells are referred to."""
        return np.isin(keys, self.used)

    def from_cells(self, keys: Keys) -> Keys:
        """Return the keys of all cells to which the formulas in some cells refer."""
        tiles = {tile for key in keys.ravel().tolist() for tile in self.of_cells.get(key, ())}
        if not tiles:
            return np.empty(0, dtype=np.int64)
        return np.unique(np.concatenate([tile.keys().ravel() for tile in tiles]))

    def _ranges(self, formula: str, sheet: int) -> Iterator[Tile]:
        plain = _TEXT.sub('""', formula)
        for match in _REFERENCE.finditer(plain):
            quoted, name, *corners = match.groups()
            other = (quoted or name or "").replace("''", "'").lower()
            on = self._numbers.get(other) if other else sheet
            tile = _tile(on, *corners) if on is not None else None
            if tile is not None:
                yield tile
        if self._page.names:
            yield from self._named(plain)

    def _named(self, formula: str) -> Iterator[Tile]:
        for word in _NAME.findall(formula):
            area = self._areas.get(word.lower())
            if area is not None:
                yield area

    @cached_property
    def _areas(self) -> dict[str, Tile]:
        found = {}
        for name, text in self._page.names.items():
            area = parse_area(text)
            on = self._numbers.get(area.sheet.lower()) if area else None
            if area and on is not None and area.height * area.width <= _MOST_CELLS:
                key = key_of(on, area.row, area.column)
                found[name.lower()] = Tile(key, area.height, area.width)
        return found


def _tile(sheet: int, left: str, top: str, right: str | None, bottom: str | None) -> Tile | None:
    first, last = column_number(left), column_number(right or left)
    above, below = int(top) - 1, int(bottom or top) - 1
    first, last, above, below = (
        min(first, last),
        max(first, last),
        min(above, below),
        max(above, below),
    )
    height, width = below - above + 1, last - first + 1
    if last >= MAX_COLUMNS or below >= MAX_ROWS or height * width > _MOST_CELLS:
        return None
    return Tile(key_of(sheet, above, first), height, width)
