"""How one cell comes about: its equation in symbols, indices, cells and numbers, term by term."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from xlbackprop.equation import Index
from xlbackprop.equation.indices import entry_name
from xlbackprop.errors import one_line
from xlbackprop.formula.addresses import pasted


def number_text(number: float) -> str:
    """Return a number to six digits, as equations write it; ? where it is not known."""
    return "?" if math.isnan(number) else f"{number:.6g}".replace("e", "E")


@dataclass(frozen=True)
class Term:
    """One term of a sum, with its sign: from which entries, which cells, which numbers."""

    indices: str  # "G[0,2,3] · R[0,0,0,0]"
    cells: str  # "AB40 · H51"
    numbers: str  # "1 · (-2)"
    value: float | None


@dataclass(frozen=True)
class Upstream:
    """A cell that this one is made from, in which the workbook has another number."""

    cell: str
    entry: str
    found: float | str | None
    expected: float | None


@dataclass(frozen=True)
class Explanation:
    """How a cell comes about. None stands for what is not there or not known.

    The numbers are the right ones: what follows from the givens and the parameters in the
    workbook. The terms add up to the value, once the sum is divided by `divided_by`.
    """

    workbook: str
    sheet: str | None
    cell: str | None
    tensor: str
    index: Index
    name: str  # what the equation calls it: "dL/dh[0,2,3]"
    kind: str
    about: str
    status: str  # as in a report; "given" for a number that a person chooses
    equation: str  # in symbols
    here: str  # the same with this cell's indices; empty where they cannot be put in
    latex: str
    why: str
    formula: str | None  # what may stand in the cell
    terms: tuple[Term, ...]
    divided_by: float
    with_indices: str
    with_cells: str
    with_numbers: str
    value: float | None
    found: float | str | None
    found_formula: str | None
    expected: float | None
    from_your_cells: float | None
    upstream: tuple[Upstream, ...]
    tie_rule: str  # which of several valid answers is explained, where the workbook has another

    @property
    def entry(self) -> str:
        """What the cell is called: `conv1.dL_dh[0,2,3]`."""
        return entry_name(self.tensor, self.index)

    @property
    def place(self) -> str:
        """Where the cell stands: `conv1.F34`; its name where the workbook does not have it."""
        return pasted(self.sheet, self.cell) if self.sheet and self.cell else self.entry

    @property
    def answer(self) -> str:
        """What is to be said of the workbook's cell, in one sentence."""
        found, right = _text(self.found, "nothing"), _text(self.expected, "not known")
        if not self.terms:
            is_there = self.found is not None
            return f"A number you choose: {f'it is {found}' if is_there else 'not chosen yet'}."
        if self.sheet is None:
            return f"The workbook does not have this cell; right is {right}."
        if self.status == "right":
            too = f" too: {self.tie_rule}" if self.tie_rule else self._convention
            return f"The workbook has {found}, which is right{too}."
        return f"The workbook has {found} ({self.status}); right is {right}."

    @property
    def _convention(self) -> str:
        """What to add where a formula gives a multiple, as for a delta or a step, and is right."""
        if not self.value or not isinstance(self.found, float) or self.found_formula is None:
            return ""
        factor = self.found / self.value
        plain = float(f"{factor:.3g}")  # what comes of rounded cells is no such number
        if plain == 1 or not math.isclose(factor, plain, rel_tol=1e-9):
            return ""
        what = "-dL/dx, as deltas are" if plain == -1 else f"{plain:g} times that"
        return f": it holds {what}, by the sheet's own convention"

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain lists and dictionaries."""
        return asdict(self)

    def to_json(self) -> str:
        """Return the explanation as one JSON document, ASCII only."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False)


def _text(value: float | str | None, missing: str) -> str:
    if isinstance(value, str):
        return repr(one_line(value, 60))
    return missing if value is None else number_text(value)
