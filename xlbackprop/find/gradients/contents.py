"""A workbook's stored cells as the evaluation takes them, without any engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.codes import CODE_OF_ERROR, Code, Codes
from xlbackprop.formula.sheets.contents import ArrayFormula, Contents, Ints, SheetContents
from xlbackprop.workbook.read.cells import Cells, State
from xlbackprop.workbook.read.numerals import read_numeral
from xlbackprop.workbook.read.workbook import Workbook

# Formulas beyond which a sheet takes too long to be looked through.
MOST_FORMULAS = 500_000

_CODES = {State.BLANK: Code.BLANK, State.NUMBER: Code.NUMBER, State.TEXT: Code.TEXT}


def contents_of(workbook: Workbook, sheets: Sequence[str]) -> Contents:
    """Return the cells of some sheets. Numbers that were typed as text are numbers.

    Raises NotKnown where they hold too many formulas.
    """

    def meaning(name: str, sheet: str) -> str | None:
        return workbook.meaning(name, sheet)[1] or None

    return Contents([_sheet(name, workbook.cells(name)) for name in sheets], meaning)


def _sheet(name: str, cells: Cells) -> SheetContents:
    last = _last_of_each(cells)
    filled = cells.array_of[last] >= 0
    single = ~filled & np.isin(_keys(cells, last), list(cells.arrays.places))
    (formulas,) = np.nonzero(cells.formulas.present[last] & ~filled & ~single)
    if len(formulas) > MOST_FORMULAS:
        raise NotKnown(f"more than {MOST_FORMULAS:,} formulas on a sheet")
    texts = [_formula(cells, position) for position in last[formulas].tolist()]
    # Of a what-if table the file has no formula.
    has_text = np.array([bool(text) for text in texts], dtype=np.bool_)
    codes, numbers = _values(cells, last)
    without = formulas[~has_text]

    def text(position: int) -> str:
        return str(cells.texts.get(int(last[position])) or "")

    return SheetContents(
        name,
        cells.rows[last],
        cells.columns[last],
        codes,
        numbers,
        text,
        [text for text in texts if text],
        formulas[has_text],
        unknown=without,
        arrays=[*_arrays(cells), *_arrays_of_one_cell(cells, last[single])],
    )


def _keys(cells: Cells, positions: Ints) -> Ints:
    return cells.rows[positions].astype(np.int64) * MAX_COLUMNS + cells.columns[positions]


def _arrays(cells: Cells) -> Iterator[ArrayFormula]:
    for one in cells.arrays.formulas:
        yield ArrayFormula(_as_bytes(one.text), one.top, one.left, one.bottom, one.right)


def _arrays_of_one_cell(cells: Cells, positions: Ints) -> Iterator[ArrayFormula]:
    for position in positions.tolist():
        row, column = int(cells.rows[position]), int(cells.columns[position])
        yield ArrayFormula(_formula(cells, position), row, column, row, column)


def _last_of_each(cells: Cells) -> Ints:
    """Return the positions of the cells, of one that is stored twice the last."""
    keys, order = cells.in_order
    if not keys.size:
        return np.empty(0, dtype=np.int64)
    is_last = np.append(keys[1:] != keys[:-1], [True])
    return np.asarray(order[is_last])


def _formula(cells: Cells, position: int) -> bytes:
    return _as_bytes(cells.formula(position) or "")


def _as_bytes(formula: str) -> bytes:
    return formula.lstrip().removeprefix("=").encode("utf-8", "replace")


def _values(cells: Cells, last: Ints) -> tuple[Codes, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Return what the cells hold, and their numbers."""
    states, numbers = cells.states[last], cells.numbers[last].astype(np.float64)
    codes = np.full(len(last), Code.UNKNOWN, dtype=np.int8)
    for state, code in _CODES.items():
        codes[states == state] = code
    words = np.isin(states, (State.TEXT, State.ERROR, State.BOOLEAN))
    for at in np.flatnonzero(words).tolist():
        text = cells.texts.get(int(last[at])) or ""
        number = read_numeral(text) if states[at] == State.TEXT else None
        if number is not None:
            codes[at], numbers[at] = Code.NUMBER, number
        elif states[at] == State.ERROR:
            codes[at] = CODE_OF_ERROR.get(text, Code.VALUE)
        elif states[at] == State.BOOLEAN:
            codes[at] = Code.TRUE if text in ("TRUE", "1") else Code.FALSE
    return codes, numbers
