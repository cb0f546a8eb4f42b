"""A recurrent layer: each step's state from its input and the state before, squashed.

    state_t = tanh(net_t)    or    max(0, net_t)
    dL/dnet_t[m] = dL/dstate_t[m] · (1 - state_t[m]²)    or    dL/dstate_t[m] where net_t[m] > 0

with net_t and all else as in `recurrence`; parameters as in torch.nn.RNN. Elman, "Finding
structure in time" (1990).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import choice, count, flag
from xlbackprop.contract.slips import without_upstream
from xlbackprop.equation import Array, Equation, Mask, Math, Shape, Slip, Tensor
from xlbackprop.layers.common.elementwise.elementwise import between
from xlbackprop.layers.common.recurrence.recurrence import GIVEN, ZEROS, Net, Recurrence


@layer("rnn", short="rnn")
@dataclass(frozen=True)
class Rnn:
    """h (T, inputs) or with a batch; w_ih (units, inputs), w_hh (units, units), b_ih, b_hh."""

    units: int = count()
    nonlinearity: str = choice("tanh", "relu")
    last: bool = flag(default=False)
    initial: str = choice(ZEROS, GIVEN)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (T, inputs), or with a batch."""
        part = Recurrence(scope, shape, self.units, 1, last=self.last, initial=self.initial)
        squash, back = (_tanh, _tanh_back) if self.nonlinearity == "tanh" else (_relu, _relu_back)
        forward: list[Equation] = []
        states: list[Tensor] = []
        for t in range(part.steps):
            net = part.weigh(t, part.before(states, t, part.h0))
            state = squash(part, net.target, part.tensor("state", t, "state"))
            states.append(state.target)
            forward += [net, state]
        backward: list[Equation] = [part.turned] if part.steps > 1 else []
        nets: list[Net] = []
        for t in reversed(range(part.steps)):
            to_state = part.gradient_of_state(t, states[t], nets[-1] if nets else None)
            to_net = back(part, forward[2 * t].target, states[t], to_state.target)
            nets.append(Net(to_net.target, to_net.target))
            backward += [to_state, to_net]
        before = [part.before(states, t, part.h0) for t in range(part.steps)]
        backward += part.gradients(nets[::-1], before)
        units = f"{self.units} unit{'s' * (self.units > 1)}"
        return part.layer(
            [*forward, part.gather(states)], backward, f"{units}, {self.nonlinearity}"
        )


def _tanh(part: Recurrence, net: Tensor, state: Tensor) -> Equation:
    return cellwise(
        state,
        {"x": net},
        compute=lambda x: np.tanh(x),  # noqa: PLW0108 (a ufunc takes no keywords)
        formula=lambda x: f"TANH({x})",
        math=Math(f"{state.title}[{part.n}m] = tanh({net.title}[{part.n}m])"),
        slips=(Slip("tanh left out", "Put tanh of the net input: you copied it.", lambda x: x),),
    )


def _tanh_back(part: Recurrence, net: Tensor, state: Tensor, gradient: Tensor) -> Equation:
    target, n = part.gradient(net), part.n
    return cellwise(
        target,
        {"s": state, "g": gradient},
        compute=lambda s, g: g * (1 - s**2),
        formula=lambda s, g: f"{g}*(1-{s}^2)",
        math=Math(f"{target.title}[{n}m] = {gradient.title}[{n}m] · (1 - {state.title}[{n}m]²)"),
        slips=without_upstream(lambda s: 1 - s**2),
    )


def _relu(part: Recurrence, net: Tensor, state: Tensor) -> Equation:
    return cellwise(
        state,
        {"x": net},
        compute=lambda x: np.maximum(x, 0),
        formula=lambda x: f"MAX({x},0)",
        math=Math(f"{state.title}[{part.n}m] = max({net.title}[{part.n}m], 0)"),
        slips=(Slip("relu left out", "Put 0 where the net input is negative.", lambda x: x),),
    )


def _relu_back(part: Recurrence, net: Tensor, state: Tensor, gradient: Tensor) -> Equation:  # noqa: ARG001
    target, n = part.gradient(net), part.n

    def accepts(found: Array, tolerance: Array, x: Array, g: Array) -> Mask:
        return np.asarray((x == 0) & between(found, g, 0.0, tolerance))

    return cellwise(
        target,
        {"x": net, "g": gradient},
        compute=lambda x, g: np.heaviside(x, 0) * g,
        formula=lambda x, g: f"IF({x}>0,{g},0)",
        math=Math(
            f"{target.title}[{n}m] = {gradient.title}[{n}m] where {net.title}[{n}m] > 0,"
            " otherwise 0"
        ),
        slips=without_upstream(lambda x: np.heaviside(x, 0)),
        accepts=accepts,
        tie_rule="relu passes no gradient where the net input is 0, as in PyTorch",
    )
