"""What conv2d and conv_transpose2d share: their tensors, and a bias for each filter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Port, Scope
from xlbackprop.contract.sums import Finish, Terms, sum_equations
from xlbackprop.equation import Array, Equation, Math, Shape
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.convolution.cross_correlation import CrossCorrelation
from xlbackprop.layers.common.convolution.filter_slips import gradient_of_b_slips
from xlbackprop.layers.common.windows.geometry import Geometry
from xlbackprop.layers.common.windows.images import batch_letter


@dataclass(frozen=True)
class FilterPorts:
    """The input, the parameters and the output of a layer of filters."""

    h: Port
    w: Port
    b: Port
    out: Port


def filter_ports(
    scope: Scope, h_shape: Shape, w_shape: Shape, w_axes: str, out_shape: Shape
) -> FilterPorts:
    """Return h, w, b with an entry for each of out's channels, and out."""
    return FilterPorts(
        h=scope.input("h", h_shape),
        w=scope.parameter("w", w_shape, w_axes, "filters"),
        b=scope.parameter("b", (out_shape[-3],), "k", "bias", block_rank=0),
        out=scope.output("out", out_shape, "nkij" if scope.has_batch else "kij"),
    )


@dataclass(frozen=True)
class FilterLayer:
    """A layer of filters of known geometry, each with a bias or none with one."""

    scope: Scope
    correlation: CrossCorrelation
    ports: FilterPorts
    has_bias: bool

    @property
    def geometry(self) -> Geometry:
        """The geometry of the cross-correlation."""
        return self.correlation.geometry

    @property
    def n(self) -> str:
        """The batch's letter with its comma, in an equation's indices; empty without a batch."""
        return batch_letter(self.scope)

    def layer_equations(
        self, forward: list[Equation], backward: list[Equation], about: str, note: str
    ) -> LayerEquations:
        """Return the whole layer, from the equations of both passes."""
        ports = self.ports
        return LayerEquations(
            inputs=(ports.h,),
            parameters=(ports.w, ports.b) if self.has_bias else (ports.w,),
            outputs=(ports.out,),
            forward=tuple(forward),
            backward=tuple(backward),
            about=about,
            note=note,
        )

    @cached_property
    def bias(self) -> Finish | None:
        """What is done to out's finished sum: the bias of its filter is added."""
        if not self.has_bias:
            return None
        return Finish(
            {"b": self.ports.b.tensor},
            compute=lambda total, b: total + b[:, None, None],
            formula=lambda total, at, *index: f"{total}+{at.b[index[-3]].fixed}",
        )

    @property
    def plus_bias(self) -> str:
        """The bias at the end of out's equation; empty where there is none."""
        return " + b[k]" if self.has_bias else ""

    def gradient_of_b(self, *, axis: int) -> list[Equation]:
        """Return the equation of dL/db, after those of its partial sums; none without a bias.

        `axis` is that of out's channels in w.
        """
        if not self.has_bias:
            return []
        batch, samples = self.correlation.batch, self.correlation.samples

        def partial(part: slice, g: Array) -> Array:
            by_sample = g.reshape(samples, *g.shape[-3:])
            return np.asarray(by_sample[part].sum(axis=(0, 2, 3)))

        def term(at: Addresses, n: int, k: int) -> str:
            return f"SUM({at.g[*(n,) * len(batch), k]})"

        math = Math(f"dL/db[k] = Σ({self.n}i,j) dL/dout[{self.n}k,i,j]")
        terms = Terms(samples, {"g": self.ports.out.gradient}, partial, term, "sample")
        slips = gradient_of_b_slips(self.ports.w.gradient, axis)
        return sum_equations(self.scope, self.ports.b.gradient, terms, math, slips=slips)


def filters_text(filters: int, kernel: str) -> str:
    """Return how many filters there are as people write it: `3 filters 3×3`."""
    return f"{filters} filter{'s' * (filters > 1)} {kernel}"
