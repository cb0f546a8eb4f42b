"""The tensors of a workbook through openpyxl and the contract's defined names, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
from openpyxl.reader.excel import ExcelReader
from openpyxl.reader.workbook import WorkbookParser
from openpyxl.utils import range_boundaries

# For each tensor, its blocks: leading indices, sheet, (first column, first row, last, last).
Block = tuple[tuple[int, ...], str, tuple[int, int, int, int]]
Places = dict[str, list[Block]]


def places(path: Path) -> Places:
    """Return where each tensor's blocks stand, by the names `tensor.index.index`."""
    found: Places = {}
    for name, definition in _defined_names(path).items():
        parts = re.fullmatch(r"(.*?)((?:\.\d+)*)", name)
        assert parts, name
        index = tuple(map(int, parts[2].split(".")[1:]))
        ((sheet, cells),) = definition.destinations
        found.setdefault(parts[1], []).append((index, sheet, range_boundaries(cells)))
    return {name: sorted(blocks) for name, blocks in found.items()}


def _defined_names(path: Path) -> Mapping[str, Any]:
    """Return what `load_workbook` has as `defined_names`."""
    return _parser(path).defined_names.by_sheet()["global"]


def sheet_names(path: Path) -> list[str]:
    """Return what `load_workbook` has as `sheetnames`."""
    return [sheet.name for sheet in _parser(path).sheets]


def _parser(path: Path) -> WorkbookParser:
    """Return what openpyxl reads of a workbook before its sheets and styles, which take long."""
    reader = ExcelReader(path)
    with reader.archive:
        reader.read_manifest()
        reader.read_workbook()
    return reader.parser


def array_from(blocks: list[Block], value: Callable[[str, int, int], float]) -> np.ndarray:
    """Return a tensor's entries from its cells, block by block: shape (blocks, rows, columns)."""
    return np.array(
        [
            [
                [value(sheet, row, column) for column in range(left, right + 1)]
                for row in range(top, bottom + 1)
            ]
            for _, sheet, (left, top, right, bottom) in blocks
        ],
        dtype=np.float64,
    )


def saved_arrays(path: Path, where: Places) -> dict[str, np.ndarray]:
    """Return every tensor's array from the values saved in the file."""
    book = openpyxl.load_workbook(path, data_only=True)

    def value(sheet: str, row: int, column: int) -> float:
        return float(book[sheet].cell(row, column).value)

    return {name: array_from(blocks, value) for name, blocks in where.items()}
