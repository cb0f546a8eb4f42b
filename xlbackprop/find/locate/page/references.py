"""What the formulas of a page refer to, as rectangles of cells."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.find.locate.page.page import NEXT_SHEET, Keys, Page, key_of
from xlbackprop.find.locate.page.tiles import Tile
from xlbackprop.formula.addresses import read_area
from xlbackprop.formula.tokens import SLOT, names_in, split

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
        return np.unique(self._by_cell[1])

    @cached_property
    def repeats(self) -> dict[int, tuple[int, ...]]:
        """The cells to which no formula refers and that only repeat a cell, by the cell's key."""
        found: dict[int, tuple[int, ...]] = {}
        for key, tiles in self.of_cells.items():
            if len(tiles) == 1 == tiles[0].height * tiles[0].width and key not in self._used:
                formula = self._page.formulas[key].removeprefix("=").removeprefix("+")
                if split(formula)[0] == SLOT:
                    found[tiles[0].key] = (*found.get(tiles[0].key, ()), key)
        return found

    def do_repeat(self, keys: Keys, others: Keys) -> bool:
        """Return whether cells, to which no formula refers, only repeat others one by one."""
        pairs = zip(keys.ravel().tolist(), others.ravel().tolist(), strict=True)
        return all(key in self.repeats.get(other, ()) for key, other in pairs)

    def are_loose(self, keys: Keys) -> bool:
        """Return whether cells only repeat others, and no formula refers to them."""
        return self._loose.issuperset(keys.ravel().tolist())

    @cached_property
    def _loose(self) -> frozenset[int]:
        return frozenset(key for own in self.repeats.values() for key in own)

    @cached_property
    def _used(self) -> frozenset[int]:
        return frozenset(self.used.tolist())

    def are_used(self, keys: Keys) -> Mask:
        """Return which cells are referred to."""
        return np.isin(keys, self.used)

    def from_cells(self, keys: Keys) -> Keys:
        """Return the keys of all cells to which the formulas in some cells refer."""
        spans, used = self._by_cell
        own = [used[spans[key]] for key in keys.ravel().tolist() if key in spans]
        return np.unique(np.concatenate(own)) if own else np.empty(0, dtype=np.int64)

    @cached_property
    def _by_cell(self) -> tuple[dict[int, slice], Keys]:
        """Where in an array the keys stand that each cell's formula refers to, and the array."""
        spans: dict[int, slice] = {}
        used: list[Keys] = [np.empty(0, dtype=np.int64)]
        end = 0
        for key, tiles in self.of_cells.items():
            start = end
            for tile in tiles:
                used.append(tile.keys().ravel())
                end += tile.height * tile.width
            spans[key] = slice(start, end)
        return spans, np.concatenate(used)

    def _ranges(self, formula: str, sheet: int) -> Iterator[Tile]:
        try:
            skeleton, addresses = split(formula)
        except ValueError:  # too long for any spreadsheet
            return
        for address in addresses:
            on = self._numbers.get(address.sheet.lower()) if address.sheet else sheet
            height, width = address.size
            if on is not None and not address.book and height * width <= _MOST_CELLS:
                yield Tile(key_of(on, address.top, address.left), height, width)
        if self._page.names:
            yield from self._named(skeleton)

    def _named(self, skeleton: str) -> Iterator[Tile]:
        for name in names_in(skeleton):
            area = self._areas.get(name.lower())
            if area is not None:
                yield area

    @cached_property
    def _areas(self) -> dict[str, Tile]:
        found = {}
        for name, text in self._page.names.items():
            area = read_area(text)
            on = self._numbers.get(area.sheet.lower()) if area else None
            if area and on is not None and area.height * area.width <= _MOST_CELLS:
                key = key_of(on, area.row, area.column)
                found[name.lower()] = Tile(key, area.height, area.width)
        return found
