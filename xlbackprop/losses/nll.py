"""The negative log-likelihood: minus the right class's logarithm; the target holds class numbers.

    losses  = -Σ(k) onehot[k] · out[k] = -out[target],   L = Σ(n) losses[n] / m
    dL/dout = -onehot / m

each for every sample n. `out` holds logarithms of probabilities; onehot is 1 at the sample's class,
otherwise 0. m is the number of samples with reduction "mean", and 1 with "sum", as in
torch.nn.NLLLoss. Without a batch there is one sample, whose loss is L.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import LossEquations, loss
from xlbackprop.contract.options import choice
from xlbackprop.contract.slips import scaled
from xlbackprop.equation import Array, Domain, Equation, Kind, Math, Slip, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.losses.common.one_hot import one_hot
from xlbackprop.losses.common.samples import LossOfSamples
from xlbackprop.losses.common.scores import Scores
from xlbackprop.losses.common.slips import slips_of_reduction


@loss("nll")
@dataclass(frozen=True)
class NegativeLogLikelihood:
    """The output is (classes,) or (N, classes), the target a class number for each sample."""

    reduction: str = choice("mean", "sum")

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of the losses and L, and of dL/dout.

        Raises SpecError where the output has no logarithm for each class.
        """
        shape = out.tensor.shape
        if len(shape) - scope.has_batch != 1:
            raise SpecError(
                "[loss]: nll takes the logarithm of a probability for each class, and layer"
                f' "{out.tensor.layer}" gives shape {list(shape)}: end with a flatten or a dense'
                " layer"
            )
        m = shape[0] if scope.has_batch and self.reduction == "mean" else 1
        return _Likelihood(Scores(scope, out.tensor), m).equations(out.gradient)


@dataclass(frozen=True)
class _Likelihood(LossOfSamples):
    """A negative log-likelihood of known size, whose sum is divided by m."""

    def equations(self, dL_dout: Tensor) -> LossEquations:
        of_all = "Σ " if self.scores.batch else ""
        return LossEquations(
            givens=(self.target,),
            forward=(self.one_hot, *self.losses_and_total(self.target, "loss of each sample")),
            backward=(self.gradient(dL_dout),),
            about=f"negative log-likelihood: {of_all}-out[target]{self.over(' / ')}",
        )

    @cached_property
    def target(self) -> Tensor:
        scores = self.scores
        labels = Domain(labels=scores.classes)
        return scores.of_sample("target", scores.out, "the right class", Kind.GIVEN, labels)

    @cached_property
    def one_hot(self) -> Equation:
        return one_hot(self.scores, self.target)

    def loss_of_sample(self, target: Tensor) -> Equation:
        scores = self.scores

        def compute(y: Array, out: Array) -> Array:
            return np.asarray(-(y * out).sum(axis=-1))

        def formula(at: Addresses, *n: int) -> str:
            return f"-{sumproduct(at.y[*n, :], at.out[*n, :])}"

        return Equation(
            target,
            {"y": self.one_hot.target, "out": scores.out},
            compute=compute,
            formula=formula,
            math=Math(
                f"{scores.named(target.short)} ="
                f" -Σ({scores.letter}) onehot[{scores.k}] · out[{scores.k}]"
            ),
            slips=tuple(_slips_of_losses(compute, is_batch=bool(scores.batch))),
        )

    def gradient(self, dL_dout: Tensor) -> Equation:
        def compute(y: Array) -> Array:
            return -y / self.m

        k, samples = self.scores.k, prod(self.scores.batch)
        return Equation(
            dL_dout,
            {"y": self.one_hot.target},
            compute=compute,
            formula=lambda at, *index: f"-{at.y[index]}{self.over('/')}",
            math=Math(
                f"dL/dout[{k}] = -onehot[{k}]{self.over(' / ')}",
                why="Only the right class's output has a part in the loss.",
            ),
            slips=(
                scaled(
                    "minus forgotten",
                    "Put a minus: where the right class's logarithm grows, the loss falls.",
                    compute,
                    -1,
                ),
                Slip(
                    "softmax minus target",
                    "Put minus onehot: the softmax belongs to cross_entropy, which takes scores.",
                    lambda y, out: (np.exp(out) - y) / self.m,
                    {"out": self.scores.out},
                ),
                *slips_of_reduction(compute, self.m, samples),
            ),
        )


def _slips_of_losses(compute: Callable[..., Array], *, is_batch: bool) -> Iterator[Slip]:
    if is_batch:  # that of one sample would be a copy of its score
        yield Slip(
            "minus forgotten",
            "Put a minus before the logarithm of the right class: it is negative.",
            lambda y, out: -compute(y, out),
        )
    yield Slip(
        "logarithm taken once more",
        "Take the output as it is: it holds logarithms already.",
        lambda y, out: compute(y, np.log(np.abs(out))),
    )
    yield Slip(
        "all classes counted",
        "Take the right class's output alone.",
        lambda y, out: -out.sum(axis=-1) + 0 * y.sum(axis=-1),
    )
