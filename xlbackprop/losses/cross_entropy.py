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
from typing import ClassVar

import numpy as np

from xlbackprop.equation import Array, Domain, Equation, Kind, Math, Place, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.grid import Addresses, Range, View, sumproduct
from xlbackprop.layers.contract import Scope
from xlbackprop.layers.options import choice
from xlbackprop.losses.contract import LossEquations, loss, scalar


@loss("cross_entropy")
@dataclass(frozen=True)
class CrossEntropy:
    """The output is (classes,) or (N, classes), the target a class number for each sample."""

    reduction: str = choice("mean", "sum")

    dL_dout_kind: ClassVar[Kind] = Kind.BACKWARD

    def equations(self, scope: Scope, out: Tensor, dL_dout: Tensor) -> LossEquations:
        """Return the equations of the softmax and its steps, of L, and of dL/dout.

        Raises SpecError where the output is no vector of scores for each sample.
        """
        if len(out.shape) - scope.has_batch != 1:
            raise SpecError(
                f'[loss]: cross_entropy takes a score for each class, and layer "{out.layer}" gives'
                f" shape {list(out.shape)}: end with a flatten or a dense layer"
            )
        m = out.shape[0] if scope.has_batch and self.reduction == "mean" else 1
        return _CrossEntropy(scope, out, m).equations(dL_dout)


class _CrossEntropy:
    """A cross-entropy of known size: its tensors, then its equations.

    What there is for each sample stands to the right of the output, in the samples' rows; what
    there is for each class stands below that.
    """

    def __init__(self, scope: Scope, out: Tensor, m: int) -> None:
        self.scope, self.out, self.m = scope, out, m
        self.batch, self.classes = out.shape[:-1], out.shape[-1]
        labels = Domain(labels=self.classes)
        self.target = self.of_sample("target", out, "the right class", Kind.GIVEN, labels)
        self.max = self.of_sample("max", self.target, "largest score")
        self.sum = self.of_sample("sum", self.max, "sum of exp")
        self.losses = self.of_sample("losses", self.sum, "cross-entropy of each sample")
        self.onehot = self.of_class("onehot", self.target, "1 at the right class")
        self.exp = self.of_class("exp", self.max, "of the score less the largest")
        self.softmax = self.of_class("softmax", self.sum, "probabilities")
        self.n = ",".join(out.axes[:-1])
        self.k = ",".join(out.axes)

    def of_sample(
        self,
        short: str,
        left: Tensor,
        about: str,
        kind: Kind = Kind.FORWARD,
        domain: Domain | None = None,
    ) -> Tensor:
        """Return a tensor with a number for each sample, to the right of another."""
        return self.scope.tensor(
            short,
            self.batch,
            "".join(self.out.axes[:-1]),
            kind,
            about,
            place=Place.BESIDE,
            belongs_to=left,
            vertical=True,
            domain=domain,
        )

    def of_class(self, short: str, above: Tensor, about: str) -> Tensor:
        """Return a tensor shaped like the output, under another."""
        return self.scope.tensor(
            short,
            self.out.shape,
            "".join(self.out.axes),
            Kind.FORWARD,
            about,
            block_rank=self.out.block_rank,
            place=Place.BELOW,
            belongs_to=above,
            vertical=self.out.vertical,
        )

    def equations(self, dL_dout: Tensor) -> LossEquations:
        steps = (self.maximum(), self.exponential(), self.sum_of_exp(), self.probabilities())
        of_all = "Σ " if self.batch else ""
        return LossEquations(
            givens=(self.target,),
            forward=(*steps, self.one_hot(), *self.losses_and_total()),
            backward=(self.gradient(dL_dout),),
            about=f"cross-entropy, softmax inside: {of_all}-ln softmax[target]{self.over(' / ')}",
        )

    # The softmax, step by step.

    def maximum(self) -> Equation:
        return Equation(
            self.max,
            {"out": self.out},
            compute=lambda out: out.max(axis=-1),
            formula=lambda at, *n: f"MAX({at.out[*n, :]})",
            math=Math(f"{self.named('max')} = max({self.out.axes[-1]}) out[{self.k}]"),
        )

    def exponential(self) -> Equation:
        return Equation(
            self.exp,
            {"out": self.out, "m": self.max},
            compute=lambda out, m: np.exp(out - m[..., None]),
            formula=lambda at, *index: f"EXP({at.out[index]}-{self.cell(at.m, index)})",
            math=Math(
                f"exp[{self.k}] = e^(out[{self.k}] - {self.named('max')})",
                why="Taking off the largest keeps e from overflowing, and cancels in the quotient.",
            ),
        )

    def sum_of_exp(self) -> Equation:
        return Equation(
            self.sum,
            {"e": self.exp},
            compute=lambda e: e.sum(axis=-1),
            formula=lambda at, *n: f"SUM({at.e[*n, :]})",
            math=Math(f"{self.named('sum')} = Σ({self.out.axes[-1]}) exp[{self.k}]"),
        )

    def probabilities(self) -> Equation:
        return Equation(
            self.softmax,
            {"e": self.exp, "s": self.sum},
            compute=lambda e, s: e / s[..., None],
            formula=lambda at, *index: f"{at.e[index]}/{self.cell(at.s, index)}",
            math=Math(f"softmax[{self.k}] = exp[{self.k}] / {self.named('sum')}"),
        )

    # What it is compared with.

    def one_hot(self) -> Equation:
        k = self.out.axes[-1]

        def compute(t: Array) -> Array:
            # Unlike the comparison alone, the term that is zero keeps NaN.
            t = t[..., None]
            return np.asarray((t == np.arange(self.classes)) + 0 * t)

        def formula(at: Addresses, *index: int) -> str:
            # The number of cells from the block's edge to here is the class number plus 1; so one
            # formula serves every cell and can be dragged.
            first, here = at.here[*index[:-1], 0], at.here[index]
            if self.out.vertical:
                position = f"ROWS({first.fixed_row}:{here})"
            else:
                position = f"COLUMNS({first.fixed_column}:{here})"
            return f"IF({self.cell(at.t, index)}+1={position},1,0)"

        return Equation(
            self.onehot,
            {"t": self.target},
            compute,
            formula,
            Math(f"onehot[{self.k}] = 1 where {self.named('target')} = {k}, otherwise 0"),
        )

    def losses_and_total(self) -> tuple[Equation, ...]:
        if self.batch:
            return self.loss_of_sample(self.losses), self.total()
        return (self.loss_of_sample(scalar(self.scope, self.sum)),)

    def loss_of_sample(self, target: Tensor) -> Equation:
        def formula(at: Addresses, *n: int) -> str:
            right = sumproduct(at.y[*n, :], at.out[*n, :])
            return f"LN({at.s[n]})+{at.m[n]}-{right}"

        k = self.out.axes[-1]
        return Equation(
            target,
            {"s": self.sum, "m": self.max, "y": self.onehot, "out": self.out},
            compute=lambda s, m, y, out: np.log(s) + m - (y * out).sum(axis=-1),
            formula=formula,
            math=Math(
                f"{self.named(target.short)} = ln({self.named('sum')}) + {self.named('max')}"
                f" - Σ({k}) onehot[{self.k}] · out[{self.k}]"
            ),
        )

    def total(self) -> Equation:
        return Equation(
            scalar(self.scope, self.losses),
            {"losses": self.losses},
            compute=lambda losses: losses.sum() / self.m,
            formula=lambda at: f"SUM({at.losses[:]}){self.over('/')}",
            math=Math(f"L = Σ({self.n}) losses[{self.n}]{self.over(' / ')}"),
        )

    def gradient(self, dL_dout: Tensor) -> Equation:
        def formula(at: Addresses, *index: int) -> str:
            less = f"{at.p[index]}-{at.y[index]}"
            return f"({less}){self.over('/')}" if self.m > 1 else less

        return Equation(
            dL_dout,
            {"p": self.softmax, "y": self.onehot},
            compute=lambda p, y: (p - y) / self.m,
            formula=formula,
            math=Math(
                f"dL/dout[{self.k}] = (softmax[{self.k}] - onehot[{self.k}]){self.over(' / ')}",
                why="Softmax and logarithm together leave the probability less what it should be.",
            ),
        )

    # What the page needs to know.

    def cell(self, view: View, index: tuple[int, ...]) -> str:
        """Return the anchored address of what an entry's sample has: it stays within the row."""
        address: Range = view[index[:-1]]
        return address.fixed_column if self.batch else address.fixed

    def named(self, short: str) -> str:
        """Return the name of a number that each sample has, as equations write it: `max[n]`."""
        return f"{short}[{self.n}]" if self.n else short

    def over(self, sign: str) -> str:
        """Return the division by m, or nothing where m is 1."""
        return f"{sign}{self.m}" if self.m > 1 else ""
