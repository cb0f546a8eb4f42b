"""The hinge loss of scores, whose targets are 1 and -1.

    score   = target · out
    losses  = max(margin - score, 0),   L = Σ losses / m
    dL/dout = -target / m where score < margin, otherwise 0

A score that is on the right side by the margin costs nothing. m is the number of outputs (batch
included) with reduction "mean", and 1 with "sum". Cortes and Vapnik, "Support-vector networks"
(1995). Where a score is the margin, each number between 0 and -target / m is a subgradient, and 0
is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import LossEquations, loss
from xlbackprop.contract.options import choice, number
from xlbackprop.equation import Array, Domain, Equation, Kind, Mask, Math, Slip, Tensor
from xlbackprop.losses.common.entries import Entries


@loss("hinge")
@dataclass(frozen=True)
class Hinge:
    """The target has the output's shape, and holds 1 and -1."""

    margin: float = number(above=0, default=1.0)
    reduction: str = choice("mean", "sum")

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of the scores, of the losses and L, and of dL/dout."""
        entries = Entries(scope, out, self.reduction)
        target = entries.target(Domain(one_of=(-1.0, 1.0)))
        score = _score(entries, target)
        losses = self._losses(entries, score.target)
        gradient = self._gradient(entries, target, score.target)
        about = f"{self.reduction} of the hinge losses: Σ losses{entries.over_m(' / ')}"
        forward = (score, losses, *entries.total_of(losses.target))
        return LossEquations((target,), forward, (gradient,), about)

    def _losses(self, entries: Entries, score: Tensor) -> Equation:
        i, margin = entries.index, self.margin
        hint = f"Take max({margin:g} - score, 0)"
        return entries.equation(
            entries.tensor("losses", Kind.FORWARD, "what the score lacks"),
            {"s": score},
            compute=lambda s: np.maximum(margin - s, 0),
            formula=lambda s: f"MAX({margin!r}-{s},0)",
            math=Math(f"losses[{i}] = max({margin:g} - score[{i}], 0)"),
            slips=(
                Slip(
                    "margin missing",
                    f"{hint}: the {margin:g} is missing.",
                    lambda s: np.maximum(-s, 0),
                ),
                Slip(
                    "no floor at 0",
                    f"{hint}: what lies beyond the margin costs nothing.",
                    lambda s: margin - s,
                ),
                Slip(
                    "margin added to the score",
                    f"{hint}: the score is subtracted.",
                    lambda s: np.maximum(margin + s, 0),
                ),
            ),
        )

    def _gradient(self, entries: Entries, target: Tensor, score: Tensor) -> Equation:
        i, margin = entries.index, self.margin

        def compute(t: Array, s: Array) -> Array:
            # Unlike a comparison, the step function keeps NaN.
            return np.asarray(-t * np.heaviside(margin - s, 0))

        def accepts(found: Array, tolerance: Array, t: Array, s: Array) -> Mask:
            share = -found * t * entries.m
            slack = tolerance * entries.m
            return np.asarray((s == margin) & (share >= -slack) & (share <= 1 + slack))

        equation = entries.gradient(
            {"t": target, "s": score},
            compute,
            formula=lambda t, s: f"IF({s}<{margin!r},-{t},0)",
            math=f"-target[{i}]",
            slips=self._slips_of_gradient(compute),
        )
        over = entries.over_m(" / ")
        return replace(
            equation,
            math=Math(
                f"dL/dout[{i}] = -target[{i}]{over} where score[{i}] < {margin:g}, otherwise 0",
                why="Each score that lacks something moves the loss by its target, all others not"
                " at all.",
            ),
            accepts=accepts,
            tie_rule=f"the hinge passes no gradient where the score is {margin:g}",
        )

    def _slips_of_gradient(self, compute: Callable[..., Array]) -> tuple[Slip, ...]:
        margin = self.margin
        return (
            Slip(
                "counted beyond the margin",
                f"Put 0 where the score is {margin:g} or more: the loss does not move there.",
                lambda t, s: -t + 0 * s,
            ),
            Slip(
                "margin missing",
                f"Compare the score with {margin:g}, not with 0.",
                lambda t, s: compute(t, s + margin),
            ),
            Slip(
                "target missing",
                "Multiply with the target: its sign says which way the output has to go.",
                lambda t, s: compute(1 + 0 * t, s),
            ),
        )


def _score(entries: Entries, target: Tensor) -> Equation:
    i = entries.index
    return entries.equation(
        entries.tensor("score", Kind.FORWARD, "the output on the target's side"),
        {"out": entries.out, "t": target},
        compute=lambda out, t: t * out,
        formula=lambda out, t: f"{t}*{out}",
        math=Math(f"score[{i}] = target[{i}] · out[{i}]"),
        slips=(
            Slip(
                "target missing", "Multiply with the target, 1 or -1.", lambda out, t: out + 0 * t
            ),
        ),
    )
