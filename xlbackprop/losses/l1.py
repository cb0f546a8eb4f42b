"""Mean absolute error.

    error = out - target,   losses = |error|,   L = Σ losses / m,   dL/dout = sign(error) / m

m is the number of outputs (batch included) with reduction "mean", and 1 with "sum", as in
torch.nn.L1Loss. Where an error is 0, each number between -1/m and 1/m is a subgradient, and
PyTorch takes 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import LossEquations, loss
from xlbackprop.contract.options import choice
from xlbackprop.equation import Array, Equation, Kind, Mask, Math, Slip, Tensor
from xlbackprop.losses.common.entries import Entries

_TIE_RULE = "an absolute error has the gradient 0 where it is 0, as in PyTorch"


@loss("l1")
@dataclass(frozen=True)
class AbsoluteError:
    """The target has the output's shape."""

    reduction: str = choice("mean", "sum")

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of the error, of L, and of dL/dout."""
        entries = Entries(scope, out, self.reduction)
        target = entries.target()
        error = entries.error(target)
        sources = {"error": error.target}
        losses = _losses(entries, sources)
        forward = (error, losses, *entries.total_of(losses.target))
        about = f"{self.reduction} of the absolute errors: Σ |error|{entries.over_m(' / ')}"
        return LossEquations((target,), forward, (_gradient(entries, sources),), about)


def _losses(entries: Entries, sources: Mapping[str, Tensor]) -> Equation:
    i = entries.index
    return entries.equation(
        entries.tensor("losses", Kind.FORWARD, "size of each error"),
        sources,
        compute=lambda error: np.abs(error),  # noqa: PLW0108 (a ufunc takes no keywords)
        formula=lambda error: f"ABS({error})",
        math=Math(f"losses[{i}] = |error[{i}]|"),
        slips=(
            Slip(
                "sign kept",
                "Leave out the sign of each error; else they cancel one another.",
                lambda error: error,
            ),
            Slip(
                "squares for absolute errors",
                "Take the size of each error, not its square: this is not the squared error.",
                lambda error: error * error,
            ),
        ),
    )


def _gradient(entries: Entries, sources: Mapping[str, Tensor]) -> Equation:
    def accepts(found: Array, tolerance: Array, error: Array) -> Mask:
        return np.asarray((error == 0) & (np.abs(found) <= 1 / entries.m + tolerance))

    equation = entries.gradient(
        sources,
        compute=lambda error: np.sign(error),  # noqa: PLW0108 (a ufunc takes no keywords)
        formula=lambda error: f"SIGN({error})",
        math=f"sign(error[{entries.index}])",
        slips=[
            Slip(
                "error for its sign",
                "Take the sign of the error, 1 or -1: its size does not move the slope.",
                lambda error: error,
            ),
            Slip(
                "sign left out",
                "Take -1 where the error is negative: the output has to grow there.",
                lambda error: np.abs(np.sign(error)),
            ),
        ],
    )
    return replace(equation, accepts=accepts, tie_rule=_TIE_RULE)
