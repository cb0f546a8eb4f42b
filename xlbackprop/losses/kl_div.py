"""The Kullback-Leibler divergence of logarithms of probabilities from a target's probabilities.

    losses  = target · (ln(target) - out),   L = Σ losses / m      (0 where the target is 0)
    dL/dout = -target / m

`out` holds logarithms, as a softmax's logarithm gives them. m is the number of outputs (batch
included) with reduction "mean", that of samples with "batchmean", and 1 with "sum", as in
torch.nn.KLDivLoss. Kullback and Leibler, "On information and sufficiency" (1951).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import LossEquations, loss
from xlbackprop.contract.options import choice
from xlbackprop.equation import Array, Domain, Equation, Kind, Math, Slip, Tensor
from xlbackprop.losses.common.entries import Entries


@loss("kl_div")
@dataclass(frozen=True)
class KullbackLeibler:
    """The target has the output's shape, and holds probabilities that add up to 1 in each row."""

    reduction: str = choice("mean", "batchmean", "sum")

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of the losses and L, and of dL/dout."""
        entries = Entries(scope, out, self.reduction)
        target, i = entries.target(Domain(shares=True)), entries.index
        losses = _losses(entries, target)
        gradient = entries.gradient(
            {"t": target},
            compute=lambda t: -t,
            formula=lambda t: f"-{t}",
            math=f"-target[{i}]",
            slips=[
                Slip(
                    "output subtracted",
                    "Take minus the target alone: the loss is a straight line in out.",
                    lambda t, out: out - t,
                    {"out": out.tensor},
                ),
            ],
        )
        about = f"{self.reduction} of the divergences: Σ losses{entries.over_m(' / ')}"
        forward = (losses, *entries.total_of(losses.target))
        return LossEquations((target,), forward, (gradient,), about)


def _losses(entries: Entries, target: Tensor) -> Equation:
    i = entries.index

    def compute(out: Array, t: Array) -> Array:
        return np.asarray(t * (np.log(np.where(t == 0, 1, t)) - out))

    hint = "Take target · (ln(target) - out)"
    return entries.equation(
        entries.tensor("losses", Kind.FORWARD, "what each output adds"),
        {"out": entries.out, "t": target},
        compute,
        formula=lambda out, t: f"IF({t}=0,0,{t}*(LN({t})-{out}))",
        math=Math(
            f"losses[{i}] = 0 where target[{i}] = 0,"
            f" otherwise target[{i}] · (ln(target[{i}]) - out[{i}])"
        ),
        slips=(
            Slip(
                "entropy missing",
                f"{hint}: the logarithm of the target is missing, so that yours is the"
                " cross-entropy.",
                lambda out, t: -t * out,
            ),
            Slip(
                "logarithm taken once more",
                f"{hint}: the outputs are logarithms already.",
                lambda out, t: t * (np.log(np.where(t == 0, 1, t)) - np.log(np.abs(out))),
            ),
            Slip(
                "sign of the divergence",
                f"{hint}: yours is the reverse.",
                lambda out, t: -compute(out, t),
            ),
            Slip(
                "target not multiplied with",
                f"{hint}: the factor is missing.",
                lambda out, t: np.log(np.where(t == 0, 1, t)) - out,
            ),
        ),
    )
