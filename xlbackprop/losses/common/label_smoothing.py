"""Labels smoothed: a share of each sample's probability is spread over all classes alike.

    smoothed[k] = (1 - ε) · onehot[k] + ε / classes

Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the inception architecture" (2016),
section 7.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.equation import Equation, Math, Slip, Tensor
from xlbackprop.losses.common.scores import Scores


def smoothed(scores: Scores, plain: Tensor, share: float) -> Equation:
    """Return the equation of `loss.smoothed` from the probabilities as they were."""
    number, k, kept = scores.classes, scores.k, f"(1 - {share:g})"
    return cellwise(
        scores.of_class("smoothed", plain, "what softmax should be"),
        {"y": plain},
        compute=lambda y: (1 - share) * y + share / number,
        formula=lambda y: f"(1-{share!r})*{y}+{share!r}/{number}",
        math=Math(f"smoothed[{k}] = {kept} · {plain.title}[{k}] + {share:g} / {number}"),
        slips=tuple(_slips(share, number)),
    )


def _slips(share: float, number: int) -> Iterator[Slip]:
    hint = f"Take {1 - share:g} of each probability, and add {share:g} / {number} to it"
    yield Slip("not smoothed", f"{hint}: you copied the probabilities.", lambda y: y)
    yield Slip(
        "share not divided",
        f"{hint}: the division by the number of classes is missing.",
        lambda y: (1 - share) * y + share,
    )
    yield Slip(
        "share not taken off",
        f"{hint}: the probabilities no longer add up to 1.",
        lambda y: y + share / number,
    )
    if number > 1:
        yield Slip(
            "spread over the other classes",
            f"{hint}, for the right class, too.",
            lambda y: (1 - share) * y + share / (number - 1) * (1 - y),
        )
