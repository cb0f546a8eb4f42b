"""The gates of LSTM and GRU: each takes its part of what the units are given, and squashes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.logistic import sigmoid, sigmoid_text
from xlbackprop.equation import Array, Equation, Math, Slip, Tensor
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.recurrence.recurrence import Recurrence


@dataclass(frozen=True)
class Squash:
    """A function between bounds, and its derivative from its own output, as arrays and as text."""

    name: str
    sign: str  # as equations write it
    compute: Callable[[Array], Array]
    formula: Callable[[str], str]
    slope: Callable[[Array], Array]
    slope_formula: Callable[[str], str]
    slope_math: Callable[[str], str]


SIGMOID = Squash(
    "sigmoid",
    "σ",
    sigmoid,
    sigmoid_text,
    lambda y: y * (1 - y),
    lambda y: f"{y}*(1-{y})",
    lambda y: f"{y} · (1 - {y})",
)
TANH = Squash(
    "tanh",
    "tanh",
    lambda x: np.asarray(np.tanh(x)),
    lambda x: f"TANH({x})",
    lambda y: 1 - y**2,
    lambda y: f"(1-{y}^2)",
    lambda y: f"(1 - {y}²)",
)


@dataclass(frozen=True)
class Gate:
    """A gate: its letter, what it does, and how it is squashed."""

    letter: str
    about: str
    squash: Squash


class Gates:
    """The gates of a recurrent layer, in the order in which the weights' rows have them."""

    def __init__(self, part: Recurrence, gates: Sequence[Gate]) -> None:
        self.part, self.gates = part, gates

    def own(self, array: Array, number: int) -> Array:
        """Return a gate's own part of what all are given."""
        units = self.part.units
        return array[..., number * units : (number + 1) * units]

    def opened(self, number: int, t: int, *nets: Tensor) -> Equation:
        """Return the equation of a gate in a step, from the sum of what it is given."""
        part, gate = self.part, self.gates[number]
        target = part.tensor(gate.letter, t, gate.about)
        sources = {f"x{at}": net for at, net in enumerate(nets)}
        first = number * part.units

        def compute(**arrays: Array) -> Array:
            return gate.squash.compute(self.own(_sum(arrays), number))

        def formula(at: Addresses, *index: int) -> str:
            *own, m = index
            cells = [getattr(at, letter)[*own, first + m] for letter in sources]
            given = cells[0] if len(cells) == 1 else f"({'+'.join(cells)})"
            return gate.squash.formula(given)

        row = f"{first}+m" if first else "m"
        texts = " + ".join(f"{net.title}[{part.n}{row}]" for net in nets)
        return Equation(
            target,
            sources,
            compute,
            formula,
            Math(f"{target.title}[{part.n}m] = {gate.squash.sign}({texts})"),
            tuple(self._slips_of_gate(number)),
        )

    def _slips_of_gate(self, number: int) -> Sequence[Slip]:
        gate = self.gates[number]

        def other(at: int) -> Callable[..., Array]:
            return lambda **arrays: gate.squash.compute(self.own(_sum(arrays), at))

        first, last = number * self.part.units, (number + 1) * self.part.units - 1
        rows = f"row {first}" if first == last else f"rows {first} to {last}"
        swapped = [
            Slip(
                f"the {one.letter} gate's part taken",
                f"Take {rows} for {gate.letter}: yours are those of {one.letter}.",
                other(at),
            )
            for at, one in enumerate(self.gates)
            if at != number
        ]
        wrong = TANH if gate.squash is SIGMOID else SIGMOID
        return [
            *swapped,
            Slip(
                f"{wrong.name} for {gate.squash.name}",
                f"Squash {gate.letter} by the {gate.squash.name}.",
                lambda **arrays: wrong.compute(self.own(_sum(arrays), number)),
            ),
        ]

    def to_net(
        self, target: Tensor, opened: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> Equation:
        """Return the equation of what comes back to what the gates are given.

        `opened` are the gates in a step, `gradients` those of them.
        """
        units = self.part.units
        sources = {f"y{at}": one for at, one in enumerate(opened)}
        sources |= {f"g{at}": one for at, one in enumerate(gradients)}

        def compute(**arrays: Array) -> Array:
            return np.concatenate(
                [
                    arrays[f"g{at}"] * gate.squash.slope(arrays[f"y{at}"])
                    for at, gate in enumerate(self.gates)
                ],
                axis=-1,
            )

        def formula(at: Addresses, *index: int) -> str:
            *own, k = index
            number, m = divmod(k, units)
            y, g = getattr(at, f"y{number}")[*own, m], getattr(at, f"g{number}")[*own, m]
            return f"{g}*{self.gates[number].squash.slope_formula(y)}"

        math = self._math_of_net(target, opened, gradients)
        return Equation(target, sources, compute, formula, math, tuple(self._slips_of_net(compute)))

    def _math_of_net(
        self, target: Tensor, opened: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> Math:
        n, units, cases = self.part.n, self.part.units, []
        for number, gate in enumerate(self.gates):
            start, end = number * units, (number + 1) * units
            row = f"[{n}k-{start}]" if start else f"[{n}k]"
            slope = gate.squash.slope_math(f"{opened[number].title}{row}")
            cases.append(f"{gradients[number].title}{row} · {slope} where {start} <= k < {end}")
        whole = f"{target.title}[{n}k] = "
        kinds = ", ".join(f"{one.letter} by the {one.squash.name}" for one in self.gates)
        return Math(
            f"{whole}dL/dgate[{n}k] · slope[{n}k]",
            full=whole + ", ".join(cases),
            why=f"The gates' rows in turn, {units} of each: {kinds}. The slope of a sigmoid y is"
            " y · (1 - y), of a tanh 1 - y².",
        )

    def _slips_of_net(self, compute: Callable[..., Array]) -> Sequence[Slip]:
        def without(number: int) -> Slip:
            gate, units = self.gates[number], self.part.units

            def wrong(**arrays: Array) -> Array:
                result = compute(**arrays).copy()
                result[..., number * units : (number + 1) * units] = arrays[f"g{number}"]
                return result

            return Slip(
                f"derivative of the {gate.letter} gate missing",
                f"Multiply by {gate.squash.slope_math(gate.letter)}, the derivative of the"
                f" {gate.squash.name}.",
                wrong,
            )

        return [without(number) for number in range(len(self.gates))]


def _sum(arrays: Mapping[str, Array]) -> Array:
    first, *others = arrays.values()
    return first + others[0] if others else first


def product(
    part: Recurrence, target: Tensor, one: Tensor, other: Tensor, slips: tuple[Slip, ...] = ()
) -> Equation:
    """Return the equation of a tensor that is two others' product, entry by entry."""
    n = part.n
    return cellwise(
        target,
        {"p": one, "q": other},
        compute=lambda p, q: p * q,
        formula=lambda p, q: f"{p}*{q}",
        math=Math(f"{target.title}[{n}m] = {one.title}[{n}m] · {other.title}[{n}m]"),
        slips=slips
        or (
            Slip("one factor missing", f"Multiply by {other.title} too.", lambda p, q: p + 0 * q),
            Slip("the other factor", f"Multiply by {one.title} too.", lambda p, q: q + 0 * p),
        ),
    )
