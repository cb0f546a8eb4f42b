"""Half the sum of squared errors.

    error = out - target,   L = ½ Σ error² / m,   dL/dout = error / m

m is 1 with reduction "sum", and the number of outputs (batch included) with "mean". The half is
there for the gradient's sake, which is then the error itself: Rumelhart, Hinton and Williams,
"Learning representations by back-propagating errors" (1986), equation 3.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import LossEquations, loss
from xlbackprop.contract.options import choice
from xlbackprop.losses.common.entries import Entries
from xlbackprop.losses.common.squares import SquaredErrors


@loss("half_sse")
@dataclass(frozen=True)
class HalfSquaredErrors:
    """The target has the output's shape."""

    reduction: str = choice("sum", "mean")

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of the error, of L, and of dL/dout."""
        entries = Entries(scope, out, self.reduction)
        about = f"half the {self.reduction} of the squared errors: ½ Σ error²"
        about += entries.over_m(" / ")
        return SquaredErrors(entries, halved=True).equations(about)
