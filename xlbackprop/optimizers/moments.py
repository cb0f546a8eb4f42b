"""The step that Adam and AdamW share: along the first moment, divided by the second's root.

    m = β₁ m + (1 - β₁) g,    v = β₂ v + (1 - β₂) g²          (both 0 before the first step)
    m_hat = m / (1 - β₁^t),   v_hat = v / (1 - β₂^t)          in step t
    w_new = w - lr m_hat / (√v_hat + eps)

The averages start at 0 and are too small at first; the corrections make up for it.
"""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Equation, Math, Tensor
from xlbackprop.optimizers.averages import moving_average
from xlbackprop.optimizers.contract import Parameter, Update


def moments_update(
    parameter: Parameter, before: tuple[Equation, ...], w: Tensor, gradient: Tensor
) -> Update:
    """Return the update of `w` by a gradient, after the equations `before`; m and v are state.

    `w` is the parameter itself, or what weight decay has made of it.
    """
    m = moving_average(parameter, "m", gradient, "beta1", squared=False)
    v = moving_average(parameter, "v", gradient, "beta2", squared=True)
    m_hat = _corrected(parameter, "m", m.target, "beta1")
    v_hat = _corrected(parameter, "v", v.target, "beta2")
    new = _new(parameter, w, m_hat.target, v_hat.target)
    return Update((*before, m, v, m_hat, v_hat, new), {"m": m.target, "v": v.target})


def _corrected(parameter: Parameter, letter: str, average: Tensor, rate: str) -> Equation:
    t = parameter.step
    power = f"^{t}" if t > 1 else ""
    return parameter.equation(
        parameter.tensor(f"{letter}_hat", f"{average.title} without its bias to 0"),
        {"x": average, "beta": parameter.rates[rate]},
        compute=lambda x, beta: x / (1 - beta**t),
        formula=lambda x, beta: f"{x}/(1-{beta}{power})",
        math=Math(f"{average.title}_hat = {average.title} / (1 - {rate}{power})"),
    )


def _new(parameter: Parameter, w: Tensor, m_hat: Tensor, v_hat: Tensor) -> Equation:
    title, rates = parameter.w.title, parameter.rates
    return parameter.equation(
        parameter.tensor("new", f"{title} after the step"),
        {"w": w, "m": m_hat, "v": v_hat, "lr": rates["lr"], "eps": rates["eps"]},
        compute=lambda w, m, v, lr, eps: w - lr * m / (np.sqrt(v) + eps),
        formula=lambda w, m, v, lr, eps: f"{w}-{lr}*{m}/(SQRT({v})+{eps})",
        math=Math(f"{title}_new = {w.title} - lr · {m_hat.title} / (√{v_hat.title} + eps)"),
    )
