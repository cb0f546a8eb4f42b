"""The formulas of a page of blocks, as array formulas and cell by cell."""

from __future__ import annotations

import numpy as np

from tests.support.peoples_sheets import slips
from tests.support.peoples_sheets.terms import (
    Term,
    added,
    call,
    exp,
    is_positive,
    is_positive_in_array,
    ln,
    positive,
    positive_in_array,
    product,
    products,
    tanh,
    total,
    turned,
)

_GRADIENTS = ("dW2", "dW1")


class BlockFormulas:
    """Formulas by block; `page` gives references. `planted` is the block and the entries."""

    def __init__(self, plan, page, rng, slip):
        self.plan, self.page, self._slip = plan, page, slip
        self.planted = self._places(rng, slip) if slip else None

    def names(self):
        """Return the blocks that hold formulas, each after what it refers to."""
        forward = ["Z1", "A1", "Z2", *(["A2"] if self.plan.output != "linear" else []), "L"]
        backward = ["dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"]
        return [*forward, *backward, "new W1", "new b1", "new W2", "new b2"]

    def _places(self, rng, slip):
        plan = self.plan
        _, hidden, outputs = plan.sizes
        derived = ["dZ1"] + ["dZ2"] * (plan.output in ("sigmoid", "tanh"))
        by_entry = not plan.is_array
        blocks = {
            slips.ANOTHER_UNIT: derived if by_entry else [],
            slips.NO_DERIVATIVE: derived,
            slips.ONE_PATH: ["dA1"] if by_entry else [],
            slips.TIMES: ["dZ2"],
            slips.SWAPPED: ["dZ2"],
            slips.SIGN: _GRADIENTS,
            slips.FACTOR: [*_GRADIENTS, "dZ2"],
            slips.ONE_ROW: _GRADIENTS if by_entry else [],
            slips.RATE: ["new W1", "new W2"] if by_entry else [],
            slips.OTHER_INPUT: _GRADIENTS if by_entry else [],
            slips.TRANSPOSED: ["dA1"] if hidden == outputs else [],
            slips.OTHER_GRADIENT: ["new W1", "new W2"] if by_entry else [],
            slips.PLUS: ["new W1", "new W2"],
            slips.OF_NET: [one for one in derived if one == "dZ2" or plan.activation != "relu"],
            slips.WRONG_WEIGHTS: ["Z1"] if by_entry else [],
            slips.NO_ACTIVATION: ["Z2"],
        }[slip]
        if not blocks:
            return None
        block = blocks[rng.integers(len(blocks))]
        size = self.page.sizes[block]
        column = int(rng.integers(size[1]))
        row = int(rng.integers(size[0])) if by_entry and rng.integers(2) else None
        if slip == slips.RATE:
            return block, None, None
        # All units with the weights of the next are units by other names: no slip at all.
        is_whole = row is None and bool(rng.integers(2)) and slip != slips.WRONG_WEIGHTS
        return block, row, None if plan.is_array or is_whole else column

    def slip(self, name, index):
        """Return the slip that is planted in an entry, or ""."""
        if not self.planted or self.planted[0] != name:
            return ""
        _, row, column = self.planted
        return self._slip if row in (None, index[0]) and column in (None, index[1]) else ""

    def has_slip(self, name, index):
        """Return whether an entry's formula is the one with the slip."""
        return bool(self.slip(name, index)) and not (self._slip == slips.RATE and index == (0, 0))

    def as_array(self, name):
        """Return the array formula of a block; None where each cell has its own."""
        if not self.plan.is_array or name == "L" or (name == "A2" and self._is_softmax):
            return None
        slip = self.slip(name, (0, 0))
        if name.startswith("new "):
            change = self.page.entry("rate", 0, 0, "rc") * self.page.block(f"d{name[4:]}")
            before = self.page.block(name[4:])
            return before + change if slip == slips.PLUS else before - change
        return self._array_of(name, slip)

    def _array_of(self, name, slip):
        block = self.page.block
        if name[0] == "Z":
            below = self._below(name, slip)
            return product(block(below), block(f"W{name[1]}")) + block(f"b{name[1]}")
        if name[0] == "A":
            return self._activated(name, block(f"Z{name[1]}"))
        if name.startswith("dW"):
            below = block("X" if name == "dW1" else "A1")
            return self._finished(product(turned(below), block(f"dZ{name[2]}")), slip)
        if name == "dA1":
            weights = block("W2") if slip == slips.TRANSPOSED else turned(block("W2"))
            return product(block("dZ2"), weights)
        return None if name.startswith("db") else self._delta(name, block, (), slip)

    @staticmethod
    def _below(name, slip):
        if name == "Z1":
            return "X"
        return "Z1" if slip == slips.NO_ACTIVATION else "A1"

    def _delta(self, name, of, index, slip):
        if name == "dZ1":
            return self._derived(of, index, "1", of("dA1", *index), slip)
        return self._finished(self._output_delta(of, index, slip), slip)

    @property
    def _is_softmax(self):
        return self.plan.output == "softmax"

    def entry(self, name, row, column):
        """Return the formula of one cell of a block."""
        slip = self.slip(name, (row, column))
        writers = {
            "L": self._loss,
            "Z": lambda: self._net(name, row, column, slip),
            "A": lambda: self._activated(name, self.page.entry(f"Z{name[1]}", row, column), row),
            "dW": lambda: self._finished(self._weight_gradient(name, row, column, slip), slip),
            "db": lambda: total(self.page.block(f"dZ{name[2]}", columns=column)),
            "dA": lambda: self._received(row, column, slip),
            "dZ": lambda: self._delta(name, self.page.entry, (row, column), slip),
            "new W": lambda: self._update(name, row, column, slip),
            "new b": lambda: self._update(name, row, column, slip),
        }
        return writers[name.rstrip("12")]()

    def _loss(self):
        plan, block = self.plan, self.page.block
        out, target = block(self._out), block("T")
        if plan.loss == "cross-entropy":
            logarithms = products(target, ln(out))
            return -logarithms / plan.samples if plan.is_mean else -logarithms
        squares = call("SUMXMY2", lambda one, other: float(((one - other) ** 2).sum()), out, target)
        divisor = plan.sizes[2] if plan.loss == "mean" else 2
        return squares / (divisor * (plan.samples if plan.is_mean else 1))

    @property
    def _out(self):
        return "Z2" if self.plan.output == "linear" else "A2"

    def _net(self, name, row, column, slip):
        layer = name[1]
        below = self._below(name, slip)
        from_ = (column + 1) % self.plan.sizes[1] if slip == slips.WRONG_WEIGHTS else column
        bias = self.page.entry(f"b{layer}", 0, column, "r")
        if self.plan.is_written_out:
            width = self.page.sizes[below][1]
            entry = self.page.entry
            parts = [entry(below, row, at) * entry(f"W{layer}", at, from_) for at in range(width)]
            return added([*parts, bias])
        left, right = self.page.block(below, rows=row), self.page.block(f"W{layer}", columns=from_)
        single = call("MMULT", lambda one, other: float((one @ other).item()), left, right)
        return single + bias

    def _activated(self, name, net, row=0):
        activation = self.plan.activation if name == "A1" else self.plan.output
        if activation == "softmax":
            outputs = range(self.plan.sizes[2])
            return exp(net) / added([exp(self.page.entry("Z2", row, at)) for at in outputs])
        if activation == "sigmoid":
            return 1 / (1 + exp(-net))
        if activation == "tanh":
            return tanh(net)
        return positive_in_array(net) if self.plan.is_array else positive(net)

    def _output_delta(self, of, index, slip):
        plan = self.plan
        out, target = of(self._out, *index), of("T", *index)
        error = target - out if slip == slips.SWAPPED else out - target
        if slip == slips.TIMES:
            error = out * target
        if plan.loss == "mean" and plan.sizes[2] != 2:
            error = 2 * error / plan.sizes[2]
        if plan.is_mean:
            error = error / plan.samples
        return self._derived(of, index, "2", error, slip)

    def _derived(self, of, index, layer, received, slip):
        name = self.plan.activation if layer == "1" else self.plan.output
        if name in ("linear", "softmax") or slip == slips.NO_DERIVATIVE:
            return received
        kind = "Z" if slip == slips.OF_NET or name == "relu" else "A"
        if slip == slips.ANOTHER_UNIT:
            index = (index[0], (index[1] + 1) % self.page.sizes[f"A{layer}"][1])
        own = of(f"{kind}{layer}", *index)
        if name == "relu":
            mask = is_positive_in_array if self.plan.is_array else is_positive
            return received * mask(own)
        return received * own * (1 - own) if name == "sigmoid" else received * (1 - own**2)

    def _weight_gradient(self, name, row, column, slip):
        below = "X" if name == "dW1" else "A1"
        if slip == slips.OTHER_INPUT:
            row = (row + 1) % self.page.sizes[below][1]
        up = int(slip == slips.ONE_ROW)
        delta = f"dZ{name[2]}"
        if self.plan.is_written_out and not up:
            entry, samples = self.page.entry, range(self.plan.samples)
            return added([entry(below, at, row) * entry(delta, at, column) for at in samples])
        left, right = (
            self.page.block(below, columns=row, up=up),
            self.page.block(delta, columns=column),
        )
        return products(left, right)

    def _received(self, row, column, slip):
        entry, outputs = self.page.entry, range(self.plan.sizes[2])
        if slip == slips.TRANSPOSED:
            return added([entry("dZ2", row, at) * entry("W2", at, column) for at in outputs])
        if slip == slips.ONE_PATH:
            return entry("dZ2", row, 0) * entry("W2", column, 0)
        if self.plan.is_written_out:
            return added([entry("dZ2", row, at) * entry("W2", column, at) for at in outputs])
        return products(self.page.block("dZ2", rows=row), self.page.block("W2", rows=column))

    def _update(self, name, row, column, slip):
        own, entry = name[4:], self.page.entry
        rate = entry("rate", 0, 0, "rc")
        if slip == slips.RATE:
            rate = entry("rate", row, column)
        at = column
        if slip == slips.OTHER_GRADIENT:
            at = (column + 1) % self.page.sizes[own][1]
        change = rate * entry(f"d{own}", row, at)
        before = entry(own, row, column)
        return before + change if slip == slips.PLUS else before - change

    @staticmethod
    def _finished(gradient, slip):
        if slip == slips.SIGN:
            return -gradient
        if slip == slips.FACTOR:
            return Term(f"2*({gradient.text})", np.multiply(2, gradient.value), 2)
        return gradient
