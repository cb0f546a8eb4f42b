"""The slips of the way back through a softmax: out, dL/dout as g, and s, the row's weighted sum."""

from __future__ import annotations

from xlbackprop.equation import Slip

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
