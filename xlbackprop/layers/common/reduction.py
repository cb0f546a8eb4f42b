"""What the layers share that add up an axis: each entry has a part in one sum.

out[i]     = Σ(j) h[i,j] / n          (n = 1 for a sum, the axis' size for a mean)
dL/dh[i,j] = dL/dout[i] / n
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope
from xlbackprop.contract.sums import Finish, Terms, sum_equations
from xlbackprop.equation import Array, Equation, Index, Math, Shape, Slip
from xlbackprop.formula.grid import Addresses

T = TypeVar("T")


class Reduction:
    """A sum or mean over one axis, of known shape: its tensors, then its equations."""

    def __init__(self, scope: Scope, shape: Shape, axis: int, *, is_mean: bool) -> None:
        own = len(shape) - scope.has_batch
        if axis >= own:
            raise scope.refuse("axis", axis, f"the input has {own}, counted from 0")
        if own == 1 and not scope.has_batch:
            raise scope.refuse("input", shape, "a single number would be left: no layer takes one")
        self.scope, self.shape, self.is_mean = scope, shape, is_mean
        self.axis = axis + scope.has_batch
        self.size = shape[self.axis]
        self.divisor = self.size if is_mean else 1
        self.input = scope.input("h", shape)
        self.letters = self.input.tensor.axes
        left = "".join(self.without(self.letters))
        self.output = scope.output("out", tuple(self.without(shape)), left)

    def without(self, parts: tuple[T, ...]) -> tuple[T, ...]:
        """Return what is left of an index, a shape or the letters without the axis."""
        return (*parts[: self.axis], *parts[self.axis + 1 :])

    def equations(self) -> LayerEquations:
        """Return the layer."""
        what = "mean" if self.is_mean else "sum"
        return LayerEquations(
            inputs=(self.input,),
            outputs=(self.output,),
            forward=tuple(self._add_up()),
            backward=(self._spread(),),
            about=f"the {what} over axis {self.letters[self.axis]}, {self.size} entries",
        )

    @property
    def _over(self) -> str:
        return f" / {self.size}" if self.is_mean else ""

    def _add_up(self) -> list[Equation]:
        left, i = ",".join(self.without(self.letters)), ",".join(self.letters)
        math = Math(f"out[{left}] = Σ({self.letters[self.axis]}) h[{i}]{self._over}")
        slips = tuple(self._slips())
        h, out = self.input.tensor, self.output.tensor
        if self.axis >= len(h.leading):  # within a block

            def formula(at: Addresses, *index: int) -> str:
                entries = f"SUM({at.h[self._whole(index)]})"
                return f"{entries}/{self.size}" if self.is_mean else entries

            return [Equation(out, {"h": h}, self._sum, formula, math, slips)]

        def partial(part: slice, h: Array) -> Array:
            return np.asarray(np.moveaxis(h, self.axis, 0)[part].sum(axis=0))

        terms = Terms(
            self.size,
            {"h": h},
            partial,
            lambda at, t, *index: at.h[(*index[: self.axis], t, *index[self.axis :])],
        )
        finish = Finish(
            compute=lambda total: total / self.divisor,
            formula=lambda total, *_: f"({total})/{self.size}" if self.is_mean else total,
        )
        return sum_equations(self.scope, out, terms, math, finish, slips)

    def _whole(self, index: Index) -> tuple[int | slice, ...]:
        return (*index[: self.axis], slice(None), *index[self.axis :])

    def _sum(self, h: Array) -> Array:
        return np.asarray(h.sum(axis=self.axis) / self.divisor)

    def _spread(self) -> Equation:
        left, i = ",".join(self.without(self.letters)), ",".join(self.letters)
        dL_dh, g = self.input.gradient, self.output.gradient

        def compute(g: Array) -> Array:
            return self._to_all(g / self.divisor)

        def formula(at: Addresses, *index: int) -> str:
            return f"{at.g[self.without(index)]}{self._over.replace(' ', '')}"

        why = "Each entry moves the sum by as much as itself moves."
        if self.is_mean:
            why = f"Each entry moves the mean by one {self.size}th of what itself moves."
        math = Math(f"dL/dh[{i}] = dL/dout[{left}]{self._over}", why=why)
        return Equation(dL_dh, {"g": g}, compute, formula, math, tuple(self._slips_of_gradient()))

    def _to_all(self, g: Array) -> Array:
        return np.broadcast_to(np.expand_dims(g, self.axis), self.shape)

    # What goes wrong.

    def _slips(self) -> Iterator[Slip]:
        if self.size > 1 and self.is_mean:
            yield Slip(
                "sum for mean",
                f"Divide the sum by the number of entries, {self.size}.",
                lambda h: h.sum(axis=self.axis),
            )
        if self.size > 1 and not self.is_mean and self.axis >= len(self.input.tensor.leading):
            yield Slip(
                "mean for sum",
                f"Add the entries up, and do not divide by {self.size}.",
                lambda h: h.mean(axis=self.axis),
            )
        first = int(self.scope.has_batch)
        for other in range(first, len(self.shape)):
            if other != self.axis and self.shape[other] == self.size > 1:
                yield Slip(
                    "summed over the wrong axis",
                    f"Add up what differs in {self.letters[self.axis]} only: you added up over"
                    f" {self.letters[other]}.",
                    lambda h, other=other: h.sum(axis=other) / self.divisor,
                )

    def _slips_of_gradient(self) -> Iterator[Slip]:
        if self.size < 2:
            return
        if self.is_mean:
            yield Slip(
                "gradient not divided",
                f"Divide dL/dout by {self.size}: each entry moves the mean by that part only.",
                self._to_all,
            )
        else:
            yield Slip(
                "gradient divided among the entries",
                "Give each entry all of dL/dout: each moves the sum by as much as itself moves.",
                lambda g: self._to_all(g / self.size),
            )
        yield Slip(
            "gradient to the first entry only",
            "Give each entry along the axis its part of the gradient: all of them are in the sum.",
            self._to_first,
        )

    def _to_first(self, g: Array) -> Array:
        whole = np.zeros(self.shape)
        np.moveaxis(whole, self.axis, 0)[0] = g / self.divisor
        return whole
