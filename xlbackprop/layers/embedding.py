"""An embedding: each class number picks its row of a table.

    out[t,e]   = w[h[t], e]
    dL/dw[v,e] = Σ(t) (h[t] = v) · dL/dout[t,e]        (summed over the batch)

h holds whole numbers from 0 to vocabulary-1, through which no gradient flows. A row of the table
gets the gradients of all places that picked it, and zero where none did. The table is
(vocabulary, width), as in torch.nn.Embedding; Bengio, Ducharme, Vincent and Jauvin, "A Neural
Probabilistic Language Model" (2003), section 2, where the table is called C.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count
from xlbackprop.contract.slips import altered
from xlbackprop.contract.sums import Terms, sum_equations
from xlbackprop.equation import Array, Domain, Equation, Math, Shape, Slip
from xlbackprop.formula.grid import Addresses, span


@layer("embedding", short="embed")
@dataclass(frozen=True)
class Embedding:
    """h (T,) or (N,T), class numbers; w (vocabulary, width); out (T,width) or (N,T,width)."""

    vocabulary: int = count()
    width: int = count()

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (T,) or (N,T)."""
        if len(shape) - scope.has_batch != 1:
            raise scope.refuse("input", shape, "expected one size: how many class numbers")
        return _Embedding(self, scope, shape).equations()


class _Embedding:
    """An embedding of known size: its tensors, then its equations."""

    def __init__(self, options: Embedding, scope: Scope, shape: Shape) -> None:
        self.options, self.scope = options, scope
        self.batch = shape[:-1]
        self.n = "n," * len(self.batch)
        axes = "n" * len(self.batch) + "t"
        self.input = scope.input(
            "h",
            shape,
            axes,
            "input, class numbers",
            flows=False,
            block_rank=1,
            vertical=True,
            domain=Domain(labels=options.vocabulary),
        )
        table, about = (options.vocabulary, options.width), "a row for each class"
        self.rows = scope.parameter("w", table, "ve", about, gradient="gradient of the rows")
        self.output = scope.output("out", (*shape, options.width), f"{axes}e")
        self.h = self.input.tensor
        self.w, self.dL_dw = self.rows.tensor, self.rows.gradient
        self.out, self.dL_dout = self.output.tensor, self.output.gradient

    def equations(self) -> LayerEquations:
        return LayerEquations(
            inputs=(self.input,),
            parameters=(self.rows,),
            outputs=(self.output,),
            forward=(self.look_up(),),
            backward=tuple(self.gradient_of_w()),
            about=f"vocabulary {self.options.vocabulary}, width {self.options.width}",
            note="h holds class numbers: no gradient flows through them.",
        )

    def look_up(self) -> Equation:
        n, vocabulary = self.n, self.options.vocabulary

        def compute(h: Array, w: Array) -> Array:
            # A class number that is none is an error in the cell.
            is_class = (h >= 0) & (h < vocabulary)
            rows = w[np.where(is_class, h, 0).astype(np.int64)]
            return np.where(is_class[..., None], rows, np.nan)

        def formula(at: Addresses, *index: int) -> str:
            *place, e = index
            if ":" not in at.w[()]:  # IronCalc makes an error of the INDEX of a single cell
                return at.w[()]
            columns = f"COLUMNS({at.here[*place, 0].fixed_column}:{at.here[*place, e]})"
            return f"INDEX({at.w[()].fixed},{at.h[*place].fixed_column}+1,{columns})"

        return Equation(
            self.out,
            {"h": self.h, "w": self.w},
            compute,
            formula,
            Math(
                f"out[{n}t,e] = w[h[{n}t],e]",
                why="The class number picks a row of the weights.",
            ),
            slips=(
                altered(
                    "class numbers counted from 1",
                    "Count the rows of w from 0: class number 0 picks the first one.",
                    compute,
                    h=lambda h: h - 1,
                    w=lambda w: np.concatenate([w, w[-1:]]),
                ),
            ),
        )

    def gradient_of_w(self) -> list[Equation]:
        samples = self.batch or (1,)

        def partial(part: slice, h: Array, g: Array, w: Array) -> Array:
            numbers = h.reshape(*samples, -1, 1)[part]
            # Without the zero, an error among the numbers would be lost in the comparison.
            picks = (numbers == np.arange(w.shape[0])) + 0 * numbers
            gradients = g.reshape(*samples, -1, w.shape[1])[part]
            return np.asarray(np.einsum("ntv,nte->ve", picks, gradients))

        def term(at: Addresses, n: int, v: int, e: int) -> str:
            sample = (n,) * len(self.batch)
            row = f"ROWS({span(at.w[0, e].fixed_row, at.w[v, e])})-1"
            gradient = at.g[*sample, :, e].fixed_row
            return f"SUMPRODUCT(({at.h[sample].fixed}={row})*{gradient})"

        n = self.n
        math = Math(
            f"dL/dw[v,e] = Σ({n}t) (h[{n}t] = v) · dL/dout[{n}t,e]",
            why="A row gets the gradients of all places at which it was picked, and no others: a"
            " comparison counts as 1 where it is true, else as 0.",
        )
        # Of w, only the row's number is needed.
        sources = {"h": self.h, "g": self.dL_dout, "w": self.w}
        terms = Terms(samples[0], sources, partial, term, "sample")
        return sum_equations(self.scope, self.dL_dw, terms, math, slips=self.slips_of_dw())

    def slips_of_dw(self) -> Iterator[Slip]:
        """Yield the slips of a row that was picked more than once."""
        hint = (
            "Add up the gradients of all places that picked the row: a class number that comes"
            " twice sends back two gradients."
        )

        def overwritten(h: Array, g: Array, w: Array) -> Array:
            rows = np.zeros(w.shape)
            rows[h.ravel().astype(np.int64)] = g.reshape(-1, w.shape[1])
            return rows

        def averaged(h: Array, g: Array, w: Array) -> Array:
            picks = h.reshape(-1, 1) == np.arange(w.shape[0])
            total = picks.T @ g.reshape(-1, w.shape[1])
            return np.asarray(total / np.maximum(picks.sum(axis=0), 1)[:, None])

        def first_kept(h: Array, g: Array, w: Array) -> Array:
            return overwritten(h.ravel()[::-1], g.reshape(-1, w.shape[1])[::-1], w)

        yield Slip("repeated rows not summed", hint, overwritten)
        yield Slip("repeated rows counted once", hint, first_kept)
        yield Slip("repeated rows averaged", hint, averaged)
