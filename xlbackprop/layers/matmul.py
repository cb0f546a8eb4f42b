"""The product of two matrices, plane by plane: each entry a row of one times a column of the other.

    out[i,k]      = s · Σ(j) h_0[i,j] · h_1[j,k]        (h_1[k,j] where `transpose` is true)
    dL/dh_0[i,j]  = s · Σ(k) dL/dout[i,k] · h_1[j,k]
    dL/dh_1[j,k]  = s · Σ(i) h_0[i,j] · dL/dout[i,k]

s is `scale`. The axes before the last two number the planes, as in torch.matmul.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Port, Scope, layer
from xlbackprop.contract.options import flag, number
from xlbackprop.contract.slips import altered
from xlbackprop.equation import Array, Equation, Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import literal
from xlbackprop.layers.common.matrix_products import (
    ONE,
    Factor,
    by_columns,
    by_rows,
    columns_times_columns,
    rows_times_rows,
)
from xlbackprop.layers.common.transposed import transposed

_MISFIT = {
    False: "{} rows: matmul multiplies rows by columns (transpose = true: rows by rows)",
    True: "{} columns: transpose = true multiplies rows by rows",
}


@layer("matmul", short="matmul", inputs=2)
@dataclass(frozen=True)
class Matmul:
    """h_0 (…,T,D), h_1 (…,D,S), or (…,S,D) to be transposed; out (…,T,S)."""

    transpose: bool = flag(default=False)
    scale: float = number(default=1.0)

    def equations(self, scope: Scope, *shapes: Shape) -> LayerEquations:
        """Return the layer's equations for two inputs of the given shapes."""
        first, second = shapes
        if min(map(len, shapes)) - scope.has_batch < 2 or first[:-2] != second[:-2]:
            why = "matmul takes two matrices, or as many planes of them: (T, D) and (D, S)"
            raise scope.refuse("inputs", tuple(map(list, shapes)), why)
        if first[-1] != second[-1 if self.transpose else -2]:
            why = f"the first has {first[-1]} columns, and the second "
            why += _MISFIT[self.transpose].format(second[-1 if self.transpose else -2])
            raise scope.refuse("inputs", tuple(map(list, shapes)), why)
        return _Matmul(self, scope, first, second).equations()


class _Matmul:
    """A product of two matrices of known sizes: its tensors, then its equations."""

    def __init__(self, options: Matmul, scope: Scope, first: Shape, second: Shape) -> None:
        self.scope, self.is_turned = scope, options.transpose
        text = literal(options.scale)
        self.factor = ONE if options.scale == 1 else Factor(options.scale, text, text)
        planes, own = first[:-2], len(first) - 2 - scope.has_batch
        # The planes' letters, and those of rows, inner axis and columns.
        self.lead = "n" * scope.has_batch + "pmg"[-own:] * (own > 0)
        self.n = "".join(f"{letter}," for letter in self.lead)
        inner = "kj" if self.is_turned else "jk"
        columns = second[-2] if self.is_turned else second[-1]
        self.first = self._input(0, first, "ij")
        self.second = self._input(1, second, inner)
        self.output = scope.output("out", (*planes, first[-2], columns), f"{self.lead}ik")
        self.a, self.b = self.first.tensor, self.second.tensor
        self.out, self.dL_dout = self.output.tensor, self.output.gradient
        self.turned = transposed(scope, self.b)

    def _input(self, number: int, shape: Shape, axes: str) -> Port:
        return self.scope.input(
            f"h_{number}",
            shape,
            f"{self.lead}{axes}",
            f"input {number}",
            gradient=f"gradient of input {number}",
        )

    def equations(self) -> LayerEquations:
        times = f", times {self.factor.text}" if self.factor.text else ""
        forward, to_first = self.multiply(), self.to_first()
        return LayerEquations(
            inputs=(self.first, self.second),
            outputs=(self.output,),
            forward=(forward,) if self.is_turned else (self.turned, forward),
            backward=(self.turned, to_first, self.to_second())
            if self.is_turned
            else (to_first, self.to_second()),
            about=f"rows of h_0 times {'rows' if self.is_turned else 'columns'} of h_1{times}",
        )

    def _entry(self) -> str:
        """Return the entry of h_1 that goes with row i, inner j and column k."""
        return f"h_1[{self.n}k,j]" if self.is_turned else f"h_1[{self.n}j,k]"

    def multiply(self) -> Equation:
        n = self.n
        math = Math(f"out[{n}i,k] = {self.factor.head}Σ(j) h_0[{n}i,j] · {self._entry()}")
        b = self.b if self.is_turned else self.turned.target
        slips = tuple(self._slips_forward())
        return rows_times_rows(self.out, self.a, b, math, self.factor, slips)

    def to_first(self) -> Equation:
        n, target = self.n, self.first.gradient
        math = Math(
            f"{target.title}[{n}i,j] = {self.factor.head}Σ(k) dL/dout[{n}i,k] · {self._entry()}",
            why="An entry of h_0 has a part in its whole row of out.",
        )
        b = self.turned.target if self.is_turned else self.b
        slips = tuple(self._slips_to_first())
        return rows_times_rows(target, self.dL_dout, b, math, self.factor, slips)

    def to_second(self) -> Equation:
        n, target = self.n, self.second.gradient
        entry = target.title + self._entry().removeprefix("h_1")
        math = Math(
            f"{entry} = {self.factor.head}Σ(i) h_0[{n}i,j] · dL/dout[{n}i,k]",
            why="An entry of h_1 has a part in a whole column of out.",
        )
        pair = (self.dL_dout, self.a) if self.is_turned else (self.a, self.dL_dout)
        slips = tuple(self._slips_to_second())
        return columns_times_columns(target, *pair, math, self.factor, slips)

    # What goes wrong.

    def _unscaled(self, compute: Callable[..., Array]) -> Iterator[Slip]:
        if self.factor.text:
            yield Slip(
                "scale missing",
                f"Multiply the sum by {self.factor.text}, on the way back too.",
                compute,
            )

    def _slips_forward(self) -> Iterator[Slip]:
        yield from self._unscaled(by_rows())
        if self.b.shape[-1] == self.b.shape[-2] > 1:
            name, hint = ("h_1 not transposed", "Multiply with the rows of h_1, not its columns.")
            if not self.is_turned:
                name, hint = "h_1 transposed", "Multiply with the columns of h_1, not its rows."
            yield altered(name, hint, by_rows(self.factor), b=lambda b: b.swapaxes(-1, -2))

    def _slips_to_first(self) -> Iterator[Slip]:
        yield from self._unscaled(by_rows())
        if self.b.shape[-1] == self.b.shape[-2] > 1:
            yield altered(
                "rows for columns of h_1",
                "On the way back h_1 is used the other way round than on the way forward.",
                by_rows(self.factor),
                b=lambda b: b.swapaxes(-1, -2),
            )

    def _slips_to_second(self) -> Iterator[Slip]:
        yield from self._unscaled(by_columns())
        if self.b.shape[-1] == self.b.shape[-2] > 1:
            yield Slip(
                "gradient transposed",
                "Write the gradient in the shape of h_1: yours has its rows for columns.",
                lambda a, b: by_columns(self.factor)(b, a),
            )
