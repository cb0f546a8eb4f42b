"""Positions added to a sequence, so that what takes it can tell its places apart.

    out[t,j]   = h[t,j] + w[t,j]
    dL/dw[t,j] = Σ(n) dL/dout[n,t,j]          (where w is learned; over the samples of a batch)
    dL/dh[t,j] = dL/dout[t,j]

w is a parameter, or sines and cosines of ever longer waves:

    w[t,j] = sin(t / 10000^(j/D)) for even j,   cos(t / 10000^((j-1)/D)) for odd j

Vaswani and others, "Attention is all you need" (2017), section 3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Port, Scope, layer
from xlbackprop.contract.options import choice
from xlbackprop.contract.sums import Terms, sum_equations
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Shape, Slip, Tensor
from xlbackprop.formula.grid import Addresses

LEARNED, SINUSOIDAL = "learned", "sinusoidal"
_LONGEST = 10_000


@layer("position", short="pos")
@dataclass(frozen=True)
class Position:
    """h and out (T, D) or with a batch; w (T, D)."""

    kind: str = choice(LEARNED, SINUSOIDAL)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (T, D), or with a batch."""
        if len(shape) - scope.has_batch != 2:
            raise scope.refuse("input", shape, "position takes sequences: (T, D)")
        return _Position(scope, shape).layer(is_learned=self.kind == LEARNED)


class _Position:
    """A position layer of known size: its tensors, then its equations."""

    def __init__(self, scope: Scope, shape: Shape) -> None:
        self.scope, self.samples, self.size = scope, shape[:-2], shape[-2:]
        self.letters = "n" * len(self.samples)
        self.n = f"{self.letters}," if self.letters else ""
        self.input = scope.input("h", shape, f"{self.letters}tj")
        self.output = scope.output("out", shape, f"{self.letters}tj")

    def layer(self, *, is_learned: bool) -> LayerEquations:
        port = self.scope.parameter("w", self.size, "tj", "positions")
        waves = self._waves()
        w = port.tensor if is_learned else waves.target
        return LayerEquations(
            inputs=(self.input,),
            parameters=(port,) if is_learned else (),
            outputs=(self.output,),
            forward=(self._add(w),) if is_learned else (waves, self._add(w)),
            backward=(*(self._to_positions(port) if is_learned else ()), self._pass_on(w)),
            about=f"{self.size[0]} positions, {LEARNED if is_learned else SINUSOIDAL}",
        )

    def _waves(self) -> Equation:
        target = self.scope.tensor(
            "w", self.size, "tj", Kind.FORWARD, "waves", place=Place.PARAMETERS
        )
        width = self.size[1]

        def formula(at: Addresses, t: int, j: int) -> str:  # noqa: ARG001
            function, even = ("COS", j - 1) if j % 2 else ("SIN", j)
            return f"{function}({t}/{_LONGEST}^({even}/{width}))"

        wave = f"t / {_LONGEST}^"
        return Equation(
            target,
            {},
            lambda: _waves(self.size),
            formula,
            Math(
                f"w[t,j] = sin({wave}(j/{width})) where j is even,"
                f" cos({wave}((j-1)/{width})) where j is odd"
            ),
            tuple(_slips_of_waves(self.size)),
        )

    def _add(self, w: Tensor) -> Equation:
        i = f"{self.n}t,j"
        return Equation(
            self.output.tensor,
            {"h": self.input.tensor, "w": w},
            lambda h, w: h + w,
            lambda at, *index: f"{at.h[index]}+{at.w[index[-2:]]}",
            Math(f"out[{i}] = h[{i}] + w[t,j]"),
            (
                Slip(
                    "positions left out",
                    "Add the position w: you copied h.",
                    lambda h, w: h + 0 * w,
                ),
                Slip(
                    "product for sum",
                    "Add the position; you multiplied with it.",
                    lambda h, w: h * w,
                ),
            ),
        )

    def _to_positions(self, port: Port) -> list[Equation]:
        number = int(np.prod(self.samples, dtype=int))
        sigma = "Σ(n) " * len(self.samples)

        def partial(part: slice, g: Array) -> Array:
            return np.asarray(g.reshape(number, *self.size)[part].sum(axis=0))

        def term(at: Addresses, n: int, *index: int) -> str:
            return at.g[*((n,) * len(self.samples)), *index]

        terms = Terms(number, {"g": self.output.gradient}, partial, term, "sample")
        math = Math(f"dL/dw[t,j] = {sigma}dL/dout[{self.n}t,j]")
        return sum_equations(self.scope, port.gradient, terms, math)

    def _pass_on(self, w: Tensor) -> Equation:
        i = f"{self.n}t,j"
        return Equation(
            self.input.gradient,
            {"g": self.output.gradient},
            lambda g: g,
            lambda at, *index: at.g[index],
            Math(f"dL/dh[{i}] = dL/dout[{i}]"),
            (
                Slip(
                    "positions added on the way back",
                    "Pass dL/dout on as it is: the slope of a summand is 1.",
                    lambda g, w: g + w,
                    {"w": w},
                ),
            ),
        )


def _waves(size: Shape, odd: int = 1) -> Array:
    t, j = np.arange(size[0])[:, None], np.arange(size[1])
    angle = t / _LONGEST ** ((j - j % 2) / size[1])
    return np.where(j % 2 == odd, np.cos(angle), np.sin(angle))


def _slips_of_waves(size: Shape) -> Iterator[Slip]:
    yield Slip(
        "sine and cosine swapped",
        "Even entries are sines, odd ones cosines, counted from 0.",
        lambda: _waves(size, odd=0),
    )
