"""How large what a formula reckons with becomes, as far as the sizes of its references tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xlbackprop.formula.functions import FUNCTIONS
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.tree import (
    Call,
    Constants,
    Expression,
    Reference,
    children,
    functions_in,
)

Size = tuple[int, int]

# A product of matrices takes so many multiplications in the time of one other number.
_PRODUCTS = 32
# Numbers that a single formula takes besides those to which it refers.
MOST_ON_THE_WAY = 20_000_000


@dataclass(frozen=True)
class Extent:
    """The rows and columns of what a formula gives, and how many numbers it takes on the way."""

    size: Size
    numbers: int


def extent(tree: Expression, sizes: Sequence[Size]) -> Extent:
    """Return the extent of a formula whose slots have some sizes, (rows, columns)."""
    match tree:
        case Reference(slot):
            return Extent(sizes[slot], sizes[slot][0] * sizes[slot][1])
        case Constants(rows):
            return Extent((len(rows), len(rows[0])), len(rows) * len(rows[0]))
    parts = [extent(one, sizes) for one in children(tree)]
    size, further = _size(tree, parts)
    numbers = sum(part.numbers for part in parts) + size[0] * size[1] + further
    return Extent(size, numbers)


def numbers_on_the_way(tree: Expression, sizes: Sequence[Size], area: Size | None) -> int:
    """Return how many numbers a formula takes besides those to which it refers.

    `area` is what it fills, None where it is no array formula. Raises NotKnown where it leaves
    some of that blank, or takes too much memory.
    """
    if area is None and not any(FUNCTIONS[name].is_array for name in functions_in(tree)):
        return 0
    whole = extent(tree, sizes)
    if area is not None and any(
        size not in (1, wanted) and size < wanted
        for size, wanted in zip(whole.size, area, strict=True)
    ):
        raise NotKnown("an array formula that does not fill its cells")
    further = max(0, whole.numbers - sum(map(prod, sizes)))
    if further > MOST_ON_THE_WAY:
        raise NotKnown("rectangles that become too large")
    return further + prod(area or (1, 1)) - 1


def _size(tree: Expression, parts: Sequence[Extent]) -> tuple[Size, int]:
    """Return the size of what is made of some parts, and how much more that takes."""
    widest = (
        max((part.size[0] for part in parts), default=1),
        max((part.size[1] for part in parts), default=1),
    )
    if not isinstance(tree, Call):
        return widest, 0
    if tree.function == "TRANSPOSE":
        return (widest[1], widest[0]), 0
    if tree.function == "MMULT" and len(parts) == 2:
        (rows, inner), (_, columns) = parts[0].size, parts[1].size
        return (rows, columns), rows * inner * columns // _PRODUCTS
    row = FUNCTIONS.get(tree.function)
    if row is not None and row.each is not None:
        return widest, 0
    return (1, 1), widest[0] * widest[1] if row is not None and row.paired else 0
