"""Binary cross-entropy of scores, with the sigmoid inside.

    sigmoid = 1 / (1 + exp(-out))
    losses  = max(out, 0) - target · out + ln(1 + exp(-|out|)),   L = Σ losses / m
    dL/dout = (sigmoid - target) / m

The losses are -(target ln(sigmoid) + (1 - target) ln(1 - sigmoid)), written so that nothing
overflows and no logarithm meets a 0. m is the number of outputs (batch included) with reduction
"mean", and 1 with "sum", as in torch.nn.BCEWithLogitsLoss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.logistic import sigmoid, sigmoid_text
from xlbackprop.contract.loss import LossEquations, loss
from xlbackprop.contract.options import choice
from xlbackprop.equation import Array, Domain, Equation, Kind, Math, Slip, Tensor
from xlbackprop.losses.common.entries import Entries


@loss("bce_with_logits")
@dataclass(frozen=True)
class BinaryCrossEntropyOfScores:
    """The target has the output's shape, and holds numbers from 0 to 1."""

    reduction: str = choice("mean", "sum")

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of the sigmoid, of the losses and L, and of dL/dout."""
        entries = Entries(scope, out, self.reduction)
        target = entries.target(Domain(keep=0.5, soft=True))
        sigmoid, losses = _sigmoid(entries), _losses(entries, target)
        gradient = _gradient(entries, sigmoid.target, target)
        about = (
            f"{self.reduction} of the binary cross-entropies, sigmoid inside:"
            f" Σ losses{entries.over_m(' / ')}"
        )
        forward = (sigmoid, losses, *entries.total_of(losses.target))
        return LossEquations((target,), forward, (gradient,), about)


def _sigmoid(entries: Entries) -> Equation:
    i = entries.index
    return entries.equation(
        entries.tensor("sigmoid", Kind.FORWARD, "the probability of 1"),
        {"out": entries.out},
        compute=lambda out: sigmoid(out),  # noqa: PLW0108 (called by the letter)
        formula=lambda out: sigmoid_text(out),  # noqa: PLW0108
        math=Math(f"sigmoid[{i}] = 1 / (1 + exp(-out[{i}]))"),
        slips=(
            Slip(
                "sign of the exponent",
                "Take e to the power of -out: with out for -out you get the probability of 0.",
                lambda out: 1 / (1 + np.exp(out)),
            ),
        ),
    )


def _losses(entries: Entries, target: Tensor) -> Equation:
    i = entries.index

    def compute(out: Array, t: Array) -> Array:
        return np.asarray(np.maximum(out, 0) - t * out + np.log1p(np.exp(-np.abs(out))))

    hint = "Take max(out, 0) - target · out + ln(1 + exp(-|out|))"
    return entries.equation(
        entries.tensor("losses", Kind.FORWARD, "cross-entropy of each output"),
        {"out": entries.out, "t": target},
        compute,
        formula=lambda out, t: f"MAX({out},0)-{t}*{out}+LN(1+EXP(-ABS({out})))",
        math=Math(
            f"losses[{i}] = max(out[{i}], 0) - target[{i}] · out[{i}] + ln(1 + exp(-|out[{i}]|))",
            why="It is -ln of the sigmoid where the target is 1, and of 1 less the sigmoid where"
            " it is 0, written so that nothing overflows.",
        ),
        slips=(
            Slip(
                "target the wrong way round",
                f"{hint}: in yours, 1 - target stands for the target.",
                lambda out, t: compute(out, 1 - t),
            ),
            Slip(
                "minus forgotten",
                f"{hint}: the sign is reversed in yours.",
                lambda out, t: -compute(out, t),
            ),
            Slip(
                "second term missing",
                f"{hint}: yours counts only where the target is above 0.",
                lambda out, t: t * np.log1p(np.exp(-out)),
            ),
        ),
    )


def _gradient(entries: Entries, sigmoid: Tensor, target: Tensor) -> Equation:
    i = entries.index
    return entries.gradient(
        {"p": sigmoid, "t": target},
        compute=lambda p, t: p - t,
        formula=lambda p, t: f"({p}-{t})" if entries.m > 1 else f"{p}-{t}",
        math=f"(sigmoid[{i}] - target[{i}])",
        slips=[
            Slip(
                "output for the sigmoid",
                "Take the sigmoid less the target, not the score less the target.",
                lambda p, t, out: out - t + 0 * p,
                {"out": entries.out},
            ),
            Slip(
                "sigmoid's derivative once more",
                "Take the sigmoid less the target as it is: the sigmoid's derivative is in it.",
                lambda p, t: (p - t) * p * (1 - p),
            ),
            Slip(
                "target not subtracted",
                "Subtract the target from the sigmoid.",
                lambda p, t: p + 0 * t,
            ),
        ],
    )
