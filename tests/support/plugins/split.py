"""A layer with two outputs: the first features of a vector, and the rest."""

from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array, Equation, Math, Shape
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers import LayerEquations, Scope, layer
from xlbackprop.layers.options import count


@layer("split", short="split")
@dataclass(frozen=True)
class Split:
    """h (F,); first (size,); rest (F - size,)."""

    size: int = count()

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (F,)."""
        size = self.size
        h = scope.input("h", shape)
        first, rest = scope.output("first", (size,)), scope.output("rest", (shape[0] - size,))
        of_first = Equation(
            first.tensor,
            {"h": h.tensor},
            compute=lambda h: h[:size],
            formula=lambda at, j: at.h[j],
            math=Math("first[j] = h[j]"),
        )
        of_rest = Equation(
            rest.tensor,
            {"h": h.tensor},
            compute=lambda h: h[size:],
            formula=lambda at, j: at.h[size + j],
            math=Math(f"rest[j] = h[j+{size}]"),
        )

        def joined(at: Addresses, j: int) -> str:
            return at.first[j] if j < size else at.rest[j - size]

        def compute(first: Array, rest: Array) -> Array:
            return np.concatenate([first, rest])

        back = Equation(
            h.gradient,
            {"first": first.gradient, "rest": rest.gradient},
            compute,
            joined,
            Math(f"dL/dh[j] = dL/dfirst[j], then dL/drest[j-{size}]"),
        )
        return LayerEquations(
            inputs=(h,),
            outputs=(first, rest),
            forward=(of_first, of_rest),
            backward=(back,),
            about=f"the first {size} of {shape[0]}, and the rest",
        )
