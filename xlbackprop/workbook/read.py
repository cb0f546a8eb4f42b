"""An .xlsx workbook to arrays of cells: one pass over each sheet that is asked for.

Reads what is stored, not what is declared: a sheet that claims to have 17 billion cells costs no
more than the cells it has. Formulas and saved values come in the same pass.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from xlbackprop.equation import Array
from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.grid import MAX_COLUMNS, MAX_ROWS
from xlbackprop.workbook.guard import open_package, open_part

MAX_STORED_CELLS = 3_000_000
_MAX_NAMES = 200_000
_MAX_TEXT = 32_767  # the longest text that a cell can hold

_PARSER: dict[str, Any] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False,
}  # fmt: skip

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_NAMED_RANGE = re.compile(
    r"(?:'(?P<quoted>(?:[^']|'')+)'|(?P<plain>[^'!:$\[\]]+))!"
    r"\$?(?P<c1>[A-Z]{1,3})\$?(?P<r1>[0-9]{1,7})(?::\$?(?P<c2>[A-Z]{1,3})\$?(?P<r2>[0-9]{1,7}))?"
)


class State(IntEnum):
    """What a cell holds."""

    BLANK = 0
    NUMBER = 1
    TEXT = 2
    ERROR = 3
    BOOLEAN = 4


@dataclass(frozen=True)
class Area:
    """A rectangle of cells that a name stands for; rows and columns count from 0."""

    sheet: str
    row: int
    column: int
    height: int
    width: int


@dataclass
class Cells:
    """The stored cells of one sheet, in the order of the file; arrays of equal length."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    states: NDArray[np.int8]
    numbers: Array  # NaN where the cell holds no number
    texts: dict[int, str] = field(default_factory=dict)  # by position: texts and error values
    formulas: dict[int, str] = field(default_factory=dict)  # by position, without "="

    @cached_property
    def _keys(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        keys = self.rows * MAX_COLUMNS + self.columns
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    def find(self, area: Area) -> NDArray[np.int64]:
        """Return the positions of an area's cells, row by row; -1 where nothing is stored."""
        rows = np.arange(area.row, area.row + area.height)[:, None]
        columns = np.arange(area.column, area.column + area.width)
        wanted = (rows * MAX_COLUMNS + columns).ravel()
        keys, order = self._keys
        if not keys.size:
            return np.full(wanted.size, -1)
        # From the right, so that of a cell stored twice the last one counts, as in Excel.
        at = np.searchsorted(keys, wanted, side="right") - 1
        found = (at >= 0) & (keys[at] == wanted)
        return np.where(found, order[at], -1)

    def by_place(self) -> dict[tuple[int, int], object]:
        """Return the values by row and column: for small sheets."""
        return {
            (int(row), int(column)): self.texts.get(i, float(number))
            for i, (row, column, state, number) in enumerate(
                zip(self.rows, self.columns, self.states, self.numbers, strict=True)
            )
            if state != State.BLANK
        }


class Workbook:
    """An open workbook: its sheets' names, its defined names, and the cells on demand.

    Use it in a `with` statement. Raises WorkbookError where the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._opened = open_package(path)

    def __enter__(self) -> Self:
        self._package = self._opened.__enter__()
        try:
            self._read_index()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    def _read_index(self) -> None:
        part = self._main_part()
        root = _parse(self._package, part)
        targets = dict(_relationships(self._package, part))
        self._sheets: dict[str, str] = {}
        for sheet in root.iterfind(".//{*}sheets/{*}sheet"):
            key = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), "")
            self._sheets[sheet.get("name", "")] = targets.get(key, "")
        self.names = dict(_defined_names(root))
        self._strings_part = next((p for p in targets.values() if "sharedstrings" in p.lower()), "")

    def _main_part(self) -> str:
        for kind, target in _relationships(self._package, "", by_type=True):
            if kind.endswith("/officeDocument"):
                return target
        raise WorkbookError("this is a zip archive, but no .xlsx workbook")

    @property
    def sheets(self) -> list[str]:
        """The sheets' names, hidden ones included, in order."""
        return list(self._sheets)

    @cached_property
    def _strings(self) -> list[str]:
        if self._strings_part not in self._package.namelist():
            return []
        items = _stream(self._package, self._strings_part, "si")
        return [_plain_text(item) for item in items]

    def cells(self, sheet: str) -> Cells:
        """Return the stored cells of a sheet. Raises WorkbookError where there is none."""
        if self._sheets.get(sheet, "") not in self._package.namelist():
            raise WorkbookError(f"it has no sheet {one_line(sheet, 40)!r}")
        return _CellReader(self._strings).read(_stream(self._package, self._sheets[sheet], "row"))


class _CellReader:
    """Collects a sheet's cells into lists, row by row, and makes arrays of them."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._states: list[int] = []
        self._numbers: list[float] = []
        self._texts: dict[int, str] = {}
        self._formulas: dict[int, str] = {}
        self._shared: dict[str, tuple[str, str]] = {}

    def read(self, rows: Iterator[Any]) -> Cells:
        row = -1
        for element in rows:
            row = _whole(element.get("r"), row + 2) - 1
            column = -1
            for cell in element:
                reference = _REFERENCE.fullmatch(cell.get("r") or "")
                if reference:
                    column = column_number(reference[1])
                    row = int(reference[2]) - 1
                else:
                    column += 1
                if row >= MAX_ROWS or column >= MAX_COLUMNS:
                    raise WorkbookError(f"a cell stands outside of the sheet: {cell.get('r')}")
                self._add(row, column, cell)
            if len(self._rows) > MAX_STORED_CELLS:
                raise WorkbookError(f"a sheet holds more than {MAX_STORED_CELLS:,} cells")
        return Cells(
            np.array(self._rows, dtype=np.int64),
            np.array(self._columns, dtype=np.int64),
            np.array(self._states, dtype=np.int8),
            np.array(self._numbers, dtype=np.float64),
            self._texts,
            self._formulas,
        )

    def _add(self, row: int, column: int, cell: Any) -> None:
        value: str | None = None
        position = len(self._rows)
        for child in cell:
            tag = child.tag
            if tag.endswith("}v"):
                value = child.text
            elif tag.endswith("}f"):
                self._formulas[position] = self._formula(child, row, column)
            elif tag.endswith("}is"):
                value = _plain_text(child)
        if value is None and position not in self._formulas:
            return  # a cell with a format only
        state, number, text = self._typed(cell.get("t"), value)
        if text is not None:
            self._texts[position] = text
        self._rows.append(row)
        self._columns.append(column)
        self._states.append(state)
        self._numbers.append(number)

    def _typed(self, kind: str | None, value: str | None) -> tuple[State, float, str | None]:
        if value is None:
            return State.BLANK, np.nan, None
        match kind:
            case None | "n":
                try:
                    return State.NUMBER, float(value), None
                except ValueError:
                    return State.TEXT, np.nan, value
            case "s":
                try:
                    text = self._strings[int(value)]
                except (ValueError, IndexError):
                    raise WorkbookError("the file is damaged: a cell's text is missing") from None
                return State.TEXT, np.nan, text
            case "b":
                return State.BOOLEAN, np.nan, "TRUE" if value == "1" else "FALSE"
            case "e":
                return State.ERROR, np.nan, value
        return State.TEXT, np.nan, value[:_MAX_TEXT]

    def _formula(self, element: Any, row: int, column: int) -> str:
        text, key = element.text or "", element.get("si")
        if element.get("t") != "shared" or key is None:
            return text
        here = f"{column_letters(column)}{row + 1}"
        if text:
            self._shared[key] = (text, here)
            return text
        first, origin = self._shared.get(key, ("", here))
        return _moved(first, origin, here)


def column_number(letters: str) -> int:
    """Return a column's number from 0: A is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(column: int) -> str:
    from xlbackprop.grid import column_name

    return column_name(column)


def _moved(formula: str, origin: str, here: str) -> str:
    from openpyxl.formula.translate import Translator

    return Translator(f"={formula}", origin=origin).translate_formula(here)[1:]


def _stream(package: zipfile.ZipFile, part: str, tag: str) -> Iterator[Any]:
    """Yield the elements of a name one by one, forgetting each after its turn."""
    with open_part(package, part) as stream:
        try:
            for _, element in etree.iterparse(stream, tag=f"{{*}}{tag}", **_PARSER):
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        except etree.XMLSyntaxError as error:
            raise WorkbookError(f"its part {part!r} is damaged: {one_line(error)}") from None


def _parse(package: zipfile.ZipFile, part: str) -> Any:
    with open_part(package, part) as stream:
        try:
            return etree.parse(stream, etree.XMLParser(**_PARSER)).getroot()
        except etree.XMLSyntaxError as error:
            raise WorkbookError(f"its part {part!r} is damaged: {one_line(error)}") from None


def _relationships(
    package: zipfile.ZipFile, part: str, *, by_type: bool = False
) -> Iterator[tuple[str, str]]:
    folder, name = posixpath.split(part)
    rels = posixpath.join(folder, "_rels", f"{name}.rels")
    for one in _parse(package, rels):
        if one.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, one.get("Target", "")))
            yield one.get("Type" if by_type else "Id", ""), target.lstrip("/")


def _defined_names(root: Any) -> Iterator[tuple[str, str]]:
    """Yield the workbook-level names; a copied sheet brings sheet-level twins along."""
    for number, name in enumerate(root.iterfind(".//{*}definedNames/{*}definedName")):
        if number > _MAX_NAMES:
            raise WorkbookError(f"it defines more than {_MAX_NAMES:,} names")
        if name.get("localSheetId") is None:
            yield name.get("name", ""), name.text or ""


def area_of(text: str) -> Area | None:
    """Return the rectangle that a name's text stands for, or None where it is none."""
    match = _NAMED_RANGE.fullmatch(text.strip())
    if not match:
        return None
    sheet = match["plain"] or match["quoted"].replace("''", "'")
    row, column = int(match["r1"]) - 1, column_number(match["c1"])
    last_row = int(match["r2"]) - 1 if match["r2"] else row
    last_column = column_number(match["c2"]) if match["c2"] else column
    return Area(sheet, row, column, last_row - row + 1, last_column - column + 1)


def _plain_text(item: Any) -> str:
    """Return the text of a shared or inline string: its runs, without phonetic readings."""
    runs = item.iterfind("{*}r/{*}t") if item.find("{*}r") is not None else item.iterfind("{*}t")
    return "".join(run.text or "" for run in runs)[:_MAX_TEXT]


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 8 else otherwise
