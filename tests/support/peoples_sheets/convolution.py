"""A page with a layer that convolves an image with a filter of 3x3, written by hand."""

from __future__ import annotations

import numpy as np

from tests.support.peoples_sheets import equations, slips
from tests.support.peoples_sheets.book import Book
from tests.support.peoples_sheets.terms import call, exp, is_positive, positive, products, total
from tests.support.peoples_sheets.truth import PeoplesSheet, claim

KIND = "convolution"
_SHEET, _FILTER, _RATE = "CNN", 3, 0.1
_PLACES = {
    slips.NO_DERIVATIVE: "dZ", slips.TIMES: "dZ", slips.SWAPPED: "dZ", slips.OF_NET: "dZ",
    slips.SIGN: "dF", slips.FACTOR: "dF", slips.ONE_ROW: "dF", slips.OTHER_INPUT: "dF",
    slips.TRANSPOSED: "dX", slips.PLUS: "new F", slips.RATE: "new F",
}  # fmt: skip


def write_convolution(seed, slip=""):
    """Return a drawn page, with a slip planted in it; None where it has no place."""
    rng = np.random.default_rng([seed, 13])
    activation = ("relu", "sigmoid")[rng.integers(2)]
    if slip and (slip not in _PLACES or (slip == slips.OF_NET and activation == "relu")):
        return None
    writing = _Writing(rng, activation, slip)
    writing.write()
    claims = tuple(writing.claims())
    losses = ((_SHEET, *writing.cells["L"]),)
    return PeoplesSheet(KIND, seed, writing.book, claims, losses, slip, tuple(writing.roots))


class _Writing:
    """A page while it is written; `cells` are the first row and column of blocks."""

    def __init__(self, rng, activation, slip):
        self._rng, self._activation, self._slip = rng, activation, slip
        self._image = int(rng.integers(5, 7))
        maps = self._image - _FILTER + 1
        self.sizes = {
            "X": (self._image,) * 2, "F": (3, 3), "b": (1, 1), "Z": (maps,) * 2, "A": (maps,) * 2,
            "T": (maps,) * 2, "L": (1, 1), "pad": (maps + 4,) * 2, "turned": (3, 3),
        }  # fmt: skip
        self.sizes |= {f"d{name}": self.sizes[name] for name in "XFbZ"}
        self.sizes |= {f"new {name}": self.sizes[name] for name in "Fb"}
        self.cells, self.roots, self.book = {}, [], Book()
        self.book.add(_SHEET)

    def write(self):
        """Write everything, in the order in which it can be reckoned."""
        rng, book = self._rng, self.book
        typed = {
            "X": np.round(rng.uniform(0.1, 1, self.sizes["X"]), 2),
            "F": np.round(rng.uniform(-1, 1, (3, 3)), 2),
            "b": np.full((1, 1), 0.1),
            "T": np.round(rng.uniform(0, 1, self.sizes["T"]), 1),
        }
        book.write(_SHEET, 1, 1, "Convolution, filter 3x3", bold=True)
        self.cells["rate"] = (2, 60)
        book.put(_SHEET, 2, 60, _RATE)
        row, column, deepest = 3, 1, 3
        formulas = ["Z", "A", "L", "dZ", "dF", "db", "pad", "turned", "dX", "new F", "new b"]
        for name in (*typed, *formulas):
            height, width = self.sizes[name]
            self.cells[name] = (row + 1, column)
            title = {"pad": "dZ padded", "turned": "F rotated", "L": "loss"}.get(name, name)
            book.write(_SHEET, row, column, title, bold=True, colour="FFE2EFDA")
            for index in np.ndindex(height, width):
                content = float(typed[name][index]) if name in typed else self._formula(name, index)
                book.put(*self._at(name, index), content)
                if self._has_slip(name, index):
                    self.roots.append(self._at(name, index))
            deepest, column = max(deepest, row + height), column + width + 1
            if column > 20:
                row, column = deepest + 2, 1

    def _at(self, name, index):
        return _SHEET, self.cells[name][0] + index[0], self.cells[name][1] + index[1]

    def _entry(self, name, index=(0, 0), dollars=""):
        return self.book.cell(*self._at(name, index), dollars)

    def _block(self, name, first=(0, 0), size=None):
        return self.book.area(*self._at(name, first), size or self.sizes[name])

    def _has_slip(self, name, index):
        is_here = bool(self._slip) and _PLACES[self._slip] == name
        return is_here and not (self._slip == slips.RATE and tuple(index) == (0, 0))

    def _formula(self, name, index):
        slip = self._slip if self._has_slip(name, index) else ""
        writers = {
            "Z": lambda: self._net(index),
            "A": lambda: self._activated(self._entry("Z", index)),
            "L": self._loss,
            "dZ": lambda: self._delta(index, slip),
            "dF": lambda: self._filter_gradient(index, slip),
            "db": lambda: total(self._block("dZ")),
            "pad": lambda: self._padded(index),
            "turned": lambda: self._entry("F", (2 - index[0], 2 - index[1])),
            "dX": lambda: self._image_gradient(index, slip),
            "new F": lambda: self._update("F", index, slip),
            "new b": lambda: self._update("b", index, slip),
        }
        return writers[name]()

    def _net(self, index):
        products_of = products(self._block("X", index, (3, 3)), self._block("F"))
        return products_of + self._entry("b", dollars="rc")

    def _activated(self, net):
        return positive(net) if self._activation == "relu" else 1 / (1 + exp(-net))

    def _loss(self):
        blocks = self._block("A"), self._block("T")
        return call("SUMXMY2", lambda out, target: ((out - target) ** 2).sum(), *blocks) / 2

    def _padded(self, index):
        """Return a cell of dL/dZ with two rows and columns of typed zeros around it."""
        inside = [at - 2 for at in index]
        is_in = all(0 <= at < end for at, end in zip(inside, self.sizes["dZ"], strict=True))
        return self._entry("dZ", inside) if is_in else 0

    def _image_gradient(self, index, slip):
        own = "F" if slip == slips.TRANSPOSED else "turned"
        return products(self._block("pad", index, (3, 3)), self._block(own))

    def _delta(self, index, slip):
        out, target = self._entry("A", index), self._entry("T", index)
        error = target - out if slip == slips.SWAPPED else out - target
        if slip == slips.TIMES:
            error = out * target
        if slip == slips.NO_DERIVATIVE:
            return error
        if self._activation == "relu":
            return error * is_positive(self._entry("Z", index))
        own = self._entry("Z", index) if slip == slips.OF_NET else out
        return error * own * (1 - own)

    def _filter_gradient(self, index, slip):
        down, along = index
        if slip == slips.ONE_ROW:
            down -= 1
        if slip == slips.OTHER_INPUT:
            along += 1
        gradient = products(self._block("X", (down, along), self.sizes["dZ"]), self._block("dZ"))
        if slip == slips.SIGN:
            return -gradient
        return 2 * gradient if slip == slips.FACTOR else gradient

    def _update(self, own, index, slip):
        rate = self._entry("rate", index if slip == slips.RATE else (0, 0), "" if slip else "rc")
        before, change = self._entry(own, index), rate * self._entry(f"d{own}", index)
        return before + change if slip == slips.PLUS else before - change

    def claims(self):
        """Yield what each entry of the gradients and updates is to hold."""
        arrays = {name: np.asarray(self._block(name).value) for name in "XFbZ"}
        true = equations.gradients(self._forward, arrays | {"Z": np.zeros(self.sizes["Z"])})
        for name in ("dZ", "dF", "db", "dX", "new F", "new b"):
            is_update = name.startswith("new ")
            own = name[4:] if is_update else name[1:]
            for index in np.ndindex(self.sizes[name]):
                value = true[own][index]
                yield claim(
                    self.book,
                    (self._at(name, index), self._at(own, index), self._at("L", (0, 0))),
                    value,
                    arrays[own][index] - _RATE * value if is_update else value,
                    is_update=is_update,
                    is_root=self._has_slip(name, index),
                )

    def _forward(self, *, X, F, b, Z):  # noqa: N803
        windows = np.lib.stride_tricks.sliding_window_view(X, (3, 3), axis=(1, 2))
        net = Z + np.einsum("nrckl,nkl->nrc", windows, F) + b
        out = equations.ACTIVATIONS[self._activation](net)
        return 0.5 * ((out - np.asarray(self._block("T").value)) ** 2).sum(axis=(1, 2))
