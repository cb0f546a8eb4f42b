"""Functions of where cells stand, and of rectangles as a whole."""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.function import Expansion, Function, Singly
from xlbackprop.formula.functions.values import (
    REF,
    VALUE,
    Failed,
    NotKnown,
    Operand,
    Rectangle,
    Value,
    number,
)
from xlbackprop.formula.tree import Expression, Number

_ONE = Number(1.0, "1")


def _height(table: Array) -> Array:
    return np.full((1, 1, 1, 1), float(table.shape[1]))


def _width(table: Array) -> Array:
    return np.full((1, 1, 1, 1), float(table.shape[2]))


def _spread_height(expansion: Expansion, arguments: tuple[Expression, ...]) -> Expression:
    rows, _ = expansion.size(arguments[0])
    return Number(float(rows), str(rows))


def _spread_width(expansion: Expansion, arguments: tuple[Expression, ...]) -> Expression:
    _, columns = expansion.size(arguments[0])
    return Number(float(columns), str(columns))


def _size(singly: Singly, tree: Expression) -> tuple[int, int]:
    operand = singly.operand(tree)
    if not isinstance(operand, Rectangle):
        raise NotKnown("the size of what is no rectangle")
    return operand.size


def _cell_of(table: Array, row: Array, column: Array | None = None) -> Array:
    """Return what stands in a row and a column, counted from 1; NaN outside, and for 0."""
    if column is None:
        one = np.ones((1, 1, 1, 1))
        if 1 not in table.shape[1:3]:
            raise NotKnown("a whole row of a table")
        row, column = (one, row) if table.shape[1] == 1 else (row, one)
    cells, draws = (max(x.shape[axis] for x in (table, row, column)) for axis in (0, 3))
    table = np.broadcast_to(table, (cells, *table.shape[1:3], draws))
    places = [np.broadcast_to(np.trunc(x), (cells, 1, 1, draws)) for x in (row, column)]
    inside = [(x >= 1) & (x <= size) for x, size in zip(places, table.shape[1:3], strict=True)]
    rows, columns = (
        np.where(is_in, x - 1, 0).astype(np.intp) for x, is_in in zip(places, inside, strict=True)
    )
    found = table[np.arange(cells)[:, None], rows[:, 0, 0], columns[:, 0, 0], np.arange(draws)]
    return np.where(inside[0] & inside[1], found[:, None, None], np.nan)


def _looked_up(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    operand = singly.operand(arguments[0])
    table = operand if isinstance(operand, Rectangle) else Rectangle(((operand,),))
    height, width = table.size
    places = [int(number(singly.value(one))) for one in arguments[1:]]
    if len(places) == 1:
        if 1 not in (height, width):
            raise NotKnown("a whole row of a table")
        places = [1, *places] if height == 1 else [*places, 1]
    row, column = places
    if row < 0 or column < 0:
        raise Failed(VALUE)
    if row > height or column > width:
        raise Failed(REF)
    if (row == 0 and height > 1) or (column == 0 and width > 1):
        raise NotKnown("a whole row or column of a table")
    value = table.rows[max(row, 1) - 1][max(column, 1) - 1]
    return Rectangle(((value,),), is_reference=table.is_reference)


def _spread_lookup(expansion: Expansion, arguments: tuple[Expression, ...]) -> Expression:
    table, place, *column = arguments
    if column:
        return expansion.looked_up(table, place, column[0])
    rows, _ = expansion.size(table)
    return expansion.looked_up(table, *((_ONE, place) if rows == 1 else (place, _ONE)))


def _turned(table: Array) -> Array:
    return table.swapaxes(1, 2)


def _turned_singly(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    operand = singly.operand(arguments[0])
    if not isinstance(operand, Rectangle):
        return operand
    return Rectangle(tuple(zip(*operand.rows, strict=True)), operand.is_reference)


def _product(left: Array, right: Array) -> Array:
    """Return the products of matrices, one for each cell and draw."""
    if left.shape[2] != right.shape[1]:
        raise NotKnown("a product of matrices that do not fit")
    result = _multiplied(left, right)
    # An entry that is no number makes an error of them all.
    return np.where(np.isnan(result).any(axis=(1, 2), keepdims=True), np.nan, result)


def _multiplied(left: Array, right: Array) -> Array:
    product = np.moveaxis(left, 3, 1) @ np.moveaxis(right, 3, 1)
    return np.moveaxis(product, 1, 3)


def _product_singly(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    left, right = (_matrix(singly.operand(one)) for one in arguments)
    if len(left[0]) != len(right):
        raise Failed(VALUE)
    columns = list(zip(*right, strict=True))
    return Rectangle(
        tuple(
            tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns)
            for row in left
        )
    )


def _matrix(operand: Operand) -> list[list[float]]:
    """Return rows of numbers. Raises Failed where one of the entries is none."""
    rows = operand.rows if isinstance(operand, Rectangle) else ((operand,),)
    return [[_entry(value) for value in row] for row in rows]


def _entry(value: Value) -> float:
    if isinstance(value, float):
        return value
    if value is None or isinstance(value, str | bool):
        raise Failed(VALUE)
    raise Failed(value.text)


def _turned_back(received: Array, of: Array) -> tuple[Array]:  # noqa: ARG001
    return (_turned(received),)


def _product_back(received: Array, left: Array, right: Array) -> tuple[Array, Array]:
    return _multiplied(received, _turned(right)), _multiplied(_turned(left), received)


def _cell_back(received: Array, table: Array, *places: Array) -> tuple[Array, ...]:
    """Return what flows back to the one cell of a table that was looked up."""
    if len(places) == 1:
        one = np.ones((1, 1, 1, 1))
        row, column = (one, places[0]) if table.shape[1] == 1 else (places[0], one)
    else:
        row, column = places
    rows = np.arange(1.0, table.shape[1] + 1)[:, None, None]
    columns = np.arange(1.0, table.shape[2] + 1)[:, None]
    is_here = (np.trunc(row) == rows) & (np.trunc(column) == columns)
    return np.where(is_here, received, 0.0), *map(np.zeros_like, places)


LOOKUP = (
    Function(
        "ROWS",
        whole=_height,
        is_array=True,
        singly=lambda singly, arguments: float(_size(singly, arguments[0])[0]),
        spread=_spread_height,
    ),
    Function(
        "COLUMNS",
        whole=_width,
        is_array=True,
        singly=lambda singly, arguments: float(_size(singly, arguments[0])[1]),
        spread=_spread_width,
    ),
    Function(
        "INDEX",
        arguments=(2, 3),
        whole=_cell_of,
        back=_cell_back,
        singly=_looked_up,
        spread=_spread_lookup,
    ),
    Function("TRANSPOSE", whole=_turned, back=_turned_back, is_array=True, singly=_turned_singly),
    Function(
        "MMULT",
        arguments=(2, 2),
        whole=_product,
        back=_product_back,
        is_array=True,
        counts_blanks=False,
        singly=_product_singly,
    ),
    Function("ROW", arguments=(0, 1), needs_place=True),
    Function("COLUMN", arguments=(0, 1), needs_place=True),
)
