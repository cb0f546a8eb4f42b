"""How much each position takes from each other: scores, scaled, masked, through a softmax.

Head by head, with d entries in each; in a causal layer position t sees those up to itself:

    scores[t,s]  = Σ(e) q[t,e] · k[s,e]
    scaled[t,s]  = scores[t,s] / √d
    masked[t,s]  = scaled[t,s] where s <= t, left out elsewhere
    weights[t,s] = exp(masked[t,s] - maximum[t]) / sum[t]
    context[t,e] = Σ(s) weights[t,s] · v[s,e]

What is masked is a 0 that looks empty, and no huge negative number: neither maximum nor sum takes
it in.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Tensor
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.attention import slips
from xlbackprop.layers.common.attention.tensors import AttentionTensors
from xlbackprop.layers.common.matrix_products import rows_times_rows
from xlbackprop.layers.common.transposed import transposed

# What is as good as left out: exp of it is 0.
_HUGE = 1e4


class AttentionWeights:
    """The blocks between queries, keys and values and the contexts, and their equations."""

    def __init__(self, part: AttentionTensors, *, causal: bool) -> None:
        self.part, self.causal = part, causal
        size = (part.positions, part.keys)
        self.scores = part.inner("scores", size, "ts", "queries times keys")
        self.scaled = part.inner("scaled", size, "ts", "over √d")
        self.masked = part.inner("masked", size, "ts", "empty: not seen", hides=True)
        self.seen = (self.masked if causal else self.scaled).tensor
        self.maximum = self._of_rows("maximum", self.seen, "of each row", Kind.FORWARD)
        self.exp = part.inner("exp", size, "ts", "exponentials").tensor
        self.sum = self._of_rows("sum", self.exp, "of each row", Kind.FORWARD)
        self.weights = part.inner("weights", size, "ts", "shares of the values")
        self.context = part.inner("context", (part.positions, part.size), "te", "weighted values")
        self.weighted_sum = self._of_rows(
            "weighted_sum", self.weights.gradient, "of each row", Kind.BACKWARD
        )
        self.turned_v = transposed(part.scope, part.v.made.tensor)
        # The index of an entry and of a row, as equations write them.
        self.ts, self.t = f"{part.a}t,s", f"{part.a}t"

    def _of_rows(self, short: str, beside: Tensor, about: str, kind: Kind) -> Tensor:
        return self.part.scope.tensor(
            short,
            beside.shape[:-1],
            "".join(beside.axes[:-1]),
            kind,
            about,
            block_rank=1,
            place=Place.BESIDE,
            belongs_to=beside,
            vertical=True,
        )

    @property
    def mask(self) -> Array:
        """1 where a position is seen, 0 elsewhere; (positions, keys)."""
        ones = np.ones((self.part.positions, self.part.keys))
        return np.tril(ones) if self.causal else ones

    def forward(self) -> Iterator[Equation]:
        """Yield the equations from the scores to the contexts."""
        yield self._score()
        yield self._scale()
        if self.causal:
            yield self._hide()
        yield self._find_maximum()
        yield self._exponentiate()
        yield self._add_up()
        yield self._divide()
        yield self.turned_v
        yield self._weigh_values()

    def _score(self) -> Equation:
        q, k = self.part.q.made.tensor, self.part.k.made.tensor
        math = Math(
            f"scores[{self.ts}] = Σ(e) q[{self.part.a}t,e] · k[{self.part.a}s,e]",
            why="A query is compared with each key, by the sum of their products.",
        )
        wrong = tuple(slips.of_scores(q.shape, k.shape, is_cross=self.part.is_cross))
        return rows_times_rows(self.scores.tensor, q, k, math, slips=wrong)

    def _scale(self) -> Equation:
        size = self.part.size
        return cellwise(
            self.scaled.tensor,
            {"x": self.scores.tensor},
            compute=lambda x: x / size**0.5,
            formula=lambda x: f"{x}/SQRT({size})",
            math=Math(
                f"scaled[{self.ts}] = scores[{self.ts}] / √{size}",
                why=f"A sum of {size} products is √{size} times as wide as one of them.",
            ),
            slips=tuple(slips.of_scaled(size, self.part.width)),
        )

    def _hide(self) -> Equation:
        mask = self.mask

        def formula(at: Addresses, *index: int) -> str | float:
            return at.x[index] if index[-1] <= index[-2] else 0.0

        return Equation(
            self.masked.tensor,
            {"x": self.scaled.tensor},
            lambda x: np.where(mask > 0, x, 0),
            formula,
            Math(
                f"masked[{self.ts}] = scaled[{self.ts}] where s <= t",
                why="A position sees itself and those before it, and none after it.",
            ),
            tuple(slips.of_masked(mask)),
            accepts=lambda found, tolerance, x: (mask == 0) & (found + 0 * tolerance * x <= -_HUGE),
            tie_rule="what is masked holds 0, or a huge negative number: nothing takes it in",
        )

    def _find_maximum(self) -> Equation:
        def formula(at: Addresses, *row: int) -> str:
            return f"MAX({at.x[*row, 0 : row[-1] + 1 if self.causal else self.part.keys]})"

        seen, where = self.seen, " where s <= t" * self.causal
        return Equation(
            self.maximum,
            {"x": seen},
            lambda x: np.where(self.mask > 0, x, -np.inf).max(axis=-1),
            formula,
            Math(f"maximum[{self.t}] = max(s) {seen.title}[{self.ts}]{where}"),
        )

    def _exponentiate(self) -> Equation:
        mask, seen = self.mask, self.seen

        def compute(x: Array, m: Array) -> Array:
            return np.where(mask > 0, np.exp(x - m[..., None]), 0)

        def formula(at: Addresses, *index: int) -> str | float:
            if self.causal and index[-1] > index[-2]:
                return 0.0
            return f"EXP({at.x[index]}-{at.m[index[:-1]].fixed_column})"

        where = " where s <= t, otherwise 0" * self.causal
        wrong = slips.of_exp(mask, self.scaled.tensor) if self.causal else ()
        return Equation(
            self.exp,
            {"x": seen, "m": self.maximum},
            compute,
            formula,
            Math(f"exp[{self.ts}] = exp({seen.title}[{self.ts}] - maximum[{self.t}]){where}"),
            (*slips.OF_EXPONENT, *wrong) if not self.causal else tuple(wrong),
        )

    def _add_up(self) -> Equation:
        return Equation(
            self.sum,
            {"e": self.exp},
            lambda e: e.sum(axis=-1),
            lambda at, *row: f"SUM({at.e[*row, :]})",
            Math(f"sum[{self.t}] = Σ(s) exp[{self.ts}]"),
            tuple(slips.of_sum(self.mask)),
        )

    def _divide(self) -> Equation:
        return Equation(
            self.weights.tensor,
            {"e": self.exp, "S": self.sum},
            lambda e, S: e / S[..., None],
            lambda at, *index: f"{at.e[index]}/{at.S[index[:-1]].fixed_column}",
            Math(
                f"weights[{self.ts}] = exp[{self.ts}] / sum[{self.t}]",
                why="The weights of a position sum to 1: they are shares.",
            ),
            tuple(slips.of_weights(self.mask, self.scaled.tensor)),
        )

    def _weigh_values(self) -> Equation:
        a = self.part.a
        return rows_times_rows(
            self.context.tensor,
            self.weights.tensor,
            self.turned_v.target,
            Math(f"context[{a}t,e] = Σ(s) weights[{self.ts}] · v[{a}s,e]"),
            slips=tuple(slips.of_context(self.mask.shape, self.part.k.made.tensor)),
        )
