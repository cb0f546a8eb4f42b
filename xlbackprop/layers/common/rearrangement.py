"""Layers whose every cell shows another one: entries in another order, or a part of them.

    out[…]   = h[…]
    dL/dh[…] = dL/dout[…], zero where no entry of out comes from h's

What such a layer says is where each entry comes from, and where it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Port
from xlbackprop.equation import Array, Equation, Index, Math, Slip, Tensor
from xlbackprop.formula.grid import Addresses


@dataclass(frozen=True)
class Way:
    """One way through the layer: whole arrays, the index of a cell's source, the line, the slips.

    `compute` and the slips take the array as x; `source(*index)` is None where the cell is zero.
    """

    compute: Callable[..., Array]
    source: Callable[..., Index | None]
    math: Math
    slips: tuple[Slip, ...] = ()


def rearrangement(
    source: Port, output: Port, forward: Way, backward: Way, about: str
) -> LayerEquations:
    """Return the layer that shows `source`'s entries in `output`."""
    return LayerEquations(
        inputs=(source,),
        outputs=(output,),
        forward=(_equation(output.tensor, source.tensor, forward),),
        backward=(_equation(source.gradient, output.gradient, backward),),
        about=about,
    )


def _equation(target: Tensor, source: Tensor, way: Way) -> Equation:
    def formula(at: Addresses, *index: int) -> str | float:
        entry = way.source(*index)
        return 0.0 if entry is None else at.x[entry]

    return Equation(target, {"x": source}, way.compute, formula, way.math, way.slips)
