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

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Array, Equation, Kind, Mask, Math, Place, Shape, Slip
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.planes import pair_text, placed, scaled
from xlbackprop.layers.common.pool_windows import Windows
from xlbackprop.layers.common.pooling import Pooling, PoolOptions
from xlbackprop.layers.common.sliding import overhanging

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
        return _MaxPooling(self, scope, shape).equations()


class _MaxPooling(Pooling):
    """Max pooling of known geometry: its equations, and what they accept at ties."""

    def equations(self) -> LayerEquations:
        winner = self.find_winner()
        return LayerEquations(
            inputs=(self.h,),
            out=self.out,
            forward=(self.maximum(), winner),
            dL_dout=self.dL_dout,
            backward=(self.gradient_of_h(winner),),
            gradients=(self.dL_dh,),
            about=self.about(),
            note=f"{TIE_RULE[0].upper()}{TIE_RULE[1:]}.",
        )

    @cached_property
    def windows(self) -> Windows:
        return Windows(self.framed, self.out_size, self.kernel, self.stride, self.padding)

    def maximum(self) -> Equation:
        n = self.n
        return Equation(
            self.out,
            {"h": self.h},
            compute=lambda h: self.windows.seen(h).max(axis=-1),
            formula=lambda at, *index: f"MAX({at.h[*index[:-2], *self.window(*index[-2:])]})",
            math=Math(f"out[{n}c,i,j] = max(a,b) h[{self.entry}]"),
            slips=tuple(self.slips_of_maximum()),
        )

    def find_winner(self) -> Equation:
        n, width = self.n, self.kernel[1]
        target = self.scope.tensor(
            "winner",
            self.out.shape,
            "".join(self.out.axes),
            Kind.HELPER,
            "position of the maximum in its window",
            place=Place.BESIDE,
            belongs_to=self.out,
        )

        def compute(h: Array) -> Array:
            cells = self.windows.seen(h)
            # Without the zero, an error in a window would be taken for its maximum.
            return np.asarray(cells.argmax(axis=-1) + 0 * cells.max(axis=-1))

        return Equation(
            target,
            {"h": self.h},
            compute,
            self._formula_of_winner,
            Math(
                f"winner[{n}c,i,j] = {scaled(width, 'a')}+b of the first maximum",
                full=f"winner[{n}c,i,j] = {scaled(width, 'a')}+b"
                f" of the first h[{self.entry}] = out[{n}c,i,j]",
            ),
            accepts=self._accepts_winner,
            tie_rule=TIE_RULE,
            slips=tuple(self.slips_of_winner(compute)),
        )

    def _formula_of_winner(self, at: Addresses, *index: int) -> str | float:
        *lead, i, j = index
        rows, columns = self.window(i, j)
        *others, last = product(range(rows.start, rows.stop), range(columns.start, columns.stop))
        position = self.position(i, j, *last)
        if not others:
            return position
        maximum = f"MAX({at.h[*lead, rows, columns]})"
        text = str(position)
        for u, v in reversed(others):
            text = f"IF({at.h[*lead, u, v]}={maximum},{self.position(i, j, u, v)},{text})"
        return text

    def gradient_of_h(self, winner: Equation) -> Equation:
        n = self.n

        def formula(at: Addresses, *index: int) -> str | float:
            *lead, u, v = index
            terms = [
                f"({at.winner[*lead, i, j]}={self.position(i, j, u, v)})*{at.g[*lead, i, j]}"
                for i, j in self.windows_with(u, v)
            ]
            return "+".join(terms) if terms else 0

        return Equation(
            self.dL_dh,
            # No formula needs h, but it tells where there are ties.
            {"winner": winner.target, "g": self.dL_dout, "h": self.h},
            lambda winner, g, h: self.route(winner, g),  # noqa: ARG005
            formula,
            Math(
                f"dL/dh[{n}c,u,v] = Σ(i,j: winner[{n}c,i,j] is at [u,v]) dL/dout[{n}c,i,j]",
                why="A window's output moves with its largest entry alone, so that gets all of the"
                " window's gradient, and the others get none.",
            ),
            accepts=self._accepts_gradient,
            tie_rule=TIE_RULE,
            slips=tuple(self.slips_of_dh()),
        )

    @property
    def entry(self) -> str:
        """The indices of a window's entry [a,b] in an equation."""
        (s, t), (p, q) = self.stride, self.padding
        return f"{self.n}c,{scaled(s, 'i', -p)}+a,{scaled(t, 'j', -q)}+b"

    # What goes wrong.

    def slips_of_maximum(self) -> Iterator[Slip]:
        """Yield the slips of the forward pass."""
        kernel, out_size = self.kernel, self.out_size
        entries = kernel[0] * kernel[1]
        if entries > 1:
            yield Slip(
                "mean for maximum",
                "Take the largest entry of each window, not the mean.",
                lambda h: np.nan_to_num(self.windows.seen(h), neginf=0).sum(axis=-1) / entries,
            )
            yield Slip(
                "minimum for maximum",
                "Take the largest entry of each window, not the smallest.",
                lambda h: -self.windows.seen(-h).max(axis=-1),
            )
        if self.stride != (1, 1) and max(out_size) > 1:
            yield Slip(
                "stride forgotten",
                f"Move the window by {pair_text(self.stride)} cells from one output to the next.",
                lambda h: overhanging(self._framed(h), kernel, out_size).max(axis=(-2, -1)),
            )
        if any(self.padding):
            yield Slip(
                "zeros of the padding counted",
                "Leave the padding out of the maximum: where all entries are negative, a zero would"
                " win.",
                lambda h: overhanging(self._framed(h), kernel, out_size, self.stride).max(
                    axis=(-2, -1)
                ),
            )
            yield Slip(
                "padding forgotten",
                "Begin with the window in the corner of the padded input: the first windows see"
                " less of h than the others.",
                lambda h: overhanging(h, kernel, out_size, self.stride).max(axis=(-2, -1)),
            )

    def slips_of_winner(self, compute: Callable[[Array], Array]) -> Iterator[Slip]:
        """Yield the slips of the winners' positions."""
        height, width = self.kernel
        yield Slip(
            "positions counted from 1",
            "Count the positions in a window from 0: the entry at its top left is 0.",
            lambda h: compute(h) + 1,
        )
        if height > 1 and width > 1:
            yield Slip(
                "positions counted by columns",
                "Count the positions row by row: after the first row's last entry comes the second"
                " row's first.",
                lambda h: compute(h) % width * height + compute(h) // width,
            )

    def slips_of_dh(self) -> Iterator[Slip]:
        """Yield the slips of dL/dh: g is dL/dout."""
        entries, windows = self.kernel[0] * self.kernel[1], self.windows
        hint = (
            "Give each window's dL/dout to the entry that was its maximum, and nothing to the"
            " others; an entry that won several windows gets their sum"
        )

        def to_all(g: Array) -> Array:
            return windows.given_back(np.repeat(g[..., None], entries, axis=-1))

        if entries > 1:
            yield Slip(
                "gradient spread evenly",
                f"{hint}; an even part for each is for the mean.",
                lambda g, **_: to_all(g) / entries,
            )
            yield Slip("gradient to all entries", f"{hint}.", lambda g, **_: to_all(g))
            yield Slip(
                "gradient to the first entry",
                f"{hint}.",
                lambda g, **_: self.route(np.zeros(g.shape), g),
            )
        yield Slip(
            "maximum times gradient",
            f"{hint}; its slope is 1, and the maximum itself no factor.",
            lambda winner, g, h: self.route(winner, g * self.windows.seen(h).max(axis=-1)),
        )
        if self.stride[0] < self.kernel[0] or self.stride[1] < self.kernel[1]:
            yield Slip(
                "overlapping windows not summed",
                f"{hint}: yours has only the last one's.",
                lambda winner, g, **_: windows.given_back_last(windows.at(winner), g),
            )

    def _framed(self, h: Array) -> Array:
        """Return the input in a frame of zeros, which the layer itself does not have."""
        return placed(h, self.framed, self.padding)

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
        tolerance = tolerance + 1e-6 * windows.given_back(np.abs(whole)) + 1e-9
        clusters = windows.clusters(ties).ravel()

        def in_cluster(x: Array) -> Array:
            return np.asarray(np.bincount(clusters, x.ravel())[clusters].reshape(h.shape))

        excess = in_cluster(found - self.route(winner, g))
        within = (found >= least - tolerance) & (found <= most + tolerance)
        return np.asarray(within & (np.abs(excess) <= in_cluster(tolerance)))

    def route(self, winner: Array, g: Array) -> Array:
        """Return what reaches each input entry when a window's gradient goes to its winner."""
        # Without the zero, an error among the winners would be lost in the comparison.
        return self.windows.given_back(self.windows.at(winner) * (g + 0 * winner)[..., None])
