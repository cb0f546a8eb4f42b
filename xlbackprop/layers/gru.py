"""A gated recurrent unit: the update gate mixes the state before with a new candidate.

    net_t    = W_ih h[t] + b_ih,   hidden_t = W_hh state_(t-1) + b_hh
    r_t, z_t = sigmoid of their rows of net_t + hidden_t
    n_t      = tanh(its row of net_t + r_t · its row of hidden_t)
    state_t  = (1 - z_t) · n_t + z_t · state_(t-1)

    dL/dn_t = dL/dstate_t · (1 - z_t),   dL/dz_t = dL/dstate_t · (state_(t-1) - n_t)
    dL/dr_t = dL/dn_t · (1 - n_t²) · its row of hidden_t
    dL/dhidden_t = dL/dnet_t, but in the rows of n times r_t
    dL/dstate_(t-1) = dL/dout[t-1] + dL/dstate_t · z_t + W_hh' dL/dhidden_t

with all else as in `recurrence`; the rows of the weights are those of r, z and n, as in
torch.nn.GRU, which puts r on the state's part after the weights. Cho et al., "Learning phrase
representations using RNN encoder-decoder" (2014).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import choice, count, flag
from xlbackprop.equation import Array, Equation, Math, Shape, Slip, Tensor
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.recurrence.gates import SIGMOID, TANH, Gate, Gates
from xlbackprop.layers.common.recurrence.recurrence import GIVEN, ZEROS, Net, Recurrence

_GATES = (
    Gate("r", "reset gate", SIGMOID),
    Gate("z", "update gate", SIGMOID),
    Gate("n", "candidate", TANH),
)
_R, _Z, _N = range(3)


@layer("gru", short="gru")
@dataclass(frozen=True)
class Gru:
    """h (T, inputs) or with a batch; w_ih (3 units, inputs), w_hh (3 units, units), b_ih, b_hh."""

    units: int = count()
    last: bool = flag(default=False)
    initial: str = choice(ZEROS, GIVEN)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (T, inputs), or with a batch."""
        part = Recurrence(scope, shape, self.units, 3, last=self.last, initial=self.initial)
        return _Gru(part).layer()


class _Gru:
    """The steps of a GRU of known size."""

    def __init__(self, part: Recurrence) -> None:
        self.part, self.gates = part, Gates(part, _GATES)
        self.nets: list[tuple[Tensor, Tensor]] = []  # from the input, and from the state
        self.opened: list[list[Tensor]] = []  # r, z, n of each step
        self.states: list[Tensor] = []

    def layer(self) -> LayerEquations:
        part = self.part
        forward = [equation for t in range(part.steps) for equation in self._step(t)]
        units = f"{part.units} unit{'s' * (part.units > 1)}"
        return part.layer([*forward, part.gather(self.states)], [*self._backward()], units)

    def _before(self, t: int) -> Tensor | None:
        return self.part.before(self.states, t, self.part.h0)

    # Forward.

    def _step(self, t: int) -> Iterator[Equation]:
        net, hidden = self.part.weigh_input(t), self.part.weigh_state(t, self._before(t))
        self.nets.append((net.target, hidden.target))
        r = self.gates.opened(_R, t, net.target, hidden.target)
        z = self.gates.opened(_Z, t, net.target, hidden.target)
        n = self._candidate(t, r.target)
        self.opened.append([r.target, z.target, n.target])
        state = self._mix(t)
        self.states.append(state.target)
        yield from (net, hidden, r, z, n, state)

    def _candidate(self, t: int, reset: Tensor) -> Equation:
        part, (net, hidden) = self.part, self.nets[t]
        target, first, n = part.tensor("n", t, "candidate"), _N * part.units, part.n

        def compute(x: Array, y: Array, r: Array) -> Array:
            return np.asarray(np.tanh(self.gates.own(x, _N) + r * self.gates.own(y, _N)))

        def formula(at: Addresses, *index: int) -> str:
            *own, m = index
            return f"TANH({at.x[*own, first + m]}+{at.r[index]}*{at.y[*own, first + m]})"

        row = f"[{n}{first}+m]"
        return Equation(
            target,
            {"x": net, "y": hidden, "r": reset},
            compute,
            formula,
            Math(
                f"{target.title}[{n}m] = tanh({net.title}{row} + {reset.title}[{n}m] ·"
                f" {hidden.title}{row})"
            ),
            (
                Slip(
                    "reset gate missing",
                    "Multiply the state's part with the reset gate r.",
                    lambda x, y, r: np.tanh(self.gates.own(x, _N) + self.gates.own(y, _N)) + 0 * r,
                ),
                Slip(
                    "reset gate on both parts",
                    "Multiply the state's part alone with the reset gate r.",
                    lambda x, y, r: np.tanh(r * (self.gates.own(x, _N) + self.gates.own(y, _N))),
                ),
            ),
        )

    def _mix(self, t: int) -> Equation:
        part, n, before = self.part, self.part.n, self._before(t)
        _, update, candidate = self.opened[t]
        target = part.tensor("state", t, "state")
        sources = {"z": update, "c": candidate} | ({"s": before} if before else {})

        def compute(z: Array, c: Array, s: Array | float = 0.0) -> Array:
            return np.asarray((1 - z) * c + z * s)

        def formula(at: Addresses, *index: int) -> str:
            new = f"(1-{at.z[index]})*{at.c[index]}"
            return f"{new}+{at.z[index]}*{at.s[index]}" if before else new

        kept = f" + {update.title}[{n}m] · {before.title}[{n}m]" if before else ""
        new = f"(1 - {update.title}[{n}m]) · {candidate.title}[{n}m]"
        slip = Slip(
            "update gate the wrong way round",
            "z keeps the state before, 1 - z lets the candidate in.",
            lambda z, c, s=0.0: z * c + (1 - z) * s,
        )
        return Equation(
            target, sources, compute, formula, Math(f"{target.title}[{n}m] = {new}{kept}"), (slip,)
        )

    # Backward.

    def _backward(self) -> Iterator[Equation]:
        part = self.part
        if part.steps > 1:
            yield part.turned
        nets: list[Net] = []
        direct: tuple[Tensor, Tensor] | None = None
        for t in reversed(range(part.steps)):
            state = part.gradient_of_state(t, self.states[t], nets[-1] if nets else None, direct)
            to_candidate = self._to_candidate(t, state.target)
            to_update = self._to_update(t, state.target)
            to_reset = self._to_reset(t, to_candidate.target)
            gradients = [to_reset.target, to_update.target, to_candidate.target]
            net, _ = self.nets[t]
            to_net = self.gates.to_net(part.gradient(net), self.opened[t], gradients)
            to_hidden = self._to_hidden(t, to_net.target)
            yield from (state, to_candidate, to_update, to_reset, to_net, to_hidden)
            nets.append(Net(to_net.target, to_hidden.target))
            direct = state.target, self.opened[t][_Z]
        yield from part.gradients(nets[::-1], [self._before(t) for t in range(part.steps)])

    def _to_candidate(self, t: int, gradient: Tensor) -> Equation:
        part, (_, update, candidate), n = self.part, self.opened[t], self.part.n
        target = part.gradient(candidate)
        return cellwise(
            target,
            {"g": gradient, "z": update},
            compute=lambda g, z: g * (1 - z),
            formula=lambda g, z: f"{g}*(1-{z})",
            math=Math(
                f"{target.title}[{n}m] = {gradient.title}[{n}m] · (1 - {update.title}[{n}m])"
            ),
            slips=(Slip("z for 1 - z", "Multiply by 1 - z.", lambda g, z: g * z),),
        )

    def _to_update(self, t: int, gradient: Tensor) -> Equation:
        part, (_, update, candidate), n = self.part, self.opened[t], self.part.n
        target, before = part.gradient(update), self._before(t)
        sources = {"g": gradient, "c": candidate} | ({"s": before} if before else {})
        kept = f"{before.title}[{n}m] - " if before else "0 - "
        return cellwise(
            target,
            sources,
            compute=lambda g, c, s=0.0: g * (s - c),
            formula=lambda g, c, s="": f"{g}*({s}-{c})",
            math=Math(
                f"{target.title}[{n}m] = {gradient.title}[{n}m] · ({kept}{candidate.title}[{n}m])"
            ),
            slips=(
                Slip(
                    "wrong sign",
                    "Take the state before less the candidate.",
                    lambda g, c, s=0.0: g * (c - s),
                ),
            ),
        )

    def _to_reset(self, t: int, gradient: Tensor) -> Equation:
        part, (reset, _, candidate), n = self.part, self.opened[t], self.part.n
        target, hidden, first = part.gradient(reset), self.nets[t][1], _N * part.units

        def compute(g: Array, c: Array, y: Array) -> Array:
            return np.asarray(g * (1 - c**2) * self.gates.own(y, _N))

        def formula(at: Addresses, *index: int) -> str:
            *own, m = index
            return f"{at.g[index]}*(1-{at.c[index]}^2)*{at.y[*own, first + m]}"

        return Equation(
            target,
            {"g": gradient, "c": candidate, "y": hidden},
            compute,
            formula,
            Math(
                f"{target.title}[{n}m] = {gradient.title}[{n}m] · (1 - {candidate.title}[{n}m]²) ·"
                f" {hidden.title}[{n}{first}+m]"
            ),
            (
                Slip(
                    "derivative of tanh missing",
                    "Multiply by 1 - n²: the reset gate stands within the tanh.",
                    lambda g, c, y: g * self.gates.own(y, _N) + 0 * c,
                ),
            ),
        )

    def _to_hidden(self, t: int, gradient: Tensor) -> Equation:
        part, reset, n = self.part, self.opened[t][_R], self.part.n
        target, first = part.gradient(self.nets[t][1]), _N * part.units

        def compute(g: Array, r: Array) -> Array:
            return np.concatenate([g[..., :first], g[..., first:] * r], axis=-1)

        def formula(at: Addresses, *index: int) -> str:
            *own, k = index
            return f"{at.g[index]}*{at.r[*own, k - first]}" if k >= first else at.g[index]

        return Equation(
            target,
            {"g": gradient, "r": reset},
            compute,
            formula,
            Math(
                f"{target.title}[{n}k] = {gradient.title}[{n}k] where k < {first}, otherwise"
                f" {gradient.title}[{n}k] · {reset.title}[{n}k-{first}]",
                why="In the rows of n the reset gate stands between.",
            ),
            (
                Slip(
                    "reset gate missing",
                    "Multiply the rows of n with the reset gate r.",
                    lambda g, r: g + 0 * g * r.sum(),
                ),
            ),
        )
