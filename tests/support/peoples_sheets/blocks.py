"""Pages of blocks: one step of a network of two layers, on several samples at once.

On one sheet or a sheet for each layer; as array formulas, or a formula in each cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.support.peoples_sheets import equations, slips
from tests.support.peoples_sheets.block_formulas import BlockFormulas
from tests.support.peoples_sheets.book import Book
from tests.support.peoples_sheets.truth import PeoplesSheet, claim

_TITLES = {
    "en": {"X": "X (a row per sample)", "T": "targets", "d": "dL/d{0}", "new": "{0} new",
           "rate": "learning rate", "L": "Loss", "sheet": "Net", "A2": "output"},
    "de": {"X": "Eingaben X", "T": "Zielwerte", "d": "Gradient {0}", "new": "{0} neu",
           "rate": "Lernrate", "L": "Fehler", "sheet": "Netz", "A2": "Ausgabe"},
    "greek": {"X": "X", "T": "Y", "d": "∂L/∂{0}", "new": "{0}⁺", "rate": "η", "L": "L",
              "sheet": "Σ", "A2": "Ŷ"},
}  # fmt: skip
_BEHIND = {"Z1": 1, "A1": 1, "W1": 1, "b1": 1, "dZ1": 1, "dA1": 1, "dW1": 1, "db1": 1}


@dataclass(frozen=True)
class BlockPlan:
    """A network, and how its page looks."""

    samples: int
    sizes: tuple[int, int, int]
    activation: str
    output: str
    loss: str
    is_mean: bool  # over the samples
    is_array: bool
    is_written_out: bool  # sums of products instead of SUMPRODUCT and MMULT
    sheets: int  # 1, or one for each layer
    is_side_by_side: bool
    language: str
    rate: float = 0.1

    @property
    def kind(self):
        """A word for what tells the page from others."""
        form = "array blocks" if self.is_array else "blocks"
        return f"{form} on {self.sheets} sheet{'s' * (self.sheets > 1)}"


def drawn_block_plan(rng, **fixed):
    """Return a plan; some of it may be fixed."""

    def one_of(*choices):
        return choices[rng.integers(len(choices))]

    loss, output = one_of(
        ("half", "sigmoid"), ("half", "linear"), ("mean", "tanh"), ("cross-entropy", "softmax")
    )
    choices = {
        "samples": int(rng.integers(2, 6)),
        "sizes": one_of((2, 3, 2), (3, 2, 2), (2, 2, 2), (3, 4, 2)),
        "activation": one_of("sigmoid", "tanh", "relu"),
        "output": output,
        "loss": loss,
        "is_mean": one_of(False, True),
        "is_array": one_of(False, True),
        "is_written_out": one_of(False, True),
        "sheets": one_of(1, 1, 3),
        "is_side_by_side": one_of(False, True),
        "language": one_of("en", "de", "greek"),
    }
    return BlockPlan(**choices | fixed)


def write_blocks(seed, plan, slip=""):
    """Return a drawn page, with a slip planted in it; None where it has no place."""
    rng = np.random.default_rng([seed, 11])
    writing = _Writing(plan, rng, slip)
    if slip and not writing.formulas.planted:
        return None
    writing.write()
    return PeoplesSheet(
        plan.kind,
        seed,
        writing.book,
        tuple(writing.claims()),
        (writing.cells["L"][:3],),
        slip,
        tuple(writing.roots),
        slip in slips.IN_FORWARD,
    )


class _Writing:
    """A page while it is written; `cells` are sheet, first row, first column and size of blocks."""

    def __init__(self, plan, rng, slip):
        self.plan, self.rng, self.book = plan, rng, Book()
        words = _TITLES[plan.language]
        names = [words["sheet"], *(f"{words['sheet']} {at}" for at in range(2, plan.sheets + 1))]
        self._sheets = [self.book.add(name) for name in names]
        self._cursor = dict.fromkeys(names, (4, 1))
        self.cells, self.roots = {}, []
        self.sizes = _sizes(plan)
        self.formulas = BlockFormulas(plan, self, rng, slip)

    def write(self):
        """Write everything, in the order in which it can be reckoned."""
        plan, typed = self.plan, self._typed()
        self.book.write(self._sheets[0], 1, 1, _TITLES[plan.language]["sheet"], bold=True)
        for name, array in typed.items():
            self._start(name)
            for index, number in np.ndenumerate(array):
                self.book.put(*self.at(name, *index), float(number))
        sheet = self._sheets[0]
        # Far from all else: where its $ is forgotten, blank cells follow.
        self.cells["rate"] = (sheet, 2, 60, (1, 1))
        self.book.put(sheet, 2, 60, plan.rate)
        self.book.write(sheet, 1, 60, _TITLES[plan.language]["rate"])
        for name in self.formulas.names():
            self._start(name)
            self._fill(name)

    def _typed(self):
        plan, rng = self.plan, self.rng
        arrays = {
            name: np.round(rng.uniform(0.1, 0.9, self.sizes[name]), 2)
            * rng.choice([-1, 1], self.sizes[name])
            for name in ("X", "W1", "b1", "W2", "b2")
        }
        if plan.loss == "cross-entropy":
            target = np.eye(plan.sizes[2])[rng.integers(0, plan.sizes[2], plan.samples)]
        else:
            target = np.round(rng.uniform(0.05, 0.95, self.sizes["T"]), 2)
        return {"X": arrays["X"], "T": target, **{k: v for k, v in arrays.items() if k != "X"}}

    def _start(self, name):
        """Choose a place for a block, and write its title."""
        own = name.removeprefix("new ")
        sheet = self._sheets[0]
        if self.plan.sheets > 1 and name not in ("X", "T"):
            sheet = self._sheets[1 if own in _BEHIND else 2]
        row, column = self._cursor[sheet]
        height, width = self.sizes[name]
        self.cells[name] = (sheet, row + 1, column, (height, width))
        self.book.write(sheet, row, column, self._title(name), bold=True, colour="FFFFF2CC")
        gap = int(self.rng.integers(1, 3))
        if self.plan.is_side_by_side and column < 18:
            self._cursor[sheet] = (row, column + width + gap)
        else:
            deepest = max(cell[1] + cell[3][0] for cell in self.cells.values() if cell[0] == sheet)
            self._cursor[sheet] = (deepest + gap, 1)

    def _title(self, name):
        words = _TITLES[self.plan.language]
        if name in words and name != "d":
            return words[name]
        if name.startswith("new "):
            return words["new"].format(name[4:])
        return words["d"].format(name[1:]) if name.startswith("d") else name

    def _fill(self, name):
        sheet, row, column, size = self.cells[name]
        as_array = self.formulas.as_array(name)
        if as_array is not None:
            self.book.put_array(sheet, row, column, as_array, size)
        for index in np.ndindex(size):
            if as_array is None:
                self.book.put(*self.at(name, *index), self.formulas.entry(name, *index))
            if self.formulas.has_slip(name, index):
                self.roots.append(self.at(name, *index))

    def at(self, name, row, column):
        """Return where an entry of a block stands."""
        sheet, top, left, _ = self.cells[name]
        return sheet, top + row, left + column

    def entry(self, name, row, column, dollars=""):
        """Return a reference to an entry."""
        return self.book.cell(*self.at(name, row, column), dollars)

    def block(self, name, rows=None, columns=None, up=0):
        """Return a reference to a block, or to one of its rows or columns, moved up."""
        sheet, top, left, (height, width) = self.cells[name]
        if rows is not None:
            top, height = top + rows, 1
        if columns is not None:
            left, width = left + columns, 1
        return self.book.area(sheet, top - up, left, (height, width))

    def _numbers(self, name):
        return np.asarray(self.block(name).value)

    def claims(self):
        """Yield what each entry of the gradients and updates is to hold."""
        names = ("X", "W1", "b1", "W2", "b2")
        arrays = {name: self._numbers(name) for name in names}
        moved = {name: np.zeros(self.sizes[name]) for name in ("Z1", "A1", "Z2")}
        true = equations.gradients(self._forward, arrays | moved)
        for name in self.formulas.names():
            is_update = name.startswith("new ")
            if name[0] != "d" and not is_update:
                continue
            of = name[4:] if is_update else name[1:]
            for index in np.ndindex(self.sizes[name]):
                gradient = float(true[of][index])
                changed = float(arrays[of][index]) - self.plan.rate * gradient if is_update else 0.0
                yield claim(
                    self.book,
                    (self.at(name, *index), self.at(of, *index), self.cells["L"][:3]),
                    gradient,
                    changed if is_update else gradient,
                    is_update=is_update,
                    is_root=self.formulas.has_slip(name, index),
                )

    def _forward(self, *, X, W1, b1, W2, b2, Z1, A1, Z2):  # noqa: N803
        plan, formulas = self.plan, self.formulas
        products = np.einsum("nsi,nij->nsj", X, W1)
        for index in np.ndindex(self.sizes["Z1"]):
            if formulas.slip("Z1", index) == slips.WRONG_WEIGHTS:
                other = W1[:, :, (index[1] + 1) % plan.sizes[1]]
                products[:, index[0], index[1]] = np.einsum("ni,ni->n", X[:, index[0]], other)
        net = Z1 + products + b1
        hidden = A1 + equations.ACTIVATIONS[plan.activation](net)
        result = np.einsum("nsi,nij->nsj", hidden, W2)
        without = np.einsum("nsi,nij->nsj", net, W2)
        for index in np.ndindex(self.sizes["Z2"]):
            if formulas.slip("Z2", index) == slips.NO_ACTIVATION:
                result[:, index[0], index[1]] = without[:, index[0], index[1]]
        out = equations.ACTIVATIONS[plan.output](Z2 + result + b2)
        losses = equations.loss(plan.loss, out, self._numbers("T"))
        return losses.mean(axis=1) if plan.is_mean else losses.sum(axis=1)


def _sizes(plan):
    inputs, hidden, outputs = plan.sizes
    sizes = {
        "X": (plan.samples, inputs), "T": (plan.samples, outputs), "W1": (inputs, hidden),
        "b1": (1, hidden), "W2": (hidden, outputs), "b2": (1, outputs), "L": (1, 1),
        "Z1": (plan.samples, hidden), "A1": (plan.samples, hidden),
        "Z2": (plan.samples, outputs), "A2": (plan.samples, outputs),
    }  # fmt: skip
    sizes |= {f"d{name}": size for name, size in sizes.items()}
    return sizes | {f"new {name}": sizes[name] for name in ("W1", "b1", "W2", "b2")}
