"""Global max pooling: the largest entry of each channel.

    out[c]       = max(a,b) h[c,a,b]
    winner[c]    = W·a+b of the first entry, row by row, that is this maximum
    dL/dh[c,a,b] = dL/dout[c] at the winner, and 0 everywhere else

It is max_pool2d with one window, the whole plane; rows (C,L) are planes of height 1. Where several
entries are the maximum, the first takes the gradient, as in torch.nn.AdaptiveMaxPool2d(1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Equation, Math, Shape, Tensor
from xlbackprop.layers.common.dropped_axes import DroppedAxes, without_rows
from xlbackprop.layers.common.text import index_text
from xlbackprop.layers.max_pool2d import LARGEST_WINDOW, MaxPool2d


@layer("global_max_pool", short="gmp")
@dataclass(frozen=True)
class GlobalMaxPool:
    """h (C,H,W) or (N,C,H,W), or (C,L) or (N,C,L); out (C,) or (N,C)."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of one of these shapes."""
        size = shape[1 + scope.has_batch :]
        if len(size) not in (1, 2):
            raise scope.refuse(
                "input", shape, "expected channels, height, width, or channels, length"
            )
        if prod(size) > LARGEST_WINDOW:
            raise scope.refuse(
                "input",
                shape,
                f"has {prod(size)} entries in each channel; global_max_pool takes at most"
                f" {LARGEST_WINDOW}, as many as a formula can tell apart",
            )
        return _GlobalMaximum(scope.has_batch, size).equations(scope, shape)


@dataclass(frozen=True)
class _GlobalMaximum:
    """Global max pooling of known size, (H,W) or (L,)."""

    has_batch: bool
    size: Shape

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        kernel = (*(1,) * (2 - len(self.size)), *self.size)[-2:]
        planes = (*shape[: -len(self.size)], *kernel)
        part = MaxPool2d((kernel[0], kernel[1])).equations(scope, planes)
        part = DroppedAxes(self._dropped).layer(part)
        lines = {"out": self._maximum(), "winner": self._winner(), "dL_dh": self._gradient()}
        return replace(
            part,
            forward=_with_lines(part.forward, lines),
            backward=_with_lines(part.backward, lines),
            about=f"the largest of each channel's {'×'.join(map(str, self.size))} entries",
        )

    def _dropped(self, tensor: Tensor) -> int:
        """Return how many axes go: of all that has one entry for a channel, both of its plane."""
        return 2 - len(self.size) if tensor.short in ("h", "dL_dh") else 2

    # The equations' lines: the window is the plane.

    def _maximum(self) -> Math:
        return self._line(f"out[{self._n}c] = max(a,b) h[{self._n}c,a,b]")

    def _winner(self) -> Math:
        position = "b" if len(self.size) == 1 else f"{index_text('a', self.size[1])}+b"
        winner = f"winner[{self._n}c] = {position} of the first"
        entry = f"h[{self._n}c,a,b] = out[{self._n}c]"
        return replace(self._line(f"{winner} maximum"), full=self._line(f"{winner} {entry}").text)

    def _gradient(self) -> Math:
        n = self._n
        line = f"dL/dh[{n}c,a,b] = dL/dout[{n}c] where winner[{n}c] is at [a,b], otherwise 0"
        why = "The output moves with the largest entry alone, so that gets all of the gradient."
        return replace(self._line(line), why=why)

    def _line(self, text: str) -> Math:
        return Math(without_rows(text) if len(self.size) == 1 else text)

    @property
    def _n(self) -> str:
        return "n," * self.has_batch


def _with_lines(equations: tuple[Equation, ...], lines: dict[str, Math]) -> tuple[Equation, ...]:
    return tuple(replace(one, math=lines[one.target.short]) for one in equations)
