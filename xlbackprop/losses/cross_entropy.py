"""Cross-entropy of scores, with the softmax inside; the target holds class numbers from 0.

    max     = max(k) out[k]
    exp[k]  = e^(out[k] - max),   sum = Σ(k) exp[k],   softmax[k] = exp[k] / sum
    losses  = ln(sum) + max - out[target]   = -ln(softmax[target])
    L       = Σ(n) losses[n] / m
    dL/dout = (softmax - onehot) / m

each for every sample n; onehot is 1 at the sample's class, otherwise 0. m is the number of samples
with reduction "mean", and 1 with "sum", as in torch.nn.CrossEntropyLoss. Without a batch there is
one sample, whose loss is L.

The maximum is subtracted so that no e^out overflows; it cancels in softmax. Goodfellow, Bengio
and Courville, "Deep Learning" (2016), section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import LossEquations, loss, scalar
from xlbackprop.contract.options import choice
from xlbackprop.contract.slips import altered
from xlbackprop.equation import Array, Domain, Equation, Kind, Math, Slip, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.losses.common.cross_entropy_slips import slips_of_gradient, slips_of_losses
from xlbackprop.losses.common.scores import Scores, Softmax
from xlbackprop.losses.common.slips import slips_of_reduction


@loss("cross_entropy")
@dataclass(frozen=True)
class CrossEntropy:
    """The output is (classes,) or (N, classes), the target a class number for each sample."""

    reduction: str = choice("mean", "sum")

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of the softmax and its steps, of L, and of dL/dout.

        Raises SpecError where the output is no vector of scores for each sample.
        """
        shape = out.tensor.shape
        if len(shape) - scope.has_batch != 1:
            raise SpecError(
                "[loss]: cross_entropy takes a score for each class, and layer"
                f' "{out.tensor.layer}" gives shape {list(shape)}: end with a flatten or a dense'
                " layer"
            )
        m = shape[0] if scope.has_batch and self.reduction == "mean" else 1
        return _CrossEntropy(Scores(scope, out.tensor), m).equations(out.gradient)


@dataclass(frozen=True)
class _CrossEntropy:
    """A cross-entropy of known size, whose sum is divided by m."""

    scores: Scores
    m: int

    def equations(self, dL_dout: Tensor) -> LossEquations:
        of_all = "Σ " if self.scores.batch else ""
        return LossEquations(
            givens=(self.target,),
            forward=(*self.softmax.equations, self.one_hot, *self.losses_and_total()),
            backward=(self.gradient(dL_dout),),
            about=f"cross-entropy, softmax inside: {of_all}-ln softmax[target]{self.over(' / ')}",
        )

    @cached_property
    def target(self) -> Tensor:
        scores = self.scores
        labels = Domain(labels=scores.classes)
        return scores.of_sample("target", scores.out, "the right class", Kind.GIVEN, labels)

    @cached_property
    def softmax(self) -> Softmax:
        return Softmax(self.scores, self.target)

    @cached_property
    def one_hot(self) -> Equation:
        scores = self.scores

        def compute(t: Array) -> Array:
            # Unlike the comparison alone, the term that is zero keeps NaN.
            t = t[..., None]
            return np.asarray((t == np.arange(scores.classes)) + 0 * t)

        def formula(at: Addresses, *index: int) -> str:
            # The number of cells from the block's edge to here is the class number plus 1; so one
            # formula serves every cell and can be dragged.
            first, here = at.here[*index[:-1], 0], at.here[index]
            if scores.out.vertical:
                position = f"ROWS({first.fixed_row}:{here})"
            else:
                position = f"COLUMNS({first.fixed_column}:{here})"
            return f"IF({scores.cell(at.t, index)}+1={position},1,0)"

        target = f"{scores.named('target')} = {scores.letter}"
        return Equation(
            scores.of_class("onehot", self.target, "1 at the right class"),
            {"t": self.target},
            compute,
            formula,
            Math(f"onehot[{scores.k}] = 1 where {target}, otherwise 0"),
            slips=(
                altered(
                    "classes counted from 1",
                    "Count the classes from 0: class number 0 is the first score's.",
                    compute,
                    t=lambda t: t - 1,
                ),
                Slip(
                    "onehot the wrong way round",
                    "Put 1 at the right class and 0 at all others.",
                    lambda t: 1 - compute(t),
                ),
            ),
        )

    def losses_and_total(self) -> tuple[Equation, ...]:
        """Return L, after the samples' losses where there is a batch of them."""
        scores, left = self.scores, self.softmax.sum.target
        if not scores.batch:
            return (self.loss_of_sample(scalar(scores.scope, left)),)
        losses = scores.of_sample("losses", left, "cross-entropy of each sample")
        return self.loss_of_sample(losses), self.total(losses)

    def loss_of_sample(self, target: Tensor) -> Equation:
        def formula(at: Addresses, *n: int) -> str:
            right = sumproduct(at.y[*n, :], at.out[*n, :])
            return f"LN({at.s[n]})+{at.m[n]}-{right}"

        def compute(s: Array, m: Array, y: Array, out: Array) -> Array:
            return np.asarray(np.log(s) + m - (y * out).sum(axis=-1))

        scores, softmax = self.scores, self.softmax
        sources = {"s": softmax.sum.target, "m": softmax.max.target, "y": self.one_hot.target}
        return Equation(
            target,
            {**sources, "out": scores.out},
            compute=compute,
            formula=formula,
            math=Math(
                f"{scores.named(target.short)} = ln({scores.named('sum')}) + {scores.named('max')}"
                f" - Σ({scores.letter}) onehot[{scores.k}] · out[{scores.k}]"
            ),
            slips=tuple(slips_of_losses(compute)),
        )

    def total(self, losses: Tensor) -> Equation:
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

    def gradient(self, dL_dout: Tensor) -> Equation:
        def formula(at: Addresses, *index: int) -> str:
            less = f"{at.p[index]}-{at.y[index]}"
            return f"({less}){self.over('/')}" if self.m > 1 else less

        def compute(p: Array, y: Array) -> Array:
            return (p - y) / self.m

        k = self.scores.k
        return Equation(
            dL_dout,
            {"p": self.softmax.softmax.target, "y": self.one_hot.target},
            compute=compute,
            formula=formula,
            math=Math(
                f"dL/dout[{k}] = (softmax[{k}] - onehot[{k}]){self.over(' / ')}",
                why="Softmax and logarithm together leave the probability less what it should be.",
            ),
            slips=tuple(slips_of_gradient(compute, self.m, prod(self.scores.batch))),
        )

    def over(self, sign: str) -> str:
        """Return the division by m, or nothing where m is 1."""
        return f"{sign}{self.m}" if self.m > 1 else ""
