"""The loss of a layer whose upstream gradient is given: the one whose gradient is exactly that.

L = Σ dL/dout · out
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import LossEquations, block_terms, loss, scalar
from xlbackprop.contract.sums import sum_equations
from xlbackprop.equation import Math, Slip
from xlbackprop.formula.grid import sumproduct


@loss("given")
@dataclass(frozen=True)
class Given:
    """dL_dout is the user's to choose; L follows from it."""

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the one equation of L."""
        index = ",".join(out.tensor.axes)
        terms = block_terms(
            {"g": out.gradient, "out": out.tensor},
            compute=lambda g, out: np.einsum("ti,ti->t", g, out),
            text=sumproduct,
        )
        math = Math(
            f"L = Σ({index}) dL/dout[{index}] · out[{index}]",
            why="This is the loss whose gradient is exactly the dL/dout that was given.",
        )
        total = scalar(scope, out.tensor)
        slips = (
            Slip(
                "sum of the outputs alone",
                "Multiply each output with its dL/dout before you add them up.",
                lambda g, out: out.sum() + 0 * g.sum(),
            ),
        )
        return LossEquations(
            givens=(),
            forward=tuple(sum_equations(scope, total, terms, math, slips=slips)),
            backward=(),
            about="dL/dout given: L = Σ dL/dout · out",
        )
