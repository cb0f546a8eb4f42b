"""What the losses of squared errors share: the error as a block, its squares' sum, the gradient.

    error = out - target,   L = f Σ error² / m,   dL/dout = 2f error / m

f is 1, or ½ so that the gradient loses its 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Equation, Kind, Math, Tensor
from xlbackprop.layers.common.sums import Finish, sum_equations
from xlbackprop.losses.contract import LossEquations, block_terms, scalar
from xlbackprop.losses.entries import Entries


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
        return sum_equations(scope, scalar(scope, out), terms, math, finish)

    @property
    def _divisor(self) -> str:
        return "/2" * self.halved + self.entries.over_m("/")

    def _gradient(self, error: Tensor, dL_dout: Tensor) -> Equation:
        m, i = self.entries.m, self.entries.index
        factor, times, twice = (1, "", "") if self.halved else (2, "2*", "2 · ")
        return self.entries.equation(
            dL_dout,
            {"error": error},
            compute=lambda error: factor * error / m,
            formula=lambda error: f"{times}{error}{self.entries.over_m('/')}",
            math=Math(f"dL/dout[{i}] = {twice}error[{i}]{self.entries.over_m(' / ')}"),
        )
