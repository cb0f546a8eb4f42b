"""The velocity that steps with momentum keep: the gradients so far, older ones fading.

    v_t = μ v_(t-1) + g_t,   v_0 = 0          (μ = momentum)

In the first step there is nothing to carry over, and the velocity is the gradient.
"""

from __future__ import annotations

from xlbackprop.equation import Equation, Math, Tensor
from xlbackprop.optimizers.contract import Parameter


def velocity(parameter: Parameter, gradient: Tensor) -> Equation:
    """Return the equation of `w_v`."""
    target = parameter.tensor("v", "velocity")
    before = parameter.state.get("v")
    if before is None:
        return parameter.equation(
            target,
            {"g": gradient},
            compute=lambda g: g,
            formula=lambda g: g,
            math=Math(f"{target.title} = {gradient.title}"),
        )
    return parameter.equation(
        target,
        {"v": before, "g": gradient, "momentum": parameter.rates["momentum"]},
        compute=lambda v, g, momentum: momentum * v + g,
        formula=lambda v, g, momentum: f"{momentum}*{v}+{g}",
        math=Math(f"{target.title} = momentum · {before.name} + {gradient.title}"),
    )
