"""A vector as an array of many axes, each with two entries."""

from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Equation, Index, Math, Shape
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers import LayerEquations, Scope, layer
from xlbackprop.layers.options import count


@layer("nest", short="nest")
@dataclass(frozen=True)
class Nest:
    """h (2 ** rank,) or (N, 2 ** rank); out (2, 2, …) or (N, 2, 2, …)."""

    rank: int = count()

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (2 ** rank,) or (N, 2 ** rank)."""
        batch, sizes = shape[:-1], (2,) * self.rank
        h, out = scope.input("h", shape), scope.output("out", (*batch, *sizes))

        def nested(at: Addresses, *index: int) -> str:
            sample, entry = index[: len(batch)], index[len(batch) :]
            return at.h[*sample, int(np.ravel_multi_index(entry, sizes))]

        def flat(at: Addresses, *index: int) -> str:
            *sample, position = index
            entry: Index = tuple(map(int, np.unravel_index(position, sizes)))
            return at.g[*sample, *entry]

        forward = Equation(
            out.tensor,
            {"h": h.tensor},
            lambda h: h.reshape(out.tensor.shape),
            nested,
            Math("out = h"),
        )
        backward = Equation(
            h.gradient,
            {"g": out.gradient},
            lambda g: g.reshape(shape),
            flat,
            Math("dL/dh = dL/dout"),
        )
        return LayerEquations((h,), (out,), (forward,), (backward,), f"{self.rank} axes")
