"""A sheet's XML to the positions of what is in it."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.workbook.annotate.document import prefix_of
from xlbackprop.workbook.annotate.edits import Edits
from xlbackprop.workbook.annotate.sheet import ColumnRun, Ints, Sheet
from xlbackprop.workbook.read.cell_reader import next_place
from xlbackprop.workbook.read.xml import read_positions

_DEFAULT_WIDTH, _DEFAULT_HEIGHT = 8.43, 15.0
_MOST_COLUMN_RUNS = 100_000


def read_sheet(part: str, content: bytes) -> Sheet:
    """Return where everything is in a sheet's part.

    Raises WorkbookError where the part is damaged, or holds no sheet of cells.
    """
    edits = Edits(content)
    reader = read_positions(part, content, _SheetReader)
    if reader.root != "worksheet" or reader.data_start < 0:
        raise WorkbookError(f"its part {one_line(part, 80)!r} is no sheet of cells")
    return Sheet(
        edits=edits,
        prefix=prefix_of(edits.raw_name(reader.root_start)),
        keys=_numbers(reader.cells[0]),
        styles=_numbers(reader.cells[1]),
        starts=_numbers(reader.cells[2]),
        row_numbers=_numbers(reader.rows[0]),
        row_starts=_numbers(reader.rows[1]),
        row_ends=_numbers(reader.rows[2]),
        row_styles=_numbers(reader.rows[3]),
        heights=reader.heights,
        column_runs=reader.column_runs,
        default_width=reader.default_width,
        default_height=reader.default_height,
        data_start=reader.data_start,
        data_end=reader.data_end,
        children=reader.children,
        end=reader.end_of_root,
        drawing=reader.drawing,
    )


def _numbers(column: array[int]) -> Ints:
    return np.frombuffer(column, dtype=np.int64)


def _arrays(count: int) -> Any:
    return field(default_factory=lambda: tuple(array("q") for _ in range(count)))


@dataclass
class _SheetReader:
    """Notes positions while a sheet's XML goes by."""

    position: Callable[[], int]
    cells: tuple[array[int], array[int], array[int]] = _arrays(3)
    rows: tuple[array[int], array[int], array[int], array[int]] = _arrays(4)
    heights: dict[int, float] = field(default_factory=dict)
    column_runs: list[ColumnRun] = field(default_factory=list)
    default_width: float = _DEFAULT_WIDTH
    default_height: float = _DEFAULT_HEIGHT
    children: list[tuple[str, int]] = field(default_factory=list)
    root: str = ""
    root_start: int = 0
    end_of_root: int = 0
    data_start: int = -1
    data_end: int = -1
    drawing: str = ""
    _path: list[str] = field(default_factory=list)
    _row: int = -1
    _column: int = -1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        depth = len(self._path)
        if name == "c" and depth == 3:
            self._start_cell(attributes)
        elif name == "row" and depth == 2:
            self._start_row(attributes)
        elif depth == 0:
            self.root, self.root_start = name, self.position()
        elif depth == 1:
            self._start_child(name, attributes)
        elif name == "col" and self._path[1] == "cols":
            self._start_arrays(attributes)
        elif self._path[1] == "AlternateContent" and self.children[-1][0] == "AlternateContent":
            self._note_alternative(name, depth)
        self._path.append(name)

    def text(self, data: str) -> None:
        pass

    def end(self, name: str) -> None:
        self._path.pop()
        depth = len(self._path)
        if name == "row" and depth == 2:
            self.rows[2].append(self.position())
        elif name == "sheetData" and depth == 1:
            self.data_end = self.position()
        elif depth == 0:
            self.end_of_root = self.position()

    def _start_child(self, name: str, attributes: dict[str, str]) -> None:
        self.children.append((name, self.position()))
        if name == "sheetData":
            self.data_start = self.position()
        elif name == "sheetFormatPr":
            self.default_width = _float(attributes, "defaultColWidth", self.default_width)
            self.default_height = _float(attributes, "defaultRowHeight", self.default_height)
        elif name == "legacyDrawing":
            self.drawing = next((v for k, v in attributes.items() if k.endswith(":id")), "")

    def _note_alternative(self, name: str, depth: int) -> None:
        """Name a choice between versions by what it is a choice of."""
        if depth == 3:
            self.children[-1] = (name, self.children[-1][1])

    def _start_arrays(self, attributes: dict[str, str]) -> None:
        if len(self.column_runs) > _MOST_COLUMN_RUNS:
            raise WorkbookError("a sheet's columns are described more than once")
        first, last = (int(_float(attributes, key, 1)) - 1 for key in ("min", "max"))
        hidden = attributes.get("hidden") in ("1", "true")
        width = 0.0 if hidden else _float(attributes, "width", self.default_width)
        self.column_runs.append(ColumnRun(first, last, width, _int(attributes, "style")))

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        self._row = int(number) - 1 if number.isdecimal() else self._row + 1
        if self._row >= MAX_ROWS:
            raise WorkbookError("a row stands outside of its sheet")
        self._column = -1
        has_style = attributes.get("customFormat") in ("1", "true")
        self.rows[0].append(self._row)
        self.rows[1].append(self.position())
        self.rows[3].append(_int(attributes, "s") if has_style else -1)
        if attributes.get("hidden") in ("1", "true"):
            self.heights[self._row] = 0.0
        elif "ht" in attributes:
            self.heights[self._row] = _float(attributes, "ht", self.default_height)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._row, self._column = next_place(attributes.get("r"), self._row, self._column)
        self.cells[0].append(self._row * MAX_COLUMNS + self._column)
        self.cells[1].append(_int(attributes, "s"))
        self.cells[2].append(self.position())


def _int(attributes: dict[str, str], key: str) -> int:
    text = attributes.get(key, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _float(attributes: dict[str, str], key: str, default: float) -> float:
    try:
        number = float(attributes.get(key, default))
    except ValueError:
        return default
    return number if 0 <= number < 1e6 else default
