"""Batch normalization as it is used after training: with a mean and a variance that are given.

    inv_std    = 1 / √(running_var + eps)
    normalized = (h - running_mean) · inv_std,   out = gamma · normalized + beta

    dL/dgamma = Σ dL/dout · normalized,          dL/dbeta = Σ dL/dout
    dL/dh     = dL/dout · gamma · inv_std

No entry moves the mean or the variance, so that nothing is taken off dL/dh.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Port
from xlbackprop.equation import Domain, Equation, Kind, Math, Place, Slip, Tensor
from xlbackprop.layers.common.elementwise.elementwise import literal
from xlbackprop.layers.common.groups.groups import entry_equation
from xlbackprop.layers.common.normalization.slips import (
    slips_of_deviation,
)
from xlbackprop.layers.common.normalization.steps import NormalizationSteps


class GivenStatistics(NormalizationSteps):
    """A normalization of known shape whose mean and variance are given."""

    @cached_property
    def running_mean(self) -> Tensor:
        """The mean that is taken off."""
        return self._given("running_mean", "mean in training")

    @cached_property
    def running_var(self) -> Tensor:
        """The variance whose root is divided by."""
        return self._given("running_var", "variance in training", Domain(positive=True))

    @cached_property
    def inv_std(self) -> Tensor:
        """1 over the standard deviation."""
        return self.statistic("inv_std", "1 over deviation", self.h)

    @cached_property
    def normalized(self) -> Port:
        """The entries less their mean, over their deviation."""
        entries = self.block("normalized", "less mean, over deviation", self.h)
        return Port(entries, self.scope.gradient(entries, "before the scale"))

    def _given(self, short: str, about: str, domain: Domain | None = None) -> Tensor:
        sharing = self.sharing
        return self.scope.tensor(
            short,
            sharing.shape,
            sharing.axes,
            Kind.GIVEN,
            about,
            block_rank=sharing.block_rank,
            place=Place.PARAMETERS,
            domain=domain,
        )

    def equations(self, what: str) -> LayerEquations:
        """Return the layer; `what` has a mean and a variance of its own: a channel, a feature."""
        return LayerEquations(
            inputs=(self.part.input,),
            givens=(self.running_mean, self.running_var),
            parameters=(self.gamma, self.beta),
            outputs=(self.part.output,),
            forward=(self._invert_deviation(), self._normalize(), self.scale_and_shift()),
            backward=tuple(self._backward()),
            about=f"each {what} by a given mean and variance, eps {literal(self.eps)}",
            note="The mean and the variance are those of training: no gradient flows through them.",
        )

    def _backward(self) -> Iterator[Equation]:
        yield from self.gradient_of_gamma()
        yield from self.gradient_of_beta()
        yield self._gradient_of_h()

    def _invert_deviation(self) -> Equation:
        eps, p = literal(self.eps), self.groups.index
        return Equation(
            self.inv_std,
            {"var": self.running_var},
            compute=lambda var: 1 / np.sqrt(var + self.eps),
            formula=lambda at, *index: f"1/SQRT({at.var[index]}+{eps})",
            math=Math(f"inv_std{p} = 1 / √(running_var{p} + {eps})"),
            slips=tuple(slips_of_deviation(self.eps)),
        )

    def _normalize(self) -> Equation:
        i, p = self.entries.index, self.sharing.index
        hint = "Subtract the mean, then multiply with inv_std"
        return entry_equation(
            self.normalized.tensor,
            {
                "h": (self.h, self.entries),
                "mean": (self.running_mean, self.sharing),
                "r": (self.inv_std, self.groups),
            },
            compute=lambda h, mean, r: (h - mean) * r,
            formula=lambda h, mean, r: f"({h}-{mean})*{r}",
            math=Math(f"normalized{i} = (h{i} - running_mean{p}) · inv_std{p}"),
            slips=(
                Slip(
                    "mean not subtracted",
                    f"{hint}: the mean is missing.",
                    lambda h, mean, r: h * r + 0 * mean,
                ),
                Slip(
                    "inv_std missing",
                    f"{hint}: inv_std is missing.",
                    lambda h, mean, r: h - mean + 0 * r,
                ),
                Slip(
                    "divided by inv_std",
                    f"{hint}: you divided.",
                    lambda h, mean, r: (h - mean) / r,
                ),
            ),
        )

    def _gradient_of_h(self) -> Equation:
        i, p = self.entries.index, self.sharing.index
        hint = "Multiply dL/dout with gamma and with inv_std"
        return entry_equation(
            self.part.dL_dh,
            {
                "g": (self.part.dL_dout, self.entries),
                "gamma": (self.gamma.tensor, self.sharing),
                "r": (self.inv_std, self.groups),
            },
            compute=lambda g, gamma, r: g * gamma * r,
            formula=lambda g, gamma, r: f"{g}*{gamma}*{r}",
            math=Math(
                f"dL/dh{i} = dL/dout{i} · gamma{p} · inv_std{p}",
                why="The mean and the variance are given: h does not move them.",
            ),
            slips=(
                Slip(
                    "inv_std missing",
                    f"{hint}: inv_std is missing.",
                    lambda g, gamma, r: g * gamma + 0 * r,
                ),
                Slip(
                    "gamma left out",
                    f"{hint}: gamma is missing.",
                    lambda g, gamma, r: g * r + 0 * gamma,
                ),
            ),
        )
