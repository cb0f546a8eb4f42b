"""Sheets with a row, or a column, for each step of a training."""

from __future__ import annotations

from itertools import product

import numpy as np

from tests.support.peoples_sheets import equations, slips
from tests.support.peoples_sheets.book import Book
from tests.support.peoples_sheets.labels import group_label, label, word
from tests.support.peoples_sheets.plan import drawn_numbers
from tests.support.peoples_sheets.step_formulas import Planted, StepFormulas
from tests.support.peoples_sheets.truth import PeoplesSheet, claim

_SHEET = "Sheet1"


def write_steps(seed, plan, slip=""):
    """Return a drawn sheet of a plan, with a slip planted in it; None where it has no place."""
    rng = np.random.default_rng([seed, 7])
    planted = _planted(rng, plan, slip) if slip else None
    if slip and planted is None:
        return None
    writing = _Writing(plan, drawn_numbers(rng, plan), planted, rng)
    writing.write()
    roots = tuple(
        writing.place(key, step)
        for key, step in product(writing.keys, range(plan.steps))
        if planted and writing.has_slip(key, step)
    )
    losses = tuple(writing.place(("L",), step) for step in range(plan.steps))
    is_forward = slip in slips.IN_FORWARD
    claims = tuple(writing.claims())
    return PeoplesSheet(plan.kind, seed, writing.book, claims, losses, slip, roots, is_forward)


def _planted(rng, plan, slip):
    """Return a slip at one of the quantities that may have it."""
    inputs, hidden, outputs = plan.sizes
    ends = {"1": plan.activation, "2": plan.output}
    deltas = [("d1", j) for j in range(hidden)] + [("d2", k) for k in range(outputs)]
    first = [("gW1", *at) for at in product(range(hidden), range(inputs))]
    second = [("gW2", *at) for at in product(range(outputs), range(hidden))]
    gradients = first + second
    through = deltas if plan.has_deltas else gradients
    derived = [key for key in through if ends[key[0][-1]] not in ("linear", "softmax")]
    hidden_only = [key for key in through if key[0][-1] == "1"]
    nets = [key for key in derived if ends[key[0][-1]] != "relu"]
    errors = [key for key in through if key[0] == "d2"] if plan.has_deltas else gradients
    weights = [(key[0][1:], *key[1:]) for key in gradients]
    several = [key for key in derived if plan.sizes[int(key[0][-1])] > 1]
    places = {
        slips.ANOTHER_UNIT: several,
        slips.NO_DERIVATIVE: derived,
        slips.ONE_PATH: hidden_only if outputs > 1 else [],
        slips.TIMES: errors,
        slips.SWAPPED: errors,
        slips.SIGN: gradients,
        slips.FACTOR: gradients + (deltas if plan.has_deltas else []),
        slips.ONE_ROW: second if plan.sample != "own" else gradients if plan.has_deltas else first,
        slips.RATE: [] if plan.is_delta_rule else weights,
        slips.OTHER_INPUT: gradients,
        slips.TRANSPOSED: hidden_only if hidden == outputs else [],
        slips.OTHER_GRADIENT: weights,
        slips.PLUS: weights,
        slips.OF_NET: nets,
        slips.WRONG_WEIGHTS: [("z1", j) for j in range(hidden)],
        slips.NO_ACTIVATION: [("z2", k) for k in range(outputs)],
    }[slip]
    if not places:
        return None
    key = places[rng.integers(len(places))]
    if slip == slips.TRANSPOSED and key[0] == "gW1" and plan.has_deltas:
        return None
    once = slip == slips.ONE_ROW and rng.integers(2)
    return Planted(slip, key, int(rng.integers(2, plan.steps)) if once else None)


class _Writing:
    """A sheet while it is written."""

    def __init__(self, plan, numbers, planted, rng):
        self.plan, self.numbers, self.planted = plan, numbers, planted
        self.keys = _keys(plan)
        self.book = Book()
        self.book.add(_SHEET)
        self._along = _positions(plan, self.keys)
        self._first = 3 + plan.label_rows + int(rng.integers(0, 3))
        width = max(self._along.values())
        # Where the rate is fixed by no $, what is below it has to be blank.
        self._rate_place = (self._first, width + 2) if rng.integers(2) else (2, 3)
        if planted and planted.slip == slips.RATE:
            self._rate_place = (self._first, width + 2)
        self.formulas = StepFormulas(plan, self.ref, self.rate, planted)

    def has_slip(self, key, step):
        """Return whether a cell's formula is the one with the slip."""
        slip = self.formulas.slip(key, step)
        if not slip or (slip == slips.ONE_ROW and step == 0):
            return False
        if slip in slips.IN_UPDATES:
            return step > (1 if slip == slips.RATE else 0)
        return True

    def place(self, key, step):
        """Return where a quantity of a step stands."""
        along, down = self._along[key], self._first + step
        return (_SHEET, along, down) if self.plan.is_across else (_SHEET, down, along)

    def ref(self, key, step):
        """Return a reference; what stands nowhere in the first step's row above is a label."""
        return self.book.cell(*self.place(key, max(step, 0)))

    def rate(self, moved=None):
        """Return the rate's cell; `moved` is how far it was copied without its $."""
        across = self.plan.is_across
        row, column = reversed(self._rate_place) if across else self._rate_place
        if moved is None:
            return self.book.cell(_SHEET, row, column, "rc")
        step = (row, column + moved - 1) if across else (row + moved - 1, column)
        return self.book.cell(_SHEET, *(max(1, one) for one in step))

    def write(self):
        """Write everything."""
        self._write_words()
        row, column = reversed(self._rate_place) if self.plan.is_across else self._rate_place
        self.book.put(_SHEET, row, column, self.plan.rate)
        self.book.write(_SHEET, row - 1, column, word(self.plan, "rate"))
        for step in range(self.plan.steps):
            for key in self._in_order(step):
                self.book.put(*self.place(key, step), self._content(key, step))

    def _in_order(self, step):
        """Return the quantities of a step as one can reckon them."""
        del step
        order = ["t", "x", "W1", "b1", "W2", "b2", "z1", "a1", "z2", "a2", "E", "L", "d2", "d1"]
        return sorted(self.keys, key=lambda key: order.index(key[0]) if key[0] in order else 99)

    def _content(self, key, step):
        kind, *index = key
        if kind in ("t", "x"):
            if step and self.plan.sample == "above":
                return self.ref(key, step - 1)
            row = step if self.plan.sample == "own" else 0
            return float(self.numbers[kind][row][index[0]])
        if step == 0 and kind in self.numbers:
            return float(self.numbers[kind][tuple(index)])
        return self.formulas.of(key, step)

    def _write_words(self):
        plan, rows = self.plan, self.plan.label_rows
        self.book.write(_SHEET, 1, 1, word(plan, "title"), bold=True, colour="FFDDEEFF")
        if not rows:
            return
        last = ""
        for key in self.keys:
            along = self._along[key]
            at = self._first - 1
            places = [(at, along), (at - 1, along)]
            if plan.is_across:
                places = [(column, row) for row, column in places]
            self.book.write(_SHEET, *places[0], label(plan, key), bold=True, colour="FFEEEEEE")
            group = group_label(plan, key)
            if rows > 1 and group != last:
                self.book.write(_SHEET, *places[1], group)
            last = group
        end = self._first + plan.steps + 1
        note = (2 + max(self._along.values()), 1) if plan.is_across else (end, 1)
        self.book.write(_SHEET, *note, word(plan, "note"))

    def claims(self):
        """Yield what each cell that says so is to hold, from the equations of its step."""
        for step in range(self.plan.steps):
            true, loss = self._true(step), self.place(("L",), step)
            for key in self.keys:
                if key[0][0] in "gd":
                    of = (key[0].replace("d", "z").removeprefix("g"), *key[1:])
                    gradient = true[of[0]][of[1:]]
                    places = self.place(key, step), self.place(of, step), loss
                    value = gradient * self._convention(key)
                    is_root = self.has_slip(key, step)
                    yield claim(self.book, places, gradient, value, is_root=is_root)
                elif key[0][0] in "Wb" and step + 1 < self.plan.steps:
                    places = self.place(key, step + 1), self.place(key, step), loss
                    gradient = true[key[0]][key[1:]]
                    value = self._value(key, step) - self.plan.rate * gradient
                    is_root = self.has_slip(key, step + 1)
                    yield claim(self.book, places, gradient, value, is_update=True, is_root=is_root)

    def _convention(self, key):
        if not self.plan.is_delta_rule:
            return 1.0
        return -1.0 if key[0][0] == "d" else -self.plan.rate

    def _value(self, key, step):
        return self.book.values[self.place(key, step)]

    def _true(self, step):
        """Return dL/d(each) of the sheet's own forward pass, in NumPy."""
        inputs, hidden, outputs = self.plan.sizes
        sizes = {"x": (inputs,), "t": (outputs,), "W1": (hidden, inputs), "W2": (outputs, hidden)}
        sizes |= {name: self.numbers[name].shape for name in ("b1", "b2") if name in self.numbers}
        numbers = {name: np.zeros(size) for name, size in sizes.items()}
        for name, array in numbers.items():
            for index in np.ndindex(array.shape):
                array[index] = self._value((name, *index), step)
        target = numbers.pop("t")
        moved = {"z1": np.zeros(hidden), "z2": np.zeros(outputs)}

        def forward(**arrays):
            return self._forward(step, target, **arrays)

        return equations.gradients(forward, numbers | moved)

    def _forward(self, step, target, *, x, W1, W2, z1, z2, b1=0.0, b2=0.0):  # noqa: N803
        z1 = z1 + np.einsum("nji,ni->nj", self._used(W1, step), x) + b1
        a1 = equations.ACTIVATIONS[self.plan.activation](z1)
        below = np.repeat(a1[:, None], W2.shape[1], axis=1)
        for unit in range(W2.shape[1]):
            if self.formulas.slip(("z2", unit), step) == slips.NO_ACTIVATION:
                below[:, unit] = z1
        z2 = z2 + np.einsum("nkj,nkj->nk", W2, below) + b2
        out = equations.ACTIVATIONS[self.plan.output](z2)
        return equations.loss(self.plan.loss, out, target)

    def _used(self, weights, step):
        units = weights.shape[1]
        rows = [
            (unit + (self.formulas.slip(("z1", unit), step) == slips.WRONG_WEIGHTS)) % units
            for unit in range(units)
        ]
        return weights[:, rows]


def _keys(plan):
    """Return the quantities of a step in the order in which they stand."""
    inputs, hidden, outputs = plan.sizes
    first = [("W1", *at) for at in product(range(hidden), range(inputs))]
    second = [("W2", *at) for at in product(range(outputs), range(hidden))]
    if plan.biases != "none":
        units = (1, 1) if plan.biases == "shared" else (hidden, outputs)
        first += [("b1", j) for j in range(units[0])]
        second += [("b2", k) for k in range(units[1])]
    ends = [("z1", "a1", hidden), ("z2", "a2" if plan.output != "linear" else None, outputs)]
    layers = []
    for net, activation, units in ends:
        pairs = [[(net, at), *([(activation, at)] if activation else [])] for at in range(units)]
        flat = [key for pair in pairs for key in pair]
        is_grouped = plan.is_grouped or plan.output == "softmax"
        layers.append(sorted(flat, key=lambda key: key[0][0] != "z") if is_grouped else flat)
    errors = [*[("E", at) for at in range(outputs)], ("L",)]
    deltas = [("d2", k) for k in range(outputs)] + [("d1", j) for j in range(hidden)]
    samples = [("t", k) for k in range(outputs)] + [("x", i) for i in range(inputs)]
    gradients = [(f"g{key[0]}", *key[1:]) for key in first + second]
    deltas = deltas if plan.has_deltas else []
    if plan.weights_last:
        return [*samples, *layers[0], *layers[1], *errors, *deltas, *gradients, *first, *second]
    return [*samples, *first, *layers[0], *second, *layers[1], *errors, *deltas, *gradients]


def _positions(plan, keys):
    """Return how far along each quantity stands, from 1, with gaps between groups."""
    result, along, last = {}, 1, ""
    for key in keys:
        if plan.has_gaps and last and group_label(plan, key) != last:
            along += 1
        result[key] = along
        along, last = along + 1, group_label(plan, key)
    return result
