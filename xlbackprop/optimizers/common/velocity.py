"""The velocity that steps with momentum keep: the gradients so far, older ones fading.

    v_t = μ v_(t-1) + g_t,   v_0 = 0          (μ = momentum)

In the first step there is nothing to carry over, and the velocity is the gradient.
"""

from __future__ import annotations

from xlbackprop.contract.optimizer import Parameter
from xlbackprop.equation import Equation, Math, Slip, Tensor


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
        slips=_SLIPS,
    )


_SLIPS = (
    Slip(
        "momentum missing",
        "Multiply the velocity of the step before with momentum, so that it fades.",
        lambda v, g, momentum: v + g + 0 * momentum,
    ),
    Slip(
        "velocity of the step before forgotten",
        "Add momentum times the velocity of the step before to the gradient.",
        lambda v, g, momentum: g + 0 * v * momentum,
    ),
    Slip(
        "gradient weighted with 1 - momentum",
        "Add the whole gradient: this velocity is a sum that fades, not an average.",
        lambda v, g, momentum: momentum * v + (1 - momentum) * g,
    ),
    Slip(
        "velocity with the wrong sign",
        "Add the gradient to the velocity: it is subtracted from the parameter later.",
        lambda v, g, momentum: momentum * v - g,
    ),
)
