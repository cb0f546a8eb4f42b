"""The axes in another order, as rows for columns.

    out[j,i]   = h[i,j]
    dL/dh[i,j] = dL/dout[j,i]

Nothing is computed: each cell shows another one, as in torch.permute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import sizes
from xlbackprop.equation import Math, Shape, Slip
from xlbackprop.layers.common.rearrangement import Way, rearrangement


@layer("transpose", short="transpose")
@dataclass(frozen=True)
class Transpose:
    """h of any shape; out with its axes in the order of `axes`, the batch not counted."""

    axes: tuple[int, ...] = sizes(minimum=0)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        batch, own = int(scope.has_batch), len(shape) - scope.has_batch
        if sorted(self.axes) != list(range(own)):
            why = f"expected each of the numbers {', '.join(map(str, range(own)))} once"
            raise scope.refuse("axes", self.axes, why)
        order = (*range(batch), *(axis + batch for axis in self.axes))
        source = scope.input("h", shape)
        letters = source.tensor.axes
        turned = "".join(letters[axis] for axis in order)
        output = scope.output("out", tuple(shape[axis] for axis in order), turned)
        i, o = ",".join(letters), ",".join(turned)
        return rearrangement(
            source,
            output,
            _way(shape, order, Math(f"out[{o}] = h[{i}]")),
            _way(
                output.tensor.shape,
                tuple(map(int, np.argsort(order))),
                Math(f"dL/dh[{i}] = dL/dout[{o}]"),
            ),
            f"axes in the order {', '.join(map(str, self.axes))}",
        )


def _way(before: Shape, order: tuple[int, ...], math: Math) -> Way:
    place = [order.index(axis) for axis in range(len(order))]
    return Way(
        lambda x: x.transpose(order),
        lambda *index: tuple(index[axis] for axis in place),
        math,
        tuple(_slips(before, order)),
    )


def _slips(before: Shape, order: tuple[int, ...]) -> Iterator[Slip]:
    positions = np.arange(prod(before)).reshape(before)
    right = positions.transpose(order)

    def differs(entries: np.ndarray) -> bool:
        return bool((entries.ravel() != right.ravel()).any())

    if differs(positions):
        yield Slip(
            "reshaped instead of transposed",
            "Exchange the axes: the entry in row i and column j goes to row j and column i. You"
            " wrote the entries one after the other as they stood.",
            lambda x: x + 0,
        )
    back = tuple(map(int, np.argsort(order)))
    if back != order and differs(positions.transpose(back)):
        yield Slip(
            "axes in the order of the other way",
            "Put each axis where the order says: you took the order that undoes it.",
            lambda x: x.transpose(back),
        )
