"""Blocks of cells and their addresses as text. Knows no file format.

Rows and columns count from 0 here; the text (A1, $B$3:$D$5) counts from 1 as spreadsheets do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from xlsxwriter.utility import quote_sheetname, xl_col_to_name

from xlbackprop.equation import Equation, Index, Tensor

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384

_CELL = re.compile(r"\$?([A-Z]+)\$?([0-9]+)")


@cache
def column_name(column: int) -> str:
    """Return the letters of a column: 0 is A, 26 is AA."""
    return str(xl_col_to_name(column))


class Range(str):
    """The address of a cell or a rectangle, relative; its properties anchor it with $."""

    __slots__ = ()

    @property
    def fixed(self) -> str:
        """The address that stays where it is when the formula is dragged: `$B$3:$D$5`."""
        return _anchored(self, r"$\1$\2")

    @property
    def fixed_row(self) -> str:
        """The address whose row stays: `B$3`."""
        return _anchored(self, r"\1$\2")

    @property
    def fixed_column(self) -> str:
        """The address whose column stays: `$B3`."""
        return _anchored(self, r"$\1\2")


@lru_cache(maxsize=4096)
def _anchored(address: str, pattern: str) -> str:
    sheet, mark, cells = address.rpartition("!")
    return sheet + mark + _CELL.sub(pattern, cells)


@dataclass(frozen=True)
class Block:
    """A rectangle of cells that holds `tensor[index]`, row by row."""

    tensor: str
    index: Index
    sheet: str
    row: int
    column: int
    height: int
    width: int

    @property
    def name(self) -> str:
        """The block's workbook-level name: `conv1.w.0.1`."""
        return ".".join([self.tensor, *map(str, self.index)])

    @property
    def range(self) -> str:
        """The block's address on its sheet: `B3:F7`, or `B3` for a single cell."""
        return rectangle(self.row, self.column, self.height, self.width)


def cell(row: int, column: int) -> str:
    """Return the address of one cell: `B3`."""
    return f"{column_name(column)}{row + 1}"


def rectangle(row: int, column: int, height: int, width: int) -> str:
    """Return the address of a rectangle: `B3:F7`."""
    first = cell(row, column)
    return (
        first if height == width == 1 else f"{first}:{cell(row + height - 1, column + width - 1)}"
    )


class View:
    """A tensor's addresses: `view[c, i, 0:3]` is the text of those cells.

    The leading indices choose the block. What follows chooses within it: nothing for the whole
    block, otherwise a whole number or a slice (with both ends) for each dimension.
    """

    __slots__ = ("_block_shape", "_leading", "_origins", "_prefix")

    def __init__(self, tensor: Tensor, blocks: Iterable[Block], prefix: str) -> None:
        self._leading = len(tensor.leading)
        self._block_shape = tensor.block_shape
        self._origins = {block.index: (block.row, block.column) for block in blocks}
        self._prefix = prefix

    def __getitem__(self, key: int | slice | tuple[int | slice, ...]) -> Range:
        if type(key) is not tuple:
            key = (key,)  # type: ignore[assignment]
        row, column = self._origins[key[: self._leading]]  # type: ignore[index]
        within = key[self._leading :]  # type: ignore[index]
        if not within:
            within = tuple(slice(0, size) for size in self._block_shape)
        if len(within) == 2:
            rows, columns = within
        else:  # a vector lies along a row; a single cell is its own whole
            rows, columns = 0, within[0] if within else 0
        if type(rows) is int and type(columns) is int:
            return Range(f"{self._prefix}{column_name(column + columns)}{row + rows + 1}")
        top, bottom = (rows, rows + 1) if type(rows) is int else (rows.start, rows.stop)
        left, right = (
            (columns, columns + 1) if type(columns) is int else (columns.start, columns.stop)
        )
        if bottom - top == 1 and right - left == 1:
            return Range(f"{self._prefix}{column_name(column + left)}{row + top + 1}")
        return Range(
            f"{self._prefix}{column_name(column + left)}{row + top + 1}"
            f":{column_name(column + right - 1)}{row + bottom}"
        )


class Addresses:
    """What a formula calls `at`: the views of its equation's sources, and `here` for itself."""

    here: View

    def __init__(self, equation: Equation, blocks: Mapping[str, tuple[Block, ...]]) -> None:
        sheet = blocks[equation.target.name][0].sheet
        for letter, tensor in {**equation.sources, "here": equation.target}.items():
            own = blocks[tensor.name]
            prefix = "" if own[0].sheet == sheet else f"{quote_sheetname(own[0].sheet)}!"
            setattr(self, letter, View(tensor, own, prefix))

    def __getattr__(self, letter: str) -> View:
        raise AttributeError(f"the equation has no source {letter!r}")


def sumproduct(left: str, right: str) -> str:
    """Return the text that sums the products of two ranges, or multiplies two cells."""
    return f"SUMPRODUCT({left},{right})" if ":" in left else f"{left}*{right}"
