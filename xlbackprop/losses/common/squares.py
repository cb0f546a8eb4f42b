"""What the losses of squared errors share: the error as a block, its squares' sum, the gradient.

    error = out - target,   L = f Σ error² / m,   dL/dout = 2f error / m

f is 1, or ½ so that the gradient loses its 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.loss import LossEquations
from xlbackprop.contract.slips import scaled
from xlbackprop.equation import Array, Equation, Slip, Tensor
from xlbackprop.losses.common.entries import Entries

Compute = Callable[..., Array]


@dataclass(frozen=True)
class SquaredErrors:
    """The equations of a loss of squared errors; `halved` is the one with f = ½."""

    entries: Entries
    halved: bool

    def equations(self, about: str) -> LossEquations:
        """Return the equations of the error, of L, and of dL/dout."""
        entries, i = self.entries, self.entries.index
        target = entries.target()
        error = entries.error(target)
        sources = {"error": error.target}
        total = entries.total(
            sources,
            compute=lambda error: error * error,
            text=lambda error: f"SUMSQ({error})",
            math=f"error[{i}]²",
            halved=self.halved,
            slips=self._slips_of_total,
        )
        return LossEquations((target,), (error, *total), (self._gradient(sources),), about)

    def _gradient(self, sources: Mapping[str, Tensor]) -> Equation:
        factor, times, twice = (1, "", "") if self.halved else (2, "2*", "2 · ")
        if self.halved:
            slip = Slip(
                "factor 2 extra",
                "Take the error itself: the ½ of this loss has eaten the 2 of the square.",
                lambda error: 2 * error,
            )
        else:
            slip = Slip(
                "factor 2 missing",
                "Multiply the error with 2, which the derivative of the square brings.",
                lambda error: error,
            )
        return self.entries.gradient(
            sources,
            compute=lambda error: factor * error,
            formula=lambda error: f"{times}{error}",
            math=f"{twice}error[{self.entries.index}]",
            slips=[slip],
        )

    def _slips_of_total(self, compute: Compute) -> Iterator[Slip]:
        divisor = self.entries.m * (2 if self.halved else 1)
        yield Slip(
            "errors not squared",
            "Square each error before you add them up; else they cancel one another.",
            lambda error: error.sum() / divisor,
        )
        yield Slip(
            "absolute errors for squares",
            "Square each error, instead of leaving out its sign.",
            lambda error: np.abs(error).sum() / divisor,
        )
        yield Slip(
            "root of the loss",
            "Take no root: the loss is the squares' sum or mean itself.",
            lambda error: np.sqrt(compute(error=error)),
        )
        if self.halved:
            hint = "Halve the sum of squares: this loss has ½ before it, and its gradient no 2."
            yield scaled("factor 1/2 missing", hint, compute, 2)
        else:
            hint = "Do not halve the sum of squares: this loss has no ½, and its gradient a 2."
            yield scaled("factor 1/2 extra", hint, compute, 0.5)
