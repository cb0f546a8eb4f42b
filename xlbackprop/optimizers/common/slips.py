"""The slips of a step, which all optimizers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from xlbackprop.contract.slips import altered
from xlbackprop.equation import Array, Slip


def slips_of_step(compute: Callable[..., Array]) -> Iterator[Slip]:
    """Yield the slips of a parameter's new value: compute(w, lr, ...)."""
    yield altered(
        "update with the wrong sign",
        "Subtract the step from the parameter: against the gradient the loss falls, along it the"
        " loss grows.",
        compute,
        lr=lambda lr: -lr,
    )
    yield altered(
        "lr missing",
        "Multiply the step with the learning rate lr before you subtract it.",
        compute,
        lr=np.ones_like,
    )
    yield Slip(
        "step alone",
        "Subtract the step from the parameter: yours is the step itself.",
        lambda w, **rest: w - compute(w=w, **rest),
    )
    yield Slip(
        "parameter not updated",
        "Take the step: yours is the parameter as it was.",
        lambda w, lr, **_: w + 0 * lr,
    )


def slips_of_root(step: Callable[..., Array]) -> Iterator[Slip]:
    """Yield the slips of a step divided by √v + eps: `step` takes what it is divided by as root."""
    hint = "Divide the step by √v + eps"
    yield Slip(
        "root missing",
        f"{hint}: the root is missing.",
        lambda v, eps, **rest: step(v=v, eps=eps, root=v + eps, **rest),
    )
    yield Slip(
        "not divided by the root",
        f"{hint}: yours is not divided at all.",
        lambda v, eps, **rest: step(v=v, eps=eps, root=1 + 0 * v, **rest),
    )
    yield Slip(
        "eps within the root",
        f"{hint}: eps is added to the root, after it is taken.",
        lambda v, eps, **rest: step(v=v, eps=eps, root=np.sqrt(v + eps), **rest),
    )
