"""Which entries of which tensors a cell is made from, read off the cell's own formula.

The formula is written as if each tensor had a sheet of its own, its blocks one below the other:
then an address tells the tensor, the block and the place within it by a division. So nothing
depends on where the tensors really stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Protocol

from xlbackprop.equation import Equation, Index, Tensor
from xlbackprop.formula.grid import Addresses, Block, block_size, column_number
from xlbackprop.formula.tree import Call, Expression, Reference, children, parse

_SHEET = "tensor_"
_REFERENCE = re.compile(
    rf"(?:{_SHEET}(\d+)!|(?<![\w.]))\$?([A-Z]+)\$?(\d+)"
    rf"(?::(?:{_SHEET}\d+!)?\$?([A-Z]+)\$?(\d+))?(?![\w(])"
)
_SIZES = {"ROWS": 0, "COLUMNS": 1}


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


@dataclass(frozen=True, slots=True)
class SourceRange:
    """A rectangle of cells within one block: rows and columns count from 0 in the block."""

    tensor: str
    index: Index  # the block's leading indices
    rows: range
    columns: range

    @property
    def size(self) -> tuple[int, int]:
        """The number of rows and of columns."""
        return len(self.rows), len(self.columns)

    def part(self, row: int | None, column: int | None) -> SourceRange:
        """Return one row, one column or one cell of the rectangle, counted from 0."""
        return SourceRange(
            self.tensor, self.index, _one(self.rows, row), _one(self.columns, column)
        )


@dataclass(frozen=True, slots=True)
class CellFormula:
    """A cell's formula as a tree, and what its references refer to, in their order."""

    tree: Expression
    ranges: tuple[SourceRange, ...]


class References:
    """Tells from which entries each computed cell of a network is made."""

    def __init__(self, network: Equations) -> None:
        self._tensors = tuple(network.tensors.values())
        self._numbers = {tensor.name: number for number, tensor in enumerate(self._tensors)}
        self._equations = network.equation_of
        self._blocks = _Blocks(self._numbers)
        self._addresses: dict[str, Addresses] = {}
        self._leading = [tuple(tensor.block_indices()) for tensor in self._tensors]
        self._heights = [block_size(tensor)[0] for tensor in self._tensors]

    def formula(self, name: str, index: Index) -> CellFormula:
        """Return the formula of an entry of a computed tensor.

        Where the cell is a constant whatever its sources (a padding zero), it is that number.
        """
        text = self._text(name, index)
        ranges: list[SourceRange] = []

        def replace(match: re.Match[str]) -> str:
            ranges.append(self._range(match, name))
            return "@"

        skeleton = _REFERENCE.sub(replace, text)
        return CellFormula(parse(skeleton), tuple(ranges))

    def sources(self, name: str, index: Index) -> list[SourceRange]:
        """Return what an entry is made from, each rectangle once, in the formula's order.

        Of a rectangle that only tells a row's or a column's number nothing is returned, and of
        one in which a single cell is looked up only that cell, where its place is fixed.
        """
        formula = self.formula(name, index)
        found = [
            _looked_up(formula.ranges, use) if use.position else formula.ranges[use.slot]
            for use in _uses(formula.tree)
        ]
        return list(dict.fromkeys(found)) if len(found) > 1 else found

    def entries(self, source: SourceRange) -> list[Index]:
        """Return the full indices of a rectangle's entries, row by row."""
        tensor = self._tensors[self._numbers[source.tensor]]
        return [
            (*source.index, *_within(tensor, row, column))
            for row, column in product(source.rows, source.columns)
        ]

    def _text(self, name: str, index: Index) -> str:
        equation = self._equations[name]
        at = self._addresses.get(name)
        if at is None:
            at = self._addresses[name] = Addresses(equation, self._blocks.of(equation))
        formula = equation.formula(at, *index)
        return formula if isinstance(formula, str) else repr(formula).upper()

    def _range(self, match: re.Match[str], own: str) -> SourceRange:
        sheet, first_letters, first_digits, last_letters, last_digits = match.groups()
        number = self._numbers[own] if sheet is None else int(sheet)
        block, top = divmod(int(first_digits) - 1, self._heights[number])
        left = column_number(first_letters)
        bottom = top + 1 if last_digits is None else top + 1 + int(last_digits) - int(first_digits)
        right = left + 1 if last_letters is None else column_number(last_letters) + 1
        return SourceRange(
            self._tensors[number].name,
            self._leading[number][block],
            range(top, bottom),
            range(left, right),
        )


class _Blocks:
    """Where each tensor's blocks stand, on its own sheet."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self._numbers = numbers
        self._known: dict[str, tuple[Block, ...]] = {}

    def of(self, equation: Equation) -> dict[str, tuple[Block, ...]]:
        """Return the blocks of an equation's tensors, by the tensors' names."""
        tensors = (equation.target, *equation.sources.values())
        return {tensor.name: self._of(tensor) for tensor in tensors}

    def _of(self, tensor: Tensor) -> tuple[Block, ...]:
        if tensor.name not in self._known:
            height, width = block_size(tensor)
            sheet = f"{_SHEET}{self._numbers[tensor.name]}"
            self._known[tensor.name] = tuple(
                Block(tensor.name, index, sheet, number * height, 0, height, width)
                for number, index in enumerate(tensor.block_indices())
            )
        return self._known[tensor.name]


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


def _looked_up(ranges: tuple[SourceRange, ...], use: _Use) -> SourceRange:
    row, column = (
        None if counted is None else ranges[counted[0]].size[counted[1]] - 1
        for counted in use.position or (None, None)
    )
    return ranges[use.slot].part(row, column)


def _one(whole: range, number: int | None) -> range:
    return whole if number is None else whole[number : number + 1]


def _within(tensor: Tensor, row: int, column: int) -> Index:
    rank = len(tensor.block_shape)
    if rank == 2:
        return row, column
    if rank == 1:
        return (row if tensor.vertical else column,)
    return ()
