"""What elementwise layers share: each entry of out is made from the same entry of h.

    out[i]   = f(h[i])
    dL/dh[i] = dL/dout[i] · f'(h[i])

h may have any shape. All blocks have this shape too, and one formula serves all their cells.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.layer import LayerEquations, Scope
from xlbackprop.equation import Array, Equation, Kind, Mask, Shape, Tensor


class Elementwise:
    """A layer whose output has its input's shape: its tensors, and equations from cell to cell."""

    def __init__(self, scope: Scope, shape: Shape, *, folds: bool = True) -> None:
        """`folds` says whether a long vector may be folded: no equation takes a part of it."""
        self.scope, self.shape, self.axes = scope, shape, scope.axes(shape)
        self.row_length = scope.row_length(shape, of_output=True) if folds else 0
        self.input = scope.input("h", shape, row_length=self.row_length)
        self.output = scope.output("out", shape, row_length=self.row_length)
        self.h, self.dL_dh = self.input.tensor, self.input.gradient
        self.out, self.dL_dout = self.output.tensor, self.output.gradient

    @property
    def index(self) -> str:
        """The index of an entry, as equations write it: `n,c,i,j`."""
        return ",".join(self.axes)

    def tensor(self, short: str, kind: Kind, about: str) -> Tensor:
        """Return a tensor of the input's shape."""
        return self.scope.tensor(
            short, self.shape, self.axes, kind, about, row_length=self.row_length
        )

    equation = staticmethod(cellwise)

    def layer(
        self,
        forward: Iterable[Equation],
        backward: Iterable[Equation],
        about: str,
        *,
        givens: tuple[Tensor, ...] = (),
        note: str = "",
    ) -> LayerEquations:
        """Return the layer; the last equations define out and dL/dh."""
        return LayerEquations(
            inputs=(self.input,),
            givens=givens,
            outputs=(self.output,),
            forward=tuple(forward),
            backward=tuple(backward),
            about=about,
            note=note,
        )


def between(
    found: Array, one: Array | float, other: Array | float, tolerance: Array | float
) -> Mask:
    """Return where `found` lies between two numbers, give or take, whichever is the larger."""
    least, most = np.minimum(one, other) - tolerance, np.maximum(one, other) + tolerance
    return np.asarray((found >= least) & (found <= most))


def literal(number: float) -> str:
    """Return a number as formulas write it: `0.01`, `1E-05`."""
    return repr(number).upper()
