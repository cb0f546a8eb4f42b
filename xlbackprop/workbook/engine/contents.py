"""Cells as an engine is given them: numbers, texts, and formulas that need no others to be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array
from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.formula.implicit import may_mean_one_cell, with_intersections
from xlbackprop.workbook.engine.engine import Engine
from xlbackprop.workbook.engine.process.messages import FORMULA
from xlbackprop.workbook.read.arrays import ArrayFormula, Ints
from xlbackprop.workbook.read.cells import SHARED, Batch, State

_SHARED = SHARED.encode()
_IN_WORDS = (State.TEXT, State.ERROR, State.BOOLEAN)


def give_cells(engine: Engine, sheet: str, batch: Batch, at: Ints) -> None:
    """Give an engine the cells that are at some positions in a batch."""
    if not at.size:
        return
    texts = _formulas(batch, at)
    # Of a what-if table the file has no formula: what it once gave stands for it.
    kinds = np.where([bool(text) for text in texts], FORMULA, batch.states[at]).astype(np.int8)
    for which in np.flatnonzero(np.isin(kinds, _IN_WORDS)).tolist():
        texts[which] = batch.texts.raw(batch.first + int(at[which]))
    numbers = np.where(kinds == State.NUMBER, batch.numbers[at], 0.0)
    _give(engine, sheet, (batch.rows[at], batch.columns[at]), kinds, numbers, texts)


def give_numbers(engine: Engine, sheet: str, rows: Ints, columns: Ints, numbers: Array) -> None:
    """Give an engine cells that hold numbers, whatever stood there."""
    kinds = np.full(len(numbers), State.NUMBER, dtype=np.int8)
    _give(engine, sheet, (rows, columns), kinds, numbers, [b""] * len(numbers))


def give_formula(engine: Engine, sheet: str, row: int, column: int, formula: str) -> None:
    """Give an engine a cell with a formula, without its equals sign."""
    place, kinds = (np.array([row]), np.array([column])), np.array([FORMULA], dtype=np.int8)
    _give(engine, sheet, place, kinds, np.zeros(1), [formula.encode("utf-8", "replace")])


def _give(
    engine: Engine,
    sheet: str,
    places: tuple[Ints, Ints],
    kinds: NDArray[np.int8],
    numbers: Array,
    texts: list[bytes],
) -> None:
    rows, columns = ((one + 1).astype(np.int32) for one in places)
    parts = (rows, columns, kinds, numbers.astype(np.float64), _ends(texts))
    header = {"cells": len(kinds), "on": engine.sheet(sheet)}
    engine.give(header, b"".join([*(part.tobytes() for part in parts), *texts]))


def give_arrays(engine: Engine, sheet: str, formulas: Iterable[ArrayFormula]) -> None:
    """Give an engine array formulas."""
    on = engine.sheet(sheet)
    listed = [
        (on, top + 1, left + 1, bottom - top + 1, right - left + 1, text)
        for top, left, bottom, right, text in formulas
    ]
    if listed:
        engine.give({"arrays": listed})


def _formulas(batch: Batch, at: Ints) -> list[bytes]:
    formulas = batch.formulas.raws((batch.first + at).tolist())
    together = b"".join(formulas)
    if _SHARED in together:
        for which, text in _moved(batch, at, formulas):
            formulas[which] = text
        together = b"".join(formulas)
    for which in may_mean_one_cell(together, _ends(formulas)):
        here = int(at[which])
        if int(batch.rows[here] * MAX_COLUMNS + batch.columns[here]) not in batch.array_formulas:
            formula = formulas[which].decode("utf-8", "replace")
            formulas[which] = with_intersections(formula).encode()
    return formulas


def _moved(batch: Batch, at: Ints, formulas: list[bytes]) -> Iterator[tuple[int, bytes]]:
    for which, text in enumerate(formulas):
        if text.startswith(_SHARED):
            key = text.removeprefix(_SHARED).decode("utf-8", "surrogatepass")
            row, column = int(batch.rows[at[which]]), int(batch.columns[at[which]])
            yield which, batch.shared.formula(key, row, column).encode("utf-8", "surrogatepass")


def _ends(texts: list[bytes]) -> NDArray[np.int32]:
    return np.cumsum(np.fromiter(map(len, texts), np.int32, len(texts)), dtype=np.int32)
