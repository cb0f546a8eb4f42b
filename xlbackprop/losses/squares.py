"""What the losses of squared errors share: the error as a block, its squares' sum, the gradient.

    error = out - target,   L = f Σ error² / m,   dL/dout = 2f error / m

f is 1, or ½ so that the gradient loses its 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.loss import LossEquations, block_terms, scalar
from xlbackprop.contract.slips import scaled
from xlbackprop.contract.sums import Finish, sum_equations, whole_sum
from xlbackprop.equation import Array, Equation, Kind, Math, Slip, Tensor
from xlbackprop.losses.entries import Entries, slips_of_reduction


@dataclass(frozen=True)
class SquaredErrors:
    """The equations of a loss of squared errors; `halved` is the one with f = ½."""

    entries: Entries
    halved: bool

    def equations(self, dL_dout: Tensor, about: str) -> LossEquations:
        """Return the equations of the error, of L, and of dL/dout."""
        target = self.entries.tensor("target", Kind.GIVEN, "what out should be")
        error = self._error(target)
        return LossEquations(
            givens=(target,),
            forward=(error, *self._loss(error.target)),
            backward=(self._gradient(error.target, dL_dout),),
            about=about,
        )

    def _error(self, target: Tensor) -> Equation:
        i = self.entries.index
        return self.entries.equation(
            self.entries.tensor("error", Kind.FORWARD, "output less target"),
            {"out": self.entries.out, "target": target},
            compute=lambda out, target: out - target,
            formula=lambda out, target: f"{out}-{target}",
            math=Math(f"error[{i}] = out[{i}] - target[{i}]"),
            slips=(
                Slip(
                    "target minus output",
                    "Subtract the target from the output, not the output from the target: the sign"
                    " goes into the gradient.",
                    lambda out, target: target - out,
                ),
            ),
        )

    def _loss(self, error: Tensor) -> list[Equation]:
        scope, out, m, i = self.entries.scope, self.entries.out, self.entries.m, self.entries.index
        terms = block_terms(
            {"error": error},
            compute=lambda error: np.einsum("ti,ti->t", error, error),
            text=lambda error: f"SUMSQ({error})",
        )
        divisor = 2 * m if self.halved else m
        divide = Finish(
            compute=lambda total: total / divisor,
            formula=lambda total, at: f"({total}){self._divisor}",  # noqa: ARG005
        )
        math = Math(f"L = {'½ ' * self.halved}Σ({i}) error[{i}]²{self.entries.over_m(' / ')}")
        finish = divide if self._divisor else None
        slips = self._slips_of_loss(whole_sum(terms, finish), divisor)
        return sum_equations(scope, scalar(scope, out), terms, math, finish, slips)

    def _slips_of_loss(self, compute: Callable[..., Array], divisor: int) -> Iterator[Slip]:
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
        yield from self._slips_of_half(compute)
        yield from slips_of_reduction(compute, self.entries.m, self.entries.out.size)

    def _slips_of_half(self, compute: Callable[..., Array]) -> Iterator[Slip]:
        if self.halved:
            hint = "Halve the sum of squares: this loss has ½ before it, and its gradient no 2."
            yield scaled("factor 1/2 missing", hint, compute, 2)
        else:
            hint = "Do not halve the sum of squares: this loss has no ½, and its gradient a 2."
            yield scaled("factor 1/2 extra", hint, compute, 0.5)

    @property
    def _divisor(self) -> str:
        return "/2" * self.halved + self.entries.over_m("/")

    def _gradient(self, error: Tensor, dL_dout: Tensor) -> Equation:
        m, i = self.entries.m, self.entries.index
        factor, times, twice = (1, "", "") if self.halved else (2, "2*", "2 · ")

        def compute(error: Array) -> Array:
            return factor * error / m

        return self.entries.equation(
            dL_dout,
            {"error": error},
            compute,
            formula=lambda error: f"{times}{error}{self.entries.over_m('/')}",
            math=Math(f"dL/dout[{i}] = {twice}error[{i}]{self.entries.over_m(' / ')}"),
            slips=tuple(self._slips_of_gradient(compute)),
        )

    def _slips_of_gradient(self, compute: Callable[..., Array]) -> Iterator[Slip]:
        yield scaled(
            "output minus target reversed",
            "Take the output minus the target: with the sign reversed, the steps lead uphill.",
            compute,
            -1,
        )
        if self.halved:
            hint = "Take the error itself: the ½ of this loss has eaten the 2 of the square."
            yield scaled("factor 2 extra", hint, compute, 2)
        else:
            hint = "Multiply the error with 2, which the derivative of the square brings."
            yield scaled("factor 2 missing", hint, compute, 0.5)
        yield from slips_of_reduction(compute, self.entries.m, self.entries.out.size)
