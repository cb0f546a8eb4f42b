"""Weight decay as L2 regularization, which all optimizers but adamw share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xlbackprop.contract.optimizer import Parameter
from xlbackprop.equation import Array, Equation, Math, Slip, Tensor


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
        slips=(
            Slip(
                "weight decay with the wrong sign",
                "Add weight_decay times the parameter to the gradient: subtracted, it would let"
                " the weights grow.",
                lambda w, g, decay: g - decay * w,
            ),
            Slip(
                "weight decay forgotten",
                "Add weight_decay times the parameter to the gradient.",
                lambda w, g, decay: g + 0 * decay * w,
            ),
        ),
    )
    return (equation,), equation.target


def undecayed(
    parameter: Parameter, gradient: Tensor, compute: Callable[..., Array]
) -> Iterator[Slip]:
    """Yield the slip of a step, compute(g, ...), that takes dL/dw for the gradient with decay."""
    if gradient is not parameter.gradient:

        def wrong(plain: Array, **arrays: Array) -> Array:
            return compute(**{**arrays, "g": plain})

        yield Slip(
            "weight decay forgotten",
            f"Take {gradient.title}, the gradient with weight decay, not"
            f" {parameter.gradient.title} alone.",
            wrong,
            {"plain": parameter.gradient},
        )
