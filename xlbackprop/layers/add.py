"""The sum of two or more inputs of one shape, as where a residual block's paths meet.

    out[i]     = h_0[i] + h_1[i] + …
    dL/dh_0[i] = dL/dh_1[i] = … = dL/dout[i]

Each summand gets the whole gradient. He, Zhang, Ren and Sun, "Deep residual learning for image
recognition" (2016), equation 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Array, Equation, Math, Shape, Slip, Tensor
from xlbackprop.formula.grid import Addresses


@layer("add", short="add", inputs=(2, None))
@dataclass(frozen=True)
class Add:
    """h_0, h_1, … and out, all of one shape."""

    def equations(self, scope: Scope, *shapes: Shape) -> LayerEquations:
        """Return the layer's equations for inputs of the given shapes."""
        if len(set(shapes)) > 1:
            shown = tuple(map(list, shapes))
            raise scope.refuse("inputs", shown, "add takes inputs that have one shape")
        shape = shapes[0]
        inputs = tuple(
            scope.input(f"h_{m}", shape, about=f"input {m}", gradient=f"gradient of input {m}")
            for m in range(len(shapes))
        )
        out = scope.output("out", shape)
        return LayerEquations(
            inputs=inputs,
            outputs=(out,),
            forward=(_add(out.tensor, [port.tensor for port in inputs]),),
            backward=tuple(_pass_on(out.gradient, port.gradient, len(inputs)) for port in inputs),
            about=f"the sum of {len(inputs)} inputs",
        )


def _add(out: Tensor, inputs: Sequence[Tensor]) -> Equation:
    sources = {h.short: h for h in inputs}
    i = ",".join(out.axes)

    def compute(**arrays: Array) -> Array:
        first, *rest = arrays.values()
        return sum(rest, first)

    def formula(at: Addresses, *index: int) -> str:
        return "+".join(getattr(at, letter)[index] for letter in sources)

    terms = " + ".join(f"{letter}[{i}]" for letter in sources)
    return Equation(
        out,
        sources,
        compute,
        formula,
        Math(f"out[{i}] = {terms}"),
        slips=(
            Slip(
                "only the first input",
                "Add all inputs in each cell: only the first is in yours.",
                lambda **arrays: next(iter(arrays.values())),
            ),
            Slip(
                "mean for sum",
                f"Add the {len(inputs)} inputs, and do not divide by {len(inputs)}.",
                lambda **arrays: compute(**arrays) / len(arrays),
            ),
            Slip(
                "product for sum",
                "Add the inputs; you multiplied them.",
                lambda **arrays: np.prod(list(arrays.values()), axis=0),
            ),
        ),
    )


def _pass_on(upstream: Tensor, target: Tensor, inputs: int) -> Equation:
    i = ",".join(target.axes)
    return Equation(
        target,
        {"g": upstream},
        compute=lambda g: g,
        formula=lambda at, *index: at.g[index],
        math=Math(
            f"{target.title}[{i}] = dL/dout[{i}]",
            why="A summand moves the sum as much as itself, so it gets the whole gradient.",
        ),
        slips=(
            Slip(
                "gradient divided among the inputs",
                "Give each input all of dL/dout: each moves the sum by as much as itself moves.",
                lambda g: g / inputs,
            ),
        ),
    )
