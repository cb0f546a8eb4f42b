"""The slips that any loss invites: its sign and its reduction."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xlbackprop.contract.slips import scaled
from xlbackprop.equation import Array, Slip

Compute = Callable[..., Array]


def reversed_slip(compute: Compute) -> Slip:
    """Return the slip that takes the target minus the output for a gradient."""
    return scaled(
        "output minus target reversed",
        "Take the output minus the target: with the sign reversed, the steps lead uphill.",
        compute,
        -1,
    )


def slips_of_reduction(compute: Compute, m: int, number: int, samples: int = 1) -> Iterator[Slip]:
    """Yield the slips of what is divided by m: the mean of `number` losses, or their sum.

    There are `samples` in a batch, with several losses each.
    """
    if m == number > samples > 1:
        hint = f"Divide by the number of losses, {m}: {samples} samples with {m // samples} each."
        yield scaled("divided by the batch only", hint, compute, m / samples)
        yield scaled("not divided by the batch", hint, compute, samples)
    if m > 1:
        hint = f"Divide by the number of losses, {m}: the reduction is their mean."
        yield scaled("factor 1/N missing", hint, compute, m)
    elif number > 1:
        hint = f"Do not divide by the number of losses, {number}: the reduction is their sum."
        yield scaled("mean for sum", hint, compute, 1 / number)
