"""A loss of each sample, and L as their sum or mean."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.loss import scalar
from xlbackprop.equation import Array, Equation, Math, Tensor
from xlbackprop.losses.common.scores import Scores
from xlbackprop.losses.common.slips import slips_of_reduction


@dataclass(frozen=True)
class LossOfSamples(ABC):
    """A loss of scores of known size; the sum over the samples is divided by m."""

    scores: Scores
    m: int

    @abstractmethod
    def loss_of_sample(self, target: Tensor) -> Equation:
        """Return the equation of each sample's loss; without a batch that is L."""

    def losses_and_total(self, near: Tensor, about: str) -> tuple[Equation, ...]:
        """Return L, after the samples' losses, which stand near a tensor, where there is a batch.

        `about` says what each of the losses is.
        """
        scores = self.scores
        if not scores.batch:
            return (self.loss_of_sample(scalar(scores.scope, near)),)
        losses = scores.of_sample("losses", near, about)
        return self.loss_of_sample(losses), self._total(losses)

    def _total(self, losses: Tensor) -> Equation:
        def compute(losses: Array) -> Array:
            return np.asarray(losses.sum() / self.m)

        n = self.scores.n
        return Equation(
            scalar(self.scores.scope, losses),
            {"losses": losses},
            compute=compute,
            formula=lambda at: f"SUM({at.losses[:]}){self.over('/')}",
            math=Math(f"L = Σ({n}) losses[{n}]{self.over(' / ')}"),
            slips=tuple(slips_of_reduction(compute, self.m, losses.size)),
        )

    def over(self, sign: str) -> str:
        """Return the division by m, or nothing where m is 1."""
        return f"{sign}{self.m}" if self.m > 1 else ""
