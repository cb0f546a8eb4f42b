"""Mistakes planted into a workbook's computed cells, as people make them."""

# ruff: noqa: ARG001  (all mistakes are made by functions of the same form)

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.formula.translate import Translator
from openpyxl.utils import coordinate_to_tuple

import xlbackprop
from tests.support.oracles import workbook
from tests.support.practice_colours import with_ironcalc


@dataclass(frozen=True)
class Planting:
    """What was put where, and which statuses that must lead to."""

    kind: str
    sheet: str
    cell: str
    statuses: frozenset[str]
    value: float  # what was there before


def _changed_number(cell: Any, value: float, random: np.random.Generator) -> None:
    cell.value = round(value + random.choice([-1, 1]) * random.uniform(0.05, 3), 3)


def _constant(cell: Any, value: float, random: np.random.Generator) -> None:
    cell.value = value + float(random.choice([-2.5, -1, 1, 4]))


def _shifted_range(cell: Any, value: float, random: np.random.Generator) -> None:
    moved = cell.offset(row=int(random.choice([-1, 1])), column=int(random.choice([-1, 1])))
    cell.value = Translator(cell.value, origin=cell.coordinate).translate_formula(moved.coordinate)


def _has_relative_reference(formula: Any) -> bool:
    return isinstance(formula, str) and formula != Translator(formula, "A1").translate_formula("B2")


def _blank(cell: Any, value: float, random: np.random.Generator) -> None:
    cell.value = None


def _text(cell: Any, value: float, random: np.random.Generator) -> None:
    cell.value = str(random.choice(["?", "see above", "x1", "n/a"]))


def _reference_error(cell: Any, value: float, random: np.random.Generator) -> None:
    broken = re.sub(r"\$?[A-Z]+\$?\d+", "#REF!", str(cell.value), count=1)
    cell.value = broken if "#REF!" in broken else "=#REF!+1"


def _number_as_text(cell: Any, value: float, random: np.random.Generator) -> None:
    cell.value = f"{value:.2f}"
    cell.data_type = "s"


def _comma_decimal(cell: Any, value: float, random: np.random.Generator) -> None:
    cell.value = f"{value:.2f}".replace(".", ",")
    cell.data_type = "s"


KINDS: dict[str, tuple[Callable[..., None], frozenset[str]]] = {
    "changed-number": (_changed_number, frozenset({"wrong"})),
    "constant-for-formula": (_constant, frozenset({"wrong"})),
    "shifted-range": (_shifted_range, frozenset({"wrong", "invalid"})),
    "blank": (_blank, frozenset({"blank"})),
    "text": (_text, frozenset({"invalid"})),
    "reference-error": (_reference_error, frozenset({"invalid"})),
    "number-as-text": (_number_as_text, frozenset({"invalid"})),
    "comma-decimal": (_comma_decimal, frozenset({"invalid"})),
}


def plant(path: Path, random: np.random.Generator, number: int) -> list[Planting]:
    """Plant mistakes into a workbook, in place, without saved values; return what they are."""
    book = openpyxl.load_workbook(path)
    values = openpyxl.load_workbook(path, data_only=True)
    kinds = {t.name: t.kind for t in xlbackprop.inspect(path).tensors}
    cells = [
        (sheet, row, column)
        for name, blocks in workbook.places(path).items()
        if kinds[name] not in ("given", "parameter")
        for _, sheet, (left, top, right, bottom) in blocks
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    ]
    planted = []
    for chosen in random.choice(len(cells), number, replace=False):
        sheet, row, column = cells[chosen]
        cell, value = book[sheet].cell(row, column), values[sheet].cell(row, column).value
        kind = str(random.choice(list(KINDS)))
        if kind == "shifted-range" and not _has_relative_reference(cell.value):
            kind = "changed-number"  # there is nothing to shift
        change, statuses = KINDS[kind]
        change(cell, float(value), random)
        planted.append(Planting(kind, sheet, cell.coordinate, statuses, float(value)))
    book.save(path)
    return planted


def assert_named_exactly(path: Path, plantings: list[Planting]) -> None:
    """Assert that the planted cells are flagged, and all others that are off carried."""
    report = xlbackprop.check(path)
    found = {(cell.sheet, cell.cell): cell for cell in report.cells}
    for planting in plantings:
        cell = found.pop((planting.sheet, planting.cell), None)
        if cell is None and planting.kind == "shifted-range":
            _assert_changed_nothing(path, planting)
            continue
        assert cell is not None, f"not flagged: {planting}"
        assert cell.status in planting.statuses, (planting, cell)
    not_carried = [cell for cell in found.values() if cell.status != "carried"]
    assert not not_carried
    only_blank = all(planting.kind == "blank" for planting in plantings)
    assert report.verdict == ("incomplete" if only_blank else "wrong")


def _assert_changed_nothing(path: Path, planting: Planting) -> None:
    """A range shifted from zeros to zeros leaves the value as it was: nobody can see that."""
    value = openpyxl.load_workbook(path, data_only=True)[planting.sheet][planting.cell].value
    if value is None:  # saved by openpyxl, which computes nothing
        row, column = coordinate_to_tuple(planting.cell)
        value = with_ironcalc(path)(planting.sheet, row, column)
    assert value == pytest.approx(planting.value)
