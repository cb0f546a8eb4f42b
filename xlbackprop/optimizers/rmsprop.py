"""RMSprop: each step divided by the root of the mean of squares, as in torch.optim.RMSprop.

    g = dL/dw + λ w          (λ = weight_decay, left out where it is 0)
    v = α v + (1 - α) g²     (v is 0 before the first step)
    w_new = w - lr g / (√v + eps)

Tieleman and Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning (2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.optimizer import Parameter, Update, optimizer
from xlbackprop.contract.options import number
from xlbackprop.equation import Array, Math
from xlbackprop.optimizers.common.averages import moving_average
from xlbackprop.optimizers.common.decay import decayed_gradient, undecayed
from xlbackprop.optimizers.common.slips import slips_of_root, slips_of_step


@optimizer("rmsprop")
@dataclass(frozen=True)
class RmsProp:
    """lr: the learning rate; alpha: how slowly the average moves; eps: beside its root."""

    lr: float = number(minimum=0)
    alpha: float = number(minimum=0, below=1, default=0.99)
    eps: float = number(minimum=0, default=1e-8)
    weight_decay: float = number(minimum=0, default=0.0)

    def update(self, parameter: Parameter) -> Update:
        """Return the update's equations; the state is the average of the gradient's square."""
        decay, gradient = decayed_gradient(parameter, self.weight_decay)
        v = moving_average(parameter, "v", gradient, "alpha", squared=True)
        w, rates = parameter.w.title, parameter.rates

        def compute(w: Array, g: Array, v: Array, lr: Array, eps: Array) -> Array:
            return w - lr * g / (np.sqrt(v) + eps)

        new = parameter.equation(
            parameter.tensor("new", f"{w} after the step"),
            {
                "w": parameter.w,
                "g": gradient,
                "v": v.target,
                "lr": rates["lr"],
                "eps": rates["eps"],
            },
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
