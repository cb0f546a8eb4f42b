"""The same entries in the same order, in another shape: the last index runs fastest in both.

    out[…]   = h[…]
    dL/dh[…] = dL/dout[…]

Nothing is computed: each cell shows another one, as in torch.reshape. With p the position of an
entry in the flat array, in C order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import sizes
from xlbackprop.equation import Array, Index, Math, Shape, Slip
from xlbackprop.layers.common.rearrangement import Way, rearrangement
from xlbackprop.layers.common.text import index_text

# The letters of out's axes: other ones than the input's, since they run otherwise.
_LETTERS = "pqrsvxyz"


@layer("reshape", short="reshape")
@dataclass(frozen=True)
class Reshape:
    """h of any shape; out of `shape`, which has as many entries, after the batch."""

    shape: tuple[int, ...] = sizes(minimum=1)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        batch, own = shape[: scope.has_batch], shape[scope.has_batch :]
        if prod(own) != prod(self.shape):
            why = f"the input {_text(own)} has {prod(own)} entries, and this {prod(self.shape)}"
            raise scope.refuse("shape", self.shape, why)
        wanted = (*batch, *self.shape)
        letters = "n" * len(batch) + _LETTERS[: len(self.shape)]
        source, output = scope.input("h", shape), scope.output("out", wanted, letters)
        i, o = ",".join(source.tensor.axes), ",".join(letters)
        same = "Both have the same entries, read with the last index running fastest."
        where = f" where {_position(letters, wanted, len(batch))}"
        where += f" = {_position(source.tensor.axes, shape, len(batch))}"
        return rearrangement(
            source,
            output,
            _way(shape, wanted, len(batch), Math(f"out[{o}] = h[{i}]{where}", why=same)),
            _way(wanted, shape, len(batch), Math(f"dL/dh[{i}] = dL/dout[{o}]{where}")),
            f"{_text(own)} to {_text(self.shape)}, in the same order",
        )


def _way(before: Shape, after: Shape, samples: int, math: Math) -> Way:
    def source(*index: int) -> Index:
        position = int(np.ravel_multi_index(index, after))
        return tuple(int(one) for one in np.unravel_index(position, before))

    return Way(lambda x: x.reshape(after), source, math, tuple(_slips(before, after, samples)))


def _slips(before: Shape, after: Shape, samples: int) -> Iterator[Slip]:
    def by_columns(x: Array) -> Array:
        flat = x.transpose(*range(samples), *range(len(before) - 1, samples - 1, -1))
        back = flat.reshape(*after[:samples], *after[samples:][::-1])
        return back.transpose(*range(samples), *range(len(after) - 1, samples - 1, -1))

    positions = np.arange(prod(before), dtype=np.float64).reshape(before)
    if (by_columns(positions) != positions.reshape(after)).any():
        yield Slip(
            "read by columns",
            "Read the entries row by row, the last index running fastest, and write them so.",
            by_columns,
        )


def _position(letters: Sequence[str], shape: Shape, samples: int) -> str:
    """Return an entry's place in the flat array of its sample: `12c+4i+j`."""
    return "+".join(
        index_text(letters[axis], prod(shape[axis + 1 :])) for axis in range(samples, len(shape))
    )


def _text(shape: Shape) -> str:
    return "×".join(map(str, shape))
