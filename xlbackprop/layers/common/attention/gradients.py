"""The way back from the contexts of attention to queries, keys and values.

    dL/dweights[t,s] = Σ(e) dL/dcontext[t,e] · v[s,e]
    dL/dv[s,e]       = Σ(t) weights[t,s] · dL/dcontext[t,e]
    dL/dscaled[t,s]  = weights[t,s] · (dL/dweights[t,s] - weighted_sum[t])
    dL/dscores[t,s]  = dL/dscaled[t,s] / √d
    dL/dq[t,e]       = Σ(s) dL/dscores[t,s] · k[s,e]
    dL/dk[s,e]       = Σ(t) dL/dscores[t,s] · q[t,e]

What is masked has the weight 0, so nothing comes back through it.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.equation import Equation, Math
from xlbackprop.formula.grid import sumproduct
from xlbackprop.layers.common.attention import slips
from xlbackprop.layers.common.attention.tensors import AttentionTensors
from xlbackprop.layers.common.attention.weights import AttentionWeights
from xlbackprop.layers.common.matrix_products import columns_times_columns, rows_times_rows
from xlbackprop.layers.common.softmax_slips import SLIPS_OF_GRADIENT
from xlbackprop.layers.common.transposed import transposed


def attention_gradients(part: AttentionTensors, inner: AttentionWeights) -> Iterator[Equation]:
    """Yield the equations from the contexts' gradient to those of queries, keys and values."""
    yield _to_weights(part, inner)
    yield _to_values(part, inner)
    yield _weigh(inner)
    yield _to_scaled(inner)
    yield _to_scores(part, inner)
    yield from _to_queries(part, inner)
    yield _to_keys(part, inner)


def _to_weights(part: AttentionTensors, inner: AttentionWeights) -> Equation:
    a = part.a
    math = Math(f"dL/dweights[{inner.ts}] = Σ(e) dL/dcontext[{a}t,e] · v[{a}s,e]")
    target, back = inner.weights.gradient, inner.context.gradient
    return rows_times_rows(target, back, part.v.made.tensor, math)


def _to_values(part: AttentionTensors, inner: AttentionWeights) -> Equation:
    a = part.a
    math = Math(
        f"dL/dv[{a}s,e] = Σ(t) weights[{inner.ts}] · dL/dcontext[{a}t,e]",
        why="A value has a part in all contexts that see it.",
    )
    wrong = tuple(slips.of_values(inner.mask.shape))
    pair = (inner.weights.tensor, inner.context.gradient)
    return columns_times_columns(part.v.made.gradient, *pair, math, slips=wrong)


def _weigh(inner: AttentionWeights) -> Equation:
    return Equation(
        inner.weighted_sum,
        {"g": inner.weights.gradient, "w": inner.weights.tensor},
        lambda g, w: (g * w).sum(axis=-1),
        lambda at, *row: sumproduct(at.g[*row, :], at.w[*row, :]),
        Math(f"weighted_sum[{inner.t}] = Σ(s) dL/dweights[{inner.ts}] · weights[{inner.ts}]"),
    )


def _to_scaled(inner: AttentionWeights) -> Equation:
    return Equation(
        inner.scaled.gradient,
        {"out": inner.weights.tensor, "g": inner.weights.gradient, "s": inner.weighted_sum},
        lambda out, g, s: out * (g - s[..., None]),
        lambda at, *i: f"{at.out[i]}*({at.g[i]}-{at.s[i[:-1]].fixed_column})",
        Math(
            f"dL/dscaled[{inner.ts}] = weights[{inner.ts}]"
            f" · (dL/dweights[{inner.ts}] - weighted_sum[{inner.t}])",
            why="A score raises its own weight and lowers all others of its row: they sum to 1.",
        ),
        SLIPS_OF_GRADIENT if inner.part.keys > 1 else (),
    )


def _to_scores(part: AttentionTensors, inner: AttentionWeights) -> Equation:
    return cellwise(
        inner.scores.gradient,
        {"x": inner.scaled.gradient},
        compute=lambda x: x / part.size**0.5,
        formula=lambda x: f"{x}/SQRT({part.size})",
        math=Math(f"dL/dscores[{inner.ts}] = dL/dscaled[{inner.ts}] / √{part.size}"),
        slips=tuple(slips.of_to_scores(part.size)),
    )


def _to_queries(part: AttentionTensors, inner: AttentionWeights) -> Iterator[Equation]:
    turned = transposed(part.scope, part.k.made.tensor)
    yield turned
    math = Math(f"dL/dq[{part.a}t,e] = Σ(s) dL/dscores[{inner.ts}] · k[{part.a}s,e]")
    wrong = tuple(slips.of_queries(inner.mask.shape))
    pair = (inner.scores.gradient, turned.target)
    yield rows_times_rows(part.q.made.gradient, *pair, math, slips=wrong)


def _to_keys(part: AttentionTensors, inner: AttentionWeights) -> Equation:
    math = Math(f"dL/dk[{part.a}s,e] = Σ(t) dL/dscores[{inner.ts}] · q[{part.a}t,e]")
    wrong = tuple(slips.of_keys(inner.mask.shape))
    pair = (inner.scores.gradient, part.q.made.tensor)
    return columns_times_columns(part.k.made.gradient, *pair, math, slips=wrong)
