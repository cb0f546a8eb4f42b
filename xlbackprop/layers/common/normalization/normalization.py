"""What batch and layer normalization share: entries less their mean, over their deviation.

Over each group of m entries that have a mean in common, all sums being over the group:

    mean       = Σ h / m,              centered = h - mean
    var        = Σ centered² / m,      inv_std  = 1 / √(var + eps)
    normalized = centered · inv_std,   out      = gamma · normalized + beta

    dL/dgamma      = Σ dL/dout · normalized      (over the entries that share gamma and beta)
    dL/dbeta       = Σ dL/dout
    dL/dnormalized = dL/dout · gamma
    gradient_mean  = Σ dL/dnormalized / m
    product_mean   = Σ dL/dnormalized · normalized / m
    dL/dh = inv_std · (dL/dnormalized - gradient_mean - normalized · product_mean)

An entry moves its group's mean and variance too, and by them all outputs of the group. What it
does through the mean is the first of the means that are taken off; what it does through the
variance, whose derivative by h is 2 centered / m, is the second. This is the chain rule as in
section 3 of Ioffe and Szegedy, "Batch normalization" (2015), with the gradients of the mean and
the variance put in; the variance does not change with the mean, for centered sums to 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xlbackprop.contract.layer import LayerEquations
from xlbackprop.equation import Equation, Math
from xlbackprop.layers.common.elementwise.elementwise import literal
from xlbackprop.layers.common.groups.groups import entry_equation
from xlbackprop.layers.common.groups.summands import itself, square
from xlbackprop.layers.common.normalization.slips import (
    slips_of_center,
    slips_of_deviation,
    slips_of_dh,
    slips_of_normalized,
    slips_of_variance,
)
from xlbackprop.layers.common.normalization.steps import NormalizationSteps


class Normalization(NormalizationSteps):
    """The equations of a normalization of known shape."""

    def equations(self, about: str, note: str = "") -> LayerEquations:
        """Return the layer; `about` says what has its own mean and variance."""
        return LayerEquations(
            inputs=(self.part.input,),
            parameters=(self.gamma, self.beta) if self.affine else (),
            outputs=(self.part.output,),
            forward=tuple(map(self._named, self._forward())),
            backward=tuple(map(self._named, self._backward())),
            about=about,
            note=note,
        )

    def _named(self, equation: Equation) -> Equation:
        """Return an equation in which what is normalized is called the output, where it is that."""
        if self.affine:
            return equation
        titles = {"dL/dnormalized": "dL/dout", "normalized": "out"}
        return replace(equation, math=equation.math.renamed(titles))

    def _forward(self) -> Iterator[Equation]:
        yield from self._average()
        yield self._center()
        yield from self._average_square()
        yield self._invert_deviation()
        yield self._normalize()
        if self.affine:
            yield self.scale_and_shift()

    def _backward(self) -> Iterator[Equation]:
        if self.affine:
            yield from self.gradient_of_gamma()
            yield from self.gradient_of_beta()
            yield self.gradient_of_normalized()
        yield from self._mean_of_gradient()
        yield from self.mean_of_product()
        yield self._gradient_of_h()

    # The forward pass.

    def _average(self) -> list[Equation]:
        m, groups = self.groups.size, self.groups
        math = Math(f"mean{self.g} = {groups.sigma}h{self.i} / {m}")
        return groups.sums(self.scope, self.mean, itself(h=self.h), math, divisor=m)

    def _center(self) -> Equation:
        return entry_equation(
            self.centered,
            {"h": (self.h, self.entries), "mean": (self.mean, self.groups)},
            compute=lambda h, mean: h - mean,
            formula=lambda h, mean: f"{h}-{mean}",
            math=Math(f"centered{self.i} = h{self.i} - mean{self.g}"),
            slips=slips_of_center(),
        )

    def _average_square(self) -> list[Equation]:
        m, groups = self.groups.size, self.groups
        return groups.sums(
            self.scope,
            self.var,
            square(c=self.centered),
            Math(f"var{self.g} = {groups.sigma}centered{self.i}² / {m}"),
            divisor=m,
            slips=slips_of_variance(m, groups.sum_of),
        )

    def _invert_deviation(self) -> Equation:
        eps = literal(self.eps)
        return Equation(
            self.inv_std,
            {"var": self.var},
            compute=lambda var: 1 / np.sqrt(var + self.eps),
            formula=lambda at, *index: f"1/SQRT({at.var[index]}+{eps})",
            math=Math(f"inv_std{self.g} = 1 / √(var{self.g} + {eps})"),
            slips=tuple(slips_of_deviation(self.eps)),
        )

    def _normalize(self) -> Equation:
        return entry_equation(
            self.normalized.tensor,
            {"c": (self.centered, self.entries), "r": (self.inv_std, self.groups)},
            compute=lambda c, r: c * r,
            formula=lambda c, r: f"{c}*{r}",
            math=Math(f"normalized{self.i} = centered{self.i} · inv_std{self.g}"),
            slips=slips_of_normalized(),
        )

    # The backward pass.

    def _mean_of_gradient(self) -> list[Equation]:
        m, groups = self.groups.size, self.groups
        math = Math(f"gradient_mean{self.g} = {groups.sigma}dL/dnormalized{self.i} / {m}")
        gradient = itself(g=self.normalized.gradient)
        return groups.sums(self.scope, self.gradient_mean, gradient, math, divisor=m)

    def _gradient_of_h(self) -> Equation:
        return entry_equation(
            self.part.dL_dh,
            {
                "r": (self.inv_std, self.groups),
                "g": (self.normalized.gradient, self.entries),
                "a": (self.gradient_mean, self.groups),
                "x": (self.normalized.tensor, self.entries),
                "b": (self.product_mean, self.groups),
            },
            compute=lambda r, g, a, x, b: r * (g - a - x * b),
            formula=lambda r, g, a, x, b: f"{r}*({g}-{a}-{x}*{b})",
            math=Math(
                # With all its indices, the line would be far wider than the block under it.
                "dL/dh = inv_std · (dL/dnormalized - gradient_mean - normalized · product_mean)",
                full=f"dL/dh{self.i} = inv_std{self.g} · (dL/dnormalized{self.i}"
                f" - gradient_mean{self.g} - normalized{self.i} · product_mean{self.g})",
                why="An entry moves its group's mean and variance too, and by them all outputs of"
                " the group: what it does through them is what the two means take off.",
            ),
            slips=slips_of_dh(),
        )
