"""Binary cross-entropy of probabilities.

    losses  = -(target ln(out) + (1 - target) ln(1 - out)),   L = Σ losses / m
    dL/dout = (out - target) / (out (1 - out)) / m

m is the number of outputs (batch included) with reduction "mean", and 1 with "sum". A sigmoid
that has saturated gives exactly 0 or 1, whose logarithm would be infinite: as in
torch.nn.BCELoss, a logarithm counts as -100 at least, and the gradient's divisor as 1E-12.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import LossEquations, loss
from xlbackprop.contract.options import choice
from xlbackprop.contract.slips import other_logarithms
from xlbackprop.equation import Array, Domain, Equation, Kind, Math, Slip, Tensor
from xlbackprop.losses.common.entries import Entries

_SLIPS_OF_LOSSES = (
    Slip(
        "minus forgotten",
        "Put a minus before the sum: logarithms of probabilities are negative.",
        lambda t, one, zero: t * one + (1 - t) * zero,
    ),
    Slip(
        "second term missing",
        "Add (1 - target) · log_rest: it counts where the target is below 1.",
        lambda t, one, zero: -t * one + 0 * zero,
    ),
    Slip(
        "target the wrong way round",
        "Multiply log_out with the target, and log_rest with 1 - target.",
        lambda t, one, zero: -((1 - t) * one + t * zero),
    ),
)

_SLIPS_OF_GRADIENT = (
    Slip(
        "denominator missing",
        "Divide by out · (1 - out): output minus target alone is the gradient before the sigmoid.",
        lambda out, t: out - t,
    ),
    Slip(
        "second term missing",
        "Differentiate (1 - target) · ln(1 - out), too: -target / out is only the first term.",
        lambda out, t: -t / out,
    ),
)


@loss("bce")
@dataclass(frozen=True)
class BinaryCrossEntropy:
    """The target has the output's shape, and holds numbers from 0 to 1."""

    reduction: str = choice("mean", "sum")

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of both logarithms, of the losses and L, and of dL/dout."""
        entries = Entries(scope, out, self.reduction)
        target, i = entries.target(Domain(keep=0.5, soft=True)), entries.index
        logarithms = (_log_out(entries), _log_rest(entries))
        losses = _losses(entries, target, *(equation.target for equation in logarithms))
        gradient = entries.gradient(
            {"out": out.tensor, "t": target},
            compute=lambda out, t: (out - t) / np.maximum(out * (1 - out), 1e-12),
            formula=lambda out, t: f"({out}-{t})/MAX({out}*(1-{out}),1E-12)",
            math=f"(out[{i}] - target[{i}]) / max(out[{i}] · (1 - out[{i}]), 1E-12)",
            slips=_SLIPS_OF_GRADIENT,
        )
        about = f"{self.reduction} of the binary cross-entropies: Σ losses{entries.over_m(' / ')}"
        forward = (*logarithms, losses, *entries.total_of(losses.target))
        return LossEquations((target,), forward, (gradient,), about)


def _log_out(entries: Entries) -> Equation:
    i = entries.index
    return entries.equation(
        entries.tensor("log_out", Kind.FORWARD, "ln of the probability of 1"),
        {"out": entries.out},
        compute=lambda out: np.maximum(np.log(out), -100),
        # The logarithm of 0 is an error, which MAX would pass on.
        formula=lambda out: f"IF({out}=0,-100,MAX(LN({out}),-100))",
        math=Math(f"log_out[{i}] = ln(out[{i}]), at least -100"),
        slips=_slips_of_logarithm(lambda out: out),
    )


def _log_rest(entries: Entries) -> Equation:
    i = entries.index
    return entries.equation(
        entries.tensor("log_rest", Kind.FORWARD, "ln of the probability of 0"),
        {"out": entries.out},
        compute=lambda out: np.maximum(np.log(1 - out), -100),
        formula=lambda out: f"IF({out}=1,-100,MAX(LN(1-{out}),-100))",
        math=Math(f"log_rest[{i}] = ln(1 - out[{i}]), at least -100"),
        slips=_slips_of_logarithm(lambda out: 1 - out),
    )


def _losses(entries: Entries, target: Tensor, log_out: Tensor, log_rest: Tensor) -> Equation:
    i = entries.index
    return entries.equation(
        entries.tensor("losses", Kind.FORWARD, "cross-entropy of each output"),
        {"t": target, "one": log_out, "zero": log_rest},
        compute=lambda t, one, zero: -(t * one + (1 - t) * zero),
        formula=lambda t, one, zero: f"-({t}*{one}+(1-{t})*{zero})",
        math=Math(
            f"losses[{i}] = -(target[{i}] · log_out[{i}] + (1 - target[{i}]) · log_rest[{i}])"
        ),
        slips=_SLIPS_OF_LOSSES,
    )


def _slips_of_logarithm(argument: Callable[[Array], Array]) -> tuple[Slip, ...]:
    return (
        *other_logarithms(
            "Take the natural logarithm, LN", lambda out: np.maximum(np.log(argument(out)), -100)
        ),
        Slip(
            "out and 1 - out swapped",
            "Take ln(out) for log_out and ln(1 - out) for log_rest.",
            lambda out: np.maximum(np.log(1 - argument(out)), -100),
        ),
        Slip(
            "log missing",
            "Take the logarithm: yours is its argument.",
            argument,
        ),
    )
