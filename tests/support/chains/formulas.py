"""The formulas of a chain of layers, each as a person writes it, with a slip where one is planted.

Tensors are called as the program calls them, so that the page's truth can be told; the formulas
are written here anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from tests.support.chains.plan import ALL, NONE, NOT_UPDATED, ROWS
from tests.support.peoples_sheets import slips
from tests.support.peoples_sheets.terms import (
    added,
    call,
    exp,
    is_positive,
    ln,
    positive,
    tanh,
)

_IN_ERROR = (slips.TIMES, slips.SWAPPED)


@dataclass(frozen=True)
class Planted:
    """A slip in the formulas of a tensor; `index` names one entry, or all have it."""

    slip: str
    name: str
    index: tuple[int, ...] | None = None


class Formulas:
    """Formulas by tensor, index and step; `page.ref(name, index, step)` is a cell."""

    def __init__(self, plan, page, planted=None):
        self.plan, self.page, self.planted = plan, page, planted
        self.dense, self.acts = plan.dense, plan.of_dense
        self.conv_act = f"{plan.conv_activation}1"
        self.pool = plan.of_pool

    # What stands where.

    def shapes(self):
        """Return the tensors of the page with their shapes, in the order of the hand."""
        plan, shapes = self.plan, {}
        parameters, backward = {}, {}
        if plan.is_conv:
            maps = plan.image - plan.kernel + 1
            out, pooled = (plan.filters, maps, maps), (plan.filters, maps // 2, maps // 2)
            w = (plan.filters, plan.channels, plan.kernel, plan.kernel)
            shapes["conv1.h"] = (plan.channels, plan.image, plan.image)
            parameters |= {"conv1.w": w, "conv1.b": (plan.filters,)}
            forward = {"conv1.out": out, f"{self.conv_act}.out": out, f"{self.pool}.out": pooled}
            conv_backward = {f"{self.pool}.dL_dh": out, f"{self.conv_act}.dL_dh": out}
            conv_backward |= {"conv1.dL_dw": w, "conv1.dL_db": (plan.filters,)}
            conv_backward["conv1.dL_dh"] = shapes["conv1.h"]
        else:
            shapes["dense1.h"], forward, conv_backward = self._vector(plan.sizes[0]), {}, {}
        for at, name in enumerate(self.dense):
            inputs, units = plan.sizes[at : at + 2]
            parameters |= {f"{name}.w": (units, inputs)}
            parameters |= {f"{name}.b": (units,)} if plan.has_bias else {}
            forward[f"{name}.out"] = self._vector(units)
            if self.acts[at]:
                forward[f"{self.acts[at]}.out"] = self._vector(units)
        if plan.loss == "cross_entropy":
            forward["loss.softmax"] = self._vector(plan.sizes[-1])
        forward |= {"loss.target": self._vector(plan.sizes[-1]), "loss.L": ()}
        if self._error_name() != self.delta_name(len(self.dense)):
            backward[self._error_name()] = self._vector(plan.sizes[-1])
        for at in range(len(self.dense), 0, -1):
            name = self.dense[at - 1]
            backward[self.delta_name(at)] = self._vector(plan.sizes[at])
            backward[f"{name}.dL_dw"] = parameters[f"{name}.w"]
            backward |= {f"{name}.dL_db": (plan.sizes[at],)} if plan.has_bias else {}
            if at > 1 or plan.is_conv:
                backward[f"{name}.dL_dh"] = self._vector(plan.sizes[at - 1])
        backward |= conv_backward
        kept = {name: shape for name, shape in backward.items() if self.has(name)}
        updates = {}
        if plan.has_updates and plan.arrangement != ROWS:
            updates = {f"{name}_new": shape for name, shape in parameters.items()}
        last = parameters if plan.weights_last else {}
        return shapes | ({} if plan.weights_last else parameters) | forward | kept | last | updates

    def _vector(self, size):
        return (self.plan.batch, size) if self.plan.batch else (size,)

    def has(self, name):
        """Return whether a gradient has cells of its own on the page."""
        kind = self.plan.intermediate
        if name.endswith((".dL_dw", ".dL_db")) or kind == ALL:
            return True
        deltas = [self.delta_name(at) for at in range(1, len(self.dense) + 1)]
        # Nobody writes the gradient of a filter without that of the map.
        if name == f"{self.conv_act}.dL_dh" and self.plan.is_conv:
            return True
        return kind != NONE and name in deltas

    def delta_name(self, layer):
        """Return the name of dL/d(net) of a dense layer, counted from 1."""
        act = self.acts[layer - 1]
        return f"{act}.dL_dh" if act else f"{self.dense[layer - 1]}.dL_dout"

    def _error_name(self):
        return f"{self.acts[-1] or self.dense[-1]}.dL_dout"

    def out_name(self, layer):
        """Return the name of what a dense layer and its activation give."""
        if layer == len(self.dense) and self.plan.loss == "cross_entropy":
            return "loss.softmax"
        return f"{self.acts[layer - 1] or self.dense[layer - 1]}.out"

    def below(self, layer, index, unit):
        """Return the entry that a dense layer takes as input number `unit`."""
        if layer > 1:
            return self.out_name(layer - 1), (*index[:-1], unit)
        if not self.plan.is_conv:
            return "dense1.h", (*index[:-1], unit)
        maps = (self.plan.image - self.plan.kernel + 1) // 2
        return f"{self.pool}.out", (unit // maps**2, unit // maps % maps, unit % maps)

    # The formulas.

    def of(self, name, index, step=0):
        """Return the formula of an entry."""
        slip = self.slip(name, index)
        layer, _, short = name.partition(".")
        if short.endswith("_new"):
            return self.update(name.removesuffix("_new"), index, step, slip)
        if layer == "loss":
            return self._loss(step) if short == "L" else self._softmax(index, step)
        if layer == "conv1":
            return self._finished(self._conv(short, index, step, slip), slip)
        if layer in (self.conv_act, self.pool) and self.plan.is_conv:
            return self._front(layer, short, index, step, slip)
        if short == "out":
            return self._forward(layer, index, step)
        return self._finished(self._backward(name, index, step, slip), slip)

    def slip(self, name, index):
        """Return the slip that is planted in a cell, or ""."""
        planted = self.planted
        is_here = planted and planted.name == name and planted.index in (None, tuple(index))
        return planted.slip if is_here else ""

    def _ref(self, entry, step):
        return self.page.ref(*entry, step)

    def _products(self, left, right, step):
        """Return the sum of products of entries, with SUMPRODUCT where they lie alike."""
        if self.plan.has_functions and len(left) > 1:
            found = self.page.product(left, right, step)
            if found is not None:
                return found
        pairs = zip(left, right, strict=True)
        return added([self._ref(one, step) * self._ref(other, step) for one, other in pairs])

    def _forward(self, layer, index, step):
        if layer in self.dense:
            at, unit = self.dense.index(layer) + 1, index[-1]
            inputs = range(self.plan.sizes[at - 1])
            weights = [(f"{layer}.w", (unit, one)) for one in inputs]
            net = self._products(weights, [self.below(at, index, one) for one in inputs], step)
            return net + self._ref((f"{layer}.b", (unit,)), step) if self.plan.has_bias else net
        at = self.acts.index(layer)
        return _activated(
            self.plan.activations[at], self._ref((f"{self.dense[at]}.out", index), step)
        )

    def _softmax(self, index, step):
        name = f"{self.dense[-1]}.out"
        nets = [self._ref((name, (*index[:-1], one)), step) for one in range(self.plan.sizes[-1])]
        return exp(nets[index[-1]]) / added([exp(one) for one in nets])

    def _loss(self, step):
        plan, last = self.plan, self.out_name(len(self.dense))
        samples = [(at,) for at in range(plan.batch)] or [()]
        entries = [(*at, unit) for at in samples for unit in range(plan.sizes[-1])]
        pairs = [
            (self._ref((last, at), step), self._ref(("loss.target", at), step)) for at in entries
        ]
        if plan.loss == "cross_entropy":
            total = -added([target * ln(out) for out, target in pairs])
            return total / plan.batch if plan.batch else total
        squares = added([(target - out) ** 2 for out, target in pairs])
        return 0.5 * squares if plan.loss == "half_sse" else squares / len(pairs)

    def _backward(self, name, index, step, slip):
        layer, _, short = name.partition(".")
        for at in range(1, len(self.dense) + 1):
            if name == self.delta_name(at):
                return self._delta(at, index, step, slip)
        if name == self._error_name():
            return self._error(index, step, slip)
        at = self.dense.index(layer) + 1
        if short == "dL_dh":
            return self._received(at, index, step, slip)
        return self._of_parameter(at, short, index, step, slip)

    def _of_parameter(self, layer, short, index, step, slip):
        unit = index[0]
        samples = [(at,) for at in range(self.plan.batch)] or [()]
        if short == "dL_db":
            return added([self.delta(layer, (*at, unit), step, slip) for at in samples])
        at_input = index[1]
        if slip == slips.OTHER_INPUT:
            at_input = (at_input + 1) % self.plan.sizes[layer - 1]
        inputs = [self.below(layer, (*at, unit), at_input) for at in samples]
        if self.has(self.delta_name(layer)) and self.plan.batch and slip != slips.ONE_ROW:
            deltas = [(self.delta_name(layer), (*at, unit)) for at in samples]
            return self._products(deltas, inputs, step)
        parts = []
        for at, one in zip(samples, inputs, strict=True):
            own = self.page.above(*one, step) if slip == slips.ONE_ROW else self._ref(one, step)
            parts.append(self.delta(layer, (*at, unit), step, slip) * own)
        return added(parts)

    def delta(self, layer, index, step, slip=""):
        """Return dL/d(net) of a unit: its cell, or written out where it has none."""
        name = self.delta_name(layer)
        return (
            self._ref((name, index), step)
            if self.has(name)
            else self._delta(layer, index, step, slip)
        )

    def _delta(self, layer, index, step, slip):
        if layer == len(self.dense):
            received = self._of_error(index, step, slip)
        elif self.has(f"{self.dense[layer]}.dL_dh"):
            received = self._ref((f"{self.dense[layer]}.dL_dh", index), step)
        else:
            received = self._received(layer + 1, index, step, slip)
        act = self.acts[layer - 1]
        if not act:
            return received
        nets, outs = f"{self.dense[layer - 1]}.out", f"{act}.out"
        if slip == slips.ANOTHER_UNIT:
            index = (*index[:-1], (index[-1] + 1) % self.plan.sizes[layer])
        net, out = self._ref((nets, index), step), self._ref((outs, index), step)
        return _derived(received, self.plan.activations[layer - 1], net, out, slip)

    def _of_error(self, index, step, slip):
        has_cell = self.acts[-1] and self.has(self._error_name())
        return (
            self._ref((self._error_name(), index), step)
            if has_cell
            else self._error(index, step, slip)
        )

    def _error(self, index, step, slip):
        plan = self.plan
        out = self._ref((self.out_name(len(self.dense)), index), step)
        target = self._ref(("loss.target", index), step)
        error = target - out if slip == slips.SWAPPED else out - target
        if slip == slips.TIMES:
            error = out * target
        if plan.loss == "cross_entropy":
            return error / plan.batch if plan.batch else error
        count = plan.sizes[-1] * max(1, plan.batch)
        if plan.loss == "half_sse" or count == 2:
            return error
        return 2 * error / count if count > 1 else 2 * error

    def _received(self, layer, index, step, slip):
        """Return dL/dh of a dense layer: what all its units send back to one of its inputs."""
        name, unit, units = f"{self.dense[layer - 1]}.w", index[-1], range(self.plan.sizes[layer])
        weights = [(name, (unit, at) if slip == slips.TRANSPOSED else (at, unit)) for at in units]
        if slip == slips.ONE_PATH:
            units, weights = units[:1], weights[:1]
        if self.has(self.delta_name(layer)):
            deltas = [(self.delta_name(layer), (*index[:-1], at)) for at in units]
            return self._products(deltas, weights, step)
        own = slip if slip in _IN_ERROR else ""
        return added(
            [
                self.delta(layer, (*index[:-1], at), step, own) * self._ref(weight, step)
                for at, weight in zip(units, weights, strict=True)
            ]
        )

    def _conv(self, short, index, step, slip):
        plan, act = self.plan, self.conv_act
        maps, window = plan.image - plan.kernel + 1, list(product(range(plan.kernel), repeat=2))
        whole = list(product(range(maps), repeat=2))
        if short == "out":
            k, i, j = index
            sums = [
                self._products(
                    [("conv1.h", (c, i + a, j + b)) for a, b in window],
                    [("conv1.w", (k, c, a, b)) for a, b in window],
                    step,
                )
                for c in range(plan.channels)
            ]
            return added([*sums, self._ref(("conv1.b", (k,)), step)])
        if short == "dL_db":
            return added([self._ref((f"{act}.dL_dh", (index[0], *at)), step) for at in whole])
        if short == "dL_dw":
            k, c, a, b = index
            b += slip == slips.OTHER_INPUT
            up = slip == slips.ONE_ROW
            seen = [("conv1.h", (c, a + i, b + j)) for i, j in whole]
            deltas = [(f"{act}.dL_dh", (k, i, j)) for i, j in whole]
            return (
                self.page.moved_up(seen, deltas, step) if up else self._products(seen, deltas, step)
            )
        c, u, v = index
        turn = plan.kernel - 1 if slip == slips.TRANSPOSED else 0
        parts = []
        for k in range(plan.filters):
            at = [
                (i, j)
                for i, j in whole
                if 0 <= u - i <= plan.kernel - 1 and 0 <= v - j <= plan.kernel - 1
            ]
            deltas = [(f"{act}.dL_dh", (k, i, j)) for i, j in at]
            used = [(abs(turn - (u - i)), abs(turn - (v - j))) for i, j in at]
            parts.append(self._products(deltas, [("conv1.w", (k, c, *one)) for one in used], step))
        return added(parts)

    def _front(self, layer, short, index, step, slip):
        """Return a formula of the activation behind the convolution, or of the pool."""
        plan, act = self.plan, self.conv_act
        if layer == act and short == "out":
            return _activated(plan.conv_activation, self._ref(("conv1.out", index), step))
        if layer == self.pool and short == "out":
            window = [self._ref((f"{act}.out", at), step) for at in self._window(*index)]
            if plan.pool == "max_pool2d":
                return call("MAX", lambda *values: max(values), *window)
            return added(window) / 4
        if layer == self.pool:
            return self._finished(self._through_pool(index, step, slip), slip)
        received = (
            self._ref((f"{self.pool}.dL_dh", index), step)
            if self.has(f"{self.pool}.dL_dh")
            else self._through_pool(index, step, slip)
        )
        net, out = self._ref(("conv1.out", index), step), self._ref((f"{act}.out", index), step)
        return self._finished(_derived(received, plan.conv_activation, net, out, slip), slip)

    @staticmethod
    def _window(k, i, j):
        return [(k, 2 * i + a, 2 * j + b) for a, b in product(range(2), repeat=2)]

    def _through_pool(self, index, step, slip):
        """Return dL/dh of the pool; beyond the last whole window it is a typed zero."""
        k, u, v = index
        maps = (self.plan.image - self.plan.kernel + 1) // 2
        if u // 2 >= maps or v // 2 >= maps:
            return 0 * self._ref((f"{self.conv_act}.out", index), step)
        unit = (k * maps + u // 2) * maps + v // 2
        name = "dense1.dL_dh"
        received = (
            self._ref((name, (unit,)), step)
            if self.has(name)
            else self._received(1, (unit,), step, slip)
        )
        if self.plan.pool == "avg_pool2d":
            return received / 4
        own = self._ref((f"{self.conv_act}.out", index), step)
        largest = self._ref((f"{self.pool}.out", (k, u // 2, v // 2)), step)
        mask = call("IF", lambda same, yes, no: yes if same else no, _same(own, largest), 1, 0)
        return received * mask

    def update(self, name, index, step, slip):
        """Return the new number of a parameter, from its number and its gradient in a step."""
        layer, _, short = name.partition(".")
        of = index
        if slip == slips.OTHER_GRADIENT:
            of = (*index[:-1], (index[-1] + 1) % self.page.shape(name)[-1])
        before = self._ref((name, index), step)
        if slip == NOT_UPDATED:
            return before
        gradient = self._ref((f"{layer}.dL_d{short}", of), step)
        change = self.page.rate(index, step, is_moved=slip == slips.RATE) * gradient
        return before + change if slip == slips.PLUS else before - change

    @staticmethod
    def _finished(gradient, slip):
        if slip == slips.SIGN:
            return -gradient
        return 2 * gradient if slip == slips.FACTOR else gradient


def _same(one, other):
    return type(one)(f"{one.text}={other.text}", one.value == other.value, 0)


def _activated(kind, net):
    if kind == "sigmoid":
        return 1 / (1 + exp(-net))
    return tanh(net) if kind == "tanh" else positive(net)


def _derived(received, kind, net, out, slip):
    """Return what is received times the derivative of an activation."""
    if slip == slips.NO_DERIVATIVE:
        return received
    own = net if slip == slips.OF_NET else out
    if kind == "sigmoid":
        return received * own * (1 - own)
    return received * (1 - own**2) if kind == "tanh" else received * is_positive(net)
