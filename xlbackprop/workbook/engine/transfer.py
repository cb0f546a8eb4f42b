"""What an engine is given of a workbook: the cells that are judged, and what those rest on.

The cells that are judged go to it while their sheet is still read. All others wait until it is
known whether one of those refers to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.formula.addresses import MAX_COLUMNS, on_sheet, read_area
from xlbackprop.formula.implicit import with_intersections
from xlbackprop.formula.places import Places
from xlbackprop.workbook.engine.contents import give_arrays, give_cells, give_formula
from xlbackprop.workbook.engine.dependencies import DYNAMIC, Dependencies, Needed
from xlbackprop.workbook.engine.engine import Engine
from xlbackprop.workbook.read.arrays import Ints
from xlbackprop.workbook.read.cells import Batch, Cells
from xlbackprop.workbook.read.workbook import Workbook

# So many numbers and texts beside the judged cells are given without asking who needs them.
_FEW = 50_000
# So many words, beginnings of names and of sheets, are looked for in all formulas at once.
_FEW_WORDS = 300
# A sheet beside the workbook's own, on which stands what names mean.
_MEANINGS = "xlbackprop.names"


class Transfer:
    """Gives an engine a workbook's cells: those at some places at once, others where needed."""

    def __init__(self, engine: Engine, workbook: Workbook, places: Iterable[Places]) -> None:
        self._engine, self._workbook = engine, workbook
        self._places = _keys(places)
        # A formula is read when it is given: the sheets that it refers to must be there by then.
        others = workbook.sheets if len(workbook.sheets) <= _FEW_WORDS else ()
        for sheet in (*self._places, *others):
            engine.sheet(sheet)

    def take(self, sheet: str, batch: Batch) -> None:
        """Give those of some cells that stand at one of the places."""
        at = np.flatnonzero(_at_places(batch.rows, batch.columns, self._places[sheet]))
        give_cells(self._engine, sheet, batch, at)

    def finish(self) -> Needed:
        """Give what else is needed, once all sheets with places are read; return all of it."""
        sheets = {sheet: self._workbook.cells(sheet) for sheet in self._places}
        taken = {
            sheet: _at_places(cells.rows, cells.columns, self._places[sheet])
            for sheet, cells in sheets.items()
        }
        arrays = {sheet: self._arrays(sheet, cells) for sheet, cells in sheets.items()}
        if self._is_simple(sheets, taken, arrays):
            everything = {s: np.ones(c.rows.shape, dtype=np.bool_) for s, c in sheets.items()}
            needed = Needed(everything, arrays)
        else:
            needed = Dependencies(self._workbook).follow(taken, arrays)
        self._give(needed, taken)
        return needed

    def others(self, needed: Needed) -> dict[str, Ints]:
        """Return the positions of those formulas among the needed that stand at no place."""
        found = {}
        for sheet, mask in needed.cells.items():
            cells = self._workbook.cells(sheet)
            others = mask & cells.has_formula
            if sheet in self._places:
                others &= ~_at_places(cells.rows, cells.columns, self._places[sheet])
            at = np.flatnonzero(others)
            # Of a cell stored twice the last one counts.
            found[sheet] = at[cells.find(cells.rows[at], cells.columns[at]) == at]
        return found

    def give_all(self, sheets: Sequence[str]) -> None:
        """Give all that stands on some sheets, and all names but for very many."""
        cells = {sheet: self._workbook.cells(sheet) for sheet in sheets}
        needed = Needed(
            {sheet: np.ones(own.rows.shape, dtype=np.bool_) for sheet, own in cells.items()},
            {sheet: set(range(len(own.arrays.formulas))) for sheet, own in cells.items()},
        )
        if len(self._workbook.names) <= _FEW_WORDS:
            needed.names = {("", name): text for name, text in self._workbook.names.items()}
            for sheet, own in cells.items():
                needed.by_name[sheet] = np.flatnonzero(own.formulas.present).tolist()
        self._give(needed, {})

    def _arrays(self, sheet: str, cells: Cells) -> set[int]:
        rows, columns = np.divmod(self._places[sheet], MAX_COLUMNS)
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
        words = {name.replace("'", "''") for name in self._workbook.sheets if name not in sheets}
        words |= {name[: name.find(".") + 1] or name for name in self._workbook.all_names}
        if len(words) > _FEW_WORDS:
            return False
        searched = [word.lower().encode("utf-8", "replace") for word in (*words, *DYNAMIC)]
        contents = [formulas for cells in sheets.values() for formulas in cells.formula_texts()]
        return not any(word in content for content in contents for word in searched)

    def _give(self, needed: Needed, taken: Mapping[str, Mask]) -> None:
        for sheet, mask in needed.cells.items():
            cells = self._workbook.cells(sheet)
            self._engine.sheet(sheet)  # formulas may refer to it, though nothing stands there
            more = mask & ~taken[sheet] if sheet in taken else mask
            give_cells(self._engine, sheet, cells.batch, np.flatnonzero(more))
        for sheet, numbers in needed.arrays.items():
            formulas = self._workbook.cells(sheet).arrays.formulas
            give_arrays(self._engine, sheet, (formulas[number] for number in sorted(numbers)))
        if needed.names:
            self._give_names(needed)

    def _give_names(self, needed: Needed) -> None:
        """Give names; one for anything but cells becomes one for a cell that holds it."""
        engine, listed, several = self._engine, [], set[str]()
        for row, ((sheet, name), meaning) in enumerate(needed.names.items()):
            area, stands_for = read_area(meaning), meaning
            if area is None:
                give_formula(engine, _MEANINGS, row, 0, meaning.removeprefix("="))
                stands_for = on_sheet(_MEANINGS, f"$A${row + 1}")
            elif area.sheet in self._workbook.sheets:
                engine.sheet(area.sheet)
                several |= {name} if area.height * area.width > 1 else set()
            listed.append((name, engine.sheet(sheet) if sheet else None, stands_for))
        engine.give({"names": listed})
        for sheet, positions in needed.by_name.items():
            self._give_one_cell_of(several, sheet, positions)

    def _give_one_cell_of(self, names: set[str], sheet: str, positions: list[int]) -> None:
        """Give formulas in which such a name stands for one of its cells once more, as such."""
        cells = self._workbook.cells(sheet)
        for position in positions if names else ():
            row, column = int(cells.rows[position]), int(cells.columns[position])
            formula = cells.formula(position) or ""
            meant = with_intersections(formula, names)
            if meant != formula and row * MAX_COLUMNS + column not in cells.arrays.places:
                give_formula(self._engine, sheet, row, column, meant)


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
