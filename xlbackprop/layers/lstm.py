"""Long short-term memory: a cell that keeps what the forget gate lets it keep.

    i_t, f_t, o_t = sigmoid of their rows of net_t,   g_t = tanh of its own
    c_t     = f_t · c_(t-1) + i_t · g_t
    state_t = o_t · tanh(c_t)

    dL/do_t = dL/dstate_t · tanh(c_t)
    dL/dc_t = dL/dstate_t · o_t · (1 - tanh(c_t)²) + dL/dc_(t+1) · f_(t+1)
    dL/di_t = dL/dc_t · g_t,   dL/df_t = dL/dc_t · c_(t-1),   dL/dg_t = dL/dc_t · i_t

with net_t and all else as in `recurrence`; the rows of the weights are those of i, f, g and o, as
in torch.nn.LSTM. Hochreiter and Schmidhuber, "Long short-term memory" (1997), with the forget gate
of Gers, Schmidhuber and Cummins (2000).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import choice, count, flag
from xlbackprop.equation import Array, Equation, Math, Shape, Slip, Tensor
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.recurrence.gates import SIGMOID, TANH, Gate, Gates, product
from xlbackprop.layers.common.recurrence.recurrence import GIVEN, ZEROS, Net, Recurrence

_GATES = (
    Gate("i", "input gate", SIGMOID),
    Gate("f", "forget gate", SIGMOID),
    Gate("g", "candidate", TANH),
    Gate("o", "output gate", SIGMOID),
)


@layer("lstm", short="lstm")
@dataclass(frozen=True)
class Lstm:
    """h (T, inputs) or with a batch; w_ih (4 units, inputs), w_hh (4 units, units), b_ih, b_hh."""

    units: int = count()
    last: bool = flag(default=False)
    initial: str = choice(ZEROS, GIVEN)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (T, inputs), or with a batch."""
        part = Recurrence(scope, shape, self.units, 4, last=self.last, initial=self.initial)
        return _Lstm(part).layer()


class _Lstm:
    """The steps of an LSTM of known size."""

    def __init__(self, part: Recurrence) -> None:
        self.part, self.gates = part, Gates(part, _GATES)
        self.c0 = part.given("c0", "cell before the first step") if part.h0 else None
        self.nets: list[Tensor] = []
        self.opened: list[list[Tensor]] = []  # i, f, g, o of each step
        self.cells: list[Tensor] = []
        self.states: list[Tensor] = []

    def layer(self) -> LayerEquations:
        part = self.part
        forward = [equation for t in range(part.steps) for equation in self._step(t)]
        backward = [*self._backward()]
        units = f"{part.units} unit{'s' * (part.units > 1)}"
        givens = (self.c0,) if self.c0 else ()
        return part.layer([*forward, part.gather(self.states)], backward, units, givens)

    def _before(self, t: int) -> Tensor | None:
        return self.part.before(self.states, t, self.part.h0)

    def _cell_before(self, t: int) -> Tensor | None:
        return self.part.before(self.cells, t, self.c0)

    # Forward.

    def _step(self, t: int) -> Iterator[Equation]:
        net = self.part.weigh(t, self._before(t))
        self.nets.append(net.target)
        yield net
        opened = [self.gates.opened(number, t, net.target) for number in range(len(_GATES))]
        self.opened.append([one.target for one in opened])
        yield from opened
        cell = self._keep(t)
        self.cells.append(cell.target)
        yield cell
        state = self._show(t)
        self.states.append(state.target)
        yield state

    def _keep(self, t: int) -> Equation:
        part, n, before = self.part, self.part.n, self._cell_before(t)
        i, f, g, _ = self.opened[t]
        target = part.tensor("c", t, "cell")
        sources = {"i": i, "g": g} | ({"f": f, "c": before} if before else {})

        def compute(i: Array, g: Array, f: Array | float = 0.0, c: Array | float = 0.0) -> Array:
            return np.asarray(f * c + i * g)

        def formula(at: Addresses, *index: int) -> str:
            new = f"{at.i[index]}*{at.g[index]}"
            return f"{at.f[index]}*{at.c[index]}+{new}" if before else new

        kept = f"{f.title}[{n}m] · {before.title}[{n}m] + " if before else ""
        return Equation(
            target,
            sources,
            compute,
            formula,
            Math(f"{target.title}[{n}m] = {kept}{i.title}[{n}m] · {g.title}[{n}m]"),
            tuple(_slips_of_cell()) if before else (),
        )

    def _show(self, t: int) -> Equation:
        part = self.part
        return self._times_tanh(part.tensor("state", t, "state"), self.opened[t][3], self.cells[t])

    def _times_tanh(self, target: Tensor, factor: Tensor, cell: Tensor) -> Equation:
        """Return the equation of a factor times what shows of the cell."""
        n = self.part.n
        return Equation(
            target,
            {"x": factor, "c": cell},
            compute=lambda x, c: x * np.tanh(c),
            formula=lambda at, *index: f"{at.x[index]}*TANH({at.c[index]})",
            math=Math(f"{target.title}[{n}m] = {factor.title}[{n}m] · tanh({cell.title}[{n}m])"),
            slips=(
                Slip(
                    "tanh of the cell missing",
                    f"Multiply {factor.title} with tanh of the cell: yours has the cell itself.",
                    lambda x, c: x * c,
                ),
            ),
        )

    # Backward.

    def _backward(self) -> Iterator[Equation]:
        part = self.part
        if part.steps > 1:
            yield part.turned
        nets: list[Net] = []
        cell_after: Tensor | None = None
        for t in reversed(range(part.steps)):
            state = part.gradient_of_state(t, self.states[t], nets[-1] if nets else None)
            yield state
            to_o = self._to_output_gate(t, state.target)
            to_cell = self._to_cell(t, state.target, cell_after)
            to_gates = [*self._to_gates(t, to_cell.target), to_o]
            yield from (to_o, to_cell, *to_gates[:3])
            gradients = [one.target for one in to_gates]
            to_net = self.gates.to_net(part.gradient(self.nets[t]), self.opened[t], gradients)
            yield to_net
            nets.append(Net(to_net.target, to_net.target))
            cell_after = to_cell.target
        yield from part.gradients(nets[::-1], [self._before(t) for t in range(part.steps)])

    def _to_output_gate(self, t: int, gradient: Tensor) -> Equation:
        target = self.part.gradient(self.opened[t][3])
        return self._times_tanh(target, gradient, self.cells[t])

    def _to_cell(self, t: int, gradient: Tensor, after: Tensor | None) -> Equation:
        part, n, cell, o = self.part, self.part.n, self.cells[t], self.opened[t][3]
        target = part.gradient(cell)
        sources = {"g": gradient, "o": o, "c": cell}
        if after:
            forget = self.opened[t + 1][1]
            sources |= {"d": after, "f": forget}

        def compute(
            g: Array, o: Array, c: Array, d: Array | float = 0.0, f: Array | float = 0.0
        ) -> Array:
            return np.asarray(g * o * (1 - np.tanh(c) ** 2) + d * f)

        def formula(at: Addresses, *index: int) -> str:
            own = f"{at.g[index]}*{at.o[index]}*(1-TANH({at.c[index]})^2)"
            return f"{own}+{at.d[index]}*{at.f[index]}" if after else own

        own = f"{gradient.title}[{n}m] · {o.title}[{n}m] · (1 - tanh({cell.title}[{n}m])²)"
        kept = f" + {after.title}[{n}m] · {forget.title}[{n}m]" if after else ""
        return Equation(
            target,
            sources,
            compute,
            formula,
            Math(
                f"{target.title}[{n}m] = {own}{kept}",
                why="The cell shows in the state, and is kept by the next step's forget gate."
                if after
                else "",
            ),
            tuple(_slips_of_to_cell(after=after is not None)),
        )

    def _to_gates(self, t: int, gradient: Tensor) -> list[Equation]:
        """Return the equations of the gradients of i, f and g."""
        part, (i, f, g, _), before = self.part, self.opened[t], self._cell_before(t)
        to_forget = (
            product(part, part.gradient(f), gradient, before)
            if before
            else _nothing(part, part.gradient(f), gradient)
        )
        return [
            product(part, part.gradient(i), gradient, g),
            to_forget,
            product(part, part.gradient(g), gradient, i),
        ]


def _nothing(part: Recurrence, target: Tensor, gradient: Tensor) -> Equation:
    def formula(at: Addresses, *index: int) -> float:  # noqa: ARG001
        return 0.0

    return Equation(
        target,
        {"g": gradient},
        compute=lambda g: 0 * g,
        formula=formula,
        math=Math(f"{target.title}[{part.n}m] = 0", why="There is no cell before the first step."),
    )


def _slips_of_cell() -> Iterator[Slip]:
    yield Slip(
        "gates swapped",
        "The forget gate f keeps the cell before, the input gate i lets the candidate in.",
        lambda i, g, f, c: i * c + f * g,
    )
    yield Slip(
        "cell before missing",
        "Add what the forget gate keeps of the cell before.",
        lambda i, g, f, c: i * g + 0 * f * c,
    )


def _slips_of_to_cell(*, after: bool) -> Iterator[Slip]:
    yield Slip(
        "derivative of tanh missing",
        "Multiply by 1 - tanh(c)²: the cell shows through tanh.",
        lambda g, o, c, d=0.0, f=0.0: g * o + d * f + 0 * c,
    )
    if after:
        yield Slip(
            "gradient not passed through time",
            "Add what comes back from the next step's cell, by its forget gate.",
            lambda g, o, c, d, f: g * o * (1 - np.tanh(c) ** 2) + 0 * d * f,
        )
        yield Slip(
            "forget gate missing",
            "Multiply what comes back from the next step's cell by its forget gate.",
            lambda g, o, c, d, f: g * o * (1 - np.tanh(c) ** 2) + d + 0 * f,
        )
