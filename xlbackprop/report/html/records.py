"""What the page knows of each cell that is drawn, as plain lists for the script.

A record is [address, found, formula, sources, note, expected, from your cells], cut off after
its last item that is there. Sources are numbers in one list of ranges, for many cells share
them; a range is [tensor, first entry, rows, columns]. A negative number after them says how many
more there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from xlbackprop.equation import Index, Tensor
from xlbackprop.errors import one_line
from xlbackprop.formula.cell_formula import SourceRange
from xlbackprop.formula.grid import block_size
from xlbackprop.formula.references import References
from xlbackprop.judge.review import Review
from xlbackprop.report.cell_result import CellResult
from xlbackprop.report.hints import Hints
from xlbackprop.report.report import Report
from xlbackprop.workbook.read.found import Found

_LONGEST_FORMULA, _LONGEST_TEXT = 400, 200
# Nobody follows more than these, and together they would make a large page.
_MOST_SOURCES = 60

Record = list[Any]


class Records:
    """Makes the records of a review, with no more in them than the report tells."""

    def __init__(self, review: Review, report: Report, hints: Hints) -> None:
        self._tensors = review.tensors
        self._found = review.found
        self._told: Mapping[tuple[str, Index], CellResult] = {
            (cell.tensor, cell.index): cell for cell in report.cells
        }
        # What a cell is made from is the rule.
        network = review.network if hints >= Hints.RULE else None
        self._references = References(network) if network else None
        self._numbers = {name: number for number, name in enumerate(review.tensors)}
        self._ranges: dict[tuple[int, int, int, int], int] = {}
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
        return {
            "name": tensor.name,
            "leading": tensor.leading,
            "size": block_size(tensor),
            "rank": len(tensor.block_shape),
            "entries": entries,
            "cells": cells,
        }

    def _record(self, found: Found, index: Index) -> Record:
        sheet, cell = found.places.at(index)
        number = found.numbers[index]
        told = self._told.get((found.tensor.name, index))
        formula = found.formula(index)
        record: Record = [
            f"{sheet}!{cell}",
            _rounded(number) if np.isfinite(number) else _cut(found.text(index), _LONGEST_TEXT),
            _cut(formula, _LONGEST_FORMULA),
            self._sources(found.tensor, index),
            _why(told) if told else None,
            _rounded(told.expected) if told else None,
            _rounded(told.from_your_cells) if told else None,
        ]
        while not record[-1] and record[-1] != 0:
            record.pop()
        return record

    def _sources(self, tensor: Tensor, index: Index) -> list[int]:
        if self._references is None or not self._references.know(tensor.name):
            return []
        sources = self._references.sources(tensor.name, index)
        ranges = map(self._range, sources[:_MOST_SOURCES])
        numbers = [self._ranges.setdefault(cells, len(self._ranges)) for cells in ranges]
        return [*numbers, len(numbers) - len(sources)] if len(numbers) < len(sources) else numbers

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
