"""Class numbers as ones and zeros: a row of the output's size for each sample, 1 at its class."""

from __future__ import annotations

import numpy as np

from xlbackprop.contract.slips import altered
from xlbackprop.equation import Array, Equation, Math, Slip, Tensor
from xlbackprop.formula.grid import Addresses
from xlbackprop.losses.common.scores import Scores


def one_hot(scores: Scores, target: Tensor) -> Equation:
    """Return the equation of `loss.onehot`, under the target that holds the class numbers."""

    def compute(t: Array) -> Array:
        # Unlike the comparison alone, the term that is zero keeps NaN.
        t = t[..., None]
        return np.asarray((t == np.arange(scores.classes)) + 0 * t)

    def formula(at: Addresses, *index: int) -> str:
        # The number of cells from the block's edge to here is the class number plus 1; so one
        # formula serves every cell and can be dragged.
        first, here = at.here[*index[:-1], 0], at.here[index]
        if scores.out.vertical:
            position = f"ROWS({first.fixed_row}:{here})"
        else:
            position = f"COLUMNS({first.fixed_column}:{here})"
        return f"IF({scores.cell(at.t, index)}+1={position},1,0)"

    return Equation(
        scores.of_class("onehot", target, "1 at the right class"),
        {"t": target},
        compute,
        formula,
        Math(
            f"onehot[{scores.k}] = 1 where {scores.named('target')} = {scores.letter}, otherwise 0"
        ),
        slips=(
            altered(
                "classes counted from 1",
                "Count the classes from 0: class number 0 is the first score's.",
                compute,
                t=lambda t: t - 1,
            ),
            Slip(
                "onehot the wrong way round",
                "Put 1 at the right class and 0 at all others.",
                lambda t: 1 - compute(t),
            ),
        ),
    )
