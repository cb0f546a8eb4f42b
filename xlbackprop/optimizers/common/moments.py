"""The step that Adam and AdamW share: along the first moment, divided by the second's root.

    m = β₁ m + (1 - β₁) g,    v = β₂ v + (1 - β₂) g²          (both 0 before the first step)
    m_hat = m / (1 - β₁^t),   v_hat = v / (1 - β₂^t)          in step t
    w_new = w - lr m_hat / (√v_hat + eps)

The averages start at 0 and are too small at first; the corrections make up for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.contract.optimizer import Parameter, Update
from xlbackprop.equation import Array, Equation, Math, Slip, Tensor
from xlbackprop.optimizers.common.averages import moving_average
from xlbackprop.optimizers.common.slips import slips_of_root, slips_of_step


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
    new = _new(parameter, w, (m_hat.target, v_hat.target), (m.target, v.target))
    return Update(
        (*before, m, v, m_hat, v_hat, new), {"m": m.target, "v": v.target}, frozenset("v")
    )


def _corrected(parameter: Parameter, letter: str, average: Tensor, rate: str) -> Equation:
    t = parameter.step
    if parameter.done is not None:
        return _corrected_after(parameter, parameter.done, letter, average, rate)
    power = f"^{t}" if t > 1 else ""
    return parameter.equation(
        parameter.tensor(f"{letter}_hat", f"{average.title} without its bias to 0"),
        {"x": average, "beta": parameter.rates[rate]},
        compute=lambda x, beta: x / (1 - beta**t),
        formula=lambda x, beta: f"{x}/(1-{beta}{power})",
        math=Math(f"{average.title}_hat = {average.title} / (1 - {rate}{power})"),
        slips=tuple(_slips_of_correction(average, rate, t)),
    )


def _corrected_after(
    parameter: Parameter, done: Tensor, letter: str, average: Tensor, rate: str
) -> Equation:
    """Return the same where `done` steps were taken before the first one of the page."""
    number = parameter.step
    return parameter.equation(
        parameter.tensor(f"{letter}_hat", f"{average.title} without its bias to 0"),
        {"x": average, "beta": parameter.rates[rate], "t": done},
        compute=lambda x, beta, t: x / (1 - beta ** (t + number)),
        formula=lambda x, beta, t: f"{x}/(1-{beta}^({t}+{number}))",
        math=Math(f"{average.title}_hat = {average.title} / (1 - {rate}^(t+{number}))"),
        slips=(
            Slip(
                "steps before not counted",
                f"Count the steps that were taken before: this is step t+{number}.",
                lambda x, beta, t: x / (1 - beta ** (number + 0 * t)),
            ),
        ),
    )


def _slips_of_correction(average: Tensor, rate: str, t: int) -> Iterator[Slip]:
    hint = f"Divide {average.title} by 1 - {rate}^{t}, as this is step {t}"
    yield Slip("bias correction missing", f"{hint}.", lambda x, beta: x + 0 * beta)
    yield Slip(
        "multiplied by the correction",
        f"{hint}: you multiplied.",
        lambda x, beta: x * (1 - beta**t),
    )
    if t > 1:
        yield Slip(
            "bias correction of the first step",
            f"{hint}: yours has no power.",
            lambda x, beta: x / (1 - beta),
        )


def _new(
    parameter: Parameter,
    w: Tensor,
    corrected: tuple[Tensor, Tensor],
    uncorrected: tuple[Tensor, Tensor],
) -> Equation:
    title, rates = parameter.w.title, parameter.rates
    m_hat, v_hat = corrected

    def compute(w: Array, m: Array, v: Array, lr: Array, eps: Array) -> Array:
        return w - lr * m / (np.sqrt(v) + eps)

    def from_uncorrected(raw_m: Array, raw_v: Array, **arrays: Array) -> Array:
        return compute(**{**arrays, "m": raw_m, "v": raw_v})

    return parameter.equation(
        parameter.tensor("new", f"{title} after the step"),
        {"w": w, "m": m_hat, "v": v_hat, "lr": rates["lr"], "eps": rates["eps"]},
        compute=compute,
        formula=lambda w, m, v, lr, eps: f"{w}-{lr}*{m}/(SQRT({v})+{eps})",
        math=Math(f"{title}_new = {w.title} - lr · {m_hat.title} / (√{v_hat.title} + eps)"),
        slips=(
            *slips_of_step(compute),
            *slips_of_root(lambda w, m, lr, root, **_: w - lr * m / root),
            Slip(
                "bias correction missing",
                f"Take {m_hat.title} and {v_hat.title}, the moments after their bias correction.",
                from_uncorrected,
                dict(zip(("raw_m", "raw_v"), uncorrected, strict=True)),
            ),
        ),
    )
