"""A fully connected layer: every output from all inputs.

    out[k]    = Σ(j) w[k,j] · h[j] + b[k]
    dL/dw[k,j] = dL/dout[k] · h[j]        (summed over the rows)
    dL/db[k]  = dL/dout[k]                (summed over the rows)
    dL/dh[j]  = Σ(k) w[k,j] · dL/dout[k]

Of one vector, out stands as a column beside w, whose rows are its equations. With a batch each row
of h and out is a sample, and of a sequence (T, inputs) a position: the layer is applied to each.
The weights are (units, inputs), as in torch.nn.Linear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count, flag
from xlbackprop.contract.slips import altered
from xlbackprop.contract.sums import Terms, sum_equations, whole_sum
from xlbackprop.equation import Array, Equation, Index, Math, Shape, Slip
from xlbackprop.equation.indices import index_at
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.layers.common.convolution.filter_slips import (
    bias_slips,
    gradient_of_b_slips,
    without_weights,
    wrong_gradient_slip,
)
from xlbackprop.layers.common.transposed import transposed

# Where w is folded, dL/dh has a product for each unit: a formula holds that many.
_MOST_PLANES = 200


@layer("dense", short="dense")
@dataclass(frozen=True)
class Dense:
    """h (inputs,) or (T, inputs), or either with a batch; w (units, inputs); b (units,)."""

    units: int = count()
    bias: bool = flag(default=True)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (inputs,), (T, inputs) or with a batch."""
        if len(shape) - scope.has_batch not in (1, 2):
            why = "dense takes vectors, or rows of them: put a flatten layer before"
            raise scope.refuse("input", shape, why)
        return _Dense(self, scope, shape).equations()


class _Dense:
    """A dense layer of known size: its tensors, then its equations."""

    def __init__(self, options: Dense, scope: Scope, shape: Shape) -> None:
        self.options, self.scope = options, scope
        self.rows, inputs = shape[:-1], shape[-1]
        letters = "n" * scope.has_batch + "t" * (len(self.rows) - scope.has_batch)
        # The index of a row with its comma, and the sum over rows, as equations write them.
        self.n = "".join(f"{letter}," for letter in letters)
        self.total = f"Σ({self.n[:-1]}) " if self.n else ""
        of_samples = scope.has_batch and len(self.rows) == 1
        self.row = "sample" if of_samples else "position"
        self.rows_word = "samples of the batch" if of_samples else "positions"
        vertical = not self.rows
        # Where h is folded, each row of w is a block of its own, folded as h is.
        rows = 0 if options.units > _MOST_PLANES else scope.row_length(shape)
        self.input = scope.input("h", shape, f"{letters}j", row_length=rows)
        self.weights = scope.parameter(
            "w", (options.units, inputs), "kj", "weights", row_length=rows
        )
        self.bias = scope.parameter("b", (options.units,), "k", "bias", vertical=vertical)
        out_shape = (*self.rows, options.units)
        self.output = scope.output("out", out_shape, f"{letters}k", vertical=vertical)
        self.h, self.dL_dh = self.input.tensor, self.input.gradient
        self.w, self.dL_dw = self.weights.tensor, self.weights.gradient
        self.b, self.dL_db = self.bias.tensor, self.bias.gradient
        self.out, self.dL_dout = self.output.tensor, self.output.gradient

    def equations(self) -> LayerEquations:
        bias = (self.bias,) if self.options.bias else ()
        gradient_of_b = self.gradient_of_b() if self.options.bias else []
        gradient_of_h = self.gradient_of_h_in_rows() if self.rows else [self.gradient_of_h()]
        return LayerEquations(
            inputs=(self.input,),
            parameters=(self.weights, *bias),
            outputs=(self.output,),
            forward=(self.weigh(),),
            backward=(*self.gradient_of_w(), *gradient_of_b, *gradient_of_h),
            about=f"{self.options.units} unit{'s' * (self.options.units > 1)}"
            + ("" if self.options.bias else ", no bias"),
        )

    def weigh(self) -> Equation:
        has_bias, n = self.options.bias, self.n
        sources = {"h": self.h, "w": self.w, **({"b": self.b} if has_bias else {})}

        def formula(at: Addresses, *index: int) -> str:
            *sample, k = index
            # Dragged down a column, the row of w moves; dragged over samples, that of h does.
            total = (
                sumproduct(at.h[*sample, :], at.w[k, :].fixed)
                if sample
                else sumproduct(at.h[:].fixed, at.w[k, :])
            )
            bias = (at.b[k].fixed if sample else at.b[k]) if has_bias else ""
            return f"{total}+{bias}" if has_bias else total

        def compute(h: Array, w: Array, b: Array | float = 0) -> Array:
            return np.asarray(h @ w.T + b)

        slips = (
            *(bias_slips(compute) if has_bias else ()),
            *self.transposed(compute, "Take row k of w for output k, not its column k."),
        )
        return Equation(
            self.out,
            sources,
            compute,
            formula=formula,
            math=Math(f"out[{n}k] = Σ(j) h[{n}j] · w[k,j]" + " + b[k]" * has_bias),
            slips=slips,
        )

    def gradient_of_w(self) -> list[Equation]:
        def formula(at: Addresses, k: int, j: int) -> str:
            if at.h.is_folded:  # below a row of a block stand more entries of h, and no other k
                return f"{at.g[k].fixed}*{at.h[j]}"
            return f"{at.g[k].fixed_column}*{at.h[j].fixed_row}"

        def compute(g: Array, h: Array) -> Array:
            return np.asarray(g[:, None] * h)

        sources = {"g": self.dL_dout, "h": self.h}
        math = Math(
            f"dL/dw[k,j] = {self.total}dL/dout[{self.n}k] · h[{self.n}j]",
            why="The weight has a part in one output, where it stands beside one input"
            + (f": in every {self.row}, over which is summed." if self.rows else "."),
        )
        if not self.rows:
            slips = tuple(self.slips_of_dw(compute))
            return [Equation(self.dL_dw, sources, compute, formula, math, slips)]

        def partial(part: slice, g: Array, h: Array) -> Array:
            return np.asarray(self.flat(g, part).T @ self.flat(h, part))

        def term(at: Addresses, block: int, k: int, j: int) -> str:
            lead = self.leading(block)
            return sumproduct(at.g[*lead, :, k].fixed, at.h[*lead, :, j])

        terms = Terms(self.blocks, sources, partial, term, "sample")
        slips = tuple(self.slips_of_dw(whole_sum(terms)))
        return sum_equations(self.scope, self.dL_dw, terms, math, slips=slips)

    def gradient_of_b(self) -> list[Equation]:
        sources = {"g": self.dL_dout}
        math = Math(f"dL/db[k] = {self.total}dL/dout[{self.n}k]")
        slips = tuple(gradient_of_b_slips(self.dL_dw, 0))
        if not self.rows:
            return [Equation(self.dL_db, sources, lambda g: g, lambda at, k: at.g[k], math, slips)]

        def partial(part: slice, g: Array) -> Array:
            return np.asarray(self.flat(g, part).sum(axis=0))

        def term(at: Addresses, block: int, k: int) -> str:
            return f"SUM({at.g[*self.leading(block), :, k]})"

        terms = Terms(self.blocks, sources, partial, term, "sample")
        slips = (*slips, *self.of_one_row(whole_sum(terms), "g"))
        return sum_equations(self.scope, self.dL_db, terms, math, slips=slips)

    def gradient_of_h(self) -> Equation:
        return Equation(
            self.dL_dh,
            {"w": self.w, "g": self.dL_dout},
            compute=lambda w, g: g @ w,
            formula=self.sum_of_dh,
            math=self._math_of_dh(),
            slips=tuple(self.slips_of_dh(lambda w, g: g @ w)),
        )

    def sum_of_dh(self, at: Addresses, j: int) -> str:
        if at.w.is_folded:  # a column of w has one cell in each block
            return "+".join(f"{at.w[k, j]}*{at.g[k].fixed}" for k in range(self.options.units))
        return sumproduct(at.w[:, j], at.g[:].fixed)

    def gradient_of_h_in_rows(self) -> list[Equation]:
        # A row's gradient lies along it, and SUMPRODUCT wants both of one shape.
        turn = transposed(self.scope, self.w)
        return [
            turn,
            Equation(
                self.dL_dh,
                {"w": turn.target, "g": self.dL_dout},
                compute=lambda w, g: g @ w.T,
                formula=lambda at, *i: sumproduct(at.g[*i[:-1], :], at.w[i[-1], :].fixed),
                math=self._math_of_dh(),
                slips=tuple(self.slips_of_dh(lambda w, g: g @ w.T)),
            ),
        ]

    # What goes wrong.

    def slips_of_dh(self, compute: Callable[..., Array]) -> Iterator[Slip]:
        """Yield the slips of dL/dh: compute(w, g)."""
        hint = "Take column j of w for input j, on the way back: w is used transposed."
        yield from self.transposed(compute, hint)
        yield from wrong_gradient_slip(self.dL_dw, self.dL_dh)
        yield without_weights(compute, "w")
        if self.options.units > 1:
            yield altered(
                "only the first unit",
                "Add up what comes back from all units: the input feeds each of them.",
                compute,
                g=lambda g: g * (np.arange(self.options.units) == 0),
            )

    def transposed(self, compute: Callable[..., Array], hint: str) -> Iterator[Slip]:
        """Yield the slip that takes rows of w for its columns, where they are as long."""
        units, inputs = self.w.shape
        if units == inputs > 1:
            yield altered("rows for columns of w", hint, compute, w=lambda w: w.T)

    def slips_of_dw(self, compute: Callable[..., Array]) -> Iterator[Slip]:
        """Yield the slips of dL/dw: compute(g, h)."""
        yield from self.of_one_row(compute, "g", "h")
        yield altered(
            "input missing",
            "Multiply dL/dout of the row with the input of the column: the input is missing.",
            compute,
            h=np.ones_like,
        )
        yield altered(
            "dL/dout missing",
            "Multiply the input of the column with dL/dout of the row: dL/dout is missing.",
            compute,
            g=np.ones_like,
        )

    def of_one_row(self, compute: Callable[..., Array], *letters: str) -> Iterator[Slip]:
        """Yield the slips that do not sum over the rows of a block."""
        if not self.rows or self.rows[-1] < 2:
            return
        for which, part in (("first", slice(1)), ("last", slice(-1, None))):
            yield altered(
                f"only the {which} {self.row}",
                f"Add up all {self.rows[-1]} {self.rows_word}: each of them moves the parameter's"
                " gradient.",
                compute,
                **dict.fromkeys(letters, lambda x, part=part: x[..., part, :]),
            )

    def _math_of_dh(self) -> Math:
        n = self.n
        return Math(
            f"dL/dh[{n}j] = Σ(k) dL/dout[{n}k] · w[k,j]",
            why="An input has a part in every output, each time with another weight: what comes"
            " back through all of them is summed.",
        )

    # The rows as blocks of the page, and as one array.

    @property
    def blocks(self) -> int:
        """How many blocks the rows stand in."""
        return prod(self.rows[:-1])

    def leading(self, block: int) -> Index:
        """Return the leading indices of a block, by its number."""
        return index_at(block, self.rows[:-1])

    def flat(self, x: Array, part: slice) -> Array:
        """Return the rows of some blocks one below the other."""
        return x.reshape(self.blocks, -1, x.shape[-1])[part].reshape(-1, x.shape[-1])
