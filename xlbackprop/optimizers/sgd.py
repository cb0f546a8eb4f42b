"""Stochastic gradient descent: a step against the gradient, as in torch.optim.SGD.

g = dL/dw + λ w          (λ = weight_decay, left out where it is 0)
w_new = w - lr g
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.optimizer import Parameter, Update, optimizer
from xlbackprop.contract.options import number
from xlbackprop.equation import Array, Math
from xlbackprop.optimizers.common.decay import decayed_gradient, undecayed
from xlbackprop.optimizers.common.slips import slips_of_step


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

        def compute(w: Array, g: Array, lr: Array) -> Array:
            return w - lr * g

        new = parameter.equation(
            parameter.tensor("new", f"{w} after the step"),
            {"w": parameter.w, "g": gradient, "lr": parameter.rates["lr"]},
            compute=compute,
            formula=lambda w, g, lr: f"{w}-{lr}*{g}",
            math=Math(f"{w}_new = {w} - lr · {gradient.title}"),
            slips=(*slips_of_step(compute), *undecayed(parameter, gradient, compute)),
        )
        return Update((*decay, new), {})
