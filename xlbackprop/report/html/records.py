"""What the page knows of each cell that is drawn, as plain lists for the script.

A record is [address, found, formula, sources, note, expected, from your cells, by rule], cut off
after its last item that is there. Sources are what the formula uses that stands there, without one
what the equation does; `by rule` is what the equation uses, where a wrong formula uses something
else. They are numbers in one list of ranges, for many cells share them; a range is [tensor, first
entry, rows, columns], or the address of other cells. A negative number after them says how many
more there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from xlbackprop.equation import Index, Tensor
from xlbackprop.errors import one_line
from xlbackprop.formula.cell_formula import SourceRange
from xlbackprop.formula.grid import block_size
from xlbackprop.formula.references import References
from xlbackprop.judge.judgement import Status
from xlbackprop.judge.review import Review
from xlbackprop.report.cell_result import CellResult
from xlbackprop.report.hints import Hints
from xlbackprop.report.html.made_from import MadeFrom, Source
from xlbackprop.report.report import Report
from xlbackprop.workbook.read.found import Found

_LONGEST_FORMULA, _LONGEST_TEXT = 400, 200
# Nobody follows more than these, and together they would make a large page.
_MOST_SOURCES = 60

Record = list[Any]


class Records:
    """Makes the records of a review, with no more in them than the report tells."""

    def __init__(self, review: Review, report: Report | None, hints: Hints) -> None:
        self._tensors = review.tensors
        self._found = review.found
        self._told: Mapping[tuple[str, Index], CellResult] = {
            (cell.tensor, cell.index): cell for cell in (report.cells if report else ())
        }
        self._lines = {
            name: review.rule(name) if hints >= Hints.RULE else None for name in review.tensors
        }
        # What a cell is made from is the rule.
        network = review.network if hints >= Hints.RULE else None
        self._references = References(network) if network else None
        self._numbers = {name: number for number, name in enumerate(review.tensors)}
        self._made_from = MadeFrom(review.found, self._numbers) if hints >= Hints.RULE else None
        self._ranges: dict[Source, int] = {}
        self._cells: dict[str, tuple[list[int], list[Record]]] = {}

    def add(self, found: Found, entries: Iterable[int]) -> None:
        """Make the records of a tensor's entries, in the order in which they are drawn."""
        drawn = list(entries)
        # One dimension more, so that a tensor without any is like the others.
        indices = np.array(np.unravel_index(drawn, (1, *found.tensor.shape))).T[:, 1:]
        records = [self._record(found, tuple(index)) for index in indices.tolist()]
        self._cells[found.tensor.name] = drawn, records

    def data(self) -> dict[str, Any]:
        """Return all records, with what the script needs to say where ranges are."""
        tensors = [self._tensor(tensor) for tensor in self._tensors.values()]
        return {"tensors": tensors, "ranges": list(self._ranges)}

    def _tensor(self, tensor: Tensor) -> dict[str, Any]:
        entries, cells = self._cells.get(tensor.name, ([], []))
        line = self._lines.get(tensor.name)
        return {
            "name": tensor.name,
            "kind": tensor.kind.value,
            "about": tensor.about,
            "line": line.full or line.text if line else "",
            "leading": tensor.leading,
            "size": block_size(tensor),
            "rank": len(tensor.block_shape),
            "folded": tensor.row_length > 0,
            "entries": entries,
            "cells": cells,
        }

    def _record(self, found: Found, index: Index) -> Record:
        sheet, cell = found.places.at(index)
        number = found.numbers[index]
        told = self._told.get((found.tensor.name, index))
        formula = found.formula(index)
        used = self._used(sheet, formula)
        is_wrong = told is not None and told.status != Status.CARRIED.word
        rule = self._by_rule(found.tensor, index) if used is None or is_wrong else []
        record: Record = [
            f"{sheet}!{cell}",
            _rounded(number) if np.isfinite(number) else _cut(found.text(index), _LONGEST_TEXT),
            _cut(formula, _LONGEST_FORMULA),
            self._listed(rule if used is None else used),
            _why(told) if told else None,
            _rounded(told.expected) if told else None,
            _rounded(told.from_your_cells) if told else None,
            self._listed(rule) if used is not None and self._differ(used, rule) else None,
        ]
        while not record[-1] and record[-1] != 0:
            record.pop()
        return record

    def _used(self, sheet: str, formula: str | None) -> list[Source] | None:
        """Return what the formula in a cell uses; None where there is none, or it is not told."""
        if formula is None or self._made_from is None:
            return None
        return self._made_from.sources(sheet, formula)

    def _by_rule(self, tensor: Tensor, index: Index) -> list[Source]:
        if self._references is None or not self._references.know(tensor.name):
            return []
        return list(map(self._range, self._references.sources(tensor.name, index)))

    def _listed(self, sources: Sequence[Source]) -> list[int]:
        shown = sources[:_MOST_SOURCES]
        numbers = [self._ranges.setdefault(one, len(self._ranges)) for one in shown]
        return [*numbers, len(numbers) - len(sources)] if len(numbers) < len(sources) else numbers

    def _differ(self, used: Sequence[Source], rule: Sequence[Source]) -> bool:
        """Return whether a rule uses other cells than a formula does."""
        if not rule or used == rule or self._made_from is None:
            return False
        return self._made_from.cells_of(used) != self._made_from.cells_of(rule)

    def _range(self, source: SourceRange) -> tuple[int, int, int, int]:
        tensor = self._tensors[source.tensor]
        height, width = block_size(tensor)
        block = int(np.ravel_multi_index(source.index, tensor.leading)) if source.index else 0
        first = (block * height + source.rows.start) * width + source.columns.start
        return self._numbers[tensor.name], first, len(source.rows), len(source.columns)


def _why(cell: CellResult) -> str:
    return ". ".join(text.rstrip(".") for text in (cell.hint or cell.slip, cell.note) if text)


def _cut(text: str | None, limit: int) -> str | None:
    return None if text is None else one_line(text, limit)


def _rounded(number: float | None) -> float | None:
    """Return a number without the last digits, which are an accident of binary fractions."""
    return None if number is None else float(f"{number:.12g}")
