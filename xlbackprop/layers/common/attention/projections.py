"""Queries, keys and values from the inputs, the output from the contexts, and the ways back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.port import Port
from xlbackprop.contract.slips import altered
from xlbackprop.contract.sums import Terms, sum_equations, whole_sum
from xlbackprop.equation import Array, Equation, Math, Slip, Tensor
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.layers.common.attention.tensors import AttentionTensors, Projection
from xlbackprop.layers.common.transposed import transposed


def project(part: AttentionTensors, one: Projection) -> Equation:
    """Return the equation of queries, keys or values."""
    m, bias = part.m, one.bias
    sources = {"h": one.input.tensor, "w": one.weights.tensor}
    sources |= {"b": bias.tensor} if bias else {}

    def flat(h: Array, w: Array, b: Array | float = 0) -> Array:
        return np.asarray(h @ w.T + b)

    def compute(**arrays: Array) -> Array:
        return part.split(flat(**arrays))

    def formula(at: Addresses, *index: int) -> str:
        sample, head, t, e = part.parts(index)
        row = head * part.size + e
        total = sumproduct(at.h[*sample, t, :], at.w[row, :].fixed)
        return f"{total}+{at.b[row].fixed}" if bias else total

    made, w, h = one.made.tensor, one.weights.tensor, one.input.tensor
    text = f"Σ(j) {h.title}[{part.n}{one.row},j] · {w.title}[{m},j]"
    text += f" + {bias.tensor.title}[{m}]" if bias else ""
    return Equation(
        made,
        sources,
        compute,
        formula,
        Math(f"{made.title}[{part.a}{one.row},e] = {text}"),
        tuple(_slips_of_projection(part, one, compute, flat)),
    )


def _slips_of_projection(
    part: AttentionTensors,
    one: Projection,
    compute: Callable[..., Array],
    flat: Callable[..., Array],
) -> Iterator[Slip]:
    name = one.weights.tensor.short
    if part.heads > 1:
        yield Slip(
            "heads not split",
            f"Give head a the rows from {part.size}a of {name} on, {part.size} of them, at each"
            " position: you cut the positions into heads.",
            lambda **arrays: flat(**arrays).reshape(one.made.tensor.shape),
        )
    if one.bias:
        hint = f"Add the bias {one.bias.tensor.short} of the row."
        yield altered("bias left out", hint, compute, b=np.zeros_like)
    if one.weights.tensor.shape[0] == one.weights.tensor.shape[1] > 1:
        hint = f"Take row m of {name} for entry m, not its column m."
        yield altered(f"rows for columns of {name}", hint, compute, w=lambda w: w.T)


def gradients_of_projection(part: AttentionTensors, one: Projection) -> Iterator[Equation]:
    """Yield the gradients of the weights and the bias of queries, keys or values."""
    g, h, row = one.made.gradient, one.input.tensor, one.row
    entry = f"{g.title}[{part.a}{row},e]"
    positions = _Positions(part, {"g": g}, row)

    def term(at: Addresses, sample: int, m: int, *j: int) -> str:
        head, e = divmod(m, part.size)
        column = at.g[*part.sample(sample), *part.head(head), :, e]
        if not j:
            return f"SUM({column})"
        return sumproduct(column.fixed, at.h[*part.sample(sample), :, *j])

    w, dL_dw = one.weights.tensor, one.weights.gradient
    math = Math(
        f"{dL_dw.title}[{part.m},j] = Σ({part.n}{row}) {entry} · {h.title}[{part.n}{row},j]",
        why=f"Row {part.m} of {w.title} makes entry e" + " of head a" * (part.heads > 1) + ".",
    )
    yield from positions.of_weights(dL_dw, h, term, math, part.joined)
    if one.bias:
        math = Math(f"{one.bias.gradient.title}[{part.m}] = Σ({part.n}{row}) {entry}")
        yield from positions.of_bias(one.bias.gradient, term, math, part.joined)


def gradient_of_input(
    part: AttentionTensors, number: int, turned: dict[str, Tensor]
) -> list[Equation]:
    """Return the equations of an input's gradient: what comes back through all it has made."""
    port = part.inputs[number]
    users = [one for one in (part.q, part.k, part.v) if one.input is port]
    sources = {f"g_{one.letter}": one.made.gradient for one in users}
    sources |= {f"w_{one.letter}": turned[one.letter] for one in users}
    paths = [(one, head) for one in users for head in range(part.heads)]

    def partial(chosen: slice, **arrays: Array) -> Array:
        total: Array = np.zeros(port.tensor.shape)
        for one, head in paths[chosen]:
            g, w = arrays[f"g_{one.letter}"], arrays[f"w_{one.letter}"]
            columns = slice(head * part.size, (head + 1) * part.size)
            of_head = g[..., head, :, :] if part.heads > 1 else g
            total = total + of_head @ w[:, columns].T
        return total

    def term(at: Addresses, path: int, *index: int) -> str:
        one, head = paths[path]
        *sample, t, j = index
        g, w = getattr(at, f"g_{one.letter}"), getattr(at, f"w_{one.letter}")
        first = head * part.size
        return sumproduct(g[*sample, *part.head(head), t, :], w[j, first : first + part.size].fixed)

    math = _math_of_input(part, port, users)
    terms = Terms(len(paths), sources, partial, term, "path")
    slips = tuple(_slips_of_input(users, whole_sum(terms)))
    return sum_equations(part.scope, port.gradient, terms, math, slips=slips)


def _math_of_input(part: AttentionTensors, port: Port, users: list[Projection]) -> Math:
    row, m = users[0].row if part.is_cross else "t", part.m
    over = "a,e" if part.heads > 1 else "e"
    ways = [
        f"Σ({over}) {one.made.gradient.title}[{part.a}{row},e] · {one.weights.tensor.title}[{m},j]"
        for one in users
    ]
    words = [one.word for one in users]
    made = " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    short = [f"{one.made.gradient.title} · {one.weights.tensor.title}" for one in users]
    return Math(
        f"{port.gradient.title} = " + " + ".join(short),
        full=f"{port.gradient.title}[{part.n}{row},j] = " + " + ".join(ways),
        why=f"The input has made the {made}: what comes back through each adds up."
        if len(users) > 1
        else "",
    )


def _slips_of_input(users: list[Projection], compute: Callable[..., Array]) -> Iterator[Slip]:
    for one in users if len(users) > 1 else ():
        yield altered(
            f"gradient through the {one.word} missing",
            f"Add what comes back through the {one.word} too: the input has made them.",
            compute,
            **{f"g_{one.letter}": np.zeros_like},
        )


def turned_weights(part: AttentionTensors) -> dict[str, Equation]:
    """Return the weights turned, by the letter of what they make; that of the output is o."""
    weights = {one.letter: one.weights for one in (part.q, part.k, part.v)} | {"o": part.w_o}
    return {letter: transposed(part.scope, port.tensor) for letter, port in weights.items()}


@dataclass(frozen=True)
class _Positions:
    """Sums over all positions of all samples: the gradients of weights and biases."""

    part: AttentionTensors
    of: dict[str, Tensor]
    row: str

    def of_weights(
        self,
        target: Tensor,
        h: Tensor,
        term: Callable[..., str],
        math: Math,
        joined: Callable[[Array], Array],
    ) -> list[Equation]:
        def partial(chosen: slice, g: Array, h: Array) -> Array:
            rows, inputs = self._flat(joined(g)), self._flat(h)
            return np.asarray(np.einsum("ntm,ntj->mj", rows[chosen], inputs[chosen]))

        terms = Terms(self.part.batch, {**self.of, "h": h}, partial, term, "sample")
        slips = (
            *self._slips(whole_sum(terms), "g", "h"),
            altered(
                "input missing",
                "Multiply what comes back at a position with the input there: it is missing.",
                whole_sum(terms),
                h=np.ones_like,
            ),
        )
        return sum_equations(self.part.scope, target, terms, math, slips=slips)

    def of_bias(
        self, target: Tensor, term: Callable[..., str], math: Math, joined: Callable[[Array], Array]
    ) -> list[Equation]:
        def partial(chosen: slice, g: Array) -> Array:
            return np.asarray(self._flat(joined(g))[chosen].sum(axis=(0, 1)))

        terms = Terms(self.part.batch, self.of, partial, term, "sample")
        slips = tuple(self._slips(whole_sum(terms), "g"))
        return sum_equations(self.part.scope, target, terms, math, slips=slips)

    def _flat(self, x: Array) -> Array:
        return x.reshape(self.part.batch, -1, x.shape[-1])

    def _slips(self, compute: Callable[..., Array], *letters: str) -> Iterator[Slip]:
        (of,) = self.of.values()
        if of.shape[-2] < 2:
            return
        for which, rows in (("first", slice(1)), ("last", slice(-1, None))):
            yield altered(
                f"only the {which} position",
                f"Add up all {of.shape[-2]} positions: the weight is used at each of them.",
                compute,
                **dict.fromkeys(letters, lambda x, rows=rows: x[..., rows, :]),
            )


def give_out(part: AttentionTensors, joined: Tensor) -> Equation:
    """Return the equation of the output, from the contexts of all heads side by side."""
    has_bias, n = part.has_bias, part.n
    sources = {"c": joined, "w": part.w_o.tensor} | ({"b": part.b_o.tensor} if has_bias else {})

    def compute(c: Array, w: Array, b: Array | float = 0) -> Array:
        return np.asarray(c @ w.T + b)

    def formula(at: Addresses, *index: int) -> str:
        *row, i = index
        total = sumproduct(at.c[*row, :], at.w[i, :].fixed)
        return f"{total}+{at.b[i].fixed}" if has_bias else total

    def slips() -> Iterator[Slip]:
        if has_bias:
            yield altered("bias left out", "Add the bias b_o.", compute, b=np.zeros_like)
        if part.width > 1:
            hint = "Take row i of w_o for output i, not its column i."
            yield altered("rows for columns of w_o", hint, compute, w=lambda w: w.T)

    m = joined.axes[-1]
    text = f"out[{n}t,i] = Σ({m}) {joined.title}[{n}t,{m}] · w_o[i,{m}]" + " + b_o[i]" * has_bias
    return Equation(part.out, sources, compute, formula, Math(text), tuple(slips()))


def gradients_of_output(
    part: AttentionTensors, joined: Tensor, to_joined: Tensor, turned: Tensor
) -> Iterator[Equation]:
    """Yield the gradients of w_o, of b_o, and of the contexts side by side."""
    n, m = part.n, joined.axes[-1]
    positions = _Positions(part, {"g": part.dL_dout}, "t")

    def term(at: Addresses, sample: int, i: int, *m: int) -> str:
        column = at.g[*part.sample(sample), :, i]
        if not m:
            return f"SUM({column})"
        return sumproduct(column.fixed, at.h[*part.sample(sample), :, *m])

    text = f"dL/dw_o[i,{m}] = Σ({n}t) dL/dout[{n}t,i] · {joined.title}[{n}t,{m}]"
    yield from positions.of_weights(part.w_o.gradient, joined, term, Math(text), lambda g: g)
    if part.has_bias:
        math = Math(f"dL/db_o[i] = Σ({n}t) dL/dout[{n}t,i]")
        yield from positions.of_bias(part.b_o.gradient, term, math, lambda g: g)

    def formula(at: Addresses, *index: int) -> str:
        *row, column = index
        return sumproduct(at.g[*row, :], at.w[column, :].fixed)

    def compute(g: Array, w: Array) -> Array:
        return np.asarray(g @ w.T)

    hint = "Take column m of w_o on the way back, not its row m."
    yield Equation(
        to_joined,
        {"g": part.dL_dout, "w": turned},
        compute,
        formula,
        Math(f"{to_joined.title}[{n}t,{m}] = Σ(i) dL/dout[{n}t,i] · w_o[i,{m}]"),
        (altered("rows for columns of w_o", hint, compute, w=lambda w: w.T),)
        if part.width > 1
        else (),
    )
