"""What is evaluated of a workbook: the cells that are judged, and what those rest on.

The program's own evaluator takes it as arrays; an engine is given it in messages (see `giving`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.formula.places import Places
from xlbackprop.formula.sheets.contents import Contents, SheetContents
from xlbackprop.workbook.engine.dependencies import DYNAMIC, Dependencies, Needed
from xlbackprop.workbook.read.arrays import Ints
from xlbackprop.workbook.read.cells import Cells
from xlbackprop.workbook.read.sheet_contents import sheet_contents
from xlbackprop.workbook.read.workbook import Workbook

# So many numbers and texts beside the judged cells are given without asking who needs them.
_FEW = 50_000
# So many words, beginnings of names and of sheets, are looked for in all formulas at once.
FEW_WORDS = 300


class Transfer:
    """Some cells of a workbook, `places` on them, and what is needed for their formulas."""

    def __init__(
        self, workbook: Workbook, places: Iterable[Places], needed: Needed | None = None
    ) -> None:
        self.workbook = workbook
        self.places = _keys(places)
        self.needed = self._follow() if needed is None else needed

    def contents(self) -> Contents:
        """Return what is needed as arrays. Raises NotKnown."""
        return Contents([self._sheet(sheet) for sheet in self.needed.cells], self._meaning)

    def others(self) -> dict[str, Ints]:
        """Return the positions of those formulas among the needed that stand at no place."""
        found = {}
        for sheet, mask in self.needed.cells.items():
            cells = self.workbook.cells(sheet)
            others = mask & cells.has_formula
            if sheet in self.places:
                others &= ~_at_places(cells.rows, cells.columns, self.places[sheet])
            at = np.flatnonzero(others)
            # Of a cell stored twice the last one counts.
            found[sheet] = at[cells.find(cells.rows[at], cells.columns[at]) == at]
        return found

    def _follow(self) -> Needed:
        """Return what the formulas at the places need, themselves too."""
        sheets = {sheet: self.workbook.cells(sheet) for sheet in self.places}
        taken = {
            sheet: _at_places(cells.rows, cells.columns, self.places[sheet])
            for sheet, cells in sheets.items()
        }
        arrays = {sheet: self._arrays(sheet, cells) for sheet, cells in sheets.items()}
        if self._is_simple(sheets, taken, arrays):
            return Needed(_all_of(sheets), arrays)
        return Dependencies(self.workbook).follow(taken, arrays)

    def _sheet(self, sheet: str) -> SheetContents:
        corners = _corners(self.places[sheet]) if sheet in self.places else np.empty((2, 0))
        return sheet_contents(
            self.workbook.cells(sheet),
            sheet,
            self.needed.cells[sheet],
            self.needed.arrays.get(sheet, set()),
            corners.astype(np.int64),
        )

    def _meaning(self, name: str, sheet: str) -> str | None:
        return self.workbook.meaning(name, sheet)[1] or None

    def _arrays(self, sheet: str, cells: Cells) -> set[int]:
        rows, columns = np.divmod(self.places[sheet], MAX_COLUMNS)
        return set(cells.arrays.of(rows, columns).tolist()) - {-1}

    def _is_simple(
        self, sheets: Mapping[str, Cells], taken: Mapping[str, Mask], arrays: Mapping[str, set[int]]
    ) -> bool:
        """Return whether nothing else is computed that the formulas could refer to."""
        if any((cells.has_formula & ~taken[s]).any() for s, cells in sheets.items()):
            return False
        if any(len(arrays[s]) < len(cells.arrays.formulas) for s, cells in sheets.items()):
            return False
        if sum(int((~mask).sum()) for mask in taken.values()) > _FEW:
            return False
        words = {name.replace("'", "''") for name in self.workbook.sheets if name not in sheets}
        words |= {name[: name.find(".") + 1] or name for name in self.workbook.all_names}
        if len(words) > FEW_WORDS:
            return False
        searched = [word.lower().encode("utf-8", "replace") for word in (*words, *DYNAMIC)]
        contents = [formulas for cells in sheets.values() for formulas in cells.formula_texts()]
        return not any(word in content for content in contents for word in searched)


def everything(workbook: Workbook, sheets: Sequence[str]) -> Needed:
    """Return all that stands on some sheets, and all names but for very many."""
    cells = {sheet: workbook.cells(sheet) for sheet in sheets}
    arrays = {sheet: set(range(len(own.arrays.formulas))) for sheet, own in cells.items()}
    needed = Needed(_all_of(cells), arrays)
    if len(workbook.names) <= FEW_WORDS:
        needed.names = {("", name): text for name, text in workbook.names.items()}
        for sheet, own in cells.items():
            needed.by_name[sheet] = np.flatnonzero(own.formulas.present).tolist()
    return needed


def _all_of(sheets: Mapping[str, Cells]) -> dict[str, Mask]:
    return {sheet: np.ones(cells.rows.shape, dtype=np.bool_) for sheet, cells in sheets.items()}


def _corners(keys: Ints) -> Ints:
    """Return the rows and columns of two corners between which all places stand."""
    rows, columns = np.divmod(keys, MAX_COLUMNS)
    return np.array([[rows.min(), rows.max()], [columns.min(), columns.max()]])


def _keys(places: Iterable[Places]) -> dict[str, Ints]:
    """Return the places on each sheet, as row * MAX_COLUMNS + column, in ascending order."""
    found: dict[str, list[Ints]] = {}
    for own in places:
        keys = own.rows.ravel().astype(np.int64) * MAX_COLUMNS + own.columns.ravel()
        for number, sheet in enumerate(own.sheets):
            found.setdefault(sheet, []).append(keys[own.sheet.ravel() == number])
    return {sheet: np.sort(np.concatenate(keys)) for sheet, keys in found.items()}


def _at_places(rows: Ints, columns: Ints, places: Ints) -> Mask:
    keys = rows * MAX_COLUMNS + columns
    at = np.minimum(np.searchsorted(places, keys), len(places) - 1)
    return np.asarray(places[at] == keys)
