"""What losses share that judge every output by itself: blocks of the output's shape.

    L = Σ losses / m

m is the number of outputs (batch included) with reduction "mean", and 1 with "sum".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.layer import Scope
from xlbackprop.contract.slips import scaled
from xlbackprop.equation import Array, Domain, Kind, Place, Slip, Tensor


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


def slips_of_reduction(compute: Callable[..., Array], m: int, number: int) -> Iterator[Slip]:
    """Yield the slips of what is divided by m: the mean of `number` losses, or their sum."""
    if m > 1:
        hint = f"Divide by the number of losses, {m}: the reduction is their mean."
        yield scaled("factor 1/N missing", hint, compute, m)
    elif number > 1:
        hint = f"Do not divide by the number of losses, {number}: the reduction is their sum."
        yield scaled("mean for sum", hint, compute, 1 / number)


def coefficient(numerator: int, denominator: int) -> str:
    """Return a fraction in LaTeX, as short as it can be; nothing for 1."""
    if denominator > 1:
        return rf"\frac{{{numerator}}}{{{denominator}}}\, "
    return "" if numerator == 1 else f"{numerator}\\, "
