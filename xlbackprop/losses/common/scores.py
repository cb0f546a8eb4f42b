"""Scores of classes, for one sample or each of a batch, and their softmax in visible steps.

    max    = max(k) out[k]
    exp[k] = e^(out[k] - max),   sum = Σ(k) exp[k],   softmax[k] = exp[k] / sum

What there is for each sample stands to the right of the output, in the samples' rows; what there
is for each class stands below that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlbackprop.contract.layer import Scope
from xlbackprop.equation import Domain, Equation, Kind, Math, Place, Shape, Slip, Tensor
from xlbackprop.formula.grid import Range, View


@dataclass(frozen=True)
class Scores:
    """The network's output as scores: (classes,), (N, classes) or (N, T, classes)."""

    scope: Scope
    out: Tensor

    @property
    def batch(self) -> Shape:
        """(N,) or (N, T), or empty for one sample."""
        return self.out.shape[:-1]

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return self.out.shape[-1]

    @property
    def n(self) -> str:
        """The index of a sample as equations write it; empty for the only one."""
        return ",".join(self.out.axes[:-1])

    @property
    def letter(self) -> str:
        """The letter of the classes: `j`."""
        return self.out.axes[-1]

    @property
    def k(self) -> str:
        """The index of a score as equations write it: `n,j`."""
        return ",".join(self.out.axes)

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
            block_rank=1,  # a column beside each block of scores
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

    def of_class_beside(self, short: str, about: str, domain: Domain) -> Tensor:
        """Return a given shaped like the output, to the right of it."""
        return self.scope.tensor(
            short,
            self.out.shape,
            "".join(self.out.axes),
            Kind.GIVEN,
            about,
            block_rank=self.out.block_rank,
            place=Place.BESIDE,
            belongs_to=self.out,
            vertical=self.out.vertical,
            domain=domain,
        )

    def named(self, short: str) -> str:
        """Return the name of a number that each sample has, as equations write it: `max[n]`."""
        return f"{short}[{self.n}]" if self.n else short

    def cell(self, view: View, index: tuple[int, ...]) -> str:
        """Return the anchored address of what an entry's sample has: it stays within the row."""
        address: Range = view[index[:-1]]
        return address.fixed_column if self.batch else address.fixed


@dataclass(frozen=True)
class Softmax:
    """The softmax of scores, step by step, to the right of a tensor that each sample has."""

    scores: Scores
    left: Tensor

    @property
    def equations(self) -> tuple[Equation, ...]:
        """All steps, in their order."""
        return (self.max, self.exp, self.sum, self.softmax)

    @cached_property
    def max(self) -> Equation:
        """The largest score, which is taken off so that no exponential overflows."""
        scores = self.scores
        return Equation(
            scores.of_sample("max", self.left, "largest score"),
            {"out": scores.out},
            compute=lambda out: out.max(axis=-1),
            formula=lambda at, *n: f"MAX({at.out[*n, :]})",
            math=Math(f"{scores.named('max')} = max({scores.letter}) out[{scores.k}]"),
        )

    @cached_property
    def exp(self) -> Equation:
        """The exponential of each score less the largest."""
        scores = self.scores
        return Equation(
            scores.of_class("exp", self.max.target, "of the score less the largest"),
            {"out": scores.out, "m": self.max.target},
            compute=lambda out, m: np.exp(out - m[..., None]),
            formula=lambda at, *index: f"EXP({at.out[index]}-{scores.cell(at.m, index)})",
            math=Math(
                f"exp[{scores.k}] = e^(out[{scores.k}] - {scores.named('max')})",
                why="Taking off the largest keeps e from overflowing, and cancels in the quotient.",
            ),
            slips=_SLIPS_OF_EXP,
        )

    @cached_property
    def sum(self) -> Equation:
        """The sum of a sample's exponentials."""
        scores = self.scores
        return Equation(
            scores.of_sample("sum", self.max.target, "sum of exp"),
            {"e": self.exp.target},
            compute=lambda e: e.sum(axis=-1),
            formula=lambda at, *n: f"SUM({at.e[*n, :]})",
            math=Math(f"{scores.named('sum')} = Σ({scores.letter}) exp[{scores.k}]"),
        )

    @cached_property
    def softmax(self) -> Equation:
        """The probability of each class."""
        scores = self.scores
        return Equation(
            scores.of_class("softmax", self.sum.target, "probabilities"),
            {"e": self.exp.target, "s": self.sum.target},
            compute=lambda e, s: e / s[..., None],
            formula=lambda at, *index: f"{at.e[index]}/{scores.cell(at.s, index)}",
            math=Math(f"softmax[{scores.k}] = exp[{scores.k}] / {scores.named('sum')}"),
            slips=(
                Slip(
                    "not divided by the sum",
                    "Divide each exponential by its sample's sum, so that probabilities sum to 1.",
                    lambda e, s: e + 0 * s[..., None],
                ),
            ),
        )


_SLIPS_OF_EXP = (
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
)
