"""What a spec says that works, and is hardly meant: a line for each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# What a loss does by itself, by the last layer that does the same before it.
_TWICE: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("softmax", "cross_entropy"): "cross_entropy takes the softmax itself",
        ("sigmoid", "bce_with_logits"): "bce_with_logits takes the sigmoid itself",
    }
)
_NO_LOGARITHM = {
    ("softmax", "nll"): "nll takes logarithms, and softmax gives probabilities: take cross_entropy"
    " of the scores",
}


def remarks_on(last: str, loss: str) -> tuple[str, ...]:
    """Return what is to be said of a last layer and a loss, by their types, without full stops."""
    if (last, loss) in _TWICE:
        return (f"{_TWICE[last, loss]}: after the layer {last} it is taken twice; leave that out",)
    return (_NO_LOGARITHM[last, loss],) if (last, loss) in _NO_LOGARITHM else ()
