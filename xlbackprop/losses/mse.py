"""Mean squared error.

    error = out - target,   L = Σ error² / m,   dL/dout = 2 error / m

m is the number of outputs (batch included) with reduction "mean", and 1 with "sum", as in
torch.nn.MSELoss.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import LossEquations, loss
from xlbackprop.contract.options import choice
from xlbackprop.losses.common.entries import Entries
from xlbackprop.losses.common.squares import SquaredErrors


@loss("mse")
@dataclass(frozen=True)
class MeanSquaredError:
    """The target has the output's shape."""

    reduction: str = choice("mean", "sum")

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of the error, of L, and of dL/dout."""
        entries = Entries(scope, out, self.reduction)
        about = f"{self.reduction} of the squared errors: Σ error²{entries.over_m(' / ')}"
        return SquaredErrors(entries, halved=False).equations(about)
