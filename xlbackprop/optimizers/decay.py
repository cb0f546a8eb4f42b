"""Weight decay as L2 regularization, which all optimizers but adamw share."""

from __future__ import annotations

from xlbackprop.equation import Equation, Math, Tensor
from xlbackprop.optimizers.contract import Parameter


def decayed_gradient(
    parameter: Parameter, weight_decay: float
) -> tuple[tuple[Equation, ...], Tensor]:
    """Return the equation of dL/dw + λ w and its tensor, or none and dL/dw without decay."""
    if not weight_decay:
        return (), parameter.gradient
    w = parameter.w.title
    equation = parameter.equation(
        parameter.tensor("g", "gradient with weight decay"),
        {"w": parameter.w, "g": parameter.gradient, "decay": parameter.rates["weight_decay"]},
        compute=lambda w, g, decay: g + decay * w,
        formula=lambda w, g, decay: f"{g}+{decay}*{w}",
        math=Math(f"{w}_g = {parameter.gradient.title} + weight_decay · {w}"),
    )
    return (equation,), equation.target
