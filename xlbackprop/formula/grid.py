"""Blocks of cells, and what formulas call the cells of a tensor. Knows no file format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from xlbackprop.equation import Equation, Index, Tensor
from xlbackprop.formula.addresses import anchored, cells_of_rows, column_name, on_sheet, rectangle


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


_anchored = lru_cache(maxsize=4096)(anchored)


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


def block_size(tensor: Tensor) -> tuple[int, int]:
    """Return the rows and columns of a block: a vector lies along a row unless it is vertical.

    A folded one takes several rows.
    """
    if tensor.row_length:
        return tensor.shape[-1] // tensor.row_length, tensor.row_length
    height, width = (1, 1, *tensor.block_shape)[-2:]
    is_column = tensor.vertical and len(tensor.block_shape) == 1
    return (width, height) if is_column else (height, width)


def stands_in_a_row(tensor: Tensor) -> bool:
    """Return whether the rows of a tensor's planes are blocks of their own, side by side."""
    return not tensor.row_length and len(tensor.block_shape) < min(2, len(tensor.shape))


class View:
    """A tensor's addresses: `view[c, i, 0:3]` is the text of those cells.

    The leading indices choose the block. What follows chooses within it: nothing for the whole
    block, otherwise a whole number or a slice (with both ends, or none) for each dimension. Of
    what is folded there are single cells and the whole, and no parts.
    """

    __slots__ = (
        *("_leading", "_origins", "_prefix", "_row_length", "_size", "_vertical", "_whole"),
        *("is_folded", "is_row"),
    )

    def __init__(self, tensor: Tensor, blocks: Iterable[Block], prefix: str) -> None:
        self._leading = len(tensor.leading)
        # Whether what is a plane elsewhere stands in one row, its rows side by side.
        self.is_row = stands_in_a_row(tensor)
        self._size = block_size(tensor)
        self._origins = {block.index: (block.row, block.column) for block in blocks}
        self._prefix = prefix
        self._vertical = tensor.vertical
        self._row_length = tensor.row_length
        # Whether the last dimension takes several rows: cells below one another are far apart.
        self.is_folded = tensor.row_length > 0
        self._whole: dict[Index, Range] = {}

    def __getitem__(self, key: Any) -> Range:  # noqa: C901, PLR0912  (calls take time)
        # The innermost loop of a build: ten times for each cell that sums over ten channels.
        if type(key) is not tuple:
            key = (key,)
        leading = self._leading
        try:
            if len(key) == leading:
                return self._whole_block(key)
            row, column = self._origins[key[:leading]]
        except (KeyError, TypeError):  # a slice is no key, and before Python 3.12 none at all
            return self._scattered(key)
        rows: Any = 0
        *rest, columns = key[leading:]
        if rest:
            (rows,) = rest
        elif self._row_length:
            rows, columns = unfolded(columns, self._row_length)
        elif self._vertical:
            rows, columns = columns, 0
        if type(rows) is int:
            top = bottom = row + rows + 1
        elif rows.stop is None:
            top, bottom = row + 1, row + self._size[0]
        else:
            top, bottom = row + rows.start + 1, row + rows.stop
        if type(columns) is int:
            left = right = column + columns
        elif columns.stop is None:
            left, right = column, column + self._size[1] - 1
        else:
            left, right = column + columns.start, column + columns.stop - 1
        first = f"{self._prefix}{column_name(left)}{top}"
        if top == bottom and left == right:
            return Range(first)
        return Range(f"{first}:{column_name(right)}{bottom}")

    def _scattered(self, key: tuple[Any, ...]) -> Range:
        """Return the addresses in several blocks, with a comma between those of each."""
        if len(key) >= self._leading and slice not in map(type, key[: self._leading]):
            raise KeyError(key)
        chosen = [*key[: self._leading], *[slice(None)] * (self._leading - len(key))]
        sizes = [1 + max(axis) for axis in zip(*self._origins, strict=True)]
        axes = [
            [one] if type(one) is int else range(size)[one]
            for one, size in zip(chosen, sizes, strict=True)
        ]
        inside = key[self._leading :]
        return Range(",".join(self[(*index, *inside)] for index in product(*axes)))

    def _whole_block(self, index: Index) -> Range:
        whole = self._whole.get(index)
        if whole is None:
            row, column = self._origins[index]
            whole = Range(self._prefix + rectangle(row, column, *self._size))
            self._whole[index] = whole
        return whole


def unfolded(chosen: int | slice, row_length: int) -> tuple[int | slice, int | slice]:
    """Return which rows and columns of a folded block an index means, or a slice of all of it.

    Raises ValueError for a part, which may be no rectangle.
    """
    if not isinstance(chosen, slice):
        return divmod(chosen, row_length)
    if chosen.stop is not None:
        raise ValueError("a part of what is folded")
    return chosen, chosen


def view_from(sheet: str, tensor: Tensor, blocks: tuple[Block, ...]) -> View:
    """Return the tensor's addresses as formulas on a sheet write them: `conv1!B3` from another."""
    own = blocks[0].sheet
    return View(tensor, blocks, "" if own == sheet else on_sheet(own, ""))


class Addresses:
    """What a formula calls `at`: the views of its equation's sources, and `here` for itself.

    `views` keeps those of all equations of the same blocks, by sheet and tensor.
    """

    here: View

    def __init__(
        self,
        equation: Equation,
        blocks: Mapping[str, tuple[Block, ...]],
        views: dict[tuple[str, str], View] | None = None,
    ) -> None:
        views = {} if views is None else views
        sheet = blocks[equation.target.name][0].sheet
        for letter, tensor in {**equation.sources, "here": equation.target}.items():
            place = sheet, tensor.name
            if place not in views:
                views[place] = view_from(sheet, tensor, blocks[tensor.name])
            setattr(self, letter, views[place])

    def __getattr__(self, letter: str) -> View:
        raise AttributeError(f"the equation has no source {letter!r}")


def span(first: str, last: str) -> str:
    """Return the text of the range from one cell to another on the same sheet, named once."""
    return f"{first}:{last.rpartition('!')[2]}"


def sumproduct(left: str, right: str) -> str:
    """Return the text that sums the products of two ranges, or multiplies two cells."""
    if is_scattered(left) or is_scattered(right):
        pairs = zip(cells_of_rows(left), cells_of_rows(right), strict=True)
        return "(" + "+".join(f"{one}*{other}" for one, other in pairs) + ")"
    return f"SUMPRODUCT({left},{right})" if ":" in left else f"{left}*{right}"


def is_scattered(address: str) -> bool:
    """Return whether an address names several ranges: those of a tensor whose rows stand apart."""
    return "," in address
