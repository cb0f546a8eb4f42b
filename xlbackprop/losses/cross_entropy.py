"""Cross-entropy of scores, with the softmax inside; the target holds class numbers from 0.

    max     = max(k) out[k]
    exp[k]  = e^(out[k] - max),   sum = Σ(k) exp[k],   softmax[k] = exp[k] / sum
    losses  = ln(sum) + max - out[target]   = -ln(softmax[target])
    L       = Σ(n) losses[n] / m
    dL/dout = (softmax - onehot) / m

each for every sample n; onehot is 1 at the sample's class, otherwise 0. m is the number of samples
with reduction "mean", and 1 with "sum", as in torch.nn.CrossEntropyLoss. Without a batch there is
one sample, whose loss is L; each position of a sequence is a sample, too: (N, T, classes) has N T.

With `target = "probabilities"` the target holds the probability that each class should have, which
stands where onehot does; with label smoothing ε what stands there is (1 - ε) onehot + ε / classes.

The maximum is subtracted so that no e^out overflows; it cancels in softmax. Goodfellow, Bengio
and Courville, "Deep Learning" (2016), section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import LossEquations, loss
from xlbackprop.contract.options import choice, number
from xlbackprop.equation import Array, Domain, Equation, Kind, Math, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.losses.common.cross_entropy_slips import slips_of_gradient, slips_of_losses
from xlbackprop.losses.common.label_smoothing import smoothed
from xlbackprop.losses.common.one_hot import one_hot
from xlbackprop.losses.common.samples import LossOfSamples
from xlbackprop.losses.common.scores import Scores, Softmax


@loss("cross_entropy")
@dataclass(frozen=True)
class CrossEntropy:
    """The output is (classes,), (T, classes), or either for each of N samples.

    The target holds a class for each row of scores.
    """

    reduction: str = choice("mean", "sum")
    target: str = choice("classes", "probabilities")
    label_smoothing: float = number(minimum=0, below=1, default=0.0)

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of the softmax and its steps, of L, and of dL/dout.

        Raises SpecError where the output is no vector of scores for each sample.
        """
        shape = out.tensor.shape
        if not 1 <= len(shape) - scope.has_batch <= 2:
            raise SpecError(
                "[loss]: cross_entropy takes a score for each class, and layer"
                f' "{out.tensor.layer}" gives shape {list(shape)}: end with a flatten or a dense'
                " layer"
            )
        m = prod(shape[:-1]) if self.reduction == "mean" else 1
        scores, soft = Scores(scope, out.tensor), self.target == "probabilities"
        part = _CrossEntropy(scores, m, soft, self.label_smoothing)
        return part.equations(out.gradient)


@dataclass(frozen=True)
class _CrossEntropy(LossOfSamples):
    """A cross-entropy of known size, whose sum is divided by m."""

    given_probabilities: bool
    smoothing: float

    def equations(self, dL_dout: Tensor) -> LossEquations:
        of_all = "Σ " if self.scores.batch else ""
        each = "-ln softmax[target]"
        if self.given_probabilities or self.smoothing:
            each = f"-Σ {self.y.title} · ln softmax"
        losses = self.losses_and_total(self.softmax.sum.target, "cross-entropy of each sample")
        return LossEquations(
            givens=(self.target,),
            forward=(*self.softmax.equations, *self.wanted, *losses),
            backward=(self.gradient(dL_dout),),
            about=f"cross-entropy, softmax inside: {of_all}{each}{self.over(' / ')}",
        )

    @cached_property
    def target(self) -> Tensor:
        scores = self.scores
        if self.given_probabilities:
            about = "probabilities of the classes"
            return scores.of_class_beside("target", about, Domain(shares=True))
        labels = Domain(labels=scores.classes)
        return scores.of_sample("target", scores.out, "the right class", Kind.GIVEN, labels)

    @cached_property
    def softmax(self) -> Softmax:
        return Softmax(self.scores, self.target)

    @cached_property
    def wanted(self) -> tuple[Equation, ...]:
        """What each sample's probabilities should be, step by step; none where it is given."""
        steps: tuple[Equation, ...] = ()
        if not self.given_probabilities:
            steps = (one_hot(self.scores, self.target),)
        if self.smoothing:
            plain = steps[-1].target if steps else self.target
            steps += (smoothed(self.scores, plain, self.smoothing),)
        return steps

    @property
    def y(self) -> Tensor:
        """The probabilities that the loss compares with."""
        return self.wanted[-1].target if self.wanted else self.target

    def loss_of_sample(self, target: Tensor) -> Equation:
        def formula(at: Addresses, *n: int) -> str:
            right = sumproduct(at.y[*n, :], at.out[*n, :])
            return f"LN({at.s[n]})+{at.m[n]}-{right}"

        def compute(s: Array, m: Array, y: Array, out: Array) -> Array:
            return np.asarray(np.log(s) + m - (y * out).sum(axis=-1))

        scores, softmax = self.scores, self.softmax
        sources = {"s": softmax.sum.target, "m": softmax.max.target, "y": self.y}
        return Equation(
            target,
            {**sources, "out": scores.out},
            compute=compute,
            formula=formula,
            math=Math(
                f"{scores.named(target.short)} = ln({scores.named('sum')}) + {scores.named('max')}"
                f" - Σ({scores.letter}) {self.y.title}[{scores.k}] · out[{scores.k}]"
            ),
            slips=tuple(slips_of_losses(compute)),
        )

    def gradient(self, dL_dout: Tensor) -> Equation:
        def formula(at: Addresses, *index: int) -> str:
            less = f"{at.p[index]}-{at.y[index]}"
            return f"({less}){self.over('/')}" if self.m > 1 else less

        def compute(p: Array, y: Array) -> Array:
            return (p - y) / self.m

        k = self.scores.k
        return Equation(
            dL_dout,
            {"p": self.softmax.softmax.target, "y": self.y},
            compute=compute,
            formula=formula,
            math=Math(
                f"dL/dout[{k}] = (softmax[{k}] - {self.y.title}[{k}]){self.over(' / ')}",
                why="Softmax and logarithm together leave the probability less what it should be.",
            ),
            slips=tuple(slips_of_gradient(compute, self.m, prod(self.scores.batch), self.y.title)),
        )
