"""Which entries of which tensors each computed cell of a network is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Protocol, Self, TypeVar

from xlbackprop.equation import Equation, Index, Tensor
from xlbackprop.formula.cell_formula import CellFormula, EquationFormulas, SourceRange
from xlbackprop.formula.tree import Call, Expression, Reference, children

_SIZES = {"ROWS": 0, "COLUMNS": 1}


class Rectangle(Protocol):
    """What a reference refers to: rows and columns of cells, of whatever."""

    @property
    def size(self) -> tuple[int, int]:
        """The number of rows and of columns."""
        ...

    def part(self, row: int | None, column: int | None) -> Self:
        """Return one row, one column or one cell of the rectangle, counted from 0."""
        ...


R = TypeVar("R", bound=Rectangle)


class Equations(Protocol):
    """Tensors by name, and the equations that define the computed ones: a network."""

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        """The tensors by name."""
        ...

    @property
    def equation_of(self) -> Mapping[str, Equation]:
        """The equations by the names of the tensors that they define."""
        ...


class References:
    """Tells from which entries each computed cell of a network is made."""

    def __init__(self, network: Equations) -> None:
        self._tensors = network.tensors
        self._equations = network.equation_of
        self._formulas: dict[str, EquationFormulas] = {}

    def know(self, name: str) -> bool:
        """Return whether a tensor is one that the network computes."""
        return name in self._equations

    def formula(self, name: str, index: Index) -> CellFormula:
        """Return the formula of an entry of a computed tensor.

        Where the cell is a constant whatever its sources (a padding zero), it is that number.
        """
        formulas = self._formulas.get(name)
        if formulas is None:
            formulas = self._formulas[name] = EquationFormulas(self._equations[name])
        return formulas.of(index)

    def sources(self, name: str, index: Index) -> list[SourceRange]:
        """Return what an entry is made from, each rectangle once, in the formula's order.

        Of a rectangle that only tells a row's or a column's number nothing is returned, and of
        one in which a single cell is looked up only that cell, where its place is fixed.
        """
        formula = self.formula(name, index)
        return used(formula.tree, formula.ranges)

    def entries(self, source: SourceRange) -> list[Index]:
        """Return the full indices of a rectangle's entries, row by row."""
        tensor = self._tensors[source.tensor]
        return [
            (*source.index, *_within(tensor, row, column))
            for row, column in product(source.rows, source.columns)
        ]


def used(tree: Expression, ranges: Sequence[R]) -> list[R]:
    """Return what a formula takes values from, each rectangle once, in the formula's order.

    `ranges` are what its slots refer to. Of a rectangle that only tells a row's or a column's
    number nothing is returned, and of one in which a single cell is looked up only that cell,
    where its place is fixed.
    """
    found = [_looked_up(ranges, use) if use.position else ranges[use.slot] for use in _uses(tree)]
    return list(dict.fromkeys(found)) if len(found) > 1 else found


@dataclass(frozen=True, slots=True)
class _Use:
    """A reference that a formula takes values from.

    For a cell that is looked up in it, `position` says whose rows or columns are counted to find
    the row, and whose to find the column: (slot, axis), or None where values decide.
    """

    slot: int
    position: tuple[tuple[int, int] | None, tuple[int, int] | None] | None = None


@lru_cache(maxsize=4096)
def _uses(tree: Expression) -> tuple[_Use, ...]:
    return tuple(_walk(tree))


def _walk(tree: Expression) -> Iterator[_Use]:
    match tree:
        case Reference(slot):
            yield _Use(slot)
        case Call("ROWS" | "COLUMNS", _):
            return
        case Call("INDEX", (Reference(slot), row, column)):
            yield _Use(slot, (_counted(row), _counted(column)))
            yield from _walk(row)
            yield from _walk(column)
        case _:
            for child in children(tree):
                yield from _walk(child)


def _counted(place: Expression) -> tuple[int, int] | None:
    match place:
        case Call(function, (Reference(slot),)) if function in _SIZES:
            return slot, _SIZES[function]
    return None


def _looked_up(ranges: Sequence[R], use: _Use) -> R:
    row, column = (
        None if counted is None else ranges[counted[0]].size[counted[1]] - 1
        for counted in use.position or (None, None)
    )
    return ranges[use.slot].part(row, column)


def _within(tensor: Tensor, row: int, column: int) -> Index:
    rank = len(tensor.block_shape)
    if rank == 2:
        return row, column
    if tensor.row_length:
        return (row * tensor.row_length + column,)
    if rank == 1:
        return (row if tensor.vertical else column,)
    return ()
