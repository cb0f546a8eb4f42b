"""The formulas of a whole block from one: where each corner of each reference goes, cell by cell.

A formula is written once with letters in place of the block's row and column, whole numbers that
can be added and multiplied and nothing else. Whatever it refers to then is so many rows and
columns further in each cell; where it asks for more (which of two numbers is larger), it has to be
written cell by cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from xlbackprop.equation import Equation, Index, Tensor
from xlbackprop.formula.addresses import column_name, on_sheet
from xlbackprop.formula.grid import Addresses, Block, Range, block_size, stands_in_a_row, unfolded
from xlbackprop.formula.stepping import NotTraced, Steps

# Characters that no formula holds: each stands for a corner of a reference, and for where a $
# keeps it.
_FIRST, _MOST, _ROW_STAYS, _COLUMN_STAYS, _KEPT = 0xE000, 1_600, 1, 2, 4
_CORNER = re.compile(f"([{chr(_FIRST)}-{chr(_FIRST + _MOST * _KEPT - 1)}])")


class Corner(NamedTuple):
    """A cell to which a formula refers: its row and column, and whether a $ keeps them."""

    row: Steps
    column: Steps
    row_stays: bool
    column_stays: bool

    def is_filled_on(self, height: int, width: int) -> bool:
        """Return whether it goes where it goes when the first cell's formula is filled on."""
        down = height == 1 or (self.row.down == (not self.row_stays) and self.column.down == 0)
        along = width == 1 or (self.column.along == (not self.column_stays) and self.row.along == 0)
        return down and along

    def at(self, row: int, column: int) -> str:
        """Return its address in the formula of one cell of the block."""
        letters, number = column_name(self.column.at(row, column)), self.row.at(row, column) + 1
        return f"{'$' * self.column_stays}{letters}{'$' * self.row_stays}{number}"


@dataclass(frozen=True)
class Template:
    """The formulas of all cells of a block: `texts` with a corner between each and the next."""

    height: int
    width: int
    texts: tuple[str, ...]
    corners: tuple[Corner, ...]

    @property
    def is_shared(self) -> bool:
        """Whether the first cell's formula, filled down and to the right, is that of all."""
        return all(corner.is_filled_on(self.height, self.width) for corner in self.corners)

    @property
    def has_sheets(self) -> bool:
        """Whether it refers to another sheet."""
        return any("!" in text for text in self.texts)

    def rows(self) -> Iterator[list[str]]:
        """Yield the formulas of each row."""
        first, *rest = (text.replace("%", "%%") for text in self.texts)
        names = [[] if one.column.down else self._names(one, 0) for one in self.corners]
        for row in range(self.height):
            pattern, varying = first, []
            for corner, own, text in zip(self.corners, names, rest, strict=True):
                letters, number = "%s", "%s"
                if corner.column.along:
                    varying.append(own or self._names(corner, row))
                else:
                    letters = column_name(corner.column.at(row, 0))
                if corner.row.along:
                    varying.append([str(corner.row.at(row, at) + 1) for at in range(self.width)])
                else:
                    number = str(corner.row.at(row, 0) + 1)
                kept = "$" * corner.column_stays, "$" * corner.row_stays
                pattern += f"{kept[0]}{letters}{kept[1]}{number}{text}"
            cells = zip(*varying, strict=True) if varying else [()] * self.width
            yield [pattern % one for one in cells]

    def _names(self, corner: Corner, row: int) -> list[str]:
        """Return the letters of the columns in which a corner is, along a row."""
        return [column_name(corner.column.at(row, at)) for at in range(self.width)]

    def at(self, row: int, column: int) -> str:
        """Return the formula of one cell."""
        first, *rest = self.texts
        pairs = zip(self.corners, rest, strict=True)
        return first + "".join(corner.at(row, column) + text for corner, text in pairs)


class Tracer:
    """Traces the formulas of one equation, on a page of given blocks; `at` has its addresses."""

    def __init__(
        self, equation: Equation, blocks: Mapping[str, tuple[Block, ...]], at: Addresses
    ) -> None:
        self._equation, self._addresses = equation, at
        self._at = _Traced(equation, blocks)
        self._is_vertical = equation.target.vertical
        self._row_length = equation.target.row_length
        self._rank = len(equation.target.block_shape)

    def template(self, block: Block) -> Template | float:
        """Return the formulas of a block, or the number that is in all its cells.

        Raises NotTraced where they are no such thing.
        """
        row, column = Steps(0, down=1), Steps(0, along=1)
        inside: tuple[Steps, ...] = (row, column)
        if self._row_length:
            inside = (row * self._row_length + column,)
        elif self._rank < 2:
            inside = (row if self._is_vertical else column,)[: self._rank]
        corners = self._at.begin()
        try:
            text: Any = self._equation.formula(cast("Addresses", self._at), *block.index, *inside)
        except Exception as error:  # it takes whole numbers, and these are none
            raise NotTraced from error
        if not isinstance(text, str):
            return float(text)
        template = _template(block, text, corners)
        self._compare(template, block)
        return template

    def _compare(self, template: Template, block: Block) -> None:
        """Refuse a template whose first or last cell's formula is another than that cell's own."""
        last = [size - 1 for size in self._equation.target.block_shape]
        for inside in [[0] * self._rank, last]:
            row, column = ([0, 0, *inside])[-2:]
            if self._row_length:
                row, column = divmod(column, self._row_length)
            elif self._is_vertical and self._rank < 2:
                row, column = column, row
            own = self._equation.formula(self._addresses, *block.index, *inside)
            if template.at(row, column) != own:
                raise NotTraced


def _template(block: Block, text: str, corners: list[tuple[Steps, Steps]]) -> Template:
    texts = _CORNER.split(text)
    used = []
    for character in texts[1::2]:
        number, kept = divmod(ord(character) - _FIRST, _KEPT)
        stays = bool(kept & _ROW_STAYS), bool(kept & _COLUMN_STAYS)
        used.append(Corner(*corners[number], *stays))
    return Template(block.height, block.width, tuple(texts[::2]), tuple(used))


class _TracedRange(Range):
    """An address whose corners go on with the cells."""

    __slots__ = ()

    @property
    def fixed(self) -> str:
        """The address that stays where it is."""
        return self._kept(_ROW_STAYS | _COLUMN_STAYS)

    @property
    def fixed_row(self) -> str:
        """The address whose row stays."""
        return self._kept(_ROW_STAYS)

    @property
    def fixed_column(self) -> str:
        """The address whose column stays."""
        return self._kept(_COLUMN_STAYS)

    def _kept(self, which: int) -> str:
        return _CORNER.sub(lambda one: chr(ord(one[0]) // _KEPT * _KEPT + which), self)


class _Corners:
    """The corners of the formula that is being traced, in the order in which it asks for them."""

    def __init__(self) -> None:
        self.places: list[tuple[Steps, Steps]] = []

    def noted(self, row: Steps, column: Steps) -> str:
        """Return the character that stands for a corner."""
        if len(self.places) >= _MOST:
            raise NotTraced
        self.places.append((row, column))
        return chr(_FIRST + _KEPT * (len(self.places) - 1))


class _Traced:
    """What a formula calls `at` while it is traced."""

    def __init__(self, equation: Equation, blocks: Mapping[str, tuple[Block, ...]]) -> None:
        self._corners = _Corners()
        sheet, size = blocks[equation.target.name][0].sheet, block_size(equation.target)
        for letter, tensor in {**equation.sources, "here": equation.target}.items():
            own = blocks[tensor.name]
            prefix = "" if own[0].sheet == sheet else on_sheet(own[0].sheet, "")
            setattr(self, letter, _TracedView(tensor, own, prefix, self._corners, size))

    def begin(self) -> list[tuple[Steps, Steps]]:
        """Return the list that takes the corners of the next formula."""
        self._corners.places = []
        return self._corners.places


class _TracedView:
    """A tensor's addresses, as `View` has them, where an index may go on with the cells."""

    def __init__(
        self,
        tensor: Tensor,
        blocks: tuple[Block, ...],
        prefix: str,
        corners: _Corners,
        target: tuple[int, int],
    ) -> None:
        self._leading = len(tensor.leading)
        self._row_length, self._target = tensor.row_length, target
        self.is_folded = tensor.row_length > 0
        self.is_row = stands_in_a_row(tensor)
        self._size = block_size(tensor)
        self._origins = {block.index: (block.row, block.column) for block in blocks}
        self._prefix, self._corners, self._vertical = prefix, corners, tensor.vertical

    def __getitem__(self, key: Any) -> Range:
        parts: Index = key if isinstance(key, tuple) else (key,)
        leading = parts[: self._leading]
        if any(type(one) is not int for one in leading):
            raise NotTraced  # which block it is depends on the cell
        row, column = self._origins[leading]
        rows, columns = self._within(parts[self._leading :])
        (top, bottom), (left, right) = _ends(rows, self._size[0]), _ends(columns, self._size[1])
        first = self._prefix + self._corners.noted(top + row, left + column)
        if _is_one(top, bottom) and _is_one(left, right):
            return _TracedRange(first)
        return _TracedRange(f"{first}:{self._corners.noted(bottom + row, right + column)}")

    def _within(self, parts: Any) -> tuple[Any, Any]:
        """Return what is chosen of the block's rows and of its columns."""
        if len(parts) == 2:
            return parts[0], parts[1]
        if not parts:
            return slice(None), slice(None)
        if self._row_length:
            return self._unfolded(*parts)
        return (parts[0], 0) if self._vertical else (0, parts[0])

    def _unfolded(self, chosen: Any) -> tuple[Any, Any]:
        """Return what is chosen of the rows and of the columns of a folded block."""
        if isinstance(chosen, Steps):
            return chosen.divided(self._row_length, self._target)
        return unfolded(chosen, self._row_length)


def _ends(chosen: Any, size: int) -> tuple[Steps, Steps]:
    """Return the first and the last number of an index, or of a slice with both ends or none."""
    if not isinstance(chosen, slice):
        both = _steps(chosen)
        return both, both
    if chosen.stop is None:
        return Steps(0), Steps(size - 1)
    return _steps(chosen.start), _steps(chosen.stop) - 1


def _steps(number: Steps | int) -> Steps:
    return number if isinstance(number, Steps) else Steps(number)


def _is_one(first: Steps, last: Steps) -> bool:
    if first.down != last.down or first.along != last.along:
        raise NotTraced  # a range in some cells, and not in others
    return first.start == last.start
