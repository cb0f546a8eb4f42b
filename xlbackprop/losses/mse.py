"""Mean squared error.

    error = out - target,   L = Σ error² / m,   dL/dout = 2 error / m

m is the number of outputs (batch included) with reduction "mean", and 1 with "sum", as in
torch.nn.MSELoss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xlbackprop.equation import Equation, Kind, Math, Place, Tensor
from xlbackprop.layers.contract import Scope
from xlbackprop.layers.options import choice
from xlbackprop.layers.sums import Finish, sum_equations
from xlbackprop.losses.contract import LossEquations, block_terms, loss, scalar


@loss("mse")
@dataclass(frozen=True)
class MeanSquaredError:
    """The target has the output's shape."""

    reduction: str = choice("mean", "sum")

    dL_dout_kind: ClassVar[Kind] = Kind.BACKWARD

    def equations(self, scope: Scope, out: Tensor, dL_dout: Tensor) -> LossEquations:
        """Return the equations of the error, of L, and of dL/dout."""
        m = out.size if self.reduction == "mean" else 1
        target = self._like(scope, out, "target", Kind.GIVEN, "what out should be")
        error = self._error(scope, out, target)
        return LossEquations(
            givens=(target,),
            forward=(error, *self._loss(scope, out, error.target, m)),
            backward=(self._gradient(error.target, dL_dout, m),),
            about=f"{'mean' if m > 1 else 'sum'} of the squared errors"
            + (f": Σ error² / {m}" if m > 1 else ": Σ error²"),
        )

    def _like(self, scope: Scope, out: Tensor, short: str, kind: Kind, about: str) -> Tensor:
        axes = "".join(out.axes)
        return scope.tensor(short, out.shape, axes, kind, about, place=Place.BESIDE, belongs_to=out)

    def _error(self, scope: Scope, out: Tensor, target: Tensor) -> Equation:
        index = ",".join(out.axes)
        return Equation(
            self._like(scope, out, "error", Kind.FORWARD, "output less target"),
            {"out": out, "target": target},
            compute=lambda out, target: out - target,
            formula=lambda at, *index: f"{at.out[index]}-{at.target[index]}",
            math=Math(
                f"error[{index}] = out[{index}] - target[{index}]",
                rf"e_{{{index}}} = \mathrm{{out}}_{{{index}}} - t_{{{index}}}",
            ),
        )

    def _loss(self, scope: Scope, out: Tensor, error: Tensor, m: int) -> list[Equation]:
        terms = block_terms(
            {"error": error},
            compute=lambda error: np.einsum("ti,ti->t", error, error),
            text=lambda error: f"SUMSQ({error})",
        )
        mean = Finish(
            compute=lambda total: total / m,
            formula=lambda total, at: f"({total})/{m}",  # noqa: ARG005
        )
        index = ",".join(error.axes)
        divisor = f" / {m}" if m > 1 else ""
        math = Math(
            f"L = Σ({index}) error[{index}]²{divisor}",
            (rf"\frac{{1}}{{{m}}}" if m > 1 else "") + rf"\sum_{{{index}}} e_{{{index}}}^2",
        )
        return sum_equations(scope, scalar(scope, out), terms, math, mean if m > 1 else None)

    def _gradient(self, error: Tensor, dL_dout: Tensor, m: int) -> Equation:
        index = ",".join(error.axes)
        divisor = f"/{m}" if m > 1 else ""
        return Equation(
            dL_dout,
            {"error": error},
            compute=lambda error: 2 * error / m,
            formula=lambda at, *index: f"2*{at.error[index]}{divisor}",
            math=Math(
                f"dL/dout[{index}] = 2 · error[{index}]{divisor and f' / {m}'}",
                rf"\frac{{\partial L}}{{\partial \mathrm{{out}}_{{{index}}}}} ="
                rf" \frac{{2}}{{{m}}} e_{{{index}}}",
            ),
        )
