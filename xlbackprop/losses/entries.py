"""What losses share that judge every output by itself: blocks of the output's shape.

    L = Σ losses / m

m is the number of outputs (batch included) with reduction "mean", and 1 with "sum".
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.cellwise import cellwise
from xlbackprop.equation import Domain, Kind, Place, Tensor
from xlbackprop.layers.contract import Scope


@dataclass(frozen=True)
class Entries:
    """The outputs of a network, each of which has a loss of its own."""

    scope: Scope
    out: Tensor
    reduction: str

    @property
    def m(self) -> int:
        """What the sum over all outputs is divided by."""
        return self.out.size if self.reduction == "mean" else 1

    @property
    def index(self) -> str:
        """The index of an output, as equations write it: `n,j`."""
        return ",".join(self.out.axes)

    def over_m(self, plain: str) -> str:
        """Return the sign of division with m, or nothing where m is 1."""
        return f"{plain}{self.m}" if self.m > 1 else ""

    def tensor(self, short: str, kind: Kind, about: str, domain: Domain | None = None) -> Tensor:
        """Return the tensor `loss.<short>`, shaped like the output and standing beside it."""
        return self.scope.tensor(
            short,
            self.out.shape,
            "".join(self.out.axes),
            kind,
            about,
            block_rank=self.out.block_rank,
            place=Place.BESIDE,
            belongs_to=self.out,
            vertical=self.out.vertical,
            domain=domain,
        )

    equation = staticmethod(cellwise)
