"""The formula of an equation's cell as a tree, and which entries of which tensors it refers to.

The formula is written as if each tensor had a sheet of its own, its blocks one below the other:
then an address tells the tensor, the block and the place within it by a division. So nothing
depends on where the tensors really stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xlbackprop.equation import Array, Equation, Index, Tensor
from xlbackprop.formula.addresses import Address
from xlbackprop.formula.grid import Addresses, Block, block_size
from xlbackprop.formula.parser import read_formula
from xlbackprop.formula.tree import Expression

_SHEET = "tensor"


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


class EquationFormulas:
    """The formulas of one equation's cells."""

    def __init__(self, equation: Equation) -> None:
        self._equation = equation
        used = (equation.target, *equation.sources.values())
        self._tensors = tuple({tensor.name: tensor for tensor in used}.values())
        self._leading = [tuple(tensor.block_indices()) for tensor in self._tensors]
        self._sizes = {tensor.name: block_size(tensor) for tensor in self._tensors}
        self._heights = [height for height, _ in self._sizes.values()]
        blocks = {tensor.name: _blocks(n, tensor) for n, tensor in enumerate(self._tensors)}
        self._at = Addresses(equation, blocks)

    def of(self, index: Index) -> CellFormula:
        """Return the formula of the target's entry at an index.

        Where the cell is a constant whatever its sources (a padding zero), it is that number.
        Raises ValueError where the formula is none.
        """
        read = read_formula(self.text(index))
        return CellFormula(read.tree, tuple(map(self._range, read.references)))

    def text(self, index: Index) -> str:
        """Return the text of that formula."""
        text = self._equation.formula(self._at, *index)
        return text if isinstance(text, str) else repr(text)

    def is_constant(self, index: Index) -> bool:
        """Return whether an entry is a number whatever its sources: a padding zero."""
        return not isinstance(self._equation.formula(self._at, *index), str)

    def numbers(self, formula: CellFormula, values: Mapping[str, Array]) -> list[Array]:
        """Return what a formula's references hold, each of shape (1, rows, columns, 1).

        `values` are the tensors' arrays, by name.
        """
        return [self._numbers(source, values[source.tensor]) for source in formula.ranges]

    def _numbers(self, source: SourceRange, array: Array) -> Array:
        block: Array = array[source.index].reshape(self._sizes[source.tensor])
        rows, columns = (slice(one.start, one.stop) for one in (source.rows, source.columns))
        return block[None, rows, columns, None]

    def _range(self, address: Address) -> SourceRange:
        sheet, first, left, last, right, *_ = address
        number = int(sheet.removeprefix(_SHEET)) if sheet else 0
        block, top = divmod(first, self._heights[number])
        return SourceRange(
            self._tensors[number].name,
            self._leading[number][block],
            range(top, top + last - first + 1),
            range(left, right + 1),
        )


def _blocks(number: int, tensor: Tensor) -> tuple[Block, ...]:
    """Return where a tensor's blocks stand, on a sheet of its own."""
    height, width = block_size(tensor)
    return tuple(
        Block(tensor.name, index, f"{_SHEET}{number}", place * height, 0, height, width)
        for place, index in enumerate(tensor.block_indices())
    )


def _one(whole: range, number: int | None) -> range:
    return whole if number is None else whole[number : number + 1]
