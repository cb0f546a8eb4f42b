"""A chain of layers written on a sheet: the workbook, and where each of its tensors stands."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tests.support.chains.formulas import Formulas
from tests.support.chains.labels import kind_of, label
from tests.support.chains.places import Positions
from tests.support.chains.plan import ROWS, Plan, drawn_plan
from tests.support.chains.planting import IN_UPDATES, NoPlaceError, planted
from tests.support.peoples_sheets import slips
from tests.support.peoples_sheets.book import Book
from tests.support.peoples_sheets.terms import products
from xlbackprop.formula.places import Places
from xlbackprop.network import build_network
from xlbackprop.spec import parse_spec

_SEEN, _LEAST, _MOST, _MOST_ZEROS = 1e-3, 1e-9, 1e4, 0.6
_TRIES, _TURN = 60, 21_000  # a multiple of the turns that arrangements and styles take


@dataclass(frozen=True)
class ChainSheet:
    """A workbook, where its tensors stand, and what was planted in it: (sheet, row, column)."""

    plan: Plan
    book: Book
    truth: dict[str, Places]
    gradients: frozenset[tuple[str, int, int]]  # and updates: what the sheet's L judges
    slip: str = ""
    roots: tuple[tuple[str, int, int], ...] = ()

    @property
    def network(self):
        """The network that the sheet is of."""
        return build_network(parse_spec(self.plan.spec))


def drawn(seed, slip=""):
    """Return the sheet of a seed, with a slip that shows planted in it; None where none can be."""
    for attempt in range(_TRIES):
        own = seed + _TURN * attempt
        plan = drawn_plan(own)
        if slip in IN_UPDATES:
            plan = replace(plan, has_updates=True)
        if slip == slips.OTHER_GRADIENT and plan.loss == "cross_entropy" and plan.sizes[-1] == 2:
            continue  # of two classes, one's gradient is the other's with the sign reversed
        try:
            with np.errstate(all="ignore"):
                clean = write(plan, own)
                sheet = write(plan, own, slip) if slip else clean
        except NoPlaceError:
            continue
        if _is_usual(clean) and (not slip or _shows(sheet, clean)):
            return sheet
    return None


def write(plan, seed, slip=""):
    """Return a plan's sheet, its numbers and the place of a slip drawn."""
    rng = np.random.default_rng([seed, 5])
    page = _Page(plan, rng)
    placed = planted(page.formulas, plan, np.random.default_rng([seed, 23]), slip)
    page.formulas.planted = placed
    page.write(rng)
    return ChainSheet(
        plan, page.book, page.truth(), frozenset(page.gradients), slip, tuple(page.roots)
    )


def _is_usual(sheet):
    numbers = np.array(list(sheet.book.values.values()))
    of = np.array([sheet.book.values[at] for at in sheet.gradients])
    return bool(
        np.isfinite(numbers).all()
        and np.abs(numbers).max() < _MOST
        and (of == 0).mean() < _MOST_ZEROS
        and np.abs(of[of != 0]).min() > _LEAST  # where all cancels out, rounding decides
        and not _has_ties(sheet)
    )


def _has_ties(sheet):
    """Return whether all entries of a window of a max pool are 0: each gets the gradient."""
    plan = sheet.plan
    if not plan.is_conv or (plan.conv_activation, plan.pool) != ("relu", "max_pool2d"):
        return False
    pooled = sheet.truth["pool1.out"]
    cells = zip(pooled.sheet.flat, pooled.rows.flat, pooled.columns.flat, strict=True)
    values = sheet.book.values
    return any(
        values[pooled.sheets[at], int(row) + 1, int(column) + 1] == 0 for at, row, column in cells
    )


def _shows(sheet, clean):
    """Return whether a root's number is another than without the slip."""
    values, own = sheet.book.values, clean.book.values
    if not all(np.isfinite(values[at]) and abs(values[at]) < _MOST for at in values):
        return False
    size = max(abs(own[at]) for at in sheet.roots) if sheet.roots else 0.0
    return any(abs(values[at] - own[at]) > _SEEN * size for at in sheet.roots)


class _Page:
    """A page while it is written."""

    def __init__(self, plan, rng):
        self.plan, self.book = plan, Book()
        self.formulas = Formulas(plan, self)
        self.shapes = self.formulas.shapes()
        self.positions = Positions(plan, self.shapes, rng)
        self.gradients, self.roots = set(), []
        for sheet in self.positions.sheets:
            self.book.add(sheet)

    def shape(self, name):
        """Return a tensor's shape."""
        return self.shapes[name]

    def ref(self, name, index, step=0):
        """Return a reference to an entry."""
        return self.book.cell(*self.positions.at(name, index, step))

    def above(self, name, index, step):
        """Return a reference one row too high: one step, where each has a row."""
        if self.plan.arrangement == ROWS:
            return self.ref(name, index, max(step - 1, 0))
        sheet, row, column = self.positions.at(name, index)
        if (sheet, row - 1, column) not in self.book.values:
            raise NoPlaceError
        return self.book.cell(sheet, row - 1, column)

    def product(self, left, right, step):
        """Return SUMPRODUCT of two lists of entries; None where they do not lie alike."""
        areas = [
            self._area([self.positions.at(*one, step) for one in part]) for part in (left, right)
        ]
        if None in areas or areas[0][3] != areas[1][3]:
            return None
        return products(*(self.book.area(*one) for one in areas))

    def moved_up(self, left, right, step):
        """Return the sum of products with the first entries one row too high."""
        sheet, row, column, size = self._area([self.positions.at(*one, step) for one in left])
        other = self._area([self.positions.at(*one, step) for one in right])
        return products(self.book.area(sheet, row - 1, column, size), self.book.area(*other))

    @staticmethod
    def _area(cells):
        sheet, top, left = cells[0]
        _, bottom, right = cells[-1]
        whole = [
            (sheet, row, column)
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]
        return (sheet, top, left, (bottom - top + 1, right - left + 1)) if whole == cells else None

    def rate(self, index, step, *, is_moved):
        """Return the rate's cell; it moves with the formula where its $ is forgotten."""
        sheet, row, column = self.positions.rate_at()
        if not is_moved:
            return self.book.cell(sheet, row, column, "rc")
        if self.plan.arrangement == ROWS:
            moved = (row, column + step) if self.plan.is_across else (row + step, column)
            return self.book.cell(sheet, *moved)
        start = self.positions.at(*self._new(index), 0)
        first = self.positions.at(self._new(index)[0], (0,) * len(index))
        return self.book.cell(sheet, row + start[1] - first[1], column + start[2] - first[2])

    def _new(self, index):
        return self.formulas.planted.name, index

    def write(self, rng):
        """Write everything, in the order in which it can be reckoned."""
        typed = self._typed(rng)
        self._write_words()
        if "rate" in typed:
            self.book.put(*self.positions.rate_at(), self.plan.rate)
        for step in range(self.plan.steps):
            names = sorted(self.shapes, key=lambda name: name not in typed)
            for name in names:
                for index in np.ndindex(self.shapes[name]):
                    self._put(name, index, step, typed)

    def _put(self, name, index, step, typed):
        at = self.positions.at(name, index, step)
        is_parameter = name.endswith((".w", ".b"))
        slip = self.formulas.slip(name, index)
        if name in typed and (step == 0 or not is_parameter):
            self.book.put(*at, self._given(name, index, step, typed))
            return
        if is_parameter:
            content = self.formulas.update(name, index, step - 1, slip)
            slip = "" if slip == slips.RATE and step == 1 else slip
        else:
            content = self.formulas.of(name, index, step)
            if slip == slips.RATE and not any(index):
                slip = ""
        self.book.put(*at, content)
        if slip and not (slip == slips.ONE_ROW and self.plan.arrangement == ROWS and not step):
            self.roots.append(at)
        if is_parameter or "dL_d" in name or name.endswith("_new"):
            self.gradients.add(at)

    def _given(self, name, index, step, typed):
        if step and self.plan.sample == "above":
            return self.ref(name, index, step - 1)
        row = step if self.plan.sample == "own" and not name.endswith((".w", ".b")) else 0
        return float(typed[name][(row, *index)])

    def _typed(self, rng):
        """Return the numbers that are typed, with few digits: of each step, if they are."""
        found = {}
        for name, shape in self.shapes.items():
            steps = (self.plan.steps, *shape)
            if name.endswith((".w", ".b")) or name in ("dense1.h", "conv1.h"):
                numbers = np.round(rng.uniform(0.05, 0.95, steps), 2)
                found[name] = numbers * rng.choice([-1, 1], steps)
            elif name == "loss.target":
                is_class = self.plan.loss == "cross_entropy"
                numbers = np.eye(shape[-1])[rng.integers(0, shape[-1], steps[:-1])]
                found[name] = numbers if is_class else np.round(rng.uniform(0.05, 0.95, steps), 2)
        has_rate = self.plan.steps > 1 or any(name.endswith("_new") for name in self.shapes)
        return found | (
            {"rate": np.array(self.plan.rate)} if has_rate or self.plan.is_trained else {}
        )

    def _write_words(self):
        style = self.plan.style
        for (name, index), at in self.positions.titles.items():
            text = label(style, *kind_of(name, self.plan), index)
            if text is not None:
                self.book.write(*at, text, bold=True)
        sheet, row, column = self.positions.rate_at()
        beside = (row, column - 1) if self.plan.is_across else (row - 1, column)
        if style and (self.plan.is_trained or self.plan.steps > 1 or self.plan.has_updates):
            self.book.write(sheet, *beside, label(style, "lr", 0))
        if style:
            self.book.write(self.positions.sheets[0], 1, 1, "Backpropagation")

    def truth(self):
        """Return where each tensor of the network stands."""
        tensors = build_network(parse_spec(self.plan.spec)).tensors
        found = {}
        for step in range(self.plan.steps if self.plan.is_trained else 1):
            prefix = f"step{step + 1}." if step else ""
            for name, shape in self.shapes.items():
                if prefix + name in tensors:
                    found[prefix + name] = _places(
                        self.positions.sheets,
                        shape,
                        lambda index, name=name, step=step: self.positions.at(name, index, step),
                    )
        if "training.lr" in tensors:
            found["training.lr"] = _places(
                self.positions.sheets, (), lambda _: self.positions.rate_at()
            )
        return found


def _places(sheets, shape, at):
    cells = np.array(
        [
            (sheets.index(sheet), row - 1, column - 1)
            for sheet, row, column in (at(index) for index in np.ndindex(shape))
        ],
        dtype=np.int32,
    )
    sheet, rows, columns = (cells[:, axis].reshape(shape) for axis in range(3))
    return Places(tuple(sheets), sheet, rows, columns)
