"""The ports of an attention layer, and how its heads share the width of queries, keys and values.

Row m = d · a + e of a weight belongs to entry e of head a, with d entries for each head. With one
head there is no axis for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.equation import Array, Index, Kind, Shape
from xlbackprop.equation.indices import index_at
from xlbackprop.layers.common.text import index_text


@dataclass(frozen=True)
class Projection:
    """What queries, keys or values are made of: rows of an input by a weight, head by head."""

    letter: str  # q, k or v
    word: str
    row: str  # the letter of its positions
    input: Port
    weights: Port
    bias: Port | None
    made: Port  # the queries, keys or values


class AttentionTensors:
    """An attention layer of known size: its ports, and the shapes of what is within."""

    def __init__(self, scope: Scope, shapes: tuple[Shape, ...], heads: int, *, bias: bool) -> None:
        self.scope, self.heads = scope, heads
        queries, memory = shapes[0], shapes[-1]
        self.samples, (self.positions, self.width) = queries[:-2], queries[-2:]
        self.keys = memory[-2]
        self.size = self.width // heads  # of a head
        self.letters = "n" * len(self.samples)
        self.lead = self.letters + "a" * (heads > 1)
        # The index of a sample, and of a sample's head, each with its comma.
        self.n = "".join(f"{one}," for one in self.letters)
        self.a = "".join(f"{one}," for one in self.lead)
        self.is_cross = len(shapes) == 2
        self.inputs = self._inputs(shapes)
        self.q, self.k, self.v = (
            self._projection(letter, word, bias=bias)
            for letter, word in (("q", "queries"), ("k", "keys"), ("v", "values"))
        )
        self.w_o = scope.parameter("w_o", (self.width, self.width), "im", "weights of the output")
        self.b_o = scope.parameter("b_o", (self.width,), "i", "bias of the output")
        self.has_bias = bias
        self.output = scope.output(
            "out", (*self.samples, self.positions, self.width), f"{self.letters}ti"
        )
        self.out, self.dL_dout = self.output.tensor, self.output.gradient

    @property
    def parameters(self) -> tuple[Port, ...]:
        """All weights, each with its bias."""
        ports = [port for one in (self.q, self.k, self.v) for port in (one.weights, one.bias)]
        ports += [self.w_o, self.b_o if self.has_bias else None]
        return tuple(port for port in ports if port)

    def _inputs(self, shapes: tuple[Shape, ...]) -> tuple[Port, ...]:
        if not self.is_cross:
            return (self.scope.input("h", shapes[0], f"{self.letters}tj"),)
        words = ("makes the queries", "makes keys and values")
        return tuple(
            self.scope.input(
                f"h_{m}",
                shape,
                f"{self.letters}{'ts'[m]}j",
                words[m],
                gradient=f"gradient of input {m}",
            )
            for m, shape in enumerate(shapes)
        )

    def _projection(self, letter: str, word: str, *, bias: bool) -> Projection:
        scope, source = self.scope, self.inputs[0 if letter == "q" else -1]
        inputs = source.tensor.shape[-1]
        row = "t" if letter == "q" else "s"
        m = "m" if self.heads > 1 else "e"
        weights = scope.parameter(
            f"w_{letter}", (self.width, inputs), f"{m}j", f"weights of the {word}"
        )
        own = scope.parameter(f"b_{letter}", (self.width,), m, f"bias of the {word}")
        rows = source.tensor.shape[-2]
        made = self.inner(letter, (rows, self.size), f"{row}e", word)
        return Projection(letter, word, row, source, weights, own if bias else None, made)

    def inner(
        self, short: str, shape: Shape, axes: str, about: str, *, hides: bool = False
    ) -> Port:
        """Return a block for each head, and its gradient."""
        leading = (*self.samples, *((self.heads,) if self.heads > 1 else ()))
        tensor = self.scope.tensor(
            short, (*leading, *shape), self.lead + axes, Kind.FORWARD, about, hides_constants=hides
        )
        return Port(tensor, self.scope.gradient(tensor, f"gradient of the {short}"))

    # Heads within the width.

    @property
    def m(self) -> str:
        """Row m of a weight, as equations write it by head and entry: `2a+e`."""
        return f"{index_text('a', self.size)}+e" if self.heads > 1 else "e"

    def parts(self, index: Index) -> tuple[Index, int, int, int]:
        """Return sample, head, position and entry from the index of a head's block."""
        batch = len(self.samples)
        head = index[batch] if self.heads > 1 else 0
        return index[:batch], head, index[-2], index[-1]

    def head(self, a: int) -> Index:
        """Return the index of a head: empty where there is one only."""
        return (a,) if self.heads > 1 else ()

    def split(self, x: Array) -> Array:
        """Return (…, T, width) as (…, heads, T, size)."""
        if self.heads == 1:
            return x
        return np.asarray(x.reshape(*x.shape[:-1], self.heads, self.size).swapaxes(-2, -3))

    def joined(self, x: Array) -> Array:
        """Return (…, heads, T, size) as (…, T, width)."""
        if self.heads == 1:
            return x
        return x.swapaxes(-2, -3).reshape(*x.shape[:-3], x.shape[-2], self.width)

    def sample(self, number: int) -> Index:
        """Return the leading index of a sample by its number."""
        return index_at(number, self.samples)

    @property
    def batch(self) -> int:
        """How many samples there are."""
        return prod(self.samples)
