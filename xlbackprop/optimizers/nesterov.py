"""Gradient descent with Nesterov's momentum, as in torch.optim.SGD(nesterov=True).

    g = dL/dw + λ w          (λ = weight_decay, left out where it is 0)
    v = μ v + g              (μ = momentum; v is g in the first step)
    w_new = w - lr (g + μ v)

Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
learning" (2013), with w at the point that looks ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.equation import Math
from xlbackprop.layers.options import number
from xlbackprop.optimizers.contract import Parameter, Update, optimizer
from xlbackprop.optimizers.decay import decayed_gradient
from xlbackprop.optimizers.velocity import velocity


@optimizer("nesterov")
@dataclass(frozen=True)
class Nesterov:
    """lr: the learning rate; momentum: how much of the velocity stays; weight_decay: of L2."""

    lr: float = number(minimum=0)
    momentum: float = number(minimum=0, default=0.9)
    weight_decay: float = number(minimum=0, default=0.0)

    def update(self, parameter: Parameter) -> Update:
        """Return the update's equations; the state is the velocity."""
        decay, gradient = decayed_gradient(parameter, self.weight_decay)
        v, w, rates = velocity(parameter, gradient), parameter.w.title, parameter.rates
        new = parameter.equation(
            parameter.tensor("new", f"{w} after the step"),
            {
                "w": parameter.w,
                "g": gradient,
                "v": v.target,
                "lr": rates["lr"],
                "momentum": rates["momentum"],
            },
            compute=lambda w, g, v, lr, momentum: w - lr * (g + momentum * v),
            formula=lambda w, g, v, lr, momentum: f"{w}-{lr}*({g}+{momentum}*{v})",
            math=Math(f"{w}_new = {w} - lr · ({gradient.title} + momentum · {v.target.title})"),
        )
        return Update((*decay, v, new), {"v": v.target})
