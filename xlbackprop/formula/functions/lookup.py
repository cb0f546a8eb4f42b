"""Functions of where cells stand rather than of what they hold."""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.function import Expansion, Function
from xlbackprop.formula.tree import Expression, Number

_ONE = Number(1.0, "1")


def _row_number(table: Array) -> Array:
    return np.full((1, 1, 1, 1), float(table.shape[1]))


def _column_number(table: Array) -> Array:
    return np.full((1, 1, 1, 1), float(table.shape[2]))


def _cell_of(table: Array, row: Array, column: Array | None = None) -> Array:
    """Return what stands in a row and a column, counted from 1; NaN outside, and for 0."""
    if column is None:
        one = np.ones((1, 1, 1, 1))
        row, column = (one, row) if table.shape[1] == 1 else (row, one)
    cells, draws = (max(x.shape[axis] for x in (table, row, column)) for axis in (0, 3))
    table = np.broadcast_to(table, (cells, *table.shape[1:3], draws))
    places = [np.broadcast_to(np.trunc(x), (cells, 1, 1, draws)) for x in (row, column)]
    sizes = table.shape[1:3]
    inside = [(x >= 1) & (x <= size) for x, size in zip(places, sizes, strict=True)]
    rows, columns = (
        np.where(is_in, x - 1, 0).astype(np.intp) for x, is_in in zip(places, inside, strict=True)
    )
    found = np.take_along_axis(np.take_along_axis(table, rows, 1), columns, 2)
    return np.where(inside[0] & inside[1], found, np.nan)


def _rows(expansion: Expansion, arguments: tuple[Expression, ...]) -> Expression:
    rows, _ = expansion.size(arguments[0])
    return Number(float(rows), str(rows))


def _columns(expansion: Expansion, arguments: tuple[Expression, ...]) -> Expression:
    _, columns = expansion.size(arguments[0])
    return Number(float(columns), str(columns))


def _index(expansion: Expansion, arguments: tuple[Expression, ...]) -> Expression:
    table, place, *column = arguments
    if column:
        return expansion.looked_up(table, place, column[0])
    rows, _ = expansion.size(table)
    return expansion.looked_up(table, *((_ONE, place) if rows == 1 else (place, _ONE)))


LOOKUP = (
    Function("ROWS", whole=_row_number, spread=_rows),
    Function("COLUMNS", whole=_column_number, spread=_columns),
    Function("INDEX", whole=_cell_of, spread=_index),
)
