"""A fully connected layer: every output from all inputs.

    out[k]    = Σ(j) w[k,j] · h[j] + b[k]
    dL/dw[k,j] = dL/dout[k] · h[j]        (summed over the batch)
    dL/db[k]  = dL/dout[k]                (summed over the batch)
    dL/dh[j]  = Σ(k) w[k,j] · dL/dout[k]

Without a batch, out stands as a column beside w, whose rows are its equations; with one, each
row of h and out is a sample. The weights are (units, inputs), as in torch.nn.Linear.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.equation import Equation, Kind, Math, Place, Shape
from xlbackprop.grid import Addresses, sumproduct
from xlbackprop.layers.contract import LayerEquations, Scope, layer
from xlbackprop.layers.options import count, flag


@layer("dense", short="dense")
@dataclass(frozen=True)
class Dense:
    """h (inputs,) or (N, inputs); w (units, inputs); b (units,)."""

    units: int = count()
    bias: bool = flag(default=True)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (inputs,) or (N, inputs)."""
        if len(shape) - scope.has_batch != 1:
            raise scope.refuse("input", shape, "dense takes vectors: put a flatten layer before")
        return _Dense(self, scope, shape).equations()


class _Dense:
    """A dense layer of known size: its tensors, then its equations."""

    def __init__(self, options: Dense, scope: Scope, shape: Shape) -> None:
        self.options, self.scope = options, scope
        self.batch, inputs = shape[:-1], shape[-1]
        self.n = "n," * len(self.batch)
        letter, tensor = "n" * len(self.batch), scope.tensor
        vertical = not self.batch
        self.h = tensor("h", shape, f"{letter}j", Kind.GIVEN, "input")
        self.w = tensor("w", (options.units, inputs), "kj", Kind.PARAMETER, "weights")
        self.b = tensor("b", (options.units,), "k", Kind.PARAMETER, "bias", vertical=vertical)
        out_shape = (*self.batch, options.units)
        self.out = tensor("out", out_shape, f"{letter}k", Kind.FORWARD, "output", vertical=vertical)
        self.dL_dout = scope.gradient(self.out, "upstream gradient")
        self.dL_dw = scope.gradient(self.w, "gradient of the weights")
        self.dL_db = scope.gradient(self.b, "gradient of the bias")
        self.dL_dh = scope.gradient(self.h, "gradient for the layer before")

    def equations(self) -> LayerEquations:
        bias = (self.b,) if self.options.bias else ()
        gradient_of_b = (self.gradient_of_b(),) if self.options.bias else ()
        gradient_of_h = self.gradient_of_h_in_batch() if self.batch else [self.gradient_of_h()]
        return LayerEquations(
            inputs=(self.h,),
            parameters=(self.w, *bias),
            out=self.out,
            forward=(self.weigh(),),
            dL_dout=self.dL_dout,
            backward=(self.gradient_of_w(), *gradient_of_b, *gradient_of_h),
            gradients=(self.dL_dh,),
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

        return Equation(
            self.out,
            sources,
            compute=lambda h, w, b=0: h @ w.T + b,
            formula=formula,
            math=Math(f"out[{n}k] = Σ(j) h[{n}j] · w[k,j]" + " + b[k]" * has_bias),
        )

    def gradient_of_w(self) -> Equation:
        n = self.n

        def formula(at: Addresses, k: int, j: int) -> str:
            if n:
                return sumproduct(at.g[:, k].fixed, at.h[:, j])
            return f"{at.g[k].fixed_column}*{at.h[j].fixed_row}"

        total = f"Σ({n[:-1]}) " if n else ""
        return Equation(
            self.dL_dw,
            {"g": self.dL_dout, "h": self.h},
            compute=lambda g, h: g.T @ h if n else g[:, None] * h,
            formula=formula,
            math=Math(
                f"dL/dw[k,j] = {total}dL/dout[{n}k] · h[{n}j]",
                why="The weight has a part in one output, where it stands beside one input"
                + (": in every sample, over which is summed." if n else "."),
            ),
        )

    def gradient_of_b(self) -> Equation:
        n = self.n
        total = f"Σ({n[:-1]}) " if n else ""
        return Equation(
            self.dL_db,
            {"g": self.dL_dout},
            compute=lambda g: g.sum(axis=0) if n else g,
            formula=lambda at, k: f"SUM({at.g[:, k]})" if n else at.g[k],
            math=Math(f"dL/db[k] = {total}dL/dout[{n}k]"),
        )

    def gradient_of_h(self) -> Equation:
        return Equation(
            self.dL_dh,
            {"w": self.w, "g": self.dL_dout},
            compute=lambda w, g: g @ w,
            formula=lambda at, j: sumproduct(at.w[:, j], at.g[:].fixed),
            math=self._math_of_dh(),
        )

    def gradient_of_h_in_batch(self) -> list[Equation]:
        # A sample's gradient lies along a row, and SUMPRODUCT wants both of one shape.
        turned = self.scope.tensor(
            "w_transposed",
            self.w.shape[::-1],
            "jk",
            Kind.HELPER,
            "w, rows for columns",
            place=Place.BELOW,
            belongs_to=self.w,
        )
        return [
            Equation(
                turned,
                {"w": self.w},
                compute=lambda w: w.T,
                formula=_transposed,
                math=Math("w_transposed[j,k] = w[k,j]"),
            ),
            Equation(
                self.dL_dh,
                {"w": turned, "g": self.dL_dout},
                compute=lambda w, g: g @ w.T,
                formula=lambda at, n, j: sumproduct(at.g[n, :], at.w[j, :].fixed),
                math=self._math_of_dh(),
            ),
        ]

    def _math_of_dh(self) -> Math:
        n = self.n
        return Math(
            f"dL/dh[{n}j] = Σ(k) dL/dout[{n}k] · w[k,j]",
            why="An input has a part in every output, each time with another weight: what comes"
            " back through all of them is summed.",
        )


def _transposed(at: Addresses, j: int, k: int) -> str:
    here = at.here[j, k]
    row = f"COLUMNS({at.here[j, 0].fixed_column}:{here})"
    column = f"ROWS({at.here[0, k].fixed_row}:{here})"
    return f"INDEX({at.w[()].fixed},{row},{column})"
