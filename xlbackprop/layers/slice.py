"""A part of the entries: those from `start` up to `stop` along one axis.

    out[i]   = h[start + i]
    dL/dh[i] = dL/dout[i - start] from start up to stop, zero elsewhere

What is left out has no part in L, and gets no gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count
from xlbackprop.equation import Array, Index, Math, Shape, Slip
from xlbackprop.layers.common.rearrangement import Way, rearrangement
from xlbackprop.layers.common.text import index_text


@layer("slice", short="slice")
@dataclass(frozen=True)
class Slice:
    """h of any shape; out with stop - start entries along `axis`, the batch not counted."""

    stop: int = count()
    start: int = count(minimum=0, default=0)
    axis: int = count(minimum=0, default=0)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        axis = self.axis + scope.has_batch
        if axis >= len(shape):
            own = len(shape) - scope.has_batch
            raise scope.refuse("axis", self.axis, f"the input has {own}, counted from 0")
        if self.stop > shape[axis]:
            raise scope.refuse("stop", self.stop, f"the axis has {shape[axis]} entries")
        if self.start >= self.stop:
            raise scope.refuse("start", self.start, f"must be less than stop, which is {self.stop}")
        return _Slice(scope, shape, axis, range(self.start, self.stop)).equations()


class _Slice:
    """A slice of known shape: where each entry comes from."""

    def __init__(self, scope: Scope, shape: Shape, axis: int, taken: range) -> None:
        self.shape, self.axis, self.taken = shape, axis, taken
        self.input = scope.input("h", shape)
        self.output = scope.output(
            "out", (*shape[:axis], len(taken), *shape[axis + 1 :]), "".join(self.input.tensor.axes)
        )

    def equations(self) -> LayerEquations:
        start, stop = self.taken.start, self.taken.stop
        letters = list(self.input.tensor.axes)
        i, there = ",".join(letters), self._shifted(letters, start)
        outside = "" if len(self.taken) == self.shape[self.axis] else ", zero elsewhere"
        return rearrangement(
            self.input,
            self.output,
            Way(
                lambda x: self._part(x, start),
                lambda *index: self._moved(index, start),
                Math(f"out[{i}] = h[{there}]"),
                tuple(self._slips_forward()),
            ),
            Way(
                lambda x: self._placed(x, start),
                self._origin,
                Math(f"dL/dh[{there}] = dL/dout[{i}]{outside}"),
                tuple(self._slips_back()),
            ),
            f"entries {start} up to {stop} of axis {self._letter}, the last one not included",
        )

    @property
    def _letter(self) -> str:
        return self.input.tensor.axes[self.axis]

    def _shifted(self, letters: list[str], start: int) -> str:
        return ",".join(
            index_text(letter, plus=start if position == self.axis else 0)
            for position, letter in enumerate(letters)
        )

    def _moved(self, index: Index, by: int) -> Index:
        return (*index[: self.axis], index[self.axis] + by, *index[self.axis + 1 :])

    def _origin(self, *index: int) -> Index | None:
        return self._moved(index, -self.taken.start) if index[self.axis] in self.taken else None

    def _part(self, h: Array, start: int) -> Array:
        return h.take(range(start, start + len(self.taken)), axis=self.axis)

    def _placed(self, g: Array, start: int) -> Array:
        whole = np.zeros(self.shape)
        np.moveaxis(whole, self.axis, 0)[start : start + len(self.taken)] = np.moveaxis(
            g, self.axis, 0
        )
        return whole

    # What goes wrong.

    def _slips_forward(self) -> Iterator[Slip]:
        for name, start in self._wrong_starts():
            yield Slip(
                name,
                f"Begin with entry {self.taken.start}, counted from 0, and end before entry"
                f" {self.taken.stop}.",
                lambda x, start=start: self._part(x, start),
            )

    def _slips_back(self) -> Iterator[Slip]:
        for name, start in self._wrong_starts():
            yield Slip(
                name,
                f"Put dL/dout where the entries came from: it begins at entry {self.taken.start}.",
                lambda x, start=start: self._placed(x, start),
            )

    def _wrong_starts(self) -> Iterator[tuple[str, int]]:
        start, last = self.taken.start, self.shape[self.axis] - len(self.taken)
        if start > 1:
            yield "from the beginning", 0
        if start > 0:
            yield "one entry too early", start - 1
        if start < last:
            yield "one entry too late", start + 1
