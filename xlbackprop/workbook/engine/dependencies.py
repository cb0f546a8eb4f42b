"""Which cells some formulas rest on, however far back.

Only these are given to an engine: what stands on a scratch sheet, and nobody uses, cannot stop it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.errors import WorkbookError
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.formula.tokens import names_in, split
from xlbackprop.workbook.engine.coverage import Corners, covered, overlapping
from xlbackprop.workbook.read.cells import Cells
from xlbackprop.workbook.read.workbook import Workbook

# Each round of references looks at all cells of their sheets. In a long chain there are as many
# rounds as links: once so many cells have been looked at, whole sheets are taken instead.
_MOST_LOOKED_AT = 20_000_000

# Functions that refer to cells which stand nowhere in the formula.
DYNAMIC = ("INDIRECT(", "OFFSET(")

Referred = dict[str, dict[Corners, None]]  # rectangles by sheet, each once


@dataclass
class Needed:
    """What some formulas rest on: stored cells and array formulas by sheet, and names."""

    cells: dict[str, Mask] = field(default_factory=dict)
    arrays: dict[str, set[int]] = field(default_factory=dict)  # numbers of array formulas
    names: dict[tuple[str, str], str] = field(default_factory=dict)  # (sheet or "", name): meaning
    by_name: dict[str, list[int]] = field(default_factory=dict)  # whose formulas use names

    @property
    def is_empty(self) -> bool:
        """Whether there are no cells in it."""
        return not (any(mask.any() for mask in self.cells.values()) or any(self.arrays.values()))


class Dependencies:
    """Follows references through a workbook; a sheet is read when one leads to it."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._sheets = {sheet.lower(): sheet for sheet in reversed(workbook.sheets)}
        self._unread: set[str] = set()
        self._unfollowed: list[tuple[str, str]] = []  # on which sheet, and what a name means there
        self.needed = Needed()

    def follow(self, cells: Mapping[str, Mask], arrays: Mapping[str, set[int]]) -> Needed:
        """Return what formulas of some cells, and some array formulas, need, themselves too."""
        new, looked_at = Needed(dict(cells), dict(arrays)), 0
        while not new.is_empty:
            self._add(new)
            looked_at += sum(map(len, new.cells.values()))
            referred: Referred = defaultdict(dict)
            for sheet, position, formula in self._formulas(new):
                if self._note(sheet, formula, referred) and position >= 0:
                    self.needed.by_name.setdefault(sheet, []).append(position)
            new = self._beyond(referred, whole=looked_at > _MOST_LOOKED_AT)
        self._add(new)  # sheets that are referred to, though nothing stands there
        return self.needed

    def cells(self, sheet: str) -> Cells | None:
        """Return a sheet's cells, or None where it cannot be read."""
        if sheet in self._unread:
            return None
        try:
            return self._workbook.cells(sheet)
        except WorkbookError:
            self._unread.add(sheet)
            return None

    def _add(self, new: Needed) -> None:
        known = self.needed
        for sheet, mask in new.cells.items():
            known.cells[sheet] = mask | known.cells[sheet] if sheet in known.cells else mask
        for sheet, numbers in new.arrays.items():
            known.arrays.setdefault(sheet, set()).update(numbers)

    def _formulas(self, new: Needed) -> Iterator[tuple[str, int, str]]:
        """Yield the sheet, position (-1: of several cells) and text of formulas."""
        for sheet, mask in new.cells.items():
            cells = self.cells(sheet)
            if cells is not None:
                for position in np.flatnonzero(mask & cells.formulas.present).tolist():
                    yield sheet, position, cells.formula(position) or ""
        for sheet, numbers in new.arrays.items():
            cells = self.cells(sheet)
            if cells is not None:
                yield from ((sheet, -1, cells.arrays.formulas[number].text) for number in numbers)

    def _note(self, sheet: str, formula: str, referred: Referred) -> bool:
        """Note where a formula and the names in it refer to; return whether it uses names.

        What a name means may have names in it, and so on, further than calls may be nested.
        """
        uses_names = self._note_references(sheet, formula, referred)
        while self._unfollowed:
            self._note_references(*self._unfollowed.pop(), referred)
        return uses_names

    def _note_references(self, sheet: str, formula: str, referred: Referred) -> bool:
        try:
            skeleton, addresses = split(formula)
        except ValueError:  # too long for any spreadsheet
            return False
        if is_dynamic(skeleton):
            for on in self._workbook.sheets:
                referred[on][0, 0, MAX_ROWS - 1, MAX_COLUMNS - 1] = None
        for address in addresses:
            on = self._sheets.get(address.sheet.lower(), "") if address.sheet else sheet
            if on and not address.book:
                referred[on][address[1:5]] = None
        names = [name for name in names_in(skeleton) if self._note_name(name, sheet)]
        return bool(names)

    def _note_name(self, name: str, sheet: str) -> bool:
        """Note a name whose meaning is to be followed; return whether it has one."""
        key, meaning = self._workbook.meaning(name, sheet)
        if meaning and key not in self.needed.names:
            self.needed.names[key] = meaning
            self._unfollowed.append((sheet, meaning))
        return bool(meaning)

    def _beyond(self, referred: Referred, *, whole: bool) -> Needed:
        """Return what stands in rectangles and is not known yet, or all on their sheets."""
        new = Needed()
        if whole:
            everything = (0, 0, MAX_ROWS - 1, MAX_COLUMNS - 1)
            referred = {sheet: {everything: None} for sheet in referred}
        for sheet, corners in referred.items():
            cells = self.cells(sheet)
            if cells is None:
                continue
            mask, known = covered(cells, list(corners)), self.needed.cells.get(sheet)
            new.cells[sheet] = mask if known is None else mask & ~known
            owners = set(np.unique(cells.array_of[mask]).tolist()) - {-1}
            owners |= overlapping(cells, list(corners))
            new.arrays[sheet] = owners - self.needed.arrays.get(sheet, set())
        return new


@lru_cache(maxsize=4096)
def is_dynamic(skeleton: str) -> bool:
    """Return whether a formula may refer to cells that it does not name."""
    return ":" in skeleton or any(function in skeleton.upper() for function in DYNAMIC)
