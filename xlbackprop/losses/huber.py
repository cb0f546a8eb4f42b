"""The Huber loss: squared where the error is small, straight where it is large.

    error   = out - target
    losses  = ½ error² where |error| <= delta, otherwise delta · (|error| - ½ delta)
    L       = Σ losses / m
    dL/dout = error / m, held between -delta / m and delta / m

m is the number of outputs (batch included) with reduction "mean", and 1 with "sum", as in
torch.nn.HuberLoss. Huber, "Robust estimation of a location parameter" (1964).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import LossEquations, loss
from xlbackprop.contract.options import choice, number
from xlbackprop.equation import Array, Equation, Kind, Math, Slip, Tensor
from xlbackprop.losses.common.entries import Entries


@loss("huber")
@dataclass(frozen=True)
class Huber:
    """The target has the output's shape."""

    delta: float = number(above=0, default=1.0)
    reduction: str = choice("mean", "sum")

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of the error, of L, and of dL/dout."""
        entries = Entries(scope, out, self.reduction)
        target = entries.target()
        error = entries.error(target)
        sources = {"error": error.target}
        losses = self._losses(entries, sources)
        forward = (error, losses, *entries.total_of(losses.target))
        about = (
            f"{self.reduction} of the Huber losses, delta {self.delta:g}:"
            f" Σ losses{entries.over_m(' / ')}"
        )
        return LossEquations((target,), forward, (self._gradient(entries, sources),), about)

    def _losses(self, entries: Entries, sources: Mapping[str, Tensor]) -> Equation:
        i, delta, d = entries.index, f"{self.delta:g}", self.delta

        def compute(error: Array) -> Array:
            size = np.abs(error)
            bent = np.minimum(size, d)
            return np.asarray(bent * (size - bent / 2))

        return entries.equation(
            entries.tensor("losses", Kind.FORWARD, "loss of each output"),
            sources,
            compute,
            formula=lambda error: (
                f"IF(ABS({error})<={d!r},0.5*{error}^2,{d!r}*(ABS({error})-0.5*{d!r}))"
            ),
            math=Math(
                f"losses[{i}] = ½ error[{i}]² where |error[{i}]| <= {delta},"
                f" otherwise {delta} · (|error[{i}]| - ½ · {delta})"
            ),
            slips=tuple(self._slips_of_losses()),
        )

    def _slips_of_losses(self) -> Iterator[Slip]:
        d = self.delta
        hint = f"Take ½ error² up to {d:g}, and {d:g} · (|error| - ½ · {d:g}) beyond"
        yield Slip(
            "squared everywhere", f"{hint}: yours has no straight part.", lambda error: error**2 / 2
        )
        yield Slip(
            "straight everywhere",
            f"{hint}: yours has no bend around 0.",
            lambda error: d * (np.abs(error) - d / 2),
        )
        yield Slip(
            "½ missing",
            f"{hint}: the ½ before the square is missing.",
            lambda error: np.where(np.abs(error) <= d, error**2, d * (np.abs(error) - d / 2)),
        )
        yield Slip(
            "½ delta not subtracted",
            f"{hint}: ½ delta is missing, so that the loss jumps.",
            lambda error: np.where(np.abs(error) <= d, error**2 / 2, d * np.abs(error)),
        )

    def _gradient(self, entries: Entries, sources: Mapping[str, Tensor]) -> Equation:
        d, delta, i = self.delta, f"{self.delta:g}", entries.index
        slips = [
            Slip(
                "error not held at delta",
                f"Hold the error between -{delta} and {delta}: the straight part has that slope.",
                lambda error: error,
            ),
            Slip(
                "sign everywhere",
                f"Take the error itself where its size is at most {delta}.",
                lambda error: d * np.sign(error),
            ),
        ]
        if d != 1:
            slips.append(
                Slip(
                    "delta missing",
                    f"The slope of the straight part is {delta}, not 1.",
                    lambda error: np.asarray(np.where(np.abs(error) <= d, error, np.sign(error))),
                )
            )
        return entries.gradient(
            sources,
            compute=lambda error: np.maximum(np.minimum(error, d), -d),
            formula=lambda error: f"MAX(MIN({error},{d!r}),-{d!r})",
            math=f"max(min(error[{i}], {delta}), -{delta})",
            slips=slips,
        )
