"""The derivatives of a formula by what it refers to, for many cells at once.

Arrays have the axes that `evaluate` has: cells, rows, columns, draws. NaN is what is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.formula.evaluate import Numbers, Sources, evaluate_from, row_of
from xlbackprop.formula.functions import Function
from xlbackprop.formula.functions.operators import OPERATORS
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.tree import (
    Call,
    Expression,
    Negative,
    Operation,
    Percent,
    Reference,
    children,
)

_ONLY_SIZES = ("ROWS", "COLUMNS", "ROW", "COLUMN")


def derivatives(tree: Expression, sources: Sources, received: Array) -> dict[int, Array]:
    """Return dL/d(reference) for the slots of a formula, from dL/d(what the formula gives).

    `received` has the shape (cells, 1, 1, draws), or that of what the formula gives. A slot's
    array has the shape of its values; a slot on which nothing rests is left out. At a kink or a
    tie, it is the derivative of one of the sides. Raises NotKnown.
    """
    backward = _Backward(sources)
    with np.errstate(all="ignore"):
        backward.give(tree, received)
    return backward.found


class _Backward:
    """What flows back through a formula, by slot of its references."""

    def __init__(self, sources: Sources) -> None:
        self.found: dict[int, Array] = {}
        self._sources = sources

    def give(self, tree: Expression, received: Array) -> None:
        """Add what an expression passes on to what it is made of."""
        if not _refers(tree):
            return
        match tree:
            case Reference(slot):
                own = _summed_to(received, self._sources.values(slot).shape)
                self.found[slot] = self.found[slot] + own if slot in self.found else own
            case Negative(operand):
                self.give(operand, -received)
            case Percent(operand):
                self.give(operand, received / 100)
            case Operation(sign, left, right):
                operator = OPERATORS.get(sign)
                if operator is None or operator.slopes is None:
                    raise NotKnown(f"the derivative of {sign!r}")
                values = self._values((left, right))
                self._each((left, right), values, operator.slopes(*values), received)
            case Call(name, arguments):
                self._call(row_of(name, len(arguments)), arguments, received)
            case _:
                raise NotKnown(f"{type(tree).__name__.lower()} in a formula")

    def _call(self, row: Function, arguments: tuple[Expression, ...], received: Array) -> None:
        if row.name in _ONLY_SIZES:
            return
        values = self._values(arguments)
        if row.term is not None:
            self._sum(row, arguments, values, received)
        elif row.back is not None:
            for one, own in zip(arguments, row.back(received, *values), strict=True):
                self.give(one, own)
        elif row.slope_over is not None:
            self._over(row.slope_over, arguments, values, received)
        elif row.slopes is not None:
            self._each(arguments, values, row.slopes(*values), received)
        else:
            raise NotKnown(f"the derivative of {row.name}")

    def _values(self, parts: Sequence[Expression]) -> list[Array]:
        return [evaluate_from(one, self._sources) for one in parts]

    def _each(
        self,
        parts: Sequence[Expression],
        values: Sequence[Array],
        slopes: Sequence[Array],
        received: Array,
    ) -> None:
        for one, value, slope in zip(parts, values, slopes, strict=True):
            self.give(one, _summed_to(_times(received, slope), value.shape))

    def _sum(
        self,
        row: Function,
        arguments: Sequence[Expression],
        values: Sequence[Array],
        received: Array,
    ) -> None:
        if row.term is None:
            raise NotKnown(f"the function {row.name}")
        together = (
            [tuple(range(len(values)))] if row.paired else [(at,) for at in range(len(values))]
        )
        for places in together:
            own = [values[at] for at in places]
            if len({value.shape[1:3] for value in own}) > 1:
                raise NotKnown(f"{row.name} of rectangles of different sizes")
            term = row.term(*map(Reference, range(len(own))))
            rows, columns = own[0].shape[1:3]
            spread = np.broadcast_to(
                received, (received.shape[0], rows, columns, received.shape[3])
            )
            for at in places if row.paired else ():
                spread = self._unless_passed_over(arguments[at], spread, row)
            for slot, part in derivatives(term, Numbers(own), spread).items():
                self.give(arguments[places[slot]], part)

    def _unless_passed_over(self, argument: Expression, spread: Array, row: Function) -> Array:
        """Return what flows back to the places of a sum, 0 where one of them counts for nothing."""
        if not isinstance(argument, Reference):
            return spread
        passed_over = self._sources.is_passed_over(argument.slot)
        if passed_over is None:
            return spread
        if row.counts_blanks:  # as 0, so that what it would add is known
            blank = self._sources.is_blank(argument.slot)
            passed_over = passed_over if blank is None else passed_over & ~blank
        return np.where(passed_over, 0.0, spread)

    def _over(
        self,
        slope: Callable[[Array, int], Array],
        arguments: Sequence[Expression],
        values: Sequence[Array],
        received: Array,
    ) -> None:
        cells, draws = (max(value.shape[axis] for value in (*values, received)) for axis in (0, 3))

        def listed(parts: Sequence[Array]) -> Array:
            whole = [np.broadcast_to(one, (cells, *one.shape[1:3], draws)) for one in parts]
            return np.concatenate([one.reshape(cells, -1, draws) for one in whole], axis=1)

        masks = [self._passed_over(*pair) for pair in zip(arguments, values, strict=True)]
        slopes = _slopes_of_numbers(slope, listed(values), listed(masks) != 0)
        passed = _times(received[:, :, 0], slopes)
        start = 0
        for argument, value in zip(arguments, values, strict=True):
            size = value.shape[1] * value.shape[2]
            own = passed[:, start : start + size].reshape(cells, *value.shape[1:3], draws)
            self.give(argument, _summed_to(own, value.shape))
            start += size

    def _passed_over(self, argument: Expression, value: Array) -> Array:
        """Return 1 where a cell counts for nothing, else 0."""
        found = None
        if isinstance(argument, Reference):
            found = self._sources.is_passed_over(argument.slot)
        return np.zeros(value.shape) if found is None else found.astype(np.float64)


def _slopes_of_numbers(slope: Callable[[Array, int], Array], listed: Array, out: Mask) -> Array:
    """Return the derivatives by cells listed along an axis, of which some count for nothing."""
    if not out.any():
        return slope(listed, 1)
    result = np.zeros(listed.shape)
    for cell, draw in np.ndindex(listed.shape[0], listed.shape[2]):
        (kept,) = np.nonzero(~out[cell, :, draw])
        if kept.size:
            result[cell, kept, draw] = slope(listed[cell, kept, draw][None, :, None], 1)[0, :, 0]
    return result


def _refers(tree: Expression) -> bool:
    return isinstance(tree, Reference) or any(map(_refers, children(tree)))


def _times(received: Array, slope: Array) -> Array:
    """Return the products; where one of the two is 0, the other does not matter."""
    return np.where(np.equal(received, 0) | np.equal(slope, 0), 0.0, received * slope)


def _summed_to(values: Array, shape: tuple[int, ...]) -> Array:
    """Return values of a shape: summed where one number stood for several, else stretched."""
    axes = tuple(
        axis for axis, size in enumerate(shape) if size == 1 and values.shape[axis] > 1 and axis < 3
    )
    summed = values.sum(axis=axes, keepdims=True) if axes else values
    draws = max(shape[3], summed.shape[3])
    return np.broadcast_to(summed, (*shape[:3], draws))
