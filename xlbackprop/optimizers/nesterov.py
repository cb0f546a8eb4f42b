"""Gradient descent with Nesterov's momentum, as in torch.optim.SGD(nesterov=True).

    g = dL/dw + λ w          (λ = weight_decay, left out where it is 0)
    v = μ v + g              (μ = momentum; v is g in the first step)
    w_new = w - lr (g + μ v)

Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
learning" (2013), with w at the point that looks ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.optimizer import Parameter, Update, optimizer
from xlbackprop.contract.options import number
from xlbackprop.equation import Array, Math, Slip
from xlbackprop.optimizers.common.decay import decayed_gradient, undecayed
from xlbackprop.optimizers.common.slips import slips_of_step
from xlbackprop.optimizers.common.velocity import velocity


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

        def compute(w: Array, g: Array, v: Array, lr: Array, momentum: Array) -> Array:
            return w - lr * (g + momentum * v)

        new = parameter.equation(
            parameter.tensor("new", f"{w} after the step"),
            {
                "w": parameter.w,
                "g": gradient,
                "v": v.target,
                "lr": rates["lr"],
                "momentum": rates["momentum"],
            },
            compute=compute,
            formula=lambda w, g, v, lr, momentum: f"{w}-{lr}*({g}+{momentum}*{v})",
            math=Math(f"{w}_new = {w} - lr · ({gradient.title} + momentum · {v.target.title})"),
            slips=(
                *slips_of_step(compute),
                *_SLIPS,
                *undecayed(parameter, gradient, compute),
            ),
        )
        return Update((*decay, v, new), {"v": v.target})


_SLIPS = (
    Slip(
        "plain momentum",
        "Look ahead: add momentum times the velocity to the gradient, instead of"
        " stepping along the velocity alone.",
        lambda w, g, v, lr, momentum: w - lr * v + 0 * momentum * g,
    ),
    Slip(
        "plain gradient",
        "Add momentum times the velocity to the gradient before you step.",
        lambda w, g, v, lr, momentum: w - lr * g + 0 * momentum * v,
    ),
    Slip(
        "momentum missing",
        "Multiply the velocity with momentum before you add it to the gradient.",
        lambda w, g, v, lr, momentum: w - lr * (g + v) + 0 * momentum,
    ),
)
