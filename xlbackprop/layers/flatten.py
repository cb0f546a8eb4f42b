"""Planes in a row: (C,H,W) becomes (F,), in C order, the last index running fastest.

    out[HWc + Wi + j] = h[c,i,j]
    dL/dh[c,i,j]      = dL/dout[HWc + Wi + j]

Nothing is computed: each cell shows another one. With a batch, (N,C,H,W) becomes (N,F), as
torch.nn.Flatten does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Array, Equation, Index, Math, Shape, Slip
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.text import index_text


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
        self.input = scope.input("h", shape)
        natural = {prod(self.sizes[axis:]) for axis in range(1, len(self.sizes))}
        row_length = scope.row_length(out_shape, of_output=True, natural=natural)
        about = "in C order" if row_length else "in a row"
        self.output = scope.output("out", out_shape, about=about, row_length=row_length)
        self.h, self.dL_dh = self.input.tensor, self.input.gradient
        self.out, self.dL_dout = self.output.tensor, self.output.gradient

    def equations(self) -> LayerEquations:
        return LayerEquations(
            inputs=(self.input,),
            outputs=(self.output,),
            forward=(self.unroll(),),
            backward=(self.roll_up(),),
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
            slips=tuple(self.slips(into=True)),
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
            slips=tuple(self.slips(into=False)),
        )

    def slips(self, *, into: bool) -> Iterator[Slip]:
        """Yield the wrong orders: `into` the row, or from the row back into the planes."""
        own = tuple(range(len(self.batch), len(self.h.shape)))
        orders = {
            "columns first": (*own[:-2], *own[-2:][::-1]),
            "channels last": (*own[1:], own[0]),
        }
        for name, order in orders.items():
            long = [axis for axis in order if self.h.shape[axis] > 1]
            if long != sorted(long):
                yield Slip(
                    f"flattened with {name}",
                    "Run through the last index fastest: along each row, then down the rows, then"
                    " through the channels.",
                    self._in_order(order, into=into),
                )

    def _in_order(self, order: tuple[int, ...], *, into: bool) -> Callable[..., Array]:
        lead = tuple(range(len(self.batch)))
        axes = (*lead, *order)
        if into:
            return lambda h: h.transpose(axes)
        shape = tuple(self.h.shape[axis] for axis in axes)
        return lambda g: g.reshape(shape).transpose(np.argsort(axes))

    def position(self) -> str:
        """Return the index in out of an entry of h, as equations write it: `n,12c+4i+j`."""
        axes = self.h.axes[len(self.batch) :]
        terms = [index_text(axis, prod(self.sizes[k + 1 :])) for k, axis in enumerate(axes)]
        return "n," * len(self.batch) + "+".join(terms)
