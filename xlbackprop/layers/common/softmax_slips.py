"""The slips of the way back through a softmax: out, dL/dout as g, and s, the row's weighted sum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.equation import Array, Slip, Tensor


def slips_of_axis(h: Tensor, right: str) -> Iterator[Slip]:
    """Yield the slips that go along another axis than the last: `right` says what that is."""
    hint = f"Divide each exponential by the sum along {right}"
    for axis in range(len(h.shape) - 1):
        if h.shape[axis] > 1:
            yield Slip(
                "softmax along the wrong axis",
                f"{hint}, not along the axis {h.axes[axis]}.",
                lambda h, axis=axis, **_: _along(h, axis),
                {"h": h},
            )


def _along(h: Array, axis: int) -> Array:
    powers = np.exp(h - h.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


_HINT = (
    "Subtract the row's weighted sum from dL/dout, then multiply with out: an entry of h"
    " moves all outputs of its row, through the sum that they are divided by"
)

SLIPS_OF_GRADIENT = (
    Slip(
        "Jacobian's diagonal only",
        f"{_HINT}; out · (1 - out) is only its own one.",
        lambda out, g, s: out * (1 - out) * g + 0 * s[..., None],
    ),
    Slip(
        "weighted sum not subtracted",
        f"{_HINT}; the sum is missing.",
        lambda out, g, s: out * g + 0 * s[..., None],
    ),
    Slip(
        "out missing",
        f"{_HINT}; the factor out is missing.",
        lambda out, g, s: g - s[..., None] + 0 * out,
    ),
    Slip(
        "derivative missing",
        f"{_HINT}; you passed dL/dout on as it is.",
        lambda out, g, s: g + 0 * out * s[..., None],
    ),
)
