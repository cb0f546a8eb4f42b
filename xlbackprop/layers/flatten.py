"""Planes in a row: (C,H,W) becomes (F,), in C order, the last index running fastest.

    out[HWc + Wi + j] = h[c,i,j]
    dL/dh[c,i,j]      = dL/dout[HWc + Wi + j]

Nothing is computed: each cell shows another one. With a batch, (N,C,H,W) becomes (N,F), as
torch.nn.Flatten does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xlbackprop.equation import Equation, Index, Kind, Math, Shape
from xlbackprop.grid import Addresses
from xlbackprop.layers.common.planes import scaled
from xlbackprop.layers.contract import LayerEquations, Scope, layer


@layer("flatten", short="flatten")
@dataclass(frozen=True)
class Flatten:
    """h of any shape; out (F,) or (N, F)."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        return _Flatten(scope, shape).equations()


class _Flatten:
    """A flatten layer of known shape: its tensors, then its equations."""

    def __init__(self, scope: Scope, shape: Shape) -> None:
        self.batch, self.sizes = shape[: scope.has_batch], shape[scope.has_batch :]
        out_shape = (*self.batch, prod(self.sizes))
        self.h = scope.tensor("h", shape, scope.axes(shape), Kind.GIVEN, "input")
        self.out = scope.tensor("out", out_shape, scope.axes(out_shape), Kind.FORWARD, "in a row")
        self.dL_dout = scope.gradient(self.out, "upstream gradient")
        self.dL_dh = scope.gradient(self.h, "gradient for the layer before")

    def equations(self) -> LayerEquations:
        return LayerEquations(
            inputs=(self.h,),
            out=self.out,
            forward=(self.unroll(),),
            dL_dout=self.dL_dout,
            backward=(self.roll_up(),),
            gradients=(self.dL_dh,),
            about="×".join(map(str, self.sizes)) + f" to {self.out.shape[-1]} in a row, C order",
        )

    def unroll(self) -> Equation:
        i, f = ",".join(self.h.axes), self.position()

        def formula(at: Addresses, *index: int) -> str:
            *sample, rest = index
            entry: Index = ()
            for size in reversed(self.sizes):
                rest, along = divmod(rest, size)
                entry = (along, *entry)
            return at.h[*sample, *entry]

        return Equation(
            self.out,
            {"h": self.h},
            compute=lambda h: h.reshape(self.out.shape),
            formula=formula,
            math=Math(f"out[{f}] = h[{i}]"),
        )

    def roll_up(self) -> Equation:
        i, f = ",".join(self.h.axes), self.position()

        def formula(at: Addresses, *index: int) -> str:
            sample, entry = index[: len(self.batch)], index[len(self.batch) :]
            position = 0
            for size, along in zip(self.sizes, entry, strict=True):
                position = position * size + along
            return at.g[*sample, position]

        return Equation(
            self.dL_dh,
            {"g": self.dL_dout},
            compute=lambda g: g.reshape(self.h.shape),
            formula=formula,
            math=Math(f"dL/dh[{i}] = dL/dout[{f}]"),
        )

    def position(self) -> str:
        """Return the index in out of an entry of h, as equations write it: `n,12c+4i+j`."""
        axes = self.h.axes[len(self.batch) :]
        terms = [scaled(prod(self.sizes[k + 1 :]), axis) for k, axis in enumerate(axes)]
        return "n," * len(self.batch) + "+".join(terms)
