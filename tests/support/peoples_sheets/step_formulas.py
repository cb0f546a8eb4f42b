"""The formulas of one step, as a person writes them, with a slip where one is planted."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.peoples_sheets import slips
from tests.support.peoples_sheets.terms import added, exp, is_positive, ln, positive, tanh


@dataclass(frozen=True)
class Planted:
    """A slip in the formula of a quantity; `only` names the one step that has it, or all do."""

    slip: str
    key: tuple
    only: int | None = None

    def covers(self, key, step):
        """Return whether a formula has the slip."""
        return self.key == key and self.only in (None, step)


class StepFormulas:
    """Formulas by quantity; `ref(key, step)` is the cell of one."""

    def __init__(self, plan, ref, rate, planted):
        self.plan, self.ref, self.rate, self.planted = plan, ref, rate, planted

    def of(self, key, step):
        """Return the formula of a quantity in a step."""
        kind, *index = key
        slip = self.slip(key, step)
        if kind in ("W1", "b1", "W2", "b2"):
            return self._update(key, step, slip)
        if kind.startswith("gW"):
            return self._finished(self._weight_gradient(key, step, slip), slip)
        if kind.startswith("gb"):
            return self._finished(self._bias_gradient(key, step, slip), slip)
        writer = {
            "z1": self._net, "z2": self._net, "a1": self._activation, "a2": self._activation,
            "E": self._error, "L": self._loss, "d1": self._hidden_delta, "d2": self._output_delta,
        }[kind]  # fmt: skip
        result = writer(kind, index, step, slip)
        return self._finished(result, slip) if kind in ("d1", "d2") else result

    def slip(self, key, step):
        """Return the slip that is planted in a cell, or ""."""
        return self.planted.slip if self.planted and self.planted.covers(key, step) else ""

    def _update(self, key, step, slip):
        gradient_key = (f"g{key[0]}", *key[1:])
        if slip == slips.OTHER_GRADIENT:
            gradient_key = (gradient_key[0], *key[1:-1], (key[-1] + 1) % self._width(key))
        before, gradient = self.ref(key, step - 1), self.ref(gradient_key, step - 1)
        if self.plan.is_delta_rule:
            return before - gradient if slip == slips.PLUS else before + gradient
        change = self.rate(step if slip == slips.RATE else None) * gradient
        return before + change if slip == slips.PLUS else before - change

    def _width(self, key):
        inputs, hidden, outputs = self.plan.sizes
        return {"W1": inputs, "W2": hidden, "b1": hidden, "b2": outputs}[key[0]]

    def _net(self, kind, index, step, slip):
        (unit,) = index
        layer = kind[1]
        width = self._width((f"W{layer}",))
        below = ("x" if layer == "1" else "a1") if slip != slips.NO_ACTIVATION else "z1"
        row = (unit + 1) % self._units(layer) if slip == slips.WRONG_WEIGHTS else unit
        parts = [
            self.ref((f"W{layer}", row, at), step) * self.ref((below, at), step)
            for at in range(width)
        ]
        if self.plan.biases != "none":
            parts.append(self.ref(self.bias_key(layer, unit), step))
        return added(parts)

    def _units(self, layer):
        return self.plan.sizes[int(layer)]

    def bias_key(self, layer, unit):
        """Return which bias a unit has."""
        return (f"b{layer}", 0 if self.plan.biases == "shared" else unit)

    def _activation(self, kind, index, step, slip):
        net = self.ref((f"z{kind[1]}", *index), step)
        name = self.plan.activation if kind == "a1" else self.plan.output
        if slip == slips.NO_ACTIVATION:
            return net
        if name == "softmax":
            outputs = range(self.plan.sizes[2])
            return exp(net) / added([exp(self.ref(("z2", at), step)) for at in outputs])
        if name == "sigmoid":
            return 1 / (1 + exp(-net))
        return tanh(net) if name == "tanh" else positive(net)

    def out(self, unit, step):
        """Return the cell of an output."""
        return self.ref(("z2" if self.plan.output == "linear" else "a2", unit), step)

    def _error(self, _kind, index, step, _slip):
        target, out = self.ref(("t", *index), step), self.out(index[0], step)
        if self.plan.loss == "cross-entropy":
            return -(target * ln(out))
        square = (target - out) ** 2
        return 0.5 * square if self.plan.loss == "half" else square

    def _loss(self, _kind, _index, step, _slip):
        outputs = self.plan.sizes[2]
        parts = added([self.ref(("E", at), step) for at in range(outputs)])
        return parts / outputs if self.plan.loss == "mean" and outputs > 1 else parts

    def _output_delta(self, _kind, index, step, slip):
        (unit,) = index
        target, out = self.ref(("t", unit), step), self.out(unit, step)
        error = target - out if self.plan.is_delta_rule else out - target
        if slip == slips.SWAPPED:
            error = out - target if self.plan.is_delta_rule else target - out
        if slip == slips.TIMES:
            error = out * target
        outputs = self.plan.sizes[2]
        if self.plan.loss == "mean" and outputs != 2:
            error = 2 / outputs * error if outputs == 1 else 2 * error / outputs
        return self._derived(error, self.plan.output, "2", unit, step, slip)

    def _derived(self, received, name, layer, unit, step, slip):
        """Return what is received times the derivative of a unit's activation."""
        if name in ("linear", "softmax") or slip == slips.NO_DERIVATIVE:
            return received
        if slip == slips.ANOTHER_UNIT:
            unit = (unit + 1) % self._units(layer)
        kind = ("z" if slip == slips.OF_NET or name == "relu" else "a") + layer
        own = self.ref((kind, unit), step)
        if name == "sigmoid":
            return received * own * (1 - own)
        return received * (1 - own**2) if name == "tanh" else received * is_positive(own)

    def _hidden_delta(self, _kind, index, step, slip):
        (unit,) = index
        received = []
        for above in range(self.plan.sizes[2]):
            weight = ("W2", above, unit)
            if slip == slips.TRANSPOSED:
                weight = ("W2", unit, above)
            at = step - 1 if slip == slips.ONE_ROW else step
            own = slip if above == 0 and slip in (slips.TIMES, slips.SWAPPED) else ""
            received.append(self.delta("2", above, step, own) * self.ref(weight, at))
        if slip == slips.ONE_PATH:
            received = received[:1]
        return self._derived(added(received), self.plan.activation, "1", unit, step, slip)

    def delta(self, layer, unit, step, slip=""):
        """Return dL/d(net) of a unit: its cell, or written out where it has none."""
        if self.plan.has_deltas:
            return self.ref((f"d{layer}", unit), step)
        write = self._output_delta if layer == "2" else self._hidden_delta
        return write("", [unit], step, slip)

    def _weight_gradient(self, key, step, slip):
        kind, unit, at = key
        below, width = ("x", self._width(("W1",))) if kind == "gW1" else ("a1", self.plan.sizes[1])
        is_here = slip == slips.ONE_ROW and (kind == "gW2" or self.plan.has_deltas)
        if slip == slips.OTHER_INPUT:
            at = (at + 1) % width
        delta = self.delta(kind[2], unit, step, "" if is_here else slip)
        gradient = delta * self.ref((below, at), step - 1 if is_here else step)
        return self.rate() * gradient if self.plan.is_delta_rule else gradient

    def _bias_gradient(self, key, step, slip):
        kind, unit = key
        is_shared = self.plan.biases == "shared"
        units = range(self._units(kind[2])) if is_shared else [unit]
        gradient = added([self.delta(kind[2], one, step, slip) for one in units])
        return self.rate() * gradient if self.plan.is_delta_rule else gradient

    @staticmethod
    def _finished(gradient, slip):
        if slip == slips.SIGN:
            return -gradient
        return 2 * gradient if slip == slips.FACTOR else gradient
