"""Max pooling: the largest entry of each window.

With kernel (R,S), stride s and padding p, each per axis:

    out[c,i,j]    = max(a,b) h[c, si+a-p, sj+b-p]
    winner[c,i,j] = S·a+b of the first entry, row by row, that is this maximum
    dL/dh[c,u,v]  = Σ(i,j) dL/dout[c,i,j], over the windows whose winner is the entry [u,v]

The padding counts as minus infinity, so a window sees only what is left of it within the input;
its positions are still those in the whole window. The gradient of a maximum goes to the entry
that was the maximum, which is why a forward pass keeps the winners ("switches") for the way back:
Stanford's CS231n, "Convolutional Networks", section on pooling.

Where several entries of a window are its maximum, any division of the window's gradient among
them is a subgradient. PyTorch gives all of it to the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Array, Equation, Kind, Mask, Math, Place, Shape, Tensor
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.pooling.cells import Cells
from xlbackprop.layers.common.pooling.max_pool2d_slips import (
    slips_of_dh,
    slips_of_maximum,
    slips_of_winner,
)
from xlbackprop.layers.common.pooling.pooling import PoolOptions, PoolPorts, about_pool, pool_ports
from xlbackprop.layers.common.pooling.windows import Windows
from xlbackprop.layers.common.pooling.winners import winners
from xlbackprop.layers.common.text import index_text
from xlbackprop.layers.common.windows.geometry import Geometry
from xlbackprop.layers.common.windows.images import batch_letter

# A formula can nest 64 functions, and looks for the winner with an IF for each entry.
LARGEST_WINDOW = 60

TIE_RULE = (
    "where several entries of a window are its maximum, the first of them, row by row, takes the"
    " gradient, as in PyTorch"
)


@layer("max_pool2d", short="pool")
@dataclass(frozen=True)
class MaxPool2d(PoolOptions):
    """h (C,H,W) or (N,C,H,W)."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,H,W) or (N,C,H,W)."""
        entries = self.kernel[0] * self.kernel[1]
        if entries > LARGEST_WINDOW:
            raise scope.refuse(
                "kernel",
                self.kernel,
                f"has {entries} entries; max_pool2d takes at most {LARGEST_WINDOW}, as many as a"
                " formula can tell apart",
            )
        geometry = self.geometry(scope, shape)
        return _MaxPooling(scope, geometry, pool_ports(scope, shape, geometry)).equations()


@dataclass(frozen=True)
class _MaxPooling:
    """Max pooling of known geometry: its equations, and what they accept at ties."""

    scope: Scope
    geometry: Geometry
    ports: PoolPorts

    def equations(self) -> LayerEquations:
        winner = self.find_winner()
        return LayerEquations(
            inputs=(self.ports.h,),
            outputs=(self.ports.out,),
            forward=(self.maximum(), winner),
            backward=(self.gradient_of_h(winner.target),),
            about=about_pool(self.geometry),
            note=f"{TIE_RULE[0].upper()}{TIE_RULE[1:]}.",
            emphasis=(winners(self.ports.h.tensor, winner.target, self.geometry),),
        )

    @cached_property
    def windows(self) -> Windows:
        """The windows as whole arrays."""
        return Windows(self.geometry)

    @cached_property
    def cells(self) -> Cells:
        """The windows cell by cell."""
        return Cells(self.geometry)

    def maximum(self) -> Equation:
        n = batch_letter(self.scope)
        return Equation(
            self.ports.out.tensor,
            {"h": self.ports.h.tensor},
            compute=lambda h: self.windows.seen(h).max(axis=-1),
            formula=lambda at, *index: f"MAX({at.h[*index[:-2], *self.cells.window(*index[-2:])]})",
            math=Math(f"out[{n}c,i,j] = max(a,b) h[{self.entry}]"),
            slips=tuple(slips_of_maximum(self.geometry)),
        )

    def find_winner(self) -> Equation:
        n, (height, width) = batch_letter(self.scope), self.geometry.kernel
        position = f"{index_text('a', width)}+b" if height > 1 else "b"
        target = self.scope.tensor(
            "winner",
            self.ports.out.tensor.shape,
            "".join(self.ports.out.tensor.axes),
            Kind.HELPER,
            "position of the maximum in its window",
            place=Place.BESIDE,
            belongs_to=self.ports.out.tensor,
        )

        def compute(h: Array) -> Array:
            cells = self.windows.seen(h)
            # Without the zero, an error in a window would be taken for its maximum.
            return np.asarray(cells.argmax(axis=-1) + 0 * cells.max(axis=-1))

        return Equation(
            target,
            {"h": self.ports.h.tensor},
            compute,
            self._formula_of_winner,
            Math(
                f"winner[{n}c,i,j] = {position} of the first maximum",
                full=f"winner[{n}c,i,j] = {position} of the first h[{self.entry}] = out[{n}c,i,j]",
            ),
            accepts=self._accepts_winner,
            tie_rule=TIE_RULE,
            slips=tuple(slips_of_winner(self.geometry.kernel, compute)),
        )

    def _formula_of_winner(self, at: Addresses, *index: int) -> str | float:
        *lead, i, j = index
        rows, columns = self.cells.window(i, j)
        *others, last = product(range(rows.start, rows.stop), range(columns.start, columns.stop))
        position = self.cells.position(i, j, *last)
        if not others:
            return position
        maximum = f"MAX({at.h[*lead, rows, columns]})"
        text = str(position)
        for u, v in reversed(others):
            text = f"IF({at.h[*lead, u, v]}={maximum},{self.cells.position(i, j, u, v)},{text})"
        return text

    def gradient_of_h(self, winner: Tensor) -> Equation:
        n = batch_letter(self.scope)

        def formula(at: Addresses, *index: int) -> str | float:
            *lead, u, v = index
            terms = [
                f"({at.winner[*lead, i, j]}={self.cells.position(i, j, u, v)})*{at.g[*lead, i, j]}"
                for i, j in self.cells.windows_with(u, v)
            ]
            return "+".join(terms) if terms else 0

        return Equation(
            self.ports.h.gradient,
            # No formula needs h, but it tells where there are ties.
            {"winner": winner, "g": self.ports.out.gradient, "h": self.ports.h.tensor},
            lambda winner, g, h: self.windows.routed(winner, g),  # noqa: ARG005
            formula,
            Math(
                f"dL/dh[{n}c,u,v] = Σ(i,j: winner[{n}c,i,j] is at [u,v]) dL/dout[{n}c,i,j]",
                why="A window's output moves with its largest entry alone, so that gets all of the"
                " window's gradient, and the others get none.",
            ),
            accepts=self._accepts_gradient,
            tie_rule=TIE_RULE,
            slips=tuple(slips_of_dh(self.geometry)),
        )

    @property
    def entry(self) -> str:
        """The indices of a window's entry [a,b] in an equation."""
        (s, t), (p, q) = self.geometry.stride, self.geometry.padding
        return f"{batch_letter(self.scope)}c,{index_text('i', s, -p)}+a,{index_text('j', t, -q)}+b"

    def _accepts_winner(self, found: Array, tolerance: Array, h: Array) -> Mask:  # noqa: ARG002
        windows = self.windows
        return np.asarray((windows.at(found) & windows.ties(h)).any(axis=-1))

    def _accepts_gradient(
        self, found: Array, tolerance: Array, winner: Array, g: Array, h: Array
    ) -> Mask:
        """Return where the gradient is a subgradient.

        A window gives to each of its maxima something between nothing and all of its gradient,
        and to all of them together just that gradient.
        """
        windows, ties = self.windows, self.windows.ties(h)
        whole = ties * g[..., None]
        is_divided = ties.sum(axis=-1, keepdims=True) > 1
        least = windows.given_back(np.where(is_divided, np.minimum(whole, 0), whole))
        most = windows.given_back(np.where(is_divided, np.maximum(whole, 0), whole))
        tolerance = tolerance + 1e-6 * windows.given_back(np.abs(whole))
        clusters = windows.clusters(ties).ravel()

        def in_cluster(x: Array) -> Array:
            return np.asarray(np.bincount(clusters, x.ravel())[clusters].reshape(h.shape))

        excess = in_cluster(found - self.windows.routed(winner, g))
        within = (found >= least - tolerance) & (found <= most + tolerance)
        return np.asarray(within & (np.abs(excess) <= in_cluster(tolerance)))
