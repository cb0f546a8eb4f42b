"""Gradient descent with momentum, as in torch.optim.SGD(momentum=...).

    g = dL/dw + λ w          (λ = weight_decay, left out where it is 0)
    v = μ v + (1 - τ) g      (μ = momentum, τ = dampening; v is g in the first step)
    w_new = w - lr v

Polyak, "Some methods of speeding up the convergence of iteration methods" (1964), with the
learning rate outside the velocity.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.optimizer import Parameter, Update, optimizer
from xlbackprop.contract.options import number
from xlbackprop.equation import Array, Math, Slip
from xlbackprop.optimizers.common.decay import decayed_gradient
from xlbackprop.optimizers.common.slips import slips_of_step
from xlbackprop.optimizers.common.velocity import velocity


@optimizer("momentum")
@dataclass(frozen=True)
class Momentum:
    """lr: the learning rate; momentum: how much of the velocity stays; weight_decay: of L2."""

    lr: float = number(minimum=0)
    momentum: float = number(minimum=0, default=0.9)
    weight_decay: float = number(minimum=0, default=0.0)
    dampening: float = number(minimum=0, default=0.0)

    def update(self, parameter: Parameter) -> Update:
        """Return the update's equations; the state is the velocity."""
        decay, gradient = decayed_gradient(parameter, self.weight_decay)
        v, w = velocity(parameter, gradient, self.dampening), parameter.w.title

        def compute(w: Array, v: Array, lr: Array) -> Array:
            return w - lr * v

        new = parameter.equation(
            parameter.tensor("new", f"{w} after the step"),
            {"w": parameter.w, "v": v.target, "lr": parameter.rates["lr"]},
            compute=compute,
            formula=lambda w, v, lr: f"{w}-{lr}*{v}",
            math=Math(f"{w}_new = {w} - lr · {v.target.title}"),
            slips=(
                *slips_of_step(compute),
                Slip(
                    "gradient for velocity",
                    f"Step along the velocity {v.target.title}, in which the gradients before"
                    " count, too.",
                    lambda w, lr, g, **_: w - lr * g,
                    {"g": gradient},
                ),
            ),
        )
        return Update((*decay, v, new), {"v": v.target})
