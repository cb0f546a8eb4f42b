"""The equations of root mean square normalization, on the blocks of any normalization."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Port
from xlbackprop.equation import Array, Equation, Math, Slip, Tensor
from xlbackprop.layers.common.elementwise.elementwise import literal
from xlbackprop.layers.common.groups.groups import entry_equation
from xlbackprop.layers.common.groups.summands import square
from xlbackprop.layers.common.normalization.steps import NormalizationSteps


class RootMeanSquare(NormalizationSteps):
    """A normalization to a mean square of 1, of known shape."""

    @cached_property
    def mean_square(self) -> Tensor:
        """The mean of each group's squares."""
        return self.statistic("mean_square", "of h", self.h)

    @cached_property
    def inv_rms(self) -> Tensor:
        """1 over the root of each group's mean square."""
        return self.statistic("inv_rms", "1 over the root", self.mean_square)

    @cached_property
    def normalized(self) -> Port:
        """The entries with a mean square of 1, and their gradient."""
        left = self.inv_rms if self.groups.are_rows else self.h
        entries = self.block("normalized", "to mean square 1", left)
        return Port(entries, self.scope.gradient(entries, "before the scale"))

    @cached_property
    def product_mean(self) -> Tensor:
        """The mean of the gradient times the normalized entries in each group."""
        above = self.inv_rms if self.groups.are_rows else self.normalized.gradient
        return self.backward_number("product_mean", "of the product", above)

    def equations(self, about: str) -> LayerEquations:
        """Return the layer; `about` says what has its own mean square."""
        return LayerEquations(
            inputs=(self.part.input,),
            parameters=(self.gamma,),
            outputs=(self.part.output,),
            forward=tuple(self._forward()),
            backward=tuple(self._backward()),
            about=about,
        )

    def _forward(self) -> Iterator[Equation]:
        yield from self._average_square()
        yield self._invert_root()
        yield self._normalize()
        yield self._scale()

    def _backward(self) -> Iterator[Equation]:
        yield from self.gradient_of_gamma(has_beta=False)
        yield self.gradient_of_normalized()
        yield from self.mean_of_product()
        yield self._gradient_of_h()

    def _average_square(self) -> list[Equation]:
        m, groups, i = self.groups.size, self.groups, self.i

        def variance(h: Array) -> Array:
            mean = groups.sum_of(h) / m
            return groups.sum_of((h - groups.spread(mean)) ** 2) / m

        slips = [
            Slip(
                "variance for mean square",
                "Take the mean of the squares themselves: the mean of h is not subtracted.",
                variance,
            ),
            Slip(
                "mean for root mean square",
                "Square each entry before you take the mean.",
                lambda h: groups.sum_of(h) / m,
            ),
            Slip(
                "sum for mean",
                f"Divide the sum of squares by {m}.",
                lambda h: groups.sum_of(h * h),
            ),
        ]
        return groups.sums(
            self.scope,
            self.mean_square,
            square(h=self.h),
            Math(f"mean_square{self.g} = {groups.sigma}h{i}² / {m}"),
            divisor=m,
            slips=slips[: None if m > 1 else 0],
        )

    def _invert_root(self) -> Equation:
        eps, g = literal(self.eps), self.g
        return Equation(
            self.inv_rms,
            {"q": self.mean_square},
            compute=lambda q: 1 / np.sqrt(q + self.eps),
            formula=lambda at, *index: f"1/SQRT({at.q[index]}+{eps})",
            math=Math(f"inv_rms{g} = 1 / √(mean_square{g} + {eps})"),
            slips=(
                Slip(
                    "root missing",
                    "Take the root of the mean square.",
                    lambda q: 1 / (q + self.eps),
                ),
                Slip(
                    "reciprocal missing",
                    "Take 1 over the root.",
                    lambda q: np.sqrt(q + self.eps),
                ),
            ),
        )

    def _normalize(self) -> Equation:
        i = self.i
        return entry_equation(
            self.normalized.tensor,
            {"h": (self.h, self.entries), "r": (self.inv_rms, self.groups)},
            compute=lambda h, r: h * r,
            formula=lambda h, r: f"{h}*{r}",
            math=Math(f"normalized{i} = h{i} · inv_rms{self.g}"),
            slips=(
                Slip(
                    "divided by inv_rms",
                    "Multiply with inv_rms: you divided.",
                    lambda h, r: h / r,
                ),
            ),
        )

    def _scale(self) -> Equation:
        i, p = self.i, self.p
        return entry_equation(
            self.part.out,
            {
                "gamma": (self.gamma.tensor, self.sharing),
                "x": (self.normalized.tensor, self.entries),
            },
            compute=lambda gamma, x: gamma * x,
            formula=lambda gamma, x: f"{gamma}*{x}",
            math=Math(f"out{i} = gamma{p} · normalized{i}"),
            slips=(
                Slip(
                    "gamma left out",
                    "Multiply with gamma: you copied the normalized entry.",
                    lambda gamma, x: x + 0 * gamma,
                ),
            ),
        )

    def _gradient_of_h(self) -> Equation:
        i, g = self.i, self.g
        return entry_equation(
            self.part.dL_dh,
            {
                "r": (self.inv_rms, self.groups),
                "g": (self.normalized.gradient, self.entries),
                "x": (self.normalized.tensor, self.entries),
                "b": (self.product_mean, self.groups),
            },
            compute=lambda r, g, x, b: r * (g - x * b),
            formula=lambda r, g, x, b: f"{r}*({g}-{x}*{b})",
            math=Math(
                "dL/dh = inv_rms · (dL/dnormalized - normalized · product_mean)",
                full=f"dL/dh{i} = inv_rms{g} · (dL/dnormalized{i}"
                f" - normalized{i} · product_mean{g})",
                why="An entry moves its vector's mean square too, and by it all its outputs: that"
                " is what the product's mean takes off.",
            ),
            slips=_SLIPS_OF_DH,
        )


_HINT = "Take off normalized · product_mean, the way through the mean square, before inv_rms"

_SLIPS_OF_DH = (
    Slip(
        "mean square treated as a constant",
        f"{_HINT}: it is missing.",
        lambda r, g, x, b: r * g + 0 * x * b,
    ),
    Slip(
        "inv_rms missing",
        f"{_HINT}: the factor inv_rms is missing.",
        lambda r, g, x, b: g - x * b + 0 * r,
    ),
    Slip(
        "normalized entry missing",
        f"{_HINT}: product_mean counts times the normalized entry.",
        lambda r, g, x, b: r * (g - b) + 0 * x,
    ),
)
