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

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xlbackprop.contract.layer import Scope
from xlbackprop.contract.loss import LossEquations, loss, scalar
from xlbackprop.contract.options import choice
from xlbackprop.contract.slips import altered, scaled
from xlbackprop.equation import Array, Domain, Equation, Kind, Math, Place, Slip, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.grid import Addresses, Range, View, sumproduct
from xlbackprop.losses.entries import slips_of_reduction


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
            slips=(
                Slip(
                    "maximum not subtracted",
                    "Subtract the sample's largest score before you take the exponential.",
                    lambda out, m: np.exp(out) + 0 * m[..., None],
                ),
                Slip(
                    "sign of the exponent",
                    "Take e to the power of the score less the largest, not the reverse.",
                    lambda out, m: np.exp(m[..., None] - out),
                ),
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
            slips=(
                Slip(
                    "not divided by the sum",
                    "Divide each exponential by its sample's sum, so that probabilities sum to 1.",
                    lambda e, s: e + 0 * s[..., None],
                ),
            ),
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
        if self.batch:
            return self.loss_of_sample(self.losses), self.total()
        return (self.loss_of_sample(scalar(self.scope, self.sum)),)

    def loss_of_sample(self, target: Tensor) -> Equation:
        def formula(at: Addresses, *n: int) -> str:
            right = sumproduct(at.y[*n, :], at.out[*n, :])
            return f"LN({at.s[n]})+{at.m[n]}-{right}"

        def compute(s: Array, m: Array, y: Array, out: Array) -> Array:
            return np.asarray(np.log(s) + m - (y * out).sum(axis=-1))

        k = self.out.axes[-1]
        return Equation(
            target,
            {"s": self.sum, "m": self.max, "y": self.onehot, "out": self.out},
            compute=compute,
            formula=formula,
            math=Math(
                f"{self.named(target.short)} = ln({self.named('sum')}) + {self.named('max')}"
                f" - Σ({k}) onehot[{self.k}] · out[{self.k}]"
            ),
            slips=tuple(self.slips_of_losses(compute)),
        )

    def total(self) -> Equation:
        def compute(losses: Array) -> Array:
            return np.asarray(losses.sum() / self.m)

        return Equation(
            scalar(self.scope, self.losses),
            {"losses": self.losses},
            compute=compute,
            formula=lambda at: f"SUM({at.losses[:]}){self.over('/')}",
            math=Math(f"L = Σ({self.n}) losses[{self.n}]{self.over(' / ')}"),
            slips=tuple(slips_of_reduction(compute, self.m, self.losses.size)),
        )

    def gradient(self, dL_dout: Tensor) -> Equation:
        def formula(at: Addresses, *index: int) -> str:
            less = f"{at.p[index]}-{at.y[index]}"
            return f"({less}){self.over('/')}" if self.m > 1 else less

        def compute(p: Array, y: Array) -> Array:
            return (p - y) / self.m

        return Equation(
            dL_dout,
            {"p": self.softmax, "y": self.onehot},
            compute=compute,
            formula=formula,
            math=Math(
                f"dL/dout[{self.k}] = (softmax[{self.k}] - onehot[{self.k}]){self.over(' / ')}",
                why="Softmax and logarithm together leave the probability less what it should be.",
            ),
            slips=tuple(self.slips_of_gradient(compute)),
        )

    # What goes wrong.

    def slips_of_losses(self, compute: Callable[..., Array]) -> Iterator[Slip]:
        """Yield the slips of a sample's loss: compute(s, m, y, out)."""
        hint = "Take -ln of the right class's softmax, ln(sum) + max less its score"

        def chance(s: Array, m: Array, y: Array, out: Array) -> Array:
            return np.exp(-compute(s=s, m=m, y=y, out=out))

        yield Slip("log missing", f"{hint}: yours is the probability.", chance)
        yield Slip(
            "one minus the probability",
            f"{hint}: yours is what the probability lacks to 1.",
            lambda **arrays: 1 - chance(**arrays),
        )
        yield Slip(
            "logarithm to base 10",
            f"{hint}, with the natural logarithm LN: LOG is to base 10.",
            lambda **arrays: compute(**arrays) / np.log(10),
        )
        yield Slip(
            "minus forgotten",
            f"{hint}: the sign is reversed in yours.",
            lambda **arrays: -compute(**arrays),
        )
        yield Slip(
            "maximum not added back",
            f"{hint}: the maximum is missing, which had been subtracted before.",
            lambda s, m, y, out: compute(s=s, m=0 * m, y=y, out=out),
        )

    def slips_of_gradient(self, compute: Callable[..., Array]) -> Iterator[Slip]:
        """Yield the slips of dL/dout: compute(p, y)."""
        yield scaled(
            "softmax minus target reversed",
            "Take softmax minus onehot: with the sign reversed, the steps lead uphill.",
            compute,
            -1,
        )
        yield Slip(
            "onehot not subtracted",
            "Subtract 1 from the softmax of the right class, and nothing from the others.",
            lambda p, y: p / self.m + 0 * y,
        )
        yield Slip(
            "softmax's derivative once more",
            "Take softmax minus onehot as it is: the derivative of the softmax is in it already.",
            lambda p, y: compute(p, y) * p * (1 - p),
        )
        samples = self.losses.size
        yield from slips_of_reduction(compute, self.m, samples)

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
