"""The velocity that steps with momentum keep: the gradients so far, older ones fading.

    v_t = μ v_(t-1) + (1 - τ) g_t,   v_0 = 0          (μ = momentum, τ = dampening, mostly 0)

In the first step there is nothing to carry over, and the velocity is the gradient, whatever τ is.
"""

from __future__ import annotations

from xlbackprop.contract.optimizer import Parameter
from xlbackprop.contract.slips import altered
from xlbackprop.equation import Array, Equation, Math, Slip, Tensor


def velocity(parameter: Parameter, gradient: Tensor, dampening: float = 0.0) -> Equation:
    """Return the equation of `w_v`; a dampening other than 0 is the hyperparameter's cell."""
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
    if dampening:
        return _dampened(parameter, gradient, before, target)
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


def _dampened(parameter: Parameter, gradient: Tensor, before: Tensor, target: Tensor) -> Equation:
    rates = {name: parameter.rates[name] for name in ("momentum", "dampening")}

    def compute(v: Array, g: Array, momentum: Array, dampening: Array) -> Array:
        return momentum * v + (1 - dampening) * g

    return parameter.equation(
        target,
        {"v": before, "g": gradient, **rates},
        compute=compute,
        formula=lambda v, g, momentum, dampening: f"{momentum}*{v}+(1-{dampening})*{g}",
        math=Math(
            f"{target.title} = momentum · {before.name} + (1 - dampening) · {gradient.title}"
        ),
        slips=(
            altered(
                "dampening forgotten",
                "Multiply the gradient with 1 - dampening before you add it to the velocity.",
                compute,
                dampening=lambda dampening: 0 * dampening,
            ),
            altered(
                "dampening for 1 - dampening",
                "Multiply the gradient with 1 - dampening, not with the dampening itself.",
                compute,
                dampening=lambda dampening: 1 - dampening,
            ),
            altered(
                "velocity of the step before forgotten",
                "Add momentum times the velocity of the step before to the dampened gradient.",
                compute,
                v=lambda v: 0 * v,
            ),
        ),
    )
