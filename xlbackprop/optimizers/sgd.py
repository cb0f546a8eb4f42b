"""Stochastic gradient descent: a step against the gradient, as in torch.optim.SGD.

g = dL/dw + λ w          (λ = weight_decay, left out where it is 0)
w_new = w - lr g
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.equation import Math
from xlbackprop.layers.options import number
from xlbackprop.optimizers.contract import Parameter, Update, optimizer
from xlbackprop.optimizers.decay import decayed_gradient


@optimizer("sgd")
@dataclass(frozen=True)
class Sgd:
    """lr: the learning rate; weight_decay: of L2 regularization."""

    lr: float = number(minimum=0)
    weight_decay: float = number(minimum=0, default=0.0)

    def update(self, parameter: Parameter) -> Update:
        """Return the update's equations; there is no state."""
        decay, gradient = decayed_gradient(parameter, self.weight_decay)
        w = parameter.w.title
        new = parameter.equation(
            parameter.tensor("new", f"{w} after the step"),
            {"w": parameter.w, "g": gradient, "lr": parameter.rates["lr"]},
            compute=lambda w, g, lr: w - lr * g,
            formula=lambda w, g, lr: f"{w}-{lr}*{g}",
            math=Math(f"{w}_new = {w} - lr · {gradient.title}"),
        )
        return Update((*decay, new), {})
