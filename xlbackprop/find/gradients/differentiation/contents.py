"""A workbook's stored cells as the evaluation takes them, without any engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.contents import Contents, Ints, SharedFormula, SheetContents
from xlbackprop.workbook.read.cells import Cells
from xlbackprop.workbook.read.numerals import read_numeral
from xlbackprop.workbook.read.sheet_contents import sheet_contents
from xlbackprop.workbook.read.workbook import Workbook

# Formulas beyond which a sheet takes too long to be looked through.
MOST_FORMULAS = 500_000
_NOWHERE = np.empty((2, 0), dtype=np.int64)


def contents_of(workbook: Workbook, sheets: Sequence[str]) -> Contents:
    """Return the cells of some sheets. Numbers that were typed as text are numbers.

    Raises NotKnown where they hold too many formulas.
    """

    def meaning(name: str, sheet: str) -> str | None:
        return workbook.meaning(name, sheet)[1] or None

    return Contents([_sheet(name, workbook.cells(name)) for name in sheets], meaning)


def _sheet(name: str, cells: Cells) -> SheetContents:
    if cells.formulas.present.sum() > MOST_FORMULAS:
        raise NotKnown(f"more than {MOST_FORMULAS:,} formulas on a sheet")
    everything = np.ones(cells.rows.shape, dtype=np.bool_)
    arrays = range(len(cells.arrays.formulas))
    sheet = sheet_contents(cells, name, everything, arrays, _NOWHERE)
    codes, numbers = sheet.codes.copy(), sheet.numbers.copy()
    for at in np.flatnonzero(codes == Code.TEXT).tolist():
        number = read_numeral(sheet.text(at))
        if number is not None:
            codes[at], numbers[at] = Code.NUMBER, number
    return replace(
        sheet,
        codes=codes,
        numbers=numbers,
        formulas=[_plain(one) for one in sheet.formulas],
        shared=[_with_plain_text(one) for one in sheet.shared],
        unknown=np.union1d(sheet.unknown, _of_what_if_tables(cells, sheet)),
    )


def _of_what_if_tables(cells: Cells, sheet: SheetContents) -> Ints:
    """Return the positions of the cells that a what-if table computes: it says not by what."""
    empty = cells.formulas.present & (cells.formulas.lengths == 0)
    keys = cells.rows[empty].astype(np.int64) * MAX_COLUMNS + cells.columns[empty]
    return np.flatnonzero(np.isin(sheet.rows * MAX_COLUMNS + sheet.columns, keys))


def _plain(formula: bytes) -> bytes:
    """Return a formula without the equals sign that some programs write."""
    return formula.lstrip().removeprefix(b"=")


def _with_plain_text(one: SharedFormula) -> SharedFormula:
    return replace(one, text=one.text.lstrip().removeprefix("="))
