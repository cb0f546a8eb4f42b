"""Formulas on a stranger's page in which one cell, range or operator is another than it should be.

There is no formula of ours to compare with. But where one change makes the formula give what
follows from the page's own cells, and hardly by chance, that change says what went wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

import numpy as np

from xlbackprop.equation import Array, Index, Kind, Mask, Role
from xlbackprop.equation.indices import entry_name, indices
from xlbackprop.formula.addresses import Address, rectangle
from xlbackprop.formula.evaluate import evaluate
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.parser import Formula, read_formula
from xlbackprop.formula.tree import Expression, Operation, exchanged, walk
from xlbackprop.judge.diagnose.case import Case
from xlbackprop.judge.diagnose.cells import MOST_CELLS
from xlbackprop.judge.diagnose.general import OTHER_UPDATE
from xlbackprop.judge.diagnose.trial import Trial
from xlbackprop.judge.diagnosis import Diagnosis, in_cells

_LONGEST, _MOST_CHOICES, _MOST_ENTRIES = 2_000, 2_000, 10_000
_NEAR, _BY_CHANCE = 1e-7, 0.25
_MOST_FORMS = 12
_OPERATORS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
_GRADIENTS = (Role.INPUT_GRADIENT, Role.OUTPUT_GRADIENT)
_BESIDE = {
    (-1, 0): "one row too high",
    (1, 0): "one row too low",
    (0, -1): "one column too far left",
    (0, 1): "one column too far right",
}


@dataclass(frozen=True)
class _Change:
    """A change that may mend a formula: what it is called, and what stands for what, if it does."""

    name: str
    message: str
    value: float
    rank: int  # of changes that mend it, those of the lowest rank count
    is_like_others: bool = False  # with it the formula has the form of one that is right


def explain_references(
    case: Case,
    tried: Sequence[Trial],  # noqa: ARG001
    left: Mask,
) -> Iterator[Diagnosis]:
    """Yield a diagnosis of the cells whose formulas one change mends, the same ones together."""
    candidates = indices(left & case.found.has_formula)
    ours = case.found.addresses(case.equation) is not None
    if ours or not 0 < len(candidates) <= MOST_CELLS:
        return
    known = {cell: one for name in case.page for cell, one in _entries(case, name)}
    by_name: dict[str, tuple[str, Mask]] = {}
    for index in candidates:
        if (change := _change(case, index, known)) is not None:
            first = (change.message, np.zeros_like(left))
            by_name.setdefault(change.name, first)[1][index] = True
    for name, (message, where) in by_name.items():
        text = f"{name}{in_cells(where)}: {message}"
        yield Diagnosis(name, text, where, is_weaker=True)


_Cell = tuple[str, int, int]  # the sheet, the row and the column
_Known = Mapping[_Cell, tuple[str, Index]]


def _entries(case: Case, name: str) -> Iterator[tuple[_Cell, tuple[str, Index]]]:
    places = case.page[name].places
    if places.rows.size > _MOST_ENTRIES:
        return
    for index in np.ndindex(places.rows.shape):
        sheet = places.sheets[places.sheet[index]]
        yield (sheet, int(places.rows[index]), int(places.columns[index])), (name, index)


def _change(case: Case, index: Index, known: _Known) -> _Change | None:
    """Return the only change that mends a cell's formula, where it is no chance."""
    text = (case.found.formula(index) or "").removeprefix("=")
    right, found = float(case.right[index]), float(case.numbers[index])
    if not 0 < len(text) <= _LONGEST or not np.isfinite([right, found]).all():
        return None
    try:
        changes = _Changes(case, index, read_formula(text), known)
        tried = list(changes.all())
    except (ValueError, NotKnown):
        return None
    # That a formula comes to 0 says nothing of how fine the page's numbers are.
    units = float(case.units[index]) if found else case.unit
    off, unit = abs(found - right), max(units, 2 * _NEAR * abs(right))
    mending = [one for one in tried if changes.mends(one.value)]
    best = min((one.rank for one in mending), default=0)
    as_likely = sum(one.rank <= best for one in tried)
    said = {one.message: one for one in mending if one.rank == best}
    like = {message: one for message, one in said.items() if one.is_like_others}
    said = like or said
    # People do refer to the wrong cell, and what mends the formula is right at least here.
    by_chance = as_likely * unit / (2 * off)
    return next(iter(said.values())) if len(said) == 1 and by_chance <= _BY_CHANCE else None


def _right_trees(case: Case) -> list[Expression]:
    """Return the forms that formulas of the tensor have where they are not wrong."""
    others = indices(case.known & ~case.wrong & case.found.has_formula)
    texts = {(case.found.formula(index) or "").removeprefix("=") for index in others[:_MOST_FORMS]}
    found = []
    for text in texts:
        with suppress(ValueError, NotKnown):
            found.append(read_formula(text).tree)
    return found


class _Changes:
    """The changes of one cell's formula, with what it gives with each."""

    def __init__(self, case: Case, index: Index, formula: Formula, known: _Known) -> None:
        self._case, self._known, self._wanted = case, known, float(case.right[index])
        of_sources = (one for one in known.items() if one[1][0] in case.sources)
        self._choices = dict(islice(of_sources, _MOST_CHOICES))
        self._sheet = case.found.places.at(index)[0]
        self._tree, self._addresses = formula.tree, formula.references
        self._numbers = [self._read(one) for one in self._addresses]
        self._right = _right_trees(case)
        value = self._value(self._tree, self._numbers)[0]
        if not abs(value - case.numbers[index]) <= _NEAR * abs(value):
            raise NotKnown("the saved numbers are not those that were judged")

    def mends(self, value: float) -> bool:
        """Return whether a value is what follows from the page's own cells."""
        return abs(value - self._wanted) <= _NEAR * abs(self._wanted)

    def all(self) -> Iterator[_Change]:
        for address, slots in self._slots().items():
            for chosen in dict.fromkeys([slots, *((slot,) for slot in slots)]):
                if address.is_cell:
                    yield from self._of_cell(address, chosen)
                elif not address.is_whole:
                    yield from self._of_range(address, chosen)
        yield from self._of_operators()

    def _slots(self) -> dict[Address, tuple[int, ...]]:
        """Return, for each address, which references of the formula are to it."""
        found: dict[Address, tuple[int, ...]] = {}
        for slot, one in enumerate(self._addresses):
            found[one.unanchored] = (*found.get(one.unanchored, ()), slot)
        return found

    def _of_cell(self, old: Address, slots: Sequence[int]) -> Iterator[_Change]:
        here = self._place(old)
        own = self._known.get(here, ("",))[0]
        news = [one for one in self._choices.items() if one[0] != here]
        if not news:
            return
        numbers = np.array([self._case.page[name].numbers[index] for _, (name, index) in news])
        values = self._with(slots, numbers.reshape(-1, 1, 1, 1))
        for (cell, (tensor, _)), value in zip(news, values.tolist(), strict=True):
            same = own == tensor
            said = self._said(old, cell, tensor, same=same) if self.mends(value) else ("", "")
            yield _Change(*said, value, 0 if same else 1)

    def _said(self, old: Address, cell: _Cell, tensor: str, *, same: bool) -> tuple[str, str]:
        sheet, row, column = cell
        own = "" if sheet == self._sheet else sheet
        new = old._replace(sheet=own, top=row, left=column, bottom=row, right=column)
        message = f"{self._text(old)} stands where {self._text(new)} belongs."
        return self._name(old, new, tensor, same=same), message

    def _of_range(self, old: Address, slots: Sequence[int]) -> Iterator[_Change]:
        for (down, along), name in _BESIDE.items():
            if old.top < down or old.left < along:
                continue
            new = old._replace(
                top=old.top - down,
                left=old.left - along,
                bottom=old.bottom - down,
                right=old.right - along,
            )
            (value,) = self._with(slots, self._read(new)).tolist()
            message = f"{_range(old)} stands where {_range(new)} belongs."
            yield _Change(name, message, value, 0)

    def _of_operators(self) -> Iterator[_Change]:
        for old in [one for one in walk(self._tree) if isinstance(one, Operation)]:
            for operator in _OPERATORS if old.operator in _OPERATORS else ():
                if operator != old.operator:
                    tree = exchanged(self._tree, old, Operation(operator, old.left, old.right))
                    (value,) = self._value(tree, self._numbers).tolist()
                    name = f"{_OPERATORS[old.operator]} for {_OPERATORS[operator]}"
                    message = f"{old.operator} stands where {operator} belongs."
                    is_like = tree in self._right and self._tree not in self._right
                    yield _Change(name, message, value, 0 if is_like else 1, is_like)

    # What cells hold, and what they are called.

    def _with(self, slots: Sequence[int], numbers: Array) -> Array:
        """Return what the formula gives with other numbers for some of its references."""
        replaced = [numbers if slot in slots else own for slot, own in enumerate(self._numbers)]
        return self._value(self._tree, replaced)

    def _value(self, tree: Expression, numbers: Sequence[Array]) -> Array:
        values = evaluate(tree, numbers)
        if values[0].size != 1:
            raise NotKnown("it gives several numbers")
        return np.asarray(values.reshape(-1))

    def _read(self, address: Address) -> Array:
        """Return the numbers of cells; NotKnown where one holds none."""
        height, width = address.size
        sheet = address.sheet or self._sheet
        cells = self._case.found.sheet_cells(sheet)
        if cells is None or address.book or not 0 < height * width <= _MOST_ENTRIES:
            raise NotKnown("its cells are not known")
        rows, columns = np.indices((height, width))
        at = cells.find((rows + address.top).ravel(), (columns + address.left).ravel())
        numbers = np.where(at >= 0, cells.numbers[at], 0.0)
        for number, (row, column) in enumerate(np.ndindex(height, width)):
            # What was judged may have been recalculated.
            entry = self._known.get((sheet, address.top + row, address.left + column))
            if entry is not None:
                numbers[number] = self._case.page[entry[0]].numbers[entry[1]]
        return np.asarray(numbers.reshape(1, height, width, 1))

    def _place(self, address: Address) -> _Cell:
        return address.sheet or self._sheet, address.top, address.left

    def _text(self, address: Address) -> str:
        entry = self._known.get(self._place(address))
        return f"{_range(address)} ({entry_name(*entry)})" if entry else _range(address)

    def _name(self, old: Address, new: Address, tensor: str, *, same: bool) -> str:
        kind = self._case.page[tensor].tensor.kind
        if same:
            is_update = self._case.equation.target.kind is Kind.UPDATE
            if is_update and kind is Kind.BACKWARD:
                return OTHER_UPDATE
            if self._is_in_slope(tensor):
                return "derivative of another unit"
            of = {Kind.PARAMETER: "another weight", Kind.GIVEN: "another input"}
            return of.get(kind, "another unit")
        away = old.top - new.top, old.left - new.left
        return _BESIDE.get(away if old.sheet == new.sheet else (0, 0), "another cell")

    def _is_in_slope(self, name: str) -> bool:
        """Return whether a tensor is what an activation's gradient takes its derivative from.

        It is, where what comes back to the activation has cells of its own: nothing else is left.
        """
        target = self._case.equation.target
        if target.kind is Kind.LINK:
            (target,) = self._case.equation.sources.values()
        own, on_page = self._case.page[name].tensor, self._case.page
        is_own = own.kind is Kind.FORWARD and own.owner == target.owner
        sources = (on_page[source].tensor for source in self._case.sources)
        has_received = any(one.role in _GRADIENTS for one in sources)
        return is_own and target.role is Role.INPUT_GRADIENT and has_received


def _range(address: Address) -> str:
    text = rectangle(address.top, address.left, *address.size)
    return f"{address.sheet}!{text}" if address.sheet else text
