"""Softmax over the last axis: numbers made positive, with sum 1.

With m the maximum of a row, e the exponentials and S their sum:

    m        = max(j) h[j]
    e[j]     = exp(h[j] - m)
    S        = Σ(j) e[j]
    out[j]   = e[j] / S
    s        = Σ(j) dL/dout[j] · out[j]
    dL/dh[j] = out[j] · (dL/dout[j] - s)

Subtracting the maximum changes no quotient, and keeps exp from overflowing; so no gradient flows
through m. The last line is the Jacobian ∂out[k]/∂h[j] = out[k] · ([k=j] - out[j]) times dL/dout.
Goodfellow, Bengio and Courville, "Deep learning" (2016), sections 4.1 and 6.2.2.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Shape, Slip, Tensor
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.layers.common.elementwise.elementwise import Elementwise
from xlbackprop.layers.common.softmax_slips import SLIPS_OF_GRADIENT, slips_of_axis


@layer("softmax", short="softmax")
@dataclass(frozen=True)
class Softmax:
    """h and out of any shape."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        return _Softmax(scope, shape).equations()


class _Softmax:
    """A softmax of known shape: its tensors, then its equations."""

    def __init__(self, scope: Scope, shape: Shape) -> None:
        part = self.part = Elementwise(scope, shape, folds=False)
        self.exp = part.tensor("exp", Kind.FORWARD, "exponentials")
        self.maximum = self.of_rows("maximum", part.h, "of each row")
        self.sum = self.of_rows("sum", self.exp, "of each row’s exponentials")
        self.weighted_sum = self.of_rows("weighted_sum", part.dL_dout, "of each row")

    def of_rows(self, short: str, beside: Tensor, about: str) -> Tensor:
        """Return a tensor with a number for each row of another one, in line with it."""
        return self.part.scope.tensor(
            short,
            beside.shape[:-1],
            "".join(beside.axes[:-1]),
            Kind.BACKWARD if beside is self.part.dL_dout else Kind.FORWARD,
            about,
            block_rank=1,
            place=Place.BESIDE,
            belongs_to=beside,
            vertical=True,
        )

    @property
    def row(self) -> str:
        """The index of a row: empty where there is only one."""
        return ",".join(self.part.axes[:-1])

    @property
    def of_row(self) -> str:
        """The same in brackets, in an equation's text."""
        return f"[{self.row}]" if self.row else ""

    def equations(self) -> LayerEquations:
        return self.part.layer(self.forward(), self.backward(), "exp(h) / Σ exp(h), along each row")

    def forward(self) -> Iterator[Equation]:
        yield self.find_maximum()
        yield self.exponentiate()
        yield self.add_up()
        yield self.divide()

    def find_maximum(self) -> Equation:
        i, j = self.part.index, self.part.axes[-1]
        return Equation(
            self.maximum,
            {"h": self.part.h},
            compute=lambda h: h.max(axis=-1),
            formula=lambda at, *row: f"MAX({at.h[*row, :]})",
            math=Math(f"maximum{self.of_row} = max({j}) h[{i}]"),
            slips=tuple(self.slips_of_maximum()),
        )

    def exponentiate(self) -> Equation:
        i = self.part.index
        return Equation(
            self.exp,
            {"h": self.part.h, "m": self.maximum},
            compute=lambda h, m: np.exp(h - m[..., None]),
            formula=lambda at, *i: f"EXP({at.h[i]}-{at.m[i[:-1]].fixed_column})",
            math=Math(
                f"exp[{i}] = exp(h[{i}] - maximum{self.of_row})",
                why="Taking off the largest keeps e from overflowing, and cancels in the quotient.",
            ),
            slips=(
                Slip(
                    "maximum not subtracted",
                    "Subtract the row's maximum from h before you take the exponential.",
                    lambda h, m: np.exp(h) + 0 * m[..., None],
                ),
                Slip(
                    "sign of the exponent",
                    "Take e to the power of h less the maximum, not of the maximum less h.",
                    lambda h, m: np.exp(m[..., None] - h),
                ),
            ),
        )

    def add_up(self) -> Equation:
        i, j = self.part.index, self.part.axes[-1]
        return Equation(
            self.sum,
            {"e": self.exp},
            compute=lambda e: e.sum(axis=-1),
            formula=lambda at, *row: f"SUM({at.e[*row, :]})",
            math=Math(f"sum{self.of_row} = Σ({j}) exp[{i}]"),
        )

    def divide(self) -> Equation:
        i = self.part.index
        return Equation(
            self.part.out,
            {"e": self.exp, "S": self.sum},
            compute=lambda e, S: e / S[..., None],
            formula=lambda at, *i: f"{at.e[i]}/{at.S[i[:-1]].fixed_column}",
            math=Math(f"out[{i}] = exp[{i}] / sum{self.of_row}"),
            slips=tuple(self.slips_of_quotient()),
        )

    def backward(self) -> Iterator[Equation]:
        yield self.weigh()
        yield self.gradient_of_h()

    def weigh(self) -> Equation:
        i, j = self.part.index, self.part.axes[-1]
        return Equation(
            self.weighted_sum,
            {"g": self.part.dL_dout, "out": self.part.out},
            compute=lambda g, out: (g * out).sum(axis=-1),
            formula=lambda at, *row: sumproduct(at.g[*row, :], at.out[*row, :]),
            math=Math(f"weighted_sum{self.of_row} = Σ({j}) dL/dout[{i}] · out[{i}]"),
            slips=(
                Slip(
                    "sum not weighted",
                    "Multiply each dL/dout with its output before you add up the row.",
                    lambda g, out: g.sum(axis=-1) + 0 * out.sum(axis=-1),
                ),
            ),
        )

    def gradient_of_h(self) -> Equation:
        part, i = self.part, self.part.index

        def compute(out: Array, g: Array, s: Array) -> Array:
            return out * (g - s[..., None])

        def formula(at: Addresses, *index: int) -> str:
            return f"{at.out[index]}*({at.g[index]}-{at.s[index[:-1]].fixed_column})"

        return Equation(
            part.dL_dh,
            {"out": part.out, "g": part.dL_dout, "s": self.weighted_sum},
            compute,
            formula,
            Math(
                f"dL/dh[{i}] = out[{i}] · (dL/dout[{i}] - weighted_sum{self.of_row})",
                why="An input raises its own output and, as they sum to 1, lowers all others of its"
                " row: the weighted sum takes that off.",
            ),
            slips=SLIPS_OF_GRADIENT,
        )

    def slips_of_quotient(self) -> Iterator[Slip]:
        yield Slip(
            "not divided by the sum",
            "Divide each exponential by the sum of its row, so that the row's sum is 1.",
            lambda e, S: e + 0 * S[..., None],
        )
        yield Slip(
            "divided by the sum of all rows",
            "Divide by the sum of the entry's own row, so that each row's sum is 1.",
            lambda e, S: e / S.sum(),
        )
        yield from slips_of_axis(self.part.h, "the last axis")

    def slips_of_maximum(self) -> Iterator[Slip]:
        if self.maximum.size > 1:
            yield Slip(
                "maximum of all rows",
                "Take the maximum of each row by itself.",
                lambda h: np.broadcast_to(h.max(), self.maximum.shape),
            )
        yield Slip(
            "minimum for maximum",
            "Take the largest entry of the row, so that no exponential overflows.",
            lambda h: h.min(axis=-1),
        )
