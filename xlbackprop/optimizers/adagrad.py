"""Adagrad: each step divided by the root of the sum of squares so far, as in torch.optim.Adagrad.

    g = dL/dw + λ w          (λ = weight_decay, left out where it is 0)
    v = v + g²               (v is 0 before the first step)
    w_new = w - lr g / (√v + eps)

Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
Optimization" (2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.optimizer import Parameter, Update, optimizer
from xlbackprop.contract.options import number
from xlbackprop.equation import Array, Equation, Math, Slip, Tensor
from xlbackprop.optimizers.common.decay import decayed_gradient, undecayed
from xlbackprop.optimizers.common.slips import slips_of_root, slips_of_step


@optimizer("adagrad")
@dataclass(frozen=True)
class Adagrad:
    """lr: the learning rate; eps: beside the root; weight_decay: of L2."""

    lr: float = number(minimum=0)
    eps: float = number(minimum=0, default=1e-10)
    weight_decay: float = number(minimum=0, default=0.0)

    def update(self, parameter: Parameter) -> Update:
        """Return the update's equations; the state is the sum of the gradients' squares."""
        decay, gradient = decayed_gradient(parameter, self.weight_decay)
        v = _sum_of_squares(parameter, gradient)
        w, rates = parameter.w.title, parameter.rates

        def compute(w: Array, g: Array, v: Array, lr: Array, eps: Array) -> Array:
            return w - lr * g / (np.sqrt(v) + eps)

        sources = {"w": parameter.w, "g": gradient, "v": v.target}
        new = parameter.equation(
            parameter.tensor("new", f"{w} after the step"),
            {**sources, "lr": rates["lr"], "eps": rates["eps"]},
            compute=compute,
            formula=lambda w, g, v, lr, eps: f"{w}-{lr}*{g}/(SQRT({v})+{eps})",
            math=Math(f"{w}_new = {w} - lr · {gradient.title} / (√{v.target.title} + eps)"),
            slips=(
                *slips_of_step(compute),
                *slips_of_root(lambda w, g, lr, root, **_: w - lr * g / root),
                *undecayed(parameter, gradient, compute),
            ),
        )
        return Update((*decay, v, new), {"v": v.target}, positive=frozenset("v"))


def _sum_of_squares(parameter: Parameter, gradient: Tensor) -> Equation:
    before = parameter.state.get("v")
    carried = f"{before.name} + " if before else ""
    hint = "Add the square of the gradient to the squares of all steps before"

    def compute(g: Array, v: Array | float = 0) -> Array:
        return v + g**2

    slips = [Slip("gradient not squared", f"{hint}.", lambda g, v=0: v + g)]
    if before:
        slips += [
            Slip(
                "sum of the steps before forgotten",
                f"{hint}: those are missing.",
                lambda g, v: g**2 + 0 * v,
            ),
            Slip("mean for sum", f"{hint}: nothing is averaged.", lambda g, v: (v + g**2) / 2),
        ]
    return parameter.equation(
        parameter.tensor("v", "sum of the gradients' squares"),
        {"g": gradient, **({"v": before} if before else {})},
        compute,
        lambda g, v="": f"{v}+{g}^2" if v else f"{g}^2",
        Math(f"{parameter.w.title}_v = {carried}{gradient.title}²"),
        slips=tuple(slips),
    )
