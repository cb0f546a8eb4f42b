"""The slips of cross-entropy: of a sample's loss, and of the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from xlbackprop.contract.slips import other_logarithms, scaled
from xlbackprop.equation import Array, Slip
from xlbackprop.losses.common.slips import slips_of_reduction

Compute = Callable[..., Array]


def slips_of_losses(compute: Compute) -> Iterator[Slip]:
    """Yield the slips of a sample's loss: compute(s, m, y, out)."""
    hint = "Take -ln of the right class's softmax, ln(sum) + max less its score"

    def chance(s: Array, m: Array, y: Array, out: Array) -> Array:
        return np.exp(-compute(s=s, m=m, y=y, out=out))

    yield Slip("log missing", f"{hint}: yours is the probability.", chance)
    yield Slip(
        "one minus the probability",
        f"{hint}: yours is what the probability lacks to 1.",
        lambda **arrays: 1 - chance(**arrays),
    )
    yield from other_logarithms(f"{hint}, with the natural logarithm LN", compute)
    yield Slip(
        "minus forgotten",
        f"{hint}: the sign is reversed in yours.",
        lambda **arrays: -compute(**arrays),
    )
    yield Slip(
        "maximum not added back",
        f"{hint}: the maximum is missing, which had been subtracted before.",
        lambda s, m, y, out: compute(s=s, m=0 * m, y=y, out=out),
    )


def slips_of_gradient(compute: Compute, m: int, samples: int, y: str) -> Iterator[Slip]:
    """Yield the slips of dL/dout: compute(p, y), divided by m; `y` is what y is called."""
    yield scaled(
        "softmax minus target reversed",
        f"Take softmax minus {y}: with the sign reversed, the steps lead uphill.",
        compute,
        -1,
    )
    yield Slip(
        f"{y} not subtracted",
        "Subtract 1 from the softmax of the right class, and nothing from the others."
        if y == "onehot"
        else f"Subtract {y} from the softmax.",
        lambda p, y: p / m + 0 * y,
    )
    yield Slip(
        "softmax's derivative once more",
        f"Take softmax minus {y} as it is: the derivative of the softmax is in it already.",
        lambda p, y: compute(p=p, y=y) * p * (1 - p),
    )
    yield from slips_of_reduction(compute, m, samples)
