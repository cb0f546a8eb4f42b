"""A recurrent layer's ports, the tensors of its steps, and what each step is given.

The equations are those of `recurrence`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np

from xlbackprop.contract.layer import Scope
from xlbackprop.contract.slips import altered
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Shape, Slip, Tensor
from xlbackprop.formula.grid import Addresses, Range, sumproduct
from xlbackprop.layers.common.transposed import transposed

ZEROS, GIVEN = "zeros", "given"


class RecurrentSteps:
    """A recurrent layer of known size: its ports, and its steps forward."""

    def __init__(
        self, scope: Scope, shape: Shape, units: int, gates: int, *, last: bool, initial: str
    ) -> None:
        if len(shape) - scope.has_batch != 2:
            raise scope.refuse("input", shape, "a recurrent layer takes sequences: (T, inputs)")
        self.scope, self.units, self.last = scope, units, last
        self.samples, (self.steps, inputs) = shape[:-2], shape[-2:]
        self.letters = "n" * len(self.samples)
        # The index of a sample with its comma, and the sum over samples, in equations.
        self.n = f"{self.letters}," if self.letters else ""
        rows = gates * units
        self.input = scope.input("h", shape, f"{self.letters}tj")
        self.w_ih = scope.parameter("w_ih", (rows, inputs), "kj", "weights of the input")
        self.w_hh = scope.parameter("w_hh", (rows, units), "km", "weights of the state")
        self.b_ih = scope.parameter("b_ih", (rows,), "k", "bias")
        self.b_hh = scope.parameter("b_hh", (rows,), "k", "bias of the state")
        out = (*self.samples, units) if last else (*self.samples, self.steps, units)
        self.output = scope.output("out", out, self.letters + ("m" if last else "tm"))
        self.h, self.out, self.dL_dout = self.input.tensor, self.output.tensor, self.output.gradient
        self.rows = rows
        self.h0 = self._initial("h0", "state before the first step") if initial == GIVEN else None
        self.turned = transposed(scope, self.w_hh.tensor)

    def _initial(self, short: str, about: str) -> Tensor:
        return self.scope.given(short, (*self.samples, self.units), f"{self.letters}m", about)

    def given(self, short: str, about: str) -> Tensor:
        """Return a further tensor that is given before the first step, of the state's shape."""
        return self._initial(short, about)

    # The tensors of one step.

    def tensor(self, short: str, t: int, about: str, *, is_net: bool = False) -> Tensor:
        """Return a step's tensor, of a number for each unit, or for each row of the weights."""
        size, axis = (self.rows, "k") if is_net else (self.units, "m")
        first = None
        if t:
            first = self.tensor(short, 0, about, is_net=is_net)
        return self.scope.tensor(
            f"{short}_{t}",
            (*self.samples, size),
            self.letters + axis,
            Kind.FORWARD,
            f"{about}, step {t}",
            place=Place.BELOW if first else Place.COLUMN,
            belongs_to=first,
        )

    def gradient(self, of: Tensor) -> Tensor:
        """Return the gradient of a step's tensor, in the same column."""
        about = f"gradient of {of.short}"
        return self.scope.beside(of, f"dL_d{of.short}", Kind.BACKWARD, about, Place.BELOW)

    def before(self, states: Sequence[Tensor], t: int, initial: Tensor | None) -> Tensor | None:
        """Return the state from which a step starts; None where that is zero."""
        return states[t - 1] if t else initial

    # Forward.

    def weigh(self, t: int, before: Tensor | None) -> Equation:
        """Return the equation of what a step's units are given, by input and state together."""
        return self._weighed("net", t, before, of_input=True, of_state=True)

    def weigh_input(self, t: int) -> Equation:
        """Return the equation of what a step's units are given by the input."""
        return self._weighed("net", t, None, of_input=True, of_state=False)

    def weigh_state(self, t: int, before: Tensor | None) -> Equation:
        """Return the equation of what a step's units are given by the state before."""
        return self._weighed("hidden", t, before, of_input=False, of_state=True)

    def _weighed(
        self, short: str, t: int, before: Tensor | None, *, of_input: bool, of_state: bool
    ) -> Equation:
        n, net = self.n, self.tensor(short, t, "given to the units", is_net=True)
        sources: dict[str, Tensor] = {}
        texts = []
        if of_input:
            sources |= {"h": self.h, "w": self.w_ih.tensor, "b": self.b_ih.tensor}
            texts.append(f"Σ(j) h[{n}{t},j] · w_ih[k,j] + b_ih[k]")
        if before:
            sources |= {"s": before, "v": self.w_hh.tensor}
            texts.append(f"Σ(m) {before.title}[{n}m] · w_hh[k,m]")
        if of_state:
            sources |= {"c": self.b_hh.tensor}
            texts.append("b_hh[k]")

        def compute(**arrays: Array) -> Array:
            total: Array = np.zeros((*self.samples, self.rows))
            if of_input:
                total = total + arrays["h"][..., t, :] @ arrays["w"].T + arrays["b"]
            if before:
                total = total + arrays["s"] @ arrays["v"].T
            return np.asarray(total + arrays["c"]) if of_state else total

        def formula(at: Addresses, *index: int) -> str:
            *own, k = index
            parts = []
            if of_input:
                parts += [self.product(at.h[*own, t, :], at.w[k, :]), self._bias(at.b[k])]
            if before:
                parts.append(self.product(at.s[*own, :], at.v[k, :]))
            return "+".join([*parts, self._bias(at.c[k])] if of_state else parts)

        math = Math(f"{net.title}[{n}k] = {' + '.join(texts)}")
        slips = tuple(self._slips_of_net(compute, sources))
        return Equation(net, sources, compute, formula, math, slips)

    def product(self, row: str, weights: Range) -> str:
        """Return the text of a row times a row of weights; these stay where samples go down."""
        return sumproduct(row, weights.fixed if self.samples else weights)

    def _bias(self, address: Range) -> str:
        return address.fixed if self.samples else address

    def gather(self, states: Sequence[Tensor]) -> Equation:
        """Return the equation of the output: all states, or the last one."""
        if self.last:
            return Equation(
                self.out,
                {"s": states[-1]},
                compute=lambda s: s,
                formula=lambda at, *index: at.s[index],
                math=Math(f"out[{self.n}m] = {states[-1].title}[{self.n}m]"),
            )
        return self.rows_of(self.out, states, f"out[{self.n}t,m] = state_t[{self.n}m]")

    def rows_of(self, target: Tensor, parts: Sequence[Tensor | None], text: str) -> Equation:
        """Return the equation of a tensor whose rows are the steps' tensors; None is zeros."""
        letters = {f"s{t}": part for t, part in enumerate(parts) if part is not None}

        def compute(**arrays: Array) -> Array:
            nothing = np.zeros((*self.samples, target.shape[-1]))
            return np.stack([arrays.get(f"s{t}", nothing) for t in range(len(parts))], axis=-2)

        def formula(at: Addresses, *index: int) -> str | float:
            *own, t, m = index
            return getattr(at, f"s{t}")[*own, m] if f"s{t}" in letters else 0.0

        return Equation(target, letters, compute, formula, Math(text))

    # What goes wrong.

    def _slips_of_net(
        self, compute: Callable[..., Array], letters: Collection[str]
    ) -> Iterator[Slip]:
        if "s" in letters:
            yield altered(
                "state of the step before missing",
                "Add what the state of the step before gives by w_hh: yours has nothing of it.",
                compute,
                s=np.zeros_like,
            )
        if "v" in letters and self.units == self.rows > 1:
            hint = "Take row k of w_hh for unit k, not its column k."
            yield altered("rows for columns of w_hh", hint, compute, v=lambda v: v.T)
        for letter, name in (("b", "b_ih"), ("c", "b_hh")):
            if letter in letters:
                hint = f"Add the bias {name} too."
                yield altered(f"{name} missing", hint, compute, **{letter: np.zeros_like})
