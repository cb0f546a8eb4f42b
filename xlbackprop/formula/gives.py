"""What a formula comes to, as far as it can be told from the formula alone.

Arrays hold numbers only. Where a formula has to do with texts, or compares numbers with TRUE, its
cells are looked at one by one; where a range stands for a single cell, it is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence

from xlbackprop.formula.evaluate import row_of
from xlbackprop.formula.functions import Function, Gives
from xlbackprop.formula.functions.operators import OPERATORS
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.tree import (
    Boolean,
    Call,
    Constants,
    Expression,
    Missing,
    Name,
    Negative,
    Number,
    Operation,
    Percent,
    Reference,
    children,
)


def gives(tree: Expression, sizes: Sequence[tuple[int, int]], *, is_array: bool = False) -> Gives:
    """Return what a formula gives whose slots have some sizes, (rows, columns).

    ANYTHING also where single cells have to be looked at on the way. `is_array` where the formula
    fills a rectangle. Raises NotKnown.
    """
    return _Rules(sizes, fills=is_array).of(tree, is_array=is_array)


_GIVE_RANGES = ("MMULT", "TRANSPOSE")


class _Rules:
    """The rules for a formula whose slots have some sizes."""

    def __init__(self, sizes: Sequence[tuple[int, int]], *, fills: bool) -> None:
        self._sizes, self._fills = sizes, fills

    def of(self, tree: Expression, *, is_array: bool) -> Gives:
        match tree:
            case Number():
                return Gives.NUMBER
            case Boolean():
                return Gives.BOOLEAN
            case Reference(slot):
                if self._sizes[slot] != (1, 1) and not is_array:
                    raise NotKnown("a range where a single cell is expected")
                return Gives.NUMBER
            case Negative(operand) | Percent(operand):
                is_any = self.of(operand, is_array=is_array) is Gives.ANYTHING
                return Gives.ANYTHING if is_any else Gives.NUMBER
            case Operation(sign, left, right):
                sides = (self.of(left, is_array=is_array), self.of(right, is_array=is_array))
                return _operation(sign, *sides)
            case Call(name, arguments):
                return self._call(row_of(name, len(arguments)), arguments, is_array=is_array)
            case Constants() if is_array and all(map(_is_number, children(tree))):
                return Gives.NUMBER
            case Name(name, _):
                raise NotKnown(f"the name {name}")
        return Gives.ANYTHING

    def _call(self, row: Function, arguments: tuple[Expression, ...], *, is_array: bool) -> Gives:
        found = [self._argument(row, number, one, is_array) for number, one in enumerate(arguments)]
        if Gives.ANYTHING in found or any(isinstance(one, Missing) for one in arguments):
            return Gives.ANYTHING
        if row.needs_place and (arguments or self._fills):
            raise NotKnown(f"{row.name} of another cell")
        if row.paired and Gives.BOOLEAN in found:
            return Gives.ANYTHING  # TRUE among the entries is not 1, but counts for nothing
        if row.branches is None:
            return row.gives
        branches = set(found[row.branches])
        is_complete = row.name != "IF" or len(arguments) == 3
        return branches.pop() if len(branches) == 1 and is_complete else Gives.ANYTHING

    def _argument(self, row: Function, number: int, tree: Expression, is_array: bool) -> Gives:
        """Return what an argument gives, where it may be a range or has to be a single cell."""
        takes_ranges = bool(row.over or (row.term and not row.paired) or row.whole)
        if row.whole and not row.is_array and number:
            return self.of(tree, is_array=False)  # where to look, which is one place
        if isinstance(tree, Reference) and takes_ranges and (number == 0 or not row.whole):
            return Gives.NUMBER
        gives_range = isinstance(tree, Call) and tree.function in _GIVE_RANGES
        if row.is_array or (takes_ranges and gives_range):
            return self.of(tree, is_array=True)
        if row.branches is not None and is_array and not self._fills:
            raise NotKnown(f"{row.name} of many cells at once")
        return self.of(tree, is_array=is_array)


def _is_number(tree: Expression) -> bool:
    return isinstance(tree.operand if isinstance(tree, Negative) else tree, Number)


def _operation(sign: str, left: Gives, right: Gives) -> Gives:
    operator = OPERATORS.get(sign)
    if operator is None:
        raise NotKnown(f"the operator {sign!r}")
    is_mixed = operator.gives is Gives.BOOLEAN and left is not right
    if is_mixed or Gives.ANYTHING in (left, right):
        return Gives.ANYTHING
    return operator.gives
