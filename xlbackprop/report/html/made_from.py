"""What the formulas in a workbook take their numbers from: entries of its tensors, other cells.

That is what somebody has written there, right or wrong, and not what an equation says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from xlbackprop.formula.addresses import Address, rectangle
from xlbackprop.formula.grid import block_size
from xlbackprop.formula.parser import parse
from xlbackprop.formula.references import used
from xlbackprop.formula.tokens import names_in, split
from xlbackprop.workbook.read.found import Found

# A tensor's number, its first entry, rows and columns; or the address or name of other cells.
Source = tuple[int, int, int, int] | str
# So many references are followed for all cells together; nobody needs as many for honest work.
MOST_REFERENCES = 500_000
# Cells that stand here and there are looked for one by one, so many at most.
_MOST_SINGLE = 4_096


@dataclass(frozen=True, slots=True)
class _Area:
    """A rectangle of cells on a sheet."""

    sheet: str
    rows: range
    columns: range

    @property
    def size(self) -> tuple[int, int]:
        return len(self.rows), len(self.columns)

    def part(self, row: int | None, column: int | None) -> _Area:
        return _Area(self.sheet, _one(self.rows, row), _one(self.columns, column))

    @property
    def cells(self) -> int:
        return len(self.rows) * len(self.columns)


@dataclass(frozen=True, slots=True)
class _Block:
    """A tensor's block, or a single entry, where it stands."""

    tensor: int
    first: int
    sheet: str
    top: int
    left: int
    height: int
    width: int


class MadeFrom:
    """Tells what the formulas of a workbook use; tensors are told by their numbers."""

    def __init__(self, found: Mapping[str, Found], numbers: Mapping[str, int]) -> None:
        self._blocks: dict[str, list[_Block]] = defaultdict(list)
        self._single: dict[tuple[str, int, int], tuple[int, int]] = {}
        self._names: dict[str, _Block] = {}
        self._tensors = {number: found.get(name) for name, number in numbers.items()}
        for name, own in found.items():
            for block, parts in _blocks(own, numbers[name]):
                self._take(own, block, parts)
        self._corners = {
            sheet: np.array([(b.top, b.left, b.top + b.height, b.left + b.width) for b in blocks])
            for sheet, blocks in self._blocks.items()
        }
        self._left = MOST_REFERENCES
        self._in_area = lru_cache(maxsize=65_536)(self._find)
        self._cells = lru_cache(maxsize=256)(self._find_cells)

    def sources(self, sheet: str, formula: str) -> list[Source]:
        """Return what a formula on a sheet uses; nothing where it is not understood.

        A workbook has too many references where all its formulas together have more than are
        followed: of those that come last nothing is said.
        """
        try:
            skeleton, addresses = split(formula.removeprefix("="))
            self._left -= len(addresses)
            if self._left < 0:
                return []
            areas = used(parse(skeleton), [_area(one, sheet) for one in addresses])
        except (ValueError, IndexError, RecursionError):
            return []
        found = [source for area in areas for source in self._in_area(area)]
        found += [self._named(name) for name in names_in(skeleton)]
        return list(dict.fromkeys(found))

    def cells_of(self, sources: Iterable[Source]) -> set[str | tuple[str, int, int]]:
        """Return where sources stand: the same for two tensors in one place."""
        return set[str | tuple[str, int, int]]().union(*map(self._cells, sources))

    def _find_cells(self, source: Source) -> frozenset[str | tuple[str, int, int]]:
        if isinstance(source, str):
            return frozenset((source,))
        number, first, rows, columns = source
        own = self._tensors[number]
        if own is None:
            return frozenset({f"{number}:{source}"})
        _, width = block_size(own.tensor)
        entries = (first + np.arange(rows)[:, None] * width + np.arange(columns)).ravel()
        at = (own.places.rows, own.places.columns)
        row, column = (part.ravel()[entries].tolist() for part in at)
        sheets = [own.places.sheets[one] for one in own.places.sheet.ravel()[entries].tolist()]
        return frozenset(zip(sheets, row, column, strict=True))

    def _take(self, own: Found, block: _Block, parts: list[_Block]) -> None:
        index = np.unravel_index(block.first, own.tensor.shape)[: len(own.tensor.leading)]
        name = ".".join([own.tensor.name, *map(str, index)])
        self._names[name.lower()] = block
        if not parts:
            self._blocks[block.sheet].append(block)
        for one in parts:  # where two tensors have a cell, it is the earlier one's
            self._single.setdefault((one.sheet, one.top, one.left), (one.tensor, one.first))

    def _named(self, name: str) -> Source:
        block = self._names.get(name.rpartition("!")[2].lower())
        return (block.tensor, block.first, block.height, block.width) if block else name

    def _find(self, area: _Area) -> tuple[Source, ...]:
        found = list(self._whole(area))
        known = sum(rows * columns for _, _, rows, columns in found)
        if known < area.cells <= _MOST_SINGLE and self._single:
            singles = list(self._singles(area))
            known += sum(rows * columns for _, _, rows, columns in singles)
            found += singles
        if known < area.cells:
            cells = rectangle(area.rows.start, area.columns.start, *area.size)
            return *found, f"{area.sheet}!{cells}"
        return tuple(found)

    def _whole(self, area: _Area) -> Iterator[tuple[int, int, int, int]]:
        """Yield the parts of blocks that an area holds; of two in one place the earlier."""
        corners = self._corners.get(area.sheet.lower())
        if corners is None:
            return
        top, left, bottom, right = corners.T
        held = (top < area.rows.stop) & (bottom > area.rows.start)
        held &= (left < area.columns.stop) & (right > area.columns.start)
        known = set()
        for at in np.flatnonzero(held).tolist():
            block = self._blocks[area.sheet.lower()][at]
            rows = _common(area.rows, block.top, block.height)
            columns = _common(area.columns, block.left, block.width)
            place = block.top + rows.start, block.left + columns.start, len(rows), len(columns)
            if place in known:
                continue
            known.add(place)
            first = block.first + rows.start * block.width + columns.start
            yield block.tensor, first, len(rows), len(columns)

    def _singles(self, area: _Area) -> Iterator[tuple[int, int, int, int]]:
        """Yield the entries that stand in an area one by one, successive ones together."""
        places = ((area.sheet.lower(), *place) for place in product(area.rows, area.columns))
        entries = sorted(self._single[one] for one in places if one in self._single)
        start = 0
        for end in range(1, len(entries) + 1):
            tensor, first = entries[start]
            if end == len(entries) or entries[end] != (tensor, first + end - start):
                yield tensor, first, 1, end - start
                start = end


def _blocks(found: Found, number: int) -> Iterator[tuple[_Block, list[_Block]]]:
    """Yield each block of a tensor, with its entries where these do not stand as they should."""
    height, width = block_size(found.tensor)
    places = found.places
    sheets, rows, columns = (
        part.reshape(-1, height, width) for part in (places.sheet, places.rows, places.columns)
    )
    fits = (sheets == sheets[:, :1, :1]).all((1, 2))
    fits &= (rows - rows[:, :1, :1] == np.arange(height)[:, None]).all((1, 2))
    fits &= (columns - columns[:, :1, :1] == np.arange(width)).all((1, 2))
    names = [sheet.lower() for sheet in places.sheets]

    def at(entry: int, high: int = 1, wide: int = 1) -> _Block:
        sheet, row, column = (part.item(entry) for part in (sheets, rows, columns))
        return _Block(number, entry, names[sheet], row, column, high, wide)

    size = height * width
    for block, is_whole in enumerate(fits.tolist()):
        entries = range(0) if is_whole else range(block * size, (block + 1) * size)
        yield at(block * size, height, width), [at(entry) for entry in entries]


def _area(address: Address, own_sheet: str) -> _Area:
    top, left, bottom, right = address.corners
    sheet = f"[{address.book}]{address.sheet}" if address.book else address.sheet or own_sheet
    return _Area(sheet, range(top, bottom + 1), range(left, right + 1))


def _common(whole: range, start: int, length: int) -> range:
    """Return which of so many from `start` on are in a range, counted from there."""
    return range(max(whole.start, start) - start, min(whole.stop, start + length) - start)


def _one(whole: range, number: int | None) -> range:
    return whole if number is None else whole[number : number + 1]
