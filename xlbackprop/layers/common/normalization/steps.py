"""Steps that all normalizations have: the scale and shift, their gradients, the product's mean."""

from __future__ import annotations

from xlbackprop.equation import Equation, Math
from xlbackprop.layers.common.groups.groups import entry_equation
from xlbackprop.layers.common.groups.summands import itself, products
from xlbackprop.layers.common.normalization.blocks import NormalizationBlocks
from xlbackprop.layers.common.normalization.slips import (
    slips_of_beta,
    slips_of_gamma,
    slips_of_scale,
    slips_of_unscaled,
)


class NormalizationSteps(NormalizationBlocks):
    """The equations that do not ask how the entries were normalized."""

    @property
    def i(self) -> str:
        """The index of an entry, in equations."""
        return self.entries.index

    @property
    def g(self) -> str:
        """The index of an entry's group."""
        return self.groups.index

    @property
    def p(self) -> str:
        """The index of an entry's gamma and beta."""
        return self.sharing.index

    def scale_and_shift(self) -> Equation:
        """Return the equation of the output."""
        return entry_equation(
            self.part.out,
            {
                "gamma": (self.gamma.tensor, self.sharing),
                "x": (self.normalized.tensor, self.entries),
                "beta": (self.beta.tensor, self.sharing),
            },
            compute=lambda gamma, x, beta: gamma * x + beta,
            formula=lambda gamma, x, beta: f"{gamma}*{x}+{beta}",
            math=Math(f"out{self.i} = gamma{self.p} · normalized{self.i} + beta{self.p}"),
            slips=slips_of_scale(),
        )

    def gradient_of_gamma(self, *, has_beta: bool = True) -> list[Equation]:
        """Return the equations of dL/dgamma, the last of which defines it."""
        sharing = self.sharing
        return sharing.sums(
            self.scope,
            self.gamma.gradient,
            products(g=self.part.dL_dout, x=self.normalized.tensor),
            Math(f"dL/dgamma{self.p} = {sharing.sigma}dL/dout{self.i} · normalized{self.i}"),
            slips=slips_of_gamma(self.h, sharing.sum_of, has_beta=has_beta),
        )

    def gradient_of_beta(self) -> list[Equation]:
        """Return the equations of dL/dbeta, the last of which defines it."""
        sharing = self.sharing
        math = Math(f"dL/dbeta{self.p} = {sharing.sigma}dL/dout{self.i}")
        return sharing.sums(
            self.scope,
            self.beta.gradient,
            itself(g=self.part.dL_dout),
            math,
            slips=slips_of_beta(self.h, self.normalized.tensor, sharing.sum_of),
        )

    def gradient_of_normalized(self) -> Equation:
        """Return the equation of the gradient before the scale."""
        return entry_equation(
            self.normalized.gradient,
            {"g": (self.part.dL_dout, self.entries), "gamma": (self.gamma.tensor, self.sharing)},
            compute=lambda g, gamma: g * gamma,
            formula=lambda g, gamma: f"{g}*{gamma}",
            math=Math(f"dL/dnormalized{self.i} = dL/dout{self.i} · gamma{self.p}"),
            slips=slips_of_unscaled(),
        )

    def mean_of_product(self) -> list[Equation]:
        """Return the equations of the mean of the gradient times the normalized entries."""
        m, groups = self.groups.size, self.groups
        return groups.sums(
            self.scope,
            self.product_mean,
            products(g=self.normalized.gradient, x=self.normalized.tensor),
            Math(
                f"product_mean{self.g} ="
                f" {groups.sigma}dL/dnormalized{self.i} · normalized{self.i} / {m}"
            ),
            divisor=m,
        )
