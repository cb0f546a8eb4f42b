"""The product of two or more inputs of one shape, entry by entry, as where a gate lets through.

    out[i]     = h_0[i] · h_1[i] · …
    dL/dh_0[i] = dL/dout[i] · h_1[i] · …        (all inputs but h_0)

Each factor's slope is the product of all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Array, Equation, Math, Shape, Slip, Tensor


@layer("multiply", short="mul", inputs=(2, None))
@dataclass(frozen=True)
class Multiply:
    """h_0, h_1, … and out, all of one shape."""

    def equations(self, scope: Scope, *shapes: Shape) -> LayerEquations:
        """Return the layer's equations for inputs of the given shapes."""
        if len(set(shapes)) > 1:
            shown = tuple(map(list, shapes))
            raise scope.refuse("inputs", shown, "multiply takes inputs that have one shape")
        inputs = tuple(
            scope.input(f"h_{m}", shape, about=f"input {m}", gradient=f"gradient of input {m}")
            for m, shape in enumerate(shapes)
        )
        out = scope.output("out", shapes[0])
        factors = [port.tensor for port in inputs]
        return LayerEquations(
            inputs=inputs,
            outputs=(out,),
            forward=(_multiply(out.tensor, factors),),
            backward=tuple(
                _to_factor(port.gradient, out.gradient, m, factors) for m, port in enumerate(inputs)
            ),
            about=f"the product of {len(inputs)} inputs, entry by entry",
        )


def _product(arrays: Sequence[Array]) -> Array:
    return np.asarray(np.prod(np.stack(arrays), axis=0))


def _multiply(out: Tensor, factors: Sequence[Tensor]) -> Equation:
    i = ",".join(out.axes)
    return cellwise(
        out,
        {h.short: h for h in factors},
        compute=lambda **arrays: _product([*arrays.values()]),
        formula=lambda **cells: "*".join(cells.values()),
        math=Math(f"out[{i}] = " + " · ".join(f"{h.short}[{i}]" for h in factors)),
        slips=(
            Slip(
                "sum for product",
                "Multiply the inputs; you added them.",
                lambda **arrays: np.sum(np.stack([*arrays.values()]), axis=0),
            ),
            Slip(
                "only the first input",
                "Multiply all inputs in each cell: only the first is in yours.",
                lambda **arrays: next(iter(arrays.values())),
            ),
        ),
    )


def _to_factor(target: Tensor, upstream: Tensor, m: int, factors: Sequence[Tensor]) -> Equation:
    i = ",".join(target.axes)
    others = [h for h in factors if h.short != f"h_{m}"]
    factors_text = " · ".join(f"{h.short}[{i}]" for h in others)
    return cellwise(
        target,
        {"g": upstream} | {h.short: h for h in others},
        compute=lambda g, **arrays: g * _product([*arrays.values()]),
        formula=lambda g, **cells: "*".join([g, *cells.values()]),
        math=Math(
            f"{target.title}[{i}] = dL/dout[{i}] · {factors_text}",
            why="A factor's slope is the product of all others.",
        ),
        slips=tuple(_slips_of_factor(factors[m], others)),
    )


def _slips_of_factor(own: Tensor, others: Sequence[Tensor]) -> Iterator[Slip]:
    names = " and ".join(h.short for h in others)
    yield Slip(
        "other factor missing",
        f"Multiply dL/dout with {names}: you passed it on as it is.",
        lambda g, **_: g,
    )
    yield Slip(
        "dL/dout missing",
        f"Multiply {names} with dL/dout of the same cell: it is missing.",
        lambda g, **arrays: _product([*arrays.values()]) + 0 * g,
    )
    yield Slip(
        "own factor for the other",
        f"Multiply dL/dout with {names}, and not with {own.short} itself.",
        lambda g, own, **_: g * own,
        {"own": own},
    )
