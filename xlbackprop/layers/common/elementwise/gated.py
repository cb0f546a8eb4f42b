"""What silu and hardswish have in common: out = h · gate, where the gate is made of h, too."""

from __future__ import annotations

from collections.abc import Callable

from xlbackprop.equation import Array, Equation, Math, Slip, Tensor
from xlbackprop.layers.common.elementwise.elementwise import Elementwise

_BOTH = "Add both ways on which h reaches the output: as the factor h, and through the gate; "


def gated(part: Elementwise, gate: Tensor, layer: str) -> Equation:
    """Return the equation of the output of a layer of that name."""
    i = part.index
    return part.equation(
        part.out,
        {"h": part.h, "s": gate},
        compute=lambda h, s: h * s,
        formula=lambda h, s: f"{h}*{s}",
        math=Math(f"out[{i}] = h[{i}] · gate[{i}]"),
        slips=(
            Slip(
                "h missing",
                "Multiply the gate with h: alone it is only the share that passes.",
                lambda h, s: s + 0 * h,
            ),
            Slip(
                f"{layer} left out",
                "Multiply h with the gate: you copied h.",
                lambda h, s: h + 0 * s,
            ),
        ),
    )


def path_slips(through_gate: Callable[..., Array]) -> tuple[Slip, Slip]:
    """Return the slips of dL/dh with one of two ways; `through_gate(h, s, g)` is the second."""
    return (
        Slip(
            "path through the gate missing",
            _BOTH + "the second is missing.",
            lambda h, s, g: g * s + 0 * h,
        ),
        Slip("path through the factor h missing", _BOTH + "the first is missing.", through_gate),
    )
