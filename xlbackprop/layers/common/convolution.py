"""What conv2d and conv_transpose2d share: filters, a bias for each, samples, and how to sum."""

from __future__ import annotations

import numpy as np

from xlbackprop.contract.layer import Scope
from xlbackprop.contract.sums import Finish, Terms, sum_equations
from xlbackprop.equation import Array, Equation, Kind, Math, Shape, Tensor
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.filter_slips import gradient_of_b_slips
from xlbackprop.layers.common.planes import as_pair


class Convolution:
    """A layer of filters that slide over planes: its sizes, its tensors, and its bias."""

    def __init__(self, scope: Scope, shape: Shape) -> None:
        if len(shape) - scope.has_batch != 3:
            raise scope.refuse("input", shape, "expected channels, height, width")
        self.scope, self.shape = scope, shape
        self.batch, self.channels, self.size = shape[:-3], shape[-3], as_pair(shape[-2:])
        self.samples = self.batch[0] if self.batch else 1
        # The batch's letter with its comma, in an equation's indices; empty without a batch.
        self.n = "n," * len(self.batch)

    def make_tensors(self, w_shape: Shape, w_axes: str, filters: int, out_size: Shape) -> None:
        """Make h, w, b, out and their gradients."""
        tensor, letter = self.scope.tensor, "n" * len(self.batch)
        out_shape = (*self.batch, filters, *out_size)
        self.h = tensor("h", self.shape, self.scope.axes(self.shape), Kind.GIVEN, "input")
        self.w = tensor("w", w_shape, w_axes, Kind.PARAMETER, "filters")
        self.b = tensor("b", (filters,), "k", Kind.PARAMETER, "bias", block_rank=0)
        self.out = tensor("out", out_shape, f"{letter}kij", Kind.FORWARD, "output")
        self.dL_dout = self.scope.gradient(self.out, "upstream gradient")
        self.dL_dw = self.scope.gradient(self.w, "gradient of the filters")
        self.dL_db = self.scope.gradient(self.b, "gradient of the bias")
        self.dL_dh = self.scope.gradient(self.h, "gradient for the layer before")

    def parameters(self, *, bias: bool) -> tuple[Tensor, ...]:
        """Return the filters, and the bias where there is one."""
        return (self.w, self.b) if bias else (self.w,)

    def add_bias(self) -> Finish:
        """Return what is done to out's finished sum."""
        return Finish(
            {"b": self.b},
            compute=lambda total, b: total + b[:, None, None],
            formula=lambda total, at, *index: f"{total}+{at.b[index[-3]].fixed}",
        )

    def gradient_of_b(self, *, axis: int) -> list[Equation]:
        """Return the equation of dL/db, after those of its partial sums.

        `axis` is that of the filters in w.
        """

        def partial(part: slice, g: Array) -> Array:
            return np.asarray(self.by_sample(g)[part].sum(axis=(0, 2, 3)))

        def term(at: Addresses, n: int, k: int) -> str:
            return f"SUM({at.g[*(n,) * len(self.batch), k]})"

        n = self.n
        math = Math(f"dL/db[k] = Σ({n}i,j) dL/dout[{n}k,i,j]")
        terms = Terms(self.samples, {"g": self.dL_dout}, partial, term, "sample")
        slips = gradient_of_b_slips(self.dL_dw, axis)
        return sum_equations(self.scope, self.dL_db, terms, math, slips=slips)

    def by_sample(self, x: Array) -> Array:
        """Return (…,C,H,W) as (N,C,H,W), with N = 1 where there is no batch."""
        return x.reshape(self.samples, *x.shape[-3:])
