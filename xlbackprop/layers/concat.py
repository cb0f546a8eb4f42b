"""Two or more inputs one after the other along the first axis after the batch.

That axis is the channels of (C,H,W) and the features of (F,). With o the number of channels in
the inputs before h_m:

    out[o+c,i,j]   = h_m[c,i,j]
    dL/dh_m[c,i,j] = dL/dout[o+c,i,j]

Nothing is computed: each cell shows another one, as in torch.cat.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Array, Equation, Math, Shape, Slip
from xlbackprop.formula.grid import Addresses, View
from xlbackprop.layers.common.text import index_text


@layer("concat", short="concat", inputs=(2, None))
@dataclass(frozen=True)
class Concat:
    """h_0, h_1, … whose shapes may differ in their channels; out with all of these."""

    def equations(self, scope: Scope, *shapes: Shape) -> LayerEquations:
        """Return the layer's equations for inputs of the given shapes."""
        axis = int(scope.has_batch)
        if len({(shape[:axis], shape[axis + 1 :]) for shape in shapes}) > 1:
            shown = tuple(map(list, shapes))
            why = f"concat joins along axis {axis}; in all others the shapes must be the same"
            raise scope.refuse("inputs", shown, why)
        return _Concat(scope, axis, shapes).equations()


class _Concat:
    """A concat layer of known shapes: its tensors, then its equations."""

    def __init__(self, scope: Scope, axis: int, shapes: tuple[Shape, ...]) -> None:
        self.axis = axis
        self.sizes = [shape[axis] for shape in shapes]
        self.ends = list(accumulate(self.sizes))
        self.axes = scope.axes(shapes[0])
        self.inputs = tuple(
            scope.input(f"h_{m}", shape, about=f"input {m}", gradient=f"gradient of input {m}")
            for m, shape in enumerate(shapes)
        )
        out_shape = (*shapes[0][:axis], self.ends[-1], *shapes[0][axis + 1 :])
        self.output = scope.output("out", out_shape)
        self.out, self.dL_dout = self.output.tensor, self.output.gradient

    def equations(self) -> LayerEquations:
        return LayerEquations(
            inputs=self.inputs,
            outputs=(self.output,),
            forward=(self.join(),),
            backward=tuple(self.part(m) for m in range(len(self.inputs))),
            about=" + ".join(map(str, self.sizes)) + f" = {self.ends[-1]} along {self.letter}",
        )

    @property
    def letter(self) -> str:
        """The letter of the axis along which the inputs are joined."""
        return self.axes[self.axis]

    def start(self, m: int) -> int:
        """Return where input m begins in out."""
        return self.ends[m] - self.sizes[m]

    def index(self, shift: int) -> str:
        """Return an entry's index with a shift along the axis: `n,c-2,i,j`."""
        return ",".join(
            index_text(letter, plus=shift) if letter == self.letter else letter
            for letter in self.axes
        )

    def join(self) -> Equation:
        sources = {port.tensor.short: port.tensor for port in self.inputs}

        def compute(**arrays: Array) -> Array:
            return np.concatenate(list(arrays.values()), axis=self.axis)

        def formula(at: Addresses, *index: int) -> str:
            *sample, c = index[: self.axis + 1]
            m = bisect(self.ends, c)
            view: View = getattr(at, self.inputs[m].tensor.short)
            return view[*sample, c - self.start(m), *index[self.axis + 1 :]]

        slips = (
            Slip(
                "inputs in the wrong order",
                f"Put the inputs one after the other as they are numbered, h_0 first, along"
                f" {self.letter}.",
                lambda **arrays: np.concatenate(list(arrays.values())[::-1], axis=self.axis),
            ),
        )
        return Equation(self.out, sources, compute, formula, self.math_of_out(), slips)

    def math_of_out(self) -> Math:
        index, c = self.index(0), self.letter
        texts, cases = [], []
        for m, end in enumerate(self.ends):
            start = self.start(m)
            entry = f"h_{m}[{self.index(-start)}]"
            texts.append(entry + f" from {c} = {start}" * (m > 0))
            cases.append(f"{entry} where {start} <= {c} < {end}")
        return Math(
            f"out[{index}] = " + ", then ".join(texts),
            full=f"out[{index}] = " + ", ".join(cases),
        )

    def part(self, m: int) -> Equation:
        start = self.start(m)

        def formula(at: Addresses, *index: int) -> str:
            *sample, c = index[: self.axis + 1]
            return at.g[*sample, start + c, *index[self.axis + 1 :]]

        index, shifted = self.index(0), self.index(start)
        target = self.inputs[m].gradient
        return Equation(
            target,
            {"g": self.dL_dout},
            compute=lambda g: np.split(g, np.cumsum(self.sizes)[:-1], axis=self.axis)[m],
            formula=formula,
            math=Math(f"{target.title}[{index}] = dL/dout[{shifted}]"),
            slips=tuple(self.slips_of_part(m)),
        )

    def slips_of_part(self, m: int) -> Iterator[Slip]:
        start, last = self.start(m), self.ends[-1] - self.ends[m]
        hint = (
            f"Take the part of dL/dout that stands where h_{m} stands in out: it begins at"
            f" {self.letter} = {start}."
        )

        def from_(first: int) -> Callable[[Array], Array]:
            return lambda g: g.take(range(first, first + self.sizes[m]), axis=self.axis)

        if last != start:
            yield Slip("gradients swapped", hint, from_(last))
        if start not in (0, last) and last != 0:
            yield Slip("offset of the part forgotten", hint, from_(0))
        yield Slip(
            "gradient divided among the inputs",
            "Pass dL/dout on as it is: each output is one input's entry, and shared with none.",
            lambda g: from_(start)(g) / len(self.sizes),
        )
